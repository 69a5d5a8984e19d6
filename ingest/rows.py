"""Records to stored values and back, for the corpus and for index generations."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ingest.model import (
    Box,
    CatalogueEntry,
    Chunk,
    Definition,
    Document,
    DocumentKind,
    DocumentState,
    Formula,
    Language,
    LessonItem,
    Link,
    Notice,
    Question,
    Reference,
    Section,
    SectionKind,
    Span,
)

_LESSON_ITEMS: dict[str, type[LessonItem]] = {
    "definition": Definition,
    "formula": Formula,
    "question": Question,
    "reference": Reference,
}
_ITEM_KINDS = {item: kind for kind, item in _LESSON_ITEMS.items()}


def document_row(document: Document) -> dict[str, object]:
    """Values of a document, ready for JSON."""
    row = asdict(document)
    row.update(kind=document.kind.value, state=document.state.value)
    row.update(language=document.language.value, metadata=_json_safe(document.metadata))
    return row


def document_from(stored: Mapping[Any, Any]) -> Document:
    """Make a document of its stored values."""
    values = dict(stored)
    values["kind"] = DocumentKind(values["kind"])
    values["state"] = DocumentState(values["state"])
    values["language"] = Language(values["language"])
    values["notices"] = tuple(
        Notice(n["code"], n["message"], tuple(n["pages"])) for n in values["notices"]
    )
    values["entries"] = tuple(
        CatalogueEntry(**{**e, "group": tuple(e["group"])}) for e in values["entries"]
    )
    values["links"] = tuple(Link(**link) for link in values["links"])
    return Document(**values)


def section_row(section: Section) -> dict[str, object]:
    """Values of a section, ready for JSON."""
    return {**asdict(section), "path": list(section.path), "kind": section.kind.value}


def chunk_row(chunk: Chunk) -> dict[str, object]:
    """Values of a chunk, ready for JSON."""
    return {
        "id": chunk.id,
        "document_id": chunk.document_id,
        "section_id": chunk.section_id,
        "ordinal": chunk.ordinal,
        "section": list(chunk.section),
        "text": chunk.text,
        "language": chunk.language.value,
        "spans": _pack_spans(chunk.spans),
    }


def chunk_from(stored: Mapping[Any, Any]) -> Chunk:
    """Make a chunk of its stored values."""
    values = dict(stored)
    values["section"] = tuple(values["section"])
    values["language"] = Language(values["language"])
    values["spans"] = _unpack_spans(values["spans"])
    return Chunk(**values)


def _pack_spans(spans: Iterable[Span]) -> list[list[float]]:
    """Spans as plain lists ``[start, end, page, x0, y0, x1, y1]``, with a confidence if any."""
    return [
        [s.start, s.end, s.box.page]
        + [round(edge, 2) for edge in (s.box.x0, s.box.y0, s.box.x1, s.box.y1)]
        + ([] if s.confidence is None else [round(s.confidence, 3)])
        for s in spans
    ]


def _unpack_spans(rows: Iterable[Sequence[float]]) -> tuple[Span, ...]:
    """The reverse of ``_pack_spans``."""
    return tuple(Span(int(r[0]), int(r[1]), Box(int(r[2]), *r[3:7]), *r[7:]) for r in rows)


def section_from(stored: Mapping[Any, Any]) -> Section:
    """Make a section of its stored values."""
    kind = SectionKind(stored["kind"])
    return Section(**{**stored, "path": tuple(stored["path"]), "kind": kind})


def lesson_item_row(item: LessonItem, ordinal: int) -> dict[str, object]:
    """Values of the n-th lesson item of a document, ready for JSON."""
    kind = _ITEM_KINDS[type(item)]
    place = {"document_id": item.document_id, "ordinal": ordinal}
    return {**place, "kind": kind, "item": asdict(item)}


def lesson_item_from(stored: Mapping[Any, Any]) -> LessonItem:
    """Make a lesson item of its stored values."""
    return _LESSON_ITEMS[stored["kind"]](**stored["item"])


def _json_safe(metadata: Mapping[str, object]) -> dict[str, object]:
    """Front matter as JSON values; dates and the like become text."""
    safe: dict[str, object] = json.loads(json.dumps(dict(metadata), default=str))
    return safe
