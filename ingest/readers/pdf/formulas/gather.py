"""The lines of a page with its formulas put together."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from ingest.readers.pdf.fonts import Fonts
from ingest.readers.pdf.formulas.formula import Formula, Surroundings, make_formulas
from ingest.readers.pdf.formulas.fractions import SHORTEST_BAR, THICKEST_BAR
from ingest.readers.pdf.formulas.glyphs import Found, glyphs_of
from ingest.readers.pdf.formulas.labels import add_labels, add_limits
from ingest.readers.pdf.shapes import Drawing, Line, PageContent, Rectangle
from ingest.readers.pdf.spans import main_span, marked
from ingest.text import clean

_SMALL = 0.86
# A bar does not reach over the whole page, and the drawing of a root is no figure.
_LONGEST_BAR = 0.7
_SMALLEST_ROOT = 8.0
_HIGHEST_ROOT = 150.0
# Pages with more drawings hold figures, not formulas with many bars.
_MOST_DRAWINGS = 1500
_MOST_BARS = 500
# No page of text holds so many pieces of formulas.
_MOST_PIECES = 3000


def with_formulas(
    content: PageContent, found: Sequence[Found], textpage: Any, fonts: Fonts
) -> PageContent:
    """Put scattered glyphs together to formulas; every other line stays as it is."""
    if sum(one.line.math for one in found) > _MOST_PIECES:
        return replace(content, lines=tuple(one.line._replace(math=False) for one in found))
    found = _with_indices(_joined(found, fonts), fonts)
    inside = [one.line.math and one.line.horizontal for one in found]
    inks = {
        span["color"]
        for one, is_math in zip(found, inside, strict=True)
        if is_math
        for span in one.raw["spans"]
    }
    surroundings = _surroundings(content, inks)
    add_labels(found, inside, surroundings.bars)
    add_limits(found, inside, fonts)
    glyphs = glyphs_of(
        [one for one, is_math in zip(found, inside, strict=True) if is_math], textpage, fonts
    )
    prose = [
        one.line.area
        for one, is_math in zip(found, inside, strict=True)
        if not is_math and one.line.text.strip()
    ]
    formulas = make_formulas(glyphs, surroundings, prose)
    lines = list(_merged(found, inside, formulas))
    return replace(content, lines=tuple(lines), drawings=_without_bars(content, formulas))


def _joined(found: Sequence[Found], fonts: Fonts) -> list[Found]:
    """Undo a break of a line between an exponent and the index below it."""
    joined: list[Found] = []
    for one in found:
        last = joined[-1] if joined else None
        if last and _goes_on(last, one):
            spans = [*last.raw["spans"], *one.raw["spans"]]
            joined[-1] = _merged_line(last, one, spans, fonts)
        else:
            joined.append(one)
    return joined


def _merged_line(
    one: Found, other: Found, spans: Sequence[Mapping[str, Any]], fonts: Fonts
) -> Found:
    area = one.line.area.joined(other.line.area)
    styles = fonts.styles(spans)
    text = clean(marked(spans, styles, main_span(spans, styles)["size"]))
    signs, math = one.line.signs + other.line.signs, one.line.math and other.line.math
    line = one.line._replace(text=text, area=area, signs=signs, math=math)
    return Found(line, {**one.raw, "spans": spans}, one.number)


def _with_indices(found: Sequence[Found], fonts: Fonts) -> list[Found]:
    """Put indices that stand below exponents, on lines of their own, into the line of text."""
    prose = [place for place, one in enumerate(found) if one.line.signs and not one.line.math]
    lines = list(found)
    gone: set[int] = set()
    for place, one in enumerate(found):
        hosts = prose if one.line.math else ()
        host = next((host for host in hosts if _is_index(one.line, lines[host].line)), None)
        if host is not None:
            spans = _inserted(lines[host].raw["spans"], one.raw["spans"])
            lines[host] = _merged_line(lines[host], one, spans, fonts)
            gone.add(place)
    return [one for place, one in enumerate(lines) if place not in gone]


def _is_index(small: Line, line: Line) -> bool:
    inside = line.area.x0 < small.area.x0 < line.area.x1 + line.size / 4
    height = small.area.middle
    return (
        small.size < _SMALL * line.size
        and inside
        and line.area.y0 < height < line.area.y1 + line.size / 4
    )


def _inserted(
    spans: Sequence[Mapping[str, Any]], small: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Put small spans after what they stand below or behind."""
    merged = list(spans)
    full = _SMALL * max(span["size"] for span in spans)
    for span in small:
        x0 = span["bbox"][0] + 1
        place = sum(other["bbox"][0] < x0 for other in merged)
        while (
            0 < place < len(merged) and max(merged[place - 1]["size"], merged[place]["size"]) < full
        ):
            place += 1
        merged.insert(place, span)
    return merged


