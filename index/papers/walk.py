"""A walk over the graph of papers, concepts and passages: what is near by many short ways."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from index.pagerank import Scores, transitions, walk
from ingest.model import PaperMention

# From a paper on to passages that name it, beside its concepts, whose steps weigh their rarity.
_TO_PASSAGES = 3.0


class PaperWalk:
    """Personalized PageRank over papers, concepts and passages; rows are papers, then concepts."""

    def __init__(
        self,
        topics_of: sparse.csr_matrix,
        near: sparse.csr_matrix,
        passages: sparse.csr_matrix,
        *,
        damping: float,
        steps: int,
    ) -> None:
        """``topics_of`` are papers by concepts, ``near`` concepts by concepts."""
        moves = sparse.bmat(
            [
                [None, topics_of, _TO_PASSAGES * passages],
                [topics_of.T, near.maximum(near.T), None],
                [_TO_PASSAGES * passages.T, None, None],
            ],
            format="csc",
        )
        self._moves = transitions(moves)
        self._papers = topics_of.shape[0]
        self._damping = damping
        self._steps = steps

    def from_starts(self, papers: Mapping[int, float], topics: Mapping[int, float]) -> Scores:
        """How much a walk that begins at some rows comes to each paper, damped.

        It tells less where even the surest of them is a guess.
        """
        start = np.zeros(self._moves.shape[0])
        for row, weight in papers.items():
            start[row] = weight
        for number, weight in topics.items():
            start[self._papers + number] = weight
        if not start.any():
            return np.zeros(self._papers)
        sure = min(1.0, float(start.max()))
        start /= start.sum()
        rank = walk(self._moves, start, self._damping, self._steps)
        damped: Scores = sure * np.log1p(rank[: self._papers] * self._papers)
        return damped


def named_at(
    mentions: Sequence[PaperMention], rows: Mapping[str, int]
) -> dict[tuple[int, int], float]:
    """Papers by the passages that name them; where a mention has no passage, by its section."""
    columns: dict[str, int] = {}
    found: dict[tuple[int, int], float] = {}
    for mention in mentions:
        place = mention.chunk_id or mention.section_id
        if place:
            found[rows[mention.paper], columns.setdefault(place, len(columns))] = 1.0
    return found
