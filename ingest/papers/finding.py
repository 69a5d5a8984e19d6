"""The papers that one document names, each place with its words."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.model import Chunk, Document, Link, NamedBy, Paper, Reference, Section
from ingest.paper_facts import papers_by_id, title_key
from ingest.papers.articles import Article, read_article
from ingest.papers.identifiers import Identifier, identifiers
from ingest.papers.matching_titles import TitleMatcher
from ingest.papers.names import Kind, PaperNames
from ingest.readers.markdown.markup import plain
from ingest.text import sentences, trim

_LONGEST_QUOTE = 240
_AROUND = 100
_TITLE_WORDS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document names a paper; ``sure`` unless a name may mean something else there."""

    paper: str
    named_by: NamedBy
    kind: Kind
    quote: str
    page: int | None
    chunk_id: str = ""
    section_id: str = ""
    sure: bool = True
    title: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """All places of a document by paper, and the papers of its title and headings.

    ``itself`` is the paper that the document is, if it is one.
    """

    places: Mapping[str, Sequence[Place]]
    titles: frozenset[str]
    headings: Mapping[str, Sequence[int]] = field(default_factory=dict)
    itself: Paper | None = None


class PaperFinder:
    """Finds papers in documents; safe to use from several threads."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._papers = papers_by_id(papers)
        self._by_doi = {paper.doi.casefold(): paper.id for paper in papers if paper.doi}
        self._names = PaperNames(papers)
        self._titles = TitleMatcher(papers)

    def find(
        self,
        document: Document,
        sections: Sequence[Section],
        chunks: Sequence[Chunk],
        references: Iterable[Reference],
    ) -> Named:
        """Find what a document names; names that mean nothing here are left out.

        A document that is a research paper is about itself, and its reference list is its own.
        """
        article = read_article(document, sections, chunks, self._titles)
        around = "\n".join(chunk.text for chunk in chunks)
        found: dict[str, list[Place]] = {}
        listed = self._cited(article) if article else self._listed(references)
        for place in (
            *listed,
            *self._linked(document, chunks),
            *(place for chunk in chunks for place in self._identified(chunk)),
            *(place for chunk in chunks for place in self._written(chunk, around)),
        ):
            found.setdefault(place.paper, []).append(place)
        headings: dict[str, list[int]] = {}
        for section in sections:
            for place in self._headed(section, around):
                found.setdefault(place.paper, []).append(place)
                headings.setdefault(place.paper, []).append(section.level)
        kept = {paper: places for paper, places in found.items() if _means_it(places)}
        if article is not None:
            own = article.paper
            kept[own.id] = [_itself(own), *kept.get(own.id, ())]
            return Named(kept, frozenset({own.id}), headings, own)
        titles = frozenset(
            spot.paper
            for spot in self._names.find(plain(document.title), around)
            if spot.kind is not Kind.GENERIC
        )
        return Named(kept, titles, headings)

    def _cited(self, article: Article) -> Iterator[Place]:
        """Entries of a paper's own list: by id, by a known title in them, by a title like one."""
        for section, entry in article.entries:
            ids = [self._id_of(one) for one in identifiers(entry.text)]
            titled = (s.paper for s in self._names.find(entry.text) if s.kind is Kind.TITLE)
            paper = (
                (ids[0] if ids and ids[0] in self._papers else None)
                or next(titled, None)
                or self._titles.best(entry.title)
                or (ids[0] if ids else None)
            )
            if paper is not None and paper != article.paper.id:
                yield Place(
                    paper,
                    NamedBy.REFERENCE,
                    Kind.TITLE,
                    entry.text[:_LONGEST_QUOTE],
                    section.page,
                    section_id=section.id,
                    title=entry.title,
                )

    def _listed(self, references: Iterable[Reference]) -> Iterator[Place]:
        """Entries of reference lists: by id, else by a title that is nearly the same."""
        for reference in references:
            text = f"{reference.text} {reference.target}"
            ids = [self._id_of(one) for one in identifiers(text)]
            paper = ids[0] if ids else self._titles.best(reference.title)
            if paper is not None:
                yield Place(
                    paper,
                    NamedBy.REFERENCE,
                    Kind.TITLE,
                    reference.text[:_LONGEST_QUOTE],
                    reference.page,
                    section_id=reference.section_id,
                    title=reference.title,
                    link=reference.target,
                )

    def _linked(self, document: Document, chunks: Sequence[Chunk]) -> Iterator[Place]:
        for link in document.links:
            named = next(identifiers(link.target), None)
            paper = self._id_of(named) if named else self._titles.best(link.text)
            if paper is not None:
                yield _linked_place(paper, link, chunks)

    def _headed(self, section: Section, around: str) -> Iterator[Place]:
        heading = plain(section.path[-1]) if section.path else ""
        for spot in self._names.find(heading, around):
            if spot.kind is not Kind.GENERIC:
                named_by = NamedBy.TITLE if spot.kind is Kind.TITLE else NamedBy.NAME
                yield Place(
                    spot.paper, named_by, spot.kind, heading, section.page, section_id=section.id
                )

    def _identified(self, chunk: Chunk) -> Iterator[Place]:
        for one in identifiers(chunk.text):
            paper = self._id_of(one)
            yield _place(chunk, one.start, one.end, paper, NamedBy.ID, Kind.TITLE, sure=True)

    def _written(self, chunk: Chunk, around: str) -> Iterator[Place]:
        for spot in self._names.find(chunk.text, around):
            named_by = NamedBy.TITLE if spot.kind is Kind.TITLE else NamedBy.NAME
            # Labels of a drawing name what stands there, and cite nothing.
            drawn = _is_recognised(chunk, spot.start)
            sure = spot.kind is Kind.TITLE or ((spot.kind is Kind.NAME or spot.cites) and not drawn)
            yield _place(chunk, spot.start, spot.end, spot.paper, named_by, spot.kind, sure=sure)

    def _id_of(self, one: Identifier) -> str:
        if one.arxiv_id is not None:
            return one.arxiv_id
        return self._by_doi.get(one.doi or "", f"doi:{one.doi}")


