"""What a query for papers means: an id, a title, a name, a concept, a lesson, a document, text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from index.errors import UnknownPaper, UnknownSource
from index.graph import GraphIndex
from index.papers.model import QueryKind, Resolved
from index.papers.naming import TopicNames
from index.papers.slips import ASKS, BARE_ID, Slips
from ingest.concepts.names import name_key
from ingest.model import Document, Language, Paper
from ingest.outlines import outlines
from ingest.paper_facts import is_arxiv_id, title_key
from ingest.papers.identifiers import identifiers
from ingest.papers.matching_titles import TitleMatcher
from ingest.papers.names import Kind, PaperNames
from ingest.papers.subjects import Literature
from ingest.text import language_of

_LESSON = re.compile(r"\s*(?:lesson\s*(\d{1,4})|第\s*(\d{1,4})\s*[课讲])\s*", re.IGNORECASE)
# After a paper's name: a gloss, "YaRN：上下文窗口扩展" or "Medusa 多头投机解码".
_GLOSS = re.compile(r"\s*[:：(（\[《—–-]|\s+(?=[\u4e00-\u9fff])|\s*\Z")
_MENTIONED = 1.0
_SAID = 4  # concepts of a query that are said in English too
# What sort of paper a text asks for, and how titles say so.
_SORTS = {
    "survey": re.compile(r"综述|\b(?:surveys?|review|overview)\b", re.IGNORECASE),
    "bench": re.compile(r"基准|评测集|\bbenchmarks?\b", re.IGNORECASE),
    "technical report": re.compile(r"技术报告|\btechnical reports?\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query taken apart: the paper it is, papers and concepts that it names, with weights.

    ``text`` is what is searched: of a paper its title and names, however it was asked for. ``sort``
    is what titles of the papers say that a text asks for: surveys, benchmarks.
    """

    query: str
    text: str
    resolved: Resolved
    paper: Paper | None = None
    papers: Mapping[str, float] = field(default_factory=dict)
    topics: Mapping[str, float] = field(default_factory=dict)
    lessons: Mapping[int, float] = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    sort: str = ""


