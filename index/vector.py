"""Dense search on FAISS, behind LlamaIndex's vector store port; nothing else knows FAISS."""

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    VectorStoreQuery,
    VectorStoreQueryResult,
)
from numpy.typing import NDArray
from pydantic import PrivateAttr

from index.settings import VectorSettings

_NEIGHBOURS = 32  # links of an HNSW node
_BUILD_EFFORT = 200
_SEARCH_EFFORT = 128
_TRAIN_ROWS_PER_CELL = 64
_CELLS_PER_PROBE = 8


class FaissStore(BasePydanticVectorStore):
    """Vectors of unit length under their node ids, searched by inner product."""

    stores_text: bool = False
    _index: faiss.Index = PrivateAttr()
    _ids: list[str] = PrivateAttr()
    _references: list[str | None] = PrivateAttr()

    def __init__(
        self, index: faiss.Index, ids: Sequence[str] = (), references: Sequence[str | None] = ()
    ) -> None:
        super().__init__(stores_text=False)
        self._index = index
        self._ids = list(ids)
        self._references = list(references)

    @classmethod
    def create(cls, dimension: int, expected: int, settings: VectorSettings) -> "FaissStore":
        """Make an empty store of the kind that suits the expected number of vectors."""
        return cls(_make_index(dimension, expected, settings))

    @classmethod
    def load(cls, file: Path, ids: Sequence[str], references: Sequence[str | None]) -> "FaissStore":
        """Open a persisted store; ids and document references are in the order of adding."""
        return cls(faiss.read_index(str(file)), ids, references)

    @property
    def client(self) -> Any:
        """The FAISS index."""
        return self._index

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Add nodes with their embeddings."""
        vectors = np.array([node.get_embedding() for node in nodes], dtype=np.float32)
        references = [node.ref_doc_id for node in nodes]
        return self.add_vectors([node.node_id for node in nodes], vectors, references)

    def add_vectors(
        self,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        references: Sequence[str | None] | None = None,
    ) -> list[str]:
        """Add rows of an array: what ``add`` does, without a Python list a vector."""
        if len(ids):
            if not self._index.is_trained:
                self._index.train(vectors)
            self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        self._ids.extend(ids)
        self._references.extend(references or [None] * len(ids))
        return list(ids)

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Delete all nodes of a document; the store becomes exact, as FAISS graphs can't forget."""
        kept = [row for row, found in enumerate(self._references) if found != ref_doc_id]
        vectors = self._index.reconstruct_n(0, len(self._ids))[kept]
        index = faiss.IndexFlatIP(self._index.d)
        index.add(vectors)
        self._index = index
        self._ids = [self._ids[row] for row in kept]
        self._references = [self._references[row] for row in kept]

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """Find the nearest nodes; similarities are cosines."""
        if query.query_embedding is None or not self._ids:
            return VectorStoreQueryResult(ids=[], similarities=[])
        vector = np.asarray(query.query_embedding, dtype=np.float32)
        rows, similarities = self.nearest(vector, query.similarity_top_k)
        return VectorStoreQueryResult(
            ids=[self._ids[row] for row in rows], similarities=similarities.tolist()
        )

    def nearest(
        self, vector: NDArray[np.float32], limit: int
    ) -> tuple[list[int], NDArray[np.float64]]:
        """Row numbers of the nearest vectors, best first, with their cosines."""
        if not self._ids:
            return [], np.zeros(0)
        similarities, rows = self._index.search(vector[None], min(limit, len(self._ids)))
        there = rows[0] >= 0
        return [int(row) for row in rows[0][there]], similarities[0][there].astype(np.float64)

    def similarities(self, vector: NDArray[np.float32], rows: Sequence[int]) -> NDArray[np.float64]:
        """Cosine of a vector with each of some rows."""
        found = self._index.reconstruct_batch(np.asarray(rows, np.int64))
        cosines: NDArray[np.float64] = (found @ vector).astype(np.float64)
        return cosines

    def persist(self, persist_path: str, fs: Any = None) -> None:
        """Write the vectors to a file; raises OSError when that fails."""
        try:
            faiss.write_index(self._index, persist_path)
        except RuntimeError as error:  # what FAISS makes of a full disk
            raise OSError(errno.EIO, str(error), persist_path) from error


def _make_index(dimension: int, expected: int, settings: VectorSettings) -> faiss.Index:
    kind = settings.kind
    if kind == "auto":
        kind = "exact" if expected <= settings.exact_below else "hnsw"
    if kind == "exact":
        return faiss.IndexFlatIP(dimension)
    return _make_graph(dimension) if kind == "hnsw" else _make_cells(dimension, expected)


def _make_graph(dimension: int) -> faiss.Index:
    index = faiss.IndexHNSWFlat(dimension, _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _BUILD_EFFORT
    index.hnsw.efSearch = _SEARCH_EFFORT
    return index


def _make_cells(dimension: int, expected: int) -> faiss.Index:
    cells = max(1, min(round(expected**0.5), expected // _TRAIN_ROWS_PER_CELL))
    quantizer = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFFlat(quantizer, dimension, cells, faiss.METRIC_INNER_PRODUCT)
    index.nprobe = max(1, cells // _CELLS_PER_PROBE)
    index.make_direct_map()
    return index
