"""A completion as server-sent events."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

from app.api.errors import body_of
from app.api.openai_api.errors import error_shape
from app.api.openai_api.replies import Reply
from app.api.openai_api.shapes import Usage
from app.api.streams import data_line

_FAILED = 500  # what the status would have been


def events(
    identity: dict[str, Any],
    said: Generator[str | Reply, None, None],
    counted: Callable[[Reply], Usage] | None,
) -> Generator[str, None, None]:
    """The role, a chunk a sentence, the end with the sources, and the usage where it is wanted."""
    head = {**identity, "object": "chat.completion.chunk"}
    if counted is not None:
        head["usage"] = None
    with closing(said):
        try:
            yield _chunk(head, _choice({"role": "assistant", "content": ""}))
            for new in said:
                if isinstance(new, Reply):
                    yield _end(head, new)
                    if counted is not None:
                        yield _chunk(head, usage=counted(new).model_dump())
                else:
                    yield _chunk(head, _choice({"content": new})) if new else ""
            yield "data: [DONE]\n\n"
        except Exception as error:  # the status is sent already
            body = body_of(error)
            shape = error_shape(_FAILED, body.code, body.message, body.hint)
            yield data_line(shape.model_dump())


def _end(head: dict[str, Any], reply: Reply) -> str:
    sources = [one.model_dump() for one in reply.annotations]
    return _chunk(
        head,
        _choice({"annotations": sources} if sources else {}, "stop"),
        citations=[one.model_dump() for one in reply.citations],
        abstained=reply.abstained,
    )


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _chunk(head: dict[str, Any], *choices: dict[str, Any], **rest: Any) -> str:
    return data_line({**head, "choices": list(choices), **rest})
