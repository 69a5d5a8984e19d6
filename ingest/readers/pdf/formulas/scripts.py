"""Scripts and limits: smaller parts of formulas hang on larger ones."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from ingest.readers.pdf.parts import Part, in_line
from ingest.readers.pdf.shapes import Rectangle, around
from ingest.readers.pdf.symbols import BIG_OPERATORS, INTEGRALS, LIMITED_NAME

# Scripts are set at 0.7 of the size around them.
_SMALLER = 0.86
_SAME_LEVEL = 1.12
_SAME_BASELINE = 0.2
# Parts of one script stand nearer to each other than this.
_SCRIPT_GAP = 0.6
# A script begins so near to the end of what it hangs on.
_NEAR = 0.4
_SHIFT = 0.1
# How far from its carrier's letters a script or a limit may stand.
_REACH = 0.5
_LIMIT_REACH = 0.8
# The middle of a limit stands near the middle of its operator.
_CENTRED = 0.6
# Limits are scripts; smaller than this, they belong to scripts.
_LIMIT = 0.6
# No carrier is taller, in font sizes.
_TALLEST = 4.0


def hang_scripts(parts: Sequence[Part]) -> list[Part]:
    """Hang smaller parts on those that carry them; return the parts that stand on their own."""
    standing = list(parts)
    for smallest, largest in _levels(parts)[:-1]:
        larger = [part for part in standing if part.size * _SMALLER > largest]
        level = [part for part in standing if smallest <= part.size <= largest]
        if not larger or not level:
            continue
        larger.sort(key=lambda part: part.baseline)
        heights = [part.baseline for part in larger]
        hung: set[int] = set()
        for run in _runs(level, larger, heights):
            carrier = _carrier(run, larger, heights)
            if carrier is not None:
                _hang(run, carrier)
                hung.update(id(part) for part in run)
        standing = [part for part in standing if id(part) not in hung]
    return standing


def _levels(parts: Sequence[Part]) -> list[tuple[float, float]]:
    """Return the smallest and largest size of each level; fonts of one level differ a little."""
    levels: list[tuple[float, float]] = []
    for size in sorted({part.size for part in parts}):
        if levels and size < levels[-1][0] * _SAME_LEVEL:
            levels[-1] = levels[-1][0], size
        else:
            levels.append((size, size))
    return levels


def _hang(run: Sequence[Part], carrier: Part) -> None:
    above = _middle(run) < carrier.middle
    (carrier.above if above else carrier.below).append(in_line(run))
    carrier.area = carrier.area.joined(around(part.area for part in run))


def _middle(run: Sequence[Part]) -> float:
    plain = [part for part in run if not part.tall] or run
    return min(plain, key=lambda part: part.x0).middle


def _runs(
    level: Sequence[Part], larger: Sequence[Part], heights: Sequence[float]
) -> list[list[Part]]:
    """Group parts of one size that stand side by side."""
    runs: list[list[Part]] = []
    operators = [part for part in larger if part.text in BIG_OPERATORS]
    for part in sorted(level, key=lambda part: part.x0):
        size = part.size
        for run in reversed(runs):
            last = run[-1]
            gap = part.x0 - last.right
            if (
                abs(part.baseline - last.baseline) < _SAME_BASELINE * size
                and -size < gap < _SCRIPT_GAP * size
                and not (gap > _SHIFT * size and _is_parted(last, part, larger, heights))
                and not _is_at_another(last, part, operators)
            ):
                run.append(part)
                break
        else:
            runs.append([part])
    return runs


def _is_at_another(left: Part, right: Part, operators: Sequence[Part]) -> bool:
    """Tell whether two parts are limits of two operators side by side."""

    def above_or_below(part: Part) -> Part | None:
        x = (part.x0 + part.x1) / 2
        return next(
            (
                operator
                for operator in operators
                if operator.x0 <= x <= operator.x1
                and -part.size / 4
                < max(operator.top - part.bottom, part.top - operator.bottom)
                < _LIMIT_REACH * operator.size
            ),
            None,
        )

    first, second = above_or_below(left), above_or_below(right)
    return first is not None and second is not None and first is not second


def _near(larger: Sequence[Part], heights: Sequence[float], height: float) -> Sequence[Part]:
    """Return the larger parts, sorted by their baselines, that may carry something there."""
    reach = _TALLEST * (larger[-1].size if larger else 0)
    return larger[bisect_left(heights, height - reach) : bisect_right(heights, height + reach)]


def _is_parted(left: Part, right: Part, larger: Sequence[Part], heights: Sequence[float]) -> bool:
    """Tell whether something larger stands between two scripts."""
    return any(
        part.x0 > left.x1 - left.size / 4
        and part.x1 < right.x0 + right.size / 4
        and part.top < left.bottom
        and part.bottom > left.top
        for part in _near(larger, heights, left.baseline)
    )


def _carrier(run: Sequence[Part], larger: Sequence[Part], heights: Sequence[float]) -> Part | None:
    area = Rectangle(
        min(part.x0 for part in run),
        min(part.top for part in run),
        max(part.right for part in run),
        max(part.bottom for part in run),
    )
    middle = _middle(run)
    best: tuple[float, Part] | None = None
    for part in _near(larger, heights, run[0].baseline):
        distance = _distance(area, middle, run[0].size, part)
        if distance is not None and (best is None or distance < best[0]):
            best = distance, part
    return best[1] if best else None


def _distance(area: Rectangle, middle: float, script: float, part: Part) -> float | None:
    """How far from a part a run stands that it may carry; None where it may not."""
    size = part.size
    limited = part.text in BIG_OPERATORS or (
        len(part.text) > 1 and LIMITED_NAME.fullmatch(part.text)
    )
    if limited and script > _LIMIT * size:
        off = abs((area.x0 + area.x1) / 2 - (part.x0 + part.x1) / 2)
        gap = max(part.top - area.y1, area.y0 - part.bottom)
        if off < _CENTRED * size and -size / 4 < gap < _LIMIT_REACH * size:
            return off / size - 1.0  # sooner than what only stands beside it
    if area.y0 > part.bottom + _REACH * size or area.y1 < part.top - _REACH * size:
        return None
    shift = abs(middle - part.middle)
    if shift < _SHIFT * size or (shift > size and not part.tall):
        return None
    away = area.x0 - part.x1
    near = 2 * _NEAR if part.text in INTEGRALS else _NEAR  # they slant
    if -near * size < away < near * size:
        return abs(away)
    return None
