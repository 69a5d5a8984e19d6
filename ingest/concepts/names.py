"""Names of concepts: one key for all spellings, and where a name may begin and end in a text."""

import re
import unicodedata
from functools import lru_cache

from ingest.text import CJK_CHARACTER

# Spaces and hyphens inside a name, and the markup of emphasis and code, are spelling.
_SPELLING = re.compile(r"[\s\-‐‑–_*`·]+")
_LATIN = "A-Za-z0-9"
_LETTER_OR_DIGIT = re.compile(f"[{_LATIN}\u00c0-\u024f\u0370-\u03ff]")
_JOINED_BEFORE = re.compile(rf"[{_LATIN}][-‐‑–_/.]?\Z")
# "GPT-5" is no "GPT" and "RAG-Fusion" no "RAG", but "RAG-based" speaks of RAG.
_JOINED_AFTER = re.compile(rf"[{_LATIN}]|[-‐‑–_.]?\d|[-‐‑–_][A-Z]")
# A letter with an index in a formula: R_1 is no R1.
_INDEXED = re.compile(rf"[{_LATIN}]_\{{?\d")
_PLURAL = re.compile(r"s(?![A-Za-z0-9])")
_LONGEST_WORD = 8
_KEPT = 65536  # keys of names: the same few thousand are looked for in every sentence


@lru_cache(_KEPT)
def name_key(name: str) -> str:
    """The key that all spellings of a name share: case, width, spaces and hyphens don't count."""
    return squash(name)[0]


def squash(text: str) -> tuple[str, list[int]]:
    """A text as keys are written, with the place in the text of each of its characters."""
    pieces: list[str] = []
    places: list[int] = []
    start = 0
    for gap in _SPELLING.finditer(text):
        _take(text, start, gap.start(), pieces, places)
        start = gap.end()
    _take(text, start, len(text), pieces, places)
    return "".join(pieces), places


def _take(text: str, start: int, end: int, pieces: list[str], places: list[int]) -> None:
    if start == end:
        return
    piece = text[start:end]
    folded = unicodedata.normalize("NFKC", piece).casefold()
    if len(folded) == len(piece):
        pieces.append(folded)
        places.extend(range(start, end))
        return
    for place in range(start, end):  # ligatures and the like change the length
        folded = _folded(text[place])
        pieces.append(folded)
        places.extend([place] * len(folded))


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    return unicodedata.normalize("NFKC", character).casefold()


def stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether a name at ``[start, end)`` is a name there and no part of a longer word."""
    if _LETTER_OR_DIGIT.match(text[start]) and _JOINED_BEFORE.search(
        text[max(0, start - 2) : start]
    ):
        return False
    if _INDEXED.search(text, start, end):
        return False
    if not _LETTER_OR_DIGIT.match(text[end - 1]):
        return True
    return not _JOINED_AFTER.match(text, end) or _PLURAL.match(text, end) is not None


def is_spelled(name: str, text: str, start: int, end: int) -> bool:
    """Tell whether an English word that only looks like a name, once lower-cased, is meant as it.

    ``react`` in English prose is a verb; ``ReAct`` is a method, and so is ``react`` between
    Chinese words.
    """
    if not has_telling_case(name) or text[start:end] != text[start:end].lower():
        return True
    before, after = text[:start].rstrip()[-1:], text[end:].lstrip()[:1]
    return CJK_CHARACTER.search(before + after) is not None


@lru_cache(maxsize=8192)
def has_telling_case(name: str) -> bool:
    """Whether a name is one short word with capitals in it, which other words may look like."""
    return name.isascii() and name.isalpha() and len(name) <= _LONGEST_WORD and name != name.lower()
