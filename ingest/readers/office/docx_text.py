"""A paragraph of a Word document to its text, links, formulas and what hangs on it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.model import Link
from ingest.readers.office import omml as office_math
from ingest.readers.office.docx_styles import WORD, is_monospaced
from ingest.readers.office.omml import MATH
from ingest.readers.raised import lowered, raised
from ingest.text import clean

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_VECTOR = "{urn:schemas-microsoft-com:vml}"
_HYPERLINK_FIELD = re.compile(r'\s*HYPERLINK\s+"([^"]+)"', re.IGNORECASE)
_HEXADECIMAL = re.compile("[0-9A-Fa-f]{1,4}")
# Halves of characters, and those that only fonts of symbols have.
_NO_CHARACTER = re.compile("[\ud800-\uf8ff]")
_SKIPPED = {
    f"{WORD}{name}"
    for name in ("del", "moveFrom", "pPr", "rPr", "delText", "instrText", "rt", "sdtPr")
}
_LITERAL = {f"{WORD}cr": "\n", f"{WORD}noBreakHyphen": "-", f"{WORD}tab": "\t"}
_NOTES = {f"{WORD}footnoteReference": "footnote", f"{WORD}endnoteReference": "endnote"}


@dataclass(slots=True)
class Paragraph:
    """What a paragraph holds; the lists name its pictures and parts by relationship."""

    text: str = ""
    links: list[Link] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    charts: list[str] = field(default_factory=list)
    diagrams: list[str] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)  # kind, id, printed mark
    formula_only: bool = True
    monospaced: bool = True


class ParagraphReader:
    """Reads paragraphs one after the other; footnotes are counted through the document."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        self._targets = targets
        self._counted = {"footnote": 0, "endnote": 0}
        self._found = Paragraph()
        self._fields: list[tuple[str, int]] = []

    def read(self, paragraph: Any) -> Paragraph:
        """Read a ``w:p``."""
        found = self._found = Paragraph()
        self._fields = []
        self._inside(paragraph)
        found.formula_only = found.formula_only and "$" in found.text
        # Spaces at the start of a line are code's indentation.
        found.text = clean(found.text).strip("\n").rstrip()
        return found

    def _inside(self, element: Any) -> None:
        for child in element:
            self._child(child)

    def _child(self, child: Any) -> None:
        name = child.tag
        if not isinstance(name, str) or name in _SKIPPED:
            return
        if name == f"{WORD}r":
            self._run(child)
        elif name == f"{WORD}hyperlink":
            self._linked(child, self._targets.get(child.get(f"{RELATION}id", ""), ""))
        elif name == f"{WORD}fldSimple":
            field_code = _HYPERLINK_FIELD.match(child.get(f"{WORD}instr", ""))
            self._linked(child, field_code[1] if field_code else "")
        elif name == f"{MATH}oMathPara":
            self._formula(office_math.lines(child), "$$")
        elif name == f"{MATH}oMath":
            self._formula(office_math.formula(child), "$")
        else:
            self._inside(child)

    def _formula(self, formula: str, marks: str) -> None:
        if formula:
            self._found.text += marks + formula + marks
            self._found.monospaced = False

    def _linked(self, element: Any, target: str) -> None:
        start = len(self._found.text)
        self._inside(element)
        self._link(start, target)

    def _link(self, start: int, target: str) -> None:
        text = " ".join(clean(self._found.text[start:]).split())
        if target and text:
            self._found.links.append(Link(text, target))

    def _run(self, run: Any) -> None:
        settings = run.find(f"{WORD}rPr")
        if settings is not None and _is_on(settings.find(f"{WORD}vanish")):
            return
        found = self._found
        start = len(found.text)
        for child in run:
            self._piece(child)
        added = found.text[start:]
        if not added.strip():
            return
        found.formula_only = False
        found.monospaced = found.monospaced and is_monospaced(settings)
        place = None if settings is None else settings.find(f"{WORD}vertAlign")
        placed = "" if place is None else place.get(f"{WORD}val")
        if placed in ("superscript", "subscript") and not run.findall(f"{WORD}footnoteReference"):
            move = raised if placed == "superscript" else lowered
            found.text = found.text[:start] + move(added)

    def _piece(self, child: Any) -> None:
        name = child.tag
        if not isinstance(name, str) or name in _SKIPPED:
            if name == f"{WORD}instrText" and self._fields:
                code, start = self._fields[-1]
                self._fields[-1] = code + (child.text or ""), start
            return
        if name == f"{WORD}t":
            self._found.text += child.text or ""
        elif name in _LITERAL:
            self._found.text += _LITERAL[name]
        elif name == f"{WORD}br":
            # A page or column break is no part of the text.
            self._found.text += "" if child.get(f"{WORD}type") in ("page", "column") else "\n"
        elif name == f"{WORD}sym":
            self._found.text += _symbol(child.get(f"{WORD}char", ""))
        elif name == f"{WORD}fldChar":
            self._field(child.get(f"{WORD}fldCharType"))
        elif name in _NOTES:
            self._note(_NOTES[name], child)
        elif name in (f"{WORD}drawing", f"{WORD}pict", f"{WORD}object"):
            self._drawing(child)
        else:
            self._child(child)

    def _field(self, kind: str | None) -> None:
        """Follow a field from its begin mark to its end; what it shows stands between."""
        if kind == "begin":
            self._fields.append(("", len(self._found.text)))
        elif kind == "separate" and self._fields:
            self._fields[-1] = self._fields[-1][0], len(self._found.text)
        elif kind == "end" and self._fields:
            code, start = self._fields.pop()
            link = _HYPERLINK_FIELD.match(code)
            self._link(start, link[1] if link else "")

    def _note(self, kind: str, reference: Any) -> None:
        if reference.get(f"{WORD}customMarkFollows") in ("1", "true", "on"):
            mark = ""
        else:
            self._counted[kind] += 1
            mark = raised(str(self._counted[kind]))
        self._found.text += mark
        self._found.notes.append((kind, reference.get(f"{WORD}id", ""), mark))

    def _drawing(self, drawing: Any) -> None:
        found = self._found
        found.formula_only = False
        for element in drawing:
            if element.tag == f"{WORD}txbxContent":
                found.boxes.append(element)  # with all that is in it
                continue
            if element.tag == f"{_DRAWING}blip":
                found.pictures.append(element.get(f"{RELATION}embed", ""))
            elif element.tag == f"{_VECTOR}imagedata":
                found.pictures.append(element.get(f"{RELATION}id", ""))
            elif element.tag == f"{_CHART}chart":
                found.charts.append(element.get(f"{RELATION}id", ""))
            elif element.tag == f"{_DIAGRAM}relIds":
                found.diagrams.append(element.get(f"{RELATION}dm", ""))
            self._drawing(element)


def _symbol(code: str) -> str:
    character = chr(int(code, 16)) if _HEXADECIMAL.fullmatch(code) else ""
    return _NO_CHARACTER.sub("", character)


def _is_on(setting: Any | None) -> bool:
    return setting is not None and setting.get(f"{WORD}val", "1") not in ("0", "false", "off")
