"""Conversations: begun, listed, read, renamed, exported, forgotten."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from app.api.services import TheChat
from app.conversations.export import markdown
from app.conversations.store import ConversationDetail, ConversationShape

router = APIRouter(prefix="/api/conversations", tags=["conversations"])

_MARKDOWN: dict[int | str, dict[str, Any]] = {200: {"content": {"text/markdown": {}}}}


class NewConversation(BaseModel):
    """What a conversation begins with; its first question gives it a title if this does not."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = None


class ConversationChange(BaseModel):
    """What of a conversation can be changed."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"title": "PPO 与 DPO"}]}
    )

    title: Annotated[str, Field(description="1 to 200 characters.")]


@router.post("", status_code=201)
def begin(chat: TheChat, new: NewConversation | None = None) -> ConversationShape:
    """Begin a conversation; POST /api/ask goes on with it by its ``id``."""
    return chat.store.begin(new.title if new else None)


@router.get("")
def conversations(chat: TheChat) -> list[ConversationShape]:
    """All conversations, the one that went on last first."""
    return chat.store.all()


@router.get("/{conversation_id}")
def conversation(conversation_id: str, chat: TheChat) -> ConversationDetail:
    """A conversation with its questions and the answers as they were given."""
    return chat.store.get(conversation_id)


@router.patch("/{conversation_id}")
def rename(conversation_id: str, change: ConversationChange, chat: TheChat) -> ConversationDetail:
    """Give a conversation another title."""
    chat.store.rename(conversation_id, change.title)
    return chat.store.get(conversation_id)


@router.delete("/{conversation_id}", status_code=204)
def forget(conversation_id: str, chat: TheChat) -> Response:
    """Forget a conversation with all that was asked and answered in it."""
    chat.store.delete(conversation_id)
    return Response(status_code=204)


@router.get("/{conversation_id}/export", response_class=PlainTextResponse, responses=_MARKDOWN)
def export(conversation_id: str, chat: TheChat) -> PlainTextResponse:
    """A conversation as Markdown, its citations as numbered notes at the end."""
    text = markdown(chat.store.get(conversation_id))
    name = f'attachment; filename="conversation-{conversation_id}.md"'
    return PlainTextResponse(
        text, media_type="text/markdown", headers={"Content-Disposition": name}
    )
