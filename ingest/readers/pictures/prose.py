"""Screenshots and photos of pages of text: paragraphs and headings in place of one figure."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from ingest.model import Block, BlockKind, Box
from ingest.readers.pdf import rows as pdf_rows
from ingest.readers.pdf.composing import compose_all, with_boxes
from ingest.readers.pdf.flow import page_drafts, read_text
from ingest.readers.pdf.picture_text import picture_block
from ingest.readers.pdf.recognized import as_lines, scaled
from ingest.readers.pdf.shapes import PageContent, Rectangle
from ingest.readers.pdf.type_sizes import with_even_sizes
from ingest.readers.pictures.decoding import Picture
from ingest.recognition import RecognizedLine
from ingest.text import length

# Running text: so many lines, so much of the text in lines of that length, so much of the picture.
_FEWEST_LINES = 4
_LONG = 12
_LONG_SHARE = 0.6
_FILLED_SHARE = 0.4
# Points that a usual line is high; distances in the layout of pages are measured for that.
_LINE_HEIGHT = 12.0


def page_blocks(lines: Sequence[RecognizedLine], page: int, picture: Picture) -> list[Block]:
    """Make blocks of the trusted lines of a picture file; boxes are in its pixels."""
    block = picture_block(lines, page, boxed=True)
    if block is None:
        return []
    if block.kind is not BlockKind.FIGURE or not _is_prose(lines, picture):
        return [replace(block, area=Box(page, 0.0, 0.0, picture.width, picture.height))]
    return _laid_out(lines, page, picture)


def _is_prose(lines: Sequence[RecognizedLine], picture: Picture) -> bool:
    lengths = [length(line.text) for line in lines]
    long = sum(size for size in lengths if size >= _LONG)
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    height = max(line.y1 for line in lines) - min(line.y0 for line in lines)
    return (
        len(lines) >= _FEWEST_LINES
        and long >= _LONG_SHARE * sum(lengths)
        and width * height >= _FILLED_SHARE * picture.width * picture.height
    )


def _laid_out(found: Sequence[RecognizedLine], page: int, picture: Picture) -> list[Block]:
    """Read lines as those of a page that is scaled to the size of print."""
    heights = sorted(line.y1 - line.y0 for line in found)
    scale = _LINE_HEIGHT / heights[len(heights) // 2]
    lines = as_lines([scaled(line, scale) for line in found])
    area = Rectangle(0.0, 0.0, picture.width * scale, picture.height * scale)
    (content,) = with_even_sizes([PageContent(page, area, tuple(lines), ())])
    text = read_text(content, ())
    rows = text.all_rows
    blocks = compose_all(page_drafts(text, pdf_rows.leading(rows)), rows, {})
    return [with_boxes(block, partial(_in_pixels, scale)) for block in blocks]


def _in_pixels(scale: float, box: Box) -> Box:
    edges = (round(edge / scale, 1) for edge in (box.x0, box.y0, box.x1, box.y1))
    return Box(box.page, *edges)
