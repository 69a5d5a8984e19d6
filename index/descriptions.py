"""Which concept somebody means who does not know its name: questions against descriptions.

A sentence lies nearer to all others of its language, and of its kind, than to those that mean the
same. So the mean of a language's descriptions is taken off first; without that, the right concept
comes first in .30 instead of .44 of the cases (a description against all others).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.leaning import counts_as
from index.unit_vectors import unit_rows
from ingest.model import Language
from ingest.text import language_of

Floats = NDArray[np.float32]


class Descriptions:
    """Descriptions of concepts as vectors; ``owners`` is the number of the concept of each."""

    def __init__(self, texts: Sequence[str], owners: NDArray[np.int64], vectors: Floats) -> None:
        languages = np.array([counts_as(language_of(text)) for text in texts])
        self._owners = owners
        self._concepts, self._counts = np.unique(owners, return_counts=True)
        self._centres = _centres(vectors, languages)
        self._vectors = vectors
        if len(texts):
            centres = np.stack([self._centres[language] for language in languages])
            self._vectors = unit_rows(vectors - centres)

    def standing(self, question: str, vector: Floats) -> tuple[NDArray[np.int64], Floats]:
        """Concepts with how far each stands above the others, in standard deviations.

        A concept counts by the description that is nearest and by the mean of all of them.
        """
        if not len(self._owners):
            return self._concepts, np.zeros(0, np.float32)
        centre = self._centres[counts_as(language_of(question))]
        near = self._vectors @ unit_rows((vector - centre)[None])[0]
        best = np.full(int(self._concepts[-1]) + 1, -np.inf, np.float32)
        np.maximum.at(best, self._owners, near)
        mean = np.bincount(self._owners, near)[self._concepts] / self._counts
        scores = best[self._concepts] + mean
        standing: Floats = (scores - scores.mean()) / (scores.std() or 1.0)
        return self._concepts, standing


def _centres(vectors: Floats, languages: NDArray[np.str_]) -> dict[str, Floats]:
    """Mean vector by language; of all where a language has none."""
    if not len(vectors):
        return {}
    everything = vectors.mean(axis=0)
    centres: dict[str, Floats] = {}
    for language in map(str, (Language.ZH, Language.EN)):
        own = vectors[languages == language]
        centres[language] = own.mean(axis=0) if len(own) else everything
    return centres
