"""Answers in a language model's words: asked for, checked sentence by sentence as they come."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import structlog

from app.citations import Citations
from app.drafts import Drafted, DraftReader
from app.evidence import Unit
from app.evidence.contradictions import SOURCES_DIFFER
from app.evidence.units import Place
from app.listening import Listener
from app.model import Citation, Piece, Sentence
from app.prompts import Quote, gives_orders, messages
from app.support import Judge, Source, SupportSettings
from app.turns import Turns
from index.course_index import CourseIndex
from ingest.errors import BrokenOff, LanguageModelError
from ingest.text import language_of, spoken

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage

_log = structlog.get_logger(__name__)
_ATTEMPTS = 2  # an empty answer may come from a hiccup


@dataclass(frozen=True, slots=True)
class GenerationSettings:
    """How many quotes a model is given, and what becomes of sentences that they don't bear out."""

    quotes: int = 8
    # Quotes this far below the best one are left out; more than an extractive answer shows.
    floor: float = 0.5
    seconds: float = 120.0
    unsupported: Literal["drop", "mark"] = "drop"
    least_share: float = 0.5
    support: SupportSettings = field(default_factory=SupportSettings)


@dataclass(frozen=True, slots=True)
class Written:
    """A checked answer."""

    text: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]


class Unsupported(LanguageModelError):
    """A model wrote what its quotes do not bear out."""

    code = "unsupported_answer"


