"""Sections to chunks: passages that respect headings and keep code, tables and formulas whole."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ingest import text as texts
from ingest.ids import content_id
from ingest.model import Block, BlockKind, Box, Chunk, Span
from ingest.sections import FilledSection

# A code block, table or formula may overfill a chunk by this factor before it is cut.
_WHOLE_FACTOR = 2.0
# A section shorter than this share of a chunk is joined with its next sibling or child.
_SMALL_SHARE = 0.2
# After this share of a chunk, a page break ends it, so that most chunks name one page.
_PAGE_SHARE = 0.25

# What is written in a picture is a chunk of its own, unless it is shorter than this share of one.
_PICTURE_SHARE = 0.1
# So much of the text before it says what a picture shows.
_LEAD_IN_SHARE = 0.4
_IN_PICTURES = {BlockKind.TABLE, BlockKind.CODE, BlockKind.FORMULA}

_BETWEEN_BLOCKS = "\n\n"
_KEPT_WHOLE = {BlockKind.CODE, BlockKind.TABLE, BlockKind.FORMULA}


def make_chunks(
    document_id: str, sections: Sequence[FilledSection], chunk_length: int
) -> list[Chunk]:
    """Cut a document into chunks of about ``chunk_length`` with heading path and boxes."""
    chunks: list[Chunk] = []
    seen: dict[str, int] = {}
    for section, blocks in _join_small(sections, round(chunk_length * _SMALL_SHARE)):
        for group in _groups(blocks, chunk_length):
            text, spans = _join(group)
            key = content_id("chunk", document_id, *section.section.path, text)
            occurrence = seen[key] = seen.get(key, -1) + 1
            chunks.append(
                Chunk(
                    id=content_id("chunk", key, str(occurrence)),
                    document_id=document_id,
                    section_id=section.section.id,
                    ordinal=len(chunks),
                    section=section.section.path,
                    text=text,
                    language=texts.language_of(text),
                    spans=spans,
                )
            )
    return chunks


def _groups(blocks: Iterable[Block], limit: int) -> Iterator[list[Block]]:
    """Yield the blocks of each chunk: running text first, then each picture's text by itself.

    The labels of a diagram would blur what the text around it says, and the other way round.
    """
    running: list[Block] = []
    pictures: list[list[Block]] = []
    caption: list[Block] = []
    apart = False
    for block in blocks:
        if block.kind is BlockKind.CAPTION:
            if apart:
                pictures[-1].append(block)
            elif running and _is_picture(running[-1]):
                running.append(block)  # of a picture too small for a chunk
            else:
                caption.append(block)
            apart = False
        elif apart := _is_picture(block) and texts.length(block.text) > limit * _PICTURE_SHARE:
            pictures.append([*_lead_in(running, limit), *caption, block])
            caption = []
        else:
            running += [*caption, block]
            caption = []
    for part in (running + caption, *pictures):
        yield from _pack(_cut_long(part, limit), limit)


def _lead_in(running: Sequence[Block], limit: int) -> list[Block]:
    """The end of the text before a picture, which tells what the picture shows."""
    if not running or running[-1].kind is BlockKind.TABLE:
        return []
    last, allowed = running[-1], limit * _LEAD_IN_SHARE
    start = len(last.text)
    for low, _ in reversed(texts.sentences(last.text)):
        if texts.length(last.text[low:]) > allowed and start < len(last.text):
            break
        start = low
    return [_slice(last, start, len(last.text))] if start < len(last.text) else []


def _is_picture(block: Block) -> bool:
    if block.kind in _IN_PICTURES:
        return any(span.confidence is not None for span in block.spans)
    return block.kind is BlockKind.FIGURE


def _join_small(
    sections: Sequence[FilledSection], small: int
) -> Iterator[tuple[FilledSection, list[Block]]]:
    """Yield sections with their blocks; a small one takes in the siblings or children after it.

    A joined section's heading becomes text of the chunk, so that nothing printed is lost.
    """
    held: tuple[FilledSection, list[Block]] | None = None
    for section in sections:
        if held and _size(held[1]) < small and _may_join(held, section):
            held[1].extend([section.heading] if section.heading else [])
            held[1].extend(section.blocks)
            continue
        if held and not _is_heading_of(held, section):
            yield held
        # A heading with nothing under it is still printed on the page.
        blocks = list(section.blocks) or ([section.heading] if section.heading else [])
        held = section, blocks
    if held:
        yield held


def _is_heading_of(held: tuple[FilledSection, list[Block]], section: FilledSection) -> bool:
    """Tell whether ``held`` is a bare heading that the path of ``section`` names anyway."""
    path = held[0].section.path
    return not held[0].blocks and len(held[1]) == 1 and section.section.path[: len(path)] == path


def _may_join(held: tuple[FilledSection, list[Block]], section: FilledSection) -> bool:
    """Siblings and children on the same page; a bare heading of ``section`` is not taken along."""
    parent, path = held[0].section.path[:-1], section.section.path
    related = len(path) > len(parent) and path[: len(parent)] == parent
    same_page = _last_page(held[1]) == section.section.page
    return related and same_page and not _is_heading_of(held, section)


def _size(blocks: Iterable[Block]) -> int:
    return sum(texts.length(block.text) for block in blocks)


def _cut_long(blocks: Iterable[Block], limit: int) -> Iterator[Block]:
    """Cut what is longer than a chunk: prose between sentences, the rest between lines."""
    for block in blocks:
        allowed = limit * (_WHOLE_FACTOR if block.kind in _KEPT_WHOLE else 1.0)
        if texts.length(block.text) <= allowed:
            yield block
        elif block.kind in _KEPT_WHOLE:
            yield from _cut(block, _lines(block.text), limit)
        else:
            yield from _cut(block, texts.sentences(block.text), limit)


def _lines(text: str) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    start = 0
    for line in text.splitlines(keepends=True):
        ranges.append((start, start + len(line.rstrip("\n"))))
        start += len(line)
    return ranges


def _cut(block: Block, ranges: Sequence[tuple[int, int]], limit: int) -> Iterator[Block]:
    start = end = None
    pieces = (piece for whole in ranges for piece in _halve(block.text, *whole, limit))
    for low, high in pieces:
        if block.text[low:high].isspace():
            continue
        if start is not None and texts.length(block.text[start:high]) > limit:
            yield _slice(block, start, end or high)
            start = None
        start = low if start is None else start
        end = high
    if start is not None and end is not None:
        yield _slice(block, start, end)


def _halve(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Cut a sentence or line that is longer than a chunk, at white space where there is some."""
    # A third of the characters is the least that a text can count; counting it all at every
    # step would take minutes on a line of megabytes.
    while (end - start) // 3 > limit or texts.length(text[start:end]) > limit:
        # ``limit`` characters are never longer than ``limit``: ideographs count one each.
        cut = start + limit
        space = max(text.rfind(" ", start + limit // 2, cut), text.rfind("\n", start, cut))
        cut = space if space > start else cut
        yield start, cut
        start = cut
    yield start, end


def _slice(block: Block, start: int, end: int) -> Block:
    spans = tuple(
        replace(span, start=max(span.start, start) - start, end=min(span.end, end) - start)
        for span in block.spans
        if span.start < end and span.end > start
    )
    return replace(block, text=block.text[start:end], spans=spans)


def _pack(blocks: Iterable[Block], limit: int) -> Iterator[list[Block]]:
    group: list[Block] = []
    size = 0
    for block in blocks:
        added = texts.length(block.text)
        full = size + added > limit
        turns_page = size > limit * _PAGE_SHARE and _last_page(group) != _first_page(block)
        if group and (full or turns_page):
            yield group
            group, size = [], 0
        group.append(block)
        size += added
    if group:
        yield group


def _first_page(block: Block) -> int | None:
    return block.spans[0].box.page if block.spans else None


def _last_page(group: Sequence[Block]) -> int | None:
    return group[-1].spans[-1].box.page if group and group[-1].spans else None


def _join(group: Sequence[Block]) -> tuple[str, tuple[Span, ...]]:
    parts: list[str] = []
    spans: list[Span] = []
    offset = 0
    for block in group:
        if parts:
            # A blank line always: a single break may be a wrapped line of one sentence.
            parts.append(_BETWEEN_BLOCKS)
            offset += len(_BETWEEN_BLOCKS)
        parts.append(block.text)
        spans.extend(replace(s, start=s.start + offset, end=s.end + offset) for s in block.spans)
        offset += len(block.text)
    return "".join(parts), tuple(spans)


def lowest_confidence(spans: Iterable[Span], start: int, end: int) -> float | None:
    """Lowest confidence of recognised text among the characters ``[start, end)``, if any."""
    within = (span for span in spans if span.start < end and span.end > start)
    return min((s.confidence for s in within if s.confidence is not None), default=None)


def boxes_of(spans: Iterable[Span], start: int, end: int) -> tuple[Box, ...]:
    """Boxes in which the characters ``[start, end)`` are printed."""
    found = (span.box for span in spans if span.start < end and span.end > start)
    return tuple(dict.fromkeys(found))
