"""Lines to rows: what is printed side by side, as a reader sees it."""

import math
import re
from collections.abc import Mapping, Sequence

from ingest.readers.pdf.row import (
    BULLETS,
    OVERLAP,
    UNSPACED,
    Row,
    append,
    leading,
    new_row,
    pushed_apart,
    unspaced,
)
from ingest.readers.pdf.shapes import Line, Rectangle
from ingest.readers.pdf.spans import letters_of_words
from ingest.readers.pdf.symbols import EQUATION_NUMBER

__all__ = ["BULLETS", "Row", "leading", "make_rows", "pushed_apart", "unspaced"]

_BULLET = re.compile(rf"^\s*(?:[{BULLETS}]|[-–*](?=\s))\s*")
_ENDED = re.compile(r"[。！？!?；;：:.…][”’」』）)\]]*\s*$")

# Segments of another MuPDF block join a row only when they are this near (in font sizes).
_NEAR = 1.5
_SAME_ROW = 0.6
# Formulas stand no further from the text that they belong to, in font sizes.
_NEAR_FORMULA = 3.0
_AXIS = 0.25
# Formulas on rows of their own begin further right than the text, in font sizes.
_INDENT = 1.0
_CENTRED = 2.0
# How far the rows of a list's item may be indented.
_HANGING = 4.0


def make_rows(page: int, lines: Sequence[tuple[int, Line]]) -> list[Row]:
    """Join lines, given with their column in the file's order, to rows.

    A formula goes into the gap of the row that it is printed in; one that stands on its own
    becomes a row between those above and below it.
    """
    formulas = [(column, line) for column, line in lines if line.math]
    rows: list[Row] = []
    for column, line in lines:
        if line.math:
            continue
        if rows and rows[-1].column == column and _beside(rows[-1], line, formulas):
            append(rows[-1], line)
        else:
            rows.append(new_row(page, column, line))
    rows = [row for row in rows if row.text.strip()]
    alone = [found for found in formulas if not _put_in_row(rows, *found)]
    _set_apart(rows, _formula_rows(page, alone))
    _mark_formulas(rows)
    rows = _with_numbers(rows)
    made = [_without_bullet(row) for row in rows]
    for row in made:
        row.left, row.right = row.area.x0, row.area.x1
    return made


def _put_in_row(rows: Sequence[Row], column: int, formula: Line) -> bool:
    """Put a formula into the row whose gap it fills, or whose end it stands at."""
    middle = formula.baseline - _AXIS * formula.size
    fitting = [
        row
        for row in rows
        if row.column == column
        and row.area.y0 < middle < row.area.y1
        and _fits(row, formula)
        and not EQUATION_NUMBER.match(row.text.strip())
    ]
    if not fitting:
        return False
    row = min(fitting, key=lambda row: abs(row.lines[0].baseline - formula.baseline))
    row.lines.append(formula)
    row.lines.sort(key=lambda line: line.area.x0)
    row.text = ""
    lines, row.lines = row.lines, []
    for line in lines:
        append(row, line)
    return True


def _fits(row: Row, formula: Line) -> bool:
    area, distance = formula.area, math.inf
    for line in row.lines:
        gap = max(line.area.x0 - area.x1, area.x0 - line.area.x1)
        if not line.horizontal or gap < -formula.size * OVERLAP:
            return False
        distance = min(distance, gap)
    return distance < _NEAR_FORMULA * formula.size


def _formula_rows(page: int, formulas: Sequence[tuple[int, Line]]) -> list[Row]:
    rows: list[Row] = []
    for column, line in sorted(formulas, key=lambda found: (found[0], found[1].baseline)):
        last = rows[-1] if rows else None
        level = last and abs(last.lines[0].baseline - line.baseline) < OVERLAP * line.size
        if last and last.column == column and level:
            last.lines.append(line)
        else:
            rows.append(new_row(page, column, line))
    for row in rows:
        lines, row.lines, row.text = sorted(row.lines, key=lambda line: line.area.x0), [], ""
        for line in lines:
            append(row, line)
    return rows


