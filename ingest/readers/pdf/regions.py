"""Page truth: which parts of a page show what its text layer does not hold."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pymupdf
from pymupdf import mupdf

from ingest.readers.pdf.shapes import Drawing, Line, PageContent, Rectangle, around

# Smaller pictures are icons and bullets.
_LEAST_WIDTH, _LEAST_HEIGHT = 24.0, 9.0
# A picture over this share of the page is a scan of it.
_SCAN_SHARE = 0.6
# Outlines of characters: so high and wide, in points.
_GLYPH_HEIGHTS = 3.0, 40.0
_GLYPH_WIDTH = 60.0
# Shapes this near to each other (in heights) are of one text; fewer of them are an icon.
_NEAR = 1.2
_FEWEST_GLYPHS = 8
_FEWEST_BESIDE_TEXT = 2
# A page with more shapes than this is a map or a drawing by machine.
_MOST_SHAPES = 20_000
# What fonts without a table of characters leave in a text layer: the replacement character,
# private ones, or the numbers of glyphs taken for characters of whatever script is there.
_ODD = re.compile("[^\x00-\u04ff\u1e00-\u2bff\u3000-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\uffef]")
_NAMELESS = re.compile("[\ufffd\ue000-\uf8ff]")
_UNKNOWN_SHARE = 0.3
_MIXED_SCRIPTS = 3
# Text that covers this share of a picture has been recognised before the file was made.
_COVERED_SHARE = 0.3
# Pictures with the rectangle that clipping leaves of them.
_IMAGES = pymupdf.TEXT_PRESERVE_IMAGES | pymupdf.TEXT_MEDIABOX_CLIP


class RegionKind(StrEnum):
    """Why a region is looked at."""

    PAGE = "page"  # all of it, because a person asked for it
    SCAN = "scan"  # a picture in place of the page
    PICTURE = "picture"
    DRAWN = "drawn"  # characters drawn as shapes, or printed ones that the file doesn't name


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page whose visible text is not in the text layer.

    ``scale`` is pixels a point, of the picture that the region shows, and ``pixels`` all of them;
    0 for shapes. ``shown`` is how much of a picture the page lets be seen.
    ``parts`` are the places of drawn text, with other things between them.
    """

    kind: RegionKind
    area: Rectangle
    scale: float = 0.0
    pixels: int = 0
    parts: tuple[Rectangle, ...] = ()
    shown: Rectangle | None = None


def find_regions(page: Any, content: PageContent) -> list[Region]:
    """Compare what a page shows with its text layer; return what is missing, from the top."""
    pictures = _pictures(page, content)
    unknown = [line.area for line in content.lines if is_unknown(line.text)]
    drawn = [
        area
        for area in _drawn(content.drawings) + _clusters(unknown, 1)
        if not any(picture.area.holds(area) for picture in pictures)
    ]
    if drawn:
        # One picture of them all: small pictures cost as much as large ones.
        pictures.append(Region(RegionKind.DRAWN, around(drawn), parts=tuple(drawn)))
    return sorted(_without_inner(pictures), key=lambda region: (region.area.y0, region.area.x0))


def is_unknown(text: str) -> bool:
    """Tell whether a text layer holds no characters where some are printed."""
    if text.isascii():
        return False
    shown = "".join(text.split())
    nameless = len(_NAMELESS.findall(shown))
    odd = [c for c in _ODD.findall(shown) if not _NAMELESS.match(c)]
    # Nobody writes one line in three rare scripts.
    scripts = {unicodedata.name(c, "unassigned").split()[0] for c in odd}
    unknown = nameless + (len(odd) if len(scripts) >= _MIXED_SCRIPTS else 0)
    return len(shown) > 1 and unknown >= _UNKNOWN_SHARE * len(shown)


