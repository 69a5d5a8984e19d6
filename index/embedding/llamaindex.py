"""LlamaIndex's embedding port over anything that encodes queries and passages."""

import asyncio
from typing import Any, Protocol, cast

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from numpy.typing import NDArray
from pydantic import PrivateAttr


class Encoder(Protocol):
    """What a model or a service must do; safe to call from several threads."""

    def encode_passages(self, texts: list[str]) -> NDArray[np.float32]:
        """One row a passage."""
        ...

    def encode_queries(self, texts: list[str]) -> NDArray[np.float32]:
        """One row a question."""
        ...


class TokenEncoder(Encoder, Protocol):
    """An encoder that gives a vector for each token too, in the same run."""

    def encode_passage_tokens(
        self, texts: list[str]
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """One row a passage, and the token vectors of each."""
        ...

    def encode_query_tokens(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A question's vector, and its token vectors without prefix and end marks."""
        ...

    def query_token_spans(self, text: str) -> list[tuple[int, int]]:
        """The characters that each token vector of a question stands for."""
        ...

    def passage_token_spans(self, text: str) -> list[tuple[int, int]]:
        """The characters that each token vector of a passage stands for; none for marks."""
        ...


class EncoderEmbedding(BaseEmbedding):
    """A ``BaseEmbedding`` that hands whole batches to its encoder."""

    _encoder: Encoder = PrivateAttr()

    def __init__(self, encoder: Encoder, **options: Any) -> None:
        super().__init__(**options)
        self._encoder = encoder

    @property
    def token_encoder(self) -> TokenEncoder:
        """The encoder, for who knows that it gives token vectors."""
        return cast(TokenEncoder, self._encoder)

    def get_query_embeddings(self, queries: list[str]) -> list[list[float]]:
        """Several questions at once, which LlamaIndex's own class does not offer."""
        return _rows(self._encoder.encode_queries(queries))

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return _rows(self._encoder.encode_passages(texts))

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self.get_query_embeddings([query])[0]

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)


def _rows(vectors: NDArray[np.float32]) -> list[list[float]]:
    rows: list[list[float]] = vectors.tolist()
    return rows
