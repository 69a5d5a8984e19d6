"""Headings: by the outline, by size, weight and numbering, and the titles of callouts."""

import re
from collections.abc import Mapping, Sequence

from ingest.model import BlockKind
from ingest.readers.pdf.blocks import Draft
from ingest.readers.pdf.heading_colors import color_depths
from ingest.readers.pdf.numbering import numbering_rank
from ingest.text import CJK_CHARACTER, length

Outline = Mapping[int, Sequence[tuple[int, str]]]
# The size of a heading, the rank of its numbering, and the depth of its colour.
Style = tuple[float, int, int]

DEEPEST_HEADING = 6
# A heading by its size is set at least so much larger than the running text.
_LARGER = 1.1
_HEADING_ROWS = 3
_HEADING_LENGTH = 60
_BOLD_HEADING_LENGTH = 30
_NO_HEADING_END = tuple("。；;，,：:、!！…")
_NUMBERING = re.compile(r"^(?:第?[\d一二三四五六七八九十]+(?:\.\d+)*[章节.、)）]?|[A-Z]\.)")
# As conferences of engineers set them: Roman numbers and capitals.
_CAPITALS = re.compile(r"^[IVX]{1,5}\.\s+[A-Z][A-Z \-:,&’']{3,}$")
# What recognition takes for large text in a formula: a sign, and hardly a word.
_MATH = re.compile(
    "[\u0370-\u03ff\u00b1\u00b7\u00d7\u00f7\u2032\u2190-\u21ff\u2200-\u22ff\u2a00-\u2aff=<>^_]"
)
_WORD = re.compile(rf"[A-Za-z]{{3,}}|{CJK_CHARACTER.pattern}")
_WORDS_SHARE, _LETTERS_SHARE, _FEWEST_WORDS = 0.5, 0.25, 3
_LINK = re.compile(
    r"^\W*(?:https?\s?:|www\.)\S*|^\S+\.(?:com|org|net|cn|io|ai)/\S*$", re.IGNORECASE
)
_TEXT = {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM}


def text_of(draft: Draft) -> str:
    """Return the text of a draft as far as structure needs it."""
    return "".join(row.text.strip() for row in draft.rows)


def mark_headings(drafts: Sequence[Draft], outline: Outline, body: float) -> None:
    """Turn drafts into headings: by the outline, by size, or bold and alone."""
    by_outline = _mark_by_outline(drafts, outline)
    body_bold = _is_bold_document(drafts, body)
    sizes = {id(draft): _heading_size(draft, body, body_bold) for draft in drafts}
    found = {id(draft): _style(draft, sizes[id(draft)]) for draft in drafts}
    found = _with_unnumbered(found)
    if not by_outline:
        found = _with_colors(found, drafts)
    styles = sorted({style for style in found.values() if style[0]}, key=_rank)
    levels = {style: place + 1 for place, style in enumerate(styles)}
    levels |= _learned_levels(styles, drafts, found, by_outline)
    above = 0
    for draft in drafts:
        style = found[id(draft)]
        level = by_outline.get(id(draft)) or (levels[style] if style[0] else 0)
        if draft.title:
            level = above + 1
        elif level:
            above = level
        if level:
            draft.kind, draft.level = BlockKind.HEADING, min(level, DEEPEST_HEADING)


def _style(draft: Draft, size: float) -> Style:
    """Return the size of a heading and the rank of its numbering; 0 is no heading, or no number."""
    return (size, numbering_rank(text_of(draft)) if size else 0, 0)


def _rank(style: Style) -> tuple[float, int, int]:
    return -style[0], style[1], style[2]


def _with_unnumbered(found: Mapping[int, Style]) -> dict[int, Style]:
    """Let headings without a number rank with the highest numbered ones of their size."""
    ranks: dict[float, int] = {}
    for size, rank, _ in found.values():
        if rank:
            ranks[size] = min(ranks.get(size, rank), rank)
    return {key: (size, rank or ranks.get(size, 0), 0) for key, (size, rank, _) in found.items()}


