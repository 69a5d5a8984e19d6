"""Answers and what they rest on."""

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from index.model import Hit
from ingest.model import Box, Concept, Paper


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim span of one page (or of a note) that a sentence rests on.

    ``confidence`` is the lowest one of recognised text in it; None when the file holds the text.
    """

    number: int
    chunk_id: str
    document_id: str
    document: str
    title: str
    section: tuple[str, ...]
    page: int | None
    quote: str
    boxes: tuple[Box, ...]
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer with the numbers of its citations."""

    text: str
    citations: tuple[int, ...]
    verbatim: bool
    supported: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence as it stands in an answer: with its marks, and the gap beside it.

    ``citations`` are those that no sentence before it has.
    """

    text: str
    sentence: Sentence
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or the reason why the material gives none with the nearest passages.

    ``concepts`` are those that the question names, ``papers`` those that the cited passages name.
    ``notice`` says why a language model was asked
    and the answer is verbatim all the same. ``resolved_question`` is what a question that leans on
    its conversation was taken to mean.
    """

    question: str
    text: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    reason: str | None = None
    nearest: tuple[Hit, ...] = ()
    concepts: tuple[Concept, ...] = ()
    papers: tuple[Paper, ...] = ()
    mode: Literal["extractive", "generative"] = "extractive"
    model: str | None = None
    notice: str | None = None
    resolved_question: str | None = None
    conversation_id: str | None = None
    took_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def abstained(self) -> bool:
        """Whether the material does not answer."""
        return self.reason is not None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a question that leans on its conversation was taken to mean."""

    asked: str
    resolved: str


# What an answer gives while it is made, the whole of it last; None while there is nothing new.
Event: TypeAlias = Resolved | Piece | Answer | None


def answer_of(events: Generator[Event, None, None]) -> Answer:
    """The whole answer among the events of its making."""
    with closing(events):
        return next(event for event in events if isinstance(event, Answer))


def with_answer(
    events: Generator[Event, None, None], change: Callable[[Answer], Answer]
) -> Generator[Event, None, None]:
    """The events of an answer's making, the whole answer as ``change`` makes it."""
    with closing(events):
        for event in events:
            yield change(event) if isinstance(event, Answer) else event
