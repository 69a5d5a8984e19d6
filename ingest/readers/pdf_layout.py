"""Columns, running heads and the order of reading."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ingest.readers.pdf_lines import Line, PageContent, Rectangle
from ingest.readers.pdf_rows import Row

# A gutter is at least this wide, and each side has at least so many lines beside each other.
_GUTTER_WIDTH = 8.0
_GUTTER_LINES = 5
_SIDE_SHARE = 0.2
_FILLED_SHARE = 0.55
_CROSSING_SHARE = 0.25
_SAME_GUTTER = 12.0
# A blank stripe across the page is higher than this many font sizes.
_GAP = 1.5

_MARGIN_SHARE = 0.12
_REPEATED_PAGES = 3
_REPEATED_SHARE = 0.5
_BULLET_SIZES = 2.0, 7.0
# More dots than this are a diagram's.
_MOST_BULLETS = 200
# A drawn bullet stands within this many font sizes before its row.
_BULLET_DISTANCE = 2.0
# A box as large as the page is its background.
_PAGE_SHARE = 0.8
_NUMBER = re.compile(r"\d+")


def columns(lines: Sequence[Line]) -> list[int]:
    """Return the column of each line, counted through the page in the order of reading.

    Usually one gutter serves the whole page; where parts of it between blank stripes have
    gutters elsewhere (a second article below the first), each part is read on its own.
    """
    found = [0] * len(lines)
    whole = _gutter(lines)
    parts = [(part, _gutter([lines[place] for place in part])) for part in _parts(lines)]
    if all(own is None or (whole and abs(own - whole) < _SAME_GUTTER) for _, own in parts):
        if whole:
            _number(lines, range(len(lines)), whole, 0, found)
        return found
    column = 0
    for part, gutter in parts:
        if gutter:
            column = _number(lines, part, gutter, column + 1, found)
        for place in () if gutter else part:
            found[place] = column
    return found


def _number(
    lines: Sequence[Line], places: Sequence[int], gutter: float, first: int, found: list[int]
) -> int:
    """Number the columns beside a gutter; return the number of what comes below.

    Lines across the gutter (titles, wide figures) part the columns into strips.
    """
    strip, was_crossing = first, True
    for place in sorted(places, key=lambda place: lines[place].area.y0):
        area = lines[place].area
        crosses = area.x0 < gutter < area.x1
        if crosses and not was_crossing:
            strip += 3
        was_crossing = crosses
        found[place] = strip if crosses else strip + (1 if area.x1 <= gutter else 2)
    return strip + 3


def _parts(lines: Sequence[Line]) -> list[list[int]]:
    parts: list[list[int]] = []
    bottom = 0.0
    for place in sorted(range(len(lines)), key=lambda place: lines[place].area.y0):
        line = lines[place]
        if not line.horizontal or not line.text.strip():
            if parts:
                parts[-1].append(place)
            else:
                parts.append([place])
            continue
        if not parts or line.area.y0 - bottom > line.size * _GAP:
            parts.append([])
        parts[-1].append(place)
        bottom = max(bottom, line.area.y1)
    return parts


def _gutter(lines: Sequence[Line]) -> float | None:
    """Find where a blank gutter parts running text into columns side by side."""
    texts = [line for line in lines if line.horizontal and not line.math and line.text.strip()]
    if len(texts) < 2 * _GUTTER_LINES:
        return None
    left, right = min(t.area.x0 for t in texts), max(t.area.x1 for t in texts)
    best: tuple[int, float] | None = None
    for start in sorted({round(line.area.x0, 0) for line in texts}):
        gutter = start - _GUTTER_WIDTH / 2
        if not left + _SIDE_SHARE * (right - left) < gutter < right - _SIDE_SHARE * (right - left):
            continue
        crossing = sum(line.area.x0 < gutter < line.area.x1 for line in texts)
        if crossing <= _CROSSING_SHARE * len(texts) and _has_columns(texts, gutter):
            best = min(best or (crossing, gutter), (crossing, gutter))
    return best[1] if best else None


def _has_columns(texts: Sequence[Line], gutter: float) -> bool:
    """Tell whether running text stands on both sides of a gutter, side by side."""
    sides = (
        [line.area for line in texts if line.area.x1 <= gutter - _GUTTER_WIDTH / 2],
        [line.area for line in texts if line.area.x0 >= gutter],
    )
    for side, other in (sides, sides[::-1]):
        if len(side) < _GUTTER_LINES or not other:
            return False
        top, bottom = min(area.y0 for area in other), max(area.y1 for area in other)
        beside = sum(top <= area.y0 <= bottom for area in side)
        width = max(area.x1 for area in side) - min(area.x0 for area in side)
        filled = sum(area.width for area in side) / len(side)
        if beside < _GUTTER_LINES or filled < _FILLED_SHARE * width:
            return False
    return True


def running_heads(pages: Sequence[PageContent]) -> set[tuple[int, int]]:
    """Return (page, place of the line) of heads and page numbers that most pages repeat."""
    places: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for page in pages:
        for place, line in enumerate(page.lines):
            area = line.area
            top, bottom = area.y1 < _MARGIN_SHARE * page.area.height, page.area.height - area.y0
            if line.text.strip() and (top or bottom < _MARGIN_SHARE * page.area.height):
                key = _NUMBER.sub("#", "".join(line.text.split())), round(area.y0 / 4)
                places.setdefault(key, []).append((page.number, place))
    needed = max(_REPEATED_PAGES, _REPEATED_SHARE * len(pages))
    repeated = (found for found in places.values() if len({page for page, _ in found}) >= needed)
    return {place for found in repeated for place in found}


def common_size(rows: Iterable[Row]) -> float:
    """Return the font size of most characters of running text."""
    sizes: Counter[float] = Counter()
    for row in rows:
        if not row.math and not row.code:
            sizes[row.size] += len(row.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def mark_boxes(page: PageContent, rows: Iterable[Row]) -> None:
    """Mark rows that stand in a drawn box, as code does."""
    whole = page.area.width * page.area.height
    if not any(line.monospaced for line in page.lines):
        return
    boxes = [
        drawing.area
        for drawing in page.drawings
        if not drawing.white and drawing.area.width * drawing.area.height < _PAGE_SHARE * whole
    ]
    for row in rows:
        area, size = row.area, row.size
        row.in_box = any(
            box.x0 <= area.x0 + 2
            and box.x1 >= area.x1 - 2
            and box.y0 < area.y1 - size / 4
            and box.y1 > area.y0 + size / 4
            and box.height > size
            for box in boxes
        )


def mark_bullets(page: PageContent, rows: Sequence[Row]) -> None:
    """Find the bullets that are drawn, not printed, to the left of their rows."""
    bullets = [drawing.area for drawing in page.drawings if _is_bullet(drawing.area)]
    for row in rows if len(bullets) < _MOST_BULLETS else ():
        area, size = row.area, row.size
        row.bullet = row.bullet or any(
            area.y0 < (bullet.y0 + bullet.y1) / 2 < area.y1
            and 0 < area.x0 - bullet.x1 < _BULLET_DISTANCE * size
            and not row.math
            for bullet in bullets
        )


def _is_bullet(area: Rectangle) -> bool:
    low, high = _BULLET_SIZES
    return low < area.width < high and abs(area.width - area.height) < 1
