"""Practice: the lessons' key questions one at a time, and what an answer of one's own left out."""

import html as markup
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from nicegui import ui
from starlette.requests import Request

from app.api.documents import find_document
from app.api.services import Services
from app.errors import NotFound
from app.evaluation.facts import FactJudge, FactSettings
from app.web import notes
from app.web.pointing import show_source
from app.web.rendering import fill
from app.web.shell import PAGE_SECONDS, Frame, frame, html, on, told_of
from app.web.source import Pointed
from index.course_index import CourseIndex
from ingest.corpus import Corpus
from ingest.errors import CourseError
from ingest.ids import digest
from ingest.model import Document, LessonItem, Question, Section
from ingest.outlines import outlines
from ingest.readers.markdown.markup import plain
from ingest.text import sentences

# A learner says in a few words what a lesson says in many.
_SHARE = 0.5
_SHORTEST_POINT = 8  # characters
_MOST_POINTS = 8


@dataclass(frozen=True, slots=True)
class Card:
    """A question of a lesson with the points of its answer, and where it stands."""

    id: str
    question: str
    answer: str
    document: Document
    section: tuple[str, ...]
    page: int | None

    @property
    def points(self) -> list[str]:
        """The sentences of the answer, as the lesson has them."""
        ranges = sentences(self.answer)
        found = [self.answer[start:end] for start, end in ranges]
        return [one for one in found if len(plain(one)) >= _SHORTEST_POINT][:_MOST_POINTS]


def add_practice(app: FastAPI, services: Services) -> None:
    """The page of the practice, and the questions as a file for Anki."""

    @ui.page("/practice", response_timeout=PAGE_SECONDS)
    async def practice(request: Request, document: str = "") -> None:
        with frame(request, "practice") as parts:
            page = _Practice(services, parts)
            await page.draw(document)

    @app.get("/practice/anki.txt", include_in_schema=False)
    def anki(document: str = "", only: str = "") -> PlainTextResponse:
        chosen = set(only.split(",")) if only else None
        found = cards(services, document)
        kept = [card for card in found if chosen is None or card.id in chosen]
        name = {"Content-Disposition": 'attachment; filename="coursegraph-anki.txt"'}
        return PlainTextResponse(anki_file(kept), headers=name)


class _Practice:
    """One visitor's practice; what went well or wrong is kept in the browser."""

    def __init__(self, services: Services, parts: Frame) -> None:
        self._services = services
        self._parts = parts
        self._cards: dict[str, Card] = {}

    async def draw(self, document_id: str) -> None:
        """The choice of lessons, and the first question that is due."""
        words = self._parts.words
        try:
            found = await run_in_threadpool(cards, self._services, "")
        except CourseError as error:
            told = told_of(error, words)
            html(fill("practice", words, error=told, lessons=(), here="", ids="[]"), "reading")
            return
        lessons = {card.document.id: card.document.title for card in found}
        chosen = [card for card in found if document_id in ("", card.document.id)]
        self._cards = {card.id: card for card in chosen}
        ids = json.dumps(list(self._cards))
        html(fill("practice", words, error=None, lessons=lessons, here=document_id, ids=ids),
             "reading")  # fmt: skip
        self._card = html(fill("card", words, card=None, points=None, given=""), "reading")
        on("show", self._show, words)
        on("check", self._check, words)
        on("cite", self._cite, words)

    async def _show(self, card_id: str) -> None:
        card = self._cards.get(card_id)
        self._card.content = str(fill("card", self._parts.words, card=card, points=None, given=""))

    async def _check(self, card_id: str, given: str) -> None:
        card = self._found(card_id)
        index = self._services.assistant.index
        points = await run_in_threadpool(compared, index, card, given)
        self._card.content = str(
            fill("card", self._parts.words, card=card, points=points, given=given.strip())
        )

    async def _cite(self, card_id: str, point: str) -> None:
        card = self._found(card_id)
        points = card.points
        quote = points[int(point)] if int(point) < len(points) else ""
        pointed = Pointed(card.document.id, card.document.title, card.section, card.page, quote)
        await show_source(self._parts, self._services.assistant.index, pointed)

    def _found(self, card_id: str) -> Card:
        if card_id not in self._cards:
            raise NotFound(f"no question {card_id!r}", "Reload the page.")
        return self._cards[card_id]


def cards(services: Services, document_id: str) -> list[Card]:
    """The questions with answers of one document or of all, in the order of the course."""
    index = services.assistant.index
    documents = _in_order(index)
    if document_id:
        documents = [find_document(index.records, document_id)]
    if not services.settings.corpus_file.exists():
        return []
    with Corpus(services.settings.corpus_file) as corpus:
        found = [
            card
            for document in documents
            for card in _cards(index, document, corpus.lesson_items(document.id))
        ]
    return list({card.id: card for card in found}.values())


def compared(index: CourseIndex, card: Card, given: str) -> list[tuple[str, bool]]:
    """Each point of the answer, and whether what the learner wrote tells it."""
    judge = FactJudge(index.graph.mentions, index.encoders.second, FactSettings(share=_SHARE))
    return [(point, bool(given.strip()) and judge.is_told(point, given)) for point in card.points]


def anki_file(kept: Sequence[Card]) -> str:
    """Cards as a text that Anki imports: question, answer and source in columns."""
    lines = ["#separator:tab", "#html:true", "#columns:Question\tAnswer\tSource"]
    for card in kept:
        columns = (
            str(notes.render_inline(card.question)),
            str(notes.render(card.answer)),
            markup.escape(" › ".join((card.document.title, *card.section[-1:]))),
        )
        lines.append("\t".join(" ".join(column.split()) for column in columns))
    return "\n".join(lines) + "\n"


def _in_order(index: CourseIndex) -> list[Document]:
    """All documents, those of outlines first, in their order."""
    documents = index.records.documents
    listed = [
        lesson.document
        for outline in outlines(documents.values())
        for lesson in outline.lessons
        if lesson.document is not None
    ]
    others = sorted(documents.values(), key=lambda one: (one.collection, one.path))
    return list({one.id: one for one in [*listed, *others]}.values())


def _cards(index: CourseIndex, document: Document, items: Sequence[LessonItem]) -> Iterator[Card]:
    sections: dict[str, Section] = {one.id: one for one in index.records.sections_of(document.id)}
    for item in items:
        if not isinstance(item, Question) or not item.answer.strip():
            continue
        # What a running ingest has read since is not of the generation in use.
        if item.section_id in sections:
            yield Card(
                id=digest(document.id, item.text)[:12],
                question=item.text,
                answer=item.answer,
                document=document,
                section=tuple(sections[item.section_id].path),
                page=item.page,
            )
