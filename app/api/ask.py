"""Ask: one JSON answer, or server-sent events."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from app.api.services import TheChat
from app.contract import AnswerShape

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
def ask(request: AskRequest, chat: TheChat) -> AnswerShape | StreamingResponse:
    """Answer with cited sentences.

    Streaming sends the events ``citation`` and ``sentence`` in reading order, then ``done`` with
    the whole answer. ``llm`` is "none" for verbatim sentences; else the configured language model
    writes, if there is one.

    With a ``conversation_id``, which POST /api/conversations gives, the question may lean on what
    was said before: ``resolved_question`` is how it was understood, and the answer is kept.
    """
    asked = chat.ask(request.question, request.k, request.llm, request.conversation_id)
    answer = AnswerShape.of(asked)
    if request.stream:
        return StreamingResponse(_events(answer), media_type="text/event-stream")
    return answer


def _events(answer: AnswerShape) -> Iterator[str]:
    sent: set[int] = set()
    by_number = {citation.n: citation for citation in answer.citations}
    for sentence in answer.sentences:
        for number in sentence.citations:
            if number not in sent:
                sent.add(number)
                yield _event("citation", by_number[number].model_dump())
        yield _event("sentence", sentence.model_dump())
    yield _event("done", answer.model_dump())


def _event(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
