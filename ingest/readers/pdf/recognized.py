"""Regions of a page without a text layer: rendered, recognised, and put where they belong."""

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import pymupdf

from ingest.errors import RecognitionFailed
from ingest.readers.pdf.damage import MUPDF_ERRORS, check_memory
from ingest.readers.pdf.picture_formulas import without_maimed
from ingest.readers.pdf.picture_text import trusted
from ingest.readers.pdf.regions import Region, RegionKind, is_unknown
from ingest.readers.pdf.shapes import Line, PageContent, Rectangle
from ingest.recognition import OMITTED, ReaderServices, RecognizedLine
from ingest.text import clean, length

_POINTS_PER_INCH = 72
_LOW, _HIGH = 150 / _POINTS_PER_INCH, 300 / _POINTS_PER_INCH
_LONGEST_SIDE = 2400
# Larger pictures take minutes to decode; a page scanned at 1200 dpi has 140 million.
_MOST_PIXELS = 200_000_000
# A recognised line that text of the layer covers so far is a repetition of it.
_COVERED_SHARE = 0.5
# Fewer lines than this don't tell which way a picture is up.
_FEWEST_LINES = 3
_UPRIGHT = 1.5
_TURNED_SHARE = 0.5
_DOUBTFUL = 0.8
# Heights of recognised lines vary by what stands in them; the running text has one size.
_SAME_SIZE = 0.35
_SIZE_OF_HEIGHT = 0.8
_DESCENT = 0.2
# Drawn bullets are taken for these.
_BULLET = re.compile(r"^[。．·•∙●○◦]\s*(?=\S)")
# Running text: so many lines, and so much of the text in lines of that length.
_PROSE_LINES = 5
_PROSE_LENGTH = 12
_PROSE_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Turn:
    """How a part of a page must be turned, clockwise, for its text to be upright."""

    angle: int
    area: Rectangle

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the part when it is upright."""
        width, height = self.area.width, self.area.height
        return (width, height) if self.angle % 180 == 0 else (height, width)

    def back(self, x0: float, y0: float, x1: float, y1: float) -> Rectangle:
        """Where a rectangle of the upright part stands on the page."""
        (ax, ay), (bx, by) = self._place(x0, y0), self._place(x1, y1)
        return Rectangle(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))

    def _place(self, x: float, y: float) -> tuple[float, float]:
        area = self.area
        across, down = {
            0: (x, y),
            90: (y, area.height - x),
            180: (area.width - x, area.height - y),
            270: (area.width - y, x),
        }[self.angle]
        return area.x0 + across, area.y0 + down


class Pictured(NamedTuple):
    """What is written inside a picture, in points of the page."""

    region: Region
    lines: list[RecognizedLine]


@dataclass(slots=True)
class Recognized:
    """What was found on one page.

    ``lines`` belong to the running text; ``replaced`` are places of lines of the text layer that
    recognised ones stand for. With ``turn`` the page is a scan that lies on its side, and the
    lines are those of the upright page.
    """

    lines: list[Line] = field(default_factory=list)
    pictures: list[Pictured] = field(default_factory=list)
    replaced: set[int] = field(default_factory=set)
    turn: Turn | None = None
    failure: str = ""


def recognize_regions(
    page: Any, content: PageContent, regions: Sequence[Region], services: ReaderServices
) -> Recognized:
    """Recognise the text of regions; one that fails is noted and left out."""
    result = Recognized()
    alone = len(regions) == 1 and not content.has_text
    for region in regions:
        try:
            found, turn = _read(page, region, services)
        except RecognitionFailed as error:
            result.failure = str(error)
            continue
        if turn.angle and alone:
            result.turn, result.lines = turn, as_lines(found)
            continue
        found = [_moved(line, turn) for line in found]
        found = [line for line in found if _belongs(line, region)]
        if region.kind is not RegionKind.PAGE:
            found = _new(found, content.lines, region, result.replaced)
        if _is_running(region, content, found):
            result.lines += as_lines(found)
        elif found:
            result.pictures.append(Pictured(region, found))
    return result


def _read(page: Any, region: Region, services: ReaderServices) -> tuple[list[RecognizedLine], Turn]:
    """Recognise a region, whichever way up it is; the lines come in points of the upright one."""
    if region.pixels > _MOST_PIXELS:
        raise RecognitionFailed(f"a picture of {region.pixels:,} pixels is too large")
    scale = min(max(region.scale, _LOW), _HIGH)
    scale = min(scale, _LONGEST_SIDE / max(region.area.width, region.area.height))

    def read(angle: int) -> Sequence[RecognizedLine]:
        area = region.area
        clip = pymupdf.Rect(area.x0, area.y0, area.x1, area.y1)
        matrix = pymupdf.Matrix(scale, scale).prerotate(angle)
        try:
            picture = page.get_pixmap(matrix=matrix, clip=clip, alpha=False).tobytes("png")
        except MUPDF_ERRORS as error:
            check_memory(error)
            raise RecognitionFailed(f"a part of the page can't be drawn ({error})") from error
        return services.recognize(picture)

    best, lines = 0, read(0)
    if region.kind in (RegionKind.SCAN, RegionKind.PAGE) and _is_turned(lines):
        for angle in (90, 180, 270):
            found = read(angle)
            if _worth(found) > _worth(lines):
                best, lines = angle, found
    return [scaled(line, 1 / scale) for line in trusted(lines)], Turn(best, region.area)


def scaled(line: RecognizedLine, by: float) -> RecognizedLine:
    """The line in a picture that is enlarged by a factor."""
    return replace(line, x0=line.x0 * by, y0=line.y0 * by, x1=line.x1 * by, y1=line.y1 * by)


def _is_turned(lines: Sequence[RecognizedLine]) -> bool:
    """Tell whether text seems to run upwards, downwards or upside down."""
    if len(lines) < _FEWEST_LINES:
        return False
    upright = sum(line.y1 - line.y0 > _UPRIGHT * (line.x1 - line.x0) for line in lines)
    doubtful = statistics.mean(line.confidence for line in lines) < _DOUBTFUL
    return upright > _TURNED_SHARE * len(lines) or doubtful


def _worth(lines: Iterable[RecognizedLine]) -> float:
    """How sure a reading is; lines that stand on end were read lying down."""
    lying = (line for line in lines if line.y1 - line.y0 <= _UPRIGHT * (line.x1 - line.x0))
    return sum(line.confidence**4 * length(line.text) for line in lying)


def _moved(line: RecognizedLine, turn: Turn) -> RecognizedLine:
    area = turn.back(line.x0, line.y0, line.x1, line.y1)
    return replace(line, x0=area.x0, y0=area.y0, x1=area.x1, y1=area.y1)


def _belongs(line: RecognizedLine, region: Region) -> bool:
    """Tell whether a line touches the drawn text that the region is about."""
    return not region.parts or any(
        line.x0 < part.x1 and part.x0 < line.x1 and part.covers(part.x0, (line.y0 + line.y1) / 2)
        for part in region.parts
    )


def _new(
    found: Sequence[RecognizedLine], lines: Sequence[Line], region: Region, replaced: set[int]
) -> list[RecognizedLine]:
    """Drop what the text layer holds; a line that only has words of it stands for those."""
    kept: list[RecognizedLine] = []
    for line in found:
        under = [
            place
            for place, printed in enumerate(lines)
            if printed.text.strip() and _is_under(line, printed.area)
        ]
        known = [place for place in under if not is_unknown(lines[place].text)]
        covered = sum(
            min(line.x1, lines[place].area.x1) - max(line.x0, lines[place].area.x0)
            for place in known
        )
        if covered > _COVERED_SHARE * (line.x1 - line.x0):
            continue
        kept.append(line)
        if region.kind is RegionKind.DRAWN:
            replaced.update(under)
    if kept:
        unknown = (place for place, line in enumerate(lines) if is_unknown(line.text))
        replaced.update(place for place in unknown if region.area.holds(lines[place].area))
    return kept


def _is_under(line: RecognizedLine, area: Rectangle) -> bool:
    return line.y0 <= area.middle <= line.y1 and min(line.x1, area.x1) > max(line.x0, area.x0)


def _is_running(region: Region, content: PageContent, found: Sequence[RecognizedLine]) -> bool:
    """Tell whether recognised lines are the page's text, and not a picture in it."""
    if region.kind is not RegionKind.SCAN:
        return region.kind is not RegionKind.PICTURE
    if not content.has_text:
        return True
    lengths = [length(line.text) for line in found]
    long = sum(size for size in lengths if size >= _PROSE_LENGTH)
    return len(found) >= _PROSE_LINES and long > _PROSE_SHARE * sum(lengths)


