"""An open generation: search it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from index.asked import Questions
from index.diversity import asks_for_papers, brought_forward, by_place, in_turns, parts_of
from index.encoders import Encoders
from index.fusion import Leg, found_by, fuse
from index.graph import GraphIndex, Seed
from index.keyword import KeywordIndex
from index.late_interaction import TokenStore
from index.layout import Generation, Manifest
from index.leaning import offsets
from index.legs import dense_leg, graph_leg, lexical_leg, second_weight
from index.model import Hit, Mode, SearchResult
from index.papers.files import read_literature
from index.papers.related import PaperIndex
from index.parts import part_scores
from index.passages import passage_of
from index.reasons import why
from index.records import Records
from index.rerank import Ranked, Reranker, blended
from index.settings import Part, SearchSettings
from index.vector import FaissStore
from ingest.model import Chunk
from ingest.text import language_of

_LOOKED_AT = 4  # passages looked at for each hit that is wanted


class CourseIndex:
    """One generation, open for searching; safe to use from several threads."""

    def __init__(
        self,
        generation: Generation,
        roots: Mapping[str, str],
        encoders: Encoders,
        settings: SearchSettings,
        reranker: Reranker | None = None,
    ) -> None:
        """Raises IndexDamaged or IndexMismatch, with what to run."""
        self.manifest: Manifest = generation.check_encoders(encoders.fingerprints)
        self.records = Records(generation.records, roots)
        self.encoders = encoders
        self._settings = settings
        self._reranker = reranker
        ids, references = self.records.chunk_ids()
        self._rows = {chunk: row for row, chunk in enumerate(ids)}
        self._stores = [
            FaissStore.load(generation.vectors_of(number), ids, references)
            for number in range(len(encoders.all))
        ]
        self._tokens = TokenStore.load(generation.tokens) if generation.tokens.is_dir() else None
        self._leanings = np.load(generation.leanings)
        self.keyword = KeywordIndex.load(generation.keyword, len(ids))
        self.graph = GraphIndex.load(generation.graph, settings.graph)
        self._questions = Questions(encoders, self.keyword, self.graph)
        self._generation = generation
        self._opening = Lock()
        self._papers: PaperIndex | None = None

    @property
    def papers(self) -> PaperIndex:
        """The papers; opened when they are first asked for, for a search does without."""
        with self._opening:
            if self._papers is None:
                self._papers = PaperIndex(
                    read_literature(self._generation.papers),
                    self.encoders,
                    self.graph,
                    self.records.documents,
                    self._settings.papers,
                    self._generation.folder.parent,
                )
            return self._papers

    def search(self, query: str, limit: int = 10, mode: Mode = Mode.HYBRID) -> SearchResult:
        """Find the passages that fit a query best."""
        clock = _Clock()
        found = self._found(query, max(self._settings.depth, limit), mode, clock)
        several = mode is Mode.HYBRID and Part.DIVERSITY not in self._settings.without
        best = self._best_of_parts(query, clock) if several else []
        with clock.step("read"):
            chosen = self._chosen(query, found, best, limit)
            hits = self._hits(query, chosen, found)
        return SearchResult(query, hits, clock.took_ms())

    def _found(self, query: str, depth: int, mode: Mode, clock: "_Clock") -> "_Found":
        named = self.graph.named(query)
        walks = mode in (Mode.HYBRID, Mode.GRAPH) and Part.GRAPH not in self._settings.without
        meant: Sequence[Seed] = ()
        if walks:
            with clock.step("embed"):
                meant = self.meant(query)
        seeds = [*(Seed(concept, 1.0) for concept in named), *meant] if walks else []
        legs = self._legs(query, named, meant, depth, mode, clock)
        with clock.step("fuse"):
            ranked = fuse(legs)
        if walks:
            with clock.step("graph"):
                graph = self._settings.graph
                leg = graph_leg(self.graph, seeds, ranked, self._settings.depth, graph)
                legs = [leg] if mode is Mode.GRAPH else [*legs, leg]
                ranked = fuse(legs)
        if mode is Mode.HYBRID and Part.RERANK not in self._settings.without:
            with clock.step("rerank"):
                ranked = self._reranked(query, ranked)
        return _Found(named, seeds, legs, ranked)

    def _best_of_parts(self, query: str, clock: "_Clock") -> list[int]:
        """The first row for each part of a question that asks several things."""
        depth = self._settings.depth
        found = (self._found(part, depth, Mode.HYBRID, clock) for part in parts_of(query))
        return [one.ranked[0][0] for one in found if one.ranked]

    def meant(self, question: str) -> Sequence[Seed]:
        """Concepts that a question seems to describe without naming them, the clearest first."""
        return self._questions.read(question).meant

    def beside(self, hit: Hit) -> list[Hit]:
        """The passages before and after a hit in its document, ranked next to it."""
        row = self._rows.get(hit.chunk.id)
        if row is None:
            return []
        rows = [near for near in (row - 1, row + 1) if 0 <= near < len(self._rows)]
        chunks = self.records.chunks_at(rows)
        within = (chunk for chunk in chunks if chunk.document_id == hit.document.id)
        return [Hit(hit.rank + 1, chunk, hit.document, 0.0, ()) for chunk in within]

    def row_of(self, hit: Hit) -> int:
        """Where the index holds a hit's passage; raises KeyError for one of another generation."""
        return self._rows[hit.chunk.id]

    def part_scores(self, question: str, parts: Sequence[tuple[Hit, Sequence[str]]]) -> list[float]:
        """How near parts of some hits are to a question; comparable within one question only.

        With each hit go words of its chunk without markup, in order. Raises KeyError for a hit of
        another generation.
        """
        asked = self._questions.read(question)
        if self._tokens is None or not len(asked.tokens):
            vectors = self.encoders.first.embed_passages([one for _, some in parts for one in some])
            return [float(score) for score in vectors @ asked.vectors[0]]
        rows = [self.row_of(hit) for hit, _ in parts]
        matched = zip(parts, rows, self._tokens.matches(asked.tokens, rows), strict=True)
        scores: list[float] = []
        for (hit, some), row, matches in matched:
            places = self._tokens.places(row)
            scores += part_scores(matches, asked.weights, places, hit, some)
        return scores

    def _legs(
        self,
        query: str,
        named: Sequence[str],
        meant: Sequence[Seed],
        depth: int,
        mode: Mode,
        clock: "_Clock",
    ) -> list[Leg]:
        legs = []
        if mode is not Mode.LEXICAL:
            with clock.step("embed"):
                vectors = self._questions.read(query).vectors
            with clock.step("dense"):
                first = self.graph.towards(vectors[0], meant)
                legs.append(self._dense_leg(0, query, first, depth))
                if len(vectors) > 1 and Part.ENCODER not in self._settings.without:
                    weight = second_weight(query, self.manifest.languages, self._settings)
                    legs.append(self._dense_leg(1, query, vectors[1], depth, weight))
        if mode is not Mode.DENSE:
            with clock.step("lexical"):
                names = self._other_names(named, meant)
                languages = self.manifest.languages
                legs.append(
                    lexical_leg(self.keyword, query, names, depth, languages, self._settings)
                )
        return legs

    def _other_names(self, named: Sequence[str], meant: Sequence[Seed]) -> list[str]:
        """All names of what a question names, and of what it describes beyond doubt."""
        if Part.EXPANSION in self._settings.without:
            return []
        clear = (seed.concept for seed in meant if seed.is_clear)
        return [name for concept in (*named, *clear) for name in self.graph.concepts[concept].names]

    def _dense_leg(
        self,
        encoder: int,
        query: str,
        vector: NDArray[np.float32],
        depth: int,
        weight: float = 1.0,
    ) -> Leg:
        taken = offsets(self._leanings[encoder], language_of(query))
        return dense_leg(self._stores[encoder], vector, taken, depth, weight)

    def _reranked(self, query: str, ranked: Ranked) -> Ranked:
        settings = self._settings.rerank
        head, rest = ranked[: settings.candidates], ranked[settings.candidates :]
        if self._reranker is not None:
            return self._reranker.rerank(query, head, self._passages) + rest
        if settings.provider == "embedded" and self._tokens is not None:
            rows = [row for row, _ in head]
            asked = self._questions.read(query)
            scores = self._tokens.scores(asked.tokens, rows, asked.weights)
            own = scores - offsets(self._leanings[-1], language_of(query))[rows]
            # A term of a few tokens has too few votes to turn the order round.
            weight = settings.weight * min(1.0, len(asked.tokens) / settings.full_tokens)
            return blended(head, own.tolist(), weight) + rest
        return ranked

    def _passages(self, rows: Sequence[int]) -> list[str]:
        documents = self.records.documents
        chunks = self.records.chunks_at(rows)
        return [passage_of(documents[chunk.document_id].title, chunk) for chunk in chunks]

    def _chosen(
        self, query: str, asked: "_Found", best_of_parts: Sequence[int], limit: int
    ) -> list[tuple[int, float, Chunk]]:
        found = self._read(asked.ranked, limit)
        if Part.DIVERSITY in self._settings.without:
            return list(islice(found, limit))
        looked_at = islice(found, _LOOKED_AT * limit)
        first, others = by_place(looked_at, references=asks_for_papers(query))
        first = in_turns(first, self.graph.sides(asked.named))
        return [*brought_forward(first, best_of_parts), *others][:limit]

    def _read(self, ranked: Ranked, batch: int) -> Iterator[tuple[int, float, Chunk]]:
        for start in range(0, len(ranked), batch):
            part = ranked[start : start + batch]
            chunks = self.records.chunks_at([row for row, _ in part])
            for (row, score), chunk in zip(part, chunks, strict=True):
                yield row, score, chunk

    def _hits(
        self,
        query: str,
        chosen: Sequence[tuple[int, float, Chunk]],
        found: "_Found",
    ) -> tuple[Hit, ...]:
        modes = found_by(found.legs)
        similarities: Sequence[float | None] = [None] * len(chosen)
        if chosen and any(leg.mode is Mode.DENSE for leg in found.legs):
            rows = [row for row, _, _ in chosen]
            vector = self._questions.read(query).vectors[0]
            similarities = self._stores[0].similarities(vector, rows).tolist()
        documents = self.records.documents
        return tuple(
            Hit(
                rank,
                chunk,
                documents[chunk.document_id],
                score,
                modes[row],
                similarity,
                why(self.graph, found.seeds, row, chunk, documents),
            )
            for rank, ((row, score, chunk), similarity) in enumerate(
                zip(chosen, similarities, strict=True), start=1
            )
        )


@dataclass(frozen=True, slots=True)
class _Found:
    """What a query names, where its walk begins, and the rows that it finds."""

    named: Sequence[str]
    seeds: Sequence[Seed]
    legs: Sequence[Leg]
    ranked: Ranked


class _Clock:
    def __init__(self) -> None:
        self._steps: dict[str, float] = {}
        self._start = time.perf_counter()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        took = (time.perf_counter() - start) * 1000
        self._steps[name] = round(self._steps.get(name, 0.0) + took, 2)

    def took_ms(self) -> dict[str, float]:
        total = round((time.perf_counter() - self._start) * 1000, 2)
        return {**self._steps, "total": total}
