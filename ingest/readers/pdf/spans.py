"""Spans of MuPDF, which are runs of one font and size, to lines."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import pymupdf

from ingest.readers.pdf.fonts import EXTENSION_FONT, Fonts, FontStyle
from ingest.readers.pdf.parts import AXIS
from ingest.readers.pdf.shapes import Line, Rectangle
from ingest.readers.pdf.symbols import ACCENTS, EXTENSION, NAMES
from ingest.readers.tex import group
from ingest.text import CJK_CHARACTER, clean

# KaTeX and others print struts: characters too small to be seen.
VISIBLE_SIZE = 2.0
_HORIZONTAL = 0.98
# From here on, characters are as wide as high; monospaced fonts lack them.
_FIRST_WIDE = "\u2e80"
_SCRIPT = 0.86
_SHIFT = 0.1
# So many Chinese characters in a formula are still no prose.
_MOST_WIDE = 4
_WORD = re.compile(r"[^\W\d_]{2,}")
_GREEK = re.compile("[\u0370-\u03ff]")
_SIGNS_OF_LISTS = frozenset("•●◦○▪■□◆◇‣➢➤✓✔")

Span = Mapping[str, Any]
_SIZE, _TEXT = itemgetter("size"), itemgetter("text")


def turned(bbox: Sequence[float], turn: Any) -> Rectangle:
    """Return where something stands on the page as it is shown."""
    if turn is None:
        return Rectangle._make(bbox)
    rectangle = pymupdf.Rect(bbox) * turn
    return Rectangle(rectangle.x0, rectangle.y0, rectangle.x1, rectangle.y1)


def read_line(raw: Mapping[str, Any], block: int, fonts: Fonts, turn: Any, ruled: bool) -> Line:
    """Make a line of MuPDF's; ``ruled`` keeps the places of its spans."""
    spans: list[Span] = raw["spans"]
    # MuPDF makes a span of each word where a file prints no spaces: up to 30 a line.
    one_size = len(set(map(_SIZE, spans))) == 1
    if not one_size:
        spans = [span for span in spans if span["size"] >= VISIBLE_SIZE] or spans
    styles = fonts.styles(spans)
    first = styles[0]
    uniform = styles.count(first) == len(styles)
    text = "".join(map(_TEXT, spans))
    main = spans[0] if one_size else main_span(spans, styles)
    origin, direction = main["origin"], raw["dir"]
    if turn is not None:
        origin = pymupdf.Point(origin) * turn
        a, b, c, d = turn.a, turn.b, turn.c, turn.d
        direction = (direction[0] * a + direction[1] * c, direction[0] * b + direction[1] * d)
    soft_hyphen = not text.isascii() and text.rstrip().endswith("\u00ad")
    signs, math = (0, False) if uniform and not first.math else _signs(spans, styles)
    if not math and turn is None and (signs or (len(spans) > 1 and _GREEK.search(text))):
        text = marked(spans, styles, main["size"])
    return Line(
        clean(text),
        turned(raw["bbox"], turn),
        origin[1],
        round(main["size"] * 2) / 2,
        block,
        first.bold if uniform else _is_bold(spans, styles),
        math,
        float(first.monospaced) if uniform else _monospaced_share(spans, styles),
        direction[0] > _HORIZONTAL,
        soft_hyphen,
        _cuts(raw["spans"], turn) if ruled and len(raw["spans"]) > 1 else (),
        None,
        signs,
        main["color"],
    )


def _cuts(
    spans: Sequence[Span], turn: Any
) -> tuple[tuple[str, tuple[float, float, float, float]], ...]:
    if turn is None:
        return tuple([(span["text"], span["bbox"]) for span in spans])
    return tuple((span["text"], turned(span["bbox"], turn)) for span in spans)


def main_span(spans: Sequence[Span], styles: Sequence[FontStyle]) -> Span:
    """Return a span of the size of most letters; formulas count only where nothing else stands."""
    if len(set(map(_SIZE, spans))) == 1:
        return spans[0]
    sizes: dict[float, int] = {}
    first: dict[float, Span] = {}
    pairs = zip(spans, styles, strict=True)
    words = [span for span, style in pairs if not style.math and span["text"].strip()]
    for span in words or spans:
        size = span["size"]
        sizes[size] = sizes.get(size, 0) + len(span["text"])
        first.setdefault(size, span)
    return first[max(sizes, key=sizes.__getitem__)]


