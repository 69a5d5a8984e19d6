"""The course outline with what is indexed."""

from fastapi import APIRouter

from app.api.services import TheAssistant
from app.lessons import OutlineShape
from index.errors import NoIndex
from ingest.outlines import outlines

router = APIRouter(prefix="/api", tags=["lessons"])


@router.get("/lessons")
def lessons(assistant: TheAssistant) -> list[OutlineShape]:
    """Every outline that was found, in order, with what is present and what is missing."""
    try:
        documents = assistant.index.records.documents.values()
    except NoIndex:
        return []
    return [OutlineShape.of(outline) for outline in outlines(documents)]
