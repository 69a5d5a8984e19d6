"""Lexical search: BM25 over the house's own terms."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import bm25s
import numpy as np
from bm25s.tokenization import Tokenized
from numpy.typing import NDArray

from index.tokens import placed_terms, tokenize

# A filler term keeps the library from failing on documents without any term.
_NOTHING = ""
_LAST = "\U0010ffff"


class KeywordIndex:
    """BM25 (Lucene's variant) over rows of texts."""

    def __init__(self, model: bm25s.BM25, rows: int) -> None:
        self._model = model
        self._rows = rows

    @classmethod
    def build(cls, texts: Iterable[str]) -> "KeywordIndex":
        """Index texts; row numbers follow their order."""
        terms = [tokenize(text) or [_NOTHING] for text in texts]
        rows = terms or [[_NOTHING]]
        # Numbered in their order: the library's own numbering differs between runs.
        numbers = {term: n for n, term in enumerate(sorted({term for row in rows for term in row}))}
        model = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        tokens = Tokenized([[numbers[term] for term in row] for row in rows], numbers)
        model.index(tokens, show_progress=False)
        return cls(model, len(terms))

    @classmethod
    def load(cls, folder: Path, rows: int) -> "KeywordIndex":
        """Open an index; its arrays are mapped, not read."""
        model = bm25s.BM25.load(folder, mmap=True, show_progress=False)
        # Seen as plain arrays: each cut of a mapped one costs more than what is done with it.
        for part in ("data", "indices", "indptr"):
            model.scores[part] = np.asarray(model.scores[part])
        return cls(model, rows)

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        self._model.save(folder, show_progress=False)

    def scores(
        self, query: str, also: Sequence[str] = (), weight: float = 0.0
    ) -> NDArray[np.float64]:
        """Score of every row for a query; 0 for rows that share no term with it.

        Terms of other names (``also``) that the query lacks count ``weight``.
        """
        terms = list(dict.fromkeys(tokenize(query)))
        scores = self._scores_of(terms)
        if also and weight:
            others = dict.fromkeys(term for name in also for term in tokenize(name))
            scores += weight * self._scores_of([term for term in others if term not in terms])
        return scores

    def _scores_of(self, terms: Sequence[str]) -> NDArray[np.float64]:
        known = [term for term in terms if self._frequency(term)]
        if not known:
            return np.zeros(self._rows)
        scores: NDArray[np.float32] = self._model.get_scores(known)[: self._rows]
        return scores.astype(np.float64)

    def informativeness(self, term: str) -> float:
        """Inverse document frequency of a term: nearly 0 when every row has it."""
        frequency = self._frequency(term)
        return float(np.log1p((self._rows - frequency + 0.5) / (frequency + 0.5)))

    def weights(self, text: str) -> dict[str, float]:
        """Terms of a text with their informativeness."""
        return {term: self.informativeness(term) for term in tokenize(text)}

    def token_weights(
        self, text: str, spans: Sequence[tuple[int, int]], least: float
    ) -> NDArray[np.float32]:
        """What each of a model's tokens tells: the informativeness of the word it is part of.

        ``spans`` are the tokens' characters; none tells less than ``least`` of what the most
        telling one does. The weights add up to 1.
        """
        weights = np.zeros(len(spans), np.float32)
        for start, end, terms in placed_terms(text):
            told = max(map(self.informativeness, terms), default=0.0)
            for number, (low, high) in enumerate(spans):
                if low < end and high > start:
                    weights[number] = max(weights[number], told)
        weights = np.maximum(weights, least * weights.max(initial=0.0))
        total = float(weights.sum())
        return weights / total if total else np.full(len(spans), 1 / max(1, len(spans)), np.float32)

    def has(self, term: str) -> bool:
        """Whether any row has a term."""
        return self._frequency(term) > 0

    def has_start(self, start: str) -> bool:
        """Whether any row has a term that begins so."""
        return bool(self._terms_from(start))

    def has_version(self, name: str) -> bool:
        """Whether any row has a name with a number behind it: llama3, deepseekv3."""
        version = re.compile(rf"{re.escape(name)}v?\d")
        return any(version.match(term) for term in self._terms_from(name))

    def _terms_from(self, start: str) -> Sequence[str]:
        """The terms that begin so."""
        low = bisect_left(self._sorted, start)
        return self._sorted[low : bisect_left(self._sorted, start + _LAST)]

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._model.vocab_dict)

    def terms_at(self, row: int, terms: Iterable[str]) -> set[str]:
        """Which of some terms a row has."""
        return {term for term in terms if row in self._rows_with(term)}

    def _rows_with(self, term: str) -> NDArray[np.int32]:
        """In no order."""
        column = self._model.vocab_dict.get(term)
        if column is None:
            return np.zeros(0, np.int32)
        pointers, rows = self._model.scores["indptr"], self._model.scores["indices"]
        found: NDArray[np.int32] = rows[int(pointers[column]) : int(pointers[column + 1])]
        return found

    def knows(self, terms: Sequence[str]) -> float:
        """Share of the terms' information that some row can answer at all, from 0 to 1."""
        weights = [self.informativeness(term) for term in terms]
        total = sum(weights)
        known = sum(w for w, term in zip(weights, terms, strict=True) if self._frequency(term))
        return known / total if total else 0.0

    def _frequency(self, term: str) -> int:
        return len(self._rows_with(term))


def coverage(weights: Mapping[str, float], text: str) -> float:
    """Share of weighted terms' information that the words of a text cover, from 0 to 1."""
    total = sum(weights.values())
    return sum(weights[term] for term in set(tokenize(text)) & weights.keys()) / (total or 1.0)
