"""Drafts of a whole document to its blocks, in the units of a page or others."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ingest.model import Block, Box
from ingest.readers.pdf.blocks import Draft
from ingest.readers.pdf.headings import Outline, mark_headings
from ingest.readers.pdf.layout import common_size
from ingest.readers.pdf.rows import Row
from ingest.readers.pdf.structure import nest_lists
from ingest.readers.pdf.text import compose, vocabulary


def compose_all(drafts: list[Draft], rows: Sequence[Row], outline: Outline) -> list[Block]:
    """Find headings and nesting among drafts, and make their blocks; ``rows`` are all there are."""
    mark_headings(drafts, outline, common_size(rows))
    nest_lists(drafts)
    words = vocabulary(rows)
    composed = (compose(draft, words) for draft in drafts)
    return [block for block in composed if block is not None]


def with_boxes(block: Block, place: Callable[[Box], Box]) -> Block:
    """Put the boxes of a block elsewhere."""
    spans = (replace(span, box=place(span.box)) for span in block.spans)
    area = place(block.area) if block.area else None
    return replace(block, spans=tuple(spans), area=area)