def _set_apart(rows: list[Row], formulas: Sequence[Row]) -> None:
    """Put rows of formulas after the nearest row above them."""
    for formula in formulas:
        baseline = formula.baseline
        beside = [row for row in rows if row.column == formula.column]
        above = [row for row in beside if row.baseline < baseline]
        below = [] if above else beside
        if above:
            nearest = max(above, key=lambda row: row.baseline)
            rows.insert(_place(rows, nearest) + 1, formula)
        elif below:
            rows.insert(_place(rows, min(below, key=lambda row: row.baseline)), formula)
        else:
            rows.append(formula)


def _with_numbers(rows: Sequence[Row]) -> list[Row]:
    """Put the numbers of equations behind them."""
    formulas = [row for row in rows if row.math]
    kept: list[Row] = []
    for row in rows:
        if row.math or not EQUATION_NUMBER.match(row.text.strip()):
            kept.append(row)
            continue
        equation = next(
            (
                formula
                for formula in formulas
                if formula.column == row.column
                and formula.area.y0 < row.area.middle < formula.area.y1 + row.size
                and row.area.x1 > formula.area.x1 - row.size
            ),
            None,
        )
        if equation:
            for line in row.lines:
                append(equation, line)
        else:
            kept.append(row)
    return kept


def _place(rows: Sequence[Row], row: Row) -> int:
    return next(place for place, other in enumerate(rows) if other is row)


def _mark_formulas(rows: Sequence[Row]) -> None:
    """Tell formulas on rows of their own from rows of prose that hold some."""
    if not any(line.signs for row in rows for line in row.lines):
        return
    edges: dict[int, tuple[float, float]] = {}
    for row in rows:
        if not row.math:
            left, right = edges.get(row.column, (row.area.x0, row.area.x1))
            edges[row.column] = min(left, row.area.x0), max(right, row.area.x1)
    steps = leading(rows)
    for before, row in zip([None, *rows], rows, strict=False):
        left, right = edges.get(row.column, (row.area.x0, row.area.x1))
        if row.math and before and not before.math:
            centred = abs((row.area.x0 - left) - (right - row.area.x1)) < _CENTRED * row.size
            if not (centred and row.area.x0 > left + row.size) and _goes_on(before, row, steps):
                row.math, row._size = False, before.size
        elif not row.math:
            row.math = row.area.x0 - left > _INDENT * row.size and _is_formula(row)


def _is_formula(row: Row) -> bool:
    signs = sum(line.signs for line in row.lines)
    if not signs or _BULLET.match(row.text) or UNSPACED.search(row.text):
        return False
    return 2 * sum(letters_of_words(line.text) for line in row.lines if not line.math) < signs


def _goes_on(before: Row, row: Row, steps: Mapping[float, float]) -> bool:
    """Tell whether a formula that fills a row belongs to the sentence of the row before."""
    free = steps.get(before.size, 0.0) - before.main.area.height
    near = row.area.y0 - before.area.y1 < max(before.size / 2, free)
    aligned = -1 < row.area.x0 - before.area.x0 < _HANGING * before.size
    return near and aligned and not _ENDED.search(before.text)


def _beside(row: Row, line: Line, formulas: Sequence[tuple[int, Line]]) -> bool:
    last = row.lines[-1]
    if not (line.horizontal and last.horizontal):
        return False
    if not _overlap(row.area, line.area) or line.area.x0 < row.area.x1 - line.size / 4:
        return False
    if _BULLET.fullmatch(line.text) and any(found.text.strip() for found in row.lines):
        return False
    if _BULLET.fullmatch(row.text + " "):
        return True
    gap = line.area.x0 - row.area.x1
    if line.block == last.block or gap < _NEAR * line.size:
        return True
    filled = sum(
        found.area.width
        for _, found in formulas
        if row.area.y0 < found.baseline < row.area.y1
        and row.area.x1 - found.size < found.area.x0 < found.area.x1 < line.area.x0 + found.size
    )
    return gap - filled < _NEAR * line.size


def _overlap(first: Rectangle, second: Rectangle) -> bool:
    shared = min(first.y1, second.y1) - max(first.y0, second.y0)
    return shared > _SAME_ROW * min(first.height, second.height)


def _without_bullet(row: Row) -> Row:
    found = None if row.math else _BULLET.match(row.text)
    if found:
        row.bullet = True
        row.text = row.text[found.end() :]
    return row
