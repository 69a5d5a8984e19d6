"""Parts of formulas: glyphs of one size on one baseline, and what is made of several."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from ingest.readers.pdf.fonts import EXTENSION_FONT
from ingest.readers.pdf.shapes import Rectangle, around
from ingest.readers.pdf.symbols import (
    ACCENTS,
    BIG_OPERATORS,
    EXTENSION,
    FIRST_PIECES,
    INTEGRALS,
    LIMITED_NAME,
    PIECES,
    depth,
)
from ingest.readers.tex import group

# How far letters reach above and below their baseline, and where fraction bars stand above it.
ASCENT, DESCENT, AXIS = 0.72, 0.22, 0.25
# Half the height of large delimiters and operators in fonts for four sizes, in font sizes.
_DELIMITERS = (0.0, 0.6, 0.9, 1.2, 1.5)
_INTEGRALS = (0.0, 0.55, 1.11, 1.11, 1.11)
_OPERATORS = (0.0, 0.5, 0.7, 0.7, 0.7)
# The usual size is no smaller than this part of an operator's.
_SMALLEST = 0.6
_MIDDLE_OF_PIECES = 1.2
# A gap wider than this share of the font size is a space.
_SPACE = 0.16


class Glyphs(NamedTuple):
    """Characters that a file prints in one go: one font, size and baseline, and no space."""

    text: str
    area: Rectangle
    baseline: float
    size: float
    stage: int


@dataclass(slots=True, eq=False)
class Part:
    """A piece of a formula; ``tall`` ones are delimiters, operators and fractions.

    ``top`` and ``bottom`` say where ink is, ``area`` is the box of glyphs with their scripts.
    """

    text: str
    area: Rectangle
    x0: float
    x1: float
    top: float
    bottom: float
    baseline: float
    size: float
    tall: bool = False
    below: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)

    @property
    def middle(self) -> float:
        """Height of the axis that fractions and operators are centred on."""
        return self.baseline - AXIS * self.size

    @property
    def right(self) -> float:
        """Where the part ends, scripts included."""
        return max(self.x1, self.area.x1) if self.below or self.above else self.x1

    @property
    def whole(self) -> str:
        """Text with scripts."""
        above = " ".join(self.above)
        primes = above if above and not above.strip("′″‴'") else ""
        text = self.text + primes
        if self.below:
            text += "_" + group(" ".join(self.below))
        if above and not primes:
            text += "^" + group(above)
        return text


def parts_of(glyphs: Iterable[Glyphs]) -> list[Part]:
    """Make parts: symbols named, delimiters put together, accents over their letters."""
    glyphs = list(_parted(glyphs))
    parts: list[Part] = []
    pieces: list[Glyphs] = []
    accents: list[Glyphs] = []
    for found in glyphs:
        if found.text in PIECES or (found.stage == EXTENSION_FONT and _symbol(found) in PIECES):
            pieces.append(found)
        elif _accent(found):
            accents.append(found)
        elif found.stage:
            parts.extend(_large(found))
        elif found.text in BIG_OPERATORS:
            parts.append(_operator(found, glyphs))
        else:
            parts.extend(_named(found))
    parts.extend(_delimiters(pieces))
    for accent in accents:
        _put_over(accent, parts)
    return parts


def _parted(glyphs: Iterable[Glyphs]) -> Iterator[Glyphs]:
    """Cut accents off that stand in one run with what is printed before them."""
    for found in glyphs:
        text, area = found.text, found.area
        if len(text) > 1 and text[-1] in ACCENTS and not text[-1].isascii():
            cut = area.x1 - area.width / len(text)
            yield found._replace(text=text[:-1], area=area._replace(x1=cut))
            yield found._replace(text=text[-1], area=area._replace(x0=cut))
        else:
            yield found


def _symbol(glyphs: Glyphs) -> str:
    return EXTENSION.get(ord(glyphs.text[0]), glyphs.text[0])


def _accent(glyphs: Glyphs) -> str:
    """Return the combining character of what is printed over a letter."""
    symbol = _symbol(glyphs) if glyphs.stage == EXTENSION_FONT else glyphs.text
    return symbol if symbol and unicodedata.combining(symbol[0]) else ACCENTS.get(symbol, "")


def _plain(text: str, area: Rectangle, baseline: float, size: float) -> Part:
    top, bottom = baseline - ASCENT * size, baseline + DESCENT * size
    return Part(text, area, area.x0, area.x1, top, bottom, baseline, size)


def _operator(glyphs: Glyphs, everything: Sequence[Glyphs]) -> Part:
    """An operator of a font without sizes is text of a larger size: return it in the usual one."""
    sizes = [found.size for found in everything if _SMALLEST < found.size / glyphs.size <= 1]
    size = max(set(sizes), key=sizes.count)
    area = glyphs.area
    baseline = area.middle + AXIS * size
    return Part(glyphs.text, area, area.x0, area.x1, area.y0, area.y1, baseline, size, tall=True)


def _named(glyphs: Glyphs) -> list[Part]:
    """Cut names that may carry limits (max, lim) from what stands beside them."""
    text, area = glyphs.text, glyphs.area
    found = LIMITED_NAME.search(text)
    cuts = sorted({0, *(found.span() if found else ()), len(text)})
    width = area.width / max(len(text), 1)
    pieces: list[Part] = []
    for start, end in pairwise(cuts):
        x0, x1 = area.x0 + start * width, area.x0 + end * width
        cut = Rectangle(x0, area.y0, x1, area.y1)
        pieces.append(_plain(text[start:end], cut, glyphs.baseline, glyphs.size))
    return pieces


def _large(glyphs: Glyphs) -> list[Part]:
    """Symbols of fonts for large operators and delimiters: one part each."""
    width = glyphs.area.width / len(glyphs.text)
    size = glyphs.size
    parts: list[Part] = []
    for place, sign in enumerate(glyphs.text):
        symbol, middle, half = sign, glyphs.baseline - AXIS * size, 0.0
        if glyphs.stage == EXTENSION_FONT:
            symbol = EXTENSION.get(ord(sign), sign)
            if not symbol:
                continue
            half = depth(ord(sign)) / 2 if symbol != sign else _OPERATORS[2]
            middle = glyphs.baseline + half * size
        else:
            halves = _OPERATORS if sign in BIG_OPERATORS else _DELIMITERS
            half = (_INTEGRALS if sign in INTEGRALS else halves)[glyphs.stage]
        x0 = glyphs.area.x0 + place * width
        top, bottom = middle - half * size, middle + half * size
        area = Rectangle(x0, min(top, glyphs.area.y0), x0 + width, max(bottom, glyphs.area.y1))
        baseline = middle + AXIS * size
        parts.append(Part(symbol, area, x0, x0 + width, top, bottom, baseline, size, tall=True))
    return parts


def _delimiters(pieces: Sequence[Glyphs]) -> list[Part]:
    """Put the pieces of tall delimiters together, from the top down."""
    stacks: list[list[Glyphs]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.area.y0, piece.area.x0)):
        for stack in () if _symbol(piece) in FIRST_PIECES else stacks:
            last = stack[-1]
            beside = abs(last.area.x0 - piece.area.x0) > 1
            kind = PIECES[_symbol(last)] == PIECES[_symbol(piece)]
            if not beside and kind and piece.area.y0 < last.area.y1 + last.size * 2:
                stack.append(piece)
                break
        else:
            stacks.append([piece])
    parts: list[Part] = []
    for stack in stacks:
        area = around(piece.area for piece in stack)
        size = stack[0].size
        if stack[0].stage == EXTENSION_FONT:  # their boxes say nothing; they hang down
            bottom = max(piece.baseline + depth(ord(piece.text[0])) * size for piece in stack)
            top = min(piece.baseline for piece in stack)
            area = Rectangle(area.x0, min(area.y0, top), area.x1, max(area.y1, bottom))
        else:
            middle = area.middle
            half = max(area.height / 2 - _MIDDLE_OF_PIECES * size / 2, size)
            top, bottom = middle - half, middle + half
        baseline = (top + bottom) / 2 + AXIS * size
        text = PIECES[_symbol(stack[0])]
        parts.append(Part(text, area, area.x0, area.x1, top, bottom, baseline, size, tall=True))
    return parts


def _put_over(accent: Glyphs, parts: list[Part]) -> None:
    """Give a letter the accent that is printed over it."""
    x = (accent.area.x0 + accent.area.x1) / 2
    over = [
        part
        for part in parts
        if part.x0 - accent.size / 4 <= x <= part.x1 + accent.size / 4
        and not part.tall
        and -accent.size / 4 <= part.baseline - accent.baseline < accent.size
    ]
    carrier = min(over, key=lambda part: abs((part.x0 + part.x1) / 2 - x), default=None)
    if carrier is None:
        parts.append(_plain(accent.text, accent.area, accent.baseline, accent.size))
        return
    width = (carrier.x1 - carrier.x0) / len(carrier.text)
    place = min(max(int((x - carrier.x0) / width), 0), len(carrier.text) - 1) + 1
    carrier.text = carrier.text[:place] + _accent(accent) + carrier.text[place:]
    carrier.area = carrier.area.joined(accent.area)


def in_line(parts: Iterable[Part]) -> str:
    """Write parts side by side."""
    text, right = "", 0.0
    for part in sorted(parts, key=lambda part: part.x0):
        if text and part.x0 - right > _SPACE * part.size:
            text += " "
        text += part.whole
        right = part.right
    return text
