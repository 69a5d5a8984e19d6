"""Checks that what a reader gives is printed where it says."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

import pymupdf

from ingest.model import Block, BlockKind
from ingest.readers.pdf.symbols import PIECES
from ingest.text import clean

MARKS = re.compile(r"\\frac|\\sqrt|[_^{}]|\s")


def plain(text: str) -> Counter[str]:
    """What glyphs a text is printed with: marks, accents and pieces of delimiters aside."""
    text = unicodedata.normalize("NFKD", clean(MARKS.sub("", text).replace("\\|", "|")))
    letters = (PIECES.get(sign, sign) for sign in text if not unicodedata.combining(sign))
    return Counter(sign for sign in letters if not sign.isspace())


def characters(page: pymupdf.Page) -> list[tuple[float, float, str]]:
    found: list[tuple[float, float, str]] = []
    flags = pymupdf.TEXTFLAGS_RAWDICT & ~pymupdf.TEXT_PRESERVE_IMAGES
    for block in page.get_text("rawdict", flags=flags)["blocks"]:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                for sign in span["chars"]:
                    x0, y0, x1, y1 = sign["bbox"]
                    found.append(((x0 + x1) / 2, (y0 + y1) / 2, sign["c"]))
    return found


def assert_printed(blocks: Iterable[Block], pdf: pymupdf.Document) -> None:
    """Every character of a span is printed inside its box."""
    pages = {page.number + 1: characters(page) for page in pdf}
    for block in blocks:
        for span in block.spans if block.kind is not BlockKind.TABLE else ():
            box = span.box
            inside = "".join(
                sign
                for x, y, sign in pages[box.page]
                if box.x0 - 1 <= x <= box.x1 + 1 and box.y0 - 1 <= y <= box.y1 + 1
            )
            missing = plain(block.text[span.start : span.end]) - plain(inside)
            assert not missing, (block.text[span.start : span.end], missing)
