"""Sources that disagree: the same thing said of the same subject with another figure, or denied.

A false alarm is worse than a miss, so that two sentences have to be alike in all but that.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from app.evidence.cutting import UnitKind
from app.evidence.subject import names_in
from app.evidence.units import Unit, is_drawn
from app.support import negation, numbers
from app.support.numbers import Figure
from index.course_index import CourseIndex
from index.tokens import tokenize
from ingest.concepts.matching import without_names
from ingest.model import Language

SOURCES_DIFFER = {Language.EN: "The sources differ here:", Language.ZH: "资料的说法不同："}
_CLAUSE = re.compile(r"[，。；！？\n]|[,;!?](?=\s|$)|[.](?=\s|$)")
# Which one is meant, at what time and under which condition may differ without being said.
_DEPENDS = re.compile(
    r"例如|比如|假设|假如|如果|若|当.{0,12}时|下图|上图|如图|该|这|其中|此时|第[一二三四五六七八九十\d]|另|分别|阶段"
    r"|从.{1,12}[到至]|[~～]|至少|最多|以上|以下|超过|大约|左右|可以|可能|实验|设|取|step"
    r"|\b(?:e\.g|for example|suppose|assume|if|when|figure|this|that|these|those|up to|at least"
    r"|about|around|stage)\b",
    re.IGNORECASE,
)
_ALIKE = 0.75
_FEWEST_TOLD = 3
_KEPT = 16384  # sentences: those of a passage come up for one question after the other


@dataclass(frozen=True, slots=True)
class _Claim:
    """A clause that states one figure: which one, and in which words."""

    figure: Figure
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Said:
    """A unit that may be disagreed with, in plain words, and what it speaks of."""

    unit: Unit
    text: str
    names: frozenset[str]


def with_contradictions(
    index: CourseIndex, chosen: Sequence[Unit], others: Sequence[Unit]
) -> list[Unit]:
    """The chosen units; one with which another disagrees takes the first such one along."""
    said = _by_names(index, others)
    found: list[Unit] = []
    used: set[tuple[str, int, int]] = set()
    for unit in chosen:
        if unit.place in used:
            continue
        one = _said(index, unit)
        left = (other for other in said.get(one.names, ()) if other.unit.place not in used)
        against = next((other.unit for other in left if _disagree(index, one, other)), None)
        if against is not None:
            used |= {unit.place, against.place}
        found.append(replace(unit, against=against))
    # One that was passed before its opponent came is told there.
    return [unit for unit in found if unit.against is not None or unit.place not in used]


def disagree(index: CourseIndex, one: Unit, other: Unit) -> bool:
    """Whether two sentences of different documents can't both be right."""
    return _disagree(index, _said(index, one), _said(index, other))


def _said(index: CourseIndex, unit: Unit) -> _Said:
    """Without names where nothing that it says can be held against another sentence."""
    text = unit.plain
    firm = unit.kind is UnitKind.SENTENCE and not _depends(text) and not is_drawn(unit)
    return _Said(unit, text, _named(index, text) if firm else frozenset())


@lru_cache(_KEPT)
def _depends(text: str) -> bool:
    return _DEPENDS.search(text) is not None


def _by_names(index: CourseIndex, units: Sequence[Unit]) -> dict[frozenset[str], list[_Said]]:
    found: dict[frozenset[str], list[_Said]] = {}
    for unit in units:
        said = _said(index, unit)
        found.setdefault(said.names, []).append(said)
    return found


def _disagree(index: CourseIndex, one: _Said, other: _Said) -> bool:
    if not one.names or one.names != other.names:
        return False
    if one.unit.hit.document.id == other.unit.hit.document.id:
        return False
    return _other_figures(index, one.text, other.text) or _is_denied(index, one.text, other.text)


def _other_figures(index: CourseIndex, first: str, second: str) -> bool:
    claims = list(_claims(index, second))
    return any(_contradict(one, other) for one in _claims(index, first) for other in claims)


def _contradict(one: _Claim, other: _Claim) -> bool:
    if one.figure.unit != other.figure.unit:
        return False
    if _is_rounded(one.figure.value, other.figure.value):
        return False
    return _alike(one.words, other.words)


def _is_rounded(one: float, other: float) -> bool:
    """Whether one is the other, told less exactly: 15 for 14.8."""
    digits = min(len(f"{value:.9e}".partition("e")[0].rstrip("0")) - 1 for value in (one, other))
    return f"{one:.{max(1, digits)}g}" == f"{other:.{max(1, digits)}g}"


def _is_denied(index: CourseIndex, first: str, second: str) -> bool:
    """Whether one denies in the same words what the other affirms."""
    if numbers.shown(first) != numbers.shown(second):
        return False
    if not _alike(_terms(index, first), _terms(index, second)):
        return False
    denies = negation.has_negation(first) != negation.has_negation(second)
    return (denies and negation.disagrees(first, second)) or negation.says_the_contrary(
        first, second
    )


def _claims(index: CourseIndex, text: str) -> Iterator[_Claim]:
    """Clauses of a text with one figure each."""
    for clause in _CLAUSE.split(text):
        figures = numbers.stated(clause)
        if len(figures) == 1:
            yield _Claim(next(iter(figures)), _terms(index, numbers.without_figures(clause)))


def _terms(index: CourseIndex, text: str) -> frozenset[str]:
    """Words of a text; concepts by their ids, so that both languages meet."""
    mentions = index.graph.mentions(text)
    concepts = (f"concept {mention.concept}" for mention in mentions)
    return frozenset((*concepts, *tokenize(without_names(text, mentions))))


def _named(index: CourseIndex, text: str) -> frozenset[str]:
    return frozenset(index.graph.named(text)) | {name.lower() for name in names_in(text)}


def _alike(first: frozenset[str], second: frozenset[str]) -> bool:
    shared = first & second
    # A concept says more than a word.
    told = len(shared) + sum(term.startswith("concept ") for term in shared)
    return told >= _FEWEST_TOLD and len(shared) >= _ALIKE * len(first | second)
