"""Word documents: headings, lists with their numbers, tables, formulas, notes, pictures."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from lxml import etree

from ingest.errors import DamagedFile
from ingest.model import Block, BlockKind, Link, Notice, ParsedDocument
from ingest.readers.files import title_of
from ingest.readers.markdown_table import table_block
from ingest.readers.office.docx_content import cells_of, content, paragraphs_of
from ingest.readers.office.docx_numbering import Numbering
from ingest.readers.office.docx_styles import WORD, Style, Styles
from ingest.readers.office.docx_text import Paragraph, ParagraphReader
from ingest.readers.office.drawings import chart_blocks, diagram_blocks
from ingest.readers.office.package import (
    check_package,
    damage_told,
    external_targets,
    parse_part,
    unwrap_alternatives,
)
from ingest.readers.pictures.decoding import PictureTexts
from ingest.recognition import ALONE, ReaderServices
from ingest.settings import ReadSettings
from ingest.text import clean

_NOTE_PARTS = {"footnote": RELATIONSHIP_TYPE.FOOTNOTES, "endnote": RELATIONSHIP_TYPE.ENDNOTES}
_DEEPEST_HEADING = 6


def read_docx(
    file: Path, settings: ReadSettings, services: ReaderServices = ALONE
) -> ParsedDocument:
    """Read a Word document; it has no pages, as its program lays them out anew each time."""
    check_package(file, "word/", settings)
    with damage_told(file):
        document = docx.Document(BytesIO(file.read_bytes()))
        root = document.element.body
        metadata = _metadata(document)
    if root is None:
        raise DamagedFile(f"{file.name}: holds no text", "Save, export or download it again.")
    body = _Body(document.part, settings, services)
    body.add(root)
    body.finish()
    return ParsedDocument(
        title=body.title or title_of(file),
        format="docx",
        blocks=tuple(_below_title(body.blocks)),
        notices=body.notices(),
        links=tuple(dict.fromkeys(body.links)),
        metadata=metadata,
    )


def _below_title(blocks: list[Block]) -> list[Block]:
    """Put headings below the title (level 0), where there is one; the highest level is 1."""
    if not any(block.kind is BlockKind.HEADING and block.level == 0 for block in blocks):
        return blocks
    return [
        replace(block, level=min(block.level + 1, _DEEPEST_HEADING))
        if block.kind is BlockKind.HEADING
        else block
        for block in blocks
    ]


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
        self._broken: list[str] = []
        self._styles = Styles(self._parsed(_related(part, RELATIONSHIP_TYPE.STYLES)))
        self._numbering = Numbering(self._parsed(_related(part, RELATIONSHIP_TYPE.NUMBERING)))
        self._reader = ParagraphReader(external_targets(part))
        self._notes: dict[str, dict[str, Any]] = {}
        self._note_readers: dict[str, ParagraphReader] = {}
        for kind, relation in _NOTE_PARTS.items():
            notes = _related(part, relation)
            self._notes[kind] = _notes(self._parsed(notes), kind)
            targets = external_targets(notes) if notes is not None else {}
            self._note_readers[kind] = ParagraphReader(targets)
        self._titled = ""

    @property
    def title(self) -> str:
        """The paragraph in the style for titles, else the first top heading."""
        headings = (b.text for b in self.blocks if b.kind is BlockKind.HEADING and b.level == 1)
        return " ".join((self._titled or next(headings, "")).split())

    def notices(self) -> tuple[Notice, ...]:
        """What was left out, and what became of the pictures."""
        text = f"Damaged parts were left out: {', '.join(self._broken)}"
        broken = (Notice("unreadable_parts", text),) if self._broken else ()
        return (*broken, *self.pictures.notices())

    def _parsed(self, part: Any | None) -> Any | None:
        """The root of a part; a damaged one costs itself."""
        if part is None:
            return None
        try:
            return parse_part(part.blob)
        except etree.LxmlError:
            self._broken.append(str(part.partname))
            return None

    def add(self, container: Any) -> None:
        """Add what stands in a body, a text box or the only cell of a table."""
        unwrap_alternatives(container)
        for element in content(container):
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
        for names, blocks in ((found.charts, chart_blocks), (found.diagrams, diagram_blocks)):
            for name in names:
                root = self._parsed(self._part.related_parts.get(name))
                self._extend([] if root is None else blocks(root))
        for box in found.boxes:
            self.add(box)
        for kind, name, mark in found.notes:
            self._note(kind, name, mark)

    def _extend(self, blocks: list[Block]) -> None:
        for block in blocks:
            self._append(block)

    def _note(self, kind: str, name: str, mark: str) -> None:
        """Put a note after the paragraph that refers to it, under the same heading."""
        note = self._notes[kind].get(name)
        if note is None:
            return
        found = [self._note_readers[kind].read(one) for one in note.iter(f"{WORD}p")]
        self.links += [link for paragraph in found for link in paragraph.links]
        text = " ".join(paragraph.text for paragraph in found)
        if text.strip():
            self._append(Block(BlockKind.FOOTNOTE, f"{mark} {text.strip()}".strip()))

    def _table(self, element: Any) -> None:
        rows = [cells_of(row) for row in content(element, f"{WORD}tr")]
        frame = rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else None
        if frame is not None:
            self.add(frame)
            return
        hanging: list[Paragraph] = []
        cells = [
            [self._cell(cell, hanging) if cell is not None else "" for cell in row] for row in rows
        ]
        block = table_block(cells)
        if block is not None:
            self._append(block)
        for found in hanging:
            self._add_hanging(found)

    def _cell(self, cell: Any, hanging: list[Paragraph]) -> str:
        texts: list[str] = []
        for paragraph in paragraphs_of(cell):
            style = self._styles.of(paragraph)
            label = self._numbering.label(*style.numbering) if style.numbering else ""
            found = self._reader.read(paragraph)
            hanging.append(found)
            texts.append(f"{label} {found.text}".strip())
        return " ".join(text for text in texts if text)


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
    """A part that a document may have one of."""
    for relation in part.rels.values():
        if relation.reltype == kind and not relation.is_external:
            return relation.target_part
    return None


def _notes(root: Any | None, kind: str) -> dict[str, Any]:
    found = () if root is None else root.iter(f"{WORD}{kind}")
    # Those with a type are the lines that part notes from the text.
    return {one.get(f"{WORD}id"): one for one in found if one.get(f"{WORD}type") is None}
