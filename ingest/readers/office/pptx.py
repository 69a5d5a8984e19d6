"""Presentations: each slide is a page, its title a heading, its notes after what it shows."""

from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pptx
from pptx.enum.shapes import PP_PLACEHOLDER

from ingest.model import Block, BlockKind, Link, Notice, ParsedDocument
from ingest.readers.files import check_page_count, title_of
from ingest.readers.markdown_table import table_block
from ingest.readers.office.docx_text import RELATION
from ingest.readers.office.drawings import chart_blocks, diagram_blocks
from ingest.readers.office.package import (
    LIBRARY_ERRORS,
    check_package,
    damage_told,
    external_targets,
    parse_part,
    unwrap_alternatives,
)
from ingest.readers.office.pptx_text import DRAWING, one_line, text_blocks
from ingest.readers.pages import on_page
from ingest.readers.pictures.decoding import PictureTexts
from ingest.recognition import ALONE, ReaderServices
from ingest.settings import ReadSettings
from ingest.text import clean

_TITLES = (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE)
_MARGINAL = (PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER)
_LISTS = (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY)
# Layouts that open a deck or a part of it.
_OPENING = ("title", "secHead")
# Shapes whose tops differ by less than this share of the slide stand side by side.
_SIDE_BY_SIDE = 0.03


def read_pptx(
    file: Path, settings: ReadSettings, services: ReaderServices = ALONE
) -> ParsedDocument:
    """Read a presentation slide by slide."""
    check_package(file, "ppt/", settings)
    with damage_told(file):
        presentation = pptx.Presentation(BytesIO(file.read_bytes()))
        slides = list(presentation.slides)
        height = int(presentation.slide_height or 0)
        metadata = _metadata(presentation)
    check_page_count(file, len(slides), settings, "slides")
    pictures = PictureTexts(settings, services)
    blocks: list[Block] = []
    links: list[Link] = []
    broken: dict[int, str] = {}
    for number, slide in enumerate(slides, start=1):
        services.progress("page", number, len(slides))
        reader = _Slide(slide, number, height, pictures)
        blocks += [on_page(block, number) for block in reader.blocks()]
        links += reader.links
        if reader.broken:
            broken[number] = reader.broken
    return ParsedDocument(
        title=_title(blocks, file),
        format="pptx",
        blocks=tuple(blocks),
        page_count=len(slides),
        notices=(*_left_out(broken), *pictures.notices()),
        links=tuple(dict.fromkeys(links)),
        metadata=metadata,
    )


def _left_out(slides: Mapping[int, str]) -> tuple[Notice, ...]:
    text = f"Parts of slides were left out: {'; '.join(dict.fromkeys(slides.values()))}"
    return (Notice("unreadable_shapes", text, tuple(slides)),) if slides else ()


def _title(blocks: Iterable[Block], file: Path) -> str:
    for block in blocks:
        if block.spans and block.spans[0].box.page > 1:
            break
        if block.kind is BlockKind.HEADING:
            return block.text
    return title_of(file)


def _metadata(presentation: Any) -> dict[str, object]:
    author = clean(presentation.core_properties.author or "").strip()
    return {"author": author} if author else {}


