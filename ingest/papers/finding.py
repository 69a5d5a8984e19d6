"""The papers that one document names, each place with its words."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.concepts.names import name_key
from ingest.model import Chunk, Document, NamedBy, Paper, Reference, Section, SectionKind
from ingest.paper_facts import papers_by_id
from ingest.papers.articles import Article, read_article
from ingest.papers.identifiers import Identifier, identifiers
from ingest.papers.matching_titles import TitleMatcher
from ingest.papers.names import Kind, PaperNames, heads
from ingest.papers.places import LONGEST_QUOTE, Place, is_recognised, linked_place, place_in
from ingest.readers.markdown.markup import plain

_AGAIN = 5
_TEACHING = (SectionKind.CONCEPTS, SectionKind.OTHER)
_IN_PASSING = (Kind.COMMON, Kind.WORDS)


@dataclass(frozen=True, slots=True)
class Named:
    """All places of a document by paper, and the papers of its title and of its sections.

    ``itself`` is the paper that the document is, if it is one.
    """

    places: Mapping[str, Sequence[Place]]
    titles: frozenset[str]
    headings: frozenset[str] = frozenset()
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
        lists = {one.id for one in sections if one.kind is SectionKind.REFERENCES}
        found: dict[str, list[Place]] = {}
        for place in (
            *(self._cited(article) if article else self._listed(references)),
            *self._linked(document, chunks),
            *(place for chunk in chunks for place in self._identified(chunk)),
            *(place for chunk in chunks for place in self._written(chunk, around)),
        ):
            entry = replace(place, named_by=NamedBy.REFERENCE)
            found.setdefault(place.paper, []).append(entry if place.section_id in lists else place)
        headings: set[str] = set()
        for section in sections:
            places, subject = self._headed(section, around)
            headings |= subject
            for place in places:
                found.setdefault(place.paper, []).append(place)
        kept = {paper: places for paper, places in found.items() if _means_it(places)}
        if article is not None:
            own = article.paper
            kept[own.id] = [_itself(own), *kept.get(own.id, ())]
            return Named(kept, frozenset({own.id}), frozenset(headings), own)
        spots = self._names.find(plain(document.title), around)
        titles = {spot.paper for spot in spots if spot.kind <= Kind.COMMON}
        return Named(kept, frozenset(titles | self._family(titles, headings)), frozenset(headings))

    def _family(self, titles: Collection[str], headings: Iterable[str]) -> set[str]:
        """Papers of headings named after one of the title: Qwen2.5-VL in a note on Qwen2.5."""
        names = tuple(name_key(name) for one in titles for name in self._papers[one].names)
        return {
            one
            for one in headings
            if one in self._papers
            and any(name_key(name).startswith(names) for name in self._papers[one].names)
        }

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
                    entry.text[:LONGEST_QUOTE],
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
                    reference.text[:LONGEST_QUOTE],
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
                yield linked_place(paper, link, chunks)

    def _headed(self, section: Section, around: str) -> tuple[list[Place], set[str]]:
        """What a heading names, and the paper that its section is about."""
        heading = plain(section.path[-1]) if section.path else ""
        spots = [s for s in self._names.find(heading, around) if s.kind is not Kind.GENERIC]
        places = [
            Place(
                spot.paper,
                NamedBy.TITLE if spot.kind is Kind.TITLE else NamedBy.NAME,
                spot.kind,
                heading,
                section.page,
                section_id=section.id,
            )
            for spot in spots
        ]
        is_its_own = len(spots) == 1 and section.kind in _TEACHING and heads(spots[0], heading)
        return places, {spots[0].paper} if is_its_own else set()

    def _identified(self, chunk: Chunk) -> Iterator[Place]:
        for one in identifiers(chunk.text):
            paper = self._id_of(one)
            yield place_in(chunk, one.start, one.end, paper, NamedBy.ID, Kind.TITLE)

    def _written(self, chunk: Chunk, around: str) -> Iterator[Place]:
        for spot in self._names.find(chunk.text, around):
            named_by = NamedBy.TITLE if spot.kind is Kind.TITLE else NamedBy.NAME
            # Labels of a drawing name what stands there, and cite nothing.
            drawn = is_recognised(chunk, spot.start)
            sure = spot.kind is Kind.TITLE or ((spot.kind is Kind.NAME or spot.cites) and not drawn)
            place = place_in(chunk, spot.start, spot.end, spot.paper, named_by, spot.kind)
            yield replace(place, sure=sure, drawn=drawn)

    def _id_of(self, one: Identifier) -> str:
        if one.arxiv_id is not None:
            return one.arxiv_id
        return self._by_doi.get(one.doi or "", f"doi:{one.doi}")


def _itself(paper: Paper) -> Place:
    return Place(paper.id, NamedBy.ID, Kind.TITLE, paper.title, 1, opens=True, title=paper.title)


def _means_it(places: Sequence[Place]) -> bool:
    """Whether one place is sure, or the text comes back to a common name again and again."""
    again = sum(place.kind in _IN_PASSING and not place.drawn for place in places)
    return again >= _AGAIN or any(place.sure for place in places)
