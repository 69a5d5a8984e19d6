"""Lines to rows: what is printed side by side, as a reader sees it."""

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.readers.pdf_lines import Line, Rectangle
from ingest.text import CJK_CHARACTER

BULLETS = "•●◦○▪■□◆◇‣·∙➢➤✓✔⁃"
_BULLET = re.compile(rf"^\s*(?:[{BULLETS}]|[-–*](?=\s))\s*")
_ENUMERATOR = re.compile(
    r"^\s*(?:\d{1,2}(?:[.．](?!\d)|[)）、])|[（(](?:\d{1,2}|[a-zA-Z]|[一二三四五六七八九十]{1,3})[)）]"
    r"|[①-⑳]|[a-zA-Z][.)](?=\s)|[ivx]{2,4}[.)](?=\s)|[一二三四五六七八九十]{1,3}、)\s*(?=\S|$)"
)
_WIDE = "\u3000-\u303f\uff00-\uffef\u2018-\u201d\u2026"
_UNSPACED = re.compile(f"[{_WIDE}]|{CJK_CHARACTER.pattern}")

# A gap wider than this share of the font size is a space between segments of a row.
_SPACE = 0.2
# Segments of another MuPDF block join a row only when they are this near (in font sizes).
_NEAR = 1.5
_SAME_ROW = 0.6
# An index under an exponent begins this many font sizes before the row's end.
_STACKED = 2.0
_CODE_SHARE = 0.9
_MONOSPACED_WIDTH = 0.6
# The usual distance of rows is known when it has been seen so often.
_FEWEST_STEPS = 3


@dataclass(slots=True)
class Row:
    """Lines side by side on one page; ``text_x0`` is where the text after a bullet begins."""

    page: int
    column: int
    lines: list[Line]
    text: str
    area: Rectangle
    text_x0: float
    math: bool = False
    bullet: bool = False
    in_box: bool = False
    # Where the row begins and ends when formulas printed in its gaps are counted in.
    left: float = 0.0
    right: float = 0.0
    _size: float = field(default=0.0)

    @property
    def main(self) -> Line:
        """The longest line that is no formula."""
        words = [line for line in self.lines if not line.math] or self.lines
        return max(words, key=lambda line: len(line.text))

    @property
    def size(self) -> float:
        """Font size of most of the text."""
        if not self._size:
            self._size = self.main.size
        return self._size

    @property
    def baseline(self) -> float:
        """Baseline of most of the text."""
        return self.main.baseline

    @property
    def bold(self) -> bool:
        """Whether all letters are bold."""
        lettered = [line for line in self.lines if any(map(str.isalnum, line.text))]
        return bool(lettered) and all(line.bold for line in lettered)

    @property
    def code(self) -> bool:
        """Whether the row is set in a monospaced font, Chinese characters aside."""
        lines = [line for line in self.lines if line.text.strip()]
        if len(lines) > 1 and lines[0].text.strip().isdigit():
            del lines[0]  # the number of a line of code, in another font
        if not lines or min(line.monospaced for line in lines) < _CODE_SHARE:
            return False
        wide = len(CJK_CHARACTER.findall(self.text))
        return self.in_box or wide * 2 < len(self.text.strip())

    @property
    def enumerated(self) -> bool:
        """Whether the row begins with a number or letter of a list."""
        return not self.math and bool(_ENUMERATOR.match(self.text))

    @property
    def listed(self) -> bool:
        """Whether the row begins an item of a list."""
        return self.bullet or self.enumerated


def unspaced(before: str, after: str) -> bool:
    """Tell whether two characters stand together without a space in Chinese typesetting."""
    return bool(_UNSPACED.match(before) or _UNSPACED.match(after))


def make_rows(page: int, lines: Sequence[tuple[int, Line]]) -> list[Row]:
    """Join lines, given with their column in the file's order, to rows."""
    rows: list[Row] = []
    place = 0
    while place < len(lines):
        column, line = lines[place]
        if line.math:
            end = place
            while end < len(lines) and lines[end][1].math and lines[end][0] == column:
                end += 1
            run = [found for _, found in lines[place:end]]
            following = lines[end][1] if end < len(lines) else None
            if not (rows and rows[-1].column == column and _is_inline(rows[-1], run, following)):
                rows.extend(_formula_rows(page, column, run))
            else:
                for found in run:
                    _append(rows[-1], found)
            place = end
            continue
        if rows and rows[-1].column == column and _beside(rows[-1], line):
            _append(rows[-1], line)
        else:
            rows.append(_new_row(page, column, line))
        place += 1
    made = [_without_bullet(row) for row in rows if row.text.strip()]
    _measure(made)
    return made


