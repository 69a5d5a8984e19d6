"""Chat completions and models, for clients and front ends that speak OpenAI's interface."""

import time
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from app.api.openai_api.errors import PREFIX, OpenAIErrorShape
from app.api.openai_api.questions import question_in, said_before
from app.api.openai_api.replies import Reply, reply_to
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
from app.api.openai_api.tasks import fulfilled, task_in
from app.api.services import TheChat
from app.assistant import Assistant
from app.conversations.chat import Chat
from app.errors import UnknownModel
from ingest.model import Language
from ingest.text import language_of

_WRONG: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": OpenAIErrorShape},
    "5XX": {"model": OpenAIErrorShape},
}
router = APIRouter(prefix=PREFIX.rstrip("/"), tags=["openai"], responses=_WRONG)

_MODELS = ("coursegraph",)
_CREATED = 1_767_225_600  # clients want a date; ours have none of their own
_EVENTS = {"text/event-stream": {"example": 'data: {"object": "chat.completion.chunk"}\n\n'}}
_BYTES_PER_TOKEN = 4


@router.get("/models")
def models() -> ModelList:
    """The models that can be asked: ``coursegraph`` answers with verbatim sentences."""
    return ModelList(data=[ModelShape(id=name, created=_CREATED) for name in _MODELS])


@router.get("/models/{model_id}")
def model(model_id: str) -> ModelShape:
    """One model."""
    return ModelShape(id=_known(model_id), created=_CREATED)


@router.post("/chat/completions", response_model=Completion, responses={200: {"content": _EVENTS}})
def chat(request: ChatRequest, http: Request, memory: TheChat) -> Completion | StreamingResponse:
    """Answer the last user message, which may lean on those before it, with cited sentences.

    ``citations`` is in the completion and its message, or in the chunk of a stream that ends the
    message. Where the material does not say, ``abstained`` is true.
    """
    _known(request.model)
    reply = _reply(request, memory, str(http.base_url))
    empty = Completion(
        id=f"chatcmpl-{uuid4().hex}",
        created=int(time.time()),
        model=request.model,
        choices=[],
        usage=_usage(request, reply),
        citations=list(reply.citations),
        abstained=reply.abstained,
    )
    if request.stream:
        chunks = events(empty, reply, request.counts_tokens)
        return StreamingResponse(chunks, media_type="text/event-stream")
    message = ReplyMessage(
        content=reply.text,
        annotations=list(reply.annotations),
        citations=empty.citations,
        abstained=reply.abstained,
    )
    return empty.model_copy(update={"choices": [Choice(message=message)]})


def _known(name: str) -> str:
    if name not in _MODELS:
        raise UnknownModel(f"the model {name!r} does not exist", f"Known: {', '.join(_MODELS)}.")
    return name


def _reply(request: ChatRequest, memory: Chat, server: str) -> Reply:
    task = task_in(request.asked, request.messages)
    if task is None:
        history = said_before(request.messages, memory.assistant.index)
        return reply_to(memory.ask_after(history, question_in(request.asked)), server)
    return Reply((fulfilled(task, _concepts(memory.assistant, task.question)),))


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
