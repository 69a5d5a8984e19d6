"""Figures that are drawn: where lines and curves stand together, and the words among them."""

from collections.abc import Collection, Sequence
from itertools import islice
from typing import NamedTuple

from ingest.readers.pdf.blocks import ends_sentence
from ingest.readers.pdf.boxes import is_ground
from ingest.readers.pdf.captions import is_caption
from ingest.readers.pdf.shapes import Drawing, Line, PageContent, Rectangle, around
from ingest.text import length

# Drawings nearer than this are parts of one figure; they are compared by squares of a grid.
_SQUARE = 12.0
_REACH = 3.0
_FEWEST_DRAWINGS = 8
_FEWEST_SHAPES = 2
# Fewer drawings than that make a figure with numbers along its axes.
_FEWEST_TICKS = 3
# Edges of grounds are measured with the room that their rounded corners might need.
_EDGE = 12.0
# What is drawn is no letter or bar when it is larger than this.
_LETTER = 25.0
_BAR = 3.0
_SMALLEST = 40.0
_PAGE_SHARE = 0.8
# Labels stand so near to the drawing (in font sizes), and are so short (in Chinese characters).
_NEAR = 1.5
_LABEL = 12.0
_INSIDE = 20.0
_MATH_SHARE = 0.5
_CODE_SHARE = 0.9


class Figure(NamedTuple):
    """The places of the lines in a drawn figure, and the rectangle of it all."""

    places: list[int]
    area: Rectangle


def find_figures(page: PageContent, taken: Collection[int]) -> list[Figure]:
    """Find drawn figures in which something is written."""
    if not any(_is_large(drawing) for drawing in page.drawings):
        return []
    free = {
        place: line
        for place, line in enumerate(page.lines)
        if place not in taken and line.text.strip()
    }
    used = [page.lines[place].area for place in taken]
    figures: list[Figure] = []
    for drawings in _clusters(page):
        area = around(drawing.area for drawing in drawings)
        if any(area.holds(other) for other in used):
            continue
        inside = [place for place, line in free.items() if area.holds(line.area)]
        lines = [free[place] for place in inside]
        if not _is_figure(drawings, lines):
            continue
        places = _with_labels(area, inside, free)
        numbers = sum(_is_number(free[place]) for place in places)
        if len(drawings) >= _FEWEST_DRAWINGS or numbers >= _FEWEST_TICKS:
            if places:
                whole = around((area, *(free[place].area for place in places)))
                figures.append(Figure(sorted(places), whole))
            free = {place: line for place, line in free.items() if place not in places}
    return figures


def _clusters(page: PageContent) -> list[list[Drawing]]:
    """Group drawings that stand near each other, by the squares that they touch."""
    most = _PAGE_SHARE * page.area.width * page.area.height
    grounds = [drawing.area for drawing in page.drawings if is_ground(drawing, page.area)]
    squares: dict[tuple[int, int], int] = {}
    placed: dict[tuple[tuple[int, int], tuple[int, int]], int] = {}
    groups: list[list[Drawing]] = []
    # Where a group is now: itself, or one that it has been put to.
    moved: list[int] = []
    for drawing in page.drawings:
        x0, y0, x1, y1 = area = drawing.area
        if drawing.white or (x1 - x0) * (y1 - y0) > most:
            continue
        if grounds and any(_is_edge(area, ground) for ground in grounds):
            continue
        columns, rows = _squares(x0, x1), _squares(y0, y1)
        if (columns, rows) in placed:  # as the pieces of a curve stand beside each other
            groups[_last(moved, placed[columns, rows])].append(drawing)
            continue
        touched = [(column, row) for column in range(*columns) for row in range(*rows)]
        met = {squares[square] for square in touched if square in squares}
        met = {_last(moved, group) for group in met}
        number = min(met, default=len(groups))
        if not met:
            groups.append([])
            moved.append(number)
        groups[number].append(drawing)
        for other in met - {number}:
            groups[number].extend(groups[other])
            groups[other] = []
            moved[other] = number
        squares.update(dict.fromkeys(touched, number))
        placed[columns, rows] = number
    return [group for group in groups if any(_is_large(drawing) for drawing in group)]


def _last(moved: list[int], group: int) -> int:
    while moved[group] != group:
        moved[group] = group = moved[moved[group]]
    return group


def _squares(start: float, end: float) -> tuple[int, int]:
    return int((start - _REACH) // _SQUARE), int((end + _REACH) // _SQUARE) + 1


def _is_figure(drawings: Sequence[Drawing], lines: Sequence[Line]) -> bool:
    """Tell whether drawings are more than grounds and rules, and the words among them labels."""
    area = around(drawing.area for drawing in drawings)
    if min(area.width, area.height) < _SMALLEST:
        return False
    if any(length(line.text) > _INSIDE or line.monospaced > _CODE_SHARE for line in lines):
        return False
    if sum(line.math for line in lines) > _MATH_SHARE * len(lines):
        return False
    fills = [drawing.area for drawing in drawings if not drawing.stroked]
    shapes = (
        drawing.area
        for drawing in drawings
        if _is_large(drawing)
        and not (drawing.stroked and any(_is_edge(drawing.area, fill) for fill in fills))
    )
    if len(drawings) < _FEWEST_DRAWINGS:
        return any(True for _ in shapes)
    bare = (s for s in shapes if not any(s.holds(line.area) for line in lines))
    return len(list(islice(bare, _FEWEST_SHAPES))) == _FEWEST_SHAPES


def _is_edge(area: Rectangle, fill: Rectangle) -> bool:
    """Tell whether a drawing is only the edge of a ground."""
    return (
        abs(area[0] - fill[0]) < _EDGE
        and abs(area[1] - fill[1]) < _EDGE
        and abs(area[2] - fill[2]) < _EDGE
        and abs(area[3] - fill[3]) < _EDGE
    )


def _is_number(line: Line) -> bool:
    return line.text.strip().strip("-−+%").replace(".", "").replace(",", "").isdecimal()


def _is_large(drawing: Drawing) -> bool:
    """Tell whether a drawing is no letter, bar of a fraction, ground or rule below words."""
    x0, y0, x1, y1 = drawing.area
    width, height = x1 - x0, y1 - y0
    if height <= _BAR or max(width, height) <= _LETTER:
        return False
    return not drawing.rectangular or min(width, height) < 1


def _with_labels(area: Rectangle, inside: Sequence[int], free: dict[int, Line]) -> set[int]:
    """Add the numbers and names of axes, which stand outside, the nearest first."""
    places = set(inside)
    grown = True
    while grown:
        near = {
            place
            for place, line in free.items()
            if place not in places and _is_near(area, line) and _is_label(line)
        }
        for place in near:
            area = area.joined(free[place].area)
        places |= near
        grown = bool(near)
    return places


def _is_label(line: Line) -> bool:
    words = any(map(str.isalpha, line.text))
    short = length(line.text) < (_LABEL if words else _INSIDE)
    return short and not is_caption(line.text) and not ends_sentence(line.text)


def _is_near(area: Rectangle, line: Line) -> bool:
    margin = _NEAR * line.size
    x, y = (line.area.x0 + line.area.x1) / 2, (line.area.y0 + line.area.y1) / 2
    beside = area.y0 - 2 < y < area.y1 + 2
    across = max(line.area.x0 - area.x1, area.x0 - line.area.x1) < margin
    below = max(line.area.y0 - area.y1, area.y0 - line.area.y1) < margin
    return (beside and across) or (area.x0 - 2 < x < area.x1 + 2 and below)
