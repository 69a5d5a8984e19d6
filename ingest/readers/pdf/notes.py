"""Footnotes: small text at the foot of a page, below a short rule or behind a mark."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from ingest.model import BlockKind
from ingest.readers.pdf.blocks import Draft
from ingest.readers.pdf.rows import Row
from ingest.readers.pdf.shapes import Line, PageContent, Rectangle

_THIN = 2.0
# The rule above notes is so wide (shares of the page), and stands in the lower part of it.
_RULE_SHARE = 0.05, 0.65
_LOWER_SHARE = 0.4
# Notes are set at least so much smaller than the running text.
_SMALLER = 0.93
# Notes without a rule stand further from the text than so many font sizes.
_GAP = 0.8
_FOOT_SHARE = 0.75
_MARK = re.compile(
    r"^\s*(?:\d{1,3}(?![\d.,%])|\[\d{1,3}\]|[*∗†‡§¶]+|[⁰¹²³⁴-⁹]+|[①-⑳]|注\s*\d*[:：])\s*\S"
)


def find_notes(page: PageContent, taken: Collection[int]) -> list[int]:
    """Return the places of the lines of footnotes."""
    lines = {
        place: line
        for place, line in enumerate(page.lines)
        if place not in taken and line.horizontal and line.text.strip()
    }
    body = _common_size(lines.values())
    small = [place for place, line in lines.items() if line.size <= _SMALLER * body]
    lower = _LOWER_SHARE * page.area.height
    if not any(lines[place].area.y0 > lower for place in small):
        return []
    notes: set[int] = set()
    for rule in _rules(page):
        below = [place for place, line in lines.items() if _is_under(line.area, rule)]
        first = min(below, key=lambda place: lines[place].area.y0, default=None)
        if first is not None and all(place in small or _is_number(lines[place]) for place in below):
            if any(lines[place].math for place in below):
                continue  # the rule is a fraction's
            marked = _MARK.match(lines[first].text)
            if marked or rule.width < page.area.width / 3:
                notes.update(below)
    return sorted(notes or _without_rule(page, lines, small))


def _common_size(lines: Collection[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _rules(page: PageContent) -> Iterator[Rectangle]:
    low, high = (share * page.area.width for share in _RULE_SHARE)
    for drawing in page.drawings:
        area = drawing.area
        lower = area.y0 > _LOWER_SHARE * page.area.height
        if lower and area.height <= _THIN and low < area.width < high and not drawing.white:
            yield area


def _is_under(area: Rectangle, rule: Rectangle) -> bool:
    """Tell whether a line stands below a rule, in the column that the rule begins."""
    return area.y0 > rule.y0 - 1 and area.x1 > rule.x0 and area.x0 < rule.x1


def _is_number(line: Line) -> bool:
    return line.text.strip().isdecimal()


def _without_rule(page: PageContent, lines: dict[int, Line], small: Sequence[int]) -> list[int]:
    """Return the last lines of the page when they are small, set apart, and begin with a mark."""
    foot = [
        place
        for place in sorted(small, key=lambda place: lines[place].area.y0)
        if lines[place].area.y0 > _FOOT_SHARE * page.area.height
    ]
    for at, place in enumerate(foot):
        area = lines[place].area
        others = [line.area for other, line in lines.items() if other not in foot[at:]]
        column = [other for other in others if other.x1 > area.x0 and other.x0 < area.x1]
        above = max((other.y1 for other in column if other.y0 < area.y0), default=0.0)
        below = any(other.y0 > area.y0 for other in column)
        if (
            _MARK.match(lines[place].text)
            and not below
            and area.y0 - above > _GAP * lines[place].size
        ):
            return [other for other in foot[at:] if lines[other].area.x1 > area.x0]
    return []


def note_drafts(rows: Sequence[Row]) -> list[Draft]:
    """Make a draft of each note: a mark begins a new one."""
    drafts: list[Draft] = []
    for row in rows:
        if row.bullet:  # a star is a mark here
            row.text = f"{row.lines[0].text.lstrip()[:1]} {row.text}"
        last = drafts[-1].rows[-1] if drafts else None
        if last is None or last.column != row.column or row.bullet or _MARK.match(row.text):
            drafts.append(Draft(BlockKind.FOOTNOTE, [row]))
        else:
            drafts[-1].rows.append(row)
    return drafts
