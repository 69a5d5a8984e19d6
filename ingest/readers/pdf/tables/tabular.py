"""Whether text in rows and columns is a table: lists, contents, code and prose are not."""

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from ingest.readers.pdf.captions import is_caption
from ingest.readers.pdf.rows import BULLETS
from ingest.readers.pdf.shapes import Line, PageContent, Rectangle
from ingest.readers.pdf.tables.grid import Grid, Piece
from ingest.text import length

# Cells that are not empty.
_FILLED_SHARE = 0.5
_HEAD_SHARE = 0.6
# Without rules, so many rows make a table; of two columns, one more.
FREE_ROWS = 3
_ALIGNED_SHARE = 0.7
_ALIGNED = 3.0
# Running text fills its column; its rows are so long (in Chinese characters).
_PROSE_FILL = 0.75
_PROSE_LENGTH = 8.0
_LONG_PROSE_LENGTH = 14.0
_PROSE_SHARE = 0.5
_FREE_CELL = 16.0
_MATH_SHARE = 0.3
_CODE_SHARE = 0.8
# A table without rules has not more drawings in it than this, cells' backgrounds aside.
_MOST_DRAWINGS = 8
# Numbered lines, bullets and references: their marks make a column of their own.
_LIST_COLUMNS = 2
_LIST_SHARE = 0.7
_MARK = re.compile(
    rf"^(?:[{BULLETS}\-–*]|[\[(（]?[\w一二三四五六七八九十]{{1,3}}[\])）.、:]+|\d+)(?:\s|$)"
)
_LEADERS = re.compile(r"(?:\.\s?){4,}|…{2,}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be a table: its pieces, their grid, and whether ruling lines support it."""

    page: PageContent
    pieces: Sequence[Piece]
    grid: Grid
    lines: frozenset[int]
    area: Rectangle
    rules: Sequence[Rectangle]
    ruled: bool


def is_table(found: Candidate) -> bool:
    """Tell whether a candidate is a table."""
    cells = found.grid.cells
    columns = len(cells[0])
    filled = sum(bool(cell) for row in cells for cell in row)
    if filled < _FILLED_SHARE * len(cells) * columns and not found.ruled:
        return False
    lines = [found.page.lines[place] for place in found.lines]
    if _is_list(found) or _is_contents(found) or _is_code(lines):
        return False
    if sum(line.math for line in lines) > _MATH_SHARE * len(lines):
        return False
    if any(is_caption(text) for text, _ in found.pieces):
        return False
    if found.ruled:
        several = sum(sum(map(bool, row)) > 1 for row in cells)
        return several >= max(2, _FILLED_SHARE * len(cells)) and not all(
            _is_prose(found, column, _LONG_PROSE_LENGTH) for column in range(columns)
        )
    return _stands_without_rules(found)


def _stands_without_rules(found: Candidate) -> bool:
    cells = found.grid.cells
    columns = len(cells[0])
    if len(cells) < FREE_ROWS or not _has_head(found):
        return False
    if statistics.median(length(text) for text, _ in found.pieces) > _FREE_CELL:
        return False
    if any(_is_prose(found, column, _PROSE_LENGTH) for column in range(columns)):
        return False
    if not all(_is_aligned(found, column) for column in range(columns)) or _is_figure(found):
        return False
    wrapped = sum(_is_wrapped(found, column) for column in range(columns))
    if _is_shaded(found) or _has_bold_head(found) or _has_ruled_head(found):
        return wrapped <= 1
    return not wrapped and len(cells) >= FREE_ROWS + (columns == _LIST_COLUMNS)


def _texts(found: Candidate, column: int) -> list[str]:
    return [
        "".join(found.pieces[place][0] for place in row[column])
        for row in found.grid.cells
        if row[column]
    ]


def _is_list(found: Candidate) -> bool:
    """Marks or numbers of a list beside their items."""
    if len(found.grid.cells[0]) > _LIST_COLUMNS:
        return False
    first = [next(filter(None, row)) for row in found.grid.cells if any(row)]
    marked = sum(bool(_MARK.match(found.pieces[cell[0]][0])) for cell in first)
    return marked >= _LIST_SHARE * len(first)


def _is_contents(found: Candidate) -> bool:
    """A table of contents: titles and the pages they stand on."""
    if sum(bool(_LEADERS.search(text)) for text, _ in found.pieces) > 1:
        return True
    pages = _texts(found, len(found.grid.cells[0]) - 1)
    if len(pages) < len(found.grid.cells) or not all(text.isdecimal() for text in pages):
        return False
    numbers = [int(text) for text in pages]
    return numbers == sorted(numbers) and not found.ruled


def _is_code(lines: Sequence[Line]) -> bool:
    words = [line for line in lines if not line.text.strip().isdecimal()]
    return sum(line.monospaced > _CODE_SHARE for line in words) >= _CODE_SHARE * len(words)


def _is_prose(found: Candidate, column: int, least: float) -> bool:
    """Running text in a column: most of its rows are long and fill it."""
    pieces = [found.pieces[place] for row in found.grid.cells for place in row[column]]
    if len(pieces) < FREE_ROWS:
        return False
    left, right = min(area.x0 for _, area in pieces), max(area.x1 for _, area in pieces)
    long = sum(
        area.width > _PROSE_FILL * (right - left) and length(text) > least for text, area in pieces
    )
    return long >= _PROSE_SHARE * len(pieces)


def _is_wrapped(found: Candidate, column: int) -> bool:
    """Tell whether rows below each other are long enough to be one running text."""
    long = [
        any(length(found.pieces[place][0]) > _LONG_PROSE_LENGTH for place in row[column])
        for row in found.grid.cells
    ]
    return any(map(and_, long, long[1:]))


def _is_aligned(found: Candidate, column: int) -> bool:
    """Tell whether most cells of a column begin, end or are centred at one place."""
    rows = found.grid.cells[1:]  # the head may stand otherwise
    cells = [[found.pieces[place][1] for place in row[column]] for row in rows]
    areas = [reduce(Rectangle.joined, cell) for cell in cells if cell]
    if not areas:
        return False
    for places in (
        [area.x0 for area in areas],
        [area.x1 for area in areas],
        [(area.x0 + area.x1) / 2 for area in areas],
    ):
        middle = statistics.median_low(places)
        near = sum(abs(place - middle) <= _ALIGNED for place in places)
        if near >= _ALIGNED_SHARE * len(places):
            return True
    return False


def _has_head(found: Candidate) -> bool:
    """Tell whether the first row names the columns; the ticks of a diagram's axis do not."""
    first = found.grid.cells[0]
    texts = ["".join(found.pieces[place][0] for place in cell) for cell in first if cell]
    named = sum(any(map(str.isalpha, text)) for text in texts)
    return len(texts) >= _HEAD_SHARE * len(first) and named > len(texts) / 2


def _has_ruled_head(found: Candidate) -> bool:
    """Tell whether a rule below the first row reaches over the table."""
    area = found.area
    bottom = max(found.pieces[place][1].y1 for cell in found.grid.cells[0] for place in cell)
    return any(
        rule.x0 <= area.x0 + _ALIGNED
        and rule.x1 >= area.x1 - _ALIGNED
        and abs(rule.y0 - bottom) < (bottom - area.y0) / 2
        for rule in found.rules
    )


def _has_bold_head(found: Candidate) -> bool:
    """Tell whether the first row is bold and no other is."""
    bold: dict[int, list[bool]] = {}
    head = [place for cell in found.grid.cells[0] for place in cell]
    bottom = max(found.pieces[place][1].y1 for place in head)
    for place in found.lines:
        line = found.page.lines[place]
        bold.setdefault(int(line.area.y0 + line.area.y1 > 2 * bottom), []).append(line.bold)
    return all(bold.get(0, [False])) and not all(bold.get(1, [True]))


def _is_shaded(found: Candidate) -> bool:
    """Tell whether rows have backgrounds of their own, as heads and every other row do."""
    area, height = found.area, statistics.median(piece.height for _, piece in found.pieces)
    return any(
        not drawing.white
        and drawing.area.x0 <= area.x0 + 2
        and drawing.area.x1 >= area.x1 - 2
        and area.y0 - height < drawing.area.y0
        and drawing.area.y1 < area.y1 + height
        and height * 0.8 < drawing.area.height < height * 4
        for drawing in found.page.drawings
    )


def _is_figure(found: Candidate) -> bool:
    """Tell whether more is drawn among the texts than the backgrounds of cells."""
    area = found.area
    inside = (
        drawing.area
        for drawing in found.page.drawings
        if not (drawing.rectangular or drawing.white)
        and area.covers(drawing.area.x0, drawing.area.y0)
        and area.covers(drawing.area.x1, drawing.area.y1)
    )
    return sum(1 for _ in inside) > _MOST_DRAWINGS
