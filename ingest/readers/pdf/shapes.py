"""What stands where on a page: rectangles, printed lines, drawings."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ingest.model import Box, Link
from ingest.text import clean


class Rectangle(NamedTuple):
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

    @property
    def middle(self) -> float:
        """Half way from top to bottom."""
        return (self.y0 + self.y1) / 2

    def joined(self, other: "Rectangle") -> "Rectangle":
        """Return the smallest rectangle around both."""
        x0, y0, x1, y1 = self
        left, top, right, bottom = other
        return Rectangle(
            left if left < x0 else x0,
            top if top < y0 else y0,
            right if right > x1 else x1,
            bottom if bottom > y1 else y1,
        )

    def covers(self, x: float, y: float) -> bool:
        """Tell whether a point lies inside."""
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1

    def holds(self, other: "Rectangle") -> bool:
        """Tell whether the centre of another one lies inside."""
        return self.covers((other.x0 + other.x1) / 2, (other.y0 + other.y1) / 2)


def around(areas: Iterable[Rectangle]) -> Rectangle:
    """Return the smallest rectangle around all of at least one."""
    x0, y0, x1, y1 = zip(*areas, strict=True)
    return Rectangle(min(x0), min(y0), max(x1), max(y1))


def box_of(area: Rectangle, page: int) -> Box:
    """Return a rectangle of a page as a record."""
    values = (round(value, 2) for value in (area.x0, area.y0, area.x1, area.y1))
    return Box(page, *values)


class Line(NamedTuple):
    """What MuPDF takes for a line: cleaned text of one baseline without large gaps.

    ``math`` is a formula or a part of one, which then is set in LaTeX's notation;
    ``monospaced`` is the share of such characters; ``cuts`` are the runs of the line as the file
    has them, on pages where tables may be. Text is empty where only invisible characters stand.
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
    cuts: tuple[tuple[str, tuple[float, float, float, float]], ...]
    # Of a line recognised in a picture; None for the file's own text.
    confidence: float | None = None
    # How many characters are set in mathematical fonts.
    signs: int = 0
    color: int = 0  # 0xRRGGBB, of most of the text

    @property
    def pieces(self) -> list[tuple[str, Rectangle]]:
        """The line cut finer, on pages where tables may be."""
        return [(clean(text), Rectangle(*bbox)) for text, bbox in self.cuts]


class Drawing(NamedTuple):
    """A visible vector drawing, reduced to its rectangle."""

    area: Rectangle
    stroked: bool
    rectangular: bool
    white: bool
    color: int = 0  # 0xRRGGBB


@dataclass(frozen=True, slots=True)
class PageContent:
    """Lines and drawings of one page, in the file's order; ``number`` is 1-based."""

    number: int
    area: Rectangle
    lines: tuple[Line, ...]
    drawings: tuple[Drawing, ...]
    links: tuple[Link, ...] = ()

    @property
    def has_text(self) -> bool:
        """Whether any line can be seen."""
        return any(line.text.strip() for line in self.lines)
