"""Places where documents name papers, each with the words that stand there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.model import Chunk, Link, NamedBy
from ingest.paper_facts import title_key
from ingest.papers.identifiers import identifiers
from ingest.papers.names import Kind
from ingest.text import sentences, trim

LONGEST_QUOTE = 240
_AROUND = 100
_TITLE_WORDS = 3
_OPENING = 2  # passages of a note


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document names a paper.

    It is ``sure`` unless a name may mean something else there, ``drawn`` where a picture shows the
    name, and ``opens`` the document if it stands on the first page, or at the beginning of a note.
    """

    paper: str
    named_by: NamedBy
    kind: Kind
    quote: str
    page: int | None
    chunk_id: str = ""
    section_id: str = ""
    sure: bool = True
    drawn: bool = False
    opens: bool = False
    title: str = ""
    link: str = ""


def linked_place(paper: str, link: Link, chunks: Sequence[Chunk]) -> Place:
    """A link, with the sentence that holds it if the text has it."""
    title = "" if _is_no_title(link.text) else link.text
    for chunk in chunks:
        if link.page is not None and link.page not in chunk.pages:
            continue
        start = chunk.text.find(link.text) if link.text else -1
        if start >= 0:
            place = place_in(
                chunk,
                start,
                start + len(link.text),
                paper,
                NamedBy.LINK,
                Kind.TITLE,
            )
            return replace(place, title=title, link=link.target)
    return Place(
        paper,
        NamedBy.LINK,
        Kind.TITLE,
        link.text or link.target,
        link.page,
        opens=link.page == 1,
        title=title,
        link=link.target,
    )


def _is_no_title(text: str) -> bool:
    """Whether a link shows an address or a single word, which is no title."""
    return (
        "://" in text
        or next(identifiers(text), None) is not None
        or (
            len(text.split()) < _TITLE_WORDS and len(title_key(text)) < 12  # noqa: PLR2004
        )
    )


def is_recognised(chunk: Chunk, position: int) -> bool:
    """Whether the text at a place was recognised in a picture."""
    spans = (span for span in chunk.spans if span.start <= position < span.end)
    return any(span.confidence is not None for span in spans)


def place_in(
    chunk: Chunk, start: int, end: int, paper: str, named_by: NamedBy, kind: Kind
) -> Place:
    """The place of a name at ``[start, end)`` of a passage, with its sentence."""
    low, high = _quoted(chunk.text, start, end)
    page = next((s.box.page for s in chunk.spans if s.start < end and s.end > start), chunk.page)
    quote = chunk.text[low:high]
    opens = page == 1 or (page is None and chunk.ordinal < _OPENING)
    return Place(paper, named_by, kind, quote, page, chunk.id, chunk.section_id, opens=opens)


def _quoted(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence around a name; of a long one the part around it, cut between words."""
    for low, high in sentences(text):
        if low <= start < high:
            break
    else:
        low, high = start, end
    high = max(high, end)
    if high - low > LONGEST_QUOTE:
        low, high = max(low, start - _AROUND), min(high, end + _AROUND)
        if (space := re.search(r"\s", text[low:start])) is not None:
            low += space.end()
        if (cut := text.rfind(" ", end, high)) > end:
            high = cut
    found = trim(text, low, high)
    return found if found is not None else (start, end)