class _Slide:
    """Reads one slide."""

    def __init__(self, slide: Any, number: int, height: int, pictures: PictureTexts) -> None:
        self.links: list[Link] = []
        self.broken = ""
        self._slide = slide
        self._number = number
        self._near = height * _SIDE_BY_SIDE
        self._pictures = pictures
        self._targets = external_targets(slide.part)

    def blocks(self) -> list[Block]:
        """Its title, what it shows in reading order, and the speaker's notes."""
        return [*self._read(self._shown()), *self._read(self._notes())]

    def _read(self, blocks: Iterator[Block]) -> list[Block]:
        """The blocks up to where the library refuses what a program wrote; that costs itself."""
        found: list[Block] = []
        try:
            for block in blocks:
                found.append(block)
        except LIBRARY_ERRORS as error:
            self.broken = f"{type(error).__name__}: {error}"
        return found

    def _shown(self) -> Iterator[Block]:
        unwrap_alternatives(self._slide.shapes.element)
        shapes = list(self._slide.shapes)
        titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
        for shape in titles:
            yield from self._read(self._heading(shape))
        for shape in self._ordered(shape for shape in shapes if shape not in titles):
            yield from self._read(self._shape(shape))

    def _heading(self, shape: Any) -> Iterator[Block]:
        words = one_line(shape.text_frame._txBody, self._targets)
        if words:
            yield Block(BlockKind.HEADING, words, self._level())

    def _level(self) -> int:
        layout = self._slide.slide_layout.element.get("type", "")
        return 1 if layout in _OPENING else 2

    def _ordered(self, shapes: Iterable[Any]) -> list[Any]:
        """From top to bottom; those that begin at one height from left to right."""
        rows: list[tuple[int, list[Any]]] = []
        for shape in sorted(shapes, key=_corner):
            top = _corner(shape)[0]
            if rows and top - rows[-1][0] <= self._near:
                rows[-1][1].append(shape)
            else:
                rows.append((top, [shape]))
        return [one for _, row in rows for one in sorted(row, key=lambda shape: _corner(shape)[1])]

    def _shape(self, shape: Any) -> Iterator[Block]:
        kind = _placeholder(shape)
        if kind in _MARGINAL:
            return
        if hasattr(shape, "shapes"):
            for inner in self._ordered(shape.shapes):
                yield from self._read(self._shape(inner))
            return
        if getattr(shape, "has_table", False):
            yield from self._table(shape.table)
        elif getattr(shape, "has_chart", False):
            yield from chart_blocks(parse_part(shape.chart.part.blob))
        elif getattr(shape, "has_text_frame", False):
            # In a placeholder for text the master's bullets apply.
            body = shape.text_frame._txBody
            yield from text_blocks(
                body, self._targets, self._number, self.links, listed=kind in _LISTS
            )
        yield from self._drawn(shape)

    def _table(self, table: Any) -> Iterator[Block]:
        rows = [
            ["" if cell.is_spanned else self._cell(cell) for cell in row.cells]
            for row in table.rows
        ]
        block = table_block(rows)
        if block is not None:
            yield block

    def _cell(self, cell: Any) -> str:
        body = cell._tc.find(f"{DRAWING}txBody")
        return "" if body is None else one_line(body, self._targets)

    def _drawn(self, shape: Any) -> Iterator[Block]:
        """Text of the pictures in a shape, filled with one or being one, and of its diagram."""
        for blip in shape.element.iter(f"{DRAWING}blip"):
            part = self._slide.part.rels.get(blip.get(f"{RELATION}embed", ""))
            if part is None or part.is_external:
                self._pictures.fail("it is linked, not stored in the file", self._number)
            else:
                yield from self._pictures.read(part.target_part.blob, self._number)
        for name in shape.element.xpath(".//*[local-name() = 'relIds']/@*[local-name() = 'dm']"):
            yield from diagram_blocks(parse_part(self._slide.part.related_part(name).blob))

    def _notes(self) -> Iterator[Block]:
        if not self._slide.has_notes_slide:
            return
        notes = self._slide.notes_slide
        frame = notes.notes_text_frame
        if frame is not None:
            targets = external_targets(notes.part)
            yield from text_blocks(frame._txBody, targets, self._number, self.links, listed=False)


def _corner(shape: Any) -> tuple[int, int]:
    try:
        return int(shape.top or 0), int(shape.left or 0)
    except LIBRARY_ERRORS:
        return 0, 0  # some programs write fractions


def _placeholder(shape: Any) -> Any:
    try:
        return shape.placeholder_format.type if shape.is_placeholder else None
    except LIBRARY_ERRORS:
        return None  # of a kind that the library doesn't know