def _itself(paper: Paper) -> Place:
    return Place(paper.id, NamedBy.ID, Kind.TITLE, paper.title, 1, title=paper.title)


def _means_it(places: Sequence[Place]) -> bool:
    return any(place.sure for place in places)


def _linked_place(paper: str, link: Link, chunks: Sequence[Chunk]) -> Place:
    """A link, with the sentence that holds it if the text has it."""
    title = "" if identifiers_only(link.text) else link.text
    for chunk in chunks:
        if link.page is not None and link.page not in chunk.pages:
            continue
        start = chunk.text.find(link.text) if link.text else -1
        if start >= 0:
            place = _place(
                chunk, start, start + len(link.text), paper, NamedBy.LINK, Kind.TITLE, sure=True
            )
            quote, page = place.quote, place.page
            return Place(
                paper, NamedBy.LINK, Kind.TITLE, quote, page, chunk.id, chunk.section_id,
                title=title, link=link.target,
            )  # fmt: skip
    quote = link.text or link.target
    return Place(paper, NamedBy.LINK, Kind.TITLE, quote, link.page, title=title, link=link.target)


def identifiers_only(text: str) -> bool:
    """Whether a link shows an address or a single word, which is no title."""
    return (
        "://" in text
        or next(identifiers(text), None) is not None
        or (
            len(text.split()) < _TITLE_WORDS and len(title_key(text)) < 12  # noqa: PLR2004
        )
    )


def _is_recognised(chunk: Chunk, position: int) -> bool:
    """Whether the text at a place was recognised in a picture."""
    spans = (span for span in chunk.spans if span.start <= position < span.end)
    return any(span.confidence is not None for span in spans)


def _place(
    chunk: Chunk, start: int, end: int, paper: str, named_by: NamedBy, kind: Kind, *, sure: bool
) -> Place:
    low, high = _quoted(chunk.text, start, end)
    page = next((s.box.page for s in chunk.spans if s.start < end and s.end > start), chunk.page)
    quote = chunk.text[low:high]
    return Place(paper, named_by, kind, quote, page, chunk.id, chunk.section_id, sure)


def _quoted(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence around a name; of a long one the part around it, cut between words."""
    for low, high in sentences(text):
        if low <= start < high:
            break
    else:
        low, high = start, end
    high = max(high, end)
    if high - low > _LONGEST_QUOTE:
        low, high = max(low, start - _AROUND), min(high, end + _AROUND)
        if (space := re.search(r"\s", text[low:start])) is not None:
            low += space.end()
        if (cut := text.rfind(" ", end, high)) > end:
            high = cut
    found = trim(text, low, high)
    return found if found is not None else (start, end)
