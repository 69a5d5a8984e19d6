"""Answers over HTTP while they are made; what nobody waits for any more is not made."""

import json
import time
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

import anyio
from fastapi import Request
from fastapi.concurrency import iterate_in_threadpool, run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app.model import Answer, Event

_SILENCE = 10.0  # seconds after which a line says that the connection is in use
_COMMENT = ": waiting\n\n"


class EventStream(StreamingResponse):
    """Server-sent events from a generator; it is closed when the client has them all or leaves.

    The generator works in a thread, and gives an empty text while it has nothing to say, since only
    then it can be closed.
    """

    media_type = "text/event-stream"

    def __init__(self, events: Generator[str, None, None]) -> None:
        super().__init__(_spoken(events), headers={"Cache-Control": "no-cache"})
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(self._events.close)


async def answer_from(request: Request, events: Generator[Event, None, None]) -> Answer:
    """The whole answer; raises ClientDisconnect once the client has left."""
    try:
        while True:
            event = await run_in_threadpool(next, events)
            if isinstance(event, Answer):
                return event
            if await request.is_disconnected():
                raise ClientDisconnect
    finally:
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(events.close)


def data_line(data: Any, event: str | None = None) -> str:
    """One server-sent event."""
    name = "" if event is None else f"event: {event}\n"
    return f"{name}data: {json.dumps(data, ensure_ascii=False)}\n\n"


async def _spoken(events: Iterator[str]) -> AsyncIterator[str]:
    """Leave out what says nothing, unless the silence grows long."""
    spoke = time.monotonic()
    async for event in iterate_in_threadpool(events):
        if event or time.monotonic() - spoke > _SILENCE:
            spoke = time.monotonic()
            yield event or _COMMENT
