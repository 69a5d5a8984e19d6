"""Answers in a language model's words: asked for, taken apart, checked sentence by sentence."""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Literal

import structlog

from app.citations import Citations
from app.evidence import Unit
from app.model import Citation, Sentence
from app.prompts import Quote, gives_orders, messages
from app.support import Judge, Source, SupportSettings
from index.course_index import CourseIndex
from ingest.errors import LanguageModelError
from ingest.text import clean, sentences, whole

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage

_log = structlog.get_logger(__name__)
_LONGEST = 20_000
_ATTEMPTS = 2  # an empty answer may come from a hiccup
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL | re.IGNORECASE)
_MARK = r"[\[［【]\^?\s?\d{1,2}(?:\s?[,，、;-]\s?\d{1,2})*\s?[\]］】]"
_MARKS = re.compile(rf"\s*{_MARK}(?:\s*{_MARK})*")
_ENDERS = "。！？!?；;….："
# Marks may stand before or after what ends a sentence: both end it.
_AFTER_END = re.compile(rf"([{_ENDERS}]+[”’」』）)\"*_]*)({_MARKS.pattern})")
_CITED_END = re.compile(rf"{_MARKS.pattern}(?:[{_ENDERS}]+[”’」』）)\"*_]*|(?=\n|\Z))")
_NUMBERS = re.compile(r"(\d{1,2})(?:\s?-\s?(\d{1,2}))?")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,2}[.)、])\s+")


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
class Drafted:
    """A sentence as a model wrote it, without its marks, and the quotes that these number."""

    text: str
    numbers: tuple[int, ...]
    gap: str


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

    def __init__(self, name: str, llm: "LLM", settings: GenerationSettings | None = None) -> None:
        self.name = name
        self.model: str = llm.metadata.model_name
        self.settings = settings or GenerationSettings()
        self._llm = llm
        self._judge = Judge(self.settings.support)

    def write(self, index: CourseIndex, question: str, units: Sequence[Unit]) -> Written:
        """Write an answer from quotes; raises LanguageModelError where none can be given."""
        units = [unit for unit in units if not gives_orders(unit.text)]
        if not units:
            raise Unsupported("No quote was left for the language model to write from.")
        quotes = [Quote(n, u.text, headings(u)) for n, u in enumerate(units, start=1)]
        drafted = self._drafted(messages(question, quotes))
        return self._checked(index, question, units, drafted)

    def _drafted(self, asked: "list[ChatMessage]") -> list[Drafted]:
        for _ in range(_ATTEMPTS):
            drafted = read_draft(self.reply(asked, self.settings.seconds))
            if drafted:
                return drafted
        raise LanguageModelError("The language model's answer was empty.")

    def reply(self, asked: "list[ChatMessage]", seconds: float) -> str:
        """The model's words; the time limit holds for all its retries together."""
        done: Future[str] = Future()

        def run() -> None:
            try:
                done.set_result(self._llm.chat(asked).message.content or "")
            except BaseException as error:  # it is raised where the result is taken
                done.set_exception(error)

        # A daemon: a model that never answers should not keep the process from ending.
        Thread(target=run, daemon=True).start()
        try:
            return done.result(seconds)
        except TooLate as error:
            message = f"The language model did not answer within {seconds:g} seconds."
            raise LanguageModelError(message, "See COURSEGRAPH_LLM_TIMEOUT_SECONDS.") from error

    def _checked(
        self, index: CourseIndex, question: str, units: Sequence[Unit], drafted: Sequence[Drafted]
    ) -> Written:
        answer = _Composed()
        good = 0
        for draft in drafted:
            cited = [units[n - 1] for n in draft.numbers if 1 <= n <= len(units)]
            sources = [Source(unit.text, headings(unit)) for unit in cited]
            verdict = self._judge.judge(index, question, draft.text, sources)
            good += verdict.supported
            if not verdict.supported:
                _log.info("unsupported sentence", fault=verdict.fault, score=verdict.score)
            if verdict.supported or self.settings.unsupported == "mark":
                answer.add(draft, cited, verdict.supported)
        if not good or good < self.settings.least_share * len(drafted):
            raise Unsupported(
                f"The sources bear out {good} of the {len(drafted)} sentences that the language "
                "model wrote."
            )
        return answer.written


class _Composed:
    """Puts sentences and their marks together."""

    def __init__(self) -> None:
        self._citations = Citations()
        self._sentences: list[Sentence] = []
        self._text = ""

    def add(self, draft: Drafted, cited: Sequence[Unit], supported: bool) -> None:
        """Append a sentence."""
        found = [n for unit in cited for n in self._citations.cite(unit.hit, unit.start, unit.end)]
        numbers = tuple(dict.fromkeys(found))
        marks = "".join(f"[{number}]" for number in numbers)
        self._text += f"{draft.gap if self._text else ''}{draft.text}{marks}"
        self._sentences.append(Sentence(draft.text, numbers, verbatim=False, supported=supported))

    @property
    def written(self) -> Written:
        """The whole."""
        return Written(self._text, tuple(self._sentences), self._citations.made)


def headings(unit: Unit) -> tuple[str, ...]:
    """The title and the sections that a quote stands under."""
    return tuple(dict.fromkeys((unit.hit.document.title, *unit.hit.chunk.section)))


def read_draft(answer: str) -> list[Drafted]:
    """Take an answer apart into sentences and the numbers of the quotes they cite."""
    text = clean(whole(_THOUGHTS.sub("", answer[:_LONGEST]))).replace("\r\n", "\n").strip()
    text = _AFTER_END.sub(lambda found: f"{found[2]}{found[1]}", text)
    drafted: list[Drafted] = []
    position = 0
    for start, end in _cut(text):
        between = text[position:start]
        position = end
        gap = "\n\n" if "\n" in between else " " * bool(between)
        written = text[start:end]
        words = _MARKS.sub("", _ITEM.sub("", written, count=1) if _starts(written) else written)
        if any(character.isalnum() for character in words):
            drafted.append(Drafted(words.strip(), _numbers(written), gap))
    return drafted


def _starts(written: str) -> bool:
    return _ITEM.match(written) is not None


def _cut(text: str) -> Iterator[tuple[int, int]]:
    """Sentences; where marks stand before an end, one ends there whatever follows."""
    start = 0
    ends = [found.end() for found in _CITED_END.finditer(text)]
    for end in [*ends, len(text)]:
        yield from ((start + low, start + high) for low, high in sentences(text[start:end]))
        start = end


def _numbers(written: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for marks in _MARKS.finditer(written):
        for found in _NUMBERS.finditer(marks.group()):
            first = int(found[1])
            numbers += range(first, int(found[2] or first) + 1)
    return tuple(dict.fromkeys(numbers))
