"""Documents and chunks inside a generation: it answers whatever the corpus does meanwhile."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

from ingest.model import Chunk, Document, Section
from ingest.rows import (
    chunk_from,
    chunk_row,
    document_from,
    document_row,
    section_from,
    section_row,
)

_SCHEMA = """
CREATE TABLE documents (id TEXT PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE sections (id TEXT PRIMARY KEY, document_id TEXT NOT NULL, record TEXT NOT NULL);
CREATE TABLE chunks (row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL,
                     document_id TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX chunks_of ON chunks (document_id, row);
CREATE INDEX sections_of ON sections (document_id);
"""


def write_records(
    file: Path,
    documents: Iterable[Document],
    sections: Iterable[Section],
    chunks: Iterable[Chunk],
) -> None:
    """Write a generation's records; row numbers of chunks follow their order."""
    connection = sqlite3.connect(file)
    try:
        connection.executescript(_SCHEMA)
        connection.executemany(
            "INSERT INTO documents VALUES (?, ?)",
            ((d.id, _dump(document_row(portable(d)))) for d in documents),
        )
        connection.executemany(
            "INSERT INTO sections VALUES (?, ?, ?)",
            ((s.id, s.document_id, _dump(section_row(s))) for s in sections),
        )
        connection.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?)",
            ((row, c.id, c.document_id, _dump(chunk_row(c))) for row, c in enumerate(chunks)),
        )
        connection.commit()
    finally:
        connection.close()


class Records:
    """Reads a generation's records; safe to use from several threads.

    ``roots`` tells where each collection lies on this machine.
    """

    def __init__(self, file: Path, roots: Mapping[str, str]) -> None:
        uri = f"{file.resolve().as_uri()}?immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._lock = Lock()
        rows = self._query("SELECT record FROM documents", ())
        found = (document_from(json.loads(row[0])) for row in rows)
        self.documents = {document.id: _located(document, roots) for document in found}

    def chunk_ids(self) -> tuple[list[str], list[str]]:
        """Ids of all chunks and of their documents, in row order."""
        rows = self._query("SELECT id, document_id FROM chunks ORDER BY row", ())
        return [row[0] for row in rows], [row[1] for row in rows]

    def chunks_at(self, rows: Sequence[int]) -> list[Chunk]:
        """Chunks by row number, in the order asked for."""
        marks = ",".join("?" * len(rows))
        found = self._query(f"SELECT row, record FROM chunks WHERE row IN ({marks})", rows)  # noqa: S608
        by_row = {row: _chunk(record) for row, record in found}
        return [by_row[row] for row in rows]

    def chunk(self, chunk_id: str) -> Chunk | None:
        """One chunk by id."""
        found = self._query("SELECT record FROM chunks WHERE id = ?", (chunk_id,))
        return _chunk(found[0][0]) if found else None

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """Chunks of a document, in order."""
        query = "SELECT record FROM chunks WHERE document_id = ? ORDER BY row"
        return [_chunk(row[0]) for row in self._query(query, (document_id,))]

    def sections_of(self, document_id: str) -> list[Section]:
        """Sections of a document, in order."""
        found = self._query("SELECT record FROM sections WHERE document_id = ?", (document_id,))
        sections = [section_from(json.loads(row[0])) for row in found]
        return sorted(sections, key=lambda section: section.ordinal)

    def _query(self, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()


def portable(document: Document) -> Document:
    """A document as it is on any machine: without the place of its file."""
    return replace(document, file="")


def _located(document: Document, roots: Mapping[str, str]) -> Document:
    root = roots.get(document.collection)
    return replace(document, file=str(Path(root, document.path)) if root else "")


def _dump(record: dict[str, object]) -> str:
    return json.dumps(record, ensure_ascii=False)


def _chunk(record: str) -> Chunk:
    return chunk_from(json.loads(record))
