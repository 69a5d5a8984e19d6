"""Sizes of recognised text: by how wide its characters are set, alike throughout a document.

The height of a recognised line tells little: it varies by which letters stand in it.
"""

import statistics
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import pymupdf

from ingest.readers.pdf.shapes import Line, PageContent
from ingest.recognition import OMITTED

# Fewer characters (in widths of Chinese ones) don't tell their size.
_FEWEST = 1.5
_CODE_SHARE = 0.9
# Fonts differ most in their narrow and wide letters: half of each width is the usual one.
_USUAL_WIDTH = 0.55
# Sizes that differ by no more are one; those near the running text's are that.
_STEP, _SPREAD, _BODY = 1.08, 1.2, 1.15


def with_even_sizes(pages: Sequence[PageContent]) -> list[PageContent]:
    """Give recognised lines of all pages their font sizes, and lines set alike the same."""
    lines = [line for page in pages for line in page.lines]
    recognized = [line for line in lines if line.confidence is not None]
    if not recognized:
        return list(pages)
    sizes = _sizes(recognized, _printed_size(lines))

    def sized(page: PageContent) -> PageContent:
        if all(line.confidence is None for line in page.lines):
            return page
        found = (line._replace(size=sizes.get(line, line.size)) for line in page.lines)
        return replace(page, lines=tuple(found))

    return [sized(page) for page in pages]


def _printed_size(lines: Iterable[Line]) -> float:
    """Return the size of most of the text that the file itself holds; 0 without any."""
    sizes: Counter[float] = Counter()
    for line in lines:
        if line.confidence is None and line.monospaced < _CODE_SHARE:
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _sizes(lines: Sequence[Line], printed: float) -> dict[Line, float]:
    """Return the font size of each recognised line; what doesn't tell its own has the usual one."""
    found = {line: size for line in lines if (size := _size(line))}
    if not found:
        return {}
    # The low one of two middles, so that some line has it.
    usual = statistics.median_low(size for line, size in found.items() for _ in line.text)
    body = {line for line, size in found.items() if _alike(size, usual)}
    height = statistics.median(line.area.height for line in body)
    # Few letters may be set wide: larger text is higher too.
    body |= {line for line in found if _alike(line.area.height, height) and found[line] > usual}
    value = printed if printed and _alike(usual, printed) else _rounded(usual)
    sizes = dict.fromkeys(lines, value)
    for group in _groups({line: size for line, size in found.items() if line not in body}):
        middle = statistics.median(found[line] for line in group)
        near = printed and _alike(middle, printed)
        sizes |= dict.fromkeys(group, printed if near else _rounded(middle))
    return sizes


def _groups(found: dict[Line, float]) -> list[list[Line]]:
    """Part lines by their sizes where those are far apart."""
    ordered = sorted(found, key=lambda line: found[line])
    groups = [ordered[:1]] if ordered else []
    for before, line in pairwise(ordered):
        first, last, size = found[groups[-1][0]], found[before], found[line]
        if size < last * _STEP and size < first * _SPREAD:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _alike(size: float, other: float) -> bool:
    return size < other * _BODY and other < size * _BODY


def _size(line: Line) -> float:
    """Return the size of a line by its width; 0 if it tells none."""
    width = sum(map(_advance, line.text))
    if line.text == OMITTED or width < _FEWEST or line.area.height > line.area.width:
        return 0.0
    return line.area.width / width


@cache
def _advance(character: str) -> float:
    """How wide a character is set in most fonts, in font sizes."""
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    font, code = _font(), ord(character)
    own = float(font.glyph_advance(code)) if font.has_glyph(code) else _USUAL_WIDTH
    return (own + _USUAL_WIDTH) / 2


@cache
def _font() -> Any:
    return pymupdf.Font("helv")
