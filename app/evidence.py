"""Hits to evidence: the few sentences that bear on the question, and whether they answer it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.course_index import CourseIndex
from index.keyword import coverage
from index.model import Hit
from index.tokens import tokenize
from ingest.readers.markdown.markup import FENCED, plain
from ingest.text import length, sentences

_TABLE = re.compile(r"(?:^\|[^\n]*(?:\n|\Z))+", re.MULTILINE)
_WHOLE = re.compile(rf"{FENCED}|{_TABLE.pattern}", re.MULTILINE | re.DOTALL)
_SHORTEST = 6
_LONGEST = 400
_MOST_LIST_ITEMS = 6
_SAME = 0.7
_OPEN_END = (":", "：")


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, table or code block of a hit's chunk, with how well it bears on the question."""

    hit: Hit
    start: int
    end: int
    score: float = 0.0

    @property
    def text(self) -> str:
        """The verbatim words."""
        return self.hit.chunk.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """How many passages are looked at and how many sentences are taken."""

    passages: int = 6
    sentences: int = 7
    # A sentence this far below the best one is left out.
    floor: float = 0.55
    similarity_weight: float = 0.5
    coverage_weight: float = 0.35
    rank_weight: float = 0.4
    # A sentence beside a good one often holds the rest of the answer.
    neighbour_weight: float = 0.3


def select(
    index: CourseIndex, question: str, hits: Sequence[Hit], settings: EvidenceSettings
) -> list[Unit]:
    """The units that bear on the question best, in reading order, document by document."""
    candidates = [unit for hit in hits[: settings.passages] for unit in units_of(hit)]
    scored = _score(index, question, candidates, settings)
    best = max((unit.score for unit in scored), default=0.0)
    chosen: list[Unit] = []
    for unit in sorted(scored, key=lambda unit: -unit.score):
        if len(chosen) >= settings.sentences or unit.score < settings.floor * best:
            break
        if not any(_says_the_same(unit, other) for other in chosen):
            chosen.append(unit)
    return _in_reading_order(_with_list_items(chosen, candidates))


def units_of(hit: Hit) -> list[Unit]:
    """Cut a chunk into what can be quoted: sentences, whole tables and whole code blocks."""
    text = hit.chunk.text
    units: list[Unit] = []
    position = 0
    for whole in _WHOLE.finditer(text):
        units += _sentences(hit, position, whole.start())
        units.append(Unit(hit, whole.start(), whole.end()))
        position = whole.end()
    return units + _sentences(hit, position, len(text))


def _sentences(hit: Hit, start: int, end: int) -> list[Unit]:
    part = hit.chunk.text[start:end]
    return [Unit(hit, start + low, start + high) for low, high in sentences(part)]


def _score(
    index: CourseIndex, question: str, units: Sequence[Unit], settings: EvidenceSettings
) -> list[Unit]:
    worthy = [unit for unit in units if _SHORTEST <= length(unit.text) <= _LONGEST]
    if not worthy:
        return []
    texts = [plain(unit.text) for unit in worthy]
    vectors = index.encoders.first.embed_passages(texts)
    similarities = vectors @ index.question_vector(question)
    spread = float(np.ptp(similarities)) or 1.0
    relative = (similarities - similarities.min()) / spread
    weights = index.keyword.weights(question)
    scored: list[Unit] = []
    for unit, text, similarity in zip(worthy, texts, relative, strict=True):
        score = (
            settings.similarity_weight * float(similarity)
            + settings.coverage_weight * coverage(weights, text)
            + settings.rank_weight / unit.hit.rank
        )
        scored.append(Unit(unit.hit, unit.start, unit.end, score))
    return _with_neighbours(scored, settings.neighbour_weight)


def _with_neighbours(units: Sequence[Unit], weight: float) -> list[Unit]:
    """Let each unit have part of the better one of those beside it in its chunk."""
    found: list[Unit] = []
    for place, unit in enumerate(units):
        beside = (*units[max(0, place - 1) : place], *units[place + 1 : place + 2])
        best = max((u.score for u in beside if u.hit is unit.hit), default=0.0)
        found.append(replace(unit, score=(unit.score + weight * best) / (1 + weight)))
    return found


def _says_the_same(one: Unit, other: Unit) -> bool:
    first, second = set(tokenize(plain(one.text))), set(tokenize(plain(other.text)))
    if not first or not second:
        return one.text == other.text
    return len(first & second) / min(len(first), len(second)) >= _SAME


def _with_list_items(chosen: Sequence[Unit], units: Sequence[Unit]) -> list[Unit]:
    """A sentence that ends with a colon is not whole without the items below it."""
    taken = {(unit.hit.chunk.id, unit.start): unit for unit in chosen}
    for unit in chosen:
        if not unit.text.endswith(_OPEN_END):
            continue
        below = [u for u in units if u.hit is unit.hit and u.start >= unit.end]
        for item in below[:_MOST_LIST_ITEMS]:
            if not _SHORTEST <= length(item.text) <= _LONGEST or item.text.endswith(_OPEN_END):
                break
            taken.setdefault((item.hit.chunk.id, item.start), item)
    return list(taken.values())


def _in_reading_order(units: Sequence[Unit]) -> list[Unit]:
    """Documents by their best passage, passages and sentences as they stand in the document."""
    best: dict[str, int] = {}
    for unit in units:
        document = unit.hit.document.id
        best[document] = min(best.get(document, unit.hit.rank), unit.hit.rank)
    return sorted(
        units,
        key=lambda unit: (best[unit.hit.document.id], unit.hit.chunk.ordinal, unit.start),
    )
