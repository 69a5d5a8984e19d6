"""Embeddings of texts, each computed once and kept in the corpus store."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index.embedding import Embedder
from index.late_interaction import PLACE, Codes, Places, encode_passage
from ingest.corpus import Corpus
from ingest.report import Progress, no_progress

# Embeddings are stored after so many texts; a killed run loses no more than this.
_SAVE_EVERY = 256


class KeptEmbeddings:
    """What one encoder makes of passages; with a ``centre``, codes and places of their tokens too.

    The centre must depend on the model alone, or a new note would change every passage.
    """

    def __init__(
        self, corpus: Corpus, embedder: Embedder, centre: NDArray[np.float32] | None = None
    ) -> None:
        self._corpus = corpus
        self._embedder = embedder
        self._tokens = f"{embedder.fingerprint}#tokens"
        self._places = f"{embedder.fingerprint}#places"
        self.centre = centre

    def add(
        self, texts: Sequence[str], hashes: Sequence[str], progress: Progress = no_progress
    ) -> int:
        """Embed the texts that are not kept yet; give their number."""
        known = self._corpus.embeddings.known(self._embedder.fingerprint)
        if self.centre is not None:
            known &= self._corpus.embeddings.known(self._tokens)
        missing = {key: text for key, text in zip(hashes, texts, strict=True) if key not in known}
        # Long texts first: each stored part then holds texts of like length, which pads least.
        keys = sorted(missing, key=lambda key: (-len(missing[key]), key))
        for start in range(0, len(keys), _SAVE_EVERY):
            part = keys[start : start + _SAVE_EVERY]
            self._embed(
                part,
                [missing[key] for key in part],
                lambda done, start=start: progress("embed", start + done, len(keys), ""),  # type: ignore[misc]
            )
        if self.centre is not None:
            self._add_places(dict(zip(hashes, texts, strict=True)))
        return len(keys)

    def _add_places(self, texts: Mapping[str, str]) -> None:
        known = self._corpus.embeddings.known(self._places)
        keys = [key for key in texts if key not in known]
        spans = (self._embedder.passage_token_spans(texts[key]) for key in keys)
        if keys:
            places = (np.array(found, PLACE).tobytes() for found in spans)
            self._corpus.embeddings.add_codes(self._places, keys, places)

    def _embed(
        self, keys: Sequence[str], texts: Sequence[str], tell: Callable[[int], None]
    ) -> None:
        if self.centre is None:
            vectors = self._embedder.embed_passages(texts, tell)
        else:
            vectors, tokens = self._embedder.embed_passage_tokens(texts, tell)
            codes = [encode_passage(found, self.centre).tobytes() for found in tokens]
            self._corpus.embeddings.add_codes(self._tokens, keys, codes)
        self._corpus.embeddings.add(self._embedder.fingerprint, keys, vectors)

    def matrix(self, hashes: Sequence[str]) -> NDArray[np.float32]:
        """One row a text."""
        stored = self._corpus.embeddings.get(
            self._embedder.fingerprint, list(dict.fromkeys(hashes))
        )
        if not hashes:
            return np.zeros((0, self._embedder.dimension), np.float32)
        return np.stack([stored[key] for key in hashes])

    def token_codes(self, hashes: Sequence[str]) -> list[Codes]:
        """Codes of each text's tokens."""
        stored = self._corpus.embeddings.codes(self._tokens, list(dict.fromkeys(hashes)))
        width = (self._embedder.dimension + 7) // 8
        return [np.frombuffer(stored[key], np.uint8).reshape(-1, width) for key in hashes]

    def token_places(self, hashes: Sequence[str]) -> list[Places]:
        """Where in each text its tokens begin and end, a row each."""
        stored = self._corpus.embeddings.codes(self._places, list(dict.fromkeys(hashes)))
        return [np.frombuffer(stored[key], PLACE).reshape(-1, 2) for key in hashes]

    def prune(self, used: set[str]) -> None:
        """Forget what is of no text in use."""
        self._corpus.embeddings.prune(self._embedder.fingerprint, used)
        if self.centre is not None:
            self._corpus.embeddings.prune(self._tokens, used)
            self._corpus.embeddings.prune(self._places, used)
