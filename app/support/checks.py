"""The checks of a written sentence, from those that decide at once to the score that is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

import numpy as np

from app.support import negation, numbers
from app.support.names import unknown_names
from app.support.words import without_match
from index.calibration import off_topic_questions
from index.course_index import CourseIndex
from index.embedding import Embedder, Vectors
from index.keyword import coverage
from index.leaning import counts_as
from ingest.readers.markdown.markup import plain
from ingest.text import language_of

_LEAST_SPREAD = 0.005


class Fault(StrEnum):
    """Why a sentence does not count as supported."""

    NO_CITATION = "no_citation"
    NUMBER = "number"
    NAME = "name"
    NEGATION = "negation"
    CONTRARY = "contrary"
    WORD = "word"
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class Source:
    """A quote that a sentence cites, with the headings it stands under."""

    quote: str
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SupportSettings:
    """What must be reached; measured on made-up sentences, see docs/answers.md."""

    threshold: float = 0.45
    coverage_weight: float = 0.5
    # A similarity so many spreads above the noise floor counts as near as can be.
    nearest: float = 16.0
    # A word less similar than this to all words of its sources is one that they don't have.
    least_word: float = 0.39


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence is borne out; a score of 0 where it never came to that."""

    fault: Fault | None
    score: float = 0.0

    @property
    def supported(self) -> bool:
        """Whether nothing speaks against it."""
        return self.fault is None


class Judge:
    """Checks sentences against the quotes they cite; safe to use from several threads."""

    def __init__(self, settings: SupportSettings | None = None) -> None:
        self._settings = settings or SupportSettings()
        self._lock = Lock()
        self._everyday: dict[str, Vectors] = {}

    def judge(
        self, index: CourseIndex, question: str, sentence: str, sources: Sequence[Source]
    ) -> Verdict:
        """Check a sentence; what decides at once comes first."""
        if not sources:
            return Verdict(Fault.NO_CITATION)
        text = plain(sentence)
        fault = fault_of(index, question, text, sources)
        if fault is None and self._has_new_word(index, question, text, sources):
            fault = Fault.WORD
        if fault is not None:
            return Verdict(fault)
        score = self.score(index, text, sources)
        return Verdict(None if score >= self._settings.threshold else Fault.SCORE, score)

    def _has_new_word(
        self, index: CourseIndex, question: str, text: str, sources: Sequence[Source]
    ) -> bool:
        """Whether a word was put in the place of another: "the cache stores bananas"."""
        encoder = index.encoders.second
        if encoder is None:
            return False  # other models' similarities of single words tell too little
        quotes = "\n".join(plain(source.quote) for source in sources)
        known = f"{quotes}\n{question}\n{_headings(sources)}"
        least = self._settings.least_word
        return bool(without_match(encoder, text, known, with_other_names(index, known), least))

    def score(self, index: CourseIndex, text: str, sources: Sequence[Source]) -> float:
        """From 0 to 1: the words that the sources share with a text, and how near they are."""
        quotes = [plain(source.quote) for source in sources]
        shared = with_other_names(index, "\n".join((*quotes, _headings(sources))))
        covered = coverage(index.keyword.weights(text), shared)
        weight = self._settings.coverage_weight
        return weight * covered + (1 - weight) * self._nearness(index, text, quotes)

    def _nearness(self, index: CourseIndex, text: str, quotes: Sequence[str]) -> float:
        """How far the nearest quote stands out of the noise, from 0 to 1.

        The noise floor of a quote is how near everyday questions in the text's language are to it.
        """
        encoder = index.encoders.all[-1]
        passages = encoder.embed_passages(quotes)
        similarities = passages @ encoder.embed_queries([text])[0]
        noise = passages @ self._noise(encoder)[_spoken_like(text)].T
        spread = np.maximum(noise.std(axis=1), _LEAST_SPREAD)
        distances = (similarities - np.median(noise, axis=1)) / spread
        return float(np.clip(distances.max() / self._settings.nearest, 0.0, 1.0))

    def _noise(self, encoder: Embedder) -> Vectors:
        """Everyday questions as an encoder sees them, embedded once."""
        with self._lock:
            if encoder.fingerprint not in self._everyday:
                vectors = encoder.embed_queries(off_topic_questions())
                self._everyday[encoder.fingerprint] = vectors
            return self._everyday[encoder.fingerprint]


def fault_of(
    index: CourseIndex, question: str, text: str, sources: Sequence[Source]
) -> Fault | None:
    """What alone makes a sentence unsupported, however much else it shares with its sources."""
    quotes = "\n".join(plain(source.quote) for source in sources)
    around = f"{quotes}\n{question}"
    if numbers.missing(text, around):
        return Fault.NUMBER
    if unknown_names(text, with_other_names(index, f"{around}\n{_headings(sources)}")):
        return Fault.NAME
    concepts = {concept: index.graph.concepts[concept].names for concept in index.graph.named(text)}
    if negation.disagrees(text, quotes, concepts):
        return Fault.NEGATION
    return Fault.CONTRARY if negation.says_the_contrary(text, quotes) else None


def with_other_names(index: CourseIndex, text: str) -> str:
    """A text and all names of the concepts it names, so that both languages meet."""
    names = (n for c in index.graph.named(text) for n in index.graph.concepts[c].names)
    return "\n".join((text, *names))


def _headings(sources: Sequence[Source]) -> str:
    return "\n".join(heading for source in sources for heading in source.headings)


def _spoken_like(text: str) -> list[int]:
    """Places of the everyday questions in a text's language."""
    language = counts_as(language_of(text))
    asked = enumerate(off_topic_questions())
    return [place for place, question in asked if counts_as(language_of(question)) == language]
