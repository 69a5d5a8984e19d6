"""A completion as server-sent events."""

import json
from collections.abc import Iterator
from typing import Any

from app.api.openai_api.replies import Reply
from app.api.openai_api.shapes import Completion


def events(whole: Completion, reply: Reply, with_usage: bool) -> Iterator[str]:
    """The role, a chunk a piece, the end with the sources, and the usage where it is wanted."""
    head: dict[str, Any] = {
        "id": whole.id,
        "object": "chat.completion.chunk",
        "created": whole.created,
        "model": whole.model,
    }
    if with_usage:
        head["usage"] = None
    yield _event(head, choices=[_choice({"role": "assistant", "content": ""})])
    for piece in reply.pieces:
        yield _event(head, choices=[_choice({"content": piece})])
    sources = [one.model_dump() for one in reply.annotations]
    yield _event(
        head,
        choices=[_choice({"annotations": sources} if sources else {}, "stop")],
        citations=[one.model_dump() for one in reply.citations],
        abstained=reply.abstained,
    )
    if with_usage:
        yield _event(head, choices=[], usage=whole.usage.model_dump())
    yield "data: [DONE]\n\n"


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _event(head: dict[str, Any], **rest: Any) -> str:
    return f"data: {json.dumps(head | rest, ensure_ascii=False)}\n\n"
