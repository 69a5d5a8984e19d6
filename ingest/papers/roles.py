"""What a paper is to a document: its subject, or something that it cites."""

from collections.abc import Sequence

from ingest.model import NamedBy, PaperMention, PaperRole
from ingest.papers.finding import Named
from ingest.papers.names import Kind
from ingest.papers.places import Place

# Of what the text itself names: a paper with so many is what the document speaks of.
_LEAST_SHARE = 0.5
_FEWEST = 5
# So few papers that are named in full are presented; of more, those that are come back to.
_FEW_TITLES = 2
_MOST_TITLES = 5


def mentions_of(document_id: str, named: Named) -> list[PaperMention]:
    """The mentions of a document, by paper, each with the paper's role."""
    mentions = []
    for paper, places in sorted(named.places.items()):
        role = PaperRole.ABOUT if _is_about(paper, places, named) else PaperRole.CITES
        mentions += [_mention(document_id, place, role) for place in places]
    return mentions


def _is_about(paper: str, places: Sequence[Place], named: Named) -> bool:
    """The document's title names it; else a heading does, or it is presented, or leads."""
    if paper in named.titles:
        return True
    headed = paper in named.headings
    if named.titles:
        # The document says what it is about; another paper needs a section and its full title.
        return headed and any(_is_titled(p) and p.named_by is NamedBy.TITLE for p in places)
    return headed or _is_presented(places, named) or _leads(places, named)


def _is_presented(places: Sequence[Place], named: Named) -> bool:
    """Its address opens the document; or its full title stands there and is come back to."""
    full = [place for place in places if _is_titled(place)]
    if any(place.opens and place.named_by is not NamedBy.TITLE for place in full):
        return True
    titled = sum(any(p.kind is Kind.TITLE for p in others) for others in named.places.values())
    return bool(full) and titled <= (_FEW_TITLES if len(places) == 1 else _MOST_TITLES)


def _leads(places: Sequence[Place], named: Named) -> bool:
    """Most of what the text names, labels of drawings aside, is this paper."""
    own = sum(not place.drawn and place.kind <= Kind.NAME for place in places)
    written = sum(not place.drawn for others in named.places.values() for place in others)
    return own >= _FEWEST and own >= _LEAST_SHARE * written


def _is_titled(place: Place) -> bool:
    """Whether a paper stands there in full: its title, or a link or id of its own."""
    return place.kind is Kind.TITLE and place.named_by is not NamedBy.REFERENCE


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