def _pictures(page: Any, content: PageContent) -> list[Region]:
    # Asking for the pictures' places runs the whole page; most pages of papers have none.
    if content.has_text and not (_has_objects(page) and page.get_images()):
        return []
    whole = content.area
    regions: list[Region] = []
    for found in page.get_textpage(flags=_IMAGES).extractIMGINFO():
        placed = pymupdf.Rect(0, 0, 1, 1) * pymupdf.Matrix(found["transform"])
        area, shown = _on_page(page, placed), _on_page(page, pymupdf.Rect(found["bbox"]))
        if area is None or area.width < _LEAST_WIDTH or area.height < _LEAST_HEIGHT:
            continue
        if _text_share(content.lines, area) > _COVERED_SHARE:
            continue
        scan = area.width * area.height > _SCAN_SHARE * whole.width * whole.height
        kind = RegionKind.SCAN if scan else RegionKind.PICTURE
        scale = max(found["width"], found["height"]) / max(area.width, area.height)
        pixels = found["width"] * found["height"]
        regions.append(Region(kind, area, scale, pixels, shown=shown))
    return regions


def _on_page(page: Any, placed: Any) -> Rectangle | None:
    """Return where something is on the page as it is shown; None when it lies outside."""
    if page.rotation:
        placed = placed * page.rotation_matrix
    placed &= page.rect
    return None if placed.is_empty else Rectangle(placed.x0, placed.y0, placed.x1, placed.y1)


def _has_objects(page: Any) -> bool:
    """Tell whether the resources of a page name pictures or forms, which may hold some."""
    found = mupdf.pdf_page_from_fz_page(page.this).obj()
    resources = mupdf.pdf_dict_get_inheritable(found, mupdf.PDF_ENUM_NAME_Resources)
    return bool(mupdf.pdf_dict_len(mupdf.pdf_dict_gets(resources, "XObject")))


def _text_share(lines: Iterable[Line], area: Rectangle) -> float:
    """Share of an area that lines of the text layer cover."""
    covered = 0.0
    for line in lines:
        if line.text.strip():
            width = min(line.area.x1, area.x1) - max(line.area.x0, area.x0)
            height = min(line.area.y1, area.y1) - max(line.area.y0, area.y0)
            covered += max(width, 0.0) * max(height, 0.0)
    return covered / (area.width * area.height)


def _drawn(drawings: Sequence[Drawing]) -> list[Rectangle]:
    """Return where shapes stand close together in lines as characters do."""
    low, high = _GLYPH_HEIGHTS
    shapes = [
        drawing.area
        for drawing in drawings
        if not (drawing.stroked or drawing.rectangular or drawing.white)
        and drawing.area.height <= high
        and drawing.area.width <= _GLYPH_WIDTH
    ]
    if sum(area.height >= low for area in shapes) < _FEWEST_GLYPHS or len(shapes) > _MOST_SHAPES:
        return []
    # Where text is drawn, a short heading is text too; alone it may be an icon.
    found = _clusters(shapes, _FEWEST_GLYPHS)
    return _clusters(shapes, _FEWEST_BESIDE_TEXT) if found else []


def _clusters(areas: Sequence[Rectangle], fewest: int) -> list[Rectangle]:
    """Join areas near each other; groups of fewer than ``fewest`` are dropped."""
    ordered = sorted(areas, key=lambda area: area.y0)
    groups: list[tuple[Rectangle, int]] = []
    for area in ordered:
        joined, count, others = area, 1, []
        for group, size in groups:
            if _is_near(group, area):
                joined, count = joined.joined(group), count + size
            else:
                others.append((group, size))
        groups = [*others, (joined, count)]
    return [group for group, count in groups if count >= fewest]


def _is_near(group: Rectangle, area: Rectangle) -> bool:
    reach = _NEAR * min(max(area.height, _GLYPH_HEIGHTS[0] * 3), _GLYPH_HEIGHTS[1])
    return (
        area.x0 - reach <= group.x1
        and group.x0 - reach <= area.x1
        and area.y0 - reach <= group.y1
        and group.y0 - reach <= area.y1
    )


def _without_inner(regions: Sequence[Region]) -> list[Region]:
    """Drop pictures that lie inside others, as layers of one picture do."""
    kept: list[Region] = []
    for region in sorted(regions, key=lambda r: -r.area.width * r.area.height):
        pictures = (other for other in kept if not other.parts)
        if region.parts or not any(other.area.holds(region.area) for other in pictures):
            kept.append(region)
    return kept
