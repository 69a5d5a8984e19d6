"""Where a quote stands now, though its passage may have been cut anew since it was cited."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import NotFound
from index.records import Records
from ingest.chunking import boxes_of
from ingest.model import Box, Chunk, Document


@dataclass(frozen=True, slots=True)
class Place:
    """A passage, the page that its quote begins on, and where the quote is printed."""

    chunk_id: str
    page: int | None
    boxes: tuple[Box, ...]


def find_place(records: Records, document: Document, chunk_id: str, quote: str | None) -> Place:
    """The place of a quote, or of a whole passage; raises NotFound where it is gone.

    A quote whose passage is gone or reads otherwise is looked for in the whole document.
    """
    chunk = records.chunk(chunk_id)
    if chunk is not None and chunk.document_id == document.id:
        start = chunk.text.find(quote or "")
        if start >= 0:
            return _place([(chunk, start, start + len(quote or chunk.text))])
    if not quote:
        hint = "Search again: it has changed."
        raise NotFound(f"no passage {chunk_id} in {document.path}", hint)
    parts = _find(records.chunks_of(document.id), quote)
    if not parts:
        message = f"{document.path} no longer has the words that were cited"
        raise NotFound(message, "It has changed since; the quote is what it said then.")
    return _place(parts)


def _find(chunks: Sequence[Chunk], quote: str) -> list[tuple[Chunk, int, int]]:
    """The parts of chunks that hold a quote, white space aside; none where they don't."""
    letters = [
        (number, place)
        for number, chunk in enumerate(chunks)
        for place, character in enumerate(chunk.text)
        if not character.isspace()
    ]
    wanted = "".join(quote.split())
    at = "".join(chunks[number].text[place] for number, place in letters).find(wanted)
    if at < 0 or not wanted:
        return []
    (first, start), (last, end) = letters[at], letters[at + len(wanted) - 1]
    return [
        (
            chunks[number],
            start if number == first else 0,
            end + 1 if number == last else len(chunks[number].text),
        )
        for number in range(first, last + 1)
    ]


def _place(parts: Sequence[tuple[Chunk, int, int]]) -> Place:
    boxes = tuple(box for chunk, start, end in parts for box in boxes_of(chunk.spans, start, end))
    first = parts[0][0]
    return Place(first.id, boxes[0].page if boxes else first.page, boxes)