def _is_bold(spans: Sequence[Span], styles: Sequence[FontStyle]) -> bool:
    found = False
    for span, style in zip(spans, styles, strict=True):
        if style.bold:
            found = True
        elif any(map(str.isalpha, span["text"])):
            return False
    return found


def _signs(spans: Sequence[Span], styles: Sequence[FontStyle]) -> tuple[int, bool]:
    """Count the characters in mathematical fonts; tell whether they are most of the letters."""
    if not any(style.math for style in styles):
        return 0, False
    signs = other = wide = 0
    full = _SCRIPT * max(map(_SIZE, spans))
    for span, style in zip(spans, styles, strict=True):
        text = span["text"]
        if style.stage == EXTENSION_FONT:
            signs += len(text)
        elif text == " ":  # as stands between all words
            continue
        elif style.math:
            signs += 0 if text.strip() in _SIGNS_OF_LISTS else len(text.strip())
        elif CJK_CHARACTER.search(text):
            wide += len(text.strip())
        elif span["size"] > full:
            other += letters_of_words(text)
    return signs, signs > other and wide <= min(signs, _MOST_WIDE)


def letters_of_words(text: str) -> int:
    """Count the letters of words; single letters and names of functions are none."""
    return sum(len(word) for word in _WORD.findall(text) if word not in NAMES)


def _monospaced_share(spans: Sequence[Span], styles: Sequence[FontStyle]) -> float:
    """Share of monospaced characters among those that a monospaced font would have."""
    if not any(style.monospaced for style in styles):
        return 0.0
    monospaced = other = 0
    for span, style in zip(spans, styles, strict=True):
        text = span["text"]
        if style.monospaced:
            monospaced += len(text)
        else:
            other += sum(" " < character < _FIRST_WIDE for character in text)
    return monospaced / (monospaced + other) if monospaced else 0.0


def marked(spans: Sequence[Span], styles: Sequence[FontStyle], size: float | None = None) -> str:
    """Write spans that stand in their order, with marks for what is raised or lowered.

    ``size`` is that of most of the text; without it, the largest one.
    """
    size = size or max(map(_SIZE, spans))
    middles = [span["origin"][1] - AXIS * span["size"] for span in spans]
    full = [mid for span, mid in zip(spans, middles, strict=True) if span["size"] == size]
    middle = max(set(full), key=full.count)
    sides = [_side(span, mid, size, middle) for span, mid in zip(spans, middles, strict=True)]
    text, place = "", 0
    while place < len(spans):
        side, end = sides[place], place
        if not side:
            sign = _text(spans[place], styles[place])
            accent = _accent(spans, place, sign)
            text += sign[:-1] if accent else sign
            place += 1
            if accent:  # TeX prints it before its letter
                letter = _text(spans[place], styles[place])
                text += letter[:1] + accent + letter[1:]
                place += 1
            continue
        while end < len(spans) and sides[end] == side:
            end += 1
        inner = marked(spans[place:end], styles[place:end])
        tail = " " if inner[-1:] == " " else ""
        if inner.strip():
            text = text.rstrip() + ("^" if side < 0 else "_") + group(inner.strip()) + tail
        place = end
    return text


def _side(span: Span, middle: float, size: float, main: float) -> int:
    """Return -1 for what is raised, 1 for what is lowered, 0 for the rest."""
    if span["size"] > _SCRIPT * size:
        return 0
    shift = middle - main
    if abs(shift) < _SHIFT * size or not span["text"].strip():
        return 0
    return -1 if shift < 0 else 1


def _accent(spans: Sequence[Span], place: int, sign: str) -> str:
    """Return the combining character of an accent over the first letter of the next span."""
    if sign.isascii():
        return ""
    last = sign[-1:]
    if last.isascii():
        return ""
    accent = last if unicodedata.combining(last) else ACCENTS.get(last, "")
    if not accent or place + 1 == len(spans):
        return ""
    following = spans[place + 1]
    over = following["bbox"][0] < spans[place]["bbox"][2] + 1 and following["text"][:1].isalpha()
    return accent if over else ""


def _text(span: Span, style: FontStyle) -> str:
    text: str = span["text"]
    if style.stage == EXTENSION_FONT and text.strip():
        return "".join(EXTENSION.get(ord(sign), sign) if sign != " " else sign for sign in text)
    return text
