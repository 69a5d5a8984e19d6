"""Claims of language models, kept by passage: each passage is paid for once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from ingest.concepts.claims import Claim, claim_key
from ingest.model import Chunk, Document
from ingest.schema import CLAIMS, UNREADABLE


class KeptClaims:
    """The table of claims; each passage is a transaction of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, key: str, model: str, prompt: str, claims: Iterable[Claim]) -> None:
        """Keep what a model has read in a passage, if only that it states nothing."""
        rows = [asdict(claim) for claim in claims]
        values = {"passage": key, "model": model, "prompt": prompt, "claims": rows}
        with self._engine.begin() as connection:
            connection.execute(insert(CLAIMS).values(values).on_conflict_do_nothing())

    def read_by(self, model: str, prompt: str) -> set[str]:
        """Keys of the passages that a model has read."""
        query = sa.select(CLAIMS.c.passage).where(
            CLAIMS.c.model == model, CLAIMS.c.prompt == prompt
        )
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def could_not_read(self, key: str, model: str, prompt: str) -> None:
        """Keep that a model has made nothing of a passage once more."""
        values = {"passage": key, "model": model, "prompt": prompt, "times": 1}
        again = (
            insert(UNREADABLE)
            .values(values)
            .on_conflict_do_update(
                index_elements=["passage", "model", "prompt"],
                set_={"times": UNREADABLE.c.times + 1},
            )
        )
        with self._engine.begin() as connection:
            connection.execute(again)

    def unreadable_by(self, model: str, prompt: str) -> Mapping[str, int]:
        """How often a model has made nothing of a passage, by key."""
        query = sa.select(UNREADABLE.c.passage, UNREADABLE.c.times).where(
            UNREADABLE.c.model == model, UNREADABLE.c.prompt == prompt
        )
        with self._engine.connect() as connection:
            return {row.passage: row.times for row in connection.execute(query)}

    def by_chunk(
        self, documents: Iterable[Document], chunks: Iterable[Chunk]
    ) -> Mapping[str, Sequence[Claim]]:
        """The claims of all models on the chunks that there are, by chunk id."""
        by_key = self._by_key()
        if not by_key:
            return {}
        titles = {document.id: document.title for document in documents}
        keys = {chunk.id: claim_key(titles[chunk.document_id], chunk) for chunk in chunks}
        return {chunk: by_key[key] for chunk, key in sorted(keys.items()) if by_key.get(key)}

    def _by_key(self) -> dict[str, list[Claim]]:
        query = sa.select(CLAIMS.c.passage, CLAIMS.c.claims).order_by(
            CLAIMS.c.passage, CLAIMS.c.model, CLAIMS.c.prompt
        )
        found: dict[str, list[Claim]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found.setdefault(row.passage, []).extend(Claim(**claim) for claim in row.claims)
        return found

    def forget(self) -> int:
        """Drop all claims; tell of how many passages they were."""
        with self._engine.begin() as connection:
            connection.execute(sa.delete(UNREADABLE))
            return connection.execute(sa.delete(CLAIMS)).rowcount
