"""A comparison as a table: a row a respect, a column a side, in each cell a sentence or nothing."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.evidence.asks import Asks, asks_for
from app.evidence.comparing import Compared, Side
from app.evidence.cutting import UnitKind
from app.evidence.definitions import definition_of
from app.evidence.duplicates import says_the_same, words_of
from app.evidence.facets import TESTS, TITLES, says_what_it_is
from app.evidence.scoring import Coverage, Weights, scored
from app.evidence.units import Unit, is_drawn, is_quotable, units_of
from app.support import numbers
from index.course_index import CourseIndex
from index.model import Hit
from index.tokens import tokenize
from ingest.text import language_of, length, spoken

# A cell is read at a glance.
_LONGEST_CELL = 110
# Rather a long cell than to say that the material does not tell.
_LONGEST_TELLING = 220
_PASSAGES_A_SIDE = 5
_FEWEST_CELLS = 2
_COVERED = 0.5
_ENDS = ("。", ".", "！", "!", "；", ";", "”", "）", ")")
# A name that begins within so many characters is what its sentence is about.
_SUBJECT = 16
# Sentences that lean on the one before, or begin with what they tell their subject from.
_LEANS = re.compile(
    r"\W*(?:[(（]|这|它|其|该|此|两者|二者|因此|所以|从而|而|但|尽管|同时|另外|与|和|同|跟|相比|相较|不同于|区别于"
    r"|(?:this|these|they|both|it|its|thus|therefore|but|however|compared|unlike|while)\b)",
    re.IGNORECASE,
)
_WHERE = re.compile(r"(?:[在对从以按当用给]|对于|\b(?:in|on|for|with|at))\W*\Z", re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:\d{1,2}[.、)）]|[（(]\d{1,2}[)）])(?!\d)")
_QUANTITY = re.compile(
    r"(?:数|数量|总量|大小|率|比例|占比|规模|长度|精度|位数|维度|个数)$"
    r"|\b(?:number|count|size|rate|ratio|length)s?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A respect with a unit for each side; None where nothing was found."""

    respect: str
    cells: tuple[Unit | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Sides and rows of a comparison."""

    sides: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def units(self) -> Iterator[Unit]:
        """What stands in the cells, row by row."""
        return (unit for row in self.rows for unit in row.cells if unit is not None)


def table_of(
    index: CourseIndex, question: str, compared: Compared, hits: Sequence[Hit], weights: Weights
) -> Table | None:
    """The table that the material gives; None where no row has something for two sides."""
    columns = [_column(index, compared, side, hits) for side in compared.sides]
    rows = _asked_rows if compared.respects else _open_rows
    found = list(rows(index, question, compared, columns, weights))
    full = sum(_filled(row) >= _FEWEST_CELLS for row in found)
    # One sentence on each side is no table, unless it was asked for.
    if full < (1 if compared.respects else 2):
        return None
    return Table(tuple(side.written for side in compared.sides), tuple(found))


def _filled(row: Row) -> int:
    return sum(cell is not None for cell in row.cells)


@dataclass(frozen=True, slots=True)
class _Column:
    """Units whose subject is a side, all that tell of it somehow, and its definition."""

    side: Side
    subject: list[Unit]
    telling: list[Unit]
    definition: Unit | None


def _column(index: CourseIndex, compared: Compared, side: Side, hits: Sequence[Hit]) -> _Column:
    """Sentences that tell of one side, from searches of its own as well."""
    column = _Column(side, [], [], _definition(index, side, hits))
    others = [other for other in compared.sides if other is not side]
    for hit in _passages(index, compared, side, hits):
        # The innermost heading that names a side says whose its sentences are; a title says only
        # that they may tell of it.
        owners = (_owner(index, compared, heading) for heading in reversed(hit.chunk.section))
        owner = next(filter(None, owners), None)
        titled = _owner(index, compared, hit.document.title)
        for unit in units_of(hit):
            text = unit.plain
            if not _fits(unit):
                # Short sections are packed into one passage, their headings as lines of their own.
                owner = (not is_quotable(unit) and _owner(index, compared, text)) or owner
                continue
            alone = not any(_names(index, other, text) for other in others)
            if _names(index, side, text) or ((owner or titled) is side and alone):
                column.telling.append(unit)
            is_subject = owner in (None, side) and _subject(index, compared, text) is side
            is_short = length(unit.text) <= _LONGEST_CELL and not _LEANS.match(text)
            if is_short and (is_subject or (owner is side and alone)):
                column.subject.append(unit)
    return column


def _definition(index: CourseIndex, side: Side, hits: Sequence[Hit]) -> Unit | None:
    found = definition_of(index, side.concept, hits) if side.concept is not None else None
    return found if found and _fits(found) and length(found.text) <= _LONGEST_CELL else None


def _passages(index: CourseIndex, compared: Compared, side: Side, hits: Sequence[Hit]) -> list[Hit]:
    queries = [f"{side.written} {respect}" for respect in compared.respects] or [side.written]
    own = (hit for query in queries for hit in index.search(query, _PASSAGES_A_SIDE).hits)
    return list({hit.chunk.id: hit for hit in (*hits, *own)}.values())


def _fits(unit: Unit) -> bool:
    text = unit.text
    if unit.kind is not UnitKind.SENTENCE or not is_quotable(unit) or "|" in text:
        return False
    # A drawn label, or a sentence that the end of a passage cuts off, is none.
    if not text.endswith(_ENDS) and (is_drawn(unit) or unit.end == len(unit.hit.chunk.text)):
        return False
    return length(text) <= _LONGEST_TELLING and not text.endswith((":", "：")) and "$$" not in text


def _names(index: CourseIndex, side: Side, text: str) -> bool:
    if side.concept is not None:
        return side.concept in index.graph.named(text)
    return set(tokenize(side.written)[:1]) <= set(tokenize(text))


def _owner(index: CourseIndex, compared: Compared, heading: str) -> Side | None:
    """The only side that a heading names."""
    named = [side for side in compared.sides if _names(index, side, heading)]
    return named[0] if len(named) == 1 else None


def _subject(index: CourseIndex, compared: Compared, text: str) -> Side | None:
    """The only side that is named near the beginning: what the sentence is about.

    A sentence that names something else before is about that, but for where it holds ("在 X 上").
    """
    mentions = (found for found in index.graph.mentions(text) if found.start < _SUBJECT)
    about = [found for found in mentions if not _WHERE.search(text[: found.start])]
    near = {mention.concept for mention in about}
    sides = {side.concept for side in compared.sides}
    if about and about[0].concept not in sides and not sides.isdisjoint(near):
        return None
    start = text[:_SUBJECT]
    named = [
        side
        for side in compared.sides
        if side.concept in near or (side.concept is None and _names(index, side, start))
    ]
    return named[0] if len(named) == 1 else None


def _asked_rows(
    index: CourseIndex,
    question: str,
    compared: Compared,
    columns: Sequence[_Column],
    weights: Weights,
) -> Iterator[Row]:
    """A row for each respect that the question names, if any side has something."""
    for respect in compared.respects:
        is_about = _about(index, question, respect)
        cells: list[Unit | None] = []
        for column in columns:
            about = [*filter(is_about, column.subject)] or [*filter(is_about, column.telling)]
            ranked = scored(index, f"{column.side.written} {respect}", about, weights)
            cells.append(max(ranked, key=lambda unit: unit.score, default=None))
        if any(cells):
            yield Row(respect, tuple(cells))


def _about(index: CourseIndex, question: str, respect: str) -> Callable[[Unit], bool]:
    """Tells whether a unit has most of a respect's words, and a figure if that is a quantity."""
    coverage = Coverage(index, respect)
    is_quantity = Asks.NUMBER in asks_for(question) or _QUANTITY.search(respect) is not None

    def is_about(unit: Unit) -> bool:
        text = unit.plain
        if coverage.share(text) < _COVERED:
            return False
        return not is_quantity or bool(numbers.stated(_ITEM.sub("", text)))

    return is_about


def _open_rows(
    index: CourseIndex,
    question: str,
    compared: Compared,
    columns: Sequence[_Column],
    weights: Weights,
) -> Iterator[Row]:
    """What each side is, how it works, and what speaks for and against it.

    Nobody asked for these respects: where only one side has something, nothing is said.
    """
    titles = TITLES[spoken(language_of(question))]
    ranked = [
        sorted(
            scored(index, f"{column.side.written} {question}", column.subject, weights),
            key=lambda unit: -unit.score,
        )
        for column in columns
    ]
    taken: list[frozenset[str]] = []
    for title, facet in zip(titles, TESTS, strict=True):
        cells: list[Unit | None] = []
        for column, units in zip(columns, ranked, strict=True):
            fitting = (u for u in units if not any(says_the_same(words_of(u), t) for t in taken))
            found = next((u for u in fitting if facet(u, u.plain, column.side)), None)
            cells.append((column.definition if facet is says_what_it_is else None) or found)
        row = Row(title, tuple(cells))
        if _filled(row) >= _FEWEST_CELLS:
            taken += [words_of(cell) for cell in cells if cell is not None]
            yield row
