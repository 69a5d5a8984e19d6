"""A language model at any OpenAI-compatible endpoint; what goes wrong comes as our errors."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx
from llama_index.core.llms import ChatMessage, ChatResponse
from llama_index.llms.openai_like import OpenAILike
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AsyncOpenAI,
    DefaultAsyncHttpxClient,
    OpenAI,
    OpenAIError,
)

from app.settings import Settings
from ingest.errors import BrokenOff, LanguageModelError

_NO_KEY = "none"  # the client insists on one; servers without keys ignore it
_LONGEST_MESSAGE = 300


class EndpointLLM(OpenAILike):  # type: ignore[misc]  # the package has no types
    """LlamaIndex's own class, with errors that say what and what next."""

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer; raises LanguageModelError once the retries are used up."""
        with self.explained():
            answer: ChatResponse = super().chat(messages, **kwargs)
            return answer

    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> AsyncGenerator[ChatResponse, None]:
        """Answer piece by piece; raises BrokenOff where the answer has no end."""
        await self.prepare()
        return self._streamed(messages, **kwargs)

    async def prepare(self) -> None:
        """Make sure that the endpoint is there; a remote one shows when it is asked."""

    def close(self) -> None:
        """Let go of what serves the model; a remote endpoint stays."""

    async def _streamed(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> AsyncGenerator[ChatResponse, None]:
        begun = ended = False
        with self.explained():
            async for answer in await super().astream_chat(messages, **kwargs):
                begun = True
                ended |= any(choice.finish_reason for choice in answer.raw.choices)
                yield answer
            if not begun:
                raise ValueError("a stream without chunks")
        if not ended:
            raise self._broken_off("without saying so")

    def _broken_off(self, how: object) -> BrokenOff:
        said = self._sayable(str(how) or type(how).__name__)
        message = f"The answer of the language model at {self.api_base} broke off: {said}"
        return BrokenOff(message, "Try again later.")

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn errors of the client into LanguageModelError."""
        try:
            yield
        except APIStatusError as error:
            raise self._refusal(error) from error
        except APIConnectionError as error:
            raise LanguageModelError(
                f"The language model endpoint {self.api_base} can't be reached: "
                f"{error.__cause__ or error}",
                "Check that it runs, COURSEGRAPH_LLM_BASE_URL and COURSEGRAPH_LLM_TIMEOUT_SECONDS.",
            ) from error
        except (httpx.TransportError, APIError) as error:
            raise self._broken_off(error) from error
        except (OpenAIError, ValueError, TypeError, AttributeError, IndexError) as error:
            # LlamaIndex takes an answer apart without looking whether it is one.
            raise LanguageModelError(
                f"The language model endpoint {self.api_base} did not answer in OpenAI's format.",
                "Check COURSEGRAPH_LLM_BASE_URL, which usually ends in /v1.",
            ) from error

    def _refusal(self, error: APIStatusError) -> LanguageModelError:
        status = error.status_code
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            # Servers repeat parts of the key here, so their words are not passed on.
            return LanguageModelError(
                f"The language model endpoint {self.api_base} refused the API key "
                f"(status {status}).",
                "Set COURSEGRAPH_LLM_API_KEY to its key.",
            )
        said = self._sayable(str(error.message))
        if status == HTTPStatus.NOT_FOUND:
            return LanguageModelError(
                f"The language model endpoint {self.api_base} does not know the model "
                f"{self.model!r} or the address (status 404): {said}",
                "Check COURSEGRAPH_LLM, and COURSEGRAPH_LLM_BASE_URL, which usually ends in /v1.",
            )
        return LanguageModelError(
            f"The language model endpoint {self.api_base} answered with status {status}: {said}",
            "Try again later, or check the settings COURSEGRAPH_LLM...",
        )

    def _sayable(self, text: str) -> str:
        """A server's words, without the key and not too many."""
        if self.api_key != _NO_KEY:
            text = text.replace(self.api_key, "…")
        return text[:_LONGEST_MESSAGE]


def make_endpoint(model: str, address: str, settings: Settings) -> EndpointLLM:
    """The model at an endpoint."""
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else _NO_KEY
    return EndpointLLM(**client_settings(model, address, key, settings))


def client_settings(model: str, address: str, key: str, settings: Settings) -> dict[str, Any]:
    """What LlamaIndex's class is made with."""
    timeout = settings.llm_timeout_seconds
    # LlamaIndex would retry what its client retries already; the client alone waits as it is asked.
    client: dict[str, Any] = {
        "api_key": key,
        "base_url": address,
        "timeout": timeout,
        "max_retries": settings.llm_retries,
    }
    # A connection ends with its request, so that none is left behind on an event loop that ended.
    alone = httpx.Limits(max_keepalive_connections=0)
    return {
        "model": model,
        "api_base": address,
        "api_key": key,
        "timeout": timeout,
        "max_retries": 0,
        "temperature": settings.llm_temperature,
        "is_chat_model": True,
        "openai_client": OpenAI(**client),
        "async_openai_client": AsyncOpenAI(
            **client, http_client=DefaultAsyncHttpxClient(limits=alone)
        ),
    }
