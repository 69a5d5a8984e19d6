"""Who may ask: an API key where one is set, and no other web site through the user's browser."""

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Header
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.services import TheServices
from app.errors import Unauthorized

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def require_key(
    services: TheServices,
    authorization: Annotated[str | None, Header()] = None,
    x_api_key: Annotated[str | None, Header()] = None,
) -> None:
    """Raise Unauthorized unless the request carries the key that the settings name, if any."""
    expected = services.settings.api_key
    if expected is None:
        return
    scheme, _, token = (authorization or "").partition(" ")
    given = token if scheme.lower() == "bearer" else (x_api_key or "")
    if not secrets.compare_digest(given.encode(), expected.get_secret_value().encode()):
        hint = "Send `Authorization: Bearer KEY` or `X-API-Key: KEY`."
        raise Unauthorized("the API key is missing or wrong", hint)


class SameOrigin:
    """Refuses changes that a page of another site asks the user's browser for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] == "http" and scope["method"] not in _READING:
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != headers.get("host"):
                message = f"requests from {origin} are not served"
                hint = "Use the page that this server shows, or a client that sends no Origin."
                error = {"code": "foreign_origin", "message": message, "hint": hint}
                await JSONResponse({"error": error}, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)
