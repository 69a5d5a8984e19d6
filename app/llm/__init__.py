"""Language models behind the LlamaIndex port; none is the default, and none is ever needed."""

from typing import TYPE_CHECKING

from app.settings import Settings
from index.addresses import endpoint_address
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

PROVIDERS = ("none", "openai-like:<model>")


def make_llm(settings: Settings) -> "LLM | None":
    """The language model that the settings name; None where they name none.

    Raises SettingsError for an unknown provider, a missing key and a missing extra.
    """
    if settings.llm == "none":
        return None
    name, _, model = settings.llm.partition(":")
    if name != "openai-like" or not model:
        raise SettingsError(
            f"unknown language model {settings.llm!r}", "Known are: " + ", ".join(PROVIDERS) + "."
        )
    address = endpoint_address(settings.llm_base_url, "language model")
    key = settings.llm_api_key
    if key is None and settings.llm_base_url is None:
        hint = (
            "Set COURSEGRAPH_LLM_API_KEY; for a server of your own, COURSEGRAPH_LLM_BASE_URL "
            "is enough."
        )
        raise SettingsError(f"no API key for the language model at {address}", hint)
    try:
        from app.llm.endpoint import make_endpoint
    except ModuleNotFoundError as error:
        hint = "Install the extra: pip install 'coursegraph[llm]'."
        message = f"the language model {settings.llm!r} needs the package {error.name!r}"
        raise SettingsError(message, hint) from error
    return make_endpoint(model, address, settings)


def needed_llm(settings: Settings) -> "LLM":
    """The language model that the settings name; SettingsError where they name none."""
    llm = make_llm(settings)
    if llm is None:
        hint = (
            "Set COURSEGRAPH_LLM or --llm to openai-like:<model>, and COURSEGRAPH_LLM_BASE_URL "
            "and COURSEGRAPH_LLM_API_KEY to its endpoint."
        )
        raise SettingsError("this needs a language model, and the settings name none", hint)
    return llm
