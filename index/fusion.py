"""Lists of several legs to one list, by the scores that each leg gives.

A leg's scores are compared in spreads of its own best ones. Ranks alone (reciprocal rank fusion)
forget how far ahead of the others a leg sees its first hit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.model import Mode

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Leg:
    """One way of searching: its best rows with their scores, and a score for any other row."""

    mode: Mode
    weight: float
    rows: Sequence[int]
    scores: Scores
    score_of: Callable[[Sequence[int]], Scores]

    def standing_of(self, rows: Sequence[int]) -> Scores:
        """Weighted score of rows, in spreads above the mean of the leg's best ones."""
        if not len(self.scores):
            return np.zeros(len(rows))
        return self.weight * standard(self.score_of(rows), self.scores)


def standard(scores: Scores, among: Scores) -> Scores:
    """Scores in standard deviations above the mean of others; 0 where those are all alike."""
    spread = float(among.std())
    if spread <= np.finfo(np.float32).eps * max(1.0, float(np.abs(among).max())):
        return np.zeros(len(scores))
    standing: Scores = (scores - among.mean()) / spread
    return standing


def fuse(legs: Sequence[Leg]) -> list[tuple[int, float]]:
    """Rows that any leg has among its best, with the sum of their standings; ties by row."""
    rows = sorted({row for leg in legs for row in leg.rows})
    if not rows:
        return []
    total = np.sum([leg.standing_of(rows) for leg in legs], axis=0)
    return sorted(zip(rows, map(float, total), strict=True), key=lambda item: (-item[1], item[0]))


def found_by(legs: Sequence[Leg]) -> Mapping[int, tuple[Mode, ...]]:
    """The ways of searching that have a row among their best."""
    found: dict[int, dict[Mode, None]] = {}
    for leg in legs:
        for row in leg.rows:
            found.setdefault(row, {})[leg.mode] = None
    return {row: tuple(modes) for row, modes in found.items()}