class PaperQueries:
    """Takes queries apart over a literature; safe to use from several threads."""

    def __init__(
        self, literature: Literature, graph: GraphIndex, documents: Mapping[str, Document]
    ) -> None:
        self._papers = {paper.id: paper for paper in literature.papers}
        self._topics_of = literature.topics_of
        self._graph = graph
        self._documents = documents
        self._mentions = literature.mentions
        self.titles = TitleMatcher(literature.papers)
        self._names = PaperNames(literature.papers)
        self._by_name: dict[str, str] = {}
        for paper in literature.papers:
            for name in paper.names:
                if name not in paper.generic:
                    self._by_name.setdefault(name_key(name), paper.id)
        self._slips = Slips(self._papers, self.titles, self._by_name, documents.values())
        self._topics = {topic.id: topic for topic in literature.topics}
        self._topic_names = TopicNames(literature.topics, graph.concepts.values())

    def take_apart(self, query: str) -> Asked:
        """Find what a query means; raises UnknownPaper or UnknownSource for what is not here."""
        paper = self._by_id(query) or self._titled(query) or self._glossed(query)
        if paper is not None:
            return self._paper(query, paper)
        key = name_key(query)
        concept = self._topic_names.called(key)
        if concept is not None:
            return self._concept(query, concept)
        lesson = _LESSON.fullmatch(query)
        if lesson is not None:
            return self._lesson(query, int(lesson[1] or lesson[2]))
        document = self._slips.document(query)
        if document is not None:
            return self._document(query, document)
        misspelt = self._slips.paper(query)
        if misspelt is not None:
            return self._paper(query, self._papers[misspelt])
        return self._text(query)

    def paper(self, identity: str) -> Paper:
        """The paper of an id; raises UnknownPaper that names the nearest ones."""
        found = self._papers.get(identity) or self._by_id(identity)
        if found is None:
            raise UnknownPaper(f"no paper {identity!r} is known", self._slips.hint(identity))
        return found

    def of_paper(self, paper: Paper) -> Asked:
        """A paper as a query."""
        return self._paper(paper.id, paper)

    def unnamed(self, asked: Asked) -> str | None:
        """What to say of a text that names no paper and no concept."""
        if asked.resolved.kind is not QueryKind.TEXT or asked.papers or asked.topics:
            return None
        near = self._slips.names(asked.query)
        if language_of(asked.query) is Language.ZH:
            told = "查询里没有已知的论文或概念，以下只按文字与含义的相近程度排列。"
            return told + (f"名称相近的有：{'、'.join(near)}。" if near else "")
        told = "No known paper or concept is named: these are only near in words and meaning."
        return told + (f" Called alike: {', '.join(near)}." if near else "")

    def _by_id(self, query: str) -> Paper | None:
        """The paper of an id or address that is the whole query."""
        bare = BARE_ID.match(query)
        ids = [bare[1]] if bare else []
        if not bare and "/" in query and " " not in query.strip():
            ids = [one.arxiv_id or f"doi:{one.doi}" for one in identifiers(query)]
        for identity in ids:
            if identity in self._papers:
                return self._papers[identity]
        for paper in self._papers.values() if ids else ():
            if paper.doi and f"doi:{paper.doi.casefold()}" in ids:
                return paper
        if ids:
            what = "" if not bare or is_arxiv_id(bare[1]) else " (and no arXiv id)"
            message = f"no paper {ids[0]!r} is known{what}"
            raise UnknownPaper(message, self._slips.hint(query))
        return self._papers.get(query.strip())

    def _titled(self, query: str) -> Paper | None:
        identity = self.titles.exact(query)
        # Written as words, a name is that of a concept first: "speculative decoding".
        if identity is None and not (query == query.lower() and self._is_concept(query)):
            identity = self._by_name.get(name_key(query))
        return None if identity is None else self._papers[identity]

    def _glossed(self, query: str) -> Paper | None:
        """A title or name with which a query begins, and words that only explain it."""
        spots = [s for s in self._names.find(query) if s.kind in (Kind.TITLE, Kind.NAME)]
        if not spots or spots[0].start > 1 or len({spot.paper for spot in spots}) > 1:
            return None
        first = spots[0]
        rest = query[first.end :].lstrip("》\"' ")
        gloss = first.kind is Kind.TITLE or _GLOSS.match(query, first.end) is not None
        return self._papers[first.paper] if gloss and not ASKS.search(rest) else None

    def _is_concept(self, name: str) -> bool:
        return " " in name.strip() and self._topic_names.called(name_key(name)) is not None

    def _paper(self, query: str, paper: Paper) -> Asked:
        topics = dict(self._topics_of.get(paper.id, {}))
        for topic in self._named(query):
            topics[topic] = max(topics.get(topic, 0.0), 0.5)
        own = ". ".join(filter(None, (paper.title, *paper.names, paper.abstract)))
        plain = (
            title_key(query) in title_key(" ".join((paper.id, paper.title, *paper.names)))
            or BARE_ID.match(query)
            or "/" in query
        )
        return Asked(
            query,
            own if plain else f"{own}. {query}",
            Resolved(QueryKind.PAPER, paper.id, paper.title),
            paper,
            papers={paper.id: 1.0},
            topics=topics,
            lessons=dict.fromkeys(paper.lessons, 1.0),
        )

    def _concept(self, query: str, concept: str) -> Asked:
        named = self._topics.get(concept)
        known = self._graph.concepts.get(concept)
        title = (named.name_zh or named.name_en) if named else known.name if known else query
        papers = dict.fromkeys(known.papers, 0.5) if known else {}
        topics = {concept: 1.0} | dict.fromkeys(set(self._named(query)) - {concept}, 0.5)
        resolved = Resolved(QueryKind.CONCEPT, concept, title)
        # Titles are English, and so is the concept here, whatever it was called.
        text = (named.name_en or named.name_zh) if named else query
        return Asked(query, text, resolved, papers=papers, topics=topics)

    def _lesson(self, query: str, number: int) -> Asked:
        """A lesson by its number: the note that teaches it, if there is one."""
        taught = [one for outline in outlines(self._documents.values()) for one in outline.lessons]
        note = next(
            (one.document for one in taught if one.document and one.entry.number == number), None
        )
        papers = [paper for paper in self._papers.values() if number in paper.lessons]
        if not papers and note is None:
            numbers = {one for paper in self._papers.values() for one in paper.lessons}
            hint = f"Lessons with papers: {min(numbers)} to {max(numbers)}." if numbers else ""
            raise UnknownSource(f"no lesson {number} is known", hint)
        title = note.title if note else query
        resolved = Resolved(QueryKind.LESSON, str(number), title)
        if note:
            return replace(self._document(query, note), resolved=resolved, lessons={number: 1.0})
        topics: dict[str, float] = {}
        for paper in papers:
            for topic, share in self._topics_of.get(paper.id, {}).items():
                topics[topic] = topics.get(topic, 0.0) + share
        return Asked(query, query, resolved, topics=topics, lessons={number: 1.0})

    def _document(self, query: str, document: Document) -> Asked:
        weights: dict[str, float] = {}
        for mention in self._mentions:
            if mention.document_id == document.id:
                weight = 1.0 if mention.role == "about" else 0.5
                weights[mention.paper] = max(weights.get(mention.paper, 0.0), weight)
        topics: dict[str, float] = {}
        lessons: dict[int, float] = {}
        for identity, weight in weights.items():
            for topic, share in self._topics_of.get(identity, {}).items():
                topics[topic] = topics.get(topic, 0.0) + weight * share
            for lesson in self._papers[identity].lessons:
                lessons[lesson] = lessons.get(lesson, 0.0) + weight
        title = document.title or document.path
        for topic in self._named(title):
            topics[topic] = topics.get(topic, 0.0) + 1.0
        resolved = Resolved(QueryKind.DOCUMENT, document.path, title)
        return Asked(query, title, resolved, None, weights, topics, lessons, (document.id,))

    def _text(self, query: str) -> Asked:
        spots = self._names.find(query)
        papers = {spot.paper: _MENTIONED for spot in spots if spot.kind <= Kind.COMMON}
        topics = self._topic_names.weighed(query)
        topics |= {one: 1.0 for one in self._graph.named(query) if one not in topics}
        for paper in papers:
            for topic, weight in self._topics_of.get(paper, {}).items():
                topics[topic] = max(topics.get(topic, 0.0), weight / 2)
        # Titles are English: a Chinese query says the names of its concepts in both languages.
        names = [self._topics[one].name_en for one in self._named(query) if one in self._topics]
        text = ". ".join(filter(None, (query, ", ".join(names[:_SAID]))))
        sort = next((said for said, asks in _SORTS.items() if asks.search(query)), "")
        resolved = Resolved(QueryKind.TEXT, "", query)
        return Asked(query, text, resolved, None, papers, topics, sort=sort)

    def _named(self, text: str) -> Sequence[str]:
        """Concepts that a text names, in order.

        Names may overlap, for Chinese has no spaces: 预训练数据配比 names 预训练数据 and 数据配比.
        """
        found = [topic for *_, topic in self._topic_names.spans(text)]
        return list(dict.fromkeys((*found, *self._graph.named(text))))
