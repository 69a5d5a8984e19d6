"""Digits, names and limits set in fonts for text that belong to formulas all the same."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from ingest.readers.pdf.fonts import EXTENSION_FONT, Fonts
from ingest.readers.pdf.formulas.glyphs import Found
from ingest.readers.pdf.shapes import Line, Rectangle
from ingest.readers.pdf.symbols import BIG_OPERATORS, EXTENSION, NAMES, depth

_WORD = re.compile(r"[^\W\d_]+")
_WIDE = re.compile("[\u2018-\u201d\u2e80-\uffff]")
_ENUMERATOR = re.compile(r"^\d{1,2}[.)]$")
_LONGEST_LABEL = 24
_SMALL = 0.86


def add_labels(found: Sequence[Found], inside: list[bool], bars: Sequence[Rectangle]) -> None:
    """Count digits and names in fonts for text as parts of the formulas that they touch."""
    areas = [one.line.area for one, math in zip(found, inside, strict=True) if math]
    areas.sort(key=lambda area: area.y0)
    tops = [area.y0 for area in areas]
    highest = max((area.height for area in areas), default=0.0)
    for place, one in enumerate(found):
        line = one.line
        if inside[place] or not line.horizontal or not _is_label(line.text):
            continue
        near = areas[bisect_left(tops, line.area.y0 - highest) : bisect_right(tops, line.area.y1)]
        inside[place] = any(_touch(line, area) for area in near) or any(
            _is_at_bar(line, bar) for bar in bars
        )


def add_limits(found: Sequence[Found], inside: list[bool], fonts: Fonts) -> None:
    """Count small print right above or below large operators as their limits."""
    operators: list[tuple[Rectangle, float]] = []
    for one, is_math in zip(found, inside, strict=True):
        if not is_math:
            continue
        spans = one.raw["spans"]
        for span, style in zip(spans, fonts.styles(spans), strict=True):
            sign, size = span["text"].strip(), span["size"]
            area = Rectangle(*span["bbox"])
            if style.stage == EXTENSION_FONT and sign:
                area = area._replace(y1=span["origin"][1] + depth(ord(sign[0])) * size)
                sign = EXTENSION.get(ord(sign[0]), sign)
            if sign in BIG_OPERATORS:
                operators.append((area, size))
    for place, one in enumerate(found if operators else ()):
        line = one.line
        if not inside[place] and line.horizontal and 0 < len(line.text) < _LONGEST_LABEL:
            inside[place] = any(_is_limit(line, area, size) for area, size in operators)


def _is_limit(line: Line, operator: Rectangle, size: float) -> bool:
    area = line.area
    off = abs((area.x0 + area.x1) - (operator.x0 + operator.x1)) / 2
    gap = max(area.y0 - operator.y1, operator.y0 - area.y1)
    return line.size < _SMALL * size and off < size / 2 and -size / 2 < gap < size / 2


def _is_label(text: str) -> bool:
    text = text.strip()
    if not 0 < len(text) <= _LONGEST_LABEL or _ENUMERATOR.match(text):
        return False
    words = _WORD.findall(text)
    return not _WIDE.search(text) and all(len(w) == 1 or w in NAMES for w in words)


def _touch(line: Line, area: Rectangle) -> bool:
    across = max(line.area.x0, area.x0) - min(line.area.x1, area.x1)
    return across < line.size / 2 and line.area.y0 < area.y1 and line.area.y1 > area.y0


def _is_at_bar(line: Line, bar: Rectangle) -> bool:
    area = line.area
    inside = area.x0 > bar.x0 - 2 and area.x1 < bar.x1 + 2
    return inside and bar.y0 - area.y1 < line.size / 2 and area.y0 - bar.y1 < line.size / 2
