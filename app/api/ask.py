"""Ask: one JSON answer, or server-sent events."""

from collections.abc import Generator
from contextlib import closing
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from app.api.errors import body_of
from app.api.services import TheChat
from app.api.streams import EventStream, answer_from, data_line
from app.contract import AnswerShape, CitationShape, SentenceShape
from app.model import Answer, Event, Piece

router = APIRouter(prefix="/api", tags=["ask"])

_EVENTS = {"text/event-stream": {"example": 'event: sentence\ndata: {"text": "…"}\n\n'}}


class AskRequest(BaseModel):
    """A question; with ``stream`` the answer comes as events."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"question": "什么是反向传播？"},
                {"question": "why is softmax paired with cross entropy", "stream": True},
                {"question": "有什么缺点？", "conversation_id": "9f8e7d6c5b4a3928"},
            ]
        },
    )

    question: str
    conversation_id: str | None = None
    k: Annotated[int, Field(ge=1, le=100)] = 8
    stream: bool = False
    llm: str | None = None


@router.post("/ask", response_model=AnswerShape, responses={200: {"content": _EVENTS}})
async def ask(request: AskRequest, http: Request, chat: TheChat) -> AnswerShape | EventStream:
    """Answer with cited sentences.

    Streaming sends the events ``citation`` and ``sentence`` in reading order as they are made, then
    ``done`` with the whole answer, which is the one that counts, or ``error``. ``llm`` is "none"
    for verbatim sentences; else the configured language model writes, if there is one. Work on an
    answer stops when the client leaves.

    With a ``conversation_id``, which POST /api/conversations gives, the question may lean on what
    was said before: ``resolved_question`` is how it was understood, and the answer is kept.
    """
    told = await run_in_threadpool(
        chat.stream, request.question, request.k, request.llm, request.conversation_id
    )
    if request.stream:
        return EventStream(_events(told))
    return AnswerShape.of(await answer_from(http, told))


def _events(told: Generator[Event, None, None]) -> Generator[str, None, None]:
    with closing(told):
        try:
            for event in told:
                yield _lines(event)
        except Exception as error:  # the status is sent already
            yield data_line({"error": body_of(error).model_dump()}, "error")


def _lines(event: Event) -> str:
    """What is sent of an event; nothing while there is nothing new."""
    if isinstance(event, Answer):
        return data_line(AnswerShape.of(event).model_dump(), "done")
    if not isinstance(event, Piece):
        return ""
    new = [data_line(CitationShape.of(one).model_dump(), "citation") for one in event.citations]
    return "".join((*new, data_line(SentenceShape.of(event.sentence).model_dump(), "sentence")))
