"""Fonts of a PDF: what their names say about style, and a short cut for slow ones."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import pymupdf
from pymupdf import mupdf

_BOLD = re.compile(r"bold|black|heavy|semibold|demi|medium|medi\b", re.IGNORECASE)
_MONOSPACED = re.compile(
    r"mono|courier|consol|menlo|monaco|sourcecode|firacode|typewriter|cmtt|lmtt|inconsolata",
    re.IGNORECASE,
)
_MATH = re.compile(
    r"katex|mathjax|^mjx|math|^(?:(?:cm|lm|mt|[prt]tx|[tp]x|newtx|newpx)(?:mi|sy|ex|bsy|mib)"
    r"|ms[ab]m|eu[efrsx][mx]|esint|rsfs|stix|symbol)",
    re.IGNORECASE,
)
# Fonts of large operators and delimiters: KaTeX and MathJax have one for each of four sizes.
_SIZED = re.compile(r"(?:katex_size|mjx.*[-_]s(?:ize)?)([1-4])\b", re.IGNORECASE)
_EXTENSION = re.compile(r"^(?:cmex|lmex|lmmathext|euex|[tp]xex|esint)", re.IGNORECASE)
EXTENSION_FONT = 5
_MAPPED = re.compile(rb"^<([0-9A-F]{2})>", re.MULTILINE | re.IGNORECASE)
_TYPE_3 = re.compile(r"^Type3 \((\d+) 0 R\)")
_NAME_AND_FLAGS = itemgetter("font", "flags")
# The glyph that Skia (Chrome) puts in every unused place of a Type 3 font.
_FILLER = "g0"


@dataclass(frozen=True, slots=True)
class FontStyle:
    """What matters of a font.

    ``stage`` is 1 to 4 in fonts of large symbols, ``EXTENSION_FONT`` in TeX's where characters
    are bare codes, otherwise 0.
    """

    bold: bool
    monospaced: bool
    math: bool
    stage: int = 0


class Fonts:
    """Styles of a document's fonts, each looked up once."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._pdf = mupdf.pdf_document_from_fz_document(document)
        self._shortened: set[int] = set()
        self._known: dict[tuple[str, int], FontStyle] = {}
        self._styles: dict[FontStyle, FontStyle] = {}
        # TeX's fonts of large symbols that say which characters their codes stand for.
        self._with_characters: set[str] = set()

    def styles(self, spans: Sequence[Mapping[str, Any]]) -> list[FontStyle]:
        """Return the styles of the fonts of spans; equal styles are the same object."""
        known = self._known
        try:
            return list(map(known.__getitem__, map(_NAME_AND_FLAGS, spans)))
        except KeyError:
            for key in map(_NAME_AND_FLAGS, spans):
                style = self._read(*key)
                known[key] = self._styles.setdefault(style, style)
            return self.styles(spans)

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
            stage=0 if name in self._with_characters else _stage(name),
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
            self._note_characters(font)
            glyphs = mupdf.pdf_dict_gets(font, "CharProcs")
            if mupdf.pdf_is_dict(glyphs) and _is_filled(font):
                mupdf.pdf_dict_dels(glyphs, _FILLER)

    def _note_characters(self, font: Any) -> None:
        name = mupdf.pdf_to_name(mupdf.pdf_dict_gets(font, "BaseFont")).rpartition("+")[2]
        table = mupdf.pdf_dict_gets(font, "ToUnicode")
        if _EXTENSION.match(name) and mupdf.pdf_is_stream(table):
            lines = mupdf.pdf_load_stream(table).fz_buffer_extract_copy()
            codes = _MAPPED.findall(lines.partition(b"endcodespacerange")[2])
            # Some tables name the pieces of delimiters only, which are at 30 to 45.
            if any(code < b"30" or code > b"45" for code in codes if code < b"80"):
                self._with_characters.add(name)


def _stage(name: str) -> int:
    sized = _SIZED.search(name)
    if sized:
        return int(sized.group(1))
    return EXTENSION_FONT if _EXTENSION.match(name) else 0


def _is_filled(font: Any) -> bool:
    """Tell whether the filler stands in more than one place of the encoding (four are tried)."""
    names = mupdf.pdf_dict_gets(mupdf.pdf_dict_gets(font, "Encoding"), "Differences")
    count = mupdf.pdf_array_len(names)
    tried = {count // 8, count // 4, count // 2, count * 3 // 4, count - 2}
    found = [mupdf.pdf_to_name(mupdf.pdf_array_get(names, place)) for place in tried]
    return found.count(_FILLER) > 1
