"""Documents: what is there, the files themselves, and pages as pictures."""

from functools import lru_cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from pydantic import BaseModel

from app.api.services import TheAssistant
from app.errors import DocumentChanged, NotFound
from app.places import Place, find_place
from index.errors import NoIndex
from index.records import Records
from ingest.ids import file_digest
from ingest.isolation import run_isolated
from ingest.model import Box, Document
from ingest.readers.encoding import read_text
from ingest.readers.page_image import DRAWABLE, render_page

router = APIRouter(prefix="/api/documents", tags=["documents"])

_TEXT_MEDIA = {"markdown": "text/markdown", "text": "text/plain"}
_NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
_RENDER_SECONDS = 30.0
_RENDER_BYTES = 2 * 1024**3
_KEPT_PICTURES = 64
# Each picture takes a process and memory of its own.
_rendering = BoundedSemaphore(2)


class DocumentShape(BaseModel):
    """A document in the index."""

    id: str
    document: str
    collection: str
    title: str
    format: str
    kind: str
    state: str
    reason: str | None
    pages: int | None
    page_images: bool
    language: str

    @classmethod
    def of(cls, document: Document) -> "DocumentShape":
        """From a record."""
        return cls(
            id=document.id,
            document=document.path,
            collection=document.collection,
            title=document.title,
            format=document.format,
            kind=str(document.kind),
            state=str(document.state),
            reason=document.reason or None,
            pages=document.page_count,
            page_images=document.format in DRAWABLE,
            language=str(document.language),
        )


class SectionShape(BaseModel):
    """A heading of a document."""

    id: str
    level: int
    path: list[str]
    page: int | None


class DocumentDetail(DocumentShape):
    """A document with its headings and notices."""

    sections: list[SectionShape]
    notices: list[str]
    chunks: list[str]


@router.get("")
def documents(assistant: TheAssistant) -> list[DocumentShape]:
    """All documents of the index in use, failed ones included."""
    try:
        found = assistant.index.records.documents.values()
    except NoIndex:
        return []
    return [DocumentShape.of(d) for d in sorted(found, key=lambda d: (d.collection, d.path))]


@router.get("/{document_id}")
def document(document_id: str, assistant: TheAssistant) -> DocumentDetail:
    """One document with its headings and the ids of its passages."""
    records = assistant.index.records
    found = find_document(records, document_id)
    return DocumentDetail(
        **DocumentShape.of(found).model_dump(),
        sections=[
            SectionShape(id=s.id, level=s.level, path=list(s.path), page=s.page)
            for s in records.sections_of(document_id)
        ],
        notices=[notice.message for notice in found.notices],
        chunks=[chunk.id for chunk in records.chunks_of(document_id)],
    )


@router.get("/{document_id}/file", response_class=Response)
def file(document_id: str, assistant: TheAssistant) -> Response:
    """The file as it was ingested, notes in UTF-8; 409 when it has changed since."""
    path = _unchanged(found := find_document(assistant.index.records, document_id))
    if found.format in _TEXT_MEDIA:
        media = f"{_TEXT_MEDIA[found.format]}; charset=utf-8"
        return Response(read_text(path).text, media_type=media, headers=_NO_SNIFFING)
    return FileResponse(
        path,
        media_type="application/pdf" if found.format == "pdf" else "application/octet-stream",
        filename=Path(found.path).name,
        content_disposition_type="inline",
        headers=_NO_SNIFFING,
    )


@router.get("/{document_id}/text", response_class=PlainTextResponse)
def text(document_id: str, assistant: TheAssistant) -> PlainTextResponse:
    """What was read from a document, passage by passage: for kinds that a browser can't show."""
    records = assistant.index.records
    find_document(records, document_id)
    passages = (chunk.text for chunk in records.chunks_of(document_id))
    return PlainTextResponse("\n\n".join(passages), headers=_NO_SNIFFING)


@router.get(
    "/{document_id}/pages/{page}.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
def page_image(
    document_id: str,
    page: int,
    assistant: TheAssistant,
    highlight: Annotated[str | None, Query(description="Chunk whose place is marked.")] = None,
    quote: Annotated[str | None, Query(description="Only this part of the chunk.")] = None,
    dpi: Annotated[int, Query(ge=40, le=300)] = 110,
) -> Response:
    """A page as a picture, with a passage or one quote of it highlighted.

    Where the passage is gone, since the document has changed, its quote is looked for; if it stands
    on another page now, the answer leads there.
    """
    records = assistant.index.records
    found = find_document(records, document_id)
    if found.format not in DRAWABLE or found.page_count is None:
        raise NotFound(f"{found.path} has no pages to show", "GET its /text or its /file.")
    place = find_place(records, found, highlight, quote) if highlight else None
    if place is not None and place.chunk_id != highlight and place.page != page:
        return RedirectResponse(_moved_to(place, quote, dpi))
    if not 1 <= page <= found.page_count:
        raise NotFound(f"{found.path} has {found.page_count} pages, not {page}")
    picture = _drawn(_unchanged(found), found.sha256, page, place.boxes if place else (), dpi)
    return Response(picture, media_type="image/png", headers={"Cache-Control": "no-store"})


def find_document(records: Records, document_id: str) -> Document:
    """A document by id; raises NotFound."""
    found = records.documents.get(document_id)
    if found is None:
        message = f"no document {document_id}: it was removed, or never was there"
        raise NotFound(message, "GET /api/documents lists them.")
    return found


def _moved_to(place: Place, quote: str | None, dpi: int) -> str:
    """The address of another page, beside the one that was asked for."""
    marked = urlencode({"highlight": place.chunk_id, "quote": quote or "", "dpi": dpi})
    return f"{place.page}.png?{marked}"


def _unchanged(document: Document) -> Path:
    path = Path(document.file)
    try:
        found = path.stat()
    except OSError as error:
        raise NotFound(f"{document.path}: {error.strerror}", "Ingest its folder again.") from error
    if _digest(path, found.st_mtime_ns, found.st_size) != document.sha256:
        hint = "Run `coursegraph ingest` on it; then ask again."
        raise DocumentChanged(f"{document.path} has changed since it was indexed", hint)
    return path


@lru_cache(maxsize=_KEPT_PICTURES)
def _drawn(file: Path, _digest: str, page: int, boxes: tuple[Box, ...], dpi: int) -> bytes:
    """A page as a picture; those that were looked at last are kept."""
    with _rendering:
        return run_isolated(render_page, (file, page, boxes, dpi), _RENDER_SECONDS, _RENDER_BYTES)


@lru_cache(maxsize=1024)
def _digest(path: Path, _modified: int, _size: int) -> str:
    return file_digest(path)
