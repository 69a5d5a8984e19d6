"""Pieces of text to rows and columns by how they stand: for tables whether ruled or not.

Knows only texts and rectangles, so it serves lines of the text layer and recognised ones alike.
"""

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.model import Box
from ingest.readers.pdf.shapes import Rectangle, box_of

# What is printed in a cell, line by line.
Cell = list[tuple[str, Box]]
Piece = tuple[str, Rectangle]

# Pieces stand side by side when they share more than this part of the lower one's height.
_BESIDE = 0.5
# A gap between columns is at least this many text heights wide.
_GAP = 0.5
# A piece spans columns when it stands over several cells of this share of the rows.
_SPANNING_SHARE = 0.3
_TOUCH = 1.0
_FEWEST = 2
_SLANTED = 2.5
# Wrapped text: more than this share of the lines that go on fill so much of their column.
_WRAPPED_SHARE = 0.7
_WRAPPED_ROWS = 0.3
# A row of a table has cells in at least this share of the columns, else it may be a part of one.
_COMPLETE_SHARE = 0.6
# Lines of one cell stand nearer than this part of the usual gap between rows.
_NEAR_SHARE = 0.6
_SIGNS = frozenset("$€£¥￥±")


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells row by row, each with the places of its pieces; ``separators`` part the columns."""

    cells: list[list[list[int]]]
    separators: list[float]


@dataclass(slots=True)
class _GridRow:
    """Rows as printed that make one row of the table; ``lone`` holds a cell over columns."""

    cells: list[list[int]]
    top: float
    bottom: float
    lone: bool

    @property
    def filled(self) -> set[int]:
        return {column for column, cell in enumerate(self.cells) if cell}


def cells_of(grid: Grid, pieces: Sequence[Piece], page: int) -> list[list[Cell]]:
    """Return the texts of a grid's cells with their boxes."""
    return [
        [
            [(pieces[place][0].strip(), box_of(pieces[place][1], page)) for place in cell]
            for cell in row
        ]
        for row in grid.cells
    ]


def arrange(pieces: Sequence[Piece], breaks: Sequence[float] = ()) -> Grid | None:
    """Find the columns and rows in which pieces stand; ``breaks`` are heights of ruling lines."""
    areas = [area for _, area in pieces]
    rows = side_by_side(areas)
    slanted = _slanted(areas)
    spanning = _spanning(areas, rows) - slanted
    separators = _separators(areas, spanning | slanted)
    if not separators or len(rows) < _FEWEST:
        return None
    printed = [_placed(areas, row, spanning, separators) for row in rows]
    merged = _merged(printed, sorted(breaks))
    cells = [row.cells for row in merged]
    _join_signs(pieces, cells, separators)
    filled = [column for column in range(len(separators) + 1) if any(row[column] for row in cells)]
    if min(len(filled), len(cells)) < _FEWEST:
        return None
    return Grid([[row[column] for column in filled] for row in cells], separators)


def split_rows(
    cells: Sequence[Sequence[Piece]], widths: Sequence[float]
) -> list[list[list[Piece]]]:
    """Part cells between two ruling lines into rows when they hold rows, not wrapped text."""
    pieces = [piece for cell in cells for piece in cell]
    columns = [column for column, cell in enumerate(cells) for _ in cell]
    areas = [area for _, area in pieces]
    printed: list[_GridRow] = []
    for row in side_by_side(areas):
        found: list[list[int]] = [[] for _ in cells]
        for place in row:
            found[columns[place]].append(place)
        bottom = max(areas[place].y1 for place in row)
        printed.append(_GridRow(found, min(areas[place].y0 for place in row), bottom, lone=False))
    above = [row.cells[column] for row in printed[:-1] for column in range(len(cells))]
    below = [row.cells[column] for row in printed[1:] for column in range(len(cells))]
    full = [
        areas[first[-1]].x1 - areas[first[0]].x0 > _WRAPPED_SHARE * widths[columns[first[0]]]
        for first, second in zip(above, below, strict=True)
        if first and second
    ]
    if sum(full) > _WRAPPED_ROWS * len(full) or not full:
        return [[list(cell) for cell in cells]]
    merged = _merged(printed, ())
    return [[[pieces[place] for place in cell] for cell in row.cells] for row in merged]


def side_by_side(areas: Sequence[Rectangle]) -> list[list[int]]:
    """Return the places of what stands side by side, from the top down and left to right."""
    rows: list[list[int]] = []
    top = bottom = 0.0  # of the row's first piece
    for place in sorted(range(len(areas)), key=[y0 + y1 for _, y0, _, y1 in areas].__getitem__):
        _, y0, _, y1 = areas[place]
        shared = min(bottom, y1) - max(top, y0)
        if rows and shared > _BESIDE * min(bottom - top, y1 - y0):
            rows[-1].append(place)
        else:
            rows.append([place])
            top, bottom = y0, y1
    return [sorted(row, key=lambda place: areas[place].x0) for row in rows]


