"""Running heads and feet: what pages repeat in their margins, and page numbers."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from ingest.readers.pdf.shapes import Line, PageContent

_MARGIN_SHARE = 0.12
# In documents of two pages, and on pages by themselves, only this much is margin.
_NARROW_SHARE = 0.08
_REPEATED_PAGES = 3
_REPEATED_SHARE = 0.5
# A number or short text that stands so many of its sizes from the rest belongs to the margin.
_NUMBER_GAP = 0.8
_TEXT_GAP = 3.0
# Numbering may begin anew where files were put together.
_RISING_SHARE = 0.8
_SHORT = 60
_SMALLER = 0.9
_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"^[-–—·|\s]*(?:page|p\.|第)?\s*(?:\d{1,4}|[ivxl]{1,6})\s*(?:页|(?:/|of)\s*\d{1,4})?"
    r"(?:[，,]?\s*共\s*\d{1,4}\s*页)?[-–—·|\s]*$",
    re.IGNORECASE,
)


def running_heads(pages: Sequence[PageContent]) -> dict[int, set[int]]:
    """Return for each page the places of the lines of its running heads and feet."""
    lone = len(pages) < _REPEATED_PAGES
    heads = {page.number: set(_isolated(page, lone=lone)) for page in pages}
    places: dict[tuple[str, int], list[tuple[int, int]]] = {}
    share = _NARROW_SHARE if lone else _MARGIN_SHARE
    for page in pages:
        for place, line in enumerate(page.lines):
            if line.text.strip() and _in_margin(line, page, share):
                key = _NUMBER.sub("#", "".join(line.text.split())), round(line.area.y0 / 4)
                places.setdefault(key, []).append((page.number, place))
    fewest = min(_REPEATED_PAGES, max(2, len(pages)))
    fewest = max(fewest, math.ceil(_REPEATED_SHARE * len(pages)))
    lines = {page.number: page.lines for page in pages}
    body = _body_size(pages, share)
    for found in places.values():
        for number, place in _repeated([(n, at, lines[n][at]) for n, at in found], fewest, body):
            heads[number].add(place)
    return heads


def _body_size(pages: Sequence[PageContent], share: float) -> float:
    """Return the size of most text outside the margins."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            if not _in_margin(line, page, share):
                sizes[line.size] += len(line.text.strip())
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _repeated(
    found: Sequence[tuple[int, int, Line]], fewest: int, body: float
) -> Iterator[tuple[int, int]]:
    """Of lines alike but for their digits, give those that repeat, or count the pages."""
    same: dict[str, list[tuple[int, int]]] = {}
    for number, place, line in found:
        same.setdefault("".join(line.text.split()), []).append((number, place))
    bare = not any(map(str.isalpha, found[0][2].text))
    small = max(line.size for _, _, line in found) <= body
    if len({number for number, _, _ in found}) >= fewest and (bare or small) and _count(found):
        yield from ((number, place) for number, place, _ in found)
        return
    for group in same.values():
        if len({number for number, _ in group}) >= fewest:
            yield from group


def _count(found: Sequence[tuple[int, int, Line]]) -> bool:
    """Tell whether the numbers in lines rise no faster than the pages, as page numbers do."""
    values = sorted((n, [int(v) for v in _NUMBER.findall(line.text)]) for n, _, line in found)
    steps = [
        [after - before for before, after in zip(first, second, strict=True)] + [following - page]
        for (page, first), (following, second) in pairwise(values)
        if following > page
    ]
    good = sum(all(0 <= step <= pages for step in rises) for *rises, pages in steps)
    rising = any(step > 0 for *rises, _ in steps for step in rises)
    return rising and good >= _RISING_SHARE * len(steps)


def _in_margin(line: Line, page: PageContent, share: float) -> bool:
    margin = share * page.area.height
    return line.area.y1 < margin or page.area.height - line.area.y0 < margin


def _isolated(page: PageContent, *, lone: bool) -> list[int]:
    """Return the first and the last row of a page where they stand apart from its text.

    In a document of several pages only a page number is told by that; other heads repeat.
    """
    upright = {
        place: line
        for place, line in enumerate(page.lines)
        if line.horizontal and line.text.strip()
    }
    found: list[Collection[int]] = []
    for first in (True, False):
        row = _outer_row(upright, first=first)
        if _stands_apart(page, upright, row, first=first, lone=lone):
            found.append(row)
    if sum(map(len, found)) >= len(upright):  # both are all there is: one at most is a number
        found = [row for row in found if _PAGE_NUMBER.match(_text(upright, row))][-1:]
    return [place for row in found for place in row]


def _text(lines: Mapping[int, Line], row: Collection[int]) -> str:
    return " ".join(lines[place].text.strip() for place in row)


def _stands_apart(
    page: PageContent,
    upright: Mapping[int, Line],
    row: Collection[int],
    *,
    first: bool,
    lone: bool,
) -> bool:
    """Tell whether the first or the last row of a page is a page number or, alone, small."""
    outer = [upright[place] for place in row]
    if not all(_in_margin(line, page, _NARROW_SHARE) for line in outer):
        return False
    others = [line for place, line in upright.items() if place not in row]
    if not outer or not others:
        return False
    if first:
        gap = min(line.area.y0 for line in others) - max(line.area.y1 for line in outer)
    else:
        gap = min(line.area.y0 for line in outer) - max(line.area.y1 for line in others)
    text = _text(upright, row)
    if _PAGE_NUMBER.match(text):
        return gap > _NUMBER_GAP * outer[0].size
    usual = max(others, key=lambda line: len(line.text)).size
    small = max(line.size for line in outer) <= _SMALLER * usual
    minor = lone and small and len(text) < _SHORT and not any(line.bold for line in outer)
    return minor and gap > _TEXT_GAP * outer[0].size


def _outer_row(lines: dict[int, Line], *, first: bool) -> Collection[int]:
    """Return the places of what stands in the first or the last row."""
    if not lines:
        return ()
    outer = (min if first else max)(lines.values(), key=lambda line: line.area.y0)
    middle = (outer.area.y0 + outer.area.y1) / 2
    return [p for p, line in lines.items() if line.area.y0 < middle < line.area.y1]
