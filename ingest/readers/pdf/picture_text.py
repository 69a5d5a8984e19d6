"""What recognition finds in a picture, as text: noise dropped; tables, code and labels apart."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.model import Block, BlockKind, Box, Span
from ingest.readers.pdf.picture_formulas import without_maimed
from ingest.readers.pdf.picture_parts import parts_of
from ingest.readers.pdf.picture_tables import is_table
from ingest.readers.pdf.shapes import Rectangle, box_of
from ingest.readers.pdf.tables.grid import arrange, cells_of, side_by_side
from ingest.readers.pdf.tables.ruled import markdown
from ingest.recognition import OMITTED, RecognizedLine
from ingest.text import CJK_CHARACTER, clean

_LEAST_CONFIDENCE = 0.5
# The words of a figure are noise more often; Chinese ones are not.
_FIGURE_CONFIDENCE, _FEWEST_CHINESE = 0.7, 3
# A single character is more often a shape in a drawing than text.
_SURE = 0.9

_CODE_LINES, _CODE_SHARE = 3, 0.5
_CODE = re.compile(
    r"[;{}]$|^(?:def|class|import|from|return|if|elif|else|for|while|try|except|with|print|const"
    r"|let|var|function|public|private|static|void|int|async|await)\b.*[:;({\w)]$"
    r"|^[\w.\[\]'\"]+\s*[-+*/]?=\s*\S|^[\w.]+\(.*\)?$|^(?:#|//|/\*)\s|^[@$]\s?\w|^[)\]}]"
)
_LINE_NUMBER = re.compile(r"^\d{1,4}\s+(?=[^\W\d]|[@#)\]}])")
_MONOSPACED_WIDTH = 0.5
# Pieces of formulas share so much of their heights; rows of code hardly touch.
_HALF_BESIDE, _STACKED_SHARE = (0.15, 0.6), 0.3
# Signs that formulas have and code, tables and prose hardly do.
_MATH = re.compile("[\u0370-\u03ff\u2032\u2200-\u22ff\u00f7\u2a00-\u2aff]")
_MATH_SHARE = 0.5
_LONGEST_PROSE = 8

# A wrapped line reaches the right edge up to this many line heights, and the next is this close.
_RAGGED = 3.0
_LEADING = 1.25
_ALIKE = 1.4
_CLOSING = "，。；：、！？）”"


def trusted(lines: Iterable[RecognizedLine]) -> list[RecognizedLine]:
    """Drop what is no text, and characters that only fonts of symbols have."""
    kept: list[RecognizedLine] = []
    for line in lines:
        text = "".join(c for c in clean(line.text) if not "\ue000" <= c <= "\uf8ff").strip()
        sure = line.confidence >= (_LEAST_CONFIDENCE if len(text) > 1 else _SURE)
        if sure and any(map(str.isalnum, text)):
            kept.append(replace(line, text=text))
    return kept


def picture_block(
    lines: Sequence[RecognizedLine], page: int | None = None, *, boxed: bool = False
) -> Block | None:
    """Make one block of trusted lines; None when there are none.

    ``boxed`` keeps their places, for pictures that are pages; without a page there are no spans.
    """
    if not lines:
        return None
    math = _is_math(lines)
    block = (None if math else _table(lines)) or _rows_block(lines, math=math)
    if page is None:
        return replace(block, spans=())
    return replace(
        block,
        spans=tuple(
            replace(span, box=replace(span.box, page=page) if boxed else Box(page))
            for span in block.spans
        ),
    )


def _area(line: RecognizedLine) -> Rectangle:
    return Rectangle(line.x0, line.y0, line.x1, line.y1)


def _box(line: RecognizedLine) -> Box:
    return box_of(_area(line), 0)


def _table(lines: Sequence[RecognizedLine]) -> Block | None:
    pieces = [(line.text, _area(line)) for line in lines]
    grid = arrange(pieces)
    if grid is None or not is_table(grid, lines):
        return None
    if _is_code([" ".join(lines[place].text for place in row[-1]) for row in grid.cells]):
        return None  # code beside the numbers of its lines
    block = markdown(cells_of(grid, pieces, 0))
    printed = (lines[place] for row in grid.cells for cell in row for place in cell)
    spans = zip(block.spans, printed, strict=True)
    return replace(block, spans=tuple(replace(s, confidence=p.confidence) for s, p in spans))


def _is_math(lines: Sequence[RecognizedLine]) -> bool:
    """Tell whether most lines are pieces of formulas, not sentences with signs in them."""
    signs = sum(
        bool(_MATH.search(line.text)) and len(CJK_CHARACTER.findall(line.text)) < _LONGEST_PROSE
        for line in lines
    )
    return signs >= _MATH_SHARE * len(lines)


def _rows_block(lines: Sequence[RecognizedLine], *, math: bool) -> Block:
    """Lines from top to bottom, those side by side in one: a formula, code, or a figure's words."""
    rows = _rows(lines)
    code = not math and _is_code([" ".join(line.text for line in row) for row in rows])
    if code and _is_stacked(lines):
        math, code = True, False
    if code:
        return _code_block(rows)
    lines = without_maimed(lines)
    lines = [line for line in lines if math or _is_legible(line)] or lines
    text = ""
    spans: list[Span] = []
    for part in [lines] if math else parts_of(lines):
        right = max(line.x1 for line in part)
        above: list[RecognizedLine] = []
        for row in _rows(part):
            if text:
                text += _break(above, row, right, text[-1]) if above else "\n"
            text = _add_row(text, spans, row)
            above = row
    return Block(BlockKind.FORMULA if math else BlockKind.FIGURE, text, 0, tuple(spans))


