"""The chat: questions, answers while they are made, and the conversations that keep them."""

import asyncio
import json
import re
from collections.abc import Sequence
from contextlib import suppress

from fastapi.concurrency import run_in_threadpool
from nicegui import background_tasks, ui
from starlette.requests import Request

from app.api.services import Services
from app.assistant import NO_MODEL
from app.contract import AnswerShape, CitationShape, SentenceShape
from app.conversations.export import answer_markdown
from app.conversations.store import ConversationDetail
from app.errors import NotFound
from app.model import Answer, Event, Piece
from app.web.answers import Turn
from app.web.dialogs import confirmed, written
from app.web.naming import names_of
from app.web.pointing import PREFETCHED, show_source
from app.web.rendering import fill
from app.web.shell import PAGE_SECONDS, Frame, frame, html, on, send, told_of
from app.web.source import Pointed
from app.web.suggestions import suggestions
from index.errors import NoIndex
from ingest.outlines import outlines, top_first

_MOST_TOPICS = 3
# "第01课：…" and "Lesson 1: …" number a title; the topic comes after.
_NUMBERING = re.compile(r"^[^:：]{0,12}\d[^:：]{0,4}[:：]\s*")


def add_chat(services: Services) -> None:
    """The pages of the chat."""

    @ui.page("/", response_timeout=PAGE_SECONDS)
    @ui.page("/chat/{conversation_id}", response_timeout=PAGE_SECONDS)
    async def chat(request: Request, conversation_id: str = "", ask: str = "") -> None:
        kept = None
        if conversation_id:
            kept = await run_in_threadpool(services.chat.store.get, conversation_id)
        topics = await run_in_threadpool(_topics, services)
        with frame(request, "chat") as parts:
            page = _Chat(services, parts, kept)
            if topics is not None:
                await run_in_threadpool(page.name_concepts)
            page.draw(topics, ask)
            await page.list_conversations()


