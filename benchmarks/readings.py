"""The readers that are compared: each makes a Reading of a PDF."""

import contextlib
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pymupdf

from benchmarks.markup import Reading, read_markdown
from ingest.model import BlockKind, ParsedDocument
from ingest.readers.pdf.reader import read_pdf
from ingest.recognition import ALONE, RecognizedLine, Recognizer
from ingest.settings import OcrMode, ReadSettings

Reader = Callable[[Path], Reading]


class TimedServices:
    """A recogniser whose pictures and seconds are counted."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self.pictures = 0
        self.seconds = 0.0

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        """Find the lines of text in a picture."""
        start = time.perf_counter()
        found = self._recognizer.recognize(picture)
        self.seconds += time.perf_counter() - start
        self.pictures += 1
        return found

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell nobody."""


def text_layer(file: Path) -> ParsedDocument:
    """Our reader without text recognition."""
    return read_pdf(file, ReadSettings(ocr=OcrMode.OFF), ALONE)


def recognized(services: TimedServices, mode: OcrMode = OcrMode.AUTO) -> Reader:
    """Our reader with text recognition."""
    return lambda file: reading_of(read_pdf(file, ReadSettings(ocr=mode), services))


def coursegraph(file: Path) -> Reading:
    """Our reader without text recognition; what stands inside figures is left out.

    The references leave it out too, and so does pymupdf4llm.
    """
    return reading_of(text_layer(file), figures=False)


def reading_of(document: ParsedDocument, figures: bool = True) -> Reading:
    """Bring what our reader hands over to the form that is compared."""
    blocks: list[str] = []
    tables = []
    for block in document.blocks:
        if block.kind is BlockKind.TABLE:
            table = read_markdown(block.text)
            blocks.extend(table.blocks)
            tables.extend(table.tables)
        elif figures or block.kind is not BlockKind.FIGURE:
            blocks.append(block.text)
    return Reading(tuple(blocks), tuple(tables))


def plain(file: Path) -> Reading:
    """PyMuPDF's text of each page, as it comes."""
    with pymupdf.open(file) as document:
        return Reading(tuple(page.get_text() for page in document))


def pymupdf4llm(file: Path) -> Reading:
    """The Markdown of pymupdf4llm with its defaults."""
    import pymupdf4llm as library

    silence = io.StringIO()  # its advice belongs in no table
    pymupdf.set_messages(stream=silence)
    with contextlib.redirect_stdout(silence), np.errstate(all="ignore"):
        return read_markdown(library.to_markdown(str(file)))


READERS: dict[str, Reader] = {
    "coursegraph": coursegraph,
    "PyMuPDF": plain,
    "pymupdf4llm": pymupdf4llm,
}
