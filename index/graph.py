"""The concept graph inside a generation: concepts of a question, and the walk from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from index.descriptions import Descriptions
from index.graph_files import StoredGraph, called, described, read_graph
from index.pagerank import transitions, walk
from index.settings import GraphSearchSettings
from index.tokens import tokenize
from index.unit_vectors import unit_rows
from ingest.concepts.matching import Found, NameMatcher
from ingest.concepts.names import name_key
from ingest.model import Relation

Floats = NDArray[np.float32]
_KEPT = 4096  # texts whose names are kept
_FEW = 8  # in a small course a concept of so many passages is no hub
_FEWEST_WORDS = 5  # fewer are a name, and describe nothing
_BESIDE_NAMES = 0.5
TELLS_MAINLY = 1.5  # of a heading, or of the title and the text, or named four times


@dataclass(frozen=True, slots=True)
class Seed:
    """A concept that a question is about, and how strongly."""

    concept: str
    strength: float

    @property
    def is_clear(self) -> bool:
        """Whether there is no doubt that the question is about it."""
        return self.strength >= 1.0


class GraphIndex:
    """A stored graph, open for questions; safe to use from several threads."""

    def __init__(
        self,
        stored: StoredGraph,
        settings: GraphSearchSettings,
    ) -> None:
        graph = stored.graph
        self.concepts = {concept.id: concept for concept in graph.concepts}
        self.relations = graph.relations
        self._ids = list(self.concepts)
        self._numbers = {concept: number for number, concept in enumerate(self._ids)}
        # What is quoted of a passage is looked through by one check after the other.
        self._named = lru_cache(_KEPT)(partial(_find, NameMatcher(graph.names)))
        self._weights = stored.weights
        self._told = stored.weights.tocsc()
        texts = described(graph)
        owners = np.array([self._numbers[concept] for concept, _ in texts], np.int64)
        self._descriptions = Descriptions([text for _, text in texts], owners, stored.descriptions)
        names = unit_rows(stored.called)
        self._called = {concept: names[n] for n, (concept, _) in enumerate(called(graph))}
        self._settings = settings

    @classmethod
    def load(cls, folder: Path, settings: GraphSearchSettings) -> "GraphIndex":
        """Open a stored graph."""
        return cls(read_graph(folder), settings)

    def mentions(self, question: str) -> Sequence[Found]:
        """Names of concepts in a question, in order and without overlap."""
        return self._named(question)

    def named(self, question: str) -> list[str]:
        """Concepts that a question names, in order, each once."""
        return list(dict.fromkeys(one.concept for one in self.mentions(question)))

    def by_name(self, name: str) -> list[str]:
        """Concepts of an id or a name in any spelling; else those that the words name."""
        if name in self.concepts:
            return [name]
        return list(self._by_key.get(name_key(name), ())) or self.named(name)

    def rows_of(self, concept: str) -> list[tuple[int, float]]:
        """Rows that tell of a concept with how much, in row order."""
        number = self._numbers[concept]
        span = slice(self._told.indptr[number], self._told.indptr[number + 1])
        told = zip(self._told.indices[span].tolist(), self._told.data[span].tolist(), strict=True)
        return sorted(told)

    def informativeness(self, concept: str) -> float:
        """How rare a concept is: nearly 0 when every passage tells of it."""
        number = self._numbers[concept]
        telling = int(self._told.indptr[number + 1] - self._told.indptr[number])
        return float(np.log((int(self._weights.shape[0]) + 1) / (telling + 1)))

    def relations_of(self, concept: str) -> Sequence[Relation]:
        """Relations that a concept is the source or the target of."""
        return self._relations.get(concept, ())

    def meant(self, question: str, named: Sequence[str], vector: Floats) -> list[Seed]:
        """Concepts that a question seems to describe without naming them, the clearest first.

        ``vector`` is the question's, of the first encoder.
        """
        if len(tokenize(question)) < _FEWEST_WORDS:
            return []
        settings = self._settings
        numbers, standing = self._descriptions.standing(question, vector)
        order = np.argsort(-standing, kind="stable")[: settings.described]
        # A question that names several things hardly describes another one.
        share = _BESIDE_NAMES if len(named) > 1 else 1.0
        seeds = [
            Seed(
                self._ids[numbers[place]],
                share * _strength(standing[place], standing[order[0]], settings),
            )
            for place in order
        ]
        return [seed for seed in seeds if seed.strength > 0 and seed.concept not in named]

    def towards(self, vector: Floats, meant: Sequence[Seed]) -> Floats:
        """A question's vector, drawn to the names of what it seems to mean.

        Pages use these names where a beginner's question has everyday words.
        """
        drawn = unit_rows(vector[None])[0]
        for seed in meant:
            drawn = drawn + self._settings.drawn * seed.strength * self._called[seed.concept]
        towards: Floats = unit_rows(drawn[None])[0]
        return towards

    def walk(self, seeds: Iterable[Seed], passages: Mapping[int, float]) -> NDArray[np.float64]:
        """Personalized PageRank over passages and concepts; the score of every passage.

        ``passages`` are rows with their share of the restarts, which seeds share the other half.
        """
        rows, concepts = self._weights.shape
        restart = np.zeros(rows + concepts)
        for row, share in passages.items():
            restart[row] = share
        total = restart.sum()
        if total:
            restart *= (1 - self._settings.concept_share) / total
        chosen = list(seeds)
        strength = sum(seed.strength for seed in chosen)
        for seed in chosen:
            share = self._settings.concept_share * seed.strength / strength
            restart[rows + self._numbers[seed.concept]] += share
        if not restart.sum():
            return np.zeros(rows)
        restart /= restart.sum()
        settings = self._settings
        return walk(self._transition, restart, settings.damping, settings.steps)[:rows]

    def sides(self, named: Sequence[str]) -> list[frozenset[int]]:
        """Rows that tell mainly of each of some concepts; common ones are no side."""
        sides = []
        for concept in named:
            rows = frozenset(row for row, told in self.rows_of(concept) if told >= TELLS_MAINLY)
            if 0 < len(rows) <= self._most_rows:
                sides.append(rows)
        return sides

    def told(self, row: int) -> dict[str, float]:
        """Concepts by which a walk comes to a row, with how much it does; no hubs."""
        span = slice(self._weights.indptr[row], self._weights.indptr[row + 1])
        numbers = self._weights.indices[span]
        weights = self._weights.data[span] * self._informative[numbers]
        told = zip(numbers.tolist(), weights.tolist(), strict=True)
        return {self._ids[number]: weight for number, weight in told if weight}

    def concepts_at(self, row: int) -> frozenset[str]:
        """All concepts that a row names, its title and headings too."""
        span = slice(self._weights.indptr[row], self._weights.indptr[row + 1])
        return frozenset(self._ids[number] for number in self._weights.indices[span].tolist())

    @cached_property
    def _by_key(self) -> dict[str, dict[str, None]]:
        """Concepts by the keys of their names, in the order of the graph."""
        found: dict[str, dict[str, None]] = {}
        for concept in self.concepts.values():
            for name in concept.names:
                found.setdefault(name_key(name), {})[concept.id] = None
        return found

    @property
    def relation_weight(self) -> float:
        """What a step along a relation is worth beside one to a passage."""
        return self._settings.relation_weight

    @cached_property
    def _relations(self) -> dict[str, list[Relation]]:
        found: dict[str, list[Relation]] = {}
        for relation in self.relations:
            found.setdefault(relation.source, []).append(relation)
            found.setdefault(relation.target, []).append(relation)
        return found

    @property
    def _most_rows(self) -> float:
        """A concept that more passages tell of leads nowhere in particular."""
        return max(float(_FEW), self._settings.hub * int(self._weights.shape[0]))

    @cached_property
    def _informative(self) -> NDArray[np.float64]:
        """What a step over each concept is worth: the more, the fewer rows tell of it."""
        spread = np.asarray((self._weights > 0).sum(axis=0)).ravel()
        is_hub = spread > self._most_rows
        rows = self._weights.shape[0]
        return np.where(is_hub, 0.0, np.log1p(rows / np.maximum(spread, 1)))

    @cached_property
    def _transition(self) -> sparse.csr_matrix:
        """Column-stochastic moves: passage and concept both ways, related concepts."""
        across = self._weights @ sparse.diags(self._informative)
        relations = self._related(self._weights.shape[1])
        moves = sparse.bmat([[None, across], [across.T, relations]], format="csc")
        return transitions(moves)

    def _related(self, concepts: int) -> sparse.csr_matrix:
        pairs = [
            (self._numbers[relation.source], self._numbers[relation.target])
            for relation in self.relations
            if relation.target in self._numbers and relation.source in self._numbers
        ]
        ones = np.full(len(pairs), self._settings.relation_weight)
        if not pairs:
            return sparse.csr_matrix((concepts, concepts))
        source, target = np.array(pairs).T
        forward = sparse.csr_matrix((ones, (source, target)), shape=(concepts, concepts))
        return sparse.csr_matrix(forward + forward.T)


def _strength(standing: float, first: float, settings: GraphSearchSettings) -> float:
    """How sure it is that a concept is meant: by its own standing, and beside the first one's."""
    clear = min(1.0, standing - settings.least_standing)
    return float(clear * np.exp(standing - first))


def _find(matcher: NameMatcher, text: str) -> tuple[Found, ...]:
    return tuple(matcher.find(text, lenient=True))
