"""Formulas: scattered glyphs put together to rows of linear text, by where they are printed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingest.readers.pdf.formulas.fractions import make_fractions
from ingest.readers.pdf.formulas.scripts import hang_scripts
from ingest.readers.pdf.parts import Glyphs, Part, in_line, parts_of
from ingest.readers.pdf.shapes import Rectangle, around
from ingest.readers.pdf.symbols import EQUATION_NUMBER, OPENING

# Parts of a row whose baselines differ by less than this, in font sizes, stand side by side.
_SAME_ROW = 0.3
# A wider gap parts two formulas.
_WIDEST_GAP = 1.3
# A delimiter of this height, in font sizes, may hold several rows.
_TALL = 1.7
_ROW_STEP = 0.7
_CELL_GAP = 0.9


class Formula(NamedTuple):
    """A row of a formula, or a matrix with its rows in ``text`` parted by line breaks."""

    text: str
    area: Rectangle
    baseline: float
    size: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is drawn on the page: bars, roots, and vertical rules that part formulas."""

    bars: Sequence[Rectangle] = ()
    roots: Sequence[Rectangle] = ()
    walls: Sequence[Rectangle] = ()


def make_formulas(
    glyphs: Iterable[Glyphs], drawn: Surroundings, prose: Sequence[Rectangle] = ()
) -> list[Formula]:
    """Put the glyphs of a page's formulas together, row by row; prose parts them too."""
    parts = parts_of(glyphs)
    parts = make_fractions(parts, drawn.bars, drawn.roots)
    parts = hang_scripts(parts)
    parts = _make_grids(parts)
    return [_formula(row) for row in _rows(parts, [*drawn.walls, *prose])]


def _formula(row: Sequence[Part]) -> Formula:
    area = around(part.area for part in row)
    plain = [part for part in row if not part.tall] or list(row)
    main = max(plain, key=lambda part: (round(part.size), part.x1 - part.x0))
    return Formula(in_line(row), area, main.baseline, main.size)


def _rows(parts: Iterable[Part], walls: Sequence[Rectangle]) -> list[list[Part]]:
    """Group parts that stand side by side with nothing in between."""
    rows: list[list[Part]] = []
    for part in sorted(parts, key=lambda part: part.x0):
        best: list[Part] | None = None
        for row in rows:
            last = row[-1]
            size = max(last.size, part.size)
            level = abs(part.baseline - last.baseline) < _SAME_ROW * size
            gap = part.x0 - last.right
            if level and -size < gap < _WIDEST_GAP * size and not _is_walled(last, part, walls):
                best = row
        if best is None:
            rows.append([part])
        else:
            best.append(part)
    return rows


def _is_walled(left: Part, right: Part, walls: Sequence[Rectangle]) -> bool:
    start, end = left.x1 - left.size / 4, right.x0 + right.size / 4
    middle = right.middle
    return any(y0 < middle < y1 and start < (x0 + x1) / 2 < end for x0, y0, x1, y1 in walls)


def _make_grids(parts: list[Part]) -> list[Part]:
    """Put together what stands in several rows beside or between tall delimiters."""
    openings = [
        part
        for part in parts
        if part.text in OPENING and part.bottom - part.top > _TALL * part.size
    ]
    for opening in sorted(openings, key=lambda part: part.bottom - part.top):
        inside = _inside(opening, parts)
        levels = _levels(inside)
        if len(levels) > 1:
            gone = {id(part) for part in inside}
            parts = [part for part in parts if id(part) not in gone and part is not opening]
            parts.append(_grid(opening, levels, inside))
    return parts


def _inside(opening: Part, parts: Sequence[Part]) -> list[Part]:
    """Return what stands right of a tall delimiter, up to the closing one if there is one."""
    beside = sorted(
        (
            part
            for part in parts
            if part.x0 >= opening.x1 - opening.size / 4
            and opening.top - opening.size / 4 < part.middle < opening.bottom + opening.size / 4
            and part.bottom - part.top < opening.bottom - opening.top + opening.size
        ),
        key=lambda part: part.x0,
    )
    closing = OPENING[opening.text]
    height = opening.bottom - opening.top
    inside: list[Part] = []
    right = opening.x1
    for part in beside:
        if part.text == closing and part.bottom - part.top > 0.9 * height:
            return inside
        if part.x0 - right > 3 * opening.size or EQUATION_NUMBER.match(part.text):
            break
        right = max(right, part.right)
        inside.append(part)
    return inside if opening.text == "{" else []


def _levels(parts: Sequence[Part]) -> list[list[Part]]:
    """Group parts by their baselines, from the top down."""
    levels: list[list[Part]] = []
    for part in sorted(parts, key=lambda part: part.baseline):
        if levels and part.baseline - levels[-1][-1].baseline < _ROW_STEP * part.size:
            levels[-1].append(part)
        else:
            levels.append([part])
    return levels


def _grid(opening: Part, levels: Sequence[Sequence[Part]], inside: Sequence[Part]) -> Part:
    text = opening.text + "\n".join(_cells(level) for level in levels)
    area = around([opening.area, *(part.area for part in inside)])
    right = max(part.right for part in inside)
    return Part(
        text,
        area,
        opening.x0,
        right,
        opening.top,
        opening.bottom,
        opening.baseline,
        opening.size,
        tall=True,
    )


def _cells(level: Sequence[Part]) -> str:
    cells: list[list[Part]] = []
    for part in sorted(level, key=lambda part: part.x0):
        if cells and part.x0 - cells[-1][-1].right < _CELL_GAP * part.size:
            cells[-1].append(part)
        else:
            cells.append([part])
    return " ".join(in_line(cell) for cell in cells)