def as_lines(found: Sequence[RecognizedLine]) -> list[Line]:
    """Make lines as a text layer would have them, from the top of the page."""
    if not found:
        return []
    heights = sorted(
        height for line in found for height in [line.y1 - line.y0] * max(len(line.text), 1)
    )
    usual = heights[len(heights) // 2]
    lines: list[Line] = []
    for line in without_maimed(found):
        if line.text == OMITTED:
            lines.append(_as_line(line, usual)._replace(math=True))
            continue
        height = line.y1 - line.y0
        height = usual if abs(height - usual) <= _SAME_SIZE * usual else height
        bullet = _BULLET.match(line.text)
        if bullet:
            share = min(bullet.end() / len(line.text), height / (line.x1 - line.x0))
            middle = line.x0 + share * (line.x1 - line.x0)
            lines.append(_as_line(replace(line, text="•", x1=middle - 1), height))
            lines.append(_as_line(replace(line, text=line.text[bullet.end() :], x0=middle), height))
        else:
            lines.append(_as_line(line, height))
    return lines


def _as_line(line: RecognizedLine, height: float) -> Line:
    return Line(
        text=clean(line.text),
        area=Rectangle(line.x0, line.y0, line.x1, line.y1),
        baseline=line.y1 - _DESCENT * height,
        size=round(height * _SIZE_OF_HEIGHT * 2) / 2,
        block=-1,
        bold=False,
        math=False,
        monospaced=0.0,
        horizontal=True,
        soft_hyphen=False,
        cuts=(),
        confidence=line.confidence,
    )


def with_recognized(content: PageContent, recognized: Recognized) -> PageContent:
    """Put recognised lines between those of the text layer, by their height on the page."""
    if not recognized.lines:
        return content
    if recognized.turn:
        upright = Rectangle(0.0, 0.0, *recognized.turn.size)
        return replace(content, area=upright, lines=tuple(recognized.lines), drawings=())
    lines = [line for at, line in enumerate(content.lines) if at not in recognized.replaced]
    for line in recognized.lines:
        middle = line.area.middle
        place = next(
            (at for at, other in enumerate(lines) if _comes_after(other.area, line.area, middle)),
            len(lines),
        )
        lines.insert(place, line)
    return replace(content, lines=tuple(lines))


def _comes_after(area: Rectangle, line: Rectangle, middle: float) -> bool:
    if area.y0 <= middle <= area.y1:
        return area.x0 > line.x0
    return area.y0 > middle
