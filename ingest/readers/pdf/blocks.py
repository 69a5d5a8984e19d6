"""Rows to drafts of blocks: paragraphs, list items, code and formulas of one page."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.model import Block, BlockKind
from ingest.readers.pdf.rows import Row, pushed_apart
from ingest.readers.pdf.shapes import Rectangle, around
from ingest.readers.pdf.tables.grid import Cell

ENDERS = "。！？!?；;：:.…"
_ENDS = tuple(ENDERS)
_CLOSERS = "”’」』）)]】》\"'"

# Baselines further apart than this part of the usual distance begin a new paragraph.
_STEP = 1.25
# A tall formula in a row pushes the next row down; a sentence that goes on bridges it.
_BRIDGED_STEP = 1.75
# Chinese rows may end this many characters early, because a mark may not begin a row.
_RAGGED = 1.75
_SHORT_SHARE = 0.25
_SIZE_TOLERANCE = 0.08
_INDENT = 3.5
_CODE_STEP = 4.0
# Distance of baselines, in font sizes, where a document shows no usual one.
_USUAL_STEP = 1.3
_WORD = re.compile(r"[!-~\u00c0-\u024f]+|.")
# After these a number goes on with the sentence.
_EXPECTING = re.compile(
    r"(?:\w-|[(（]|\b(?:figs?|eqs?|tab|table|sec|no|vol|pp?|ch|and|or|of|to|the|in|by|with|at|from"
    r"|than|is|are|for)\.?)$",
    re.IGNORECASE,
)
# A row never begins a paragraph with one of these.
_NEVER_FIRST = tuple("，。、；：！？）」』】》,;:!?)]}%")


@dataclass(slots=True, eq=False)
class Draft:
    """A block in the making; ``cells`` holds the rows of a table.

    ``ready`` is the block of a picture, whose rows only tell where it stands; ``boxed`` blocks
    stand in a callout or quote, whose first one may be its ``title``; ``frame`` is where all of a
    drawing is, with what is written in it.
    """

    kind: BlockKind
    rows: list[Row]
    level: int = 0
    cells: list[list[Cell]] = field(default_factory=list)
    ready: Block | None = None
    boxed: bool = False
    title: bool = False
    frame: Rectangle | None = None

    @property
    def area(self) -> Rectangle:
        """Rectangle around the rows; of a block over several pages, around the last page's."""
        if self.frame:
            return self.frame
        rows = [row for row in self.rows if row.page == self.rows[-1].page]
        return around(row.area for row in rows)


def ends_sentence(text: str) -> bool:
    """Tell whether a text ends where a sentence, a clause before a list, or a label ends."""
    return text.rstrip().rstrip(_CLOSERS).endswith(_ENDS)


def make_drafts(
    rows: Sequence[Row], leading: Mapping[float, float], reach: Mapping[int, float] | None = None
) -> list[Draft]:
    """Group the rows of a page, in the file's order, to blocks in the order of reading.

    ``reach`` tells how far other text in a column reaches to the right.
    """
    rights = _right_edges(rows, leading, reach or {})
    drafts: list[Draft] = []
    code = [row.code for row in rows]
    for place, row in enumerate(rows):
        kind = _kind(rows, code, place)
        last = drafts[-1] if drafts else None
        if last and last.kind is kind and _continues(last, row, kind, leading, rights):
            last.rows.append(row)
        elif last and kind is BlockKind.PARAGRAPH and last.kind is BlockKind.LIST_ITEM:
            if _continues(last, row, kind, leading, rights):
                last.rows.append(row)
            else:
                drafts.append(Draft(kind, [row]))
        else:
            drafts.append(Draft(kind, [row]))
    return _without_line_numbers(drafts)


def _kind(rows: Sequence[Row], code: Sequence[bool], place: int) -> BlockKind:
    row = rows[place]
    if row.math:
        return BlockKind.FORMULA
    around = [code[near] for near in (place - 1, place + 1) if 0 <= near < len(rows)]
    if code[place] and (row.in_box or any(around)):
        return BlockKind.CODE
    bare = row.in_box or row.text.strip().isdigit()
    if bare and len(around) > 1 and all(around):
        return BlockKind.CODE  # a comment in Chinese, or the number of a blank line
    if row.listed and not (place and _only_seems_listed(rows[place - 1], row)):
        return BlockKind.LIST_ITEM
    return BlockKind.PARAGRAPH


def _only_seems_listed(last: Row, row: Row) -> bool:
    """Tell whether a number at the beginning of a row belongs to the sentence above."""
    below = last.column == row.column and abs(last.left - row.left) < row.size / 2
    return below and not row.bullet and bool(_EXPECTING.search(last.text.rstrip()))


def _continues(
    draft: Draft,
    row: Row,
    kind: BlockKind,
    leading: Mapping[float, float],
    rights: Mapping[int, tuple[float, float]],
) -> bool:
    last = draft.rows[-1]
    if last.column != row.column:
        return False
    if kind is BlockKind.FORMULA:
        area = draft.area
        return row.area.y0 < area.y1 + row.size / 2 and row.area.y1 > area.y0 - row.size / 2
    if kind is BlockKind.CODE:
        step = row.baseline - last.baseline
        return 0 < step < _CODE_STEP * row.size and last.in_box == row.in_box
    upright = row.lines[0].horizontal and last.lines[0].horizontal
    same_size = abs(row.size - last.size) <= _SIZE_TOLERANCE * last.size
    if not (upright and same_size) or (row.listed and not _only_seems_listed(last, row)):
        return False
    usual = leading.get(row.size, row.size * _USUAL_STEP)
    return _goes_on(draft, row, usual, *rights[id(last)])


