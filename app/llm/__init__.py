"""Language models behind the LlamaIndex port; none is the default, and none is ever needed."""

from pathlib import PurePath
from typing import TYPE_CHECKING

from app.settings import Settings
from index.addresses import endpoint_address
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from app.llm.endpoint import EndpointLLM

PROVIDERS = ("none", "openai-like:<model>", "gguf:<path>")


def make_llm(settings: Settings) -> "EndpointLLM | None":
    """The language model that the settings name; None where they name none.

    Raises SettingsError for an unknown provider, a missing key, file or extra.
    """
    if settings.llm == "none":
        return None
    name, _, model = settings.llm.partition(":")
    makers = {"openai-like": _remote, "gguf": _local}
    if name not in makers or not model:
        raise SettingsError(
            f"unknown language model {settings.llm!r}", "Known are: " + ", ".join(PROVIDERS) + "."
        )
    try:
        return makers[name](model, settings)
    except ModuleNotFoundError as error:
        extra = "gguf" if name == "gguf" else "llm"
        hint = f"Install the extra: pip install 'coursegraph[{extra}]'."
        message = f"the language model {settings.llm!r} needs the package {error.name!r}"
        raise SettingsError(message, hint) from error


def _remote(model: str, settings: Settings) -> "EndpointLLM":
    address = endpoint_address(settings.llm_base_url, "language model")
    if settings.llm_api_key is None and settings.llm_base_url is None:
        hint = (
            "Set COURSEGRAPH_LLM_API_KEY; for a server of your own, COURSEGRAPH_LLM_BASE_URL "
            "is enough."
        )
        raise SettingsError(f"no API key for the language model at {address}", hint)
    from app.llm.endpoint import make_endpoint

    return make_endpoint(model, address, settings)


def _local(file: str, settings: Settings) -> "EndpointLLM":
    from app.llm.local import make_local

    return make_local(file, settings)


def named(llm: str) -> str:
    """What a request calls a model that the settings name: without the folder it is in."""
    provider, _, model = llm.partition(":")
    return f"{provider}:{PurePath(model).name}" if provider == "gguf" else llm


def needed_llm(settings: Settings) -> "EndpointLLM":
    """The language model that the settings name; SettingsError where they name none."""
    llm = make_llm(settings)
    if llm is None:
        hint = (
            "Set COURSEGRAPH_LLM or --llm to gguf:<path>, or to openai-like:<model> and "
            "COURSEGRAPH_LLM_BASE_URL and COURSEGRAPH_LLM_API_KEY to its endpoint."
        )
        raise SettingsError("this needs a language model, and the settings name none", hint)
    return llm
