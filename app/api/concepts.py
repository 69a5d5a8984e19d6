"""Concepts, what to learn before them, and the graph around them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app import concepts
from app.api.services import TheAssistant

router = APIRouter(prefix="/api", tags=["concepts"])


@router.get("/concepts")
def search_concepts(assistant: TheAssistant, q: str = "") -> list[dict[str, Any]]:
    """Concepts with ``q`` in one of their names, those most told of first."""
    return concepts.listed(assistant.index, q)


@router.get("/concepts/{concept_id}")
def concept(concept_id: str, assistant: TheAssistant) -> dict[str, Any]:
    """A concept with its definition, places and relations, each with its evidence."""
    index = assistant.index
    return concepts.concept_shape(index, concepts.resolve(index, concept_id))


@router.get("/concepts/{concept_id}/path")
def path(concept_id: str, assistant: TheAssistant) -> dict[str, Any]:
    """What to learn before a concept, in order."""
    index = assistant.index
    return concepts.path_shape(index, concepts.resolve(index, concept_id))


@router.get("/graph")
def graph(
    assistant: TheAssistant, center: str, depth: Annotated[int, Query(ge=0, le=4)] = 1
) -> dict[str, Any]:
    """Concepts around one, and the relations among them."""
    return concepts.neighbourhood(assistant.index, center, depth)
