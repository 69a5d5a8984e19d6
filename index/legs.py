"""The ways of searching over one generation, as legs that can be fused."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.fusion import Leg, Scores
from index.keyword import KeywordIndex
from index.model import Mode
from index.tokens import tokenize
from index.vector import FaissStore


def dense_leg(store: FaissStore, vector: NDArray[np.float32], depth: int) -> Leg:
    """The passages whose vectors are nearest."""
    rows, similarities = store.nearest(vector, depth)
    return Leg(
        Mode.DENSE, 1.0, rows, similarities, lambda wanted: store.similarities(vector, wanted)
    )


def lexical_leg(keyword: KeywordIndex, query: str, depth: int, least_weight: float) -> Leg:
    """The passages that share most words; it counts as far as the material knows the words."""
    scores = keyword.scores(query)
    order = np.lexsort((np.arange(len(scores)), -scores))[:depth]
    rows = [int(row) for row in order if scores[row] > 0]
    weight = max(keyword.knows(tokenize(query)), least_weight)

    def score_of(wanted: Sequence[int]) -> Scores:
        return scores[list(wanted)]

    return Leg(Mode.LEXICAL, weight, rows, scores[rows], score_of)
