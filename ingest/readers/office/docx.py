"""Word documents: headings, lists with their numbers, tables, formulas, notes, pictures."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE

from ingest.model import Block, BlockKind, Link, ParsedDocument
from ingest.readers.markdown_table import table_block
from ingest.readers.office.docx_numbering import Numbering
from ingest.readers.office.docx_styles import WORD, Style, Styles
from ingest.readers.office.docx_text import Paragraph, ParagraphReader
from ingest.readers.office.drawings import chart_blocks, diagram_blocks
from ingest.readers.office.package import (
    check_package,
    damage_told,
    parse_part,
    unwrap_alternatives,
)
from ingest.readers.pictures.decoding import PictureTexts
from ingest.recognition import ALONE, ReaderServices
from ingest.settings import ReadSettings
from ingest.text import clean

# What only groups other content.
_WRAPPERS = {f"{WORD}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml")}
_NOTE_PARTS = {"footnote": RELATIONSHIP_TYPE.FOOTNOTES, "endnote": RELATIONSHIP_TYPE.ENDNOTES}
# Settings may stand for far more columns than a table has.
_MOST_COLUMNS = 100


def read_docx(
    file: Path, settings: ReadSettings, services: ReaderServices = ALONE
) -> ParsedDocument:
    """Read a Word document; it has no pages, as its program lays them out anew each time."""
    check_package(file, "word/", settings)
    with damage_told(file):
        document = docx.Document(BytesIO(file.read_bytes()))
        body = _Body(document.part, settings, services)
        body.add(document.element.body)
        body.finish()
        return ParsedDocument(
            title=body.title or clean(file.stem).strip() or file.stem,
            format="docx",
            blocks=tuple(body.blocks),
            notices=body.pictures.notices(),
            links=tuple(dict.fromkeys(body.links)),
            metadata=_metadata(document),
        )


def _metadata(document: Any) -> dict[str, object]:
    properties = document.core_properties
    found: dict[str, object] = {}
    author = clean(properties.author or "").strip()
    # The library's own template names itself.
    if author and author != "python-docx":
        found["author"] = author
    if properties.created is not None:
        found["created"] = properties.created.isoformat()
    return found


class _Body:
    """Walks through a document and collects its blocks."""

    def __init__(self, part: Any, settings: ReadSettings, services: ReaderServices) -> None:
        self.blocks: list[Block] = []
        self.links: list[Link] = []
        self.pictures = PictureTexts(settings, services)
        self._part = part
        self._styles = Styles(_related(part, RELATIONSHIP_TYPE.STYLES))
        self._numbering = Numbering(_related(part, RELATIONSHIP_TYPE.NUMBERING))
        self._notes = {kind: _notes(part, kind) for kind in _NOTE_PARTS}
        targets = {name: one.target_ref for name, one in part.rels.items() if one.is_external}
        self._reader = ParagraphReader(targets)
        self._titled = ""

    @property
    def title(self) -> str:
        """The paragraph in the style for titles, else the first top heading."""
        headings = (b.text for b in self.blocks if b.kind is BlockKind.HEADING and b.level == 1)
        return " ".join((self._titled or next(headings, "")).split())

    def add(self, container: Any) -> None:
        """Add what stands in a body, a text box or the only cell of a table."""
        unwrap_alternatives(container)
        for element in _content(container):
            if element.tag == f"{WORD}p":
                self._paragraph(element)
            else:
                self._table(element)

    def finish(self) -> None:
        """Close what is still open."""
        if self.blocks and self.blocks[-1].kind is BlockKind.CODE:
            self._end_code()

    def _paragraph(self, element: Any) -> None:
        style = self._styles.of(element)
        label = self._numbering.label(*style.numbering) if style.numbering else ""
        found = self._reader.read(element)
        if style.is_contents:
            return
        if style.is_title and not self._titled:
            self._titled = found.text
        block = _block(style, found, label)
        if block is not None:
            self._append(block)
        self._add_hanging(found)

    def _append(self, block: Block) -> None:
        # Word has a paragraph for each line of code, empty ones included.
        if block.kind is BlockKind.CODE and self.blocks and self.blocks[-1].kind is BlockKind.CODE:
            block = Block(BlockKind.CODE, f"{self.blocks.pop().text}\n{block.text}")
        else:
            self.finish()
        if block.text or block.kind is BlockKind.CODE:
            self.blocks.append(block)

    def _end_code(self) -> None:
        text = self.blocks.pop().text.strip("\n").rstrip()
        if text.strip():
            self.blocks.append(Block(BlockKind.CODE, text))

    def _add_hanging(self, found: Paragraph) -> None:
        """Add what hangs on a paragraph: links, pictures, charts, text boxes and notes."""
        self.links += found.links
        for name in found.pictures:
            picture = self._part.related_parts.get(name)
            if picture is None:
                self.pictures.fail("it is linked, not stored in the file")
            else:
                self._extend(self.pictures.read(picture.blob))
        for name in found.charts:
            if name in self._part.related_parts:
                self._extend(chart_blocks(parse_part(self._part.related_parts[name].blob)))
        for name in found.diagrams:
            if name in self._part.related_parts:
                self._extend(diagram_blocks(parse_part(self._part.related_parts[name].blob)))
        for box in found.boxes:
            self.add(box)
        for kind, name, mark in found.notes:
            self._note(self._notes[kind].get(name), mark)

    def _extend(self, blocks: list[Block]) -> None:
        for block in blocks:
            self._append(block)

    def _note(self, note: Any | None, mark: str) -> None:
        """Put a note after the paragraph that refers to it, under the same heading."""
        if note is None:
            return
        text = " ".join(self._reader.read(one).text for one in note.iter(f"{WORD}p"))
        if text.strip():
            self._append(Block(BlockKind.FOOTNOTE, f"{mark} {text.strip()}".strip()))

    def _table(self, element: Any) -> None:
        rows = [list(_cells(row)) for row in _content(element, f"{WORD}tr")]
        if len(rows) == 1 and len(rows[0]) == 1:
            self.add(rows[0][0][0])  # a frame around text
            return
        hanging: list[Paragraph] = []
        cells: list[list[str]] = []
        for row in rows:
            line: list[str] = []
            for cell, width, is_first in row:
                line += [self._cell(cell, hanging) if is_first else "", *[""] * (width - 1)]
            cells.append(line)
        block = table_block(cells)
        if block is not None:
            self._append(block)
        for found in hanging:
            self._add_hanging(found)

    def _cell(self, cell: Any, hanging: list[Paragraph]) -> str:
        texts: list[str] = []
        for paragraph in cell.iter(f"{WORD}p"):
            style = self._styles.of(paragraph)
            label = self._numbering.label(*style.numbering) if style.numbering else ""
            found = self._reader.read(paragraph)
            hanging.append(found)
            texts.append(f"{label} {found.text}".strip())
        return " ".join(text for text in texts if text)


def _content(container: Any, *names: str) -> Iterator[Any]:
    """Paragraphs and tables (or rows, or cells) of a container, wrappers opened."""
    wanted = names or (f"{WORD}p", f"{WORD}tbl")
    for child in container:
        if child.tag in wanted:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _content(child, *names)


def _cells(row: Any) -> Iterator[tuple[Any, int, bool]]:
    """Cells of a row: the cell, its columns, and whether it begins here or goes on from above."""
    for cell in _content(row, f"{WORD}tc"):
        width = cell.find(f"{WORD}tcPr/{WORD}gridSpan")
        merged = cell.find(f"{WORD}tcPr/{WORD}vMerge")
        columns = 1 if width is None else int(width.get(f"{WORD}val", "1"))
        goes_on = merged is not None and merged.get(f"{WORD}val") != "restart"
        yield cell, min(max(columns, 1), _MOST_COLUMNS), not goes_on


def _block(style: Style, found: Paragraph, label: str) -> Block | None:
    text = found.text
    kind, level = style.kind, style.level if style.kind is BlockKind.HEADING else 0
    if kind is BlockKind.CODE or (kind is BlockKind.PARAGRAPH and text and found.monospaced):
        return Block(BlockKind.CODE, text)
    text = text.strip()
    if not text:
        return None
    if kind is BlockKind.PARAGRAPH and found.formula_only:
        return Block(BlockKind.FORMULA, text)
    if kind is BlockKind.HEADING:
        text = " ".join(text.split())
    elif kind is BlockKind.PARAGRAPH and style.numbering:
        kind, level = BlockKind.LIST_ITEM, style.level + style.numbering[1]
    return Block(kind, f"{label} {text}" if label else text, level)


def _related(part: Any, kind: str) -> Any | None:
    """The root of a part that a document may have one of."""
    for relation in part.rels.values():
        if relation.reltype == kind and not relation.is_external:
            return parse_part(relation.target_part.blob)
    return None


def _notes(part: Any, kind: str) -> dict[str, Any]:
    root = _related(part, _NOTE_PARTS[kind])
    found = () if root is None else root.iter(f"{WORD}{kind}")
    # Those with a type are the lines that part notes from the text.
    return {one.get(f"{WORD}id"): one for one in found if one.get(f"{WORD}type") is None}