def _goes_on(draft: Draft, row: Row, usual: float, run: float, page: float) -> bool:
    """Tell whether a row goes on with a text whose neighbours reach to ``run`` and ``page``."""
    last = draft.rows[-1]
    step, ended = row.baseline - last.baseline, ends_sentence(last.text)
    step -= pushed_apart(last, row, usual)
    clings = row.text.lstrip().startswith(_NEVER_FIRST)
    if not clings and _is_short(last, row, run):
        return False
    if last.bold != row.bold and (step > usual + 1 or ended):
        return False
    full = last.right > page - _RAGGED * 2 * row.size
    goes_on = clings or (full and not ended)
    if not row.size / 2 < step <= usual * (_BRIDGED_STEP if goes_on else _STEP):
        return False
    return _is_aligned(draft, row, goes_on)


def _is_aligned(draft: Draft, row: Row, goes_on: bool) -> bool:
    first, last, size = draft.rows[0], draft.rows[-1], row.size
    if draft.kind is BlockKind.LIST_ITEM:
        if len(draft.rows) == 1 and goes_on and not first.bullet and row.left < first.left:
            return first.left - row.left < _INDENT * size  # numbered, but set as a paragraph
        indent = first.text_x0 + size if first.bullet else first.left + _INDENT * size
        return first.left - 1 <= row.left <= indent
    shift = row.left - last.left
    if len(draft.rows) == 1 and shift < 0:
        return shift > -_INDENT * size
    centres = (row.left + row.right) - (last.left + last.right)
    return abs(shift) < size / 2 or (goes_on and (shift > 0 or abs(centres) < size))


def _is_short(last: Row, row: Row, right: float) -> bool:
    """Tell whether a row ends although the beginning of the next one had fitted in."""
    free = right - last.right
    if free <= _RAGGED * row.size:
        return False
    word = _WORD.match(row.text.lstrip())
    letter = row.area.width / max(len(row.text), 1)
    if free <= letter * len(word.group() if word else "") + _RAGGED * row.size:
        return False
    return ends_sentence(last.text) or free > _SHORT_SHARE * (right - last.left)


def _right_edges(
    rows: Sequence[Row], leading: Mapping[float, float], reach: Mapping[int, float]
) -> dict[int, tuple[float, float]]:
    """Return for each row how far its neighbours above and below reach, and its column."""
    runs: list[list[Row]] = []
    columns = dict(reach)
    for row in rows:
        columns[row.column] = max(columns.get(row.column, 0.0), row.right)
        last = runs[-1][-1] if runs else None
        if last and last.column == row.column and not row.math and _is_below(last, row, leading):
            runs[-1].append(row)
        else:
            runs.append([row])
    edges: dict[int, tuple[float, float]] = {}
    for run in runs:
        right = max(row.right for row in run)
        edges.update((id(row), (right, columns[row.column])) for row in run)
    return edges


def _is_below(last: Row, row: Row, leading: Mapping[float, float]) -> bool:
    usual = leading.get(row.size, row.size * _USUAL_STEP)
    step = row.baseline - last.baseline - pushed_apart(last, row, usual)
    near = 0 < step < _STEP * usual
    return near and abs(row.text_x0 - last.text_x0) < _INDENT * row.size


def _without_line_numbers(drafts: Sequence[Draft]) -> list[Draft]:
    """Drop the numbers that a note app prints beside the lines of code."""
    code = [draft for draft in drafts if draft.kind is BlockKind.CODE]

    def numbers(draft: Draft) -> bool:
        if draft.kind is not BlockKind.CODE or not all(
            r.text.strip().isdigit() for r in draft.rows
        ):
            return False
        values = [int(row.text) for row in draft.rows]
        area = draft.area
        return all(second > first for first, second in pairwise(values)) and any(
            other.area.x0 >= area.x1 and other.area.y0 < area.y1 and other.area.y1 > area.y0
            for other in code
        )

    return [draft for draft in drafts if not numbers(draft)]


def in_reading_order(drafts: Sequence[Draft]) -> list[Draft]:
    """Keep the file's order, but put before a block what stands wholly above it."""
    columns: dict[int, list[tuple[Rectangle, Draft]]] = {}
    lowest: dict[int, float] = {}
    for draft in filter(_is_upright, drafts):
        area, column = draft.area, _column(draft)
        ordered = columns.setdefault(column, [])
        place = len(ordered)
        # Most of what comes next in a file stands below all that came before.
        if area.y1 <= lowest.get(column, area.y0) + 2:
            place = next(
                (
                    at
                    for at, (other, below) in enumerate(ordered)
                    if _is_above(area, other, beside=not (draft.ready or below.ready))
                ),
                place,
            )
        ordered.insert(place, (area, draft))
        lowest[column] = max(lowest.get(column, area.y0), area.y0)
    upright = [draft for column in sorted(columns) for _, draft in columns[column]]
    return upright + [draft for draft in drafts if not _is_upright(draft)]


def _is_above(area: Rectangle, other: Rectangle, *, beside: bool) -> bool:
    """Tell whether one stands above another, and with ``beside`` in the same part of the column.

    A picture is above what begins below it, wherever it stands.
    """
    shared = min(area.x1, other.x1) - max(area.x0, other.x0)
    return area.y1 <= other.y0 + 2 and (shared > 0 or not beside)


def _column(draft: Draft) -> int:
    return draft.rows[0].column


def _is_upright(draft: Draft) -> bool:
    return draft.rows[0].lines[0].horizontal