class _Chat:
    """One visitor's chat."""

    def __init__(self, services: Services, parts: Frame, kept: ConversationDetail | None) -> None:
        self._services = services
        self._parts = parts
        self._words = parts.words
        self._conversation = kept.id if kept else None
        history = kept.history if kept else []
        self._turns = [Turn.kept(number, turn.answer) for number, turn in enumerate(history)]
        self._running: Turn | None = None

    def name_concepts(self) -> None:
        """Name the concepts of kept answers in the visitor's language."""
        index = self._services.assistant.index
        for turn in self._turns:
            turn.names = names_of(index, turn.answer.concepts if turn.answer else (), self._words)

    def draw(self, topics: Sequence[str] | None, question: str) -> None:
        """The messages, the box for questions, and the list of conversations."""
        words = self._words
        welcome = fill("welcome", words, indexed=topics is not None, topics=topics or ())
        log = ui.element("div").classes("log").props("tabindex=0")
        with log:
            self._welcome = html(welcome)
            self._welcome.set_visibility(not self._turns)
            self._messages = ui.element("div").classes("messages")
            self._messages.props(f'role=log aria-label="{words("conversation")}"')
        with self._messages:
            for turn in self._turns:
                html(turn.markup(words), "turn", tag="article")
        model = self._services.assistant.model
        html(fill("composer", words, model=model, question=question), "asking")
        with self._parts.sidebar:
            self._list = html(fill("conversations", words, conversations=(), here=None))
        for name, handler in (
            ("ask", self._ask),
            ("stop", self._stop),
            ("cite", self._cite),
            ("copy", self._copy),
            ("rename", self._rename),
            ("delete", self._delete),
        ):
            on(name, handler, words)
        ui.context.client.on_disconnect(self._stop)

    async def list_conversations(self) -> None:
        """Show the conversations as they are now."""
        found = await run_in_threadpool(self._services.chat.store.all)
        self._list.content = str(
            fill("conversations", self._words, conversations=found, here=self._conversation)
        )

    async def _ask(self, question: str, way: str = "") -> None:
        if self._running is not None or not question.strip():
            return
        self._running = turn = Turn(len(self._turns), question.strip())
        self._turns.append(turn)
        self._welcome.set_visibility(False)
        with self._messages:
            shown = html(turn.markup(self._words), "turn", tag="article")
        background_tasks.create(self._answer(turn, shown, NO_MODEL if way == NO_MODEL else None))

    async def _answer(self, turn: Turn, shown: ui.html, llm: str | None) -> None:
        """Show an answer while it is made; what nobody waits for any more is not made."""
        try:
            await self._listen(turn, shown, llm)
        except Exception as error:  # the visitor waits for word, whatever it is
            turn.error, turn.hint = told_of(error, self._words)
            if isinstance(error, NotFound):
                self._conversation = None  # deleted meanwhile
        finally:
            turn.busy, self._running = False, None
            shown.content = str(turn.markup(self._words))
            with shown:
                send("coursegraph.idle()")

    async def _listen(self, turn: Turn, shown: ui.html, llm: str | None) -> None:
        chat = self._services.chat
        if self._conversation is None:
            self._conversation = (await run_in_threadpool(chat.store.begin)).id
            with shown:
                ui.navigate.history.replace(f"/chat/{self._conversation}")
        told = await run_in_threadpool(
            chat.stream, turn.question, llm=llm, conversation_id=self._conversation
        )
        try:
            while turn.answer is None and not turn.stopped:
                await self._hear(await run_in_threadpool(next, told), turn, shown)
        finally:
            with suppress(asyncio.CancelledError):
                await run_in_threadpool(told.close)

    async def _hear(self, event: Event, turn: Turn, shown: ui.html) -> None:
        if turn.stopped:
            return
        if isinstance(event, Answer):
            turn.finish(AnswerShape.of(event))
            index = self._services.assistant.index
            concepts = turn.answer.concepts if turn.answer else ()
            turn.names = names_of(index, concepts, self._words)
            asked = [earlier.question for earlier in self._turns]
            turn.suggestions = suggestions(index, concepts, asked, self._words)
            with shown:
                self._prefetch(turn)
            await self.list_conversations()
        elif isinstance(event, Piece):
            turn.text += event.text
            turn.sentences.append(SentenceShape.of(event.sentence))
            new = (CitationShape.of(citation) for citation in event.citations)
            turn.citations.update((citation.n, citation) for citation in new)
            shown.content = str(turn.markup(self._words))

    def _prefetch(self, turn: Turn) -> None:
        """Have the first cited pages drawn, so that a click shows them at once."""
        pages = {
            (citation.document_id, citation.page)
            for citation in list(turn.citations.values())[:PREFETCHED]
            if citation.page is not None
        }
        send(f"coursegraph.prefetch({json.dumps(sorted(pages))})")

    async def _stop(self, *_: object) -> None:
        if (turn := self._running) is not None:
            turn.stopped = True

    async def _cite(self, number: str, name: str) -> None:
        place = self._turn(number).place(name)
        if place is not None:
            index = self._services.assistant.index
            await show_source(self._parts, index, Pointed.at(place))

    async def _copy(self, number: str) -> None:
        answer = self._turn(number).answer
        if answer is not None:
            said = [answer_markdown(answer), self._words("copied"), self._words("not_copied")]
            send(f"coursegraph.copy(...{json.dumps(said)})")

    async def _rename(self, conversation_id: str) -> None:
        words, store = self._words, self._services.chat.store
        kept = await run_in_threadpool(store.get, conversation_id)
        title = await written(words, words("rename"), words("new_title"), kept.title or "")
        if title is not None:
            await run_in_threadpool(store.rename, conversation_id, title)
            await self.list_conversations()

    async def _delete(self, conversation_id: str) -> None:
        words, store = self._words, self._services.chat.store
        kept = await run_in_threadpool(store.get, conversation_id)
        question = words("delete_sure", title=kept.title or words("untitled"))
        if await confirmed(words, question, words("delete")):
            await run_in_threadpool(store.delete, conversation_id)
            if conversation_id == self._conversation:
                ui.navigate.to("/")
            await self.list_conversations()

    def _turn(self, number: str) -> Turn:
        return self._turns[int(number)]


def _topics(services: Services) -> list[str] | None:
    """Titles for example questions, spread over the course; None when nothing is indexed."""
    try:
        documents = services.assistant.index.records.documents
    except NoIndex:
        return None
    found = top_first(outlines(documents.values()))
    catalogues = {outline.catalogue.id for outline in found}
    lessons = [lesson.document for outline in found for lesson in outline.lessons]
    listed = [one for one in lessons if one is not None and one.id not in catalogues]
    titles = list(dict.fromkeys(one.title for one in listed or documents.values()))
    count = min(_MOST_TOPICS, len(titles))
    return [_NUMBERING.sub("", titles[place * len(titles) // count]) for place in range(count)]
