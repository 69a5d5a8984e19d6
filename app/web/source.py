"""The source beside the chat: the cited page as a picture, or the note with its quote marked."""

import json
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from app.contract import BoxShape, CitationShape, HitShape
from app.errors import NotFound
from app.places import Place, find_place
from app.web import notes
from app.web.rendering import fill
from app.web.words import Words
from index.course_index import CourseIndex
from index.model import merge_boxes
from index.records import Records
from ingest.model import Document
from ingest.readers.encoding import read_text
from ingest.readers.page_image import DRAWABLE

_WRITTEN = ("markdown", "text")


@dataclass(frozen=True, slots=True)
class Pointed:
    """What a reader wants to see: a document, a page or section of it, and words in it."""

    document_id: str
    title: str = ""
    section: tuple[str, ...] = ()
    page: int | None = None
    quote: str = ""
    chunk_id: str | None = None

    @classmethod
    def at(cls, place: CitationShape | HitShape) -> "Pointed":
        """The place of a citation, or of a passage that was found."""
        quote = place.quote if isinstance(place, CitationShape) else place.text
        return cls(
            document_id=place.document_id,
            title=place.title,
            section=tuple(place.section),
            page=place.page,
            quote=quote,
            chunk_id=place.chunk_id,
        )


def source_markup(index: CourseIndex, pointed: Pointed, words: Words) -> Markup:
    """What the panel shows; it is told where a document or its words are gone."""
    document = index.records.documents.get(pointed.document_id)
    if document is None:
        return fill("source", words, kind="gone", document=None, pointed=pointed)
    if document.format in DRAWABLE and document.page_count:
        return _pages(index.records, document, pointed, words)
    shown = _note(index.records, document, pointed)
    unplaced = bool(pointed.quote) and "<mark>" not in shown
    return fill(
        "source", words, kind="note", document=document, pointed=pointed, note=shown,
        unplaced=unplaced,
    )  # fmt: skip


def _pages(records: Records, document: Document, pointed: Pointed, words: Words) -> Markup:
    place, unplaced = _place(records, document, pointed)
    boxes = [BoxShape.of(box).model_dump() for box in merge_boxes(place.boxes)]
    return fill(
        "source", words, kind="pages", document=document, pointed=pointed, page=place.page or 1,
        boxes=json.dumps(boxes), unplaced=unplaced,
    )  # fmt: skip


def _place(records: Records, document: Document, pointed: Pointed) -> tuple[Place, bool]:
    """Where the words are printed now, and whether they are missing."""
    if not (pointed.chunk_id or pointed.quote):
        return Place("", pointed.page, ()), False
    try:
        return find_place(records, document, pointed.chunk_id or "", pointed.quote or None), False
    except NotFound:
        last = document.page_count or 1
        return Place("", min(pointed.page or 1, last), ()), True


def _note(records: Records, document: Document, pointed: Pointed) -> Markup:
    text = written(records, document)
    if document.format == "text":
        return notes.render_plain(text, pointed.quote)
    return notes.render(text, pointed.quote, pointed.section)


def written(records: Records, document: Document) -> str:
    """A note as it is now; what was read from it where it has no text of its own."""
    file = Path(document.file)
    if document.format in _WRITTEN and file.is_file():
        return read_text(file).text
    return "\n\n".join(chunk.text for chunk in records.chunks_of(document.id))
