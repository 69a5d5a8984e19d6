"""The course outline with what is indexed."""

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.services import TheAssistant
from index.errors import NoIndex
from ingest.outlines import Lesson, outlines

router = APIRouter(prefix="/api", tags=["lessons"])


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


@router.get("/lessons")
def lessons(assistant: TheAssistant) -> list[OutlineShape]:
    """Every outline that was found, in order, with what is present and what is missing."""
    try:
        documents = assistant.index.records.documents.values()
    except NoIndex:
        return []
    return [
        OutlineShape(
            document=outline.catalogue.path,
            document_id=outline.catalogue.id,
            collection=outline.catalogue.collection,
            title=outline.catalogue.title,
            missing=outline.missing,
            lessons=[LessonShape.of(lesson) for lesson in outline.lessons],
        )
        for outline in outlines(documents)
    ]