class Writer:
    """Writes answers with one language model; ``name`` is what a request chooses it by."""

    def __init__(
        self,
        name: str,
        llm: "LLM",
        settings: GenerationSettings | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.model: str = llm.metadata.model_name
        self.settings = settings or GenerationSettings()
        self._listener = Listener(llm)
        self._judge = Judge(self.settings.support)
        self._turns = Turns()
        self._on_close = on_close

    def write(
        self, index: CourseIndex, question: str, units: Sequence[Unit]
    ) -> Generator[Piece | Written | None, None, None]:
        """Write an answer from quotes, piece by piece and last as a whole; None says to wait.

        Where the answer rests on one of two quotes that disagree, both stand below it.
        Raises LanguageModelError where it can't go on, or where the quotes bear out too little of
        the whole. Closing it drops the request.
        """
        pairs = [
            (unit, unit.against)
            for unit in units
            if unit.against is not None and not gives_orders(f"{unit.text}\n{unit.against.text}")
        ]
        units = [unit for unit in _with_opponents(units) if not gives_orders(unit.text)]
        if not units:
            raise Unsupported("No quote was left for the language model to write from.")
        quotes = [Quote(n, u.text, headings(u)) for n, u in enumerate(units, start=1)]
        checked = _Checked(self.settings)
        with closing(self._drafted(messages(question, quotes))) as drafts:
            for draft in drafts:
                if draft is None:
                    yield None
                    continue
                cited = [units[n - 1] for n in draft.numbers if 1 <= n <= len(units)]
                sources = [Source(unit.text, headings(unit)) for unit in cited]
                with self._turns.turn():
                    verdict = self._judge.judge(index, question, draft.text, sources)
                if not verdict.supported:
                    _log.info("unsupported sentence", fault=verdict.fault, score=verdict.score)
                yield from checked.add(draft, cited, verdict.supported)
        heading = SOURCES_DIFFER[spoken(language_of(question))]
        yield from checked.add_disagreements(heading, pairs)
        yield checked.written()

    def reply(self, asked: "list[ChatMessage]", seconds: float) -> str:
        """The model's words as a whole; raises LanguageModelError."""
        with closing(self._listener.words(asked, seconds)) as heard:
            return "".join(words for words in heard if words is not None)

    def close(self) -> None:
        """Drop requests under way and let go of the language model."""
        self._listener.close()
        self._on_close()

    def _drafted(self, asked: "list[ChatMessage]") -> Generator[Drafted | None, None, None]:
        """What the model writes, from the second attempt where the first one gave nothing."""
        for left in reversed(range(_ATTEMPTS)):
            empty = True
            try:
                with closing(self._attempt(asked)) as drafts:
                    for draft in drafts:
                        empty &= draft is None
                        yield draft
            except BrokenOff:
                if not empty or not left:
                    raise
            if not empty:
                return
        raise LanguageModelError("The language model's answer was empty.")

    def _attempt(self, asked: "list[ChatMessage]") -> Generator[Drafted | None, None, None]:
        reader = DraftReader()
        with closing(self._listener.words(asked, self.settings.seconds)) as heard:
            for words in heard:
                if words is None:
                    yield None
                    continue
                yield from reader.read(words)
                if reader.is_full:
                    break
        yield from reader.rest()


class _Checked:
    """Puts sentences and their marks together, as long as enough of them are borne out.

    While they are not, sentences wait: what was given would at any time be the answer if the model
    stopped there.
    """

    def __init__(self, settings: GenerationSettings) -> None:
        self._settings = settings
        self._citations = Citations()
        self._pieces: list[Piece] = []
        self._waiting: list[tuple[Drafted, Sequence[Unit], bool]] = []
        self._cited: set[Place] = set()
        self._read = self._good = 0

    def add(self, draft: Drafted, cited: Sequence[Unit], supported: bool) -> Iterator[Piece]:
        """Take a sentence; gives what may be shown."""
        self._read += 1
        self._good += supported
        if supported or self._settings.unsupported == "mark":
            self._waiting.append((draft, cited, supported))
        if self._is_enough():
            for waiting in self._waiting:
                yield self._composed(*waiting)
            self._waiting.clear()

    def add_disagreements(
        self, heading: str, pairs: Sequence[tuple[Unit, Unit]]
    ) -> Iterator[Piece]:
        """Show both of two quotes that disagree, where the answer rests on one of them alone."""
        for pair in pairs if self._is_enough() else ():
            if sum(unit.place in self._cited for unit in pair) == 1:
                yield self._quoted(pair[0], f"\n\n{heading}\n\n")
                yield self._quoted(pair[1], "\n\n")

    def written(self) -> Written:
        """The whole; raises Unsupported."""
        if not self._is_enough():
            raise Unsupported(
                f"The sources bear out {self._good} of the {self._read} sentences that the "
                "language model wrote."
            )
        return Written(
            "".join(piece.text for piece in self._pieces),
            tuple(piece.sentence for piece in self._pieces),
            self._citations.made,
        )

    def _is_enough(self) -> bool:
        return 0 < self._good >= self._settings.least_share * self._read

    def _composed(self, draft: Drafted, cited: Sequence[Unit], supported: bool) -> Piece:
        self._cited |= {unit.place for unit in cited}
        gap = draft.gap if self._pieces else ""
        return self._piece(gap, draft.text, cited, verbatim=False, supported=supported)

    def _quoted(self, unit: Unit, gap: str) -> Piece:
        return self._piece(gap, unit.text, [unit], verbatim=True, supported=True)

    def _piece(
        self, gap: str, text: str, cited: Sequence[Unit], *, verbatim: bool, supported: bool
    ) -> Piece:
        known = len(self._citations.made)
        found = [n for unit in cited for n in self._citations.cite(unit.hit, unit.start, unit.end)]
        numbers = tuple(dict.fromkeys(found))
        marks = "".join(f"[{number}]" for number in numbers)
        sentence = Sentence(text, numbers, verbatim=verbatim, supported=supported)
        piece = Piece(f"{gap}{text}{marks}", sentence, self._citations.made[known:])
        self._pieces.append(piece)
        return piece


def _with_opponents(units: Sequence[Unit]) -> Iterator[Unit]:
    for unit in units:
        yield unit
        if unit.against is not None:
            yield unit.against


def headings(unit: Unit) -> tuple[str, ...]:
    """The title and the sections that a quote stands under."""
    return tuple(dict.fromkeys((unit.hit.document.title, *unit.hit.chunk.section)))
