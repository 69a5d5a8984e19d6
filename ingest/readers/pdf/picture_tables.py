"""Tables in pictures, told from diagrams and slides by how their cells are set."""

import math
import re
import statistics
from collections.abc import Sequence
from itertools import pairwise

from ingest.readers.pdf.tables.grid import Grid
from ingest.recognition import RecognizedLine
from ingest.text import length

# A table in a picture: so many rows and columns, mostly filled, each column aligned.
_TABLE_ROWS, _TABLE_COLUMNS = 3, 2
_FILLED_SHARE = 0.75
_ALIGNED = 0.6
_LONGEST_CELL = 25.0
# Diagrams have columns too. A table is lettered alike, its rows are level and mostly whole, and
# it has rows evenly spaced with a head or a column of numbers; or, with wrapped cells, a head.
_LETTERED_ALIKE, _SAME_HEIGHT = 0.8, 0.35
_LEVEL, _LEVEL_SHARE, _WRAPPED_LEVEL_SHARE = 0.4, 0.7, 0.5
_WHOLE_ROWS, _NUMBERS_SHARE = 0.35, 0.5
_EVEN, _WRAPPED_EVEN = 0.3, 0.55
_WRAPPED_ROWS, _WRAPPED_COLUMNS, _SINGLE_SHARE = 5, 3, 0.8
_VALUE = re.compile(r"^\W*\d[\d\W]*[A-Za-z]{0,2}$")


Cells = Sequence[Sequence[int]]


def is_table(grid: Grid, lines: Sequence[RecognizedLine]) -> bool:
    """Tell whether recognised lines, arranged in a grid, are a table."""
    rows, columns = len(grid.cells), len(grid.cells[0])
    if rows < _TABLE_ROWS or columns < _TABLE_COLUMNS:
        return False
    filled = sum(bool(cell) for row in grid.cells for cell in row)
    if filled < _FILLED_SHARE * rows * columns:
        return False
    cells = ["".join(lines[place].text for place in cell) for row in grid.cells for cell in row]
    if statistics.median(map(length, cells)) > _LONGEST_CELL:
        return False
    aligned = all(_is_aligned(column, lines) for column in zip(*grid.cells, strict=True))
    return aligned and _is_evident([list(row) for row in grid.cells], lines)


def _is_evident(cells: Sequence[Cells], lines: Sequence[RecognizedLine]) -> bool:
    """Tell tables from diagrams and slides, whose words stand in columns too."""
    heights = [line.y1 - line.y0 for line in lines]
    height = statistics.median(heights)
    alike = sum(abs(value - height) <= _SAME_HEIGHT * height for value in heights)
    whole = sum(map(all, cells)) >= _WHOLE_ROWS * len(cells)
    if alike < _LETTERED_ALIKE * len(lines) or not whole:
        return False
    texts = [[" ".join(lines[place].text for place in cell) for cell in row] for row in cells]
    head = all(texts[0]) and len(set(texts[0])) == len(texts[0])
    numbers = _has_numbers(cells, lines)
    level, even = _level_share(cells, lines, height), _unevenness(cells, lines)
    if even <= _EVEN and (head or numbers) and (numbers or level >= _LEVEL_SHARE):
        return True
    if len(cells) < _WRAPPED_ROWS or len(cells[0]) < _WRAPPED_COLUMNS or not head:
        return False
    filled = [cell for row in cells for cell in row if cell]
    single = sum(len(cell) == 1 for cell in filled) >= _SINGLE_SHARE * len(filled)
    return single and even <= _WRAPPED_EVEN and level >= _WRAPPED_LEVEL_SHARE


def _has_numbers(cells: Sequence[Cells], lines: Sequence[RecognizedLine]) -> bool:
    """Tell whether one column holds numbers."""
    for column in zip(*cells, strict=True):
        found = [lines[cell[0]].text for cell in column if cell]
        if sum(bool(_VALUE.match(text)) for text in found) >= _NUMBERS_SHARE * len(found):
            return True
    return False


def _middle(line: RecognizedLine) -> float:
    return (line.y0 + line.y1) / 2


def _level_share(cells: Sequence[Cells], lines: Sequence[RecognizedLine], height: float) -> float:
    """Return the share of rows whose cells begin at one height."""
    rows = [[_middle(lines[cell[0]]) for cell in row if cell] for row in cells]
    rows = [row for row in rows if len(row) > 1]
    return sum(max(row) - min(row) < _LEVEL * height for row in rows) / max(len(rows), 1)


def _unevenness(cells: Sequence[Cells], lines: Sequence[RecognizedLine]) -> float:
    """Return how much the distances of rows vary, as a share of the mean."""
    middles = [
        statistics.mean(_middle(lines[place]) for cell in row for place in cell)
        for row in cells
        if any(row)
    ]
    steps = [below - above for above, below in pairwise(middles)]
    mean = statistics.mean(steps)
    return statistics.pstdev(steps) / mean if mean > 0 else math.inf


def _is_aligned(column: Sequence[Sequence[int]], lines: Sequence[RecognizedLine]) -> bool:
    """Tell whether most cells of a column share their left edge, right edge or centre."""
    found = [[lines[place] for place in cell] for cell in column if cell]
    if len(found) < _TABLE_ROWS:
        return True
    lefts = [min(line.x0 for line in cell) for cell in found]
    rights = [max(line.x1 for line in cell) for cell in found]
    centres = [(left + right) / 2 for left, right in zip(lefts, rights, strict=True)]
    tolerance = statistics.median(line.y1 - line.y0 for cell in found for line in cell)
    return any(
        sum(abs(value - statistics.median(values)) <= tolerance for value in values)
        >= _ALIGNED * len(values)
        for values in (lefts, rights, centres)
    )
