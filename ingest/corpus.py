"""The corpus store: what was read from which file. One document is one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from ingest.embedding_cache import EmbeddingCache
from ingest.errors import CorpusError
from ingest.kept_claims import KeptClaims
from ingest.kept_mentions import KeptMentions
from ingest.model import Chunk, Document, DocumentState, LessonItem, Section
from ingest.recognition import RecognizedLine
from ingest.rows import (
    chunk_from,
    chunk_row,
    document_from,
    document_row,
    lesson_item_from,
    lesson_item_row,
    section_from,
    section_row,
)
from ingest.schema import (
    CHUNKS,
    COLLECTIONS,
    DOCUMENTS,
    FORMAT,
    LESSON_ITEMS,
    PROPERTIES,
    RECOGNITIONS,
    SECTIONS,
    STAGES,
    TABLES,
    batches,
    make_engine,
)


class Corpus:
    """What was read, its stage keys and what models made of it, in one SQLite file."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._engine = make_engine(f"sqlite:///{file}")
        self.claims = KeptClaims(self._engine)
        self.embeddings = EmbeddingCache(self._engine)
        self.mentions = KeptMentions(self._engine)
        try:
            TABLES.create_all(self._engine)
            found = self._property("format")
        except sa.exc.DatabaseError as error:
            self._engine.dispose()
            hint = "Move the file away and run `coursegraph ingest` again."
            raise CorpusError(f"{file}: not a corpus store ({error.orig})", hint) from error
        if found is None:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(PROPERTIES).values(name="format", value=FORMAT).on_conflict_do_nothing()
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
        query = sa.select(PROPERTIES.c.value).where(PROPERTIES.c.name == name)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    # Collections

    def collections(self) -> dict[str, str]:
        """Root folder of each collection, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(COLLECTIONS).order_by(COLLECTIONS.c.name))
            return {row.name: row.root for row in rows}

    def remember_collections(self, collections: Mapping[str, str]) -> None:
        """Store the root folders of collections."""
        with self._engine.begin() as connection:
            for name, root in collections.items():
                connection.execute(
                    insert(COLLECTIONS)
                    .values(name=name, root=root)
                    .on_conflict_do_update(index_elements=["name"], set_={"root": root})
                )

    def forget_empty_collections(self) -> None:
        """Drop collections that no document belongs to."""
        used = sa.select(DOCUMENTS.c.collection)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(COLLECTIONS).where(COLLECTIONS.c.name.not_in(used)))

    # Documents

    def put(
        self,
        document: Document,
        sections: Sequence[Section],
        chunks: Sequence[Chunk],
        stage_keys: Mapping[str, str],
        items: Sequence[LessonItem] = (),
    ) -> None:
        """Store a document with all that was read from it, in place of what was there."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(DOCUMENTS).where(DOCUMENTS.c.id == document.id))
            connection.execute(sa.insert(DOCUMENTS).values(document_row(document)))
            if sections:
                connection.execute(sa.insert(SECTIONS), [section_row(s) for s in sections])
            if chunks:
                connection.execute(sa.insert(CHUNKS), [chunk_row(c) for c in chunks])
            if items:
                rows = [lesson_item_row(item, ordinal) for ordinal, item in enumerate(items)]
                connection.execute(sa.insert(LESSON_ITEMS), rows)
            if stage_keys:
                rows = [
                    {"document_id": document.id, "stage": stage, "key": key}
                    for stage, key in stage_keys.items()
                ]
                connection.execute(sa.insert(STAGES), rows)

    def mark(
        self, document_id: str, state: DocumentState, reason: str, stage_keys: Mapping[str, str]
    ) -> None:
        """Change what became of a document; what was read from it before stays."""
        change = sa.update(DOCUMENTS).where(DOCUMENTS.c.id == document_id)
        with self._engine.begin() as connection:
            connection.execute(change.values(state=state.value, reason=reason))
            for stage, key in stage_keys.items():
                statement = insert(STAGES).values(document_id=document_id, stage=stage, key=key)
                connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=["document_id", "stage"], set_={"key": key}
                    )
                )

    def remove(self, document_ids: Iterable[str]) -> None:
        """Forget documents and everything read from them."""
        with self._engine.begin() as connection:
            for batch in batches(list(document_ids)):
                connection.execute(sa.delete(DOCUMENTS).where(DOCUMENTS.c.id.in_(batch)))

    def documents(self) -> list[Document]:
        """All documents, by collection and path."""
        query = sa.select(DOCUMENTS).order_by(DOCUMENTS.c.collection, DOCUMENTS.c.path)
        with self._engine.connect() as connection:
            return [document_from(row._mapping) for row in connection.execute(query)]

    def stage_keys(self, stage: str) -> dict[str, str]:
        """Key of a stage for each document that it ran on."""
        query = sa.select(STAGES.c.document_id, STAGES.c.key).where(STAGES.c.stage == stage)
        with self._engine.connect() as connection:
            return {row.document_id: row.key for row in connection.execute(query)}

    def sections(self, document_id: str | None = None) -> list[Section]:
        """All sections (of one document), by document and place in it."""
        query = sa.select(SECTIONS).order_by(SECTIONS.c.document_id, SECTIONS.c.ordinal)
        if document_id is not None:
            query = query.where(SECTIONS.c.document_id == document_id)
        with self._engine.connect() as connection:
            return [section_from(row._mapping) for row in connection.execute(query)]

    def chunks(self, document_id: str | None = None) -> Iterator[Chunk]:
        """All chunks (of one document), by collection, path and place in the document."""
        query = (
            sa.select(CHUNKS)
            .join(DOCUMENTS, DOCUMENTS.c.id == CHUNKS.c.document_id)
            .order_by(DOCUMENTS.c.collection, DOCUMENTS.c.path, CHUNKS.c.ordinal)
        )
        if document_id is not None:
            query = query.where(CHUNKS.c.document_id == document_id)
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                yield chunk_from(row._mapping)

    def lesson_items(self, document_id: str | None = None) -> list[LessonItem]:
        """Definitions, formulas, questions and references (of one document), by place."""
        query = (
            sa.select(LESSON_ITEMS)
            .join(DOCUMENTS, DOCUMENTS.c.id == LESSON_ITEMS.c.document_id)
            .order_by(DOCUMENTS.c.collection, DOCUMENTS.c.path, LESSON_ITEMS.c.ordinal)
        )
        if document_id is not None:
            query = query.where(LESSON_ITEMS.c.document_id == document_id)
        with self._engine.connect() as connection:
            return [lesson_item_from(row._mapping) for row in connection.execute(query)]

    def chunk_counts(self) -> dict[str, int]:
        """How many chunks each document has."""
        query = sa.select(CHUNKS.c.document_id, sa.func.count()).group_by(CHUNKS.c.document_id)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    # Recognitions

    def recognition(self, fingerprint: str, picture_hash: str) -> list[RecognizedLine] | None:
        """Lines that an engine has found in a picture before; None if it never saw it."""
        query = sa.select(RECOGNITIONS.c.lines).where(
            RECOGNITIONS.c.fingerprint == fingerprint,
            RECOGNITIONS.c.picture_hash == picture_hash,
        )
        with self._engine.connect() as connection:
            lines = connection.execute(query).scalar()
        return None if lines is None else [RecognizedLine(*line) for line in lines]

    def add_recognition(
        self, fingerprint: str, picture_hash: str, lines: Iterable[RecognizedLine]
    ) -> None:
        """Keep the lines that an engine has found in a picture."""
        values = {
            "fingerprint": fingerprint,
            "picture_hash": picture_hash,
            "lines": [list(astuple(line)) for line in lines],
        }
        with self._engine.begin() as connection:
            connection.execute(insert(RECOGNITIONS).values(values).on_conflict_do_nothing())
