"""Rows as printed: what stands side by side on a page, cut where gaps part columns."""

from collections.abc import Sequence
from typing import NamedTuple

from ingest.readers.pdf.shapes import PageContent, Rectangle
from ingest.readers.pdf.tables.grid import side_by_side

# Lines nearer than this many font sizes are words of one cell.
_WORD_GAP = 0.9
_THIN = 3.0
_SAME_END = 4.0
# A rule of a table is at least this share of the page wide.
_RULE_SHARE = 0.1
# A page with more rules holds drawings.
_MOST_RULES = 600
_CODE_SHARE = 0.9
_CODE_LINES = 2  # its number and itself


class Chunk(NamedTuple):
    """Lines that stand together in a row as printed."""

    places: tuple[int, ...]
    text: str
    area: Rectangle


PrintedRow = list[Chunk]


def printed_rows(page: PageContent, places: Sequence[int]) -> list[PrintedRow]:
    """Return the rows as printed, from the top down, words of one cell put together."""
    areas = [page.lines[place].area for place in places]
    printed = ([places[at] for at in row] for row in side_by_side(areas))
    return [_chunks(page, row) for row in printed if not _is_code(page, row)]


def _is_code(page: PageContent, row: Sequence[int]) -> bool:
    """Tell whether a row is code, with its number beside it or without one."""
    lines = [page.lines[place] for place in row]
    if len(lines) > _CODE_LINES or not any(line.monospaced > _CODE_SHARE for line in lines):
        return False
    words = [line for line in lines if not line.text.strip().isdecimal()]
    return bool(words) and all(line.monospaced > _CODE_SHARE for line in words)


def _chunks(page: PageContent, row: Sequence[int]) -> PrintedRow:
    chunks: PrintedRow = []
    for place in row:
        line = page.lines[place]
        last = chunks[-1] if chunks else None
        gap = line.area.x0 - last.area.x1 if last else 0.0
        if last and line.horizontal and gap < _WORD_GAP * line.size:
            space = " " if gap > line.size / 5 else ""
            chunks[-1] = Chunk(
                (*last.places, place),
                last.text + space + line.text.strip(),
                last.area.joined(line.area),
            )
        else:
            chunks.append(Chunk((place,), line.text.strip(), line.area))
    return chunks


def horizontal_rules(page: PageContent) -> list[Rectangle]:
    """Return the horizontal rules from the top down; pieces of one rule are put together."""
    areas = [drawing.area for drawing in page.drawings]
    thin = [area for area in areas if area.height <= _THIN and area.width > 2 * area.height]
    if len(thin) > _MOST_RULES:
        return []
    joined: list[Rectangle] = []
    for area in sorted(thin, key=lambda area: (round(area.y0), area.x0)):
        last = joined[-1] if joined else None
        if last and abs(area.y0 - last.y0) < 1 and area.x0 - last.x1 < _SAME_END:
            joined[-1] = last.joined(area)
        else:
            joined.append(area)
    least = _RULE_SHARE * page.area.width
    return sorted((area for area in joined if area.width >= least), key=lambda area: area.y0)
