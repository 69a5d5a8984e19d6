"""A list that does not say the same thing twice before it says the next one."""

from collections.abc import Container, Iterable, Iterator, Sequence

from ingest.ids import digest
from ingest.model import Chunk

Ranked = list[tuple[int, float, Chunk]]

# One standard deviation of a leg.
_TURN = 1.0


def place_of(chunk: Chunk) -> tuple[str, object]:
    """What a reader opens to see a chunk: its pages, or its section where there are no pages."""
    return chunk.document_id, chunk.pages or chunk.section_id


def text_of(chunk: Chunk) -> str:
    """Equal for passages that read the same."""
    return digest("".join(chunk.text.split()))


def by_place(ranked: Iterable[tuple[int, float, Chunk]]) -> tuple[Ranked, Ranked]:
    """The first passage of each place, and the others; of equal texts only the first.

    Several passages of one page would fill a short list with what a reader sees at one glance.
    """
    first: Ranked = []
    others: Ranked = []
    places: set[tuple[str, object]] = set()
    for row, score, chunk in _distinct(ranked):
        place = place_of(chunk)
        (others if place in places else first).append((row, score, chunk))
        places.add(place)
    return first, others


def in_turns(found: Ranked, sides: Sequence[Container[int]]) -> Ranked:
    """Passages by score, letting the sides of a comparison have their turns.

    ``sides`` hold the rows that tell mainly of one thing each. A passage of a side that has had
    more turns than another one must be that much better.
    """
    if len(sides) < 2:  # noqa: PLR2004
        return found
    left, chosen = list(found), list[tuple[int, float, Chunk]]()
    turns = [0] * len(sides)
    of_row = {row: [n for n, side in enumerate(sides) if row in side] for row, _, _ in found}

    def standing(item: tuple[int, float, Chunk]) -> float:
        own = of_row[item[0]]
        ahead = min(turns[side] for side in own) - min(turns) if own else 0
        return item[1] - _TURN * ahead

    while left:
        best = max(left, key=standing)
        left.remove(best)
        chosen.append(best)
        for side in of_row[best[0]]:
            turns[side] += 1
    return chosen


def _distinct(ranked: Iterable[tuple[int, float, Chunk]]) -> Iterator[tuple[int, float, Chunk]]:
    seen: set[str] = set()
    for row, score, chunk in ranked:
        key = text_of(chunk)
        if key not in seen:
            seen.add(key)
            yield row, score, chunk
