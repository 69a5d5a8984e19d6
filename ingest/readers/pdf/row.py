"""A row: what is printed side by side, as a reader sees it."""

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.readers.pdf.shapes import Line, Rectangle
from ingest.text import CJK_CHARACTER

BULLETS = "•●◦○▪■□◆◇‣·∙➢➤✓✔⁃"
_ENUMERATOR = re.compile(
    r"^\s*(?:\d{1,2}(?:[.．](?!\d)|[)）、])|[（(](?:\d{1,2}|[a-zA-Z]|[一二三四五六七八九十]{1,3})[)）]"
    r"|[①-⑳]|[a-zA-Z][.)](?=\s)|[ivx]{2,4}[.)](?=\s)|[一二三四五六七八九十]{1,3}、)\s*(?=\S|$)"
)
_WIDE = "\u3000-\u303f\uff00-\uffef\u2018-\u201d\u2026"
UNSPACED = re.compile(f"[{_WIDE}]|{CJK_CHARACTER.pattern}")
_OPENING, _CLOSING = re.compile(f"[{_WIDE}(\\[]"), re.compile(f"[{_WIDE},.;:!?)\\]]")

# A gap wider than this share of the font size is a space between segments of a row.
_SPACE = 0.2
# Formulas and what they stand in may overlap by this, in font sizes.
OVERLAP = 0.35
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
    # Where the row begins and ends, as far as is known.
    left: float = 0.0
    right: float = 0.0
    _size: float = field(default=0.0)
    _main: Line | None = field(default=None)

    @property
    def main(self) -> Line:
        """The longest line that is no formula."""
        if self._main is None:
            words = self.lines
            if len(words) > 1:
                words = [line for line in words if not line.math] or words
            self._main = max(words, key=lambda line: len(line.text))
        return self._main

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
        words = [line for line in self.lines if not line.math] or self.lines
        if not any(line.bold for line in words):
            return False
        lettered = [line for line in words if any(map(str.isalnum, line.text))]
        return bool(lettered) and all(line.bold for line in lettered)

    @property
    def confidence(self) -> float | None:
        """The lowest confidence of recognised lines; None for the file's own text."""
        if len(self.lines) == 1:
            return self.lines[0].confidence
        found = [line.confidence for line in self.lines if line.confidence is not None]
        return min(found, default=None)

    @property
    def code(self) -> bool:
        """Whether the row is set in a monospaced font, Chinese characters aside."""
        if not any(line.monospaced for line in self.lines):
            return False
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
    if before.isascii() and after.isascii():
        return False
    return bool(UNSPACED.match(before) or UNSPACED.match(after))


def new_row(page: int, column: int, line: Line) -> Row:
    """Begin a row."""
    return Row(page, column, [line], line.text, line.area, line.area.x0, math=line.math)


def append(row: Row, line: Line) -> None:
    """Add what stands to the right in a row."""
    row.text += _gap(row, line) + line.text
    if not any(found.text.strip(BULLETS + " ") for found in row.lines):
        row.text_x0 = line.area.x0
    row.lines.append(line)
    row._main = None
    row.area = row.area.joined(line.area)


def _gap(row: Row, line: Line) -> str:
    if not row.lines:
        return ""
    gap = line.area.x0 - max(found.area.x1 for found in row.lines)
    if not row.text.strip() or row.text[-1].isspace() or line.text[:1].isspace():
        return ""
    if row.lines[-1].monospaced > _CODE_SHARE < line.monospaced:
        return " " * round(gap / (_MONOSPACED_WIDTH * line.size))
    if line.math or row.lines[-1].math:
        marks = _OPENING.match(row.text[-1]) or _CLOSING.match(line.text[:1])
        return " " if gap > -line.size * OVERLAP and not marks else ""
    enough = 3 * _SPACE if unspaced(row.text[-1], line.text[:1]) else _SPACE
    return " " if gap > enough * line.size else ""


def pushed_apart(above: Row, below: Row, usual: float) -> float:
    """How much further than usual tall formulas push two rows apart."""
    pushed = 0.0
    for row, downwards in ((above, True), (below, False)):
        if len(row.lines) > 1 and any(line.math for line in row.lines):
            text = row.main.area
            over = row.area.y1 - text.y1 if downwards else text.y0 - row.area.y0
            pushed += max(over - max(usual - text.height, 0) / 2, 0.0)
    return pushed


def leading(rows: Sequence[Row]) -> dict[float, float]:
    """Return the usual distance of baselines within paragraphs for each font size."""
    steps: dict[float, list[float]] = {}
    for row, following in pairwise(rows):
        size = row.size
        if row.page != following.page or size != following.size or row.math or following.math:
            continue
        step = following.baseline - row.baseline
        if size * 0.9 < step < size * 2.2 and not following.listed:
            steps.setdefault(size, []).append(round(step * 2) / 2)
    modes = {size: statistics.mode(sorted(found)) for size, found in steps.items()}
    return {size: mode for size, mode in modes.items() if steps[size].count(mode) >= _FEWEST_STEPS}
