"""Lessons of the outlines: which are there, and what each of them holds."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from pydantic import BaseModel

from app.errors import BadRequest, NotFound
from index.course_index import CourseIndex
from ingest.corpus import Corpus
from ingest.model import (
    Definition,
    Document,
    Formula,
    LessonItem,
    Question,
    Reference,
    Section,
)
from ingest.outlines import Lesson, Outline, outlines

_NUMBER = re.compile(r"\s*(?:lesson|第)?\s*(\d{1,4})\s*(?:课|节|讲)?\s*", re.IGNORECASE)
_MOST_NAMED = 60  # lessons that an error names


class LessonShape(BaseModel):
    """A row of the outline; ``state`` is missing when the file is not there."""

    number: int | None
    title: str
    group: list[str]
    description: str
    difficulty: int | None
    priority: str
    target: str
    state: str
    document_id: str | None

    @classmethod
    def of(cls, lesson: Lesson) -> "LessonShape":
        """From a record."""
        entry = lesson.entry
        return cls(
            number=entry.number,
            title=entry.title,
            group=list(entry.group),
            description=entry.description,
            difficulty=entry.difficulty,
            priority=entry.priority,
            target=lesson.target,
            state=lesson.state,
            document_id=lesson.document.id if lesson.document else None,
        )


class OutlineShape(BaseModel):
    """A catalogue: its one-line descriptions are its author's and never evidence."""

    document: str
    document_id: str
    collection: str
    title: str
    missing: int
    lessons: list[LessonShape]

    @classmethod
    def of(cls, outline: Outline) -> "OutlineShape":
        """From a record."""
        return cls(
            document=outline.catalogue.path,
            document_id=outline.catalogue.id,
            collection=outline.catalogue.collection,
            title=outline.catalogue.title,
            missing=outline.missing,
            lessons=[LessonShape.of(lesson) for lesson in outline.lessons],
        )


class HeadingShape(BaseModel):
    """A heading of a lesson, with those above it."""

    section: list[str]
    page: int | None


class _Place(TypedDict):
    section: list[str]
    page: int | None


class ItemShape(HeadingShape):
    """A verbatim span of the lesson's document, and where it stands."""

    quote: str


class DefinitionShape(ItemShape):
    """A term and the sentence that defines it."""

    term: str


class QuestionShape(ItemShape):
    """A question (the quote) and what the lesson answers; an exercise may have no answer."""

    answer: str


class ReferenceShape(ItemShape):
    """An entry of the reference list."""

    title: str | None
    url: str | None
    arxiv_id: str | None


class LessonDetail(BaseModel):
    """A lesson, the outline it stands in, and what its template sections hold."""

    lesson: LessonShape
    outline: str
    collection: str
    document: str | None
    sections: list[HeadingShape]
    definitions: list[DefinitionShape]
    formulas: list[ItemShape]
    questions: list[QuestionShape]
    references: list[ReferenceShape]


@dataclass(frozen=True, slots=True)
class Row:
    """A lesson and the catalogue that lists it."""

    catalogue: Document
    lesson: Lesson

    @property
    def name(self) -> str:
        """What a person calls it."""
        number, title = self.lesson.entry.number, self.lesson.entry.title
        is_told = number is None or re.search(rf"(?<!\d)0*{number}(?!\d)", title)
        return title if is_told else f"{number} {title}"

    def titles(self) -> set[str]:
        """Everything that names it as a whole, case aside."""
        document = self.lesson.document
        names = [self.lesson.entry.title, self.name, self.lesson.target]
        return {name.casefold() for name in [*names, *([document.title] if document else [])]}


def find_lesson(index: CourseIndex, wanted: int | str) -> Row:
    """The lesson of a number, title or path; raises NotFound with all of them, or BadRequest."""
    rows = lesson_rows(index)
    if not rows:
        hint = "Lessons are those that a README lists; search and ask work without."
        raise NotFound("the material has no course outline", hint)
    words = str(wanted).strip().casefold()
    number = _NUMBER.fullmatch(words)
    if number is not None:
        found = [row for row in rows if row.lesson.entry.number == int(number[1])]
    else:
        found = [row for row in rows if words in row.titles()]
        found = found or [row for row in rows if any(words in title for title in row.titles())]
    if not found:
        raise NotFound(f"no lesson {wanted!r} in the outline", f"There are: {_named(rows)}")
    if len(found) > 1:
        places = "; ".join(row.lesson.target for row in found[:_MOST_NAMED])
        raise BadRequest(f"{len(found)} lessons fit {wanted!r}", f"Give one of: {places}")
    return found[0]


def lesson_detail(index: CourseIndex, row: Row, corpus_file: Path) -> LessonDetail:
    """What a lesson holds; a missing one holds nothing."""
    document = row.lesson.document
    sections = {s.id: s for s in index.records.sections_of(document.id)} if document else {}
    items = _items(document, corpus_file) if document else []
    # What a running ingest has read since is not of the generation in use.
    items = [item for item in items if item.section_id in sections]
    return LessonDetail(
        lesson=LessonShape.of(row.lesson),
        outline=row.catalogue.path,
        collection=row.catalogue.collection,
        document=document.path if document else None,
        sections=[HeadingShape(section=list(s.path), page=s.page) for s in sections.values()],
        definitions=[
            DefinitionShape(term=item.term, quote=item.text, **_place(item, sections))
            for item in items
            if isinstance(item, Definition)
        ],
        formulas=[
            ItemShape(quote=item.text, **_place(item, sections))
            for item in items
            if isinstance(item, Formula)
        ],
        questions=[
            QuestionShape(quote=item.text, answer=item.answer, **_place(item, sections))
            for item in items
            if isinstance(item, Question)
        ],
        references=[_reference(item, sections) for item in items if isinstance(item, Reference)],
    )


def lesson_rows(index: CourseIndex) -> list[Row]:
    """Each lesson once, in order: a stage's own outline lists those of the whole course again."""
    rows: dict[tuple[str, str], Row] = {}
    for outline in outlines(index.records.documents.values()):
        for lesson in outline.lessons:
            key = outline.catalogue.collection, lesson.target
            rows.setdefault(key, Row(outline.catalogue, lesson))
    return list(rows.values())


def _named(rows: Iterable[Row]) -> str:
    names = [row.name for row in rows]
    more = len(names) - _MOST_NAMED
    return "; ".join(names[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _items(document: Document, corpus_file: Path) -> list[LessonItem]:
    if not corpus_file.exists():
        return []
    with Corpus(corpus_file) as corpus:
        return corpus.lesson_items(document.id)


def _place(item: LessonItem, sections: Mapping[str, Section]) -> _Place:
    return _Place(section=list(sections[item.section_id].path), page=item.page)


def _reference(item: Reference, sections: Mapping[str, Section]) -> ReferenceShape:
    return ReferenceShape(
        title=item.title or None,
        url=item.target or None,
        arxiv_id=item.arxiv_id or None,
        quote=item.text,
        **_place(item, sections),
    )