def _with_colors(found: Mapping[int, Style], drafts: Sequence[Draft]) -> dict[int, Style]:
    """Tell headings of one style apart by their colours; recognised ones have none."""
    headings = [
        draft
        for draft in drafts
        if found[id(draft)][0] and not draft.title and draft.rows[0].confidence is None
    ]
    styles = dict(found)
    for style in {found[id(draft)] for draft in headings}:
        runs: list[list[Draft]] = [[]]
        for draft in headings:
            if found[id(draft)] == style:
                runs[-1].append(draft)
            elif _rank(found[id(draft)]) < _rank(style):
                runs.append([])
        depths = color_depths([[_color(draft) for draft in run] for run in runs])
        for draft in (draft for run in runs for draft in run):
            styles[id(draft)] = (*style[:2], depths[_color(draft)])
    return styles


def _color(draft: Draft) -> int:
    return draft.rows[0].main.color


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


def _heading_size(draft: Draft, body: float, body_bold: bool) -> float:
    """Return the size of a heading; a bold one of the running text's size ranks below all."""
    numbered = draft.kind is BlockKind.LIST_ITEM and not draft.rows[0].bullet
    kind = draft.kind is BlockKind.PARAGRAPH or numbered
    if not kind or len(draft.rows) > _HEADING_ROWS:
        return 0.0
    row, text = draft.rows[0], text_of(draft)
    signs = row.main.signs * 2 > len(row.main.text)
    lettered = row.lines[0].horizontal and any(map(str.isalnum, text))
    if signs or not lettered or (draft.boxed and row.size < body * _LARGER):
        return 0.0
    recognized = any(found.confidence is not None for found in draft.rows)
    if length(text) > _HEADING_LENGTH or _LINK.match(text) or (recognized and _is_math(text)):
        return 0.0
    if row.size >= body * _LARGER and not text.endswith(_NO_HEADING_END[:4]):
        return row.size
    return 0.0 if recognized else _set_off(draft, body, body_bold)


def _set_off(draft: Draft, body: float, body_bold: bool) -> float:
    """Return the running text's size for a heading in capitals, or bold and short, of that size."""
    row, text = draft.rows[0], text_of(draft)
    if len(draft.rows) == 1 and _CAPITALS.match(text):
        return body
    bold = not body_bold and all(found.bold for found in draft.rows)
    short = length(text) <= _BOLD_HEADING_LENGTH and not text.endswith(_NO_HEADING_END)
    return body if bold and short and row.size >= body * 0.95 and len(draft.rows) == 1 else 0.0


def _is_math(text: str) -> bool:
    """Tell whether a recognised text seems to be a piece of a formula: few words, or none."""
    words = _WORD.findall(text)
    share = sum(map(len, words)) / max(len("".join(text.split())), 1)
    if not _MATH.search(text):
        return share < _LETTERS_SHARE
    chinese = sum(map(bool, map(CJK_CHARACTER.match, words)))
    few = len(words) - chinese + chinese / 2 < _FEWEST_WORDS
    return few or share < _WORDS_SHARE


def _is_bold_document(drafts: Sequence[Draft], body: float) -> bool:
    rows = [
        row for draft in drafts if draft.kind in _TEXT for row in draft.rows if row.size == body
    ]
    return bool(rows) and sum(row.bold for row in rows) > len(rows) / 2


def _learned_levels(
    styles: Sequence[Style],
    drafts: Sequence[Draft],
    found: Mapping[int, Style],
    by_outline: Mapping[int, int],
) -> dict[Style, int]:
    """Let styles that the outline names take its levels; smaller ones go below them."""
    known: dict[Style, int] = {}
    for draft in drafts:
        level, style = by_outline.get(id(draft)), found[id(draft)]
        if level and style[0]:
            known[style] = max(known.get(style, 0), level)
    learned: dict[Style, int] = {}
    previous = 0
    for style in styles if known else ():
        learned[style] = previous = known.get(style, previous + 1)
    return learned
