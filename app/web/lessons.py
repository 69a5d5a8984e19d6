"""The lessons: the outline with what was read, and each lesson with its concepts and questions."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup
from nicegui import ui
from starlette.requests import Request

from app.api.documents import find_document
from app.api.services import Services
from app.lessons import LessonDetail, LessonShape, OutlineShape, Row, lesson_detail, lesson_rows
from app.web import notes
from app.web.naming import name_of
from app.web.pointing import show_source
from app.web.rendering import fill
from app.web.shell import PAGE_SECONDS, Frame, fill_in, frame, html, on, told_of
from app.web.source import Pointed, written
from app.web.words import Words
from index.course_index import CourseIndex
from ingest.errors import CourseError
from ingest.model import Document
from ingest.outlines import outlines, top_first
from ingest.readers.page_image import DRAWABLE

_MOST_CONCEPTS = 14


@dataclass(frozen=True, slots=True)
class Reading:
    """A lesson as it is read; ``note`` is None where its pages are shown instead."""

    document: Document
    note: Markup | None
    headings: Sequence[notes.Heading]
    concepts: Sequence[tuple[str, str]]
    detail: LessonDetail | None
    before: Row | None
    after: Row | None


def add_lessons(services: Services) -> None:
    """The pages of the lessons."""

    @ui.page("/lessons", response_timeout=PAGE_SECONDS)
    async def lessons(request: Request) -> None:
        with frame(request, "lessons") as parts:
            await fill_in(parts.words, lambda: _listed(services, parts.words), "reading")

    @ui.page("/lesson/{document_id}", response_timeout=PAGE_SECONDS)
    async def lesson(request: Request, document_id: str) -> None:
        with frame(request, "lessons") as parts:
            reading = await run_in_threadpool(_reading, services, document_id, parts.words)
            html(fill("lesson", parts.words, one=reading), "reading wider")
            _listen(services, parts, reading.document)


def _listed(services: Services, words: Words) -> Markup:
    try:
        return fill("lessons", words, outlines=_outlines(services), error=None)
    except CourseError as error:
        return fill("lessons", words, outlines=(), error=told_of(error, words))


def _listen(services: Services, parts: Frame, document: Document) -> None:
    async def cite(page: str, _: str) -> None:
        pointed = Pointed(document.id, document.title, page=int(page) if page else None)
        await show_source(parts, services.assistant.index, pointed)

    on("cite", cite, parts.words)


def _outlines(services: Services) -> list[tuple[OutlineShape, dict[str, list[LessonShape]]]]:
    """Each outline with its lessons by group; one that repeats another's lessons is left out."""
    found = top_first(outlines(services.assistant.index.records.documents.values()))
    shown = []
    seen: set[tuple[str, str]] = set()
    for outline in found:
        keys = {(outline.catalogue.collection, lesson.target) for lesson in outline.lessons}
        if keys <= seen:
            continue
        seen |= keys
        groups: dict[str, list[LessonShape]] = defaultdict(list)
        for lesson in OutlineShape.of(outline).lessons:
            groups[lesson.group[-1] if lesson.group else ""].append(lesson)
        shown.append((OutlineShape.of(outline), dict(groups)))
    return shown


def _reading(services: Services, document_id: str, words: Words) -> Reading:
    index = services.assistant.index
    document = find_document(index.records, document_id)
    rows = [row for row in lesson_rows(index) if row.lesson.document is not None]
    here = next((place for place, row in enumerate(rows) if row.lesson.document == document), None)
    note, headings = _note(index, document)
    return Reading(
        document=document,
        note=note,
        headings=[heading for heading in headings if 1 < heading.level <= 3],  # noqa: PLR2004
        concepts=[(one, name_of(index.graph.concepts[one], words))
                  for one in told_mainly(index, document.id)],
        detail=lesson_detail(index, rows[here], services.settings.corpus_file)
        if here is not None else None,
        before=rows[here - 1] if here else None,
        after=rows[here + 1] if here is not None and here + 1 < len(rows) else None,
    )  # fmt: skip


def _note(index: CourseIndex, document: Document) -> tuple[Markup | None, list[notes.Heading]]:
    if document.format in DRAWABLE and document.page_count:
        return None, []
    text = written(index.records, document)
    if document.format == "text":
        return notes.render_plain(text), []
    addresses = _addresses(index.records.documents.values(), document)
    return notes.render_whole(text, addresses.get)


def _addresses(documents: Iterable[Document], here: Document) -> dict[str, str]:
    """Where the links of a note to other documents of its collection lead."""
    folder = posixpath.dirname(here.path)
    found = {}
    for document in documents:
        if document.collection == here.collection:
            relative = posixpath.relpath(document.path, folder or ".")
            for spelling in (relative, f"./{relative}"):
                found[spelling] = f"/lesson/{document.id}"
    return found


def told_mainly(index: CourseIndex, document_id: str) -> list[str]:
    """The concepts that a document tells most of, those that tell it from others first."""
    weights: dict[str, float] = defaultdict(float)
    _, documents = index.records.chunk_ids()
    for row, document in enumerate(documents):
        if document == document_id:
            for concept, weight in index.graph.told(row).items():
                weights[concept] += weight
    order = sorted(weights, key=lambda concept: (-weights[concept], concept))
    return order[:_MOST_CONCEPTS]
