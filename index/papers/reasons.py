"""Why a paper is related to a query, in the query's language, and to which group it belongs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from index.graph import GraphIndex
from index.model import Quote
from index.papers.model import Group, QueryKind, Reason, ReasonKind
from index.papers.queries import Asked
from ingest.concepts.names import name_key
from ingest.model import (
    Document,
    Evidence,
    Language,
    Paper,
    PaperMention,
    PaperRole,
    Relation,
    RelationKind,
)
from ingest.papers.subjects import Literature
from ingest.text import language_of

_SIMILAR = 1.5  # deviations above the mean similarity
_MOST_REASONS = 4
_OWN = 0.8  # weight of a topic that the paper's own name stands for
_LEAST_NAME = 3
_MARKS = ".,:;!?()[]\"'"
_NAMES = 6
_LINEAGE = {RelationKind.VARIANT_OF, RelationKind.IMPROVES_ON, RelationKind.IS_A}
_TOLD = (RelationKind.VARIANT_OF, RelationKind.IMPROVES_ON, RelationKind.ALTERNATIVE_TO)
_WORDS = {
    RelationKind.VARIANT_OF: ("的变体", "is a variant of"),
    RelationKind.IMPROVES_ON: ("改进了", "improves on"),
    RelationKind.ALTERNATIVE_TO: ("的替代方案", "is an alternative to"),
    RelationKind.IS_A: ("属于", "is a kind of"),
}


class Reasons:
    """Finds the reasons of a few papers; safe to use from several threads."""

    def __init__(
        self,
        literature: Literature,
        mentions: Mapping[str, Sequence[PaperMention]],
        graph: GraphIndex,
        documents: Mapping[str, Document],
    ) -> None:
        self._topics = {topic.id: topic for topic in literature.topics}
        self._topics_of = literature.topics_of
        self._mentions = mentions
        self._graph = graph
        self._documents = documents
        self._relations: dict[tuple[str, str], RelationKind] = {}
        for source, kind, target in literature.relations:
            if kind in _WORDS:
                self._relations.setdefault((source, target), kind)
        spread: dict[str, int] = {}
        for topics in literature.topics_of.values():
            for topic in topics:
                spread[topic] = spread.get(topic, 0) + 1
        self._spread = spread
        self._papers = {paper.id: paper for paper in literature.papers}

    def names_of(self, topic: str) -> Sequence[str]:
        """The main names of a concept."""
        known = self._topics.get(topic)
        return known.names[:_NAMES] if known else ()

    def of(self, asked: Asked, paper: Paper, similarity: float) -> tuple[Group, tuple[Reason, ...]]:
        """The group of a paper and its reasons, the surest first."""
        chinese = language_of(asked.query) is Language.ZH
        starts = [self._papers[one] for one in asked.papers if one in self._papers]
        starts = [one for one in starts if one.id != paper.id]
        reasons = [
            *self._named_in(asked, paper, chinese),
            *self._cites(starts, paper, chinese),
            *self._related(asked, paper, chinese),
            *self._together(starts, paper, chinese),
            *self._shared(asked, paper, chinese),
            *_of_lesson(asked, paper, chinese),
        ]
        if similarity >= _SIMILAR or not reasons:
            text = "标题与查询相近" if chinese else "its title is near to the query"
            reasons.append(Reason(ReasonKind.SIMILAR_TEXT, text))
        return self._group(asked, paper), tuple(reasons[:_MOST_REASONS])

    def _cites(self, starts: Iterable[Paper], paper: Paper, chinese: bool) -> list[Reason]:
        """A document about one names the other; or its title does."""
        reasons = []
        for start in starts:
            for one, other in ((start, paper), (paper, start)):
                evidence = self._cited_by(one, other)
                if evidence:
                    text = (
                        f"讲 {_name(one)} 的资料引用了 {_name(other)}"
                        if chinese
                        else f"material on {_name(one)} cites {_name(other)}"
                    )
                    reasons.append(Reason(ReasonKind.CITES, text, evidence))
                elif titled_after(one, other):
                    text = (
                        f"{_name(one)} 的标题提到 {_name(other)}"
                        if chinese
                        else f"the title of {_name(one)} names {_name(other)}"
                    )
                    reasons.append(Reason(ReasonKind.CITES, text))
        return reasons[:2]

    def _cited_by(self, one: Paper, other: Paper) -> tuple[Quote, ...]:
        about = {m.document_id for m in self._mentions.get(one.id, ()) if m.role is PaperRole.ABOUT}
        cited = [
            m
            for m in self._mentions.get(other.id, ())
            if m.document_id in about and m.role is PaperRole.CITES
        ]
        return self._quotes(cited[:2])

    def _named_in(self, asked: Asked, paper: Paper, chinese: bool) -> list[Reason]:
        """The document that was asked for names it."""
        found = [m for m in self._mentions.get(paper.id, ()) if m.document_id in asked.documents]
        if not found:
            return []
        text = f"{asked.text} 提到了它" if chinese else f"{asked.text} names it"
        return [Reason(ReasonKind.CITES, text, self._quotes(found[:2]))]

    def _together(self, starts: Iterable[Paper], paper: Paper, chinese: bool) -> list[Reason]:
        """The nearest two places in one document: the same passage, section, else document."""
        best: tuple[int, PaperMention, PaperMention] | None = None
        for start in starts:
            others = self._mentions.get(start.id, ())
            for one in self._mentions.get(paper.id, ()):
                for other in others:
                    if one.document_id == other.document_id:
                        distance = _distance(one, other)
                        if best is None or distance < best[0]:
                            best = distance, one, other
        if best is None:
            return []
        place = ("同一段", "同一节", "同一份资料")[best[0]]
        where = ("in one passage", "in one section", "in one document")[best[0]]
        text = f"{place}里一起提到" if chinese else f"named together {where}"
        quotes = (
            self._quotes(best[1:]) if best[1].quote != best[2].quote else self._quotes(best[1:2])
        )
        return [Reason(ReasonKind.CITED_TOGETHER, text, quotes)]

    def _related(self, asked: Asked, paper: Paper, chinese: bool) -> list[Reason]:
        """A relation between a concept of the query and one that the paper stands for."""
        for kind, source, target in self._relations_of(asked, paper):
            if kind in _TOLD:
                one, other = self._label(source, chinese), self._label(target, chinese)
                zh, en = _WORDS[kind]
                told = f"{one} 是 {other} {zh}" if kind is not RelationKind.IMPROVES_ON else (
                    f"{one} {zh} {other}"
                )  # fmt: skip
                text = told if chinese else f"{one} {en} {other}"
                evidence = self._evidence_of(source, kind, target)
                return [Reason(ReasonKind.GRAPH_RELATION, text, evidence)]
        return []

    def _relations_of(self, asked: Asked, paper: Paper) -> Iterable[tuple[RelationKind, str, str]]:
        own = self.proposed_by(paper)
        for topic in self.stands_for(asked):
            for other in own:
                for source, target in ((other, topic), (topic, other)):
                    kind = self._relations.get((source, target))
                    if kind is not None and source != target:
                        yield kind, source, target

    def stands_for(self, asked: Asked) -> list[str]:
        """The concepts that a query stands for: of a paper, those that it brought."""
        if asked.paper is not None:
            return self.proposed_by(asked.paper)
        return [topic for topic, weight in asked.topics.items() if weight >= _OWN]

    def proposed_by(self, paper: Paper) -> list[str]:
        """Concepts that a paper brought: they bear one of its names."""
        names = set(map(name_key, paper.names))
        return [
            topic
            for topic in self._topics_of.get(paper.id, {})
            if names & self._keys.get(topic, frozenset())
        ]

    @cached_property
    def _keys(self) -> Mapping[str, frozenset[str]]:
        """Names of topics as they are compared: ten papers ask for them forty times."""
        return {one.id: frozenset(map(name_key, one.names)) for one in self._topics.values()}

    def _evidence_of(self, source: str, kind: RelationKind, target: str) -> tuple[Quote, ...]:
        stated: Iterable[Relation] = self._graph.relations_of(source)
        for relation in stated:
            if (relation.source, relation.kind, relation.target) == (source, kind, target):
                return self._evidence(relation.evidence[:2])
        return ()

    def _shared(self, asked: Asked, paper: Paper, chinese: bool) -> list[Reason]:
        """The rarest concept of both, where it is taught and what the material says of it."""
        own = self._topics_of.get(paper.id, {})
        shared = sorted(own.keys() & asked.topics.keys(), key=lambda t: (self._spread[t], t))
        if not shared:
            return []
        labels = [self._label(topic, chinese) for topic in shared[:2]]
        lessons = sorted({*paper.lessons} & {*asked.lessons}) or list(paper.lessons)
        text = ("都涉及 " + "、".join(labels)) if chinese else ("both on " + " and ".join(labels))
        if lessons:
            number = lessons[0]
            text += f"（第 {number} 课）" if chinese else f" (lesson {number})"
        concept = self._graph.concepts.get(shared[0])
        evidence = (concept.definition,) if concept and concept.definition else ()
        return [Reason(ReasonKind.SHARED_CONCEPT, text, self._evidence(evidence))]

    def _group(self, asked: Asked, paper: Paper) -> Group:
        """What came before and is used, what came after it, what competes, what is near."""
        kinds = {(kind, source) for kind, source, _ in self._relations_of(asked, paper)}
        own = set(self._topics_of.get(paper.id, {}))
        start = asked.paper
        older = start is not None and (paper.year or 0) < (start.year or 0)
        newer = start is not None and (paper.year or 0) >= (start.year or 0)
        later = newer and start is not None and paper.year != start.year
        if any(kind in _LINEAGE and source in own for kind, source in kinds) and not older:
            return Group.VARIANTS
        if not later and any(k in _LINEAGE and source in asked.topics for k, source in kinds):
            return Group.BUILDS_ON
        if start is not None:
            if titled_after(start, paper) or (older and self._cited_by(start, paper)):
                return Group.BUILDS_ON
            if titled_after(paper, start) or (newer and self._cited_by(paper, start)):
                return Group.VARIANTS
        if any(kind is RelationKind.ALTERNATIVE_TO for kind, _ in kinds):
            return Group.ALTERNATIVES
        return Group.SAME_TOPIC

    def _label(self, topic: str, chinese: bool) -> str:
        known = self._topics[topic]
        return (known.name_zh if chinese else known.name_en) or known.names[0]

    def _quotes(self, mentions: Iterable[PaperMention]) -> tuple[Quote, ...]:
        return tuple(
            Quote(self._documents[m.document_id], m.page, m.quote)
            for m in mentions
            if m.document_id in self._documents
        )

    def _evidence(self, evidence: Iterable[Evidence]) -> tuple[Quote, ...]:
        return tuple(
            Quote(self._documents[one.document_id], one.page, one.quote) for one in evidence
        )


def _of_lesson(asked: Asked, paper: Paper, chinese: bool) -> list[Reason]:
    """The facts count the paper among those of the lesson that was asked for."""
    if asked.resolved.kind is not QueryKind.LESSON or not {*paper.lessons} & {*asked.lessons}:
        return []
    number = asked.resolved.id
    text = f"第 {number} 课的论文" if chinese else f"a paper of lesson {number}"
    return [Reason(ReasonKind.SHARED_CONCEPT, text)]


def _name(paper: Paper) -> str:
    """The short name that people know a paper by, else its title."""
    return paper.names[0] if paper.names else paper.title


def titled_after(one: Paper, other: Paper) -> bool:
    """Whether the title or a name of one paper holds a name of an older one: QLoRA, Qwen2-VL."""
    if one.year and other.year and one.year < other.year:
        return False
    mine = " ".join((one.title, *one.names)).casefold()
    words = [word.strip(_MARKS) for word in mine.split()]
    for name in other.names:
        key = name.casefold()
        if name in other.generic or len(key) <= _LEAST_NAME:
            continue
        if " " in key and re.search(rf"(?<!\w){re.escape(key)}(?!\w)", mine):
            return True
        if any(word.startswith(key) or word.endswith(key) for word in words):
            return True
    return False


def _distance(one: PaperMention, other: PaperMention) -> int:
    if one.chunk_id and one.chunk_id == other.chunk_id:
        return 0
    return 1 if one.section_id and one.section_id == other.section_id else 2
