"""Papers: those the material names; one with where it is taught and what is related."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from markupsafe import Markup
from nicegui import ui
from starlette.requests import Request

from app import papers
from app.api.services import Services
from app.contract import QuoteShape, RelatedPaperShape, RelatedShape
from app.papers import PaperShape
from app.web.pointing import show_source
from app.web.rendering import fill
from app.web.shell import PAGE_SECONDS, Frame, fill_in, frame, on, told_of
from app.web.source import Pointed
from index.course_index import CourseIndex
from index.papers.model import Group
from ingest.errors import CourseError

_MOST_SHOWN = 80
_MOST_RELATED = 16


def add_papers(services: Services) -> None:
    """The page of the papers."""

    @ui.page("/papers", response_timeout=PAGE_SECONDS)
    async def page(
        request: Request, q: str = "", paper: str = "", year: str = "", lesson: str = ""
    ) -> None:
        with frame(request, "papers") as parts:
            shown = _Papers(services, parts)
            await shown.draw(q.strip(), paper, year, lesson)


class _Papers:
    def __init__(self, services: Services, parts: Frame) -> None:
        self._services = services
        self._parts = parts
        self._places: list[Pointed] = []

    async def draw(self, query: str, paper: str, year: str, lesson: str) -> None:
        """One paper, or the list."""
        words = self._parts.words

        def make() -> Markup:
            try:
                return self._one(paper) if paper else self._list(query, year, lesson)
            except CourseError as error:
                told = told_of(error, words)
                return fill("papers", words, error=told, query=query or paper, year="", lesson="",
                            years=(), lessons=(), found=(), total=0, related=())  # fmt: skip

        await fill_in(words, make, "reading")

        async def cite(number: str, _: str) -> None:
            pointed = self._places[int(number)]
            await show_source(self._parts, self._services.assistant.index, pointed)

        on("cite", cite, words)

    def _list(self, query: str, year: str, lesson: str) -> Markup:
        index = self._services.assistant.index
        all_found = papers.listed(index, query)
        years = sorted({one.year for one in all_found if one.year}, reverse=True)
        lessons = sorted({number for one in all_found for number in one.lessons})
        found = [
            one
            for one in all_found
            if year in ("", str(one.year)) and (not lesson or lesson in map(str, one.lessons))
        ]
        related = self._related(query) if query else ()
        return fill("papers", self._parts.words, error=None, query=query, year=year, lesson=lesson,
                    years=years, lessons=lessons, found=found[:_MOST_SHOWN], total=len(found),
                    related=related, point=self._point(index))  # fmt: skip

    def _one(self, identity: str) -> Markup:
        index = self._services.assistant.index
        paper = index.papers.queries.paper(identity)
        shape = papers.paper_shape(index, paper)
        related = self._related(paper.id)
        groups: dict[str, list[RelatedPaperShape]] = defaultdict(list)
        for one in related:
            groups[one.group].append(one)
        ordered = [(str(group), groups[group]) for group in Group if group in groups]
        return fill("paper", self._parts.words, paper=shape, groups=ordered,
                    timeline=_timeline(shape, related), point=self._point(index))  # fmt: skip

    def _related(self, query: str) -> list[RelatedPaperShape]:
        found = self._services.assistant.related_papers(query, _MOST_RELATED)
        return RelatedShape.of(found).papers

    def _point(self, index: CourseIndex) -> "_Pointer":
        return _Pointer(index, self._places)


class _Pointer:
    """Gives each quote of a page a number, by which the reader opens it."""

    def __init__(self, index: CourseIndex, places: list[Pointed]) -> None:
        self._documents = {one.path: one for one in reversed(index.records.documents.values())}
        self._places = places

    def __call__(self, quote: QuoteShape) -> int | None:
        """The number of a quote; None where its document is not there."""
        document = self._documents.get(quote.document)
        if document is None:
            return None
        self._places.append(
            Pointed(document.id, document.title, page=quote.page, quote=quote.quote)
        )
        return len(self._places) - 1

    def title(self, path: str) -> str:
        """The title of a document."""
        document = self._documents.get(path)
        return document.title if document else path


def _timeline(
    paper: PaperShape, related: Iterable[RelatedPaperShape]
) -> Sequence[tuple[int, Sequence[tuple[str, str, bool]]]]:
    """By year: the papers with their ids, and whether it is the paper itself."""
    years: dict[int, list[tuple[str, str, bool]]] = defaultdict(list)
    if paper.year:
        years[paper.year].append((paper.id, paper.title, True))
    for one in related:
        if one.year:
            years[one.year].append((one.id, one.title, False))
    return sorted(years.items())
