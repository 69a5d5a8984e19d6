"""Related papers: what speaks for each is added up, and the best ones say why they are there."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np

from index.encoders import Encoders
from index.graph import GraphIndex
from index.pagerank import Scores
from index.papers.kin import Kin
from index.papers.lineage import Step, lineage, reading_order
from index.papers.model import QueryKind, RelatedPaper, RelatedResult, Resolved
from index.papers.queries import Asked, PaperQueries
from index.papers.reasons import Reasons
from index.papers.signals import Signals, best, paper_texts
from index.papers.vectors import Floats, paper_vectors
from index.settings import PaperSettings
from ingest.model import Document, Language, Paper, PaperMention, PaperRole
from ingest.papers.subjects import Literature
from ingest.text import language_of


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a query was taken for, and its papers in order."""

    query: str
    resolved: Resolved
    steps: tuple[Step, ...]


class PaperIndex:
    """The literature of a generation, open for queries; safe to use from several threads."""

    def __init__(
        self,
        literature: Literature,
        encoders: Encoders,
        graph: GraphIndex,
        documents: Mapping[str, Document],
        settings: PaperSettings,
        folder: Path | None = None,
    ) -> None:
        """``folder`` keeps the vectors of titles from one process to the next."""
        self.literature = literature
        self.papers = {paper.id: paper for paper in literature.papers}
        self._encoders = encoders
        self._graph = graph
        self._settings = settings
        self._documents = documents
        self.folder = folder
        self.queries = PaperQueries(literature, graph, documents)
        self.mentions: dict[str, list[PaperMention]] = {}
        for mention in literature.mentions:
            self.mentions.setdefault(mention.paper, []).append(mention)
        self._opening = Lock()
        self._made: Signals | None = None
        self._reasons = Reasons(literature, self.mentions, graph, documents)

    @property
    def _signals(self) -> Signals:
        """Made at the first query: titles are embedded then, if they never were."""
        with self._opening:
            if self._made is None:
                texts = paper_texts(self.literature)
                vectors = paper_vectors(self._encoders, texts, self.folder)
                self._made = Signals(self.literature, vectors, self._settings)
            return self._made

    def behind(self, chunk_ids: Collection[str], most: int = 5) -> list[Paper]:
        """The papers that some passages name, those first that their documents are about."""
        named: dict[str, tuple[bool, int]] = {}
        for paper, mentions in self.mentions.items():
            here = [mention for mention in mentions if mention.chunk_id in chunk_ids]
            if here:
                about = any(mention.role is PaperRole.ABOUT for mention in here)
                named[paper] = not about, -len(here)
        return [self.papers[paper] for paper in sorted(named, key=lambda one: (named[one], one))][
            :most
        ]

    def lineage(self, query: str, limit: int = 10, *, to_read: bool = False) -> Lineage:
        """The papers around a query over the years, or in an order to read them."""
        found = self.related(query, limit)
        papers = [one.paper for one in found.papers]
        if found.resolved.kind is QueryKind.PAPER:
            papers.insert(0, self.papers[found.resolved.id])
        steps = lineage(papers, self.queries, self._reasons)
        if to_read:
            steps = reading_order(steps, {paper.id: n for n, paper in enumerate(papers)})
        return Lineage(query, found.resolved, tuple(steps))

    def related(self, query: str, limit: int = 10) -> RelatedResult:
        """Papers related to a query, best first; raises as ``take_apart`` does."""
        start = time.perf_counter()
        asked = self.queries.take_apart(query)
        parts = self.score_parts(asked)
        scores = np.sum(list(parts.values()), axis=0)
        if asked.paper is not None:
            scores[self._signals.rows[asked.paper.id]] = -np.inf
        rows = best(scores, min(limit, len(scores)))
        found = tuple(
            self._related(asked, rank, row, float(scores[row]), parts)
            for rank, row in enumerate(rows, start=1)
            if np.isfinite(scores[row])
        )
        took = {"total": round((time.perf_counter() - start) * 1000, 2)}
        return RelatedResult(query, asked.resolved, found, took, self.queries.unnamed(asked))

    def score_parts(self, asked: Asked) -> dict[str, Scores]:
        """What each signal adds to the score of each paper, by its name in the settings."""
        settings, signals = self._settings, self._signals
        vectors = self._vectors(asked)
        topics = dict(asked.topics)
        if asked.resolved.kind is QueryKind.TEXT:
            # Where a title says the very words, nothing needs to be guessed.
            guess = settings.named * (1 - signals.covered(asked.query))
            for seed in self._graph.meant(asked.text, list(topics), vectors[0]):
                topics.setdefault(seed.concept, seed.strength * guess)
        parts = {
            "similarity": settings.similarity * signals.similarity(0, vectors[0]),
            "words": settings.words * signals.words(asked.text, self._other_names(asked)),
            "topics": settings.topics * signals.shared_topics(topics),
            "together": settings.together * signals.named_together(asked.papers),
            "walk": settings.walk * signals.walked(asked.papers, topics),
            "kin": settings.kin * self._kin.beside(self._reasons.stands_for(asked)),
        }
        if len(vectors) > 1 and language_of(asked.text) is not Language.EN:
            # It knows Chinese better, and tells English titles apart worse than the first.
            near = signals.similarity(1, vectors[1])
            parts["second_similarity"] = settings.second_similarity * near
        if asked.resolved.kind is QueryKind.CONCEPT:
            parts["proposed"] = settings.proposed * self._proposing(asked)
        if asked.sort:
            parts["sort"] = settings.sort * signals.titled(asked.sort)
        if asked.documents:
            parts["documents"] = signals.named_in(asked.documents)
        parts = {name: part for name, part in parts.items() if name not in settings.without}
        if "lessons" not in settings.without:
            # A query that is no paper is taught where the papers are that fit it so far.
            so_far = np.sum(list(parts.values()), axis=0)
            lessons = asked.lessons or signals.lessons_of(so_far)
            parts["lessons"] = settings.lessons * signals.shared_lessons(lessons)
        return parts

    def _proposing(self, asked: Asked) -> Scores:
        """1 for each paper that brought the concept of a query."""
        rows = self._signals.rows
        found = np.zeros(len(rows))
        found[list(self._kin.bringing(asked.resolved.id))] = 1.0
        found[[rows[paper] for paper in asked.papers if paper in rows]] = 1.0
        return found

    @cached_property
    def _kin(self) -> Kin:
        return Kin(self.literature, self._reasons.proposed_by)

    def _vectors(self, asked: Asked) -> list[Floats]:
        """The query's vectors; of a paper, its own."""
        if asked.paper is not None:
            row = self._signals.rows[asked.paper.id]
            return [matrix[row] for matrix in self._signals.vectors]
        return [encoder.embed_queries([asked.text])[0] for encoder in self._encoders.all]

    def _other_names(self, asked: Asked) -> Sequence[str]:
        """Other names of the concepts of a query, in both languages."""
        named = (topic for topic, weight in asked.topics.items() if weight >= self._settings.named)
        return [name for topic in named for name in self._reasons.names_of(topic)]

    def _related(
        self, asked: Asked, rank: int, row: int, score: float, parts: Mapping[str, Scores]
    ) -> RelatedPaper:
        paper = self.literature.papers[row]
        group, reasons = self._reasons.of(asked, paper, float(parts["similarity"][row])
                                          if "similarity" in parts else 0.0)  # fmt: skip
        return RelatedPaper(
            rank, paper, score, group, reasons, paper.lessons, self.documents_of(paper)
        )

    def documents_of(self, paper: Paper) -> tuple[str, ...]:
        """Paths of the documents that name a paper, those about it first."""
        mentions = self.mentions.get(paper.id, ())
        first = [m.document_id for m in mentions if m.role == "about"]
        ids = dict.fromkeys((*first, *(m.document_id for m in mentions)))
        return tuple(self._documents[one].path for one in ids if one in self._documents)
