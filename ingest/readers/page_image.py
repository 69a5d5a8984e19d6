"""A page of a PDF as a picture, with boxes highlighted. Runs in a child process."""

from collections.abc import Sequence
from pathlib import Path

import pymupdf

from ingest.errors import DamagedFile
from ingest.model import Box

_YELLOW = (1.0, 0.85, 0.2)
_OPACITY = 0.35
_MARGIN = 1.5
_POINTS_PER_INCH = 72
_MOST_PIXELS = 40_000_000


def render_page(file: Path, page: int, boxes: Sequence[Box], dpi: int) -> bytes:
    """Draw a page (1-based) as PNG; boxes of other pages are ignored.

    Raises DamagedFile when the file can't be opened or has no such page.
    """
    pymupdf.TOOLS.mupdf_display_errors(False)
    try:
        with pymupdf.open(file) as document:
            if not 1 <= page <= document.page_count:
                raise DamagedFile(f"{file.name}: has {document.page_count} pages, not {page}")
            return _draw(document[page - 1], [box for box in boxes if box.page == page], dpi)
    except pymupdf.FileDataError as error:
        raise DamagedFile(f"{file.name}: {error}", "Ingest it again.") from error


def _draw(page: pymupdf.Page, boxes: Sequence[Box], dpi: int) -> bytes:
    shape = page.new_shape()
    for box in boxes:
        area = pymupdf.Rect(box.x0 - _MARGIN, box.y0 - _MARGIN, box.x1 + _MARGIN, box.y1 + _MARGIN)
        shape.draw_rect(area * page.derotation_matrix)
        shape.finish(color=None, fill=_YELLOW, fill_opacity=_OPACITY)
    shape.commit()
    zoom = dpi / _POINTS_PER_INCH
    pixels = page.rect.width * page.rect.height * zoom * zoom
    if pixels > _MOST_PIXELS:
        zoom *= (_MOST_PIXELS / pixels) ** 0.5
    picture: bytes = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom)).tobytes("png")
    return picture
