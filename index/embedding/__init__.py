"""Texts to vectors: the port, its facade over LlamaIndex's ``BaseEmbedding``, and the providers.

Nothing heavy is imported here: names, fingerprints and dimensions are known without a model.
"""

import contextlib
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.settings import EmbeddingSettings
from ingest.errors import CourseError, SettingsError

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

    from index.embedding.llamaindex import TokenEncoder

Vectors = NDArray[np.float32]
Progress = Callable[[int], None]
Report = Callable[[str], None]

PROVIDERS = (
    "embedded",
    "embedded-use",
    "sentence-transformers:<folder or hub id>",
    "openai:<model>",
)


class Embedder(Protocol):
    """Turns passages and queries into unit vectors of one space; safe to use from threads."""

    @property
    def fingerprint(self) -> str:
        """Equal for equal vectors: names the model, its weights, prefixes and numbers."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """One row a text; ``progress`` hears how many are done so far."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """One row a question."""
        ...

    @property
    def has_tokens(self) -> bool:
        """Whether the model gives a vector for each token too."""
        ...

    def embed_passage_tokens(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        """What ``embed_passages`` gives, and each text's token vectors, in one run."""
        ...

    def embed_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        """A question's vector, and the vectors of its tokens without prefix and end marks."""
        ...

    def query_token_spans(self, text: str) -> list[tuple[int, int]]:
        """The characters that each token vector of a question stands for."""
        ...

    def passage_token_spans(self, text: str) -> list[tuple[int, int]]:
        """The characters that each token vector of a passage stands for; none for marks."""
        ...

    def prepare(self) -> None:
        """Start loading the model; returns at once."""
        ...


