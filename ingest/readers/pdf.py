"""PDF files: the text layer in the order of reading, with boxes, structure and tables."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymupdf
from pymupdf import mupdf

from ingest.errors import DamagedFile, EncryptedFile, FileTooLarge, UnreadableFile, UnsupportedFile
from ingest.model import Block, BlockKind, Notice, ParsedDocument
from ingest.readers import pdf_layout, pdf_rows, pdf_structure
from ingest.readers.pdf_blocks import Draft, in_reading_order, make_drafts
from ingest.readers.pdf_fonts import Fonts
from ingest.readers.pdf_lines import PageContent, read_page
from ingest.readers.pdf_rows import Row
from ingest.readers.pdf_tables import find_tables
from ingest.readers.pdf_text import compose, vocabulary
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
_MUPDF_ERRORS = (mupdf.FzErrorBase, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class _Pages:
    """The readable pages of a document and the numbers of the others."""

    contents: tuple[PageContent, ...]
    unreadable: tuple[int, ...]
    pictures_only: tuple[int, ...]


def read_pdf(
    file: Path, settings: ReadSettings, services: ReaderServices = ALONE
) -> ParsedDocument:
    """Read the text layer of a PDF; pages without one are named in a notice."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    pymupdf.TOOLS.reset_mupdf_warnings()
    _check_header(file)
    with _open(file) as document:
        _check(document, file, settings)
        pages = _read_pages(document, file)
        outline, notices = _outline(document)
        blocks = _blocks(pages.contents, outline)
        return ParsedDocument(
            title=_title(document, blocks, file),
            format="pdf",
            blocks=blocks,
            page_count=document.page_count,
            notices=notices + _notices(document, pages),
            metadata=_metadata(document),
        )


def _check_header(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEADER_WITHIN + 5)
    except OSError as error:
        hint = "Check that the file is there and may be read."
        raise UnreadableFile(f"{file.name}: {error.strerror}", hint) from error
    if not head:
        raise DamagedFile(f"{file.name}: the file is empty", "Save or download it again.")
    if b"%PDF-" not in head:
        hint = "Rename it after what it is, or export it as PDF."
        raise UnsupportedFile(f"{file.name}: not a PDF, whatever its name says", hint)


def _open(file: Path) -> Any:
    try:
        return pymupdf.open(file, filetype="pdf")
    except _MUPDF_ERRORS as error:
        raise _damaged(file, f"can't be decoded ({error})") from error


def _damaged(file: Path, what: str) -> DamagedFile:
    return DamagedFile(f"{file.name}: {what}", "Save, export or download it again.")


def _check(document: Any, file: Path, settings: ReadSettings) -> None:
    if document.needs_pass:
        hint = "Save a copy without a password."
        raise EncryptedFile(f"{file.name}: the PDF needs a password", hint)
    try:
        count = document.page_count
    except _MUPDF_ERRORS as error:
        raise _damaged(file, f"its pages can't be found ({error})") from error
    if count == 0:
        raise _damaged(file, "the PDF has no pages; it may be truncated")
    if count > settings.max_pages:
        hint = "Split it, or raise COURSEGRAPH_MAX_PAGES."
        raise FileTooLarge(f"{file.name}: {count} pages are more than {settings.max_pages}", hint)


def _read_pages(document: Any, file: Path) -> _Pages:
    fonts = Fonts(document)
    contents: list[PageContent] = []
    unreadable: list[int] = []
    pictures_only: list[int] = []
    reason = ""
    for index in range(document.page_count):
        try:
            fonts.shorten(index)
            page = document.load_page(index)
            content = read_page(page, fonts)
            contents.append(content)
            text = any(line.text.strip() for line in content.lines)
            if not text and (content.drawings or page.get_images()):
                pictures_only.append(index + 1)
        except _MUPDF_ERRORS as error:
            if "alloc" in str(error):  # the page may be well; the memory limit was reached
                raise MemoryError from error
            unreadable.append(index + 1)
            reason = str(error)
    if not contents:
        raise _damaged(file, f"none of its pages can be decoded ({reason})")
    return _Pages(tuple(contents), tuple(unreadable), tuple(pictures_only))


def _outline(document: Any) -> tuple[pdf_structure.Outline, tuple[Notice, ...]]:
    try:
        table = document.get_toc()
    except _MUPDF_ERRORS as error:
        return {}, (Notice("unreadable_outline", f"The bookmarks can't be decoded ({error})."),)
    entries: dict[int, list[tuple[int, str]]] = {}
    for level, title, page in table:
        entries.setdefault(page, []).append((level, clean(title)))
    return entries, ()


def _blocks(contents: Sequence[PageContent], outline: pdf_structure.Outline) -> tuple[Block, ...]:
    heads = pdf_layout.running_heads(contents)
    pages = [_rows(content, heads) for content in contents]
    rows = [row for found, _ in pages for row in found]
    leading = pdf_rows.leading(rows)
    drafts = pdf_structure.join_pages(
        [in_reading_order(make_drafts(found, leading) + tables) for found, tables in pages]
    )
    pdf_structure.mark_headings(drafts, outline, pdf_layout.common_size(rows))
    pdf_structure.nest_lists(drafts)
    words = vocabulary(rows)
    composed = (compose(draft, words) for draft in drafts)
    return tuple(block for block in composed if block is not None)


def _rows(content: PageContent, heads: set[tuple[int, int]]) -> tuple[list[Row], list[Draft]]:
    tables = find_tables(content)
    taken = {place for table in tables for place in table.lines}
    taken |= {place for page, place in heads if page == content.number}
    places = [place for place in range(len(content.lines)) if place not in taken]
    lines = [content.lines[place] for place in places]
    columns = pdf_layout.columns(lines)
    rows = pdf_rows.make_rows(content.number, list(zip(columns, lines, strict=True)))
    pdf_layout.mark_boxes(content, rows)
    pdf_layout.mark_bullets(content, rows)
    drafts: list[Draft] = []
    for table in tables:
        inside = [(0, content.lines[place]) for place in sorted(table.lines)]
        found = pdf_rows.make_rows(content.number, inside)
        drafts.append(Draft(BlockKind.TABLE, found, cells=table.cells))
    return rows, drafts


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
    return clean(file.stem).strip()


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


def _notices(document: Any, pages: _Pages) -> tuple[Notice, ...]:
    notices: list[Notice] = []
    if pages.pictures_only:
        text = "These pages hold pictures or drawings but no text."
        notices.append(Notice("image_only_pages", text, pages.pictures_only))
    if pages.unreadable:
        text = "These pages are damaged and were left out."
        notices.append(Notice("unreadable_pages", text, pages.unreadable))
    if document.is_repaired:
        warnings = "; ".join(dict.fromkeys(pymupdf.TOOLS.mupdf_warnings().split("\n")))
        notices.append(
            Notice("repaired", f"The file was damaged and has been repaired: {warnings}")
        )
    return tuple(notices)
