"""Search."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.services import TheAssistant
from app.batch import mode_named
from app.contract import SearchShape

router = APIRouter(prefix="/api", tags=["search"])


class SearchRequest(BaseModel):
    """What to find."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"query": "什么是反向传播？", "k": 5, "mode": "hybrid"}]},
    )

    query: str
    k: Annotated[int, Field(ge=1, le=100)] = 10
    mode: str = "hybrid"


@router.post("/search")
def search(request: SearchRequest, assistant: TheAssistant) -> SearchShape:
    """Find passages; ``mode`` is hybrid, dense or lexical."""
    return SearchShape.of(assistant.search(request.query, request.k, mode_named(request.mode)))
