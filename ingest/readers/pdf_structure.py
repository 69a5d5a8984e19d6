"""What blocks mean in the document: headings, nesting of lists, sentences across pages."""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from ingest.model import BlockKind
from ingest.readers.pdf_blocks import Draft, ends_sentence
from ingest.readers.pdf_rows import Row, unspaced
from ingest.readers.pdf_tables import join_tables
from ingest.text import length

Outline = Mapping[int, Sequence[tuple[int, str]]]

DEEPEST_HEADING = 6
# A heading by its size is set at least so much larger than the running text.
_LARGER = 1.1
_HEADING_ROWS = 3
_HEADING_LENGTH = 60
_BOLD_HEADING_LENGTH = 30
_NO_HEADING_END = tuple("。；;，,：:、!！…")
_NUMBERING = re.compile(r"^(?:第?[\d一二三四五六七八九十]+(?:\.\d+)*[章节.、)）]?|[A-Z]\.)")
_LIST_INDENT = 3.0
_REPEATED_SHARE = 0.6
_SHORTEST_REPEATED = 4
_SAME_SIZE = 0.5

_TEXT = {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM}


def text_of(draft: Draft) -> str:
    """Return the text of a draft as far as structure needs it."""
    return "".join(row.text.strip() for row in draft.rows)


def mark_headings(drafts: Sequence[Draft], outline: Outline, body: float) -> None:
    """Turn drafts into headings: by the outline, by size, or bold and alone."""
    by_outline = _mark_by_outline(drafts, outline)
    body_bold = _is_bold_document(drafts, body)
    found = {id(draft): _heading_style(draft, body, body_bold) for draft in drafts}
    sizes = sorted({style for style in found.values() if style}, reverse=True)
    levels = {size: place + 1 for place, size in enumerate(sizes)}
    levels |= _learned_levels(sizes, drafts, found, by_outline)
    for draft in drafts:
        style = found[id(draft)]
        level = by_outline.get(id(draft)) or (levels[style] if style else 0)
        if level:
            draft.kind, draft.level = BlockKind.HEADING, min(level, DEEPEST_HEADING)


def _key(text: str) -> str:
    text = "".join(text.split()).casefold()
    return _NUMBERING.sub("", text) or text


def _mark_by_outline(drafts: Sequence[Draft], outline: Outline) -> dict[int, int]:
    levels: dict[int, int] = {}
    for page, entries in outline.items():
        candidates = [
            draft
            for draft in drafts
            if draft.kind in _TEXT and draft.rows[0].page == page and not draft.rows[0].bullet
        ]
        # A list of contents prints the same titles smaller than the headings.
        candidates.sort(key=lambda draft: -draft.rows[0].size)
        texts = {id(draft): _key(text_of(draft)) for draft in candidates}
        for level, title in entries:
            key = _key(title)
            match = next((d for d, text in texts.items() if text == key and d not in levels), None)
            if match is not None and key:
                levels[match] = level
    return levels


def _heading_style(draft: Draft, body: float, body_bold: bool) -> float:
    """Return the size of a heading; a bold one of the running text's size ranks below all."""
    row, text = draft.rows[0], text_of(draft)
    numbered = draft.kind is BlockKind.LIST_ITEM and not row.bullet
    if draft.kind is not BlockKind.PARAGRAPH and not numbered:
        return 0.0
    if not row.lines[0].horizontal or not any(map(str.isalnum, text)):
        return 0.0
    if len(draft.rows) > _HEADING_ROWS or length(text) > _HEADING_LENGTH:
        return 0.0
    if row.size >= body * _LARGER and not text.endswith(_NO_HEADING_END[:4]):
        return row.size
    bold = not body_bold and all(found.bold for found in draft.rows)
    short = length(text) <= _BOLD_HEADING_LENGTH and not text.endswith(_NO_HEADING_END)
    return body if bold and short and row.size >= body * 0.95 and len(draft.rows) == 1 else 0.0


def _is_bold_document(drafts: Sequence[Draft], body: float) -> bool:
    rows = [
        row for draft in drafts if draft.kind in _TEXT for row in draft.rows if row.size == body
    ]
    return bool(rows) and sum(row.bold for row in rows) > len(rows) / 2


