"""Ranked lists to one list: reciprocal rank fusion with weights."""

from collections.abc import Iterable, Mapping, Sequence

from index.model import Mode


def fuse(
    rankings: Mapping[Mode, Sequence[int]], weights: Mapping[Mode, float], rank_constant: int
) -> list[tuple[int, float]]:
    """Sum ``weight / (rank_constant + rank)`` over the lists; best first, ties by row number.

    Cormack, Clarke and Buettcher 2009.
    """
    scores: dict[int, float] = {}
    for leg, rows in rankings.items():
        for rank, row in enumerate(rows, start=1):
            scores[row] = scores.get(row, 0.0) + weights[leg] / (rank_constant + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def found_by(rankings: Mapping[Mode, Sequence[int]], rows: Iterable[int]) -> dict[int, list[Mode]]:
    """Which lists hold a row."""
    members = {leg: set(found) for leg, found in rankings.items()}
    return {row: [leg for leg, found in members.items() if row in found] for row in rows}
