"""Where the glyphs of formulas are printed."""

import math
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ingest.readers.pdf.fonts import EXTENSION_FONT, Fonts, FontStyle
from ingest.readers.pdf.parts import AXIS, Glyphs
from ingest.readers.pdf.shapes import Line, Rectangle
from ingest.readers.pdf.spans import VISIBLE_SIZE
from ingest.readers.pdf.symbols import STROKE
from ingest.text import clean

# What MuPDF takes for the end of a word; as codes of symbols, control characters are printed.
_SPACE = re.compile("[ \u00a0]")
_RUN = re.compile("[^ \u00a0]+")
_IN_WORDS = re.compile("[^\x00-\x20\u00a0]+")
# A gap between characters wider than this, in font sizes, is where others are printed.
_HOLE = 0.12
_LEVEL = 0.5
_SAME = 0.1


class Found(NamedTuple):
    """A line, what MuPDF gave for it, and its numbers of block and line."""

    line: Line
    raw: Mapping[str, Any]
    number: tuple[int, int]


def glyphs_of(found: Sequence[Found], textpage: Any, fonts: Fonts) -> list[Glyphs]:
    """Cut lines into runs of one font and size without spaces, each with its place.

    MuPDF tells places of runs and of words. Where glyphs are drawn out of order, others may stand
    in the middle of a run: only then each character is asked for its place, which takes longer.
    """
    words: dict[tuple[int, int], list[tuple[float, float, str]]] = {}
    if any(_SPACE.search(span["text"]) for one in found for span in one.raw["spans"]):
        for x0, _, x1, _, word, block, line, _ in textpage.extractWORDS():
            words.setdefault((block, line), []).append((x0, x1, word))
    glyphs: list[Glyphs] = []
    for one in found:
        runs = _by_words(one, words.get(one.number, ()), fonts)
        if runs is None:
            return _by_characters(found, textpage, fonts)
        glyphs += runs
    return _by_characters(found, textpage, fonts) if _have_holes(glyphs) else glyphs


def _glyph(text: str, area: Rectangle, baseline: float, size: float, style: FontStyle) -> Glyphs:
    # Control characters are codes of symbols in TeX's extension font.
    sign = text if style.stage == EXTENSION_FONT else clean(text)
    if STROKE in sign and style.math:
        sign = unicodedata.normalize("NFC", sign.replace(STROKE, "\u0338"))
    return Glyphs(sign, area, baseline, size, style.stage)


def _is_symbol(text: str, style: FontStyle, spans: Sequence[Mapping[str, Any]]) -> bool:
    """In TeX's font of large symbols, the code of the space is a parenthesis."""
    return style.stage == EXTENSION_FONT and text == " " and len(spans) == 1


def _by_words(
    one: Found, places: Sequence[tuple[float, float, str]], fonts: Fonts
) -> list[Glyphs] | None:
    """Cut a line by its words; None where that can't be done."""
    spans = one.raw["spans"]
    printed = "".join("".join(_IN_WORDS.findall(span["text"])) for span in spans)
    if places and "".join(word for _, _, word in places) != printed:
        return None
    glyphs: list[Glyphs] = []
    word, in_word = 0, False
    for span, style in zip(spans, fonts.styles(spans), strict=True):
        left, top, right, bottom = span["bbox"]
        text, size = span["text"], span["size"]
        if in_word and _SPACE.match(text):
            word, in_word = word + 1, False
        baseline = _baseline(span, spans)
        if baseline is None:
            return None
        symbols = style.stage == EXTENSION_FONT and _RUN.fullmatch(text)
        if symbols or _is_symbol(text, style, spans):
            area = Rectangle(left, top, right, bottom)
            glyphs.append(_glyph(text, area, baseline, size, style))
            for sign in text:
                inside = bool(_IN_WORDS.match(sign))
                word, in_word = word + (in_word and not inside), inside
            continue
        for run in _RUN.finditer(text):
            ends = run.end() < len(text)
            known = word < len(places)
            if not known and (ends or run.start()):
                return None
            x0 = places[word][0] if known and not in_word else left
            x1 = places[word][1] if known and ends else right
            word, in_word = word + ends, not ends
            if size >= VISIBLE_SIZE:
                area = Rectangle(x0, top, max(x0, x1), bottom)
                glyphs.append(_glyph(run.group(), area, baseline, size, style))
    return [glyph for glyph in glyphs if glyph.text]


