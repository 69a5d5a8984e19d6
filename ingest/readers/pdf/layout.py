"""Columns, drawn bullets and boxes, and the usual size of a document's text."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

from ingest.readers.pdf.rows import Row
from ingest.readers.pdf.shapes import Drawing, Line, PageContent, Rectangle

# A gutter is at least this wide, and each side has at least so many lines beside each other.
_GUTTER_WIDTH = 8.0
_GUTTER_LINES = 5
_SIDE_SHARE = 0.2
_FILLED_SHARE = 0.55
_HALF_FILLED_SHARE = 0.3
_ROW_HEIGHT = 1.8
# Columns beside each other, and what stands across them, take so many numbers.
_STRIP = 5
_CROSSING_SHARE = 0.25
_SAME_GUTTER = 12.0
_MOST_GUTTERS = 40
# A blank stripe across the page is higher than this many font sizes.
_GAP = 1.5

_BULLET_SIZES = 2.0, 7.0
_MITRED_SIZE = 48.0
_TICK_BOX_SIZE = 16.0
# More dots than this are a diagram's.
_MOST_BULLETS = 200
# A drawn bullet stands within this many font sizes before its row.
_BULLET_DISTANCE = 2.0
# A box as large as the page is its background.
_PAGE_SHARE = 0.8
# So far letters may reach out of their box.
_BOX_PADDING = 2.0


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

    Lines across the gutter (titles, wide figures) part the columns into strips. Either side may
    have a gutter of its own: a page of three columns has one with two.
    """
    inner = [
        _gutter([lines[place] for place in places if is_left is (lines[place].area.x1 <= gutter)])
        for is_left in (True, False)
    ]
    strip, last = first, None
    was_crossing = True
    ordered = sorted(places, key=lambda place: lines[place].area.y0)
    for at, place in enumerate(ordered):
        area = lines[place].area
        crosses = area.x0 < gutter < area.x1 or _ends(last, lines, ordered[at : at + 2])
        if crosses and not was_crossing:
            strip += _STRIP
        was_crossing = crosses
        last = lines[place] if crosses else None
        right = area.x1 > gutter
        own = inner[right]
        second = own is not None and area.x0 >= own
        found[place] = strip if crosses else strip + 1 + 2 * right + second
    return strip + _STRIP


def _ends(last: Line | None, lines: Sequence[Line], places: Sequence[int]) -> bool:
    """Tell whether a line is the short last one of a text that reaches across the gutter."""
    line, following = lines[places[0]], lines[places[-1]]
    if last is None or line.size != last.size or abs(line.area.x0 - last.area.x0) > line.size / 2:
        return False
    alone = len(places) == 1 or following.area.y0 > (line.area.y0 + line.area.y1) / 2
    return alone and line.area.y0 - last.area.y1 < line.size / 2


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


def _gutter(lines: Sequence[Line], *, inner: bool = False) -> float | None:
    """Find where a blank gutter parts running text into columns side by side."""
    if len(lines) < 2 * _GUTTER_LINES:
        return None
    texts = [line for line in lines if line.horizontal and not line.math and line.text.strip()]
    if len(texts) < 2 * _GUTTER_LINES:
        return None
    left, right = min(t.area.x0 for t in texts), max(t.area.x1 for t in texts)
    low, high = left + _SIDE_SHARE * (right - left), right - _SIDE_SHARE * (right - left)
    starts, ends = sorted(t.area.x0 for t in texts), sorted(t.area.x1 for t in texts)
    crossed: list[tuple[int, float]] = []
    for gutter in {round(start, 0) - _GUTTER_WIDTH / 2 for start in starts}:
        crossing = bisect_left(starts, gutter) - bisect_right(ends, gutter)
        if low < gutter < high and crossing <= _CROSSING_SHARE * len(texts):
            crossed.append((crossing, gutter))
    # A page that is no running text has columns nowhere; it is not asked at every word.
    best = sorted(crossed)[:_MOST_GUTTERS]
    return next((gutter for _, gutter in best if _has_columns(texts, gutter, inner=inner)), None)


