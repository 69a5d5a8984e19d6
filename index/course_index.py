"""An open generation: search it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from threading import Lock

import numpy as np
from llama_index.core.vector_stores.types import VectorStoreQuery
from numpy.typing import NDArray

from index.embedding import Embedder
from index.fusion import found_by, fuse
from index.keyword import KeywordIndex
from index.layout import Generation, IndexLayout, Manifest
from index.model import Hit, Mode, SearchResult
from index.records import Records
from index.settings import SearchSettings
from index.tokens import tokenize
from index.vector import FaissStore
from ingest.ids import digest
from ingest.model import Chunk

_ASKED = 256  # questions whose embeddings are kept


class CourseIndex:
    """One generation, open for searching; safe to use from several threads."""

    def __init__(
        self,
        generation: Generation,
        roots: Mapping[str, str],
        embedder: Embedder,
        settings: SearchSettings,
    ) -> None:
        """Raises IndexDamaged or IndexMismatch, with what to run."""
        self.manifest: Manifest = generation.check_embedder(embedder.fingerprint)
        self.records = Records(generation.records, roots)
        self.embedder = embedder
        self._settings = settings
        self._lock = Lock()
        self._asked: dict[str, NDArray[np.float32]] = {}
        ids, references = self.records.chunk_ids()
        self._rows = {chunk_id: row for row, chunk_id in enumerate(ids)}
        self.vectors = FaissStore.load(generation.vectors, ids, references)
        self.keyword = KeywordIndex.load(generation.keyword, len(ids))

    def search(self, query: str, limit: int = 10, mode: Mode = Mode.HYBRID) -> SearchResult:
        """Find the passages that fit a query best."""
        clock = _Clock()
        rankings: dict[Mode, Sequence[int]] = {}
        similarities: dict[int, float] = {}
        depth = max(self._settings.depth, limit)
        if mode is not Mode.LEXICAL:
            with clock.step("embed"):
                vector = self.question_vector(query)
            with clock.step("dense"):
                found = self.vectors.query(
                    VectorStoreQuery(query_embedding=vector.tolist(), similarity_top_k=depth)
                )
            rows = [self._rows[chunk_id] for chunk_id in found.ids or []]
            similarities = dict(zip(rows, found.similarities or [], strict=True))
            rankings[Mode.DENSE] = rows
        if mode is not Mode.DENSE:
            with clock.step("lexical"):
                rankings[Mode.LEXICAL] = [row for row, _ in self.keyword.search(query, depth)]
        with clock.step("fuse"):
            fused = fuse(rankings, self._weights(query), self._settings.rank_constant)
            hits = self._hits(fused, rankings, similarities, limit)
        return SearchResult(query, hits, clock.took_ms())

    def question_vector(self, question: str) -> NDArray[np.float32]:
        """Embedding of a question; one that was just asked is not embedded again."""
        with self._lock:
            known = self._asked.pop(question, None)
        vector = self.embedder.embed_queries([question])[0] if known is None else known
        with self._lock:
            self._asked[question] = vector
            while len(self._asked) > _ASKED:
                del self._asked[next(iter(self._asked))]
        return vector

    def _weights(self, query: str) -> dict[Mode, float]:
        """The lexical leg counts as far as the material knows the query's words at all."""
        known = self.keyword.knows(tokenize(query))
        return {Mode.DENSE: 1.0, Mode.LEXICAL: max(known, self._settings.least_lexical_weight)}

    def _hits(
        self,
        fused: Sequence[tuple[int, float]],
        rankings: dict[Mode, Sequence[int]],
        similarities: dict[int, float],
        limit: int,
    ) -> tuple[Hit, ...]:
        legs = found_by(rankings, (row for row, _ in fused))
        hits: list[Hit] = []
        for row, score, chunk in islice(self._distinct(fused, limit), limit):
            document = self.records.documents[chunk.document_id]
            similarity = similarities.get(row)
            hits.append(Hit(len(hits) + 1, chunk, document, score, tuple(legs[row]), similarity))
        return tuple(hits)

    def _distinct(
        self, fused: Sequence[tuple[int, float]], batch: int
    ) -> Iterator[tuple[int, float, Chunk]]:
        """Passages in order, each text once: a copied file must not fill the list."""
        seen: set[str] = set()
        for start in range(0, len(fused), batch):
            part = fused[start : start + batch]
            chunks = self.records.chunks_at([row for row, _ in part])
            for (row, score), chunk in zip(part, chunks, strict=True):
                key = digest("".join(chunk.text.split()))
                if key not in seen:
                    seen.add(key)
                    yield row, score, chunk


class LiveIndex:
    """The generation in use: a new one is picked up between requests, none is cut off."""

    def __init__(self, layout: IndexLayout, embedder: Embedder, settings: SearchSettings) -> None:
        self._layout = layout
        self._embedder = embedder
        self._settings = settings
        self._lock = Lock()
        self._open: CourseIndex | None = None
        self._opened: tuple[Generation, dict[str, str]] | None = None

    def current(self) -> CourseIndex:
        """The open index; raises NoIndex when nothing was ingested."""
        with self._lock:
            wanted = self._layout.current(), self._layout.roots()
            if self._open is None or self._opened != wanted:
                # The old one closes when the last request that holds it lets go.
                self._open = CourseIndex(*wanted, self._embedder, self._settings)
                self._opened = wanted
            return self._open


class _Clock:
    def __init__(self) -> None:
        self._steps: dict[str, float] = {}
        self._start = time.perf_counter()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._steps[name] = round((time.perf_counter() - start) * 1000, 2)

    def took_ms(self) -> dict[str, float]:
        total = round((time.perf_counter() - self._start) * 1000, 2)
        return {**self._steps, "total": total}
