"""PDF files: the text layer in the order of reading, with boxes, structure and tables."""

import gc
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pymupdf

from ingest.errors import DamagedFile, EncryptedFile, UnsupportedFile
from ingest.model import Block, BlockKind, Box, Notice, ParsedDocument
from ingest.readers.files import check_page_count, title_of, unreadable
from ingest.readers.pdf import rows as pdf_rows
from ingest.readers.pdf import structure as pdf_structure
from ingest.readers.pdf.attachments import attachment_notices
from ingest.readers.pdf.composing import compose_all, with_boxes
from ingest.readers.pdf.damage import MUPDF_ERRORS
from ingest.readers.pdf.flow import page_drafts, read_text
from ingest.readers.pdf.headings import Outline
from ingest.readers.pdf.heads import running_heads
from ingest.readers.pdf.links import links_of
from ingest.readers.pdf.pages import Page, Pages, read_pages
from ingest.readers.pdf.recognized import Turn
from ingest.readers.pdf.shapes import box_of
from ingest.recognition import ALONE, ReaderServices
from ingest.settings import ReadSettings
from ingest.text import clean

# Readers of PDF accept this much junk before the header.
_HEADER_WITHIN = 1024
_DATE = re.compile(r"^(?:D:)?(?P<day>\d{8})(?P<clock>\d{6})?")
_JUNK_TITLE = re.compile(
    r"^(?:untitled.*|无标题.*|未命名.*|microsoft (?:word|powerpoint|excel)\b.*|.*\.\w{2,5}|typora"
    r"|latex.*|title|document\d*|文档\s*\d*|幻灯片\s*\d*|powerpoint (?:presentation|演示文稿)"
    r"|about:blank|chromium|.*://.*)$",
    re.IGNORECASE,
)


def read_pdf(
    file: Path, settings: ReadSettings, services: ReaderServices = ALONE
) -> ParsedDocument:
    """Read a PDF: its text layer, and what is recognised where a page shows more than that."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    pymupdf.TOOLS.reset_mupdf_warnings()
    _check_header(file)
    with _without_collections(), _open(file) as document:
        _check(document, file, settings)
        pages = read_pages(document, settings.ocr, services)
        if not pages.read:
            reason = next(iter(pages.unreadable.values()))
            raise _damaged(file, f"none of its pages can be decoded ({reason})")
        outline, notices = _outline(document)
        blocks = _blocks(pages.read, outline)
        return ParsedDocument(
            title=_title(document, blocks, file),
            format="pdf",
            blocks=blocks,
            page_count=document.page_count,
            notices=notices + _notices(document, pages) + attachment_notices(document),
            links=links_of((link for page in pages.read for link in page.content.links), blocks),
            metadata=_metadata(document),
        )


@contextmanager
def _without_collections() -> Iterator[None]:
    """Let Python look for unreachable cycles afterwards.

    MuPDF's text comes as thousands of small objects a page, none of them in a cycle; looking
    through them after every 700 took a fifth of the time of reading.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _check_header(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEADER_WITHIN + 5)
    except OSError as error:
        raise unreadable(file, error) from error
    if not head:
        raise DamagedFile(f"{file.name}: the file is empty", "Save or download it again.")
    if b"%PDF-" not in head:
        hint = "Rename it after what it is, or export it as PDF."
        raise UnsupportedFile(f"{file.name}: not a PDF, whatever its name says", hint)


def _open(file: Path) -> Any:
    try:
        return pymupdf.open(file, filetype="pdf")
    except MUPDF_ERRORS as error:
        raise _damaged(file, f"can't be decoded ({error})") from error


def _damaged(file: Path, what: str) -> DamagedFile:
    return DamagedFile(f"{file.name}: {what}", "Save, export or download it again.")


def _check(document: Any, file: Path, settings: ReadSettings) -> None:
    if document.needs_pass:
        hint = "Save a copy without a password."
        raise EncryptedFile(f"{file.name}: the PDF needs a password", hint)
    try:
        count = document.page_count
    except MUPDF_ERRORS as error:
        raise _damaged(file, f"its pages can't be found ({error})") from error
    if count == 0:
        raise _damaged(file, "the PDF has no pages; it may be truncated")
    check_page_count(file, count, settings)


def _outline(document: Any) -> tuple[Outline, tuple[Notice, ...]]:
    try:
        table = document.get_toc()
    except MUPDF_ERRORS as error:
        return {}, (Notice("unreadable_outline", f"The bookmarks can't be decoded ({error})."),)
    entries: dict[int, list[tuple[int, str]]] = {}
    for level, title, page in table:
        entries.setdefault(page, []).append((level, clean(title)))
    return entries, ()


def _blocks(read: Sequence[Page], outline: Outline) -> tuple[Block, ...]:
    heads = running_heads([page.content for page in read])
    pages = [read_text(page.content, heads[page.content.number]) for page in read]
    rows = [row for page in pages for row in page.all_rows]
    leading = pdf_rows.leading(rows)
    drafts = pdf_structure.join_pages(
        [page_drafts(text, leading, page.pictures) for text, page in zip(pages, read, strict=True)]
    )
    blocks = compose_all(drafts, rows, outline)
    turns = {page.content.number: page.turn for page in read if page.turn}
    return tuple(with_boxes(b, partial(_as_printed, turns)) if turns else b for b in blocks)


def _as_printed(turns: Mapping[int, Turn], box: Box) -> Box:
    """Turn a box of a scan that lies on its side back to where it is on the page."""
    turn = turns.get(box.page)
    return box_of(turn.back(box.x0, box.y0, box.x1, box.y1), box.page) if turn else box


def _title(document: Any, blocks: Sequence[Block], file: Path) -> str:
    title = clean(document.metadata.get("title") or "").strip()
    stem = file.stem.casefold()
    if title and title.casefold() != stem and not _JUNK_TITLE.match(title):
        return title
    for block in blocks:
        if block.spans and block.spans[0].box.page > 1:
            break
        if block.kind is BlockKind.HEADING:
            return block.text
    return title_of(file)


def _metadata(document: Any) -> dict[str, object]:
    found: dict[str, object] = {}
    author = clean(document.metadata.get("author") or "").strip()
    if author:
        found["author"] = author
    date = _DATE.match(document.metadata.get("creationDate") or "")
    if date:
        day, clock = date.group("day"), date.group("clock")
        time = "T" + ":".join(clock[at : at + 2] for at in (0, 2, 4)) if clock else ""
        found["created"] = f"{day[:4]}-{day[4:6]}-{day[6:]}{time}"
    return found


def _notices(document: Any, pages: Pages) -> tuple[Notice, ...]:
    notices = list(pages.notices())
    if document.is_repaired:
        warnings = "; ".join(dict.fromkeys(pymupdf.TOOLS.mupdf_warnings().split("\n")))
        notices.append(
            Notice("repaired", f"The file was damaged and has been repaired: {warnings}")
        )
    return tuple(notices)
