"""Text in two languages: cleaning, length, language and sentences."""

import re
import unicodedata

from ingest.model import Language

# CJK ideographs and kana; punctuation is not counted as language.
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
CJK_CHARACTER = re.compile(f"[{_CJK}]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_HALVES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")

# NFKC where it only undoes an encoding accident: Kangxi and other radicals, compatibility
# ideographs, Latin ligatures, full-width letters and digits. Superscripts, fractions, circled
# numbers and full-width punctuation mean something and stay.
_ACCIDENT = re.compile(
    "[\u2e80-\u2fdf\uf900-\ufaff\ufb00-\ufb06\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"
)

_ENDERS = "。！？!?；;…"
_CLOSERS = re.escape("”’」』）)]】》\"'*_")
_BOUNDARY = re.compile(
    rf"[{_ENDERS}]+[{_CLOSERS}]*|\n+|(?<=[.])[{_CLOSERS}]*(?=\s+[A-Z\u4e00-\u9fff\[(])"
)
# Chinese text with English terms is Chinese; below the second share it is English.
_ZH_SHARE = 0.5
_EN_SHARE = 0.1
_FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
_WRAPPED_LINE = 50
_LONGEST_ABBREVIATION = 16
_MARKS = re.compile(r"(?:\*\*|__|\*|_)\Z")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|al|Fig|Eq|Sec|No|Dr|Mr|Ms|Prof|St|approx|resp)|\b[A-Z])\.$"
)
_ENUMERATOR = re.compile(r"^\s*(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})\.$")


def clean(text: str) -> str:
    """Remove invisible characters and undo encoding accidents; what a reader sees stays."""
    if text.isascii() and text.isprintable():
        return text
    text = _CONTROL.sub("", _INVISIBLE.sub("", _SPACES.sub(" ", text)))
    return _ACCIDENT.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)


def whole(text: str) -> str:
    """Replace halves of characters (lone surrogates), which no file or answer can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _HALVES.sub("\ufffd", text)
    return text


def one_line(text: str) -> str:
    """The text with each run of white space as one blank."""
    return " ".join(text.split())


def length(text: str) -> int:
    """Reading length in Chinese characters; three other characters count as one."""
    wide = len(CJK_CHARACTER.findall(text))
    return wide + (len(text) - wide) // 3


def language_of(text: str) -> Language:
    """Tell the main language; a text with neither letters nor ideographs counts as mixed."""
    wide = len(CJK_CHARACTER.findall(text))
    words = len(_LATIN_WORD.findall(text))
    if wide == 0 and words == 0:
        return Language.MIXED
    share = wide / (wide + 2 * words)
    if share >= _ZH_SHARE:
        return Language.ZH
    return Language.EN if share < _EN_SHARE else Language.MIXED


def spoken(language: Language | str) -> Language:
    """The language to speak in, or to count as: texts that are not English are mostly Chinese."""
    return Language.EN if language == Language.EN else Language.ZH


def sentences(text: str) -> list[tuple[int, int]]:
    """Cut a text into sentences, as character ranges without surrounding white space.

    Chinese and English enders, closing quotes included; abbreviations, enumerators, decimals
    and formulas between dollar signs are not cut.
    """
    formulas = iter(_FORMULA.finditer(text))
    formula = next(formulas, None)
    ranges: list[tuple[int, int]] = []
    start = 0
    for boundary in _BOUNDARY.finditer(text):
        end = boundary.end()
        while formula is not None and formula.end() <= end:
            formula = next(formulas, None)
        if formula is not None and formula.start() < end:
            continue
        if _goes_on(text, start, boundary):
            continue
        end = _without_opening_marks(text, start, end)
        ranges.append((start, end))
        start = end
    ranges.append((start, len(text)))
    return [trimmed for low, high in ranges if (trimmed := trim(text, low, high))]


def _without_opening_marks(text: str, start: int, end: int) -> int:
    """Leave emphasis marks after a sentence to the next one, unless they close what is open."""
    marks = _MARKS.search(text, start, end)
    if marks is None:
        return end
    is_closing = text.count(marks.group(), start, marks.start()) % 2 == 1
    return end if is_closing else marks.start()


def _goes_on(text: str, start: int, boundary: re.Match[str]) -> bool:
    """Tell whether what looks like the end of a sentence is none."""
    if "\n" in boundary.group():
        return boundary.group() == "\n" and _is_soft_break(text, boundary.start())
    tail = text[max(start, boundary.end() - _LONGEST_ABBREVIATION) : boundary.end()]
    whole = boundary.end() - start <= _LONGEST_ABBREVIATION
    return bool(_ABBREVIATION.search(tail) or (whole and _ENUMERATOR.match(tail)))


def _is_soft_break(text: str, position: int) -> bool:
    """Tell whether a line was only wrapped: long, without an ender, and prose goes on below."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    below = text[position + 1 : position + 2]
    wrapped = len(line) >= _WRAPPED_LINE and line[-1] not in _ENDERS + ".:：|\\"
    return wrapped and (below.islower() or CJK_CHARACTER.match(below) is not None)


def trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Narrow a range to what is not white space; None when nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
