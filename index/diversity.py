"""A list that does not say the same thing twice before it says the next one."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence

from index.tokens import tokenize
from ingest.ids import digest
from ingest.model import Chunk, SectionKind
from ingest.section_names import section_kind

Ranked = list[tuple[int, float, Chunk]]

# One standard deviation of a leg.
_TURN = 1.0
# ASCII: between 的 and "paper" a word begins.
_WORDS = re.IGNORECASE | re.ASCII
_REFERENCE = re.compile(r"arxiv|\bdoi\b|https?://|(?<!\d)(?:19|20)\d\d(?!\d)", _WORDS)
_ASKS_FOR_PAPERS = re.compile(
    r"论文|文献|参考|出处|哪篇|谁提出|作者|链接|阅读|\bpapers?\b|\breferences?\b|\bcit(?:e|ing|ation)"
    r"|\bauthors?\b|\bproposed\b|\barticles?\b|\blinks?\b|\breading\b|arxiv",
    _WORDS,
)
# A question may ask two things: "..., and how does it ...?", “……？……又……？”
_NEXT_PART = re.compile(
    r"[？?；;。！!]\s*|，(?=(?:又|而|那|它|还|并且|以及)[^，]{4,})"
    r"|,?\s+and\s+(?=(?:how|what|why|which|who|when|where)\b)",
    re.IGNORECASE,
)
_FEWEST_WORDS = 2
_KEPT_AHEAD = 3  # passages that fit the whole question best


def place_of(chunk: Chunk) -> tuple[str, object]:
    """What a reader opens to see a chunk: its pages, or its section where there are no pages."""
    return chunk.document_id, chunk.pages or chunk.section_id


def text_of(chunk: Chunk) -> str:
    """Equal for passages that read the same."""
    return digest("".join(chunk.text.split()))


def is_reference_list(chunk: Chunk) -> bool:
    """Whether a passage only lists what to read: it names everything and says nothing of it."""
    if not any(section_kind(heading) is SectionKind.REFERENCES for heading in chunk.section):
        return False
    lines = [line for line in chunk.text.splitlines() if line.strip()]
    return 2 * sum(bool(_REFERENCE.search(line)) for line in lines) >= len(lines)


def asks_for_papers(question: str) -> bool:
    """Whether a list of references may be what somebody looks for."""
    return _ASKS_FOR_PAPERS.search(question) is not None


def by_place(
    ranked: Iterable[tuple[int, float, Chunk]], references: bool = True
) -> tuple[Ranked, Ranked]:
    """The first passage of each place, and the others; of equal texts only the first.

    Several passages of one page would fill a short list with what a reader sees at one glance.
    Without ``references`` lists of them are among the others.
    """
    first: Ranked = []
    others: Ranked = []
    places: set[tuple[str, object]] = set()
    for row, score, chunk in _distinct(ranked):
        place = place_of(chunk)
        if place in places or (not references and is_reference_list(chunk)):
            others.append((row, score, chunk))
        else:
            first.append((row, score, chunk))
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


def clauses_of(question: str) -> list[str]:
    """A question cut where it may begin to ask something else."""
    return [clause.strip() for clause in _NEXT_PART.split(question) if clause.strip()]


def parts_of(question: str) -> list[str]:
    """What a question asks one after the other; nothing where it asks one thing."""
    parts = [part for part in clauses_of(question) if len(tokenize(part)) >= _FEWEST_WORDS]
    return parts if len(parts) > 1 else []


def brought_forward(found: Ranked, rows: Sequence[int]) -> Ranked:
    """Let some rows follow right after the first ones, where they stand further down."""
    head, below = found[:_KEPT_AHEAD], {item[0]: item for item in found[_KEPT_AHEAD:]}
    moved = [below.pop(row) for row in dict.fromkeys(rows) if row in below]
    return [*head, *moved, *below.values()]


def _distinct(ranked: Iterable[tuple[int, float, Chunk]]) -> Iterator[tuple[int, float, Chunk]]:
    seen: set[str] = set()
    for row, score, chunk in ranked:
        key = text_of(chunk)
        if key not in seen:
            seen.add(key)
            yield row, score, chunk
