"""Papers that ship and that the material names: each with where it is named and taught."""

from collections.abc import Sequence

from pydantic import BaseModel

from app.contract import QuoteShape
from index.course_index import CourseIndex
from ingest.model import Paper, PaperMention


class PlaceShape(BaseModel):
    """A document that names a paper: what the paper is to it, and where it says so."""

    document: str
    role: str
    mentions: list[QuoteShape]


class PaperShape(BaseModel):
    """A paper with the documents that name it, those about it first."""

    id: str
    arxiv_id: str | None
    title: str
    year: int | None
    url: str | None
    authors: list[str]
    names: list[str]
    lessons: list[int]
    documents: list[PlaceShape]


def listed(index: CourseIndex, words: str = "", *, everything: bool = False) -> list[PaperShape]:
    """Papers that the material names, those in most documents first; ``everything`` that is known.

    With ``words`` only those with them in title, names, authors or id, whoever names them.
    """
    papers = index.papers
    wanted = words.strip().casefold()
    found = [
        paper
        for paper in papers.literature.papers
        if (wanted in _searched(paper) if wanted else everything or paper.id in papers.mentions)
    ]
    found.sort(key=lambda paper: (-len(papers.documents_of(paper)), paper.id))
    return [paper_shape(index, paper) for paper in found]


def paper_shape(index: CourseIndex, paper: Paper) -> PaperShape:
    """Everything that is known of a paper."""
    mentions = index.papers.mentions.get(paper.id, ())
    return PaperShape(
        id=paper.id,
        arxiv_id=paper.arxiv_id,
        title=paper.title,
        year=paper.year,
        url=paper.url,
        authors=list(paper.authors),
        names=list(paper.names),
        lessons=list(paper.lessons),
        documents=_places(index, mentions),
    )


def _searched(paper: Paper) -> str:
    return "\n".join((paper.id, paper.title, *paper.names, *paper.authors)).casefold()


def _places(index: CourseIndex, mentions: Sequence[PaperMention]) -> list[PlaceShape]:
    places: dict[str, PlaceShape] = {}
    for mention in mentions:
        path = index.records.documents[mention.document_id].path
        place = places.setdefault(
            path, PlaceShape(document=path, role=mention.role.value, mentions=[])
        )
        quote = QuoteShape(document=path, page=mention.page, quote=mention.quote)
        if quote not in place.mentions:
            place.mentions.append(quote)
    return sorted(places.values(), key=lambda place: (place.role, -len(place.mentions)))
