"""The frame of every page: navigation, language, appearance, and how errors are told."""

import asyncio
import copy
import functools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec

import structlog
from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup
from nicegui import background_tasks, ui
from starlette.requests import Request

from app.web.rendering import fill
from app.web.visitor import Visitor, visitor_of
from app.web.words import Words
from ingest.errors import CourseError

P = ParamSpec("P")
_log = structlog.get_logger(__name__)
# A page waits for the index to be opened, once after a start.
PAGE_SECONDS = 60.0
_PATIENCE = 0.8  # a page is shown by then, even if what it shows is still being made
PAGES = {
    "chat": "/",
    "search": "/search",
    "lessons": "/lessons",
    "practice": "/practice",
    "graph": "/graph",
    "papers": "/papers",
    "library": "/library",
}
_DARK = {"auto": None, "light": False, "dark": True}


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of a page that its own module fills."""

    visitor: Visitor
    sidebar: ui.element
    main: ui.element
    source: ui.html

    @property
    def words(self) -> Words:
        """The words in the visitor's language."""
        return self.visitor.words


@contextmanager
def frame(request: Request, name: str) -> Iterator[Frame]:
    """Draw the frame; what is drawn within stands in its main part."""
    visitor = visitor_of(request)
    words = visitor.words
    _dress(visitor, f"{words(name)} · {words('product')}" if name in PAGES else words("product"))
    html(fill("skip", words))
    with ui.element("div").classes("frame"):
        html(fill("topbar", words, title=words(name) if name in PAGES else words("product")))
        with ui.element("div").classes("sidebar") as sidebar:
            html(fill("navigation", words, pages=PAGES, here=name, visitor=visitor))
        main = ui.element("main").props("tabindex=-1")
        source = html(Markup(), "source", tag="aside")
    with main:
        yield Frame(visitor, sidebar, main, source)


def html(markup: Markup, classes: str = "", tag: str = "div") -> ui.html:
    """Markup of ours on the page."""
    return ui.html(str(markup), sanitize=False, tag=tag).classes(classes)


async def fill_in(words: Words, make: Callable[[], Markup], classes: str) -> None:
    """Show what is made in a thread; what takes long comes after the page, in a place kept for it.

    ``make`` tells of its own errors.
    """
    client = ui.context.client
    making = asyncio.ensure_future(run_in_threadpool(make))
    await asyncio.wait({making}, timeout=_PATIENCE)
    if making.done():
        html(making.result(), classes)
        return
    shown = html(fill("loading", words), classes)

    async def later() -> None:
        await client.connected()
        shown.content = str(await making)

    background_tasks.create(later())


def send(script: str) -> None:
    """Have the visitor's browser do something; nothing waits for it."""
    ui.run_javascript(script)


def telling(
    words: Words,
) -> Callable[[Callable[P, Awaitable[None]]], Callable[P, Awaitable[None]]]:
    """Tell the visitor when what a handler does goes wrong."""

    def around(handler: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
        @functools.wraps(handler)
        async def told(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                await handler(*args, **kwargs)
            except Exception as error:  # whatever it is, the visitor waits for word
                ui.notify(" ".join(told_of(error, words)), type="negative", multi_line=True)

        return told

    return around


def told_of(error: Exception, words: Words) -> tuple[str, str]:
    """What is told of an error and what to do; the rest of an unexpected one is for the log."""
    if isinstance(error, CourseError):
        return str(error), error.hint
    _log.error("unexpected error", exc_info=error)
    return words("failed"), words("failed_hint")


def on(name: str, handler: Callable[..., Awaitable[None]], words: Words) -> None:
    """Have a handler called with what the page's script sends under a name."""
    told = telling(words)(handler)

    async def called(event: Any) -> None:
        arguments = event.args if isinstance(event.args, list) else [event.args]
        await told(*arguments)

    ui.on(name, called)


def _dress(visitor: Visitor, title: str) -> None:
    """Language, appearance and files of the page."""
    client = ui.context.client
    # The page object is shared by all who visit the address; this visitor gets a copy.
    client.page = copy.copy(client.page)
    client.page.language = "zh-CN" if visitor.language == "zh" else "en-US"
    client.page.dark = _DARK[visitor.theme]
    ui.page_title(title)
    ui.add_head_html(fill("head", visitor.words, theme=visitor.theme))
