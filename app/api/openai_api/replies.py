"""Answers as the text and the sources of a chat message."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from app.api.openai_api.shapes import Annotation, UrlCitation
from app.contract import CitationShape
from app.followups.telling import understood_as
from app.model import Answer, Citation, Event, Piece, Resolved
from app.pieces import located
from index.model import Hit
from ingest.model import Language
from ingest.text import language_of

_LONGEST_FRAGMENT = 80


@dataclass(frozen=True, slots=True)
class Reply:
    """A chat message with its sources."""

    text: str
    citations: tuple[CitationShape, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    abstained: bool = False


def reply_to(answer: Answer, server: str) -> Reply:
    """An answer as a message; ``server`` is where the cited pages are shown.

    How a question was understood that leans on the conversation is told first.
    """
    resolved = answer.resolved_question
    above = _understood(Resolved(answer.question, resolved)) if resolved else ""
    if answer.abstained:
        return Reply(above + "".join(_refusal(answer)), abstained=True)
    return Reply(
        above + answer.text,
        tuple(CitationShape.of(citation) for citation in answer.citations),
        tuple(_annotations(answer, server, len(above))),
    )


def saying(told: Generator[Event, None, None], server: str) -> Generator[str | Reply, None, None]:
    """What is new of a message while its answer is made, and last the whole message."""
    said = ""
    with closing(told):
        for event in told:
            if isinstance(event, Answer):
                reply = reply_to(event, server)
                yield reply.text[len(said) :]
                yield reply
            else:
                new = _new_of(event)
                said += new
                yield new


def _new_of(event: Piece | Resolved | None) -> str:
    match event:
        case Piece():
            return event.text
        case Resolved():
            return _understood(event)
    return ""


def _understood(question: Resolved) -> str:
    return f"> {understood_as(question.asked, question.resolved)}\n\n"


def _annotations(answer: Answer, server: str, above: int) -> Iterator[Annotation]:
    first: dict[int, tuple[int, int]] = {}
    for sentence, start, end in located(answer):
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