def _measure(rows: Sequence[Row]) -> None:
    fragments = [row for row in rows if row.math]
    for row in rows:
        area = row.area
        row.left, row.right = area.x0, area.x1
        for fragment in fragments:
            middle = (fragment.area.y0 + fragment.area.y1) / 2
            if fragment.column == row.column and area.y0 < middle < area.y1 and not row.math:
                row.left = min(row.left, fragment.area.x0)
                row.right = max(row.right, fragment.area.x1)


def _new_row(page: int, column: int, line: Line) -> Row:
    return Row(page, column, [line], line.text, line.area, line.area.x0, math=line.math)


def _beside(row: Row, line: Line) -> bool:
    last = row.lines[-1]
    if row.math or not (line.horizontal and last.horizontal):
        return False
    if not _overlap(row.area, line.area) or line.area.x0 < row.area.x1 - line.size / 4:
        return False
    if _BULLET.fullmatch(line.text) and any(found.text.strip() for found in row.lines):
        return False
    if _BULLET.fullmatch(row.text + " "):
        return True
    return line.block == last.block or line.area.x0 - row.area.x1 < _NEAR * line.size


def _overlap(first: Rectangle, second: Rectangle) -> bool:
    shared = min(first.y1, second.y1) - max(first.y0, second.y0)
    return shared > _SAME_ROW * min(first.height, second.height)


def _is_inline(row: Row, run: Sequence[Line], following: Line | None) -> bool:
    """Tell whether fragments of a formula stand in the row, where the file's order puts them.

    Otherwise they are printed in gaps of rows that the file has drawn before, or on their own.
    """
    if row.math or not row.text.strip() or run[0].area.x0 < row.area.x1 - _STACKED * row.size:
        return False
    band = Rectangle(0, row.area.y0 - row.size / 2, 0, row.area.y1 + row.size / 2)
    if any(not band.y0 < (line.area.y0 + line.area.y1) / 2 < band.y1 for line in run):
        return False
    right = max(line.area.x1 for line in run)
    if following and _overlap(row.area, following.area) and following.area.x0 > right - row.size:
        return True
    starts = [line.area.x0 for line in run]
    return starts == sorted(starts)


def _formula_rows(page: int, column: int, run: Sequence[Line]) -> list[Row]:
    rows: list[Row] = []
    for line in run:
        if rows and _overlap(rows[-1].area, line.area) and line.area.x0 > rows[-1].area.x1 - 1:
            _append(rows[-1], line)
        else:
            rows.append(_new_row(page, column, line))
    return rows


def _append(row: Row, line: Line) -> None:
    row.text += _gap(row, line) + line.text
    if not any(found.text.strip(BULLETS + " ") for found in row.lines):
        row.text_x0 = line.area.x0
    row.lines.append(line)
    row.area = row.area.joined(line.area)


def _gap(row: Row, line: Line) -> str:
    gap = line.area.x0 - row.area.x1
    if not row.text.strip() or row.text[-1].isspace() or line.text[:1].isspace():
        return ""
    if row.lines[-1].monospaced > _CODE_SHARE < line.monospaced:
        return " " * round(gap / (_MONOSPACED_WIDTH * line.size))
    enough = 3 * _SPACE if unspaced(row.text[-1], line.text[:1]) else _SPACE
    return " " if gap > enough * line.size else ""


def _without_bullet(row: Row) -> Row:
    found = None if row.math else _BULLET.match(row.text)
    if found:
        row.bullet = True
        row.text = row.text[found.end() :]
    return row


def leading(rows: Sequence[Row]) -> dict[float, float]:
    """Return the usual distance of baselines within paragraphs for each font size."""
    steps: dict[float, list[float]] = {}
    for row, following in pairwise(rows):
        step = following.baseline - row.baseline
        same = row.page == following.page and row.size == following.size and not following.listed
        if same and row.size * 0.9 < step < row.size * 2.2 and not (row.math or following.math):
            steps.setdefault(row.size, []).append(round(step * 2) / 2)
    modes = {size: statistics.mode(sorted(found)) for size, found in steps.items()}
    return {size: mode for size, mode in modes.items() if steps[size].count(mode) >= _FEWEST_STEPS}
