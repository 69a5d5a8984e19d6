"""What every request passes: the host it names, where it comes from, its key and its size.

A browser that has signed in shows the key by a cookie; without one it is led to the sign-in page.

A middleware and not a dependency, since a body is read before dependencies run.
"""

import secrets
import time
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import answer_to
from app.api.openai_api.errors import PREFIX as OPENAI_PREFIX
from app.api.signing_in import SIGN_IN, is_signed_in
from app.errors import BadRequest, Forbidden, Unauthorized
from app.settings import Settings
from ingest.errors import CourseError, FileTooLarge
from ingest.settings import MEGABYTE

_log = structlog.get_logger("app.requests")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Everything else needs the key, if there is one: the pages and their connections too.
_OPEN = frozenset({"/api/health", "/docs", "/docs/oauth2-redirect", "/openapi.json", SIGN_IN})
_OPEN_FILES = ("/web/", "/static-offline-docs/", "/_nicegui/")
# Beside its files, what the pages' library keeps for one visitor.
_VISITORS = "/_nicegui/client/"
_FOR_PROGRAMS = ("/api/", OPENAI_PREFIX, "/mcp", "/_nicegui")
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_JSON_BYTES = MEGABYTE
_UPLOAD_PATH = "/api/documents"


class Guard:
    """Refuses what may not pass, and writes a line a request."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer with the error."""
        if scope["type"] == "websocket":
            await self._guard_websocket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            self._check(scope)
        except CourseError as error:
            await _answer_to(error, scope)(scope, receive, watched)
        else:
            await self._app(scope, self._limited(scope, receive), watched)
        took = round((time.perf_counter() - start) * 1000, 1)
        tell = _log.debug if scope["path"].startswith(_OPEN_FILES) else _log.info
        tell("request", method=scope["method"], path=scope["path"], status=status, took_ms=took)

    async def _guard_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pages speak over one; only our own may, since browsers let any page open it."""
        try:
            headers = Headers(scope=scope)
            self._check_host(headers.get("host", ""))
            origin = headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != headers.get("host"):
                raise Forbidden(f"requests from {origin} are not served")
            self._check_key(headers, scope["path"])
        except CourseError as error:
            _log.warning("refused", path=scope["path"], error=str(error))
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._check_host(headers.get("host", ""))
        origin = headers.get("origin")
        foreign = origin is not None and not self._may_call(origin, headers, scope["path"])
        if foreign and scope["method"] not in _READING:
            hint = "Use the page that this server shows, or a client that sends no Origin."
            raise Forbidden(f"requests from {origin} are not served", hint)
        self._check_key(headers, scope["path"])
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self._limit(scope):
            raise _too_large(self._limit(scope))

    def _may_call(self, origin: str, headers: Headers, path: str) -> bool:
        """Our own page, and those that the settings name where OpenAI's interface is spoken."""
        shared = path.startswith(OPENAI_PREFIX) and origin in self._settings.origins
        return shared or urlsplit(origin).netloc == headers.get("host")

    def _check_host(self, host: str) -> None:
        """Without a key, a page elsewhere could reach us by a name of its own that points here."""
        name = urlsplit(f"//{host}").hostname or ""
        if self._settings.api_key is None and name not in _LOCAL_HOSTS | {self._settings.host}:
            hint = "Use the address that the server printed, or set COURSEGRAPH_API_KEY."
            raise Forbidden(f"requests for host {host!r} are not served", hint)

    def _check_key(self, headers: Headers, path: str) -> None:
        expected = self._settings.api_key
        if expected is None or _is_open(path):
            return
        if is_signed_in(headers.get("cookie", ""), expected.get_secret_value()):
            return
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = token if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        if not secrets.compare_digest(given.encode(), expected.get_secret_value().encode()):
            hint = "Send `Authorization: Bearer KEY` or `X-API-Key: KEY`."
            raise Unauthorized("the API key is missing or wrong", hint)

    def _limit(self, scope: Scope) -> int:
        upload = scope["path"] == _UPLOAD_PATH
        return _JSON_BYTES + (self._settings.max_file_mb * MEGABYTE if upload else 0)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """A body without a length is counted as it comes."""
        limit, seen = self._limit(scope), 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _too_large(limit)
            return message

        return counted


def _is_open(path: str) -> bool:
    return path in _OPEN or (path.startswith(_OPEN_FILES) and not path.startswith(_VISITORS))


def _answer_to(error: CourseError, scope: Scope) -> Response:
    """The error; someone who wants to see a page is asked for the key instead."""
    wants_page = scope["method"] == "GET" and not scope["path"].startswith(_FOR_PROGRAMS)
    if isinstance(error, Unauthorized) and wants_page:
        return RedirectResponse(SIGN_IN, status_code=303)
    return answer_to(error, scope["path"])


def _too_large(limit: int) -> CourseError:
    if limit > _JSON_BYTES:
        hint = "Split the file, or raise COURSEGRAPH_MAX_FILE_MB."
        return FileTooLarge(f"the upload is over the limit of {limit // MEGABYTE} MB", hint)
    return BadRequest(f"the body is over the limit of {limit // MEGABYTE} MB", "Send less.")
