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
    ".md": "ingest.readers.markdown:read_markdown",
    ".markdown": "ingest.readers.markdown:read_markdown",
    ".txt": "ingest.readers.markdown:read_plain_text",
    ".pdf": "ingest.readers.pdf:read_pdf",
}

# Raised when a reader or the chunking changes what it makes of the same file.
VERSION = "2"


def reader_for(file: Path) -> Reader:
    """Load the reader for a file's suffix."""
    module, _, name = READERS[file.suffix.lower()].partition(":")
    reader: Reader = getattr(import_module(module), name)
    return reader