def _spanning(areas: Sequence[Rectangle], rows: Sequence[Sequence[int]]) -> set[int]:
    """Return the pieces that stand over several columns, as a title over others does."""
    rows = [row for row in rows if len(row) > 1]
    edges = [([areas[at].x0 for at in row], [areas[at].x1 for at in row]) for row in rows]
    found: set[int] = set()
    for place, (x0, _, x1, _) in enumerate(areas):
        left, right = x0 + _TOUCH, x1 - _TOUCH
        over = 0
        for starts, ends in edges:
            over += bisect_left(starts, right) - bisect_right(ends, left) > 1
        if over >= max(1, _SPANNING_SHARE * len(rows)):
            found.add(place)
    return found


def _slanted(areas: Sequence[Rectangle]) -> set[int]:
    """Return the pieces that are much higher than others: slanted heads lean over columns."""
    usual = statistics.median(area.height for area in areas)
    return {place for place, area in enumerate(areas) if area.height > _SLANTED * usual}


def _separators(areas: Sequence[Rectangle], without: set[int]) -> list[float]:
    """Return where blank stripes part the columns."""
    columns = [area for place, area in enumerate(areas) if place not in without]
    if len(columns) < _FEWEST:
        return []
    least = _GAP * statistics.median(area.height for area in columns)
    columns.sort(key=lambda area: area.x0)
    separators: list[float] = []
    right = columns[0].x1
    for area in columns:
        if area.x0 - right >= least:
            separators.append((area.x0 + right) / 2)
        right = max(right, area.x1)
    return separators


def _placed(
    areas: Sequence[Rectangle], row: Sequence[int], spanning: set[int], separators: Sequence[float]
) -> _GridRow:
    cells: list[list[int]] = [[] for _ in range(len(separators) + 1)]
    for place in row:
        area = areas[place]
        x = area.x0 + area.height / 4 if place in spanning else (area.x0 + area.x1) / 2
        cells[bisect_left(separators, x)].append(place)
    top, bottom = min(areas[place].y0 for place in row), max(areas[place].y1 for place in row)
    return _GridRow(cells, top, bottom, any(place in spanning for place in row))


def _merged(rows: Sequence[_GridRow], breaks: Sequence[float]) -> list[_GridRow]:
    """Join rows as printed where they are lines of the same cells."""
    width = len(rows[0].cells)
    complete = [len(row.filled) >= max(2, _COMPLETE_SHARE * width) for row in rows]
    gaps = [
        rows[place + 1].top - rows[place].bottom
        for place, whole in enumerate(pairwise(complete))
        if all(whole)
    ]
    usual = statistics.median(gaps) if gaps else None
    head = next((place for place in breaks if place > rows[0].bottom - 1), None)
    merged: list[_GridRow] = []
    taken = False  # whether the last merged row has a complete one in it
    for row, whole in zip(rows, complete, strict=True):
        last = merged[-1] if merged else None
        if last and not _parted(last, row, breaks):
            in_head = head is not None and row.bottom <= head + 2
            joins = not (taken and whole) and _is_part(last, row, usual, taken)
            if not last.lone and not row.lone and (in_head or joins):
                for cell, added in zip(last.cells, row.cells, strict=True):
                    cell.extend(added)
                last.bottom = max(last.bottom, row.bottom)
                taken = taken or whole
                continue
        merged.append(_GridRow([list(c) for c in row.cells], row.top, row.bottom, row.lone))
        taken = whole
    return merged


def _parted(last: _GridRow, row: _GridRow, breaks: Sequence[float]) -> bool:
    middle, following = (last.top + last.bottom) / 2, (row.top + row.bottom) / 2
    return any(middle < place < following for place in breaks)


def _is_part(last: _GridRow, row: _GridRow, usual: float | None, taken: bool) -> bool:
    """Tell whether a row as printed only goes on with the cells above it, or begins them."""
    gap = row.top - last.bottom
    if usual is not None and gap < _NEAR_SHARE * usual and usual - gap > 1:
        return True
    # Without a name of its own, with cells only below filled ones: the rest of those.
    nameless = not row.cells[0] and row.filled < last.filled
    near = gap < (row.bottom - row.top) * _NEAR_SHARE and (usual is None or gap < usual + 1)
    return taken and nameless and near


def _join_signs(
    pieces: Sequence[Piece], cells: list[list[list[int]]], separators: Sequence[float]
) -> None:
    """Put currency signs that are set apart into the cells of their amounts."""
    for column in range(len(separators)):
        texts = [pieces[place][0].strip() for row in cells for place in row[column]]
        if texts and all(text in _SIGNS for text in texts):
            for row in cells:
                row[column + 1][:0] = row[column]
                row[column].clear()
