"""Web pages: their main content as blocks, without what surrounds or duplicates it."""

import codecs
import re
from pathlib import Path
from typing import Any

from ingest.errors import FileTooLarge
from ingest.model import Block, BlockKind, Notice, ParsedDocument
from ingest.readers.encoding import Text, decode
from ingest.readers.files import title_of, unreadable
from ingest.readers.html.tree import main_part, parse
from ingest.readers.html.walk import Walker
from ingest.readers.pictures.decoding import PictureTexts
from ingest.recognition import ALONE, ReaderServices
from ingest.settings import MEGABYTE, ReadSettings
from ingest.text import clean

_DECLARED_WITHIN = 4096
_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What browsers read under these names.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "iso-8859-1": "cp1252"}


def read_html(
    file: Path, settings: ReadSettings, services: ReaderServices = ALONE
) -> ParsedDocument:
    """Read a web page; it has no pages in the sense of print."""
    source = _read(file, settings.max_file_bytes)
    root, is_cut = parse(source.text)
    pictures = PictureTexts(settings, services)
    walker = Walker(pictures)
    if root is not None:
        walker.walk(main_part(root))
    return ParsedDocument(
        title=_title(root, walker.blocks, file),
        format="html",
        blocks=tuple(walker.blocks),
        notices=(*_notices(source, is_cut=is_cut), *pictures.notices()),
        links=tuple(dict.fromkeys(walker.links)),
        metadata=_metadata(root),
    )


def _notices(source: Text, *, is_cut: bool) -> list[Notice]:
    found: list[Notice] = []
    if source.damaged:
        count = source.text.count("\ufffd")
        text = f"{count} places can't be decoded as {source.encoding}; they are shown as \ufffd"
        found.append(Notice("damaged_text", text))
    if is_cut:
        text = "Its elements nest too deeply; what is inside the innermost ones was left out."
        found.append(Notice("nested_too_deeply", text))
    return found


def html_blocks(text: str, pictures: PictureTexts, page: int | None = None) -> list[Block]:
    """Blocks of a piece of HTML inside another document."""
    root, _ = parse(text)
    walker = Walker(pictures, page)
    if root is not None:
        walker.walk(root)
    return walker.blocks


def _read(file: Path, max_bytes: int) -> Text:
    try:
        with file.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except OSError as error:
        raise unreadable(file, error) from error
    if len(data) > max_bytes:
        message = f"{file.name}: over the limit of {max_bytes // MEGABYTE} MB"
        raise FileTooLarge(message, "Split it, or raise COURSEGRAPH_MAX_FILE_MB.")
    declared = None if data.startswith(_MARKS) else _DECLARED.search(data[:_DECLARED_WITHIN])
    text = _as_declared(data, declared[1].decode("ascii").lower()) if declared else None
    return text or decode(data, file.name)


def _as_declared(data: bytes, name: str) -> Text | None:
    """Decode a page as it says, unless it is plainly something else."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        encoding = _WIDER.get(name, name)
        try:
            return Text(data.decode(encoding), encoding)
        except (LookupError, ValueError):
            return None  # no encoding of text, or not this one
    return None  # pages are converted and keep their old declaration


def _title(root: Any | None, blocks: list[Block], file: Path) -> str:
    found = None if root is None else root.find(".//title")
    title = "" if found is None else " ".join(clean("".join(found.itertext())).split())
    headings = (b.text for b in blocks if b.kind is BlockKind.HEADING and b.level == 1)
    return title or next(headings, title_of(file))


def _metadata(root: Any | None) -> dict[str, object]:
    found: dict[str, object] = {}
    for element in () if root is None else root.iter("meta"):
        value = clean(element.get("content", "")).strip()
        if value and element.get("name", "").lower() == "author":
            found["author"] = value
    return found
