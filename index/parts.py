"""How near the parts of a passage are to a question, by the token vectors kept of the passage.

A sentence is read in the context of its passage, and nothing is embedded anew.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.embedding import Embedder
from index.passages import context_of, passage_of
from ingest.model import Chunk

Floats = NDArray[np.float32]
Places = NDArray[np.int32]


def token_places(embedder: Embedder, title: str, chunk: Chunk) -> Places:
    """Where each token of a passage begins and ends, a row each."""
    return np.array(embedder.passage_token_spans(passage_of(title, chunk)), np.int32).reshape(-1, 2)


def part_scores(
    matches: Floats, weights: Floats, places: Places, title: str, chunk: Chunk, parts: Sequence[str]
) -> list[float]:
    """One score a part; comparable within one question only.

    ``matches`` has a row for each token of the question, of which ``weights`` say what it counts,
    and a column for each token of the passage, which stand at ``places``. ``parts`` are in order
    and without markup; one past the end of the model's longest text has the least score.
    """
    passage = passage_of(title, chunk)
    position = len(context_of(title, chunk)) + 1
    found: list[float | None] = []
    for part in parts:
        start = passage.find(part, position)
        position = max(position, start)
        columns = _columns(places, start, start + len(part)) if start >= 0 else ()
        found.append(float(weights @ matches[:, columns].max(axis=1)) if len(columns) else None)
    least = min((score for score in found if score is not None), default=0.0)
    return [least if score is None else score for score in found]


def _columns(places: Places, start: int, end: int) -> NDArray[np.intp]:
    low, high = places.T
    return np.flatnonzero((low < end) & (high > start) & (low < high))
