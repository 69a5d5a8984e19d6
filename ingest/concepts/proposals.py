"""Which paper proposed a concept, where the material itself points to the paper."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ingest.concepts.matching import Name, NameMatcher
from ingest.concepts.mentions import Passage, Statement
from ingest.concepts.names import name_key
from ingest.concepts.papers import paper_titles
from ingest.concepts.relations import Claims, RelationSettings
from ingest.model import Document, Evidence, Relation, RelationKind

_BESIDE = 12  # characters
_TITLE_WORDS = 3
_ARXIV_ID = re.compile(r"(?<![\d.])(\d{4}\.\d{4,5})(?!\d)")
_ARXIV_LINK = re.compile(r"arxiv\.org/(?:abs|pdf|html)/(\d{4}\.\d{4,5})")
# What a sentence says of a method and the paper that brought it.
_BROUGHT = re.compile(
    r"提出|论文|技术报告|首次|\bpapers?\b|\bpropos|\bintroduc|technical report|et al\b|arxiv",
    re.IGNORECASE,
)
_ADDRESSED, _SAID = range(2)
# What stands before the address of the paper that a text is about.
_THE_PAPER = re.compile(r"论文|原文|技术报告|\bpapers?\b|technical report", re.IGNORECASE)


def proposals(
    documents: Iterable[Document],
    passages: Sequence[Passage],
    owners: Mapping[str, str],
    papers: Mapping[str, Sequence[str]],
    settings: RelationSettings,
) -> list[Relation]:
    """Relations ``proposed_in`` a paper, by its arXiv id.

    ``owners`` gives the concept of a name's key, ``papers`` the arXiv ids that are known for a
    concept. Evidence is a link under its name, an address introduced as "the paper" of one
    concept, and, for a known paper, its address, its title, or a sentence that says the concept
    was proposed.
    """
    claims: dict[tuple[str, str], Claims] = defaultdict(Claims)
    known = {paper: concept for concept, ids in papers.items() for paper in ids}
    titles = _titles(known)
    for passage in passages:
        for statement in passage.statements:
            found = statement.evidence()
            for title in titles.find(statement.text):
                claims[known[title.concept], title.concept].add(_ADDRESSED, found)
            for paper in _ARXIV_ID.findall(statement.text):
                for concept in _spoken_of(passage, statement, known.get(paper)):
                    claims[concept, paper].add(_ADDRESSED, found)
            for concept in _brought(passage, statement, papers):
                claims[concept, papers[concept][0]].add(_SAID, found)
    for concept, paper, found in _linked(documents, passages, owners, known):
        claims[concept, paper].add(_ADDRESSED, found)
    return [
        Relation(concept, RelationKind.PROPOSED_IN, paper, found.best(settings.evidence))
        for (concept, paper), found in sorted(claims.items())
    ]


def _titles(known: Mapping[str, str]) -> NameMatcher:
    """Finds the titles of papers that are known for a concept; one word alone is no title."""
    titles = paper_titles()
    return NameMatcher(
        Name(paper, titles[paper])
        for paper in known
        if paper in titles and len(titles[paper].split()) >= _TITLE_WORDS
    )


def _brought(
    passage: Passage, statement: Statement, papers: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Concepts that a sentence says were proposed: the word stands right beside the name."""
    words = [found.span() for found in _BROUGHT.finditer(statement.text)]
    others = {paper for concept in passage.title for paper in papers.get(concept, ())}
    for found in statement.found:
        own = papers.get(found.concept, ())
        # In notes on one paper "this paper proposes" speaks of that one.
        if not own or (others and own[0] not in others):
            continue
        start, end = found.start - statement.start, found.end - statement.start
        if any(start - high <= _BESIDE and low - end <= _BESIDE for low, high in words):
            yield found.concept


def _spoken_of(passage: Passage, statement: Statement, known: str | None) -> Iterator[str]:
    if known is not None:
        yield known
        return
    if not _THE_PAPER.search(statement.text):
        return
    named = statement.concepts or passage.title
    if len(named) == 1:
        yield next(iter(named))


def _linked(
    documents: Iterable[Document],
    passages: Sequence[Passage],
    owners: Mapping[str, str],
    known: Mapping[str, str],
) -> Iterator[tuple[str, str, Evidence]]:
    """Links whose text is a concept's name, or that lead to a paper known for one."""
    by_document: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        by_document[passage.chunk.document_id].append(passage)
    for document in documents:
        for link in document.links:
            address = _ARXIV_LINK.search(link.target)
            if address is None or not link.text.strip():
                continue
            concept = owners.get(name_key(link.text)) or known.get(address[1])
            place = _place_of(link.text, link.page, by_document[document.id])
            if concept is not None and place is not None:
                yield concept, address[1], place


def _place_of(text: str, page: int | None, passages: Sequence[Passage]) -> Evidence | None:
    """The sentence in which a link stands."""
    for passage in passages:
        if page is not None and page not in passage.chunk.pages:
            continue
        for statement in passage.statements:
            if text in statement.text:
                return statement.evidence()
    return None
