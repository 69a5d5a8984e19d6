"""A list that does not say the same thing twice before it says the next one."""

from collections.abc import Iterable, Iterator

from ingest.ids import digest
from ingest.model import Chunk


def place_of(chunk: Chunk) -> tuple[str, object]:
    """What a reader opens to see a chunk: its pages, or its section where there are no pages."""
    return chunk.document_id, chunk.pages or chunk.section_id


def text_of(chunk: Chunk) -> str:
    """Equal for passages that read the same."""
    return digest("".join(chunk.text.split()))


def first_of_each_place(
    ranked: Iterable[tuple[int, float, Chunk]], depth: int
) -> list[tuple[int, float, Chunk]]:
    """The first passage of each place, then the others; of equal texts only the first.

    Several passages of one page would fill a short list with what a reader sees at one glance.
    Below ``depth`` distinct passages the rest is not looked at.
    """
    first: list[tuple[int, float, Chunk]] = []
    others: list[tuple[int, float, Chunk]] = []
    places: set[tuple[str, object]] = set()
    for row, score, chunk in _distinct(ranked):
        place = place_of(chunk)
        (others if place in places else first).append((row, score, chunk))
        places.add(place)
        if len(first) >= depth:
            break
    return first + others


def _distinct(ranked: Iterable[tuple[int, float, Chunk]]) -> Iterator[tuple[int, float, Chunk]]:
    seen: set[str] = set()
    for row, score, chunk in ranked:
        key = text_of(chunk)
        if key not in seen:
            seen.add(key)
            yield row, score, chunk
