"""Printed lines of a PDF page, in the order in which the file draws them, with their style."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pymupdf

from ingest.readers.pdf_fonts import Fonts, FontStyle
from ingest.text import CJK_CHARACTER, clean

# One pass gives characters and vector drawings; pictures are neither decoded nor copied.
_FLAGS = (pymupdf.TEXTFLAGS_DICT | pymupdf.TEXT_COLLECT_VECTORS) & ~pymupdf.TEXT_PRESERVE_IMAGES
# KaTeX and others print struts: characters too small to be seen.
_VISIBLE_SIZE = 2.0
_HORIZONTAL = 0.98
_WHITE = 0xFFFFFF
# The smallest table has so many ruling lines.
_FEWEST_RULES = 4
# From here on, characters are as wide as high; monospaced fonts lack them.
_FIRST_WIDE = "\u2e80"
_EQUATION_NUMBER = re.compile(r"^\(\d+(?:\.\d+)*[a-z]?\)$")


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Where something stands on a page, in points from the top left of the page as shown."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Extent from left to right."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Extent from top to bottom."""
        return self.y1 - self.y0

    def joined(self, other: "Rectangle") -> "Rectangle":
        """Return the smallest rectangle around both."""
        return Rectangle(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def covers(self, x: float, y: float) -> bool:
        """Tell whether a point lies inside."""
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1


@dataclass(frozen=True, slots=True)
class Line:
    """What MuPDF takes for a line: cleaned text of one baseline without large gaps.

    ``math`` is a fragment of a formula; ``monospaced`` is the share of such characters;
    ``pieces`` cut the line finer, on pages where tables may be. Text is empty where only
    invisible characters stand.
    """

    text: str
    area: Rectangle
    baseline: float
    size: float
    block: int
    bold: bool
    math: bool
    monospaced: float
    horizontal: bool
    soft_hyphen: bool
    pieces: tuple[tuple[str, Rectangle], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A visible vector drawing, reduced to its rectangle."""

    area: Rectangle
    stroked: bool
    rectangular: bool
    white: bool


@dataclass(frozen=True, slots=True)
class PageContent:
    """Lines and drawings of one page, in the file's order; ``number`` is 1-based."""

    number: int
    area: Rectangle
    lines: tuple[Line, ...]
    drawings: tuple[Drawing, ...]


def read_page(page: Any, fonts: Fonts) -> PageContent:
    """Take the text layer of a page; coordinates are those of the page as it is shown."""
    turn = page.rotation_matrix if page.rotation else None
    lines: list[Line] = []
    drawings: list[Drawing] = []
    blocks = page.get_textpage(flags=_FLAGS).extractDICT()["blocks"]
    ruled = sum(block["type"] != 0 for block in blocks) >= _FEWEST_RULES
    number, drawn = 0, False
    for block in blocks:
        if block["type"] == 0:
            # A highlight drawn between two words of a line does not end MuPDF's block for us.
            number += not (drawn and lines and _beside(lines[-1].area, block["lines"][0], turn))
            lines.extend(_line(raw, number, fonts, turn, ruled) for raw in block["lines"])
            drawn = False
            continue
        drawn = True
        if block["alpha"]:
            area = _turned(block["bbox"], turn)
            white = block["color"] == _WHITE and not block["stroked"]
            drawings.append(Drawing(area, block["stroked"], block["isrect"], white))
    shown = page.rect
    area = Rectangle(0.0, 0.0, shown.width, shown.height)
    return PageContent(page.number + 1, area, tuple(_numbered(lines)), tuple(drawings))


def _turned(bbox: Sequence[float], turn: Any) -> Rectangle:
    if turn is None:
        return Rectangle(*bbox)
    rectangle = pymupdf.Rect(bbox) * turn
    return Rectangle(rectangle.x0, rectangle.y0, rectangle.x1, rectangle.y1)


def _beside(area: Rectangle, raw: Mapping[str, Any], turn: Any) -> bool:
    following = _turned(raw["bbox"], turn)
    shared = min(area.y1, following.y1) - max(area.y0, following.y0)
    return shared > min(area.height, following.height) / 2


def _line(raw: Mapping[str, Any], block: int, fonts: Fonts, turn: Any, ruled: bool) -> Line:
    spans = [span for span in raw["spans"] if span["size"] >= _VISIBLE_SIZE] or raw["spans"]
    styled = [(span["text"], fonts.style(span), span) for span in spans]
    text = "".join(piece for piece, _, _ in styled)
    main = _main(styled)
    size, origin, direction = round(main["size"] * 2) / 2, main["origin"], raw["dir"]
    if turn is not None:
        origin = pymupdf.Point(origin) * turn
        a, b, c, d = turn.a, turn.b, turn.c, turn.d
        direction = (direction[0] * a + direction[1] * c, direction[0] * b + direction[1] * d)
    return Line(
        text=clean(text),
        area=_turned(raw["bbox"], turn),
        baseline=origin[1],
        size=size,
        block=block,
        bold=_is_bold(styled),
        math=_is_math(styled),
        monospaced=_monospaced_share(styled),
        horizontal=direction[0] > _HORIZONTAL,
        soft_hyphen=text.rstrip().endswith("\u00ad"),
        pieces=_pieces(raw, turn) if ruled and len(raw["spans"]) > 1 else (),
    )


def _pieces(raw: Mapping[str, Any], turn: Any) -> tuple[tuple[str, Rectangle], ...]:
    return tuple((clean(span["text"]), _turned(span["bbox"], turn)) for span in raw["spans"])


Styled = Sequence[tuple[str, FontStyle, Mapping[str, Any]]]


def _main(styled: Styled) -> Mapping[str, Any]:
    """Return a span of the size of most letters; formulas count only where nothing else stands."""
    if len(styled) == 1:
        return styled[0][2]
    sizes: dict[float, int] = {}
    first: dict[float, Mapping[str, Any]] = {}
    words = [found for found in styled if not found[1].math and found[0].strip()]
    for text, _, span in words or styled:
        sizes[span["size"]] = sizes.get(span["size"], 0) + len(text)
        first.setdefault(span["size"], span)
    return first[max(sizes, key=lambda size: sizes[size])]


def _is_bold(styled: Styled) -> bool:
    found = False
    for text, style, _ in styled:
        if style.bold:
            found = True
        elif any(character.isalpha() for character in text):
            return False
    return found


def _is_math(styled: Styled) -> bool:
    """A fragment of a formula: most of its letters and signs are set in a mathematical font."""
    math = other = 0
    for text, style, _ in styled:
        if style.math:
            math += len(text)
        elif CJK_CHARACTER.search(text):
            return False
        else:
            other += sum(character.isalpha() for character in text)
    return math > other


def _monospaced_share(styled: Styled) -> float:
    """Share of monospaced characters among those that a monospaced font would have."""
    monospaced = other = 0
    for text, style, _ in styled:
        if style.monospaced:
            monospaced += len(text)
        else:
            other += sum(" " < character < _FIRST_WIDE for character in text)
    return monospaced / (monospaced + other) if monospaced else 0.0


def _numbered(lines: Sequence[Line]) -> Iterable[Line]:
    """An equation's number beside its formula belongs to the formula."""
    previous: Line | None = None
    for line in lines:
        found = line
        if previous and previous.math and _EQUATION_NUMBER.match(line.text.strip()):
            found = replace(line, math=True)
        previous = found
        yield found
