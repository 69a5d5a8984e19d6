"""What encoders made of texts, kept by text and encoder: each is computed once."""

from collections.abc import Iterable, Sequence

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects.sqlite import insert

from ingest.schema import EMBEDDINGS, batches


class EmbeddingCache:
    """The table of embeddings; ``fingerprint`` names an encoder."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @classmethod
    def create(cls, engine: sa.Engine) -> "EmbeddingCache":
        """A cache in a database of its own, which may be new."""
        EMBEDDINGS.create(engine, checkfirst=True)
        return cls(engine)

    def known(self, fingerprint: str) -> set[str]:
        """Hashes of the texts that have a cached embedding."""
        query = sa.select(EMBEDDINGS.c.text_hash).where(EMBEDDINGS.c.fingerprint == fingerprint)
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def add(self, fingerprint: str, hashes: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Cache embeddings of texts, one row of ``vectors`` each."""
        self.add_codes(fingerprint, hashes, [row.tobytes() for row in vectors.astype("<f4")])

    def get(self, fingerprint: str, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Cached embeddings of texts, by hash."""
        found = self.codes(fingerprint, hashes)
        return {key: np.frombuffer(code, dtype="<f4") for key, code in found.items()}

    def add_codes(self, fingerprint: str, hashes: Sequence[str], codes: Iterable[bytes]) -> None:
        """Cache what a model makes of texts, as bytes that only the caller understands."""
        rows = [
            {"text_hash": key, "fingerprint": fingerprint, "vector": code}
            for key, code in zip(hashes, codes, strict=True)
        ]
        with self._engine.begin() as connection:
            connection.execute(insert(EMBEDDINGS).on_conflict_do_nothing(), rows)

    def codes(self, fingerprint: str, hashes: Sequence[str]) -> dict[str, bytes]:
        """What ``add_codes`` has cached, by hash."""
        found: dict[str, bytes] = {}
        with self._engine.connect() as connection:
            for batch in batches(hashes):
                query = sa.select(EMBEDDINGS.c.text_hash, EMBEDDINGS.c.vector).where(
                    EMBEDDINGS.c.fingerprint == fingerprint,
                    EMBEDDINGS.c.text_hash.in_(batch),
                )
                found.update((row.text_hash, row.vector) for row in connection.execute(query))
        return found

    def prune(self, fingerprint: str, used: set[str]) -> None:
        """Drop cached embeddings of texts that are in no document any more."""
        unused = list(self.known(fingerprint) - used)
        with self._engine.begin() as connection:
            for batch in batches(unused):
                connection.execute(
                    sa.delete(EMBEDDINGS).where(
                        EMBEDDINGS.c.fingerprint == fingerprint,
                        EMBEDDINGS.c.text_hash.in_(batch),
                    )
                )