def _has_columns(texts: Sequence[Line], gutter: float, *, inner: bool) -> bool:
    """Tell whether running text stands on both sides of a gutter, side by side."""
    sides = (
        [line for line in texts if line.area.x1 <= gutter - _GUTTER_WIDTH / 2],
        [line for line in texts if line.area.x0 >= gutter],
    )
    for side, other in (sides, sides[::-1]):
        few = len(side) < _GUTTER_LINES and sum(map(_rows_high, side)) < _GUTTER_LINES
        if few or not other:
            return False
        top, bottom = min(line.area.y0 for line in other), max(line.area.y1 for line in other)
        beside = sum(_rows_high(line) for line in side if top <= line.area.y0 <= bottom)
        width = max(line.area.x1 for line in side) - min(line.area.x0 for line in side)
        filled = sum(line.area.width for line in side) / len(side)
        if beside < _GUTTER_LINES or filled < _HALF_FILLED_SHARE * width:
            return False
        if filled < _FILLED_SHARE * width and (inner or _gutter(side, inner=True) is None):
            return False
    return True


def _rows_high(line: Line) -> int:
    """Return how many rows what stands in the place of a line is high: a table counts as some."""
    return max(1, int(line.area.height / (_ROW_HEIGHT * line.size))) if line.size else 1


def common_size(rows: Iterable[Row]) -> float:
    """Return the font size of most characters of running text."""
    sizes: Counter[float] = Counter()
    for row in rows:
        if not row.math and not row.code:
            sizes[row.size] += len(row.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def mark_boxes(page: PageContent, rows: Sequence[Row]) -> None:
    """Mark rows that stand in a drawn box, as code does."""
    whole = page.area.width * page.area.height
    if not any(line.monospaced for line in page.lines):
        return
    boxes = [
        drawing.area
        for drawing in page.drawings
        if not drawing.white and drawing.area.width * drawing.area.height < _PAGE_SHARE * whole
    ]
    narrowest = min((row.area.width for row in rows), default=0.0) - _BOX_PADDING * 2
    boxes = [box for box in boxes if box.width >= narrowest]
    for row in rows:
        area, size = row.area, row.size
        row.in_box = any(
            box.x0 <= area.x0 + _BOX_PADDING
            and box.x1 >= area.x1 - _BOX_PADDING
            and box.y0 < area.y1 - size / 4
            and box.y1 > area.y0 + size / 4
            and box.height > size
            for box in boxes
        )


def drawn_bullets(page: PageContent) -> list[Rectangle]:
    """Return where bullets are drawn, not printed."""
    bullets = [bullet for drawing in page.drawings if (bullet := _bullet(drawing))]
    return bullets if len(bullets) < _MOST_BULLETS else []


def mark_bullets(bullets: Sequence[Rectangle], rows: Iterable[Row]) -> None:
    """Give rows the drawn bullets to their left."""
    for row in rows if bullets else ():
        area, size = row.area, row.size
        row.bullet = row.bullet or any(
            area.y0 < (bullet.y0 + bullet.y1) / 2 < area.y1
            and 0 < area.x0 - bullet.x1 < _BULLET_DISTANCE * size
            and not row.math
            for bullet in bullets
        )


def _bullet(drawing: Drawing) -> Rectangle | None:
    """Return where a bullet or a box to tick is seen."""
    x0, y0, x1, y1 = area = drawing.area
    if abs((x1 - x0) - (y1 - y0)) >= 1:
        return None
    low, high = _BULLET_SIZES
    if low < area.width < high:
        return area
    most = _TICK_BOX_SIZE if drawing.rectangular else _MITRED_SIZE
    if not drawing.stroked or not high <= area.width < most:
        return None
    # The box of what is stroked allows for mitred corners: circles look much larger than they are.
    x, y, half = (area.x0 + area.x1) / 2, (area.y0 + area.y1) / 2, (low + high) / 4
    return Rectangle(x - half, y - half, x + half, y + half)
