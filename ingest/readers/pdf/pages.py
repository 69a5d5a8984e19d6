"""The pages of a PDF: text layers, and what is recognised where a page shows more than that."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.model import BlockKind, Notice
from ingest.readers.pdf.blocks import Draft
from ingest.readers.pdf.damage import MUPDF_ERRORS, check_memory
from ingest.readers.pdf.fonts import Fonts
from ingest.readers.pdf.lines import read_page
from ingest.readers.pdf.picture_text import picture_block
from ingest.readers.pdf.recognized import (
    Pictured,
    Turn,
    as_lines,
    recognize_regions,
    with_recognized,
)
from ingest.readers.pdf.regions import Region, RegionKind, find_regions
from ingest.readers.pdf.rows import Row
from ingest.readers.pdf.shapes import PageContent, around, box_of
from ingest.readers.pdf.type_sizes import with_even_sizes
from ingest.recognition import ReaderServices
from ingest.settings import OcrMode


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its lines and drawings, and the text of its pictures.

    With ``turn`` the lines are those of the upright page, and a box must be turned back.
    """

    content: PageContent
    pictures: tuple[Draft, ...] = ()
    turn: Turn | None = None


@dataclass(slots=True)
class Pages:
    """The pages that could be read, and the numbers of those with something amiss."""

    read: list[Page] = field(default_factory=list)
    unreadable: dict[int, str] = field(default_factory=dict)
    no_text: list[int] = field(default_factory=list)
    not_recognized: dict[int, str] = field(default_factory=dict)
    left_out: list[int] = field(default_factory=list)

    def notices(self) -> Iterator[Notice]:
        """What a person should know."""
        if self.no_text:
            text = "These pages hold pictures or drawings but no text."
            yield Notice("image_only_pages", text, tuple(self.no_text))
        if self.left_out:
            text = (
                "These pages show text that is no text in the file; COURSEGRAPH_OCR=auto reads it."
            )
            yield Notice("unread_pictures", text, tuple(self.left_out))
        if self.not_recognized:
            reasons = "; ".join(dict.fromkeys(self.not_recognized.values()))
            text = f"Pictures on these pages could not be read: {reasons}"
            yield Notice("unreadable_pictures", text, tuple(self.not_recognized))
        if self.unreadable:
            text = "These pages are damaged and were left out."
            yield Notice("unreadable_pages", text, tuple(self.unreadable))


def read_pages(document: Any, mode: OcrMode, services: ReaderServices) -> Pages:
    """Read all pages; a damaged one is noted and left out."""
    fonts = Fonts(document)
    pages = Pages()
    for index in range(document.page_count):
        number = index + 1
        services.progress("page", number, document.page_count)
        try:
            fonts.shorten(index)
            page = document.load_page(index)
            content = read_page(page, fonts)
            regions = _regions(page, content, mode)
        except MUPDF_ERRORS as error:
            check_memory(error)
            pages.unreadable[number] = str(error)
            continue
        shown = Page(content)
        if regions and mode is OcrMode.OFF:
            pages.left_out.append(number)
        elif regions:
            services.progress("picture", number, document.page_count)
            shown = _recognize(page, content, regions, services, pages)
        pages.read.append(shown)
        has_text = shown.pictures or shown.content.has_text
        if not has_text and (regions or content.drawings):
            pages.no_text.append(number)
    even = with_even_sizes([page.content for page in pages.read])
    pages.read = [replace(page, content=c) for page, c in zip(pages.read, even, strict=True)]
    return pages


def _regions(page: Any, content: PageContent, mode: OcrMode) -> list[Region]:
    if mode is OcrMode.FORCE:
        return [Region(RegionKind.PAGE, content.area)]
    return find_regions(page, content)


def _recognize(
    page: Any,
    content: PageContent,
    regions: Sequence[Region],
    services: ReaderServices,
    pages: Pages,
) -> Page:
    found = recognize_regions(page, content, regions, services)
    if found.failure:
        pages.not_recognized[content.number] = found.failure
    if regions[0].kind is RegionKind.PAGE and found.lines:
        content = replace(content, lines=())
    content = with_recognized(content, found)
    pictures = tuple(_picture(content.number, shown) for shown in found.pictures)
    return Page(content, pictures, found.turn)


def _picture(number: int, shown: Pictured) -> Draft:
    """Make the draft of a picture; one behind the whole page stands where its words do."""
    lines, area = as_lines(shown.lines), shown.region.shown or shown.region.area
    block = picture_block(shown.lines, number, boxed=True)
    block = replace(block, area=box_of(area, number)) if block else None
    if shown.region.kind is RegionKind.SCAN:
        area = around(line.area for line in lines)
    row = Row(number, 0, lines, block.text if block else "", area, area.x0)
    return Draft(BlockKind.FIGURE, [row], ready=block)