def _baseline(span: Mapping[str, Any], spans: Sequence[Mapping[str, Any]]) -> float | None:
    """A run that MuPDF begins with a space of its own says where the run before stands."""
    size: float = span["size"]
    height: float = span["origin"][1]
    if not _SPACE.match(span["text"]) or size < VISIBLE_SIZE or not _RUN.search(span["text"]):
        return height
    known: set[float] = {
        round(other["origin"][1], 1)
        for other in spans
        if abs(other["size"] - size) < size * _SAME and not _SPACE.match(other["text"])
    }
    nearest, *others = sorted(abs(other - height) for other in known) or [math.inf]
    if nearest > size / 2 or (others and others[0] < 2 * nearest + 1):
        return None
    return min(known, key=lambda other: abs(other - height))


def _have_holes(glyphs: Sequence[Glyphs]) -> bool:
    """Tell whether a run of several characters has others in its middle."""
    ordered = sorted(glyphs, key=lambda glyph: glyph.baseline)
    heights = [glyph.baseline for glyph in ordered]
    for glyph in ordered:
        if len(glyph.text) < 2:  # noqa: PLR2004 (one character has no middle)
            continue
        x0, _, x1, _ = glyph.area
        margin = (x1 - x0) / len(glyph.text) / 2
        reach = _LEVEL * glyph.size
        low, high = glyph.baseline - reach, glyph.baseline + reach
        for other in ordered[bisect_left(heights, low) : bisect_right(heights, high)]:
            middle = (other.area.x0 + other.area.x1) / 2
            if other is not glyph and x0 + margin < middle < x1 - margin:
                shift = (other.baseline - AXIS * other.size) - (glyph.baseline - AXIS * glyph.size)
                if abs(shift) < reach:
                    return True
    return False


def _by_characters(found: Sequence[Found], textpage: Any, fonts: Fonts) -> list[Glyphs]:
    """Cut lines by the places of all characters."""
    blocks = [block for block in textpage.extractRAWDICT()["blocks"] if block["type"] == 0]
    glyphs: list[Glyphs] = []
    for one in found:
        block, line = one.number
        spans = blocks[block]["lines"][line]["spans"]
        for span, style in zip(spans, fonts.styles(spans), strict=True):
            text = "".join([character["c"] for character in span["chars"]])
            if _is_symbol(text, style, spans):
                area = Rectangle(*span["bbox"])
                glyphs.append(_glyph(text, area, span["origin"][1], span["size"], style))
            elif span["size"] >= VISIBLE_SIZE:
                glyphs.extend(_runs(span, style))
    return [glyph for glyph in glyphs if glyph.text]


def _runs(span: Mapping[str, Any], style: FontStyle) -> Iterator[Glyphs]:
    size = span["size"]
    text, area, baseline = "", Rectangle(0, 0, 0, 0), 0.0
    for character in span["chars"]:
        sign, place = character["c"], Rectangle(*character["bbox"])
        joins = text and place.x0 - area.x1 < _HOLE * size and place.x1 > area.x1
        if joins and not _SPACE.match(sign) and abs(character["origin"][1] - baseline) < 1:
            text, area = text + sign, area.joined(place)
            continue
        if text:
            yield _glyph(text, area, baseline, size, style)
        text, area, baseline = sign, place, character["origin"][1]
        if _SPACE.match(sign):
            text = ""
    if text:
        yield _glyph(text, area, baseline, size, style)
