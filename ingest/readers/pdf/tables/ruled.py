"""Tables drawn with ruling lines: their cells, and the cells as Markdown."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.model import Block, BlockKind, Span
from ingest.readers.pdf.rows import unspaced
from ingest.readers.pdf.shapes import Drawing, Line, PageContent, Rectangle, box_of
from ingest.readers.pdf.tables.grid import Cell, Piece, split_rows

_THIN = 3.0
_SHORTEST = 6.0
_SNAP = 4.0
# Fewer columns or rows than this are boxes, not tables.
_FEWEST = 2
# A ruling line runs along at least this share of the table; shorter ones are other boxes.
_RULED_SHARE = 0.5
# A page with more drawings holds figures; what looks like a grid there is none.
_MOST_RULES = 2000
# A grid with more empty cells than this leaves is a diagram.
_FILLED_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, and the places of their text in the page's lines."""

    cells: list[list[Cell]]
    lines: frozenset[int]


def find_tables(page: PageContent) -> list[Table]:
    """Find grids of ruling lines with text in their cells."""
    # Many are drawn twice.
    rules = list(dict.fromkeys(rule for drawing in page.drawings for rule in _rules(drawing)))
    if not 2 * _FEWEST + 1 <= len(rules) <= _MOST_RULES:
        return []
    found = (_table(page, group) for group in _touching(rules))
    return [table for table in found if table is not None]


def _rules(drawing: Drawing) -> list[Rectangle]:
    """Return the thin lines of a drawing; a stroked rectangle has four."""
    x0, y0, x1, y1 = drawing.area
    width, height = x1 - x0, y1 - y0
    if width <= _THIN or height <= _THIN:
        return [drawing.area] if width >= _SHORTEST or height >= _SHORTEST else []
    if not (drawing.stroked and drawing.rectangular):
        return []
    edges = (x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)
    return [Rectangle(*edge) for edge in edges]


def _touching(rules: Sequence[Rectangle]) -> list[list[Rectangle]]:
    """Group rules that touch each other, directly or through others."""
    ordered = sorted(rules, key=lambda rule: rule.y0)
    groups = list(range(len(ordered)))

    def root(place: int) -> int:
        while groups[place] != place:
            groups[place] = place = groups[groups[place]]
        return place

    # The bottom of each, its ends and place: what comes later never begins above it.
    reachable: list[tuple[float, float, float, int]] = []
    for place, (x0, y0, x1, y1) in enumerate(ordered):
        right = x1 + _SNAP
        reachable = [other for other in reachable if other[0] >= y0]
        for _, other_left, other_right, other in reachable:
            if x0 <= other_right and other_left <= right and groups[other] != place:
                groups[root(other)] = place
        reachable.append((y1 + _SNAP, x0, right, place))
    members: dict[int, list[Rectangle]] = {}
    for place, rule in enumerate(ordered):
        members.setdefault(root(place), []).append(rule)
    return [found for found in members.values() if len(found) >= 2 * _FEWEST + 1]


def _table(page: PageContent, rules: Sequence[Rectangle]) -> Table | None:
    across = [rule for rule in rules if rule.width > rule.height]
    down = [rule for rule in rules if rule.width <= rule.height]
    tops, lefts = _grid(across, down)
    if len(tops) <= 1 or len(lefts) <= _FEWEST:
        return None
    area = Rectangle(lefts[0], tops[0], lefts[-1], tops[-1])
    walls = [
        [rule for rule in down if abs((rule.x0 + rule.x1) / 2 - left) <= _SNAP] for left in lefts
    ]
    found: dict[int, list[list[Piece]]] = {}
    used: set[int] = set()
    for place, line in enumerate(page.lines):
        if not _overlap(line.area, area):
            continue
        for text, piece in _pieces(line, lefts):
            x, y = (piece.x0 + piece.x1) / 2, (piece.y0 + piece.y1) / 2
            if area.covers(x, y) and text.strip():
                row = bisect_right(tops, y) - 1
                column = _first_of_merged(bisect_right(lefts, x) - 1, y, walls)
                cells = found.setdefault(row, [[] for _ in lefts[1:]])
                cells[column].append((text.strip(), piece))
                used.add(place)
    widths = [right - left for left, right in pairwise(lefts)]
    rows = [row for band in sorted(found) for row in split_rows(found[band], widths)]
    if not _is_filled(rows) or (len(rows) < _FEWEST and not _is_cut(page, area, used)):
        return None
    grid = [[[(t, box_of(a, page.number)) for t, a in cell] for cell in row] for row in rows]
    return Table(grid, frozenset(used))


