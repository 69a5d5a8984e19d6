"""Chat completions and models, for clients and front ends that speak OpenAI's interface."""

import time
from collections.abc import Generator
from functools import partial
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from app.api.openai_api.errors import PREFIX, OpenAIErrorShape
from app.api.openai_api.questions import question_in, said_before
from app.api.openai_api.replies import Reply, reply_to, saying
from app.api.openai_api.shapes import (
    ChatRequest,
    Choice,
    Completion,
    ModelList,
    ModelShape,
    ReplyMessage,
    Usage,
)
from app.api.openai_api.streaming import events
from app.api.openai_api.tasks import Task, fulfilled, task_in
from app.api.services import TheAssistant, TheChat
from app.api.streams import EventStream, answer_from
from app.assistant import NO_MODEL, Assistant
from app.conversations.chat import Chat
from app.errors import UnknownModel
from app.model import Event
from ingest.model import Language
from ingest.text import language_of

_WRONG: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": OpenAIErrorShape},
    "5XX": {"model": OpenAIErrorShape},
}
router = APIRouter(prefix=PREFIX.rstrip("/"), tags=["openai"], responses=_WRONG)

_MODEL = "coursegraph"
_VERBATIM = "coursegraph-verbatim"
_CREATED = 1_767_225_600  # clients want a date; ours have none of their own
_EVENTS = {"text/event-stream": {"example": 'data: {"object": "chat.completion.chunk"}\n\n'}}
_BYTES_PER_TOKEN = 4


@router.get("/models")
def models(assistant: TheAssistant) -> ModelList:
    """The models that can be asked.

    ``coursegraph`` answers as configured; with a language model ``coursegraph-verbatim`` answers
    without it.
    """
    return ModelList(data=[ModelShape(id=name, created=_CREATED) for name in _names(assistant)])


@router.get("/models/{model_id}")
def model(model_id: str, assistant: TheAssistant) -> ModelShape:
    """One model."""
    return ModelShape(id=_known(model_id, assistant), created=_CREATED)


@router.post("/chat/completions", response_model=Completion, responses={200: {"content": _EVENTS}})
async def chat(request: ChatRequest, http: Request, memory: TheChat) -> Completion | EventStream:
    """Answer the last user message, which may lean on those before it, with cited sentences.

    ``citations`` is in the completion and its message, or in the chunk of a stream that ends the
    message. Where the material does not say, ``abstained`` is true. Work on an answer stops when
    the client leaves.
    """
    identity = {
        "id": f"chatcmpl-{uuid4().hex}",
        "created": int(time.time()),
        "model": _known(request.model, memory.assistant),
    }
    task = task_in(request.asked, request.messages)
    if task is not None:
        reply = Reply(await run_in_threadpool(_fulfilled, task, memory.assistant))
        if request.stream:
            return _stream(identity, request, (part for part in (reply.text, reply)))
        return _completion(identity, request, reply)
    told = await run_in_threadpool(_told, request, memory)
    server = str(http.base_url)
    if request.stream:
        return _stream(identity, request, saying(told, server))
    return _completion(identity, request, reply_to(await answer_from(http, told), server))


def _told(request: ChatRequest, memory: Chat) -> Generator[Event, None, None]:
    """The answer while it is made; what a client was sent in a stream stays."""
    llm = NO_MODEL if request.model == _VERBATIM else None
    history = said_before(request.messages, memory.assistant.index)
    question = question_in(request.asked)
    return memory.stream_after(history, question, llm=llm, keep=bool(request.stream))


def _stream(
    identity: dict[str, Any], request: ChatRequest, said: Generator[str | Reply, None, None]
) -> EventStream:
    counted = partial(_usage, request) if request.counts_tokens else None
    return EventStream(events(identity, said, counted))


def _completion(identity: dict[str, Any], request: ChatRequest, reply: Reply) -> Completion:
    message = ReplyMessage(
        content=reply.text,
        annotations=list(reply.annotations),
        citations=list(reply.citations),
        abstained=reply.abstained,
    )
    return Completion(
        **identity,
        choices=[Choice(message=message)],
        usage=_usage(request, reply),
        citations=message.citations,
        abstained=reply.abstained,
    )


def _fulfilled(task: Task, assistant: Assistant) -> str:
    return fulfilled(task, _concepts(assistant, task.question))


def _names(assistant: Assistant) -> tuple[str, ...]:
    return (_MODEL,) if assistant.model is None else (_MODEL, _VERBATIM)


def _known(name: str, assistant: Assistant) -> str:
    names = _names(assistant)
    if name not in names:
        raise UnknownModel(f"the model {name!r} does not exist", f"Known: {', '.join(names)}.")
    return name


def _concepts(assistant: Assistant, question: str) -> list[str]:
    """The concepts that a question names, by their names in its language."""
    graph = assistant.index.graph
    named = [graph.concepts[found] for found in graph.named(question)]
    english = language_of(question) is Language.EN
    return [found.name_en or found.name if english else found.name for found in named]


def _usage(request: ChatRequest, reply: Reply) -> Usage:
    asked = sum(_tokens(message.text) for message in request.messages)
    answered = _tokens(reply.text)
    return Usage(prompt_tokens=asked, completion_tokens=answered, total_tokens=asked + answered)


def _tokens(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN)
