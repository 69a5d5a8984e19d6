"""Drafts to blocks: rows joined to one text, each row with its box."""

import re
import statistics
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from ingest.model import Block, BlockKind, Span
from ingest.readers.pdf.blocks import Draft
from ingest.readers.pdf.rows import Row, unspaced
from ingest.readers.pdf.shapes import around, box_of
from ingest.readers.pdf.tables.ruled import markdown
from ingest.text import CJK_CHARACTER

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN = re.compile(r"((?:[^\W\d_]+-)*[^\W\d_]+)[-\u2010\u2011]$")
_HYPHENS = ("-", "\u2010", "\u2011")
_REST = re.compile(r"[a-zà-ÿ]+(?:-[a-zà-ÿ]+)*")
_MONOSPACED_WIDTH = 0.6
_MOST_INDENT = 200
_BLANK_LINE = 1.7


def vocabulary(rows: Iterable[Row]) -> frozenset[str]:
    """Return the words that a document prints within a row: evidence for mending hyphens."""
    words: set[str] = set()
    for row in rows:
        found = _WORD.findall(row.text)
        words.update(map(str.lower, found[1:-1]))  # the first and the last may be halves of words
    return frozenset(words)


def compose(draft: Draft, words: frozenset[str]) -> Block | None:
    """Make the block of a draft; None when nothing visible is left."""
    if draft.ready:
        return draft.ready
    if draft.cells:
        return _with_confidence(markdown(draft.cells), draft.rows)
    if draft.kind is BlockKind.FORMULA:
        return _formula(draft)
    code = draft.kind is BlockKind.CODE
    pieces: list[str] = []
    spans: list[Span] = []
    offset = 0
    rows = [row for row in draft.rows if row.text.strip()]
    indents = _indents(rows) if code else {}
    pitch = _pitch(rows) if code else 0.0
    for index, row in enumerate(rows):
        text = indents[id(row)] + row.text.rstrip() if code else " ".join(row.text.split())
        if index and code:
            pieces.append("\n" * _newlines(rows[index - 1], row, pitch))
            offset += len(pieces[-1])
        elif index:
            before = pieces[-1]
            pieces[-1], between = _joint(before, rows[index - 1], text, words)
            if len(pieces[-1]) < len(before):
                offset -= len(before) - len(pieces[-1])
                spans[-1] = replace(spans[-1], end=offset)
            pieces.append(between)
            offset += len(between)
        pieces.append(text)
        spans.append(Span(offset, offset + len(text), box_of(row.area, row.page), row.confidence))
        offset += len(text)
    if not pieces:
        return None
    area = box_of(draft.frame, draft.rows[-1].page) if draft.frame else None
    return Block(draft.kind, "".join(pieces), draft.level, tuple(spans), area)


def _with_confidence(block: Block, rows: Iterable[Row]) -> Block:
    confidence = min((row.confidence for row in rows if row.confidence is not None), default=None)
    if confidence is None:
        return block
    spans = (replace(span, confidence=confidence) for span in block.spans)
    return replace(block, spans=tuple(spans))


def _formula(draft: Draft) -> Block | None:
    """A formula keeps its rows, and has one box on each page."""
    pages: dict[int, list[Row]] = {}
    for row in draft.rows:
        if row.text.strip():
            pages.setdefault(row.page, []).append(row)
    text = ""
    spans: list[Span] = []
    for rows in pages.values():
        text += "\n" if text else ""
        start = len(text)
        lines = (line for row in rows for line in row.text.split("\n") if line.strip())
        text += "\n".join(" ".join(line.split()) for line in lines)
        box = box_of(around(row.area for row in rows), rows[0].page)
        found = [row.confidence for row in rows if row.confidence is not None]
        spans.append(Span(start, len(text), box, min(found, default=None)))
    return Block(BlockKind.FORMULA, text, 0, tuple(spans)) if text else None


def _joint(before: str, row: Row, after: str, words: frozenset[str]) -> tuple[str, str]:
    """Return the text of a row without a mended hyphen, and what stands between it and the next."""
    if row.lines[-1].soft_hyphen:
        return before, ""
    broken = _BROKEN.search(before) if before.endswith(_HYPHENS) else None
    rest = _REST.match(after) if broken else None
    if broken and rest:
        mended = _is_one_word(broken.group(1), rest.group(), words, row.text)
        return (before[:-1] if mended else before), ""
    if before.endswith("-") and after[:1].isalnum() and before[-2:-1].isalnum():
        return before, ""
    spaced = row.text.endswith(" ") or not unspaced(before[-1:], after[:1])
    return before, " " if spaced else ""


def _is_one_word(head: str, rest: str, words: frozenset[str], row: str) -> bool:
    """Tell whether a hyphen at a row's end only breaks a word: what the document prints decides."""
    head, rest = head.lower(), rest.lower()
    if f"{head}-{rest}" in words:
        return False
    last, first = head.rpartition("-")[2], rest.partition("-")[0]
    if last + first in words or head + rest in words:
        return True
    # Several parts (state-of-the-art), or two words of their own: a compound. Chinese
    # typesetting breaks no words, so there the hyphen belongs to the word.
    compound = "-" in head or "-" in rest or (last in words and first in words)
    return not compound and not CJK_CHARACTER.search(row)


def _indents(rows: list[Row]) -> dict[int, str]:
    """Return the white space before each row of code: printed spaces stay, offsets become some."""
    left: dict[int, float] = {}
    for row in rows:
        left[row.page] = min(left.get(row.page, row.area.x0), row.area.x0)
    # Nobody reads letters smaller than a point, nor past the edge of a page.
    size = max(statistics.median(row.size for row in rows), 1.0)
    offsets = {id(row): (row.area.x0 - left[row.page]) / (_MONOSPACED_WIDTH * size) for row in rows}
    return {key: " " * round(min(offset, _MOST_INDENT)) for key, offset in offsets.items()}


def _pitch(rows: list[Row]) -> float:
    """Return the least distance of baselines in code."""
    steps = [
        row.baseline - before.baseline for before, row in pairwise(rows) if before.page == row.page
    ]
    return min(steps, default=0.0)


def _newlines(before: Row, row: Row, pitch: float) -> int:
    if before.page != row.page:
        return 1
    return 2 if row.baseline - before.baseline > _BLANK_LINE * pitch else 1
