"""The order in which evidence is read: what it is, how it works, what it costs, an example."""

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import groupby

from app.evidence.asks import Asks
from app.evidence.cutting import UnitKind
from app.evidence.units import Unit
from ingest.concepts.names import stands_alone
from ingest.text import CJK_CHARACTER


class Role(IntEnum):
    """What a run of sentences does for its reader, in the order of reading."""

    DEFINITION = 0
    MECHANISM = 1
    TRADE_OFF = 2
    EXAMPLE = 3


_DEFINES = re.compile(
    r"^[^，。；]{0,60}?(?:是(?:指|一[种个类项款套]|用|将|把|在|由|对|为了)|指的?是|又称|称为|定义为|全称)"
    r"|^\s*(?:[(（][^)）]*[)）])?\s*[，,]?\s*即"
    r"|^.{0,80}?\b(?:is|are) (?:an?|the)\b|\brefers? to\b|\bstands? for\b",
    re.IGNORECASE,
)
_WEIGHS = re.compile(
    r"优点|优势|好处|缺点|缺陷|劣势|局限|不足|代价|弊端|利弊|权衡|折中"
    r"|\badvantages?\b|\bbenefits?\b|\bdrawbacks?\b|\blimitations?\b|\bdownsides?\b|\btrade-?offs?\b",
    re.IGNORECASE,
)
_SHOWS = re.compile(
    r"^(?:例如|比如|举例|示例|例子|举个例子|以.{1,20}为例|for example|e\.g\.|example)",
    re.IGNORECASE,
)
# A word right before a name makes it another one: 秩稳定 LoRA, "rank-stabilized LoRA".
_NARROWED = re.compile(
    r"[\u4e00-\u9fff](?<![而但则对于和与在用使比即以到指])[ ]+\Z|[A-Za-z]-[A-Za-z]+ \Z"
)
# What follows a name makes it another one too: LoRA+, LoRA 的合并.
_BELONGS = re.compile(r"\+|(?:\s*[（(][^）)]*[）)])?[*\s]*的|['’]s\b")
_NEAR_THE_START = 12
_LONGEST_BEGINNING = 40
_ASIDE = re.compile(r"\s*[（(][^）)]*[）)]?[。.]?\s*$")
_Run = list[Unit]


def in_reading_order(
    units: Sequence[Unit], leading: Sequence[Unit], asked: frozenset[Asks], names: Sequence[str]
) -> list[Unit]:
    """Definitions first, then runs by what they do; within a section sentences as they stand.

    ``names`` are what the question is about. Where it asks for a number, the section that answers
    best comes first.
    """
    first = {unit.place for unit in leading}
    ranks = _ranks_by_document(units)
    runs = [list(run) for _, run in groupby(sorted(units, key=_stands), key=_section)]
    best = max((unit.score for unit in units), default=0.0)

    def key(run: _Run) -> tuple[object, ...]:
        is_leading = any(unit.place in first for unit in run)
        answers = Asks.NUMBER in asked and any(unit.score == best for unit in run)
        role = Role.DEFINITION if is_leading else role_of(run, names)
        document = run[0].hit.document.id
        return not is_leading, not answers, role, ranks[document], _stands(run[0])

    ordered = [unit for run in sorted(runs, key=key) for unit in run]
    return sorted(ordered, key=lambda unit: unit.place not in first)


def role_of(run: Sequence[Unit], names: Sequence[str]) -> Role:
    """What a run does: its first sentence tells, where not most of them do the same."""
    texts = [unit.plain for unit in run]
    if defines(texts[0], names):
        return Role.DEFINITION
    examples = sum(
        unit.kind is UnitKind.CODE or _SHOWS.match(text) is not None
        for unit, text in zip(run, texts, strict=True)
    )
    if _SHOWS.match(texts[0]) or 2 * examples > len(run):
        return Role.EXAMPLE
    return Role.TRADE_OFF if _WEIGHS.search(texts[0]) else Role.MECHANISM


def defines(text: str, names: Sequence[str]) -> bool:
    """Whether a sentence says what one of the names is: it begins with it and a copula follows."""
    for name in names:
        for found in _written(name, text[: _NEAR_THE_START + len(name)]):
            start, end = found.span()
            is_whole = stands_alone(text, start, end) and not _BELONGS.match(text, end)
            if is_whole and not _NARROWED.search(text[:start]) and _DEFINES.match(text[end:]):
                return True
    return False


def _written(name: str, text: str) -> Iterator[re.Match[str]]:
    """Where a name stands in a text, in capitals or not."""
    if name.casefold() in text.casefold():  # few are: no pattern is made for the others
        yield from re.finditer(re.escape(name), text, re.IGNORECASE)


def tells_what_is(text: str, names: Sequence[str]) -> bool:
    """Whether a sentence defines one of the names, or at least begins with it and is no aside.

    Other names of it in Latin may stand before.
    """
    if _ASIDE.match(text):
        return False
    if defines(text, names):
        return True
    for name in names:
        found = next(_written(name, text[: _LONGEST_BEGINNING + len(name)]), None)
        if found and stands_alone(text, *found.span()):
            return CJK_CHARACTER.search(text[: found.start()]) is None
    return False


def _ranks_by_document(units: Sequence[Unit]) -> dict[str, int]:
    best: dict[str, int] = {}
    for unit in units:
        document = unit.hit.document.id
        best[document] = min(best.get(document, unit.hit.rank), unit.hit.rank)
    return best


def _stands(unit: Unit) -> tuple[str, int, int]:
    return unit.hit.document.id, unit.hit.chunk.ordinal, unit.start


def _section(unit: Unit) -> tuple[str, tuple[str, ...]]:
    return unit.hit.document.id, unit.hit.chunk.section
