"""What a tool found as readable text; each claim carries the [n] of the place it stands in."""

from collections.abc import Iterable, Sequence
from typing import Any

from app.contract import AnswerShape, CitationShape, HitShape, RelatedShape, SearchShape
from app.lessons import ItemShape, LessonDetail

_MOST_RELATIONS = 30


class Sources:
    """Numbers places and quotes in the order of their first use."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def cite(self, place: str, quote: str | None = None) -> str:
        """The mark of a place, such as ``[1]``."""
        line = place if quote is None else f"{place}: “{quote}”"
        return f"[{self._numbers.setdefault(line, len(self._numbers) + 1)}]"

    def lines(self) -> list[str]:
        """Every place that was cited, by number; nothing when none was."""
        found = [f"[{number}] {line}" for line, number in self._numbers.items()]
        return ["", "Sources:", *found] if found else []


def place(
    document: str, page: int | None, section: Sequence[str] = (), confidence: float | None = None
) -> str:
    """Where something stands; recognised text says so."""
    on_page = f", page {page}" if page is not None else ""
    under = f" › {section[-1]}" if section else ""
    read = " (recognised in a picture: check the page)" if confidence is not None else ""
    return f"{document}{on_page}{under}{read}"


def search_text(found: SearchShape) -> str:
    """Passages with their places, best first."""
    if not found.hits:
        return "Nothing was found."
    return "\n\n".join(_passages(found.hits))


def answer_text(answer: AnswerShape) -> str:
    """The answer and its quotes; or the refusal, and the nearest passages."""
    if answer.abstained:
        lines = ["The material does not answer this question.", answer.reason or answer.answer]
        near = ["The nearest passages, which are no answer:"] if answer.nearest else []
        return "\n\n".join([*lines, *near, *_passages(answer.nearest)])
    sources = [f"[{citation.n}] {_cited(citation)}" for citation in answer.citations]
    return "\n".join([answer.answer, "", "Sources:", *sources])


def concept_text(concept: dict[str, Any]) -> str:
    """A concept's names, definition, relations and places."""
    sources = Sources()
    names = [concept["name_zh"], concept["name_en"], *concept["aliases"]]
    lines = [" · ".join(filter(None, names))]
    if definition := concept["definition"]:
        lines.append(
            f"Definition: {definition['text']} {_evidence(sources, definition['citation'])}"
        )
    if concept["lessons"]:
        lines.append(f"Lessons: {', '.join(map(str, concept['lessons']))}")
    if concept["papers"]:
        lines.append(f"Papers: {', '.join(concept['papers'])}")
    for relation in concept["relations"][:_MOST_RELATIONS]:
        arrow = "->" if relation["direction"] == "out" else "<-"
        marks = "".join(_evidence(sources, one) for one in relation["evidence"][:1])
        lines.append(f"{arrow} {relation['relation']} {relation['target']} {marks}")
    if (more := len(concept["relations"]) - _MOST_RELATIONS) > 0:
        lines.append(f"... and {more} more relations in the structured content")
    lines += [f"In {_pages(document)}" for document in concept["documents"]]
    return "\n".join(lines + sources.lines())


def related_text(found: RelatedShape) -> str:
    """Related papers with their reasons, and the quotes below."""
    sources = Sources()
    lines = [f"Related to {found.resolved.kind} {found.resolved.title}:"]
    lines += [found.hint] if found.hint else []
    for paper in found.papers:
        year = f" ({paper.year})" if paper.year else ""
        lines.append(f"{paper.rank}. {paper.title}{year} {paper.url or ''} [{paper.group}]")
        for reason in paper.reasons:
            marks = "".join(_evidence(sources, quote.model_dump()) for quote in reason.evidence)
            lines.append(f"   - {reason.text} {marks}".rstrip())
    return "\n".join(lines + sources.lines())


def lesson_text(detail: LessonDetail) -> str:
    """A lesson's place in the outline and what it holds; all of its lines are verbatim."""
    lesson, sources = detail.lesson, Sources()
    number = f"Lesson {lesson.number}: " if lesson.number is not None else ""
    lines = [f"{number}{lesson.title}", f"Outline: {' › '.join([detail.outline, *lesson.group])}"]
    if detail.document is None:
        return "\n".join([*lines, f"Not indexed: {lesson.target} is {lesson.state}."])
    document = detail.document
    lines.append(f"Document: {document} ({lesson.state})")
    lines += _titled("Definitions", (_item(sources, document, d) for d in detail.definitions))
    for question in detail.questions:
        answered = f"\n  {question.answer}" if question.answer else ""
        lines += ["", f"Question: {_item(sources, document, question)}{answered}"]
    lines += _titled("Formulas", (_item(sources, document, f) for f in detail.formulas))
    lines += _titled("References", (_item(sources, document, r) for r in detail.references))
    return "\n".join(lines + sources.lines())


def _passages(hits: Iterable[HitShape]) -> list[str]:
    return [
        f"[{hit.rank}] {place(hit.document, hit.page, hit.section, hit.confidence)}\n{hit.text}"
        for hit in hits
    ]


def _cited(citation: CitationShape) -> str:
    where = place(citation.document, citation.page, citation.section, citation.confidence)
    return f"{where}: “{citation.quote}”"


def _evidence(sources: Sources, evidence: dict[str, Any]) -> str:
    return sources.cite(place(evidence["document"], evidence["page"]), evidence["quote"])


def _pages(document: dict[str, Any]) -> str:
    pages = ", ".join(map(str, document["pages"]))
    return f"{document['document']}{f', pages {pages}' if pages else ''}"


def _titled(title: str, lines: Iterable[str]) -> list[str]:
    found = [f"- {line}" for line in lines]
    return ["", f"{title}:", *found] if found else []


def _item(sources: Sources, document: str, item: ItemShape) -> str:
    return f"{item.quote} {sources.cite(place(document, item.page, item.section))}"