def _overlap(first: Rectangle, second: Rectangle) -> bool:
    across = first.x0 <= second.x1 and second.x0 <= first.x1
    return across and first.y0 <= second.y1 and second.y0 <= first.y1


def _is_filled(rows: Sequence[Sequence[Sequence[Piece]]]) -> bool:
    """Tell whether enough cells hold text, in several columns; the smallest tables are full."""
    if not rows:
        return False
    filled = [[bool(cell) for cell in row] for row in rows]
    several = sum(any(column) for column in zip(*filled, strict=True)) >= _FEWEST
    cells, size = sum(map(sum, filled)), len(rows) * len(rows[0])
    smallest = len(rows) <= _FEWEST and len(rows[0]) <= _FEWEST
    return several and (cells == size if smallest else cells > _FILLED_SHARE * size)


def _grid(
    across: Sequence[Rectangle], down: Sequence[Rectangle]
) -> tuple[list[float], list[float]]:
    """Return the heights of the horizontal and the places of the vertical ruling lines."""
    if not across or not down:
        return [], []
    width = max(rule.x1 for rule in across) - min(rule.x0 for rule in across)
    left = min(rule.x0 for rule in across)
    top, bottom = min(rule.y0 for rule in down), max(rule.y1 for rule in down)
    heights = [((rule.y0 + rule.y1) / 2, rule.width) for rule in across]
    # A page break leaves the first or the last row without its rule.
    ends = [(top, width), (bottom, width)]
    places = [((rule.x0 + rule.x1) / 2, rule.height) for rule in down]
    # The outer columns may be open to their sides.
    sides = [(left, bottom - top), (left + width, bottom - top)]
    return _ruled(heights + ends, width), _ruled(places + sides, bottom - top)


def _ruled(rules: Sequence[tuple[float, float]], extent: float) -> list[float]:
    """Return where the lines stand that are, put together, long enough."""
    snapped = _snapped(place for place, _ in rules)
    lengths = dict.fromkeys(snapped, 0.0)
    for place, size in rules:
        lengths[snapped[bisect_right(snapped, place) - 1]] += size
    return [place for place in snapped if lengths[place] >= _RULED_SHARE * extent]


def _is_cut(page: PageContent, area: Rectangle, used: set[int]) -> bool:
    """Tell whether a table begins at the end of its page or ends at the beginning."""
    others = [
        line.area
        for place, line in enumerate(page.lines)
        if place not in used and line.text.strip()
    ]
    first = all(other.y0 > area.y0 for other in others)
    return first or all(other.y1 < area.y1 for other in others)


def _snapped(values: Iterable[float]) -> list[float]:
    found: list[float] = []
    for value in sorted(values):
        if not found or value - found[-1] > _SNAP:
            found.append(value)
    return found


def _pieces(line: Line, lefts: Sequence[float]) -> Iterable[tuple[str, Rectangle]]:
    """Return a line, or its spans where it reaches over a ruling line."""
    inside = bisect_right(lefts, line.area.x0 + 2)
    crossed = inside < len(lefts) and lefts[inside] < line.area.x1 - 2
    return (line.pieces if crossed else ()) or [(line.text, line.area)]


def _first_of_merged(column: int, y: float, walls: Sequence[Sequence[Rectangle]]) -> int:
    """Go to the left while no ruling line stands between a cell and its neighbour."""
    while column > 0 and not any(rule.y0 <= y <= rule.y1 for rule in walls[column]):
        column -= 1
    return column


def join_tables(first: list[list[Cell]], second: list[list[Cell]]) -> bool:
    """Add the rows that a page break has cut off, without a repeated head; tell whether done."""
    if len(first[0]) != len(second[0]):
        return False

    def texts(row: list[Cell]) -> list[str]:
        return ["".join(text for text, _ in cell) for cell in row]

    first.extend(second[1:] if texts(first[0]) == texts(second[0]) else second)
    return True


def markdown(cells: list[list[Cell]]) -> Block:
    """Print rows of cells as a Markdown table; the first row is its head."""
    text = ""
    spans: list[Span] = []
    for number, row in enumerate(cells):
        text += "|"
        for cell in row:
            text += " "
            start = len(text)
            for piece, box in cell:
                value = piece.replace("|", "\\|")
                if len(text) > start and not unspaced(text[-1], value[0]):
                    text += " "
                spans.append(Span(len(text), len(text) + len(value), box))
                text += value
            text += " |" if len(text) > start else "|"
        text += "\n"
        if number == 0:
            text += "|" + " --- |" * len(row) + "\n"
    return Block(BlockKind.TABLE, text.rstrip("\n"), 0, tuple(spans))
