"""What the encoders make of a question; one that was just asked is not embedded again."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from index.encoders import Encoders
from index.graph import GraphIndex, Seed
from index.keyword import KeywordIndex

Floats = NDArray[np.float32]
_KEPT = 64  # as many as are asked at a time: several steps of one search read its question
_LEAST_TOLD = 0.1  # what a filler word's token counts of the most telling one's


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as vectors; ``tokens`` are empty where the first encoder gives none.

    ``weights`` say what each token counts, ``meant`` what the question seems to describe.
    """

    vectors: tuple[Floats, ...]
    tokens: Floats
    weights: Floats
    meant: Sequence[Seed]


class Questions:
    """Reads questions against one index; safe to use from several threads."""

    def __init__(self, encoders: Encoders, keyword: KeywordIndex, graph: GraphIndex) -> None:
        self._encoders = encoders
        self._keyword = keyword
        self._graph = graph
        self._lock = Lock()
        self._kept: dict[str, Asked] = {}

    def read(self, question: str) -> Asked:
        """What the encoders make of a question."""
        with self._lock:
            known = self._kept.pop(question, None)
        asked = self._encode(question) if known is None else known
        with self._lock:
            self._kept[question] = asked
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        return asked

    def _encode(self, question: str) -> Asked:
        first, *others = self._encoders.all
        for other in others:
            other.prepare()  # it loads while the first one works
        if first.has_tokens:
            vector, tokens = first.embed_query_tokens(question)
            spans = first.query_token_spans(question)
            weights = self._keyword.token_weights(question, spans, _LEAST_TOLD)
        else:
            vector, tokens = first.embed_queries([question])[0], np.zeros((0, 0), np.float32)
            weights = np.zeros(0, np.float32)
        more = (other.embed_queries([question])[0] for other in others)
        meant = self._graph.meant(question, self._graph.named(question), vector)
        return Asked((vector, *more), tokens, weights, meant)
