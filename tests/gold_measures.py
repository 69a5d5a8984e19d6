"""How near a reading comes to what stands on a gold page."""

from collections.abc import Callable
from dataclasses import dataclass

from gold_model import Expected, GoldPage
from rapidfuzz import fuzz

from benchmarks.markup import comparable
from benchmarks.readings import reading_of
from benchmarks.similarity import cell_f1, normalised, similarity
from ingest.model import Block, BlockKind, ParsedDocument

_HEAD = 16
_FOUND = 75.0


@dataclass(frozen=True, slots=True)
class GoldScore:
    """Text similarity, F1 of table cells, and what is out of order or of another kind."""

    text: float
    cells: float | None
    misplaced: tuple[str, ...]
    other_kind: tuple[str, ...]


def measure(gold: GoldPage, document: ParsedDocument) -> GoldScore:
    """Compare a reading with what stands on the page."""
    reading = reading_of(document)
    even = _evenly(gold)
    found = normalised(even(reading.text))
    expected = [normalised(even(block.content)) for block in gold.expected]
    tables = [block.rows for block in gold.expected if block.rows]
    cells = [max((cell_f1(rows, t) for t in reading.tables), default=0.0) for rows in tables]
    return GoldScore(
        text=similarity("".join(expected), found),
        cells=min(cells, default=None),
        misplaced=tuple(_misplaced(expected, found)),
        other_kind=tuple(_other_kind(gold, document)),
    )


def _evenly(gold: GoldPage) -> Callable[[str], str]:
    """Formulas may be written in LaTeX or in one line: only their signs are compared."""
    formulas = any(block.kind is BlockKind.FORMULA for block in gold.expected)
    return comparable if formulas else str


def _misplaced(expected: list[str], found: str) -> list[str]:
    """The blocks that begin before the one that they follow, or nowhere."""
    wrong, last = [], -1
    for block in expected:
        place = _place(block[:_HEAD], found)
        if place is None or place <= last:
            wrong.append(block[:_HEAD])
        else:
            last = place
    return wrong


def _place(head: str, found: str) -> int | None:
    at = found.find(head)
    if at >= 0:
        return at
    nearest = fuzz.partial_ratio_alignment(head, found, score_cutoff=_FOUND)
    return None if nearest is None else nearest.dest_start


def _other_kind(gold: GoldPage, document: ParsedDocument) -> list[str]:
    wrong = []
    for block in gold.expected:
        nearest = max(document.blocks, key=lambda found: _likeness(block, found), default=None)
        if nearest is None or not _same(block, nearest):
            seen = nearest and f"{nearest.kind} {nearest.level}"
            wrong.append(f"{block.content[:_HEAD]}: {block.kind} {block.level}, not {seen}")
    return wrong


def _likeness(expected: Expected, found: Block) -> float:
    text = "".join(found.text.replace("|", " ").split())
    return similarity(comparable(expected.content), comparable(text))


def _same(expected: Expected, found: Block) -> bool:
    levelled = expected.kind in (BlockKind.HEADING, BlockKind.LIST_ITEM)
    return expected.kind is found.kind and (not levelled or expected.level == found.level)
