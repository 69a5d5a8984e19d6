"""Where the material speaks of which concept: sentence by sentence, and in headings and titles."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest.concepts.matching import Found, NameMatcher
from ingest.model import Chunk, Document, Evidence
from ingest.readers.markdown.markup import plain
from ingest.text import sentences


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a chunk, with the concepts that it names, in order."""

    chunk: Chunk
    start: int
    end: int
    found: tuple[Found, ...]

    @property
    def text(self) -> str:
        """The verbatim words."""
        return self.chunk.text[self.start : self.end]

    @property
    def concepts(self) -> frozenset[str]:
        """The concepts that are named."""
        return frozenset(found.concept for found in self.found)

    def evidence(self, until: "Statement | None" = None) -> Evidence:
        """The sentence as evidence, up to the end of a later one if given."""
        end = self.end if until is None else until.end
        page = next(
            (s.box.page for s in self.chunk.spans if s.start < end and s.end > self.start), None
        )
        return Evidence(
            self.chunk.document_id, self.chunk.id, page, self.chunk.text[self.start : end]
        )


@dataclass(frozen=True)
class Passage:
    """A chunk with its mentions; ``title`` and ``headings`` hold concepts, the nearest last."""

    chunk: Chunk
    title: frozenset[str]
    headings: tuple[frozenset[str], ...]
    statements: tuple[Statement, ...]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How often the text itself names each concept."""
        counts: dict[str, int] = {}
        for statement in self.statements:
            for found in statement.found:
                counts[found.concept] = counts.get(found.concept, 0) + 1
        return counts


def read_passages(
    documents: Mapping[str, Document], chunks: Iterable[Chunk], matcher: NameMatcher
) -> Iterator[Passage]:
    """Find the concepts of each chunk."""
    titles: dict[str, frozenset[str]] = {}
    headings: dict[tuple[str, ...], tuple[frozenset[str], ...]] = {}
    for chunk in chunks:
        title = plain(documents[chunk.document_id].title)
        if chunk.document_id not in titles:
            titles[chunk.document_id] = _named(matcher, title)
        if chunk.section not in headings:
            headings[chunk.section] = tuple(_named(matcher, plain(h)) for h in chunk.section)
        around = f"{title}\n" + "\n".join(chunk.section)
        yield Passage(
            chunk,
            titles[chunk.document_id],
            headings[chunk.section],
            tuple(_statements(chunk, matcher.find(chunk.text, around))),
        )


def _named(matcher: NameMatcher, text: str) -> frozenset[str]:
    return frozenset(found.concept for found in matcher.find(text))


def _statements(chunk: Chunk, found: Sequence[Found]) -> Iterator[Statement]:
    position = 0
    for start, end in sentences(chunk.text):
        first = position
        while position < len(found) and found[position].start < end:
            position += 1
        within = [one for one in found[first:position] if one.start >= start and one.end <= end]
        yield Statement(chunk, start, end, tuple(within))
