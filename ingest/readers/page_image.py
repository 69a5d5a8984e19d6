"""A page of a PDF as a picture, with boxes highlighted or blocks outlined.

Runs in a child process.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pymupdf

from ingest.errors import DamagedFile
from ingest.model import Block, BlockKind, Box
from ingest.readers.pictures.image import picture_page

# Formats whose pages can be drawn.
DRAWABLE = frozenset({"pdf", "image"})
_YELLOW = (1.0, 0.85, 0.2)
_OPACITY = 0.35
_MARGIN = 1.5
_POINTS_PER_INCH = 72
_MOST_PIXELS = 40_000_000
_GREY = (0.4, 0.4, 0.4)
_COLORS = {
    BlockKind.HEADING: (0.8, 0.1, 0.1),
    BlockKind.PARAGRAPH: (0.1, 0.3, 0.8),
    BlockKind.LIST_ITEM: (0.0, 0.5, 0.6),
    BlockKind.CODE: (0.5, 0.3, 0.1),
    BlockKind.TABLE: (0.0, 0.55, 0.1),
    BlockKind.FORMULA: (0.6, 0.1, 0.7),
    BlockKind.FIGURE: (0.9, 0.45, 0.0),
}


def render_page(file: Path, page: int, boxes: Sequence[Box], dpi: int) -> bytes:
    """Draw a page (1-based) as PNG; boxes of other pages are ignored.

    Raises DamagedFile when the file can't be opened or has no such page.
    """
    return _render(file, page, dpi, lambda shown: _highlight(shown, boxes))


def annotate_page(file: Path, page: int, blocks: Sequence[tuple[int, Block]], dpi: int) -> bytes:
    """Draw a page as PNG with each numbered block outlined and named by kind.

    Recognised text has a dashed outline. Raises as ``render_page``.
    """
    return _render(file, page, dpi, lambda shown: _outline(shown, blocks))


def _render(file: Path, page: int, dpi: int, mark: Callable[[pymupdf.Page], None]) -> bytes:
    pymupdf.TOOLS.mupdf_display_errors(False)
    try:
        with _open(file, page) as document:
            if not 1 <= page <= document.page_count:
                raise DamagedFile(f"{file.name}: has {document.page_count} pages, not {page}")
            shown = document[page - 1]
            mark(shown)
            return _picture(shown, dpi)
    except pymupdf.FileDataError as error:
        raise DamagedFile(f"{file.name}: {error}", "Ingest it again.") from error


def _open(file: Path, page: int) -> pymupdf.Document:
    """Open a PDF; a picture file becomes one whose pages are as large as it has pixels."""
    if file.suffix.lower() == ".pdf":
        return pymupdf.open(file)
    document = pymupdf.open()
    picture = picture_page(file.name, file.read_bytes(), page)
    for number in range(1, picture.count + 1):
        sheet = document.new_page(width=picture.width, height=picture.height)
        if number == page:
            sheet.insert_image(sheet.rect, stream=picture.png)
    return document


def _highlight(page: pymupdf.Page, boxes: Sequence[Box]) -> None:
    shape = page.new_shape()
    for box in boxes:
        if box.page == page.number + 1:
            shape.draw_rect(_rectangle(box, _MARGIN) * page.derotation_matrix)
            shape.finish(color=None, fill=_YELLOW, fill_opacity=_OPACITY)
    shape.commit()


def _outline(page: pymupdf.Page, blocks: Sequence[tuple[int, Block]]) -> None:
    shape = page.new_shape()
    for number, block in blocks:
        spans = [span for span in block.spans if span.box.page == page.number + 1]
        if not spans:
            continue
        area = _rectangle(spans[0].box, _MARGIN)
        for box in [span.box for span in spans[1:]] + _whole(block, page.number + 1):
            area |= _rectangle(box, _MARGIN)
        recognized = any(span.confidence is not None for span in spans)
        color = _COLORS.get(block.kind, _GREY)
        shape.draw_rect(area * page.derotation_matrix)
        shape.finish(color=color, width=1, dashes="[3] 0" if recognized else None)
        corner = pymupdf.Point(area.x0, area.y0 - 1) * page.derotation_matrix
        label = f"{number} {block.kind}"
        shape.insert_text(corner, label, fontsize=6, color=color, rotate=page.rotation)
    shape.commit()


def _whole(block: Block, page: int) -> list[Box]:
    return [block.area] if block.area and block.area.page == page else []


def _rectangle(box: Box, margin: float) -> pymupdf.Rect:
    return pymupdf.Rect(box.x0 - margin, box.y0 - margin, box.x1 + margin, box.y1 + margin)


def _picture(page: pymupdf.Page, dpi: int) -> bytes:
    zoom = dpi / _POINTS_PER_INCH
    pixels = page.rect.width * page.rect.height * zoom * zoom
    if pixels > _MOST_PIXELS:
        zoom *= (_MOST_PIXELS / pixels) ** 0.5
    picture: bytes = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom)).tobytes("png")
    return picture
