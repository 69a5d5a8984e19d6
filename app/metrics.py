"""Retrieval figures of ranked pages, with paired bootstrap intervals.

A hit may lie on several pages, and one page may be enough or all may be needed: that is not what
metrics libraries score (one document a rank), so the few formulas are here.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Page = tuple[str, int | None]
Values = Mapping[str, float]

CUTOFFS = (1, 3, 5, 10)
DEPTH = 10
COMPARED = ("hit@5", "MRR@10", "nDCG@10")
_RESAMPLES = 4000
_SEED = 20260101
_LEVELS = (2.5, 97.5)
Key = TypeVar("Key")


def rank_values(
    pages: frozenset[Page], every_page: bool, hits: Sequence[set[Page]]
) -> dict[str, float]:
    """All figures of one question; the share of pages found where every one is needed."""
    values = {f"hit@{k}": _found(pages, every_page, hits[:k]) for k in CUTOFFS}
    ranks = (rank for rank, found in enumerate(hits[:DEPTH], 1) if found & pages)
    values["MRR@10"] = 1.0 / next(ranks, math.inf)
    values["nDCG@10"] = _ndcg(pages, every_page, hits[:DEPTH])
    if every_page:
        values |= {f"all@{k}": float(pages <= set().union(*hits[:k])) for k in (5, 10)}
    return values


def _found(pages: frozenset[Page], every_page: bool, hits: Sequence[set[Page]]) -> float:
    found = pages & set().union(*hits)
    return len(found) / len(pages) if every_page else float(bool(found))


def _ndcg(pages: frozenset[Page], every_page: bool, hits: Sequence[set[Page]]) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), each page once."""
    left, gain = set(pages), 0.0
    for rank, found in enumerate(hits, start=1):
        new = left & found
        gain += len(new if every_page else list(new)[:1]) / math.log2(rank + 1)
        left = left - new if every_page else (set() if new else left)
    needed = min(len(pages), DEPTH) if every_page else 1
    return gain / sum(1 / math.log2(rank + 1) for rank in range(1, needed + 1))


def means(rows: Sequence[Values]) -> dict[str, float]:
    """Mean of each figure over the questions that have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}


def intervals(rows: Sequence[Values]) -> dict[str, tuple[float, float]]:
    """95 % bootstrap interval of the mean of each compared figure (Efron 1979)."""
    return {name: _interval(np.array([row[name] for row in rows])) for name in COMPARED}


def differences(
    rows: Sequence[Values], others: Sequence[Values]
) -> dict[str, tuple[float, float, float]]:
    """Mean difference of the first to the second, question by question, with its interval."""
    found = {}
    for name in COMPARED:
        values = np.array([a[name] - b[name] for a, b in zip(rows, others, strict=True)])
        found[name] = (float(values.mean()), *_interval(values))
    return found


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    random = np.random.default_rng(_SEED)
    chosen = random.integers(0, len(values), (_RESAMPLES, len(values)))
    low, high = np.percentile(values[chosen].mean(axis=1), _LEVELS)
    return float(low), float(high)


def grouped(keys: Sequence[Key], rows: Sequence[Values]) -> dict[Key, list[Values]]:
    """Rows by key, in the order in which keys first come."""
    groups: dict[Key, list[Values]] = {}
    for key, row in zip(keys, rows, strict=True):
        groups.setdefault(key, []).append(row)
    return groups
