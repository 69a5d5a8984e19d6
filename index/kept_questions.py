"""What encoders make of texts that are the same in every course, kept beside the models.

These are questions off the topic, and the names and descriptions of the lexicon that comes with us:
several thousand short texts, which a first ingest of few notes would mostly wait for.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from index.embedding import Embedder
from index.errors import ModelError
from index.late_interaction import mean_token
from ingest.embedding_cache import EmbeddingCache
from ingest.ids import digest
from ingest.report import Progress, no_progress
from ingest.schema import make_engine

# Vectors are stored after so many texts; a killed run loses no more than this.
_SAVE_EVERY = 256


class KeptQuestions:
    """Vectors of texts as questions, in one SQLite file that several data folders may share.

    Nothing is ever removed: what this course no longer needs, another does, and a text takes 2 KB.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._engine = make_engine(f"sqlite:///{file}", str(file), ModelError)
        try:
            self._cache = EmbeddingCache.create(self._engine)
        except sa.exc.DatabaseError as error:
            self._engine.dispose()
            hint = "Delete it: what it held is computed again."
            raise ModelError(f"{file} is damaged ({error.orig})", hint) from error

    def __enter__(self) -> "KeptQuestions":
        return self

    def __exit__(self, *exc: object) -> None:
        self._engine.dispose()

    def vectors(
        self, embedder: Embedder, questions: Sequence[str], progress: Progress = no_progress
    ) -> NDArray[np.float32]:
        """A row a question; those that are kept are not embedded again."""
        if not questions:
            return np.zeros((0, embedder.dimension), np.float32)
        texts = {digest(question): question for question in questions}
        kept = self._cache.get(embedder.fingerprint, list(texts))
        missing = sorted(texts.keys() - kept, key=lambda key: (-len(texts[key]), key))
        for start in range(0, len(missing), _SAVE_EVERY):
            part = missing[start : start + _SAVE_EVERY]
            found = embedder.embed_queries([texts[key] for key in part])
            self._cache.add(embedder.fingerprint, part, found)
            kept |= dict(zip(part, found, strict=True))
            progress("embed", start + len(part), len(missing), "")
        return np.stack([kept[digest(question)] for question in questions])

    def mean_token(self, embedder: Embedder, texts: Sequence[str]) -> NDArray[np.float32]:
        """The mean of the tokens of some texts, as passages."""
        key = digest("mean token", *texts)
        kept = self._cache.get(embedder.fingerprint, [key])
        if key not in kept:
            _, tokens = embedder.embed_passage_tokens(texts)
            kept = {key: mean_token(tokens)}
            self._cache.add(embedder.fingerprint, [key], kept[key][None])
        return kept[key]
