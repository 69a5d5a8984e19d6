"""The ways of searching over one generation, as legs that can be fused."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index.fusion import Leg, Scores
from index.graph import GraphIndex, Seed
from index.keyword import KeywordIndex
from index.leaning import counts_as
from index.model import Mode
from index.settings import GraphSearchSettings, SearchSettings
from index.tokens import tokenize
from index.vector import FaissStore
from ingest.model import Language
from ingest.text import language_of

_LEAST_SHARE = 1e-3
# The offsets may lift passages that stand further down.
_WIDER = 3
_NOTHING = 1e-9
_QUESTION_MARKS = ("?", "？")


def second_weight(query: str, languages: Mapping[str, int], settings: SearchSettings) -> float:
    """What the second encoder's leg weighs beside the first one's.

    It is there for what crosses languages and, less, for everyday Chinese; between English texts
    the first encoder alone is the better judge.
    """
    share = _share_in_language(query, languages)
    within = 0.0 if language_of(query) is Language.EN else settings.second
    return share * within + (1 - share) * settings.across


def _share_in_language(query: str, languages: Mapping[str, int]) -> float:
    """How much of the material is in the language of a query."""
    own = counts_as(language_of(query))
    among = sum(count for language, count in languages.items() if counts_as(language) == own)
    return among / (sum(languages.values()) or 1)


def dense_leg(
    store: FaissStore,
    vector: NDArray[np.float32],
    offsets: NDArray[np.float32],
    depth: int,
    weight: float = 1.0,
) -> Leg:
    """The passages whose vectors are nearest, ``offsets`` of their rows taken off."""
    nearest, similarities = store.nearest(vector, _WIDER * depth)
    scores = similarities - offsets[nearest]
    order = np.argsort(-scores, kind="stable")[:depth]

    def score_of(wanted: Sequence[int]) -> Scores:
        return store.similarities(vector, wanted) - offsets[list(wanted)]

    return Leg(Mode.DENSE, weight, [nearest[place] for place in order], scores[order], score_of)


def lexical_leg(
    keyword: KeywordIndex,
    query: str,
    names: Sequence[str],
    depth: int,
    languages: Mapping[str, int],
    settings: SearchSettings,
) -> Leg:
    """The passages that share most words; it counts as far as the material knows the words.

    It counts most where all is in the query's language, for it sees nothing else. ``names`` are
    other names of what the query names, in both languages: they join and never filter, so that a
    Chinese question meets an English page.
    """
    scores = keyword.scores(query, names, settings.expansion)
    terms = tokenize(query)
    weight = max(keyword.knows(terms), settings.least_lexical_weight)
    weight *= 1 + (settings.lexical - 1) * _share_in_language(query, languages)
    if len(terms) <= settings.few_terms and not query.rstrip().endswith(_QUESTION_MARKS):
        weight *= settings.few
    return _leg(Mode.LEXICAL, weight, scores, depth)


def graph_leg(
    graph: GraphIndex,
    seeds: Sequence[Seed],
    fused: Sequence[tuple[int, float]],
    depth: int,
    settings: GraphSearchSettings,
) -> Leg:
    """The passages that a walk from the question's concepts and the best passages comes to."""
    top = fused[: settings.passages]
    lowest = top[-1][1] if top else 0.0
    shares = {row: score - lowest + _LEAST_SHARE for row, score in top}
    reached = graph.walk(seeds, shares)
    # Ranks of a walk spread over powers of ten.
    scores = np.where(reached > 0, np.log(np.maximum(reached, _NOTHING)) - np.log(_NOTHING), 0.0)
    return _leg(Mode.GRAPH, settings.weight, scores, depth)


def _leg(mode: Mode, weight: float, scores: Scores, depth: int) -> Leg:
    order = np.lexsort((np.arange(len(scores)), -scores))[:depth]
    rows = [int(row) for row in order if scores[row] > 0]
    return Leg(mode, weight, rows, scores[rows], lambda wanted: scores[list(wanted)])
