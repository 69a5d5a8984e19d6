"""How near the parts of a passage are to a question, by the token vectors kept of the passage.

A sentence is read in the context of its passage, and nothing is embedded anew.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.embedding import Embedder
from index.late_interaction import TokenStore
from index.passages import context_of, passage_of
from ingest.model import Chunk

Floats = NDArray[np.float32]


def part_scores(
    store: TokenStore,
    embedder: Embedder,
    tokens: Floats,
    weights: Floats,
    row: int,
    title: str,
    chunk: Chunk,
    parts: Sequence[str],
) -> list[float]:
    """One score a part; comparable within one question only.

    ``tokens`` are the question's, ``weights`` what each counts. ``parts`` are in order and without
    markup; one past the end of the model's longest text has the least score.
    """
    passage = passage_of(title, chunk)
    spans = embedder.passage_token_spans(passage)
    matches = store.matches(tokens, row)
    position = len(context_of(title, chunk)) + 1
    found: list[float | None] = []
    for part in parts:
        start = passage.find(part, position)
        position = max(position, start)
        columns = _columns(spans, start, start + len(part)) if start >= 0 else []
        found.append(float(weights @ matches[:, columns].max(axis=1)) if columns else None)
    least = min((score for score in found if score is not None), default=0.0)
    return [least if score is None else score for score in found]


def _columns(spans: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    return [n for n, (low, high) in enumerate(spans) if low < end and high > start and low < high]
