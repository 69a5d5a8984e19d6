"""Readers: one kind of input each. ``READERS`` tells which suffix is read by which."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ingest.model import ParsedDocument
from ingest.recognition import ReaderServices
from ingest.settings import ReadSettings

Reader = Callable[[Path, ReadSettings, ReaderServices], ParsedDocument]

# Named, not imported: a reader's library is loaded only when a file needs it.
READERS: dict[str, str] = {
    ".md": "ingest.readers.markdown.reader:read_markdown",
    ".markdown": "ingest.readers.markdown.reader:read_markdown",
    ".txt": "ingest.readers.markdown.reader:read_plain_text",
    ".pdf": "ingest.readers.pdf.reader:read_pdf",
    ".docx": "ingest.readers.office.docx:read_docx",
    ".pptx": "ingest.readers.office.pptx:read_pptx",
    ".ipynb": "ingest.readers.notebook.reader:read_notebook",
    ".html": "ingest.readers.html.reader:read_html",
    ".htm": "ingest.readers.html.reader:read_html",
    ".png": "ingest.readers.pictures.image:read_image",
    ".jpg": "ingest.readers.pictures.image:read_image",
    ".jpeg": "ingest.readers.pictures.image:read_image",
    ".webp": "ingest.readers.pictures.image:read_image",
    ".bmp": "ingest.readers.pictures.image:read_image",
    ".tif": "ingest.readers.pictures.image:read_image",
    ".tiff": "ingest.readers.pictures.image:read_image",
}

# Raised when a reader or the chunking changes what it makes of the same file.
VERSION = "3"


def reader_for(file: Path) -> Reader:
    """Load the reader for a file's suffix."""
    module, _, name = READERS[file.suffix.lower()].partition(":")
    reader: Reader = getattr(import_module(module), name)
    return reader
