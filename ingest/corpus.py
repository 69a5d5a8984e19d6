"""The corpus store: what was read from which file. One document is one transaction."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects.sqlite import insert

from ingest.errors import CorpusError
from ingest.model import (
    Box,
    CatalogueEntry,
    Chunk,
    Document,
    DocumentKind,
    DocumentState,
    Language,
    Notice,
    Section,
    Span,
)

FORMAT = "1"

_metadata = sa.MetaData()
_properties = sa.Table(
    "properties",
    _metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
_collections = sa.Table(
    "collections",
    _metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("root", sa.String, nullable=False),
)
_documents = sa.Table(
    "documents",
    _metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("collection", sa.String, nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("file", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("format", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("page_count", sa.Integer),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("notices", sa.JSON, nullable=False),
    sa.Column("entries", sa.JSON, nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.UniqueConstraint("collection", "path"),
)
_sections = sa.Table(
    "sections",
    _metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), index=True),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("path", sa.JSON, nullable=False),
    sa.Column("page", sa.Integer),
)
_chunks = sa.Table(
    "chunks",
    _metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), index=True),
    sa.Column("section_id", sa.String, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("section", sa.JSON, nullable=False),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("spans", sa.JSON, nullable=False),
)
_stages = sa.Table(
    "stages",
    _metadata,
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("stage", sa.String, primary_key=True),
    sa.Column("key", sa.String, nullable=False),
)
_embeddings = sa.Table(
    "embeddings",
    _metadata,
    sa.Column("text_hash", sa.String, primary_key=True),
    sa.Column("fingerprint", sa.String, primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)

# SQLite allows 32,766 variables in a statement; stay well below it.
_BATCH = 5000


class Corpus:
    """Documents, sections, chunks, stage keys and cached embeddings in one SQLite file."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(f"sqlite:///{file}", connect_args={"timeout": 60})
        sa.event.listen(self._engine, "connect", _configure)
        try:
            _metadata.create_all(self._engine)
            found = self._property("format")
        except sa.exc.DatabaseError as error:
            self._engine.dispose()
            hint = "Move the file away and run `coursegraph ingest` again."
            raise CorpusError(f"{file}: not a corpus store ({error.orig})", hint) from error
        if found is None:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(_properties).values(name="format", value=FORMAT).on_conflict_do_nothing()
                )
        elif found != FORMAT:
            self._engine.dispose()
            hint = "Move it away and run `coursegraph ingest` again."
            raise CorpusError(f"{file}: format {found}, this version reads {FORMAT}", hint)

    def __enter__(self) -> "Corpus":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()

    def _property(self, name: str) -> str | None:
        query = sa.select(_properties.c.value).where(_properties.c.name == name)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    # Collections

    def collections(self) -> dict[str, str]:
        """Root folder of each collection, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_collections).order_by(_collections.c.name))
            return {row.name: row.root for row in rows}

    def remember_collections(self, collections: Mapping[str, str]) -> None:
        """Store the root folders of collections."""
        with self._engine.begin() as connection:
            for name, root in collections.items():
                connection.execute(
                    insert(_collections)
                    .values(name=name, root=root)
                    .on_conflict_do_update(index_elements=["name"], set_={"root": root})
                )

    def forget_empty_collections(self) -> None:
        """Drop collections that no document belongs to."""
        used = sa.select(_documents.c.collection)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_collections).where(_collections.c.name.not_in(used)))

    # Documents

    def put(
        self,
        document: Document,
        sections: Sequence[Section],
        chunks: Sequence[Chunk],
        stage_keys: Mapping[str, str],
    ) -> None:
        """Store a document with all that was read from it, in place of what was there."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_documents).where(_documents.c.id == document.id))
            connection.execute(sa.insert(_documents).values(_document_row(document)))
            if sections:
                connection.execute(sa.insert(_sections), [_section_row(s) for s in sections])
            if chunks:
                connection.execute(sa.insert(_chunks), [_chunk_row(c) for c in chunks])
            if stage_keys:
                rows = [
                    {"document_id": document.id, "stage": stage, "key": key}
                    for stage, key in stage_keys.items()
                ]
                connection.execute(sa.insert(_stages), rows)

    def mark(
        self, document_id: str, state: DocumentState, reason: str, stage_keys: Mapping[str, str]
    ) -> None:
        """Change what became of a document; what was read from it before stays."""
        change = sa.update(_documents).where(_documents.c.id == document_id)
        with self._engine.begin() as connection:
            connection.execute(change.values(state=state.value, reason=reason))
            for stage, key in stage_keys.items():
                statement = insert(_stages).values(document_id=document_id, stage=stage, key=key)
                connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=["document_id", "stage"], set_={"key": key}
                    )
                )

    def move(self, document_id: str, file: str) -> None:
        """Change where a document's file lies on this machine."""
        change = sa.update(_documents).where(_documents.c.id == document_id).values(file=file)
        with self._engine.begin() as connection:
            connection.execute(change)

    def remove(self, document_ids: Iterable[str]) -> None:
        """Forget documents and everything read from them."""
        with self._engine.begin() as connection:
            for batch in _batches(list(document_ids)):
                connection.execute(sa.delete(_documents).where(_documents.c.id.in_(batch)))

    def documents(self) -> list[Document]:
        """All documents, by collection and path."""
        query = sa.select(_documents).order_by(_documents.c.collection, _documents.c.path)
        with self._engine.connect() as connection:
            return [document_from(dict(row._mapping)) for row in connection.execute(query)]

    def stage_keys(self, stage: str) -> dict[str, str]:
        """Key of a stage for each document that it ran on."""
        query = sa.select(_stages.c.document_id, _stages.c.key).where(_stages.c.stage == stage)
        with self._engine.connect() as connection:
            return {row.document_id: row.key for row in connection.execute(query)}

    def sections(self) -> list[Section]:
        """All sections, by document and place in it."""
        query = sa.select(_sections).order_by(_sections.c.document_id, _sections.c.ordinal)
        with self._engine.connect() as connection:
            return [
                Section(r.id, r.document_id, r.ordinal, r.level, tuple(r.path), r.page)
                for r in connection.execute(query)
            ]

    def chunks(self) -> Iterator[Chunk]:
        """All chunks, by collection, path and place in the document."""
        query = (
            sa.select(_chunks)
            .join(_documents, _documents.c.id == _chunks.c.document_id)
            .order_by(_documents.c.collection, _documents.c.path, _chunks.c.ordinal)
        )
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                yield _chunk(row)

    def chunk_counts(self) -> dict[str, int]:
        """How many chunks each document has."""
        query = sa.select(_chunks.c.document_id, sa.func.count()).group_by(_chunks.c.document_id)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    # Embeddings

    def known_embeddings(self, fingerprint: str) -> set[str]:
        """Hashes of the texts that have a cached embedding."""
        query = sa.select(_embeddings.c.text_hash).where(_embeddings.c.fingerprint == fingerprint)
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def add_embeddings(
        self, fingerprint: str, hashes: Sequence[str], vectors: NDArray[np.float32]
    ) -> None:
        """Cache embeddings of texts, one row of ``vectors`` each."""
        rows = [
            {"text_hash": key, "fingerprint": fingerprint, "vector": vector.tobytes()}
            for key, vector in zip(hashes, vectors.astype("<f4"), strict=True)
        ]
        with self._engine.begin() as connection:
            connection.execute(insert(_embeddings).on_conflict_do_nothing(), rows)

    def embeddings(self, fingerprint: str, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Cached embeddings of texts, by hash."""
        found: dict[str, NDArray[np.float32]] = {}
        with self._engine.connect() as connection:
            for batch in _batches(hashes):
                query = sa.select(_embeddings.c.text_hash, _embeddings.c.vector).where(
                    _embeddings.c.fingerprint == fingerprint, _embeddings.c.text_hash.in_(batch)
                )
                for row in connection.execute(query):
                    found[row.text_hash] = np.frombuffer(row.vector, dtype="<f4")
        return found

    def prune_embeddings(self, fingerprint: str, used: set[str]) -> None:
        """Drop cached embeddings of texts that are in no document any more."""
        unused = list(self.known_embeddings(fingerprint) - used)
        with self._engine.begin() as connection:
            for batch in _batches(unused):
                connection.execute(
                    sa.delete(_embeddings).where(
                        _embeddings.c.fingerprint == fingerprint,
                        _embeddings.c.text_hash.in_(batch),
                    )
                )


def _configure(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    # WAL lets readers go on while a document is written; a killed writer leaves no half document.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _batches(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


def _document_row(document: Document) -> dict[str, object]:
    row = asdict(document)
    row.update(kind=document.kind.value, state=document.state.value)
    row.update(language=document.language.value, metadata=json_safe(document.metadata))
    return row


def document_from(stored: Mapping[str, Any]) -> Document:
    """Make a document of its stored values (see ``dataclasses.asdict``)."""
    values = dict(stored)
    values["kind"] = DocumentKind(values["kind"])
    values["state"] = DocumentState(values["state"])
    values["language"] = Language(values["language"])
    values["notices"] = tuple(
        Notice(n["code"], n["message"], tuple(n["pages"])) for n in values["notices"]
    )
    values["entries"] = tuple(
        CatalogueEntry(**{**e, "group": tuple(e["group"])}) for e in values["entries"]
    )
    return Document(**values)


def _section_row(section: Section) -> dict[str, object]:
    return {**asdict(section), "path": list(section.path)}


def _chunk_row(chunk: Chunk) -> dict[str, object]:
    return {
        "id": chunk.id,
        "document_id": chunk.document_id,
        "section_id": chunk.section_id,
        "ordinal": chunk.ordinal,
        "section": list(chunk.section),
        "text": chunk.text,
        "language": chunk.language.value,
        "spans": pack_spans(chunk.spans),
    }


def _chunk(row: sa.Row[tuple[object, ...]]) -> Chunk:
    values = dict(row._mapping)
    values["section"] = tuple(values["section"])
    values["language"] = Language(values["language"])
    values["spans"] = unpack_spans(values["spans"])
    return Chunk(**values)


def pack_spans(spans: Iterable[Span]) -> list[list[float]]:
    """Spans as plain lists ``[start, end, page, x0, y0, x1, y1]``."""
    return [
        [s.start, s.end, s.box.page]
        + [round(edge, 2) for edge in (s.box.x0, s.box.y0, s.box.x1, s.box.y1)]
        for s in spans
    ]


def unpack_spans(rows: Iterable[Sequence[float]]) -> tuple[Span, ...]:
    """The reverse of ``pack_spans``."""
    return tuple(Span(int(r[0]), int(r[1]), Box(int(r[2]), *r[3:7])) for r in rows)


def json_safe(metadata: Mapping[str, object]) -> dict[str, object]:
    """Front matter as JSON values; dates and the like become text."""
    safe: dict[str, object] = json.loads(json.dumps(dict(metadata), default=str))
    return safe
