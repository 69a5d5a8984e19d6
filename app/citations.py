"""Spans of chunks to citations: each names one page and quotes what is printed there."""

from collections.abc import Iterable

from app.model import Citation
from index.model import Hit
from ingest.chunking import boxes_of, lowest_confidence
from ingest.text import trim


class Citations:
    """Numbers citations in the order of their first use; the same span keeps its number."""

    def __init__(self, had: Iterable[Citation] = ()) -> None:
        """Go on after those that a reader ``had`` before, if any."""
        self._numbers: dict[tuple[str, int, int], int] = {}
        self._made = list(had)

    @property
    def made(self) -> tuple[Citation, ...]:
        """All citations so far, by number."""
        return tuple(self._made)

    def cite(self, hit: Hit, start: int, end: int) -> tuple[int, ...]:
        """Cite characters ``[start, end)`` of a hit's chunk: one citation a page they stand on."""
        return tuple(self._cite(hit, *part) for part in _parts_by_page(hit, start, end))

    def _cite(self, hit: Hit, page: int | None, start: int, end: int) -> int:
        key = (hit.chunk.id, start, end)
        if key not in self._numbers:
            number = self._numbers[key] = len(self._made) + 1
            self._made.append(
                Citation(
                    number=number,
                    chunk_id=hit.chunk.id,
                    document_id=hit.document.id,
                    document=hit.document.path,
                    title=hit.document.title,
                    section=hit.chunk.section,
                    page=page,
                    quote=hit.chunk.text[start:end],
                    boxes=boxes_of(hit.chunk.spans, start, end),
                    confidence=lowest_confidence(hit.chunk.spans, start, end),
                )
            )
        return self._numbers[key]


def _parts_by_page(hit: Hit, start: int, end: int) -> list[tuple[int | None, int, int]]:
    """Cut a range where the page changes."""
    text = hit.chunk.text
    parts: list[tuple[int | None, int, int]] = []
    page: int | None = None
    low = last = start
    for span in hit.chunk.spans:
        if span.end <= start or span.start >= end:
            continue
        if page is not None and span.box.page != page:
            # What begins a row of a table is of no span, and belongs to the row.
            row = text.rfind("\n", last, span.start) + 1
            parts.append((page, low, row or span.start))
            low = row or span.start
        page, last = span.box.page, span.end
    parts.append((page, low, end))
    trimmed = [(page, trim(text, low, high)) for page, low, high in parts]
    return [(page, *found) for page, found in trimmed if found is not None]
