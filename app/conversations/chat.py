"""Asking in conversations: what a question leans on is put into it, and the answer is kept."""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import structlog

from app.assistant import Assistant, checked_text
from app.contract import AnswerShape
from app.conversations.store import ConversationDetail, ConversationStore
from app.followups.asked import is_courtesy
from app.followups.focus import REMEMBERED, Said
from app.followups.resolving import resolve
from app.followups.rewriting import rewrite
from app.model import Answer, Event, Resolved, answer_of, with_answer
from ingest.errors import LanguageModelError
from ingest.model import Language
from ingest.text import language_of

_log = structlog.get_logger(__name__)
NEW = "new"
_REWRITE_SECONDS = 20.0


class Chat:
    """The assistant with a memory."""

    def __init__(self, assistant: Assistant, store: ConversationStore) -> None:
        self.assistant = assistant
        self.store = store

    def ask(
        self,
        question: str,
        limit: int = 8,
        llm: str | None = None,
        conversation_id: str | None = None,
    ) -> Answer:
        """Answer, in a conversation if one is named; raises NotFound where it does not exist."""
        return answer_of(self.stream(question, limit, llm, conversation_id))

    def begin(self, question: str, limit: int = 8, llm: str | None = None) -> Answer:
        """Answer as the first turn of a new conversation."""
        told = self.stream_after((), question, limit, llm)
        return answer_of(self._kept(told, self.store.begin().id))

    def stream(
        self,
        question: str,
        limit: int = 8,
        llm: str | None = None,
        conversation_id: str | None = None,
    ) -> Generator[Event, None, None]:
        """Answer piece by piece, and last as a whole; a conversation keeps what is whole."""
        if conversation_id is None:
            return self.assistant.stream(question, limit, llm)
        history = said_in(self.store.get(conversation_id))
        return self._kept(self.stream_after(history, question, limit, llm), conversation_id)

    def stream_after(
        self,
        history: Sequence[Said],
        question: str,
        limit: int = 8,
        llm: str | None = None,
        *,
        keep: bool = False,
    ) -> Generator[Event, None, None]:
        """Answer a question that may lean on what was said before; ``keep`` as the assistant's."""
        start = time.perf_counter()
        question = checked_text(question, "question")
        if is_courtesy(question):
            return _acknowledged(question, start)
        resolved = self._resolved(history, question, llm)
        took = _since(start)
        told = self.assistant.stream(resolved, limit, llm, keep=keep)
        return told if resolved == question else _leaning(told, Resolved(question, resolved), took)

    def _resolved(self, history: Sequence[Said], question: str, llm: str | None) -> str:
        """The question as the language model puts it, if there is one; else by the rules."""
        writer, index = self.assistant.writer_named(llm), self.assistant.index
        rewritten = None
        if writer is not None:
            try:
                rewritten = rewrite(
                    question, history, index, lambda asked: writer.reply(asked, _REWRITE_SECONDS)
                )
            except LanguageModelError as error:
                _log.warning("understanding by rules", llm=writer.name, error=str(error))
        return rewritten or resolve(question, history, index)

    def _kept(
        self, told: Generator[Event, None, None], conversation_id: str
    ) -> Generator[Event, None, None]:
        def kept(answer: Answer) -> Answer:
            answer = replace(answer, conversation_id=conversation_id)
            self.store.add(conversation_id, AnswerShape.of(answer))
            return answer

        return with_answer(told, kept)


def ask_once(
    assistant: Assistant, file: Path, question: str, limit: int, conversation: str | None
) -> Answer:
    """Answer one question; ``conversation`` is an id, "new" begins one, None keeps nothing."""
    if conversation is None:
        return assistant.ask(question, limit)
    store = ConversationStore(file)
    try:
        chat = Chat(assistant, store)
        if conversation == NEW:
            return chat.begin(question, limit)
        return chat.ask(question, limit, conversation_id=conversation)
    finally:
        store.close()


def said_in(conversation: ConversationDetail) -> list[Said]:
    """The turns of a conversation that a question can lean on."""
    return [_said(turn.answer) for turn in conversation.history[-REMEMBERED:]]


def _said(answer: AnswerShape) -> Said:
    headings = dict.fromkeys(
        heading for citation in answer.citations for heading in citation.section[-1:]
    )
    text = "" if answer.abstained else answer.answer
    understood = answer.resolved_question or answer.question
    return Said(answer.question, understood, text, tuple(headings), not answer.abstained)


def _acknowledged(text: str, start: float) -> Generator[Event, None, None]:
    reason = _nothing_asked(text)
    yield Answer(text, reason, reason=reason, took_ms={"total": _since(start)})


def _leaning(
    told: Generator[Event, None, None], question: Resolved, took: float
) -> Generator[Event, None, None]:
    """Say first how the question was understood; the whole answer is one to what was asked."""

    def asked(answer: Answer) -> Answer:
        total = answer.took_ms["total"] + took
        return replace(
            answer,
            question=question.asked,
            resolved_question=question.resolved,
            took_ms={**answer.took_ms, "resolve": took, "total": round(total, 2)},
        )

    with closing(told):
        yield question
        yield from with_answer(told, asked)


def _since(start: float) -> float:
    """Milliseconds."""
    return round((time.perf_counter() - start) * 1000, 2)


def _nothing_asked(text: str) -> str:
    if language_of(text) is Language.EN:
        return "All right. Ask whenever you like."
    return "好的，随时可以提问。"
