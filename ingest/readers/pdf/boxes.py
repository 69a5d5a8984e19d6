"""Callouts and quotes: text on a ground of its own, or beside a bar at its left."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from ingest.readers.pdf.shapes import Drawing, Line, PageContent, Rectangle

# A ground is so wide (a share of the page), as light as paper nearly, and not the page's own.
_WIDTH_SHARE = 0.25
_PAGE_SHARE = 0.8
_LIGHT = 0.72
# It is higher than this many font sizes, and begins at least so many before its text.
_LINE_HEIGHT = 1.6
_PADDING = 0.5
_BAR_WIDTHS = 1.0, 6.0
_BAR_SHAPE = 3.0
# A bar stands within so many font sizes before its text, and parts no columns.
_BAR_DISTANCE = 2.5
_SAME_BAR = 2.0
_BESIDE = 1.5
_CODE_SHARE = 0.5
# A page with more drawings than this shows diagrams, not grounds.
_MOST_DRAWINGS = 1500


def find_boxes(page: PageContent, taken: Collection[int]) -> list[list[int]]:
    """Return the places of lines that stand together in a callout or a quote."""
    if not page.drawings or len(page.drawings) > _MOST_DRAWINGS:
        return []
    free = [
        place
        for place, line in enumerate(page.lines)
        if place not in taken and line.horizontal and line.text.strip()
    ]
    boxes: list[list[int]] = []
    for inside in (*_on_grounds(page, free), *_beside_bars(page, free)):
        left = [place for place in inside if place in free]
        if left:
            boxes.append(left)
            free = [place for place in free if place not in left]
    return boxes


def _on_grounds(page: PageContent, free: Sequence[int]) -> Iterator[list[int]]:
    grounds = [drawing.area for drawing in page.drawings if is_ground(drawing, page.area)]
    for ground in sorted(grounds, key=lambda area: -area.width * area.height):
        inside = [place for place in free if _is_inside(page.lines[place].area, ground)]
        lines = [page.lines[place] for place in inside]
        if lines and _holds_prose(lines, ground) and not _goes_on_beside(page, free, inside):
            yield inside


def is_ground(drawing: Drawing, page: Rectangle) -> bool:
    """Tell whether a drawing is light and large enough to be the ground of a callout."""
    if drawing.white or drawing.stroked:
        return False
    area = drawing.area
    if area.width < _WIDTH_SHARE * page.width:
        return False
    red, green, blue = drawing.color >> 16, drawing.color >> 8 & 255, drawing.color & 255
    light = (0.3 * red + 0.6 * green + 0.1 * blue) / 255 > _LIGHT
    return light and area.width * area.height < _PAGE_SHARE * page.width * page.height


def _is_inside(area: Rectangle, ground: Rectangle) -> bool:
    middle = (area.y0 + area.y1) / 2
    return ground.y0 < middle < ground.y1 and ground.x0 <= area.x0 and area.x1 <= ground.x1 + 2


def _holds_prose(lines: Sequence[Line], ground: Rectangle) -> bool:
    """Tell whether a ground is a callout's: no marker's stroke, no code, no row of a table."""
    size = max(line.size for line in lines)
    if ground.height < _LINE_HEIGHT * size or _is_code(lines):
        return False
    return min(line.area.x0 for line in lines) - ground.x0 >= _PADDING * size


def _is_code(lines: Sequence[Line]) -> bool:
    letters = sum(len(line.text) for line in lines)
    return sum(len(line.text) * line.monospaced for line in lines) > _CODE_SHARE * letters


def _goes_on_beside(page: PageContent, free: Sequence[int], inside: Sequence[int]) -> bool:
    """Tell whether a single row goes on outside of its ground, as around words set as code."""
    areas = [page.lines[place].area for place in inside]
    top, bottom = min(area.y0 for area in areas), max(area.y1 for area in areas)
    if bottom - top > 2 * page.lines[inside[0]].size:
        return False
    left, right = min(area.x0 for area in areas), max(area.x1 for area in areas)
    return any(
        top < (area.y0 + area.y1) / 2 < bottom
        and min(abs(area.x0 - right), abs(left - area.x1)) < _BESIDE * page.lines[place].size
        for place in free
        if place not in inside and (area := page.lines[place].area)
    )


def _beside_bars(page: PageContent, free: Sequence[int]) -> Iterator[list[int]]:
    drawn = [
        drawing
        for drawing in page.drawings
        if _BAR_WIDTHS[0] <= drawing.area.width <= _BAR_WIDTHS[1]
        and drawing.area.height > _BAR_SHAPE * drawing.area.width
        and not drawing.white
    ]
    bars = [drawing.area for drawing in dict.fromkeys(drawn)]  # some are drawn twice
    edges = Counter((round(bar.y0), round(bar.y1)) for bar in bars)
    # Two of the same heights are the sides of a frame.
    bars = [bar for bar in bars if edges[round(bar.y0), round(bar.y1)] == 1]
    inside: list[int] = []
    last: Rectangle | None = None
    for bar in sorted(bars, key=lambda bar: (round(bar.x0), bar.y0)):
        found = _quoted(page, free, bar)
        if not found:
            continue
        if last and abs(last.x0 - bar.x0) < _SAME_BAR and _is_next(page, last, bar, free):
            inside += [place for place in found if place not in inside]
        else:
            yield inside
            inside = found
        last = bar
    yield inside


def _is_next(page: PageContent, bar: Rectangle, below: Rectangle, free: Sequence[int]) -> bool:
    """Tell whether no text parts two bars below each other."""
    between = (page.lines[place].area for place in free)
    return not any(
        bar.y1 < (area.y0 + area.y1) / 2 < below.y0 and area.x1 > bar.x0 for area in between
    )


def _quoted(page: PageContent, free: Sequence[int], bar: Rectangle) -> list[int]:
    """Return the lines to the right of a bar, which parts no columns and frames no code."""
    near: list[int] = []
    for place in free:
        line = page.lines[place]
        area = line.area
        if not bar.y0 - 1 < (area.y0 + area.y1) / 2 < bar.y1 + 1:
            continue
        if -1 < area.x0 - bar.x1 < _BAR_DISTANCE * line.size:
            near.append(place)
        elif 0 <= bar.x0 - area.x1 < _BAR_DISTANCE * line.size:
            return []
    lines = [page.lines[place] for place in near]
    lines = [line for line in lines if not line.text.strip().isdecimal()]
    if not lines or _is_code(lines) or bar.height < min(line.size for line in lines):
        return []
    for place in free:  # what goes on in the same rows
        line = page.lines[place]
        middle = (line.area.y0 + line.area.y1) / 2
        if place not in near and line.area.x0 > bar.x1 and bar.y0 - 1 < middle < bar.y1 + 1:
            row = [page.lines[other].area for other in near]
            if any(
                other.y0 < middle < other.y1 and -1 < line.area.x0 - other.x1 < _BESIDE * line.size
                for other in row
            ):
                near.append(place)
    return sorted(near)
