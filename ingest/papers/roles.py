"""What a paper is to a document: its subject, or something that it cites."""

from collections.abc import Sequence

from ingest.model import NamedBy, PaperMention, PaperRole
from ingest.papers.finding import Named, Place
from ingest.papers.names import Kind

# Of all mentions in a document: a paper with so many is what it speaks of.
_LEAST_SHARE = 0.3
_FEWEST = 3


def mentions_of(document_id: str, named: Named) -> list[PaperMention]:
    """The mentions of a document, by paper, each with the paper's role."""
    total = sum(map(len, named.places.values()))
    mentions = []
    for paper, places in sorted(named.places.items()):
        role = PaperRole.ABOUT if _is_about(paper, places, named, total) else PaperRole.CITES
        mentions += [_mention(document_id, place, role) for place in places]
    return mentions


def _is_about(paper: str, places: Sequence[Place], named: Named, total: int) -> bool:
    """The document's title names it; else a heading does, its full title, or most mentions."""
    if paper in named.titles:
        return True
    full = [p for p in places if p.kind is Kind.TITLE and p.named_by is not NamedBy.REFERENCE]
    titled = any(place.named_by is NamedBy.TITLE for place in full)
    headed = paper in named.headings and any(place.kind <= Kind.NAME for place in places)
    if named.titles:
        # The document says what it is about; another paper needs a section and its full title.
        return headed and titled
    opened = any(place.page in (None, 1) and place.named_by is not NamedBy.TITLE for place in full)
    leads = len(places) >= _FEWEST and len(places) >= _LEAST_SHARE * total
    return headed or titled or opened or leads


def _mention(document_id: str, place: Place, role: PaperRole) -> PaperMention:
    return PaperMention(
        document_id=document_id,
        paper=place.paper,
        role=role,
        named_by=place.named_by,
        quote=place.quote,
        page=place.page,
        chunk_id=place.chunk_id,
        section_id=place.section_id,
        title=place.title,
        link=place.link,
    )