def _goes_on(last: Found, one: Found) -> bool:
    if (last.line.math and one.line.math) or not (last.line.signs or one.line.signs):
        return False
    overlap = last.line.area.x1 - one.line.area.x0
    if not 0 < overlap < 2 * last.line.size or last.line.area.x0 > one.line.area.x0:
        return False
    size, baseline = _full_size(last)
    other_size, other_baseline = _full_size(one)
    return size == other_size and abs(baseline - other_baseline) < size / 10


def _full_size(one: Found) -> tuple[float, float]:
    """Return the largest size of a line, and the baseline of what has it."""
    spans = [span for span in one.raw["spans"] if span["text"].strip()] or one.raw["spans"]
    size = max(span["size"] for span in spans)
    # A run that begins with a space of MuPDF's tells the baseline of the run before.
    full = [span for span in spans if span["size"] == size]
    clean_runs = [span for span in full if not span["text"].startswith(" ")] or full
    return size, clean_runs[0]["origin"][1]


def _surroundings(content: PageContent, inks: Set[int]) -> Surroundings:
    """Find what may be drawn for formulas, in the colours of their letters."""
    bars: list[Rectangle] = []
    roots: list[Rectangle] = []
    walls: list[Rectangle] = []
    if len(content.drawings) > _MOST_DRAWINGS:
        return Surroundings(bars, roots, walls)
    longest = _LONGEST_BAR * content.area.width
    for drawing in content.drawings:
        area = drawing.area
        if area.width <= THICKEST_BAR and area.height > _SMALLEST_ROOT:
            walls.append(area)
        if drawing.color not in inks:
            continue
        if _is_bar(area):
            bars += [area] if area.width < longest else []
        elif not drawing.rectangular and area.width > _SMALLEST_ROOT < area.height < _HIGHEST_ROOT:
            roots.append(area)
    return Surroundings(bars[:_MOST_BARS], roots[:_MOST_BARS], walls)


def _is_bar(area: Rectangle) -> bool:
    x0, y0, x1, y1 = area
    return y1 - y0 <= THICKEST_BAR and x1 - x0 >= SHORTEST_BAR


def _without_bars(content: PageContent, formulas: Sequence[Formula]) -> tuple[Drawing, ...]:
    """Leave out what is drawn in formulas: fraction bars are no ruling lines of tables."""
    if not formulas:
        return content.drawings
    ordered = sorted(formulas, key=lambda formula: formula.area.y0)
    tops = [formula.area.y0 for formula in ordered]

    def is_in_formula(area: Rectangle) -> bool:
        above = ordered[: bisect_right(tops, area.y0)]
        return any(
            formula.area.covers(area.x0 + 1, area.y0) and formula.area.covers(area.x1 - 1, area.y1)
            for formula in above
        )

    return tuple(
        drawing
        for drawing in content.drawings
        if not (_is_bar(drawing.area) and is_in_formula(drawing.area))
    )


def _merged(
    found: Sequence[Found], inside: Sequence[bool], formulas: Sequence[Formula]
) -> Iterator[Line]:
    """Yield the lines of text, then the formulas from the top down."""
    for one, is_math in zip(found, inside, strict=True):
        if not is_math:
            yield one.line
    for formula in sorted(formulas, key=lambda found: (round(found.baseline), found.area.x0)):
        yield Line(
            text=formula.text,
            area=formula.area,
            baseline=formula.baseline,
            size=round(formula.size * 2) / 2,
            block=-1,
            bold=False,
            math=True,
            monospaced=0.0,
            horizontal=True,
            soft_hyphen=False,
            cuts=(),
            signs=len(formula.text),
        )
