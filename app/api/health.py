"""Is the service up, and what does it hold."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.services import TheServices
from app.status import status as look
from app.wiring import make_layout

router = APIRouter(prefix="/api", tags=["service"])


class Health(BaseModel):
    """``indexed`` is false until something was ingested."""

    status: str
    indexed: bool


@router.get("/health")
async def health(services: TheServices) -> Health:
    """Answers while the process lives; loads nothing, and waits for no thread."""
    return Health(status="ok", indexed=make_layout(services.settings).pointer.exists())


@router.get("/status")
def status(services: TheServices) -> dict[str, Any]:
    """Documents with their states, outlines with what is missing, and the index in use."""
    return look(services.settings)
