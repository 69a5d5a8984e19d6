"""How near is near: the similarity that questions off the topic reach in this material anyway.

Cosines mean different things for every model, language and corpus. Their distance from this noise
floor, in spreads of it, can be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.leaning import counts_as
from ingest.model import Language
from ingest.text import language_of

# Middle half of a normal distribution, in standard deviations.
_QUARTILES_TO_DEVIATION = 1.349
_LEAST_SPREAD = 0.005


@dataclass(frozen=True, slots=True)
class Floor:
    """Median and robust standard deviation of the best similarity of off-topic questions."""

    middle: float
    spread: float

    def distance(self, similarity: float) -> float:
        """How many spreads a similarity lies above the floor."""
        return (similarity - self.middle) / self.spread


@lru_cache(maxsize=1)
def off_topic_questions() -> tuple[str, ...]:
    """Everyday questions in both languages."""
    lines = Path(__file__).with_name("off_topic.txt").read_text("utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def measure_floors(similarities: NDArray[np.float32]) -> dict[str, tuple[float, float]]:
    """Floor of each language; ``similarities`` has a row for each off-topic question."""
    if not similarities.size:
        return {}
    best: dict[Language, list[float]] = {}
    for question, nearest in zip(off_topic_questions(), similarities.max(axis=1), strict=True):
        best.setdefault(language_of(question), []).append(float(nearest))
    return {str(language): _floor(found) for language, found in best.items()}


def _floor(similarities: list[float]) -> tuple[float, float]:
    low, middle, high = np.percentile(similarities, (25, 50, 75))
    return float(middle), max(float(high - low) / _QUARTILES_TO_DEVIATION, _LEAST_SPREAD)


def floor_for(floors: Mapping[str, tuple[float, float]], language: Language) -> Floor | None:
    """The floor for questions of a language."""
    found = floors.get(counts_as(language))
    return Floor(*found) if found else None
