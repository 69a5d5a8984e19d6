"""What speaks for each paper, one array a signal; a score is their weighted sum."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from scipy import sparse

from index.keyword import KeywordIndex
from index.pagerank import Scores
from index.papers.vectors import Floats
from index.papers.walk import PaperWalk, named_at
from index.settings import PaperSettings
from ingest.model import PaperRole, RelationKind
from ingest.papers.subjects import Literature

# How much of a concept its neighbour is, by the relation that joins them.
_NEAR = {
    RelationKind.IS_A: 0.5,
    RelationKind.VARIANT_OF: 0.6,
    RelationKind.IMPROVES_ON: 0.5,
    RelationKind.ALTERNATIVE_TO: 0.5,
    RelationKind.PART_OF: 0.3,
    RelationKind.USES: 0.3,
    RelationKind.PREREQUISITE_OF: 0.1,
    RelationKind.EVALUATED_BY: 0.0,
}
_COUNTS = 0.3
# A topic that facts or names state; what only a title names, its words have said already.
_STATED, _TITLED = 0.8, 0.05
_BACK = 0.8  # a kind tells a little less of what is of that kind
_NAMES = 6  # of each topic that are searched


class Signals:
    """The literature as matrices: papers by topic, lesson, section and document."""

    def __init__(
        self, literature: Literature, vectors: Sequence[Floats], settings: PaperSettings
    ) -> None:
        self._literature = literature
        self._settings = settings
        self.vectors = vectors
        self.rows = {paper.id: row for row, paper in enumerate(literature.papers)}
        self.topics = {topic.id: number for number, topic in enumerate(literature.topics)}
        names = {topic.id: topic.names[:_NAMES] for topic in literature.topics}
        self.keyword = KeywordIndex.build(
            " ".join((text, *(name for topic in topics for name in names[topic])))
            for text, topics in zip(
                paper_texts(literature),
                (literature.topics_of.get(paper.id, {}) for paper in literature.papers),
                strict=True,
            )
        )

    # Each of these gives one value a paper.

    def similarity(self, encoder: int, vector: Floats) -> Scores:
        """How near titles and names are to a vector, in deviations from the mean."""
        return standing((self.vectors[encoder] @ vector).astype(np.float64))

    def words(self, text: str, also: Sequence[str]) -> Scores:
        """BM25 on titles, names and the names of topics, damped: a word more adds less."""
        return np.log1p(self.keyword.scores(text, also, self._settings.expansion))

    def shared_topics(self, topics: Mapping[str, float]) -> Scores:
        """Cosine of topics, rare ones and their neighbours in the concept graph included.

        Where even the surest topic of the query is a guess, all of it counts as one.
        """
        asked = np.zeros(len(self.topics))
        for topic, weight in topics.items():
            if topic in self.topics:
                asked[self.topics[topic]] = weight
        sure = min(1.0, float(asked.max(initial=0.0)))
        return sure * _cosine(self._about, (asked @ self._near) * self._rarity)

    def shared_lessons(self, lessons: Mapping[int, float]) -> Scores:
        """Cosine of lessons, those with few papers first."""
        asked = np.zeros(len(self._lessons))
        for lesson, weight in lessons.items():
            if lesson in self._lessons:
                asked[self._lessons[lesson]] = weight
        return _cosine(self._taught, asked * self._lesson_rarity)

    def named_together(self, papers: Mapping[str, float]) -> Scores:
        """Co-citation in sections and documents; short lists of papers tell more."""
        asked = np.zeros(len(self.rows))
        for paper, weight in papers.items():
            if paper in self.rows:
                asked[self.rows[paper]] = weight
        if not self._places.shape[1] or not asked.any():
            return np.zeros(len(self.rows))
        shared: Scores = self._places @ (self._places.T @ asked)
        return np.log1p(shared)

    def walked(self, papers: Mapping[str, float], topics: Mapping[str, float]) -> Scores:
        """How near papers are to some papers and topics by the ways of the graph."""
        return self._walk.from_starts(
            {self.rows[one]: weight for one, weight in papers.items() if one in self.rows},
            {self.topics[one]: weight for one, weight in topics.items() if one in self.topics},
        )

    def named_in(self, documents: Iterable[str]) -> Scores:
        """Whether some documents name a paper: 2 where they are about it."""
        told = np.zeros(len(self.rows))
        wanted = set(documents)
        for mention in self._literature.mentions:
            if mention.document_id in wanted:
                weight = 2.0 if mention.role is PaperRole.ABOUT else 1.0
                row = self.rows[mention.paper]
                told[row] = max(told[row], weight)
        return told

    def covered(self, text: str) -> float:
        """How much of what a text's words tell the best title says: 1 where it says them all."""
        told = sum(self.keyword.weights(text).values())
        found = float(self.keyword.scores(text).max(initial=0.0))
        return min(1.0, found / told) if told else 0.0

    def titled(self, word: str) -> Scores:
        """1 for each paper whose title says a word."""
        titles = (paper.title.casefold() for paper in self._literature.papers)
        return np.array([float(word in title) for title in titles])

    def lessons_of(self, scores: Scores, most: int = 8) -> dict[int, float]:
        """Lessons of the best papers, the first ones counting most."""
        found: dict[int, float] = {}
        for place, row in enumerate(best(scores, most)):
            for lesson in self._literature.papers[row].lessons:
                found[lesson] = found.get(lesson, 0.0) + float(np.exp(-place / 4))
        return found

    @cached_property
    def _near(self) -> sparse.csr_matrix:
        """Topics by topics: 1 for itself, less for its neighbours."""
        found = {(number, number): 1.0 for number in self.topics.values()}
        for source, kind, target in self._literature.relations:
            one, other = self.topics[source], self.topics[target]
            weight = _NEAR.get(kind, 0.2)
            for pair, share in (((one, other), weight), ((other, one), _BACK * weight)):
                found[pair] = max(found.get(pair, 0.0), share)
        return _matrix(found, (len(self.topics), len(self.topics)))

    @cached_property
    def _own(self) -> sparse.csr_matrix:
        found = {
            (self.rows[paper], self.topics[topic]): weight
            for paper, topics in self._literature.topics_of.items()
            for topic, weight in topics.items()
        }
        return _matrix(found, (len(self.rows), len(self.topics)))

    @cached_property
    def _rarity(self) -> Scores:
        # A kind is as common as all that is of that kind.
        spread = np.asarray((self._own @ self._near > _COUNTS).sum(axis=0)).ravel()
        return np.log((len(self.rows) + 1) / (spread + 0.5))

    @cached_property
    def _about(self) -> sparse.csr_matrix:
        units = _unit(self._own @ self._near @ sparse.diags(self._rarity))
        surest = np.asarray(self._own.max(axis=1).todense()).ravel()
        return sparse.csr_matrix(sparse.diags(np.where(surest >= _STATED, 1.0, _TITLED)) @ units)

    @cached_property
    def _walk(self) -> PaperWalk:
        """Over topics that something states: a guess leads astray, and on from there."""
        stated = self._own.multiply(self._own >= _STATED) @ sparse.diags(self._rarity)
        named = named_at(self._literature.mentions, self.rows)
        places = 1 + max((column for _, column in named), default=0)
        return PaperWalk(
            sparse.csr_matrix(stated),
            self._near - sparse.identity(len(self.topics)),
            _matrix(named, (len(self.rows), places)),
            damping=self._settings.damping,
            steps=self._settings.steps,
        )

    @cached_property
    def _lessons(self) -> dict[int, int]:
        numbers = {lesson for paper in self._literature.papers for lesson in paper.lessons}
        return {lesson: column for column, lesson in enumerate(sorted(numbers))}

    @cached_property
    def _taught_of(self) -> sparse.csr_matrix:
        found = {
            (row, self._lessons[lesson]): 1.0
            for row, paper in enumerate(self._literature.papers)
            for lesson in paper.lessons
        }
        return _matrix(found, (len(self.rows), len(self._lessons)))

    @cached_property
    def _lesson_rarity(self) -> Scores:
        spread = np.asarray(self._taught_of.sum(axis=0)).ravel()
        return np.log(len(self.rows) / np.maximum(spread, 1)) if len(spread) else np.zeros(0)

    @cached_property
    def _taught(self) -> sparse.csr_matrix:
        return _unit(self._taught_of @ sparse.diags(self._lesson_rarity))

    @cached_property
    def _places(self) -> sparse.csr_matrix:
        """Papers by sections and documents that name them; a long list of papers weighs less."""
        columns: dict[str, int] = {}
        found: dict[tuple[int, int], float] = {}
        for mention in self._literature.mentions:
            for place in filter(None, (mention.document_id, mention.section_id)):
                column = columns.setdefault(place, len(columns))
                found[self.rows[mention.paper], column] = 1.0
        places = _matrix(found, (len(self.rows), len(columns)))
        spread = np.asarray(places.sum(axis=0)).ravel()
        return sparse.csr_matrix(places @ sparse.diags(1 / np.maximum(spread, 1)))


