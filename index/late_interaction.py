"""Late interaction: every token of a question looks for the token of a passage that is nearest.

Khattab and Zaharia 2020 (ColBERT), here with the token vectors of the embedding model itself. A
passage's vectors are kept as signs around the model's mean token, one bit a dimension: a 48th of
their size, at no loss that the measurements in ``benchmarks`` show.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.unit_vectors import unit_rows

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]
Places = NDArray[np.int32]
PLACE = "<i4"


def encode_passage(vectors: Floats, centre: Floats) -> Codes:
    """Signs of a passage's token vectors around the mean token, eight to a byte."""
    return np.packbits(unit_rows(vectors) > centre, axis=1)


def encode_question(vectors: Floats, centre: Floats) -> Floats:
    """A question's token vectors around the mean token, of unit length."""
    return unit_rows(unit_rows(vectors) - centre)


def mean_token(texts: Iterable[Floats]) -> Floats:
    """The mean of unit token vectors: what all tokens of a model share and none tells."""
    mean: Floats = np.concatenate([unit_rows(vectors) for vectors in texts]).mean(axis=0)
    return mean


class TokenStore:
    """Codes and places of all passages' tokens, row after row; mapped, not read."""

    def __init__(
        self, codes: Codes, places: Places, ends: NDArray[np.int64], centre: Floats
    ) -> None:
        self._codes = codes
        self._places = places
        self._ends = ends
        self._centre = centre

    @classmethod
    def write(
        cls, folder: Path, passages: Sequence[Codes], places: Sequence[Places], centre: Floats
    ) -> None:
        """Write the codes of passages into a folder, in row order.

        ``places`` are the characters of its passage that each token stands for, a row each.
        """
        folder.mkdir()
        width = (len(centre) + 7) // 8
        flat = np.concatenate(passages) if passages else np.zeros((0, width), np.uint8)
        np.save(folder / "codes.npy", flat)
        stand = np.concatenate(places) if places else np.zeros((0, 2), PLACE)
        np.save(folder / "places.npy", stand.astype(PLACE))
        np.save(folder / "ends.npy", np.cumsum([len(rows) for rows in passages], dtype=np.int64))
        np.save(folder / "centre.npy", centre)

    @classmethod
    def load(cls, folder: Path) -> "TokenStore":
        """Open what ``write`` has written."""
        ends = np.load(folder / "ends.npy")
        codes, places = (
            # Seen as plain arrays: each cut of a mapped one costs more than what is done with it.
            np.asarray(np.load(folder / name, mmap_mode="r" if len(ends) else None))
            for name in ("codes.npy", "places.npy")
        )
        return cls(codes, places, ends, np.load(folder / "centre.npy"))

    def scores(
        self, question: Floats, rows: Sequence[int], weights: Floats | None = None
    ) -> Floats:
        """For each passage, the mean over the question's tokens of the best match in it.

        ``question`` holds raw token vectors; ``weights`` say what each counts, and add up to 1.
        Scores are comparable within one question only.
        """
        if not rows or not len(question):
            return np.zeros(len(rows), np.float32)
        starts = np.cumsum([0, *(len(self._codes_of(row)) for row in rows[:-1])])
        best = np.maximum.reduceat(self._products(question, rows), starts, axis=1)
        scores: Floats = best.mean(axis=0) if weights is None else weights @ best
        return scores

    def matches(self, question: Floats, rows: Sequence[int]) -> list[Floats]:
        """For each passage, how well each token of a question, a row each, matches its tokens."""
        ends = np.cumsum([len(self._codes_of(row)) for row in rows])
        return np.split(self._products(question, rows), ends[:-1], axis=1)

    def places(self, row: int) -> Places:
        """The characters that each token of a passage stands for, a row each."""
        return self._places[self._range(row)]

    def _products(self, question: Floats, rows: Sequence[int]) -> Floats:
        tokens = encode_question(question, self._centre)
        codes = np.concatenate([self._codes_of(row) for row in rows])
        bits = np.unpackbits(codes, axis=1, count=tokens.shape[1]).astype(np.float32)
        # With bits for signs: the signs themselves would be a second array of this size.
        products: Floats = 2 * (tokens @ bits.T) - tokens.sum(axis=1, keepdims=True)
        return products / np.float32(np.sqrt(tokens.shape[1]))

    def _codes_of(self, row: int) -> Codes:
        return self._codes[self._range(row)]

    def _range(self, row: int) -> slice:
        return slice(self._ends[row - 1] if row else 0, self._ends[row])
