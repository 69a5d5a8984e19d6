"""Pages without geometry: slides and notebook cells."""

from dataclasses import replace

from ingest.model import Block, Box, Span


def on_page(block: Block, page: int) -> Block:
    """Put a block on a page of which only the number is known."""
    if block.spans or not block.text:
        return block
    return replace(block, spans=(Span(0, len(block.text), Box(page)),))
