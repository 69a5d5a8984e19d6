"""What one answer is worth: key facts told, gold pages cited, quotes that bear their sentences."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from app.errors import NotFound
from app.evaluation.facts import FactJudge
from app.evaluation.questions import GoldQuestion
from app.evaluation.runs import places_of
from app.model import Answer, Citation, Sentence
from app.places import find_place
from app.support import Judge, Source
from index.course_index import CourseIndex
from ingest.model import Chunk


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """An answer with what it is worth, by name of the figure, and which key facts it tells."""

    question: GoldQuestion
    answer: Answer
    marks: Mapping[str, float] | None
    told: Mapping[str, bool]

    def line(self) -> dict[str, Any]:
        """All of it for a person to read, as JSON."""
        return {
            "id": self.question.id,
            "type": self.question.kind,
            "question": self.question.text,
            "answer": self.answer.text,
            "reason": self.answer.reason,
            "keyfacts": dict(self.told),
            "marks": None if self.marks is None else dict(self.marks),
            "cited": [[c.number, c.document, c.page, c.quote] for c in self.answer.citations],
        }


class AnswerJudge:
    """Judges answers that were given over one index."""

    def __init__(self, index: CourseIndex) -> None:
        self._index = index
        self._facts = FactJudge(index.graph.mentions, index.encoders.second)
        self._support = Judge()
        self._pages: dict[tuple[str, int | None], str] = {}

    def judge(self, question: GoldQuestion, answer: Answer) -> JudgedAnswer:
        """Judge an answer; a refusal is worth nothing by itself."""
        if answer.abstained:
            return JudgedAnswer(question, answer, None, dict.fromkeys(question.facts, False))
        told = {fact: self._facts.is_told(fact, answer.text) for fact in question.facts}
        marks = {"key facts": _share(told.values())} if told else {}
        marks |= _pages_cited(question, answer)
        numbered = {citation.number: citation for citation in answer.citations}
        cited = [([numbered[n] for n in one.citations], one) for one in answer.sentences]
        marks["supported"] = _share(self._is_supported(question, *pair) for pair in cited)
        if verbatim := [pair for pair in cited if pair[1].verbatim]:
            marks["verbatim"] = _share(self._is_verbatim(*pair) for pair in verbatim)
        marks["citations open"] = _share(self._opens(one) for one in answer.citations)
        return JudgedAnswer(question, answer, marks, told)

    def _is_supported(
        self, question: GoldQuestion, citations: list[Citation], sentence: Sentence
    ) -> bool:
        """Whether a sentence is in its quotes or, if it was written, borne out by them."""
        if sentence.verbatim:
            quotes = "".join(citation.quote for citation in citations)
            return bool(citations) and _letters(sentence.text) in _letters(quotes)
        sources = [Source(one.quote, (one.title, *one.section)) for one in citations]
        return self._support.judge(self._index, question.text, sentence.text, sources).supported

    def _is_verbatim(self, citations: list[Citation], sentence: Sentence) -> bool:
        """Whether a sentence is its quotes, each a span of what was read from its page."""
        quotes = _letters("".join(citation.quote for citation in citations))
        printed = all(_letters(one.quote) in self._page(one) for one in citations)
        return bool(citations) and printed and _letters(sentence.text) in quotes

    def _page(self, citation: Citation) -> str:
        """What the passages of a document have on the cited page; of a note, all of it."""
        key = citation.document_id, citation.page
        if key not in self._pages:
            chunks = self._index.records.chunks_of(citation.document_id)
            parts = (part for chunk in chunks for part in _on_page(chunk, citation.page))
            self._pages[key] = _letters("".join(parts))
        return self._pages[key]

    def _opens(self, citation: Citation) -> bool:
        """Whether a citation leads to its page and, on a page, has a place to mark."""
        document = self._index.records.documents.get(citation.document_id)
        if document is None:
            return False
        try:
            place = find_place(self._index.records, document, citation.chunk_id, citation.quote)
        except NotFound:
            return False
        if document.page_count is None or citation.page is None:
            return place.page == citation.page
        return place.page == citation.page and bool(place.boxes)


def _pages_cited(question: GoldQuestion, answer: Answer) -> dict[str, float]:
    places = [set(places_of(c.document, (), c.page, c.section)) for c in answer.citations]
    found = question.pages.intersection(*[set().union(*places)])
    return {
        "gold page cited": float(bool(found)),
        "gold pages cited": len(found) / len(question.pages) if question.pages else 0.0,
        "citations on gold pages": _share(not question.pages.isdisjoint(one) for one in places),
    }


def _on_page(chunk: Chunk, page: int | None) -> Iterator[str]:
    """The parts of a passage that are printed on a page; all of it where there are no pages."""
    if page is None:
        yield chunk.text
        return
    # Marks between two lines, of a table or a list, belong to the pages of both.
    position = 0
    for is_there, group in groupby(chunk.spans, lambda span: span.box.page == page):
        spans = list(group)
        after = next((s.start for s in chunk.spans if s.start >= spans[-1].end), len(chunk.text))
        if is_there:
            yield chunk.text[position:after]
        position = spans[-1].end


def _letters(text: str) -> str:
    return "".join(text.split())


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0
