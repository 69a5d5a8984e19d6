"""Questions that follow up on a conversation."""

from app.followups.focus import Said
from app.followups.resolving import resolve
from app.followups.telling import SIGNS, understood_as

__all__ = ["SIGNS", "Said", "resolve", "understood_as"]
