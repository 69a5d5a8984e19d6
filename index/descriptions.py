"""Which concept somebody means who does not know its name: questions against descriptions.

A sentence lies nearer to all others of its language, and of its kind, than to those that mean the
same. So the mean of a language's descriptions is taken off first; without that, the embedded
encoders find hardly any concept across the many that are described.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.leaning import counts_as
from ingest.model import Language
from ingest.text import language_of

Floats = NDArray[np.float32]


class Descriptions:
    """Descriptions of concepts as vectors of every encoder.

    ``vectors`` hold a matrix an encoder, a row a description; ``owners`` is the number of the
    concept of each.
    """

    def __init__(
        self, texts: Sequence[str], owners: NDArray[np.int64], vectors: Sequence[Floats]
    ) -> None:
        languages = np.array([counts_as(language_of(text)) for text in texts])
        self._owners = owners
        self._concepts = np.unique(owners)
        self._counts = np.bincount(owners)[self._concepts] if len(owners) else owners
        self._centres = [_centres(matrix, languages) for matrix in vectors]
        self._vectors = [
            _unit(matrix - np.stack([centres[language] for language in languages]))
            if len(texts)
            else matrix
            for matrix, centres in zip(vectors, self._centres, strict=True)
        ]

    def standing(
        self, question: str, vectors: Sequence[Floats]
    ) -> tuple[NDArray[np.int64], Floats]:
        """Concepts with how far each stands above the others, in standard deviations.

        ``vectors`` are the question's, one of each encoder. A concept counts by the description
        that is nearest and by all of its descriptions together.
        """
        if not len(self._owners):
            return self._concepts, np.zeros(0, np.float32)
        language = counts_as(language_of(question))
        near = np.zeros(len(self._owners), np.float32)
        for vector, matrix, centres in zip(vectors, self._vectors, self._centres, strict=True):
            near += matrix @ _unit((vector - centres[language])[None])[0]
        best = np.full(int(self._concepts[-1]) + 1, -np.inf, np.float32)
        np.maximum.at(best, self._owners, near)
        mean = np.bincount(self._owners, near)[self._concepts] / self._counts
        scores = best[self._concepts] + mean
        return self._concepts, (scores - scores.mean()) / (scores.std() or 1.0)


def _centres(matrix: Floats, languages: NDArray[np.str_]) -> dict[str, Floats]:
    """Mean vector by language; of all where a language has none."""
    everything = matrix.mean(axis=0) if len(matrix) else np.zeros(matrix.shape[1], np.float32)
    return {
        language: matrix[languages == language].mean(axis=0)
        if (languages == language).any()
        else everything
        for language in map(str, (Language.ZH, Language.EN))
    }


def _unit(vectors: Floats) -> Floats:
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    unit: Floats = (vectors / lengths).astype(np.float32)
    return unit
