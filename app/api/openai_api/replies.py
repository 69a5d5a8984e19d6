"""Answers as the text, the pieces and the sources of a chat message."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from app.api.openai_api.shapes import Annotation, UrlCitation
from app.contract import CitationShape
from app.followups.telling import understood_as
from app.model import Answer, Citation, Sentence
from index.model import Hit
from ingest.model import Language
from ingest.text import language_of

_LONGEST_FRAGMENT = 80


@dataclass(frozen=True, slots=True)
class Reply:
    """A chat message in the pieces in which it is streamed; joined they are its text."""

    pieces: tuple[str, ...]
    citations: tuple[CitationShape, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    abstained: bool = False

    @property
    def text(self) -> str:
        """The whole message."""
        return "".join(self.pieces)


def reply_to(answer: Answer, server: str) -> Reply:
    """An answer as a message, a piece a sentence; ``server`` is where the cited pages are shown.

    How a question was understood that leans on the conversation is told first.
    """
    resolved = answer.resolved_question
    above = (f"> {understood_as(answer.question, resolved)}\n\n",) if resolved else ()
    if answer.abstained:
        return Reply((*above, *_refusal(answer)), abstained=True)
    found = _located(answer)
    starts = [0, *(start for _, start, _ in found[1:])]
    ends = [*starts[1:], len(answer.text)]
    pieces = tuple(answer.text[start:end] for start, end in zip(starts, ends, strict=True))
    return Reply(
        (*above, *pieces),
        tuple(CitationShape.of(citation) for citation in answer.citations),
        tuple(_annotations(answer, found, server, sum(map(len, above)))),
    )


def _located(answer: Answer) -> list[tuple[Sentence, int, int]]:
    """Sentences with their ranges in the text; one that the text words differently is left out."""
    found: list[tuple[Sentence, int, int]] = []
    position = 0
    for sentence in answer.sentences:
        start = answer.text.find(sentence.text, position)
        if start >= 0:
            position = start + len(sentence.text)
            found.append((sentence, start, position))
    return found


def _annotations(
    answer: Answer, found: Sequence[tuple[Sentence, int, int]], server: str, above: int
) -> Iterator[Annotation]:
    first: dict[int, tuple[int, int]] = {}
    for sentence, start, end in found:
        for number in sentence.citations:
            first.setdefault(number, (start, end))
    for citation in answer.citations:
        start, end = first.get(citation.number, (0, len(answer.text)))
        yield Annotation(
            url_citation=UrlCitation(
                url=_address(citation, server),
                title=_place(citation.document, citation.page, citation.section),
                start_index=above + start,
                end_index=above + end,
            )
        )


def _address(citation: Citation, server: str) -> str:
    """Where a browser shows the cited place: the marked page, or the words of the document."""
    document = f"{server.rstrip('/')}/api/documents/{citation.document_id}"
    if citation.page is not None and citation.boxes:
        marked = urlencode({"highlight": citation.chunk_id, "quote": citation.quote})
        return f"{document}/pages/{citation.page}.png?{marked}"
    line = citation.quote.strip().split("\n")[0][:_LONGEST_FRAGMENT]
    return f"{document}/text#:~:text={quote(line, safe='').replace('-', '%2D')}"


def _refusal(answer: Answer) -> Iterator[str]:
    yield answer.text
    english = language_of(answer.question) is Language.EN
    if answer.nearest:
        yield "\n\nNearest places:" if english else "\n\n最接近的地方："
    for place in dict.fromkeys(_hit_place(hit) for hit in answer.nearest):
        yield f"\n- {place}"


def _hit_place(hit: Hit) -> str:
    return _place(hit.document.path, hit.chunk.page, hit.chunk.section)


def _place(document: str, page: int | None, section: tuple[str, ...]) -> str:
    shown = f" p.{page}" if page is not None else ""
    return f"{document}{shown}" + (f" › {section[-1]}" if section else "")