def _learned_levels(
    sizes: Sequence[float],
    drafts: Sequence[Draft],
    styles: Mapping[int, float],
    by_outline: Mapping[int, int],
) -> dict[float, int]:
    """Let sizes that the outline names take its levels; smaller ones go below them."""
    known: dict[float, int] = {}
    for draft in drafts:
        level, style = by_outline.get(id(draft)), styles[id(draft)]
        if level and style:
            known[style] = max(known.get(style, 0), level)
    learned: dict[float, int] = {}
    previous = 0
    for size in sizes if known else ():
        learned[size] = previous = known.get(size, previous + 1)
    return learned


def nest_lists(drafts: Sequence[Draft]) -> None:
    """Give list items the depth of their indentation."""
    open_items: list[float] = []
    for draft in drafts:
        left = draft.rows[0].area.x0
        if draft.kind is BlockKind.HEADING:
            open_items = []
        elif draft.kind is BlockKind.PARAGRAPH:
            open_items = [indent for indent in open_items if indent < left - _LIST_INDENT]
        elif draft.kind is BlockKind.LIST_ITEM:
            open_items = [indent for indent in open_items if indent < left - _LIST_INDENT]
            draft.level = len(open_items)
            open_items.append(left)


def join_pages(pages: Sequence[list[Draft]]) -> list[Draft]:
    """Put pages together; sentences and code that go on across a page break become one block."""
    pages = [list(page) for page in pages]
    for page, following in pairwise(pages):
        _drop_repeated_row(page, following)
    joined: list[Draft] = []
    for page in pages:
        last = next((d for d in reversed(joined) if d.kind is not BlockKind.FORMULA), None)
        start = 0
        if page and last and _goes_on(last, page[0]):
            last.rows.extend(page[0].rows)
            start = 1
        joined.extend(page[start:])
    return joined


def _goes_on(last: Draft, first: Draft) -> bool:
    before, after = last.rows[-1], first.rows[0]
    if after.page != before.page + 1:
        return False
    if last.kind is first.kind is BlockKind.TABLE:
        return join_tables(last.cells, first.cells)
    same_size = abs(before.size - after.size) <= _SAME_SIZE
    if last.kind is first.kind is BlockKind.CODE:
        return same_size
    texts = last.kind in _TEXT and first.kind is BlockKind.PARAGRAPH
    heading = before.bold != after.bold and len(first.rows) == 1
    if not texts or not same_size or heading or ends_sentence(before.text) or not _is_full(last):
        return False
    begin, end = after.text.lstrip()[:1], before.text.rstrip()[-1:]
    return unspaced(end, begin) or begin.islower() or begin in "(（" or end in "-,"


def _is_full(draft: Draft) -> bool:
    """Tell whether the last row reaches about as far as the widest one of its page does."""
    last = draft.rows[-1]
    right = max(row.area.x1 for row in draft.rows if row.page == last.page)
    reach = last.area.x1 - draft.rows[0].area.x0
    return last.area.x1 > right - 3 * last.size and reach > 15 * last.size


def _drop_repeated_row(page: Sequence[Draft], following: list[Draft]) -> None:
    """A row cut by a page break is drawn on both pages, on the second with letters missing."""
    last = next((draft for draft in reversed(page) if draft.kind in _TEXT), None)
    if last is None or not following or following[0].kind not in _TEXT:
        return
    whole, part = _letters(last.rows[-1:]), _letters(following[0].rows)
    whole = _letters(last.rows) if len(part) > len(whole) else whole
    fewest = max(_SHORTEST_REPEATED, _REPEATED_SHARE * len(whole))
    if fewest <= len(part) < len(whole) and _is_subsequence(part, whole):
        following.pop(0)


def _letters(rows: Sequence[Row]) -> str:
    return "".join("".join(row.text.split()) for row in rows)


def _is_subsequence(part: str, whole: str) -> bool:
    remaining = iter(whole)
    return all(letter in remaining for letter in part)