def paper_texts(literature: Literature) -> list[str]:
    """What is embedded and searched of each paper: title, names and, if known, the abstract."""
    return [
        ". ".join(filter(None, (paper.title, ", ".join(paper.names), paper.abstract)))
        for paper in literature.papers
    ]


def standing(values: Scores) -> Scores:
    """Values in deviations from their mean: comparable between signals."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread else np.zeros(len(values))


def best(scores: Scores, most: int) -> list[int]:
    """Rows of the highest scores, best first; of equal ones the first rows."""
    if most < len(scores):
        rows = np.argpartition(-scores, most)[:most]
        rows = np.flatnonzero(scores >= scores[rows].min())
    else:
        rows = np.arange(len(scores))
    order = np.argsort(-scores[rows], kind="stable")
    return [int(row) for row in rows[order][:most]]


def _matrix(found: Mapping[tuple[int, int], float], shape: tuple[int, int]) -> sparse.csr_matrix:
    if not found:
        return sparse.csr_matrix(shape)
    rows, columns = np.array(list(found), np.int64).T
    return sparse.csr_matrix((list(found.values()), (rows, columns)), shape=shape)


def _unit(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.where(lengths > 0, lengths, 1.0)) @ matrix)


def _cosine(units: sparse.csr_matrix, asked: Scores) -> Scores:
    length = float(np.linalg.norm(asked))
    if not length:
        return np.zeros(units.shape[0])
    found: Scores = units @ (asked / length)
    return found
