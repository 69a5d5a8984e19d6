"""Fonts of a PDF: what their names say about style, and a short cut for slow ones."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pymupdf
from pymupdf import mupdf

_BOLD = re.compile(r"bold|black|heavy|semibold|demi|medium|medi\b", re.IGNORECASE)
_MONOSPACED = re.compile(
    r"mono|courier|consol|menlo|monaco|sourcecode|firacode|typewriter|cmtt|lmtt|inconsolata",
    re.IGNORECASE,
)
_MATH = re.compile(
    r"katex|mathjax|math|^(?:cm(?:mi|sy|ex|bsy|mib)|ms[ab]m|eu[frs]m|lmmath|rsfs|stix|symbol)",
    re.IGNORECASE,
)
_TYPE_3 = re.compile(r"^Type3 \((\d+) 0 R\)")
# The glyph that Skia (Chrome) puts in every unused place of a Type 3 font.
_FILLER = "g0"


@dataclass(frozen=True, slots=True)
class FontStyle:
    """What matters of a font."""

    bold: bool
    monospaced: bool
    math: bool


class Fonts:
    """Styles of a document's fonts, each looked up once."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._pdf = mupdf.pdf_document_from_fz_document(document)
        self._shortened: set[int] = set()
        self._known: dict[tuple[str, int], FontStyle] = {}

    def style(self, span: Mapping[str, Any]) -> FontStyle:
        """Return the style of a span's font."""
        key = span["font"], span["flags"]
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._read(*key)
        return found

    def _read(self, name: str, flags: int) -> FontStyle:
        type_3 = _TYPE_3.match(name)
        if type_3:  # nameless itself; its descriptor tells what it was made from
            number = int(type_3.group(1))
            name = self._document.xref_get_key(number, "FontDescriptor/FontName")[1].lstrip("/")
        name = name.rpartition("+")[2]
        math = bool(_MATH.search(name))
        return FontStyle(
            bold=not math and bool(flags & pymupdf.TEXT_FONT_BOLD or _BOLD.search(name)),
            monospaced=bool(flags & pymupdf.TEXT_FONT_MONOSPACED or _MONOSPACED.search(name)),
            math=math,
        )

    def shorten(self, index: int) -> None:
        """Drop the filler glyphs of a page's Type 3 fonts from the opened copy.

        Chrome cuts Chinese fonts into hundreds of Type 3 fonts of 256 places each and fills
        unused places with one glyph. MuPDF interprets that glyph once a place, which took three
        quarters of the time of reading text. The filler is never printed, so the text stays the
        same, and so does the file.
        """
        page = mupdf.pdf_lookup_page_obj(self._pdf, index)
        resources = mupdf.pdf_dict_get_inheritable(page, mupdf.pdf_new_name("Resources"))
        fonts = mupdf.pdf_dict_gets(resources, "Font")
        for place in range(mupdf.pdf_dict_len(fonts)):
            font = mupdf.pdf_dict_get_val(fonts, place)
            number = mupdf.pdf_to_num(font)
            if number in self._shortened:
                continue
            self._shortened.add(number)
            glyphs = mupdf.pdf_dict_gets(font, "CharProcs")
            if mupdf.pdf_is_dict(glyphs) and _is_filled(font):
                mupdf.pdf_dict_dels(glyphs, _FILLER)


def _is_filled(font: Any) -> bool:
    """Tell whether the filler stands in more than one place of the encoding (four are tried)."""
    names = mupdf.pdf_dict_gets(mupdf.pdf_dict_gets(font, "Encoding"), "Differences")
    count = mupdf.pdf_array_len(names)
    tried = {count // 8, count // 4, count // 2, count * 3 // 4, count - 2}
    found = [mupdf.pdf_to_name(mupdf.pdf_array_get(names, place)) for place in tried]
    return found.count(_FILLER) > 1
