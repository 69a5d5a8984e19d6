"""Papers, and those related to them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from app import papers
from app.api.services import TheAssistant
from app.assistant import MOST_HITS
from app.contract import LineageShape, RelatedShape

router = APIRouter(prefix="/api/papers", tags=["papers"])
Limit = Annotated[int, Query(ge=1, le=MOST_HITS)]


class RelatedRequest(BaseModel):
    """A paper's id or title, a concept, or any words, in Chinese or English."""

    model_config = ConfigDict(extra="forbid")

    query: str
    k: int = 10


@router.get("")
def list_papers(assistant: TheAssistant, q: str = "") -> list[papers.PaperShape]:
    """Papers that the material names; with ``q`` all known ones that have it in title or names."""
    return papers.listed(assistant.index, q)


@router.post("/related")
def related_to(request: RelatedRequest, assistant: TheAssistant) -> RelatedShape:
    """Papers related to a query, each with its reasons."""
    return RelatedShape.of(assistant.related_papers(request.query, request.k))


@router.post("/timeline")
def timeline(request: RelatedRequest, assistant: TheAssistant) -> LineageShape:
    """Papers around a query by year, and who builds on whom."""
    return LineageShape.of(assistant.lineage(request.query, request.k))


@router.post("/order")
def reading_order(request: RelatedRequest, assistant: TheAssistant) -> LineageShape:
    """Papers around a query in an order to read them."""
    return LineageShape.of(assistant.lineage(request.query, request.k, to_read=True))


# The ids of old preprints have a slash in them.
@router.get("/{arxiv_id:path}/related")
def related(arxiv_id: str, assistant: TheAssistant, k: Limit = 10) -> RelatedShape:
    """Papers related to one, each with its reasons."""
    paper = assistant.index.papers.queries.paper(arxiv_id)
    return RelatedShape.of(assistant.related_papers(paper.id, k))


@router.get("/{arxiv_id:path}")
def paper(arxiv_id: str, assistant: TheAssistant) -> papers.PaperShape:
    """A paper and the documents that name it, with their words."""
    index = assistant.index
    return papers.paper_shape(index, index.papers.queries.paper(arxiv_id))
