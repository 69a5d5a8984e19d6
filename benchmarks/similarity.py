"""How alike two readings of a page are: text, order and tables. Tests use these measures too."""

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

Table = Sequence[Sequence[str]]

_GRAM = 12


def normalised(text: str) -> str:
    """Return a text in NFKC without white space: how it is wrapped and encoded does not count."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def similarity(expected: str, found: str) -> float:
    """Normalised edit similarity, 0 to 1, of normalised texts."""
    return Levenshtein.normalized_similarity(normalised(expected), normalised(found))


def positions(expected: Sequence[str], found: str) -> list[int | None]:
    """Where the text of each block stands in a normalised text; None where it can't be told.

    A block stands where most of its pieces stand that occur only once; if all of them repeat,
    it stands after the block before it.
    """
    where = _unique_grams(found)
    once = Counter(gram for block in expected for gram in set(_grams(block)))
    places: list[int | None] = []
    for block in expected:
        grams = [gram for gram in _grams(block) if once[gram] == 1 and gram in where]
        known = sorted(where[gram] for gram in grams)
        places.append(known[len(known) // 2] if known else None)
    return places


def _grams(block: str) -> list[str]:
    text = normalised(block)
    return [text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1)]


def _unique_grams(text: str) -> dict[str, int]:
    seen: dict[str, int] = {}
    for at in range(len(text) - _GRAM + 1):
        gram = text[at : at + _GRAM]
        seen[gram] = -1 if gram in seen else at
    return {gram: at for gram, at in seen.items() if at >= 0}


def order(places: Iterable[int | None]) -> tuple[float, float]:
    """Return Kendall's tau over all blocks that were found, and the share of rightly set pairs.

    The second counts only neighbours: a block that is read before the one it follows.
    """
    known = [place for place in places if place is not None]
    pairs = len(known) * (len(known) - 1) // 2
    if not pairs:
        return 1.0, 1.0
    wrong, seen = 0, list[int]()
    for place in known:
        at = bisect_left(seen, place)
        wrong += len(seen) - at
        seen.insert(at, place)
    following = sum(before < after for before, after in pairwise(known))
    return 1 - 2 * wrong / pairs, following / (len(known) - 1)


def cell_f1(expected: Table, found: Table) -> float:
    """F1 of cells that have the right text in the right row and column."""
    return _f1(_cells(expected), _cells(found))


def neighbour_f1(expected: Table, found: Table) -> float:
    """F1 of pairs of neighbouring cells, as at ICDAR 2013: a shifted row costs little."""
    return _f1(_neighbours(expected), _neighbours(found))


def best_tables(expected: Sequence[Table], found: Sequence[Table]) -> float:
    """Mean F1 of neighbouring cells of each expected table with the table found most like it."""
    best = [max((neighbour_f1(table, other) for other in found), default=0.0) for table in expected]
    return sum(best) / len(best)


def _cells(table: Table) -> Counter[tuple[int, int, str]]:
    return Counter(
        (row, column, _cell(cell))
        for row, cells in enumerate(table)
        for column, cell in enumerate(cells)
        if _cell(cell)
    )


def _neighbours(table: Table) -> Counter[tuple[str, str, str]]:
    rows = [[_cell(cell) for cell in cells] for cells in table]
    width = max((len(row) for row in rows), default=0)
    columns = [[row[at] for row in rows if at < len(row)] for at in range(width)]
    pairs: Counter[tuple[str, str, str]] = Counter()
    for name, lines in (("right", rows), ("below", columns)):
        for line in lines:
            full = [cell for cell in line if cell]
            pairs.update((first, name, second) for first, second in pairwise(full))
    return pairs


def _cell(text: str) -> str:
    return re.sub(r"[*_`\\]", "", normalised(text.replace("<br>", " ")))


def _f1(expected: Counter[tuple[object, ...]], found: Counter[tuple[object, ...]]) -> float:
    total = expected.total() + found.total()
    return 2 * (expected & found).total() / total if total else 1.0
