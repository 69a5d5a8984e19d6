"""Printed lines of a PDF page, in the order in which the file draws them, with their style."""

from collections.abc import Mapping
from typing import Any

import pymupdf

from ingest.readers.pdf.fonts import Fonts
from ingest.readers.pdf.formulas.gather import with_formulas
from ingest.readers.pdf.formulas.glyphs import Found
from ingest.readers.pdf.links import read_links
from ingest.readers.pdf.shapes import Drawing, PageContent, Rectangle
from ingest.readers.pdf.spans import read_line, turned

# One pass gives characters and vector drawings; pictures are neither decoded nor copied.
_FLAGS = (pymupdf.TEXTFLAGS_DICT | pymupdf.TEXT_COLLECT_VECTORS) & ~pymupdf.TEXT_PRESERVE_IMAGES
_WHITE = 0xFFFFFF
# The smallest table has so many ruling lines.
_FEWEST_RULES = 4


def read_page(page: Any, fonts: Fonts) -> PageContent:
    """Take the text layer of a page; coordinates are those of the page as it is shown."""
    turn = page.rotation_matrix if page.rotation else None
    textpage = page.get_textpage(flags=_FLAGS)
    blocks = textpage.extractDICT()["blocks"]
    ruled = sum(block["type"] != 0 for block in blocks) >= _FEWEST_RULES
    found: list[Found] = []
    drawings: list[Drawing] = []
    number, texts, drawn = 0, 0, False
    for block in blocks:
        if block["type"] == 0:
            # A highlight drawn between two words of a line does not end MuPDF's block for us.
            raws = block["lines"]
            if not raws:  # all of its glyphs are of no size
                continue
            number += not (drawn and found and _beside(found[-1].line.area, raws[0], turn))
            found.extend(
                Found(read_line(raw, number, fonts, turn, ruled), raw, (texts, index))
                for index, raw in enumerate(raws)
            )
            texts, drawn = texts + 1, False
            continue
        drawn = True
        if block["alpha"]:
            area, color, stroked = block["bbox"], block["color"], block["stroked"]
            white = color == _WHITE and not stroked
            place = turned(area, turn) if turn is not None else Rectangle._make(area)
            drawings.append(Drawing(place, stroked, block["isrect"], white, color))
    shown = page.rect
    area = Rectangle(0.0, 0.0, shown.width, shown.height)
    lines = tuple(one.line for one in found)
    links = read_links(page, blocks)
    content = PageContent(page.number + 1, area, lines, tuple(drawings), links)
    if turn is None and any(one.line.signs for one in found):
        return with_formulas(content, found, textpage, fonts)
    return content


def _beside(area: Rectangle, raw: Mapping[str, Any], turn: Any) -> bool:
    following = turned(raw["bbox"], turn)
    shared = min(area.y1, following.y1) - max(area.y0, following.y0)
    return shared > min(area.height, following.height) / 2
