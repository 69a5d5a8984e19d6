"""How near the parts of a passage are to a question, by the token vectors kept of the passage.

A sentence is read in the context of its passage, and nothing is embedded anew.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index.late_interaction import Places
from index.model import Hit
from index.passages import context_of
from ingest.readers.markdown.markup import plain

Floats = NDArray[np.float32]
_KEPT = 1024  # passages come up for one question after the other
_plain = lru_cache(_KEPT)(plain)


def part_scores(
    matches: Floats, weights: Floats, places: Places, hit: Hit, parts: Sequence[str]
) -> list[float]:
    """One score a part; comparable within one question only.

    ``matches`` has a row for each token of the question, of which ``weights`` say what it counts,
    and a column for each token of the passage, which stand at ``places``. ``parts`` are in order
    and without markup; one past the end of the model's longest text has the least score.
    """
    words = _plain(hit.chunk.text)
    before = len(context_of(hit.document.title, hit.chunk)) + 1
    position = 0
    found: list[float | None] = []
    for part in parts:
        start = words.find(part, position)
        position = max(position, start)
        low = before + start
        columns = _columns(places, low, low + len(part)) if start >= 0 else ()
        found.append(float(weights @ matches[:, columns].max(axis=1)) if len(columns) else None)
    least = min((score for score in found if score is not None), default=0.0)
    return [least if score is None else score for score in found]


def _columns(places: Places, start: int, end: int) -> NDArray[np.intp]:
    low, high = places.T
    return np.flatnonzero((low < end) & (high > start) & (low < high))
