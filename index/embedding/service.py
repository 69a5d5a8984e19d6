"""Any OpenAI-compatible ``/embeddings`` endpoint."""

import hashlib
import json
import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
from numpy.typing import NDArray

from index.addresses import endpoint_address
from index.embedding import LlamaIndexEmbedder
from index.errors import EmbeddingServiceError
from index.settings import EmbeddingSettings

if TYPE_CHECKING:
    from index.embedding.llamaindex import EncoderEmbedding

DEFAULT_BATCH_SIZE = 64
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT_SECONDS = 30.0
_LONGEST_MESSAGE = 300


class ServiceEncoder:
    """Sends texts in batches and waits out busy moments; safe to use from several threads."""

    def __init__(self, model: str, settings: EmbeddingSettings) -> None:
        self._model = model
        self._settings = settings
        self._url = base_url(settings) + "/embeddings"
        key = settings.api_key
        self._client = httpx.Client(
            timeout=settings.timeout_seconds,
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )

    def encode_passages(self, texts: list[str]) -> NDArray[np.float32]:
        """See ``Encoder``."""
        return self._encode(texts, self._settings.passage_prefix or "")

    def encode_queries(self, texts: list[str]) -> NDArray[np.float32]:
        """See ``Encoder``."""
        return self._encode(texts, self._settings.query_prefix or "")

    def _encode(self, texts: list[str], prefix: str) -> NDArray[np.float32]:
        content: dict[str, Any] = {
            "model": self._model,
            "input": [prefix + text for text in texts],
            "encoding_format": "float",
        }
        if self._settings.dimensions is not None:
            content["dimensions"] = self._settings.dimensions
        return self._vectors(self._post(content), len(texts))

    def _post(self, content: dict[str, Any]) -> httpx.Response:
        wait = self._settings.retry_seconds
        for attempt in range(self._settings.max_retries + 1):
            final = attempt == self._settings.max_retries
            try:
                response = self._client.post(self._url, json=content)
            except httpx.TransportError as error:
                if final:
                    raise EmbeddingServiceError(
                        f"The embedding endpoint {self._url} can't be reached: "
                        f"{error or type(error).__name__}",
                        "Check that it runs, and the base URL in the embedding settings.",
                    ) from error
                time.sleep(wait)
            else:
                if response.is_success:
                    return response
                if final or response.status_code not in _RETRIED:
                    raise self._refusal(response)
                time.sleep(max(wait, _asked_wait(response)))
            wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _refusal(self, response: httpx.Response) -> EmbeddingServiceError:
        status = response.status_code
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            # Servers repeat parts of the key here, so their words are not passed on.
            return EmbeddingServiceError(
                f"The embedding endpoint {self._url} refused the API key (status {status}).",
                "Set the key of the embedding endpoint.",
            )
        said = self._server_words(response)
        if status == HTTPStatus.NOT_FOUND:
            return EmbeddingServiceError(
                f"The embedding endpoint {self._url} does not know the model "
                f"{self._model!r} or the address (status 404): {said}",
                "Check the model, and the base URL, which usually ends in /v1.",
            )
        return EmbeddingServiceError(
            f"The embedding endpoint {self._url} answered with status {status}: {said}",
            "Try again later." if status in _RETRIED else "Check the embedding settings.",
        )

    def _server_words(self, response: httpx.Response) -> str:
        said = response.text.strip() or response.reason_phrase
        # Where it is not OpenAI's error format, the text itself must do.
        with suppress(ValueError, KeyError, TypeError):
            said = str(response.json()["error"]["message"])
        if self._settings.api_key:
            said = said.replace(self._settings.api_key, "…")
        return said[:_LONGEST_MESSAGE]

    def _vectors(self, response: httpx.Response, count: int) -> NDArray[np.float32]:
        try:
            rows = sorted(response.json()["data"], key=lambda row: int(row["index"]))
            numbers = [row["index"] for row in rows]
            vectors = np.array([row["embedding"] for row in rows], np.float32)
        except (ValueError, KeyError, TypeError) as error:
            raise EmbeddingServiceError(
                f"The embedding endpoint {self._url} did not answer in OpenAI's format.",
                "Check the base URL, which usually ends in /v1.",
            ) from error
        if numbers != list(range(count)) or vectors.ndim != 2:  # noqa: PLR2004
            raise EmbeddingServiceError(
                f"The embedding endpoint {self._url} gave {len(numbers)} vectors for {count} texts."
            )
        wanted = self._settings.dimensions
        if wanted is not None and vectors.shape[1] != wanted:
            raise EmbeddingServiceError(
                f"The embedding model {self._model!r} gave vectors of length {vectors.shape[1]} "
                f"where {wanted} was asked.",
                f"Set the dimensions to {vectors.shape[1]}, or leave them to the model.",
            )
        return vectors


def base_url(settings: EmbeddingSettings) -> str:
    """The address before ``/embeddings``."""
    return endpoint_address(settings.base_url, "embedding")


def service_embedder(model: str, settings: EmbeddingSettings) -> LlamaIndexEmbedder:
    """An embedder over an endpoint; the key is part of nothing that is shown or stored."""
    facts = {
        "url": base_url(settings),
        "model": model,
        "dimensions": settings.dimensions,
        "query": settings.query_prefix or "",
        "passage": settings.passage_prefix or "",
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def load() -> "EncoderEmbedding":
        from index.embedding.llamaindex import EncoderEmbedding

        return EncoderEmbedding(
            ServiceEncoder(model, settings),
            model_name=model,
            embed_batch_size=settings.batch_size or DEFAULT_BATCH_SIZE,
        )

    fingerprint = f"openai:{model}:{digest[:16]}"
    return LlamaIndexEmbedder(load, fingerprint, settings.dimensions, concurrent=True)


def _asked_wait(response: httpx.Response) -> float:
    """Seconds that the server asks for; zero where it names a date or nothing."""
    try:
        asked = float(response.headers.get("retry-after", "0"))
    except ValueError:
        return 0.0
    return min(max(asked, 0.0), _LONGEST_WAIT_SECONDS)
