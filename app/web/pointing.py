"""Opens the source beside a page, wherever a page points at one."""

from fastapi.concurrency import run_in_threadpool

from app.web.shell import Frame, send
from app.web.source import Pointed, source_markup
from index.course_index import CourseIndex

# Pages that are drawn before anybody asks for them.
PREFETCHED = 2


async def show_source(parts: Frame, index: CourseIndex, pointed: Pointed) -> None:
    """Show a place in the panel."""
    markup = await run_in_threadpool(source_markup, index, pointed, parts.words)
    # Even the same place once more: the reader may have scrolled away from it.
    parts.source.content = ""
    parts.source.update()
    parts.source.content = str(markup)
    send("coursegraph.openSource()")
