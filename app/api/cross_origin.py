"""Lets pages of named origins call the interface that chat front ends speak."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.openai_api.errors import PREFIX


class CrossOrigin:
    """Answers preflight requests and marks responses under ``/v1``; all else passes unchanged."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._shared = CORSMiddleware(
            app, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["*"]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, by way of the marks where it is shared."""
        shared = scope["type"] == "http" and scope["path"].startswith(PREFIX)
        await (self._shared if shared else self._app)(scope, receive, send)
