"""Gold pages drawn piece by piece, and pages turned into pictures, so that their text is known."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pymupdf

A4 = (595, 842)
SANS, BOLD, CJK, MONO = (pymupdf.Font(name) for name in ("helv", "hebo", "cjk", "cour"))
SCAN_DPI = 150

Draw = Callable[[pymupdf.Document], None]


def wrap(text: str, width: float, font: pymupdf.Font, size: float) -> list[str]:
    """Fill rows: between words, and between any two Chinese characters."""
    rows, row = [], ""
    for piece in _pieces(text):
        if row and font.text_length((row + piece).rstrip(), size) > width:
            rows.append(row.rstrip())
            row = ""
        row += piece if row else piece.lstrip()
    return [*rows, row.rstrip()]


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for character in text:
        joins = pieces and (character in "，。；：、）" or not _breaks(pieces[-1][-1], character))
        if joins:
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _breaks(before: str, after: str) -> bool:
    return before == " " or ord(before) > 0x2E80 or ord(after) > 0x2E80


class Sheet:
    """A page that is written on row by row; ``y`` is the next baseline."""

    def __init__(self, page: pymupdf.Page, x: float = 60, y: float = 80, width: float = 475):
        self.page, self.x, self.y, self.width = page, x, y, width

    def write(
        self, text: str, size: float = 10.5, font: pymupdf.Font = SANS, color: object = None,
        gap: float = 8, x: float | None = None, width: float | None = None,
    ) -> None:  # fmt: skip
        """Write a paragraph and go to the next."""
        left = self.x if x is None else x
        for row in wrap(text, width or self.width, font, size):
            self.put(row, left, size, font, color)
            self.y += size * 1.45
        self.y += gap

    def put(
        self, text: str, x: float, size: float = 10.5, font: pymupdf.Font = SANS,
        color: object = None,
    ) -> None:  # fmt: skip
        """Write a piece of text at the present baseline."""
        writer = pymupdf.TextWriter(self.page.rect)
        writer.append((x, self.y), text, font=font, fontsize=size)
        writer.write_text(self.page, color=color or (0, 0, 0))

    def row(self, cells: Sequence[str], places: Sequence[float], **style: object) -> None:
        """Write cells side by side."""
        for cell, x in zip(cells, places, strict=True):
            self.put(cell, x, **style)  # type: ignore[arg-type]


def drawn(draw: Draw) -> Callable[[Path], None]:
    """A file with the pages that are drawn."""

    def make(file: Path) -> None:
        document = pymupdf.open()
        draw(document)
        document.save(file, garbage=3, deflate=True)
        document.close()

    return make


def as_picture(draw: Draw, turned: int = 0, rotate: int = 0, dpi: int = SCAN_DPI) -> Draw:
    """The drawn pages as scans: pictures that are turned, on pages with a /Rotate."""

    def scan(document: pymupdf.Document) -> None:
        source = pymupdf.open()
        draw(source)
        for page in source:
            picture = page.get_pixmap(dpi=dpi).tobytes("png")
            width, height = page.rect.width, page.rect.height
            size = (height, width) if turned % 180 else (width, height)
            copy = document.new_page(width=size[0], height=size[1])
            copy.insert_image(copy.rect, stream=picture, rotate=turned)
            copy.set_rotation(rotate)
        source.close()

    return scan


def as_outlines(draw: Draw) -> Draw:
    """The drawn pages with each glyph as a path: nothing to select, all to see."""

    def outline(document: pymupdf.Document) -> None:
        source = pymupdf.open()
        draw(source)
        for page in source:
            picture = page.get_svg_image(text_as_path=True)
            with pymupdf.open("svg", picture.encode()) as svg:
                paths = pymupdf.open("pdf", svg.convert_to_pdf())
            document.insert_pdf(paths)
            paths.close()
        source.close()

    return outline


def picture_of(draw: Draw, clip: pymupdf.Rect | None = None, dpi: int = SCAN_DPI) -> bytes:
    """The first drawn page, or a part of it, as PNG."""
    source = pymupdf.open()
    draw(source)
    picture: bytes = source[0].get_pixmap(dpi=dpi, clip=clip).tobytes("png")
    source.close()
    return picture
