"""What a search gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ingest.model import Box, Chunk, Document


class Mode(StrEnum):
    """Which legs a search walks on."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class Quote:
    """Verbatim words of a document."""

    document: Document
    page: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Why:
    """How a passage hangs together with a question, by the concept graph.

    ``path`` is the name of a concept, or two names with their relation between them; ``evidence``
    are sentences that state the relation, those of the passage first.
    """

    path: tuple[str, ...]
    evidence: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, with its document; ``why`` is there when the graph leads to it."""

    rank: int
    chunk: Chunk
    document: Document
    score: float
    found_by: tuple[Mode, ...]
    similarity: float | None = None
    why: Why | None = None

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Where the passage is printed."""
        return merge_boxes(tuple(span.box for span in self.chunk.spans))


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first, and the milliseconds that each step took."""

    query: str
    hits: tuple[Hit, ...]
    took_ms: Mapping[str, float]


def merge_boxes(boxes: tuple[Box, ...]) -> tuple[Box, ...]:
    """Join boxes of lines that follow each other in one column, so that a paragraph is one box."""
    merged: list[Box] = []
    for box in boxes:
        if box.empty:
            continue
        if merged and _continues(merged[-1], box):
            last = merged[-1]
            merged[-1] = Box(
                box.page,
                min(last.x0, box.x0),
                min(last.y0, box.y0),
                max(last.x1, box.x1),
                max(last.y1, box.y1),
            )
        else:
            merged.append(box)
    return tuple(merged)


def _continues(above: Box, below: Box) -> bool:
    height = below.y1 - below.y0
    overlaps = below.x0 < above.x1 and above.x0 < below.x1
    return above.page == below.page and overlaps and -height < below.y0 - above.y1 < height