def _code_block(rows: Sequence[Sequence[RecognizedLine]]) -> Block:
    left = min(line.x0 for row in rows for line in row)
    text = ""
    spans: list[Span] = []
    for row in rows:
        text += "\n" if text else ""
        text = _add_row(text + _indent(row[0], left), spans, row)
    return Block(BlockKind.CODE, text, 0, tuple(spans))


def _add_row(text: str, spans: list[Span], row: Sequence[RecognizedLine]) -> str:
    for place, line in enumerate(row):
        text += " " if place else ""
        spans.append(Span(len(text), len(text) + len(line.text), _box(line), line.confidence))
        text += line.text
    return text


def _rows(lines: Sequence[RecognizedLine]) -> list[list[RecognizedLine]]:
    return [[lines[place] for place in row] for row in side_by_side([_area(x) for x in lines])]


def _is_legible(line: RecognizedLine) -> bool:
    sure = line.confidence >= _FIGURE_CONFIDENCE or line.text == OMITTED
    return sure or len(CJK_CHARACTER.findall(line.text)) >= _FEWEST_CHINESE


def _is_stacked(lines: Sequence[RecognizedLine]) -> bool:
    """Tell whether pieces stand half beside each other, as limits and fractions do, not code."""
    stacked = sum(any(_is_half_beside(line, other) for other in lines) for line in lines)
    return stacked > _STACKED_SHARE * len(lines)


def _is_half_beside(line: RecognizedLine, other: RecognizedLine) -> bool:
    shared = min(line.y1, other.y1) - max(line.y0, other.y0)
    low, high = _HALF_BESIDE
    height, smaller = line.y1 - line.y0, min(line.y1 - line.y0, other.y1 - other.y0)
    return line is not other and low * height < shared < high * smaller


def _is_code(rows: Sequence[str]) -> bool:
    rows = [_LINE_NUMBER.sub("", row) for row in rows]
    code = sum(bool(_CODE.search(row)) and not CJK_CHARACTER.match(row) for row in rows)
    return len(rows) >= _CODE_LINES and code > _CODE_SHARE * len(rows)


def _indent(line: RecognizedLine, left: float) -> str:
    width = _MONOSPACED_WIDTH * (line.y1 - line.y0)
    if len(line.text) > _CODE_LINES:
        width = (line.x1 - line.x0) / len(line.text)
    return " " * round((line.x0 - left) / width)


def _break(
    above: Sequence[RecognizedLine], below: Sequence[RecognizedLine], right: float, last: str
) -> str:
    """What stands between two rows: a line break, unless the upper one was only wrapped."""
    upper, lower = above[0].y1 - above[0].y0, below[0].y1 - below[0].y0
    alike = upper < _ALIKE * lower and lower < _ALIKE * upper
    close = below[0].y0 - above[0].y1 < _LEADING * upper
    full = len(above) == 1 and above[-1].x1 > right - _RAGGED * upper
    if not (alike and close and full and len(below) == 1 and below[0].x0 < above[0].x0 + upper):
        return "\n"
    wide = CJK_CHARACTER.match(last) or last in _CLOSING
    return "" if wide and CJK_CHARACTER.match(below[0].text) else " "
