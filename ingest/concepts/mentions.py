"""Where the material speaks of which concept: sentence by sentence, and in headings and titles."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

from ingest.chunking import lowest_confidence
from ingest.concepts.matching import Found, NameMatcher, Reading
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
    def confidence(self) -> float | None:
        """The lowest confidence of text in it that was recognised in a picture, if any."""
        return lowest_confidence(self.chunk.spans, self.start, self.end)

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

    def as_written(self) -> "Passage":
        """The passage without what was recognised in pictures."""
        if self.chunk.confidence is None:
            return self
        return replace(self, statements=tuple(s for s in self.statements if s.confidence is None))

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How often the text itself names each concept."""
        counts: dict[str, int] = {}
        for statement in self.statements:
            for found in statement.found:
                counts[found.concept] = counts.get(found.concept, 0) + 1
        return counts


def read_passages(
    documents: Mapping[str, Document], chunks: Sequence[Chunk], matcher: NameMatcher
) -> Iterator[Passage]:
    """Find the concepts of each chunk."""
    above = {
        chunk.id: "\n".join(map(plain, (documents[chunk.document_id].title, *chunk.section)))
        for chunk in chunks
    }
    readings = {chunk.id: matcher.read(chunk.text, above[chunk.id]) for chunk in chunks}
    by_section = _by_section(chunks, above, readings, matcher)
    titles: dict[str, frozenset[str]] = {}
    headings: dict[str, tuple[frozenset[str], ...]] = {}
    for chunk in chunks:
        around, near = above[chunk.id], by_section[chunk.section_id]
        if chunk.document_id not in titles:
            title = plain(documents[chunk.document_id].title)
            titles[chunk.document_id] = _named(matcher, title)
        if chunk.section_id not in headings:
            headings[chunk.section_id] = tuple(
                _named(matcher, plain(heading), around, near) for heading in chunk.section
            )
        alone = readings[chunk.id]
        found = matcher.find(chunk.text, around, near) if alone.is_open else alone.found
        yield Passage(
            chunk,
            titles[chunk.document_id],
            headings[chunk.section_id],
            tuple(_statements(chunk, found)),
        )


def _by_section(
    chunks: Sequence[Chunk],
    above: Mapping[str, str],
    readings: Mapping[str, Reading],
    matcher: NameMatcher,
) -> Mapping[str, frozenset[str]]:
    """What each section names, in its headings and all of its passages."""
    found: dict[str, set[str]] = defaultdict(set)
    for chunk in chunks:
        if chunk.section_id not in found:
            found[chunk.section_id] |= _named(matcher, above[chunk.id])
        found[chunk.section_id] |= {one.concept for one in readings[chunk.id].found}
    return {section: frozenset(named) for section, named in found.items()}


def _named(
    matcher: NameMatcher, text: str, around: str = "", near: Set[str] = frozenset()
) -> frozenset[str]:
    return frozenset(found.concept for found in matcher.find(text, around, near))


def _statements(chunk: Chunk, found: Sequence[Found]) -> Iterator[Statement]:
    position = 0
    for start, end in sentences(chunk.text):
        first = position
        while position < len(found) and found[position].start < end:
            position += 1
        within = [one for one in found[first:position] if one.start >= start and one.end <= end]
        yield Statement(chunk, start, end, tuple(within))
