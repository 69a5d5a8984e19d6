"""Fractions and roots: parts of formulas above, below and under drawn lines."""

from collections.abc import Iterable, Sequence

from ingest.readers.pdf.formulas.scripts import hang_scripts
from ingest.readers.pdf.parts import AXIS, Part, in_line
from ingest.readers.pdf.shapes import Rectangle, around
from ingest.readers.pdf.symbols import BIG_OPERATORS, LIMITED_NAME, VINCULUM

# A fraction bar is thinner than this, in points, and longer than that.
THICKEST_BAR = 2.0
SHORTEST_BAR = 2.5
# Numerator and denominator begin so near to their bar, in font sizes.
_NEAR = 0.75
# A bar is hardly longer than what it parts; a table's ruling line is.
_LONGER = 1.2
_OVERHANG = 2.0
_OVERLAP = 0.3
_OVERLINE = 0.45
_SCRIPT = 0.86
# Beside a fraction: on the same axis, not further than this.
_SAME_AXIS = 0.1
_BESIDE = 0.4
# The sign of a root takes so much of its drawing, in font sizes.
_ROOT_SIGN = 0.5
_HIGHEST_ROOT = 6.0


def make_fractions(
    parts: list[Part], bars: Iterable[Rectangle], roots: Iterable[Rectangle]
) -> list[Part]:
    """Replace what stands around bars and under roots by one part each, the inner ones first."""
    roots = list(roots)
    # The line over a root may be drawn again on its own.
    drawn = [(bar.width, bar, False) for bar in bars if not any(_is_top(bar, r) for r in roots)]
    drawn += [(root.width, root, True) for root in roots]
    for _, area, is_root in sorted(drawn):
        inside = [
            part
            for part in parts
            if part.x0 > area.x0 - _OVERHANG
            and part.x1 < area.x1 + _OVERHANG
            and abs(part.baseline - area.middle) < _HIGHEST_ROOT * part.size
        ]
        if not inside:
            continue
        made = _drawn_root(area, inside) if is_root else _around_bar(area, inside, parts)
        if made is not None:
            whole, used = made
            gone = {id(part) for part in used}
            parts = [part for part in parts if id(part) not in gone]
            parts.append(whole)
    return parts


def _is_top(bar: Rectangle, root: Rectangle) -> bool:
    inside = bar.x0 > root.x0 and bar.x1 < root.x1 + 1
    return inside and abs(bar.middle - root.y0) < THICKEST_BAR


Made = tuple[Part, Sequence[Part]]


def _around_bar(bar: Rectangle, inside: Sequence[Part], parts: Sequence[Part]) -> Made | None:
    above = _stack(bar.middle, [part for part in inside if part.baseline <= bar.y1 + 1], -1)
    below = _stack(bar.middle, [part for part in inside if part.baseline > bar.y1 + 1], 1)
    root = _radical(bar, parts)
    if root is not None and below:
        return _root(bar, below, root)
    if above and below:
        return _fraction(bar, above, below, parts)
    if below and not above:
        return _overline(bar, below)
    return None


def _stack(bar: float, parts: Sequence[Part], side: int) -> list[Part]:
    """Collect the parts that are stacked on one side of a bar, the nearest ones first."""

    def gap(part: Part) -> float:
        return bar - part.bottom if side < 0 else part.top - bar

    found = [part for part in parts if -part.size * _OVERLAP < gap(part) < _NEAR * part.size]
    nearest = min((gap(part) for part in found if part.size > 0), default=0.0)
    # Of two fractions above each other, only the nearer one stands at the bar.
    found = [part for part in found if not part.tall or gap(part) < nearest + part.size / 3]
    rest = [part for part in parts if all(part is not other for other in found)]
    while found:
        top, bottom = min(part.top for part in found), max(part.bottom for part in found)
        largest = max(part.size for part in found)
        more = [part for part in rest if _touches(part, top, bottom, largest)]
        if not more:
            break
        found += more
        rest = [part for part in rest if all(part is not other for other in more)]
    return found


def _touches(part: Part, top: float, bottom: float, largest: float) -> bool:
    shared = min(bottom, part.bottom) - max(top, part.top)
    if shared > _OVERLAP * (part.bottom - part.top):
        return True
    # What is found so far may be nothing but limits of an operator.
    limited = part.text in BIG_OPERATORS or LIMITED_NAME.fullmatch(part.text)
    return bool(limited) and part.size > largest / _SCRIPT and shared > -part.size / 4


