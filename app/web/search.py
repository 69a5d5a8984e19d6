"""Search: passages with their terms marked, why each was found, and filters."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from markupsafe import Markup
from nicegui import ui
from starlette.requests import Request

from app.api.services import Services
from app.assistant import MOST_HITS
from app.contract import HitShape
from app.web.matching import Matches
from app.web.pointing import show_source
from app.web.rendering import fill
from app.web.shell import PAGE_SECONDS, Frame, fill_in, frame, on, told_of
from app.web.source import Pointed
from index.course_index import CourseIndex
from index.model import Mode
from ingest.errors import CourseError
from ingest.model import Document
from ingest.outlines import outlines
from ingest.readers.markdown.markup import plain

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What is searched, and where."""

    q: str = ""
    language: str = ""
    format: str = ""
    within: str = ""

    def allows(self, hit: HitShape, document: Document) -> bool:
        """Whether a passage is of the kind that was wished for."""
        return (
            self.language in ("", hit.language)
            and self.format in ("", document.format)
            and self.within in ("", document.id)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A passage as it is shown."""

    hit: HitShape
    text: Markup


def add_search(services: Services) -> None:
    """The page of the search."""

    @ui.page("/search", response_timeout=PAGE_SECONDS)
    async def search(
        request: Request, q: str = "", language: str = "", format: str = "", within: str = ""
    ) -> None:
        wish = Wish(q.strip(), language, format, within)
        with frame(request, "search") as parts:
            await _draw(services, parts, wish)


async def _draw(services: Services, parts: Frame, wish: Wish) -> None:
    words, assistant = parts.words, services.assistant
    found: list[Found] = []

    def make() -> Markup:
        error = None
        documents: Collection[Document] = ()
        try:
            index = assistant.index
            documents = index.records.documents.values()
            found.extend(_found(services, index, wish) if wish.q else ())
        except CourseError as failure:
            error = told_of(failure, words)
        choices = _choices(documents)
        return fill("search", words, wish=wish, found=found, error=error, choices=choices)

    async def cite(number: str, _: str) -> None:
        hit = found[int(number)].hit
        await show_source(parts, assistant.index, Pointed.at(hit))

    await fill_in(words, make, "reading")
    on("cite", cite, words)


def _found(services: Services, index: CourseIndex, wish: Wish) -> list[Found]:
    """Passages that the wish allows; more are looked at where it leaves some out."""
    narrowed = bool(wish.language or wish.format or wish.within)
    limit = MOST_HITS if narrowed else _MOST_SHOWN
    result = services.assistant.search(wish.q, limit, Mode.HYBRID)
    matches = Matches(index, wish.q)
    documents = index.records.documents
    hits = (HitShape.of(hit) for hit in result.hits)
    allowed = [hit for hit in hits if wish.allows(hit, documents[hit.document_id])]
    return [
        Found(hit, matches.marked(_read(hit.text, documents[hit.document_id])))
        for hit in allowed[:_MOST_SHOWN]
    ]


def _read(text: str, document: Document) -> str:
    """A passage as one reads it, without the marks of Markdown."""
    return plain(text) if document.format == "markdown" else text


def _choices(documents: Collection[Document]) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen: formats, lessons of the outlines, and the other documents."""
    lessons = dict(_lessons(documents))
    others = sorted((found.title, found.id) for found in documents if found.id not in lessons)
    return {
        "formats": [(name, name) for name in sorted({found.format for found in documents})],
        "lessons": list(lessons.items()),
        "documents": [(identity, title) for title, identity in others],
    }


def _lessons(documents: Iterable[Document]) -> Iterator[tuple[str, str]]:
    for outline in outlines(documents):
        for lesson in outline.lessons:
            if lesson.document is not None and lesson.document.id != outline.catalogue.id:
                yield lesson.document.id, lesson.entry.title