class LlamaIndexEmbedder:
    """An ``Embedder`` over any LlamaIndex embedding, which is made when it is first needed."""

    def __init__(
        self,
        load: "Callable[[], BaseEmbedding]",
        fingerprint: str | Callable[[], str],
        dimension: int | None = None,
        concurrent: bool = False,
        has_tokens: bool = False,
    ) -> None:
        """``concurrent`` says that the embedding itself may be called from several threads.

        ``has_tokens`` says that it is an ``EncoderEmbedding`` over a ``TokenEncoder``.
        """
        self.has_tokens = has_tokens
        self._load = load
        self._embedding: BaseEmbedding | None = None
        self._fingerprint = fingerprint
        self._dimension = dimension
        self._loading = threading.Lock()
        self._knowing = threading.Lock()
        self._turn: AbstractContextManager[object] = (
            nullcontext() if concurrent else threading.Lock()
        )

    @classmethod
    def over(cls, embedding: "BaseEmbedding", fingerprint: str) -> "LlamaIndexEmbedder":
        """Wrap an embedding that the caller has made."""
        return cls(lambda: embedding, fingerprint)

    @property
    def fingerprint(self) -> str:
        """See ``Embedder``."""
        with self._knowing:
            if callable(self._fingerprint):
                self._fingerprint = self._fingerprint()
            return self._fingerprint

    @property
    def dimension(self) -> int:
        """See ``Embedder``; an embedding that does not tell is asked with one word."""
        with self._knowing:
            if self._dimension is None:
                self._dimension = int(self._encode_queries(["dimension"]).shape[1])
            return self._dimension

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """See ``Embedder``; long texts go first, so that a batch holds texts of equal length."""
        order = sorted(range(len(texts)), key=lambda row: (-len(texts[row]), row))
        return self._in_batches(texts, order, self._encode_passages, progress)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """See ``Embedder``."""
        return self._in_batches(texts, range(len(texts)), self._encode_queries, None)

    def embed_passage_tokens(
        self, texts: Sequence[str], progress: Progress | None = None
    ) -> tuple[Vectors, list[Vectors]]:
        """See ``Embedder``."""
        tokens: dict[str, Vectors] = {}

        def encode(batch: list[str]) -> Vectors:
            with self._turn:
                vectors, found = self._token_encoder.encode_passage_tokens(batch)
            tokens.update(zip(batch, found, strict=True))
            return vectors

        order = sorted(range(len(texts)), key=lambda row: (-len(texts[row]), row))
        vectors = self._in_batches(texts, order, encode, progress)
        return vectors, [tokens[text] for text in texts]

    def embed_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        """See ``Embedder``."""
        with self._turn:
            vector, tokens = self._token_encoder.encode_query_tokens(text)
        return self._unit(vector[None])[0], tokens

    def query_token_spans(self, text: str) -> list[tuple[int, int]]:
        """See ``Embedder``."""
        return self._token_encoder.query_token_spans(text)

    def passage_token_spans(self, text: str) -> list[tuple[int, int]]:
        """See ``Embedder``."""
        return self._token_encoder.passage_token_spans(text)

    @property
    def _token_encoder(self) -> "TokenEncoder":
        from index.embedding.llamaindex import EncoderEmbedding

        assert isinstance(self.embedding, EncoderEmbedding)  # noqa: S101 (has_tokens says so)
        return self.embedding.token_encoder

    def prepare(self) -> None:
        """See ``Embedder``; what goes wrong is raised when the model is used."""
        if self._embedding is not None:
            return
        # No daemon: a process that ends in the middle of loading native code would be aborted.
        threading.Thread(target=self._try_to_load).start()

    def _try_to_load(self) -> None:
        with contextlib.suppress(CourseError):
            _ = self.embedding

    @property
    def embedding(self) -> "BaseEmbedding":
        """The LlamaIndex embedding; loads the model."""
        with self._loading:
            if self._embedding is None:
                self._embedding = self._load()
            return self._embedding

    def _in_batches(
        self,
        texts: Sequence[str],
        order: Sequence[int],
        encode: Callable[[list[str]], Vectors],
        progress: Progress | None,
    ) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        if not texts:
            return vectors
        size = self.embedding.embed_batch_size
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            found = encode([texts[row] for row in rows])
            if found.shape != (len(rows), self.dimension):
                raise ModelError(
                    f"The embedding model gave vectors of shape {found.shape} "
                    f"where ({len(rows)}, {self.dimension}) was expected."
                )
            vectors[list(rows)] = found
            if progress is not None:
                progress(start + len(rows))
        return self._unit(vectors)

    def _encode_passages(self, texts: list[str]) -> Vectors:
        with self._turn:
            return np.asarray(self.embedding.get_text_embedding_batch(texts), np.float32)

    def _encode_queries(self, texts: list[str]) -> Vectors:
        # LlamaIndex embeds one question a call; our own embeddings take several.
        batch = getattr(self.embedding, "get_query_embeddings", None)
        with self._turn:
            if batch is not None:
                return np.asarray(batch(texts), np.float32)
            found = [self.embedding.get_query_embedding(text) for text in texts]
        return np.asarray(found, np.float32)

    @staticmethod
    def _unit(vectors: Vectors) -> Vectors:
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise ModelError("The embedding model gave a vector of zeros or of not-a-number.")
        return np.asarray(vectors / lengths, np.float32)


def make_embedder(
    settings: EmbeddingSettings, models_folder: Path, report: Report = lambda _: None
) -> LlamaIndexEmbedder:
    """The embedder that the settings name; models are loaded when first used."""
    name, _, model = settings.provider.partition(":")
    if settings.provider == "embedded":
        from index.embedding.embedded import embedded_embedder

        return embedded_embedder(settings, models_folder, report)
    if name == "sentence-transformers" and model:
        from index.embedding.local import local_embedder

        return local_embedder(model, settings)
    if name == "openai" and model:
        from index.embedding.service import service_embedder

        return service_embedder(model, settings)
    if settings.provider == "embedded-use":
        from index.embedding.universal import universal_embedder

        return universal_embedder(settings)
    raise SettingsError(
        f"Unknown embedding provider {settings.provider!r}.",
        "Known are: " + ", ".join(PROVIDERS) + ".",
    )