def _fraction(
    bar: Rectangle, above: Sequence[Part], below: Sequence[Part], everything: Sequence[Part]
) -> Made | None:
    size = max(part.size for part in (*above, *below))
    parts = [*above, *below]
    if bar.width > max(_width(above), _width(below)) + _LONGER * size:
        return None
    text = f"\\frac{{{linear(above)}}}{{{linear(below)}}}"
    area = around([bar, *(part.area for part in parts)])
    made = _whole(text, area, bar, parts, bar.middle + AXIS * size)
    beside = _size_beside(bar, size, everything)
    made.baseline, made.size = bar.middle + AXIS * beside, beside
    return made, parts


def _size_beside(bar: Rectangle, size: float, parts: Sequence[Part]) -> float:
    """Small fractions take the size of what stands beside them on the same axis."""
    near = [
        part.size
        for part in parts
        if part.size > size
        and abs(part.middle - bar.middle) < _SAME_AXIS * part.size
        and -1 < max(part.x0 - bar.x1, bar.x0 - part.right) < _BESIDE * part.size
    ]
    return min(near, default=size)


def _width(parts: Sequence[Part]) -> float:
    return max(part.right for part in parts) - min(part.x0 for part in parts)


def _whole(
    text: str, area: Rectangle, drawn: Rectangle, parts: Sequence[Part], baseline: float
) -> Part:
    size = max(part.size for part in parts)
    top, bottom = min(part.top for part in parts), max(part.bottom for part in parts)
    x0, x1 = min(drawn.x0, area.x0), max(drawn.x1, area.x1)
    return Part(text, area, x0, x1, top, bottom, baseline, size, tall=True)


def _radical(bar: Rectangle, parts: Sequence[Part]) -> Part | None:
    """Find the sign whose upper end a bar goes on from."""
    for part in parts:
        if part.text == "√" and abs(part.x1 - bar.x0) < part.size / 4:
            # TeX's sign hangs down from its baseline, others stand on it.
            tops = (part.top,) if part.tall else (part.baseline - part.size, part.baseline)
            if min(abs(top - bar.middle) for top in tops) < part.size / 3:
                return part
    return None


def _root(bar: Rectangle, below: Sequence[Part], sign: Part) -> Made:
    bottom = max(sign.bottom, bar.y1 + sign.size)
    inner = [part for part in below if part.middle < bottom]
    area = around([bar, sign.area, *(part.area for part in inner)])
    main = _main(inner)
    parts = [sign, *inner]
    text = f"\\sqrt{{{linear(inner)}}}"
    return _whole(text, area, area, parts, main.baseline), parts


def _drawn_root(area: Rectangle, inside: Sequence[Part]) -> Made | None:
    """A root that is drawn, sign and line in one, with parts under its line."""
    inner = [
        part
        for part in inside
        if area.y0 < part.middle < area.y1 and part.x0 > area.x0 + _ROOT_SIGN * part.size
    ]
    if not inner or area.height > _HIGHEST_ROOT * _main(inner).size:
        return None
    left, right = min(part.x0 for part in inner), max(part.right for part in inner)
    size = _main(inner).size
    if not (left - area.x0 < 2 * size and abs(area.x1 - right) < size / 2):
        return None
    text = f"\\sqrt{{{linear(inner)}}}"
    whole = around([area, *(part.area for part in inner)])
    return _whole(text, whole, area, inner, _main(inner).baseline), inner


def _overline(bar: Rectangle, below: Sequence[Part]) -> Made | None:
    """A line over a single letter, scripts aside, is its accent."""
    first = _main(below)
    others = [part for part in below if part is not first and part.size > first.size * _SCRIPT]
    if others or len(first.text) != 1 or first.top - bar.middle > _OVERLINE * first.size:
        return None
    if bar.width > _width(below) + first.size / 4:
        return None
    first.text += VINCULUM
    return first, [first]


def _main(parts: Sequence[Part]) -> Part:
    return max(parts, key=lambda part: (part.size, -part.x0))


def linear(parts: Sequence[Part]) -> str:
    """Write the parts of one row, scripts hung on what carries them."""
    return in_line(hang_scripts(parts))
