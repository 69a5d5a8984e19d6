"""Joins the pages to the service, in the same process.

The library that draws them keeps them for the whole process, so a process shows one service.
"""

import secrets
from pathlib import Path
from typing import Annotated

import nicegui
from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from nicegui import ui
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.errors import answer_to, status_of
from app.api.services import Services
from app.api.signing_in import COOKIE, SIGN_IN, cookie_value
from app.errors import NotFound
from app.web.chat import add_chat
from app.web.graph import add_graph
from app.web.lessons import add_lessons
from app.web.library import add_library
from app.web.papers import add_papers
from app.web.practice import add_practice
from app.web.rendering import STATIC, fill
from app.web.search import add_search
from app.web.shell import frame, html, told_of
from app.web.visitor import visitor_of
from ingest.errors import CourseError

_FOR_PROGRAMS = ("/api/", "/v1/", "/mcp")
_RECONNECT_SECONDS = 10.0
# Nothing is fetched from, or sent to, anywhere else. The library compiles templates in the page.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


def add_pages(app: FastAPI, services: Services) -> None:
    """Serve the pages beside the interface for programs."""
    for add in (add_chat, add_search, add_lessons, add_graph, add_papers, add_library):
        add(services)
    add_practice(app, services)
    _add_sign_in(app, services)
    app.mount("/web", StaticFiles(directory=STATIC), name="web")
    nicegui.app.add_exception_handler(404, _missing)
    nicegui.app.add_exception_handler(CourseError, _failed)
    nicegui.app.add_exception_handler(Exception, _failed)
    nicegui.app.add_middleware(_Policy)
    # Our pages say themselves that they are at work.
    nicegui.app.config.quasar_config["loadingBar"]["skipHijack"] = True
    ui.run_with(
        app,
        title="coursegraph",
        favicon=Path(STATIC / "favicon.svg"),
        dark=None,
        tailwind=False,
        reconnect_timeout=_RECONNECT_SECONDS,
        show_welcome_message=False,
    )


def _add_sign_in(app: FastAPI, services: Services) -> None:
    key = services.settings.api_key

    @app.get(SIGN_IN, include_in_schema=False)
    def ask(request: Request) -> Response:
        return _sign_in_page(request, wrong=False) if key else RedirectResponse("/")

    @app.post(SIGN_IN, include_in_schema=False)
    def check(request: Request, given: Annotated[str, Form(alias="key")] = "") -> Response:
        if key is None:
            return RedirectResponse("/", status_code=303)
        expected = key.get_secret_value()
        if not secrets.compare_digest(given.strip().encode(), expected.encode()):
            return _sign_in_page(request, wrong=True)
        response = RedirectResponse("/", status_code=303)
        secure = request.url.scheme == "https"
        response.set_cookie(
            COOKIE, cookie_value(expected), httponly=True, samesite="strict", secure=secure
        )
        return response


def _sign_in_page(request: Request, *, wrong: bool) -> Response:
    visitor = visitor_of(request)
    page = fill("sign_in", visitor.words, wrong=wrong, theme=visitor.theme)
    return HTMLResponse(page, 401 if wrong else 200, {"Content-Security-Policy": _POLICY})


async def _missing(request: Request, error: Exception) -> Response:
    """What no page and no interface has."""
    path = request.url.path
    if path.startswith(_FOR_PROGRAMS):
        return answer_to(NotFound(f"no {path}", "See /docs."), path)
    words = visitor_of(request).words
    message = str(error) if isinstance(error, CourseError) else words("page_missing")
    return _failure(request, message, getattr(error, "hint", ""), 404)


async def _failed(request: Request, error: Exception) -> Response:
    message, hint = told_of(error, visitor_of(request).words)
    status = status_of(error) if isinstance(error, CourseError) else 500
    return _failure(request, message, hint, status)


def _failure(request: Request, message: str, hint: str, status: int) -> Response:
    """A page that tells what is wrong."""
    with nicegui.Client(ui.page(""), request=request) as client, frame(request, ""):
        html(fill("failure", visitor_of(request).words, message=message, hint=hint))
    return client.build_response(request, status)


class _Policy:
    """Tells browsers what a page may do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the header to each response."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", _POLICY.encode()),
                    (b"referrer-policy", b"same-origin"),
                ]
            await send(message)

        await self._app(scope, receive, told if scope["type"] == "http" else send)
