"""What papers are about: concepts of the lexicon, with their names and relations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingest.concepts.lexicon import Entry
from ingest.concepts.matching import Name, NameMatcher
from ingest.model import Paper, PaperMention, RelationKind


@dataclass(frozen=True, slots=True)
class Topic:
    """A concept that papers may be about, under all its names, the main ones first.

    A name in ``ambiguous`` means it only beside one of some words.
    """

    id: str
    name_zh: str
    name_en: str
    names: tuple[str, ...]
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Literature:
    """Papers with what is known of them: topics, relations of topics, and where they are named.

    ``topics_of`` are ids by paper with their weight: 1 where the facts or the lexicon say so, less
    where only the title names the concept.
    """

    papers: tuple[Paper, ...] = ()
    topics: tuple[Topic, ...] = ()
    topics_of: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    relations: tuple[tuple[str, RelationKind, str], ...] = ()
    mentions: tuple[PaperMention, ...] = ()


_STATED, _NAMED, _TITLED = 1.0, 0.8, 0.5


def literature(
    papers: Sequence[Paper],
    mentions: Sequence[PaperMention],
    lexicon: Sequence[Entry],
    articles: Sequence[Paper] = (),
) -> Literature:
    """Join facts, mentions and lexicon; papers that only the material knows are taken in.

    ``articles`` are documents that are papers: they add authors and abstract to the facts.
    """
    listed = {paper.id: paper for paper in papers}
    for article in articles:
        facts = listed.get(article.id, article)
        authors = facts.authors if len(facts.authors) > len(article.authors) else article.authors
        listed[article.id] = replace(facts, authors=authors, abstract=article.abstract)
    listed |= {paper.id: paper for paper in _unlisted(tuple(listed.values()), mentions)}
    known = tuple(paper for _, paper in sorted(listed.items()))
    matcher = NameMatcher(
        Name(entry.id, name) for entry in lexicon for name in _certain_names(entry)
    )
    proposed: dict[str, list[str]] = {}
    for entry in lexicon:
        for paper in entry.papers:
            proposed.setdefault(paper, []).append(entry.id)
    ids = {entry.id for entry in lexicon}
    topics_of = {
        paper.id: _topics_of(paper, matcher, proposed.get(paper.id, ()), ids) for paper in known
    }
    relations = tuple(
        sorted({r for entry in lexicon for r in entry.relations if r[0] in ids and r[2] in ids})
    )
    topics = tuple(Topic(e.id, e.name_zh, e.name_en, e.names, e.ambiguous) for e in lexicon)
    return Literature(known, topics, topics_of, relations, tuple(mentions))


def _unlisted(papers: Sequence[Paper], mentions: Iterable[PaperMention]) -> list[Paper]:
    """Papers that the facts do not know, by what the material says of them."""
    known = {paper.id for paper in papers}
    found: dict[str, Paper] = {}
    for mention in mentions:
        if mention.paper in known:
            continue
        doi = mention.paper.removeprefix("doi:") if mention.paper.startswith("doi:") else None
        paper = Paper(
            mention.paper,
            mention.title or mention.paper,
            arxiv_id=None if doi else mention.paper,
            doi=doi,
            link=mention.link or None,
        )
        before = found.get(mention.paper)
        if before is None or (before.title == before.id and mention.title):
            found[mention.paper] = paper
    return [paper for _, paper in sorted(found.items())]


def _certain_names(entry: Entry) -> list[str]:
    unsure = {name for name, _ in entry.ambiguous}
    return [name for name in entry.names if name not in unsure]


def _topics_of(
    paper: Paper, matcher: NameMatcher, proposed: Iterable[str], known: set[str]
) -> dict[str, float]:
    topics = {found.concept: _TITLED for found in matcher.find(paper.title)}
    for name in paper.names:
        topics |= {
            found.concept: _NAMED
            for found in matcher.find(name)
            if found.start == 0 and found.end == len(name)
        }
    topics |= {concept: _STATED for concept in (*proposed, *paper.concepts) if concept in known}
    return dict(sorted(topics.items()))
