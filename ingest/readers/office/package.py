"""Office files before a parser sees them: what they are, and how large they unpack."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docx.exceptions import PythonDocxError
from docx.opc.exceptions import OpcError
from lxml import etree
from pptx.exc import PythonPptxError

from ingest.errors import (
    DamagedFile,
    EncryptedFile,
    FileTooLarge,
    SourceError,
    UnsupportedFile,
)
from ingest.readers.encoding import binary_kind
from ingest.readers.files import unreadable
from ingest.settings import MEGABYTE, ReadSettings

# Text packs to a tenth, pictures hardly: a real file unpacks to little more than its limit.
_UNPACKED_FACTOR = 2
_PART = 1024 * 1024
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAVE_AGAIN = "Save, export or download it again."
_KINDS = {
    "word/": "a Word document",
    "ppt/": "a PowerPoint file",
    "xl/": "an Excel workbook",
    "META-INF/": "an OpenDocument file, a book or a program",
}
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
# What the libraries raise on files that break their rules; they promise no kinds of their own.
LIBRARY_ERRORS = (
    PythonDocxError,
    OpcError,
    PythonPptxError,
    etree.LxmlError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


@contextmanager
def damage_told(file: Path) -> Iterator[None]:
    """Turn what a library raises on a damaged file into DamagedFile; it is for their calls only."""
    try:
        yield
    except LIBRARY_ERRORS as error:
        reason = f"{type(error).__name__}: {error}".split("\n", 1)[0]
        raise DamagedFile(f"{file.name}: can't be decoded ({reason})", _SAVE_AGAIN) from error


def check_package(file: Path, folder: str, settings: ReadSettings) -> None:
    """Raise what keeps an Office file from being parsed; ``folder`` is the part it must have."""
    what = _KINDS[folder]
    try:
        with file.open("rb") as stream:
            head = stream.read(_PART)
    except OSError as error:
        raise unreadable(file, error) from error
    if not head:
        raise DamagedFile(f"{file.name}: the file is empty", _SAVE_AGAIN)
    if head.startswith(_OLD_OFFICE):
        raise _old_office(file)
    if not head.startswith(b"PK"):
        other = binary_kind(head)
        message = f"{file.name}: not {what}, " + (f"but {other}" if other else "despite its name")
        raise UnsupportedFile(message, "Correct its extension, or save it again.")
    try:
        with zipfile.ZipFile(file) as archive:
            _check_parts(file, archive, settings)
            names = archive.namelist()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        message = f"{file.name}: damaged or cut off ({error})"
        raise DamagedFile(message, _SAVE_AGAIN) from error
    if not any(name.startswith(folder) for name in names):
        raise _other_package(file, what, names)


def _old_office(file: Path) -> SourceError:
    if _ENCRYPTED in file.read_bytes():
        return EncryptedFile(f"{file.name}: it needs a password", "Save a copy without a password.")
    message = f"{file.name}: an Office file of before 2007 under a newer name"
    return UnsupportedFile(message, "Open it in Word, PowerPoint or LibreOffice and save it again.")


def _other_package(file: Path, what: str, names: list[str]) -> UnsupportedFile:
    found = (kind for part, kind in _KINDS.items() if any(name.startswith(part) for name in names))
    other = next(found, "a zip archive of other files")
    return UnsupportedFile(f"{file.name}: not {what}, but {other}", "Correct its extension.")


def _check_parts(file: Path, archive: zipfile.ZipFile, settings: ReadSettings) -> None:
    """Unpack every part and keep none: sizes in a header may be lies, the sums tell damage."""
    left = _UNPACKED_FACTOR * settings.max_file_bytes
    for part in archive.infolist():
        if part.flag_bits & 1:
            hint = "Save a copy without a password."
            raise EncryptedFile(f"{file.name}: it needs a password", hint)
        left -= part.file_size
        if left < 0:
            break
        with archive.open(part) as stream:
            while stream.read(_PART):
                pass
    if left < 0:
        limit = _UNPACKED_FACTOR * settings.max_file_bytes // MEGABYTE
        hint = "Split it, or raise COURSEGRAPH_MAX_FILE_MB."
        raise FileTooLarge(f"{file.name}: unpacks to over {limit} MB", hint)


def unwrap_alternatives(root: Any) -> None:
    """Put the newest form of what is stored in several forms in the place of all of them."""
    for wrapped in list(root.iter(f"{_COMPATIBILITY}AlternateContent")):
        parent = wrapped.getparent()
        if parent is None:
            continue
        choices = wrapped.findall(f"{_COMPATIBILITY}Choice")
        # "v" is the picture format of the nineties; its fallback is the one with the picture.
        chosen = next((one for one in choices if one.get("Requires") != "v"), None)
        if chosen is None:
            chosen = wrapped.find(f"{_COMPATIBILITY}Fallback")
        place = parent.index(wrapped)
        # The fallback's last words hang on its tail, which Office never writes.
        parent[place : place + 1] = [] if chosen is None else list(chosen)


def external_targets(part: Any) -> dict[str, str]:
    """Where the links of a part lead, by the names that the part gives them."""
    return {name: one.target_ref for name, one in part.rels.items() if one.is_external}


def parse_part(blob: bytes) -> Any:
    """Parse a part that the libraries keep as bytes; no entity is resolved, no file opened."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True)
    root = etree.fromstring(blob, parser)
    unwrap_alternatives(root)
    return root
