"""Formulas in pictures: engines read lines, not what stands above what, so most come out maimed."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.recognition import OMITTED, RecognizedLine
from ingest.text import CJK_CHARACTER, length

_RELATION = re.compile(
    "(?<!=)=(?!=)|[\u2190\u2208\u221d\u2248\u2264\u2265\u220f\u2211\u222b\u221a\u2202\u2207]"
)
_SIGN = re.compile(r"[\u0370-\u03ff\u2032\u2190-\u22ff\u00b1\u00d7\u00f7\d()\[\]{}|+*/^_=<>−-]")
# What stands loose only where a formula was taken apart.
_LOOSE = re.compile("[\u0370-\u03ff\u2200-\u22ff\u00b7\u00d7+]")
# A word, and no name of a function before what it is of.
_WORD = re.compile(
    rf"\b(?!(?:log|exp|sin|cos|tan|max|min|arg\w*|lim|softmax)\b)[A-Za-z]{{3,}}\b(?!\()"
    rf"|\b(?:if|do|to|of|is|in|or|as|by|we)\b|{CJK_CHARACTER.pattern}"
)
_NUMBER = re.compile(r"^\W?\d{1,3}\W$")
_MOST_WORDS, _LONGEST, _LONGEST_NAME = 2, 20, 2
# "K = 4" and "p90 <= 40 ms" hold no more than an engine can read; "i=1" is where a sum begins.
_PLAIN = re.compile(
    r"^(?![a-z]\s*=\s*[01]$)[\w ]*[<>]?[=≈≤≥]\s*[-\d.,e%]+(?:\s*[A-Za-z]{2,}[A-Za-z/ ]*)?$"
)
_OPENING, _CLOSING = "([{（", ")]}）"
_ENUMERATOR = re.compile(r"^\W?\w{1,3}[)）]")
_UNFINISHED = re.compile(r"^[=≈≤≥+×/·^]|[=≈≤≥∈∝+×/·^<(\[{−-]$")
_CODE = re.compile(
    r"^\s*(?:def|class|import|from|return|elif|print)\b|\w_\w|\w\.\w+\(|[;{]$|==|\+=|\):$"
)
_FEWEST_CODE = 2
_DOUBTFUL = 0.8
# A numerator shares so much of its height with what it stands beside; it hardly stands over it.
_HALF_BESIDE, _OVERLAP = (0.15, 0.6), 0.5
# Pieces of one formula are no further apart, in heights: side by side, and one above the other.
_BESIDE, _BELOW = 1.0, 0.3


def without_maimed(lines: Sequence[RecognizedLine]) -> list[RecognizedLine]:
    """Let a mark stand where a formula was seen of which something seems to be missing.

    Where one is maimed, the others of the picture are not to be trusted either: a prime or an
    exponent that was overlooked leaves no trace.
    """
    code = sum(bool(_CODE.search(line.text)) for line in lines) >= _FEWEST_CODE
    pieces = [place for place, line in enumerate(lines) if _is_piece(line)]
    equations = [place for place in pieces if _is_equation(lines[place].text)]
    maimed = {
        place
        for place in equations
        if _is_stacked(lines, place, pieces) or not (code or _is_whole(lines[place]))
    }
    if not maimed:
        return list(lines)
    if not code:
        maimed |= {*equations, *(place for place in pieces if _is_loose(lines[place].text))}
    return _marked(lines, _groups(lines, maimed, pieces))


def _is_equation(text: str) -> bool:
    return bool(_RELATION.search(text)) and not _PLAIN.match(text)


def _is_loose(text: str) -> bool:
    return not _WORD.search(text) and (bool(_LOOSE.search(text)) or not _is_balanced(text))


def _is_balanced(text: str) -> bool:
    text = _ENUMERATOR.sub("", text)
    opened, closed = (sum(map(text.count, marks)) for marks in (_OPENING, _CLOSING))
    return opened == closed


def _is_piece(line: RecognizedLine) -> bool:
    """Tell whether a line may be a formula, or a piece of one: signs, and hardly a word."""
    text = line.text
    words, size = len(_WORD.findall(text)), length(text)
    if _NUMBER.match(text):
        return False  # of an equation, or of a step
    if _RELATION.search(text):
        return words <= _MOST_WORDS and size <= 2 * _LONGEST
    return size <= _LONGEST and (not words or (words == 1 and bool(_SIGN.search(text))))


def _is_whole(line: RecognizedLine) -> bool:
    ends = not _UNFINISHED.search(line.text)
    return ends and _is_balanced(line.text) and line.confidence >= _DOUBTFUL


def _is_stacked(lines: Sequence[RecognizedLine], place: int, pieces: Sequence[int]) -> bool:
    """Tell whether pieces stand half above or below an equation's end, as parts of fractions."""
    line = lines[place]
    return any(_is_half_beside(line, lines[other]) for other in pieces if other != place)


def _is_half_beside(line: RecognizedLine, other: RecognizedLine) -> bool:
    low, high = _HALF_BESIDE
    smaller = min(line.y1 - line.y0, other.y1 - other.y0)
    narrower = min(line.x1 - line.x0, other.x1 - other.x0)
    across, down = _shared(line, other)
    beside = -_BESIDE * max(line.y1 - line.y0, other.y1 - other.y0) < across < _OVERLAP * narrower
    return beside and low * (line.y1 - line.y0) < down < high * smaller


def _shared(line: RecognizedLine, other: RecognizedLine) -> tuple[float, float]:
    """How far two lines overlap across and down; below 0, how far they are apart."""
    across = min(line.x1, other.x1) - max(line.x0, other.x0)
    return across, min(line.y1, other.y1) - max(line.y0, other.y0)


def _groups(
    lines: Sequence[RecognizedLine], maimed: set[int], pieces: Sequence[int]
) -> list[set[int]]:
    """Put what belongs to each maimed formula together: the pieces near it, and theirs."""
    free = set(range(len(lines)))
    groups: list[set[int]] = []
    for first in sorted(maimed):
        if first not in free:
            continue
        group, new = {first}, [first]
        free.discard(first)
        while new:
            line = lines[new.pop()]
            near = {at for at in free if _belongs(lines[at], line, at in pieces)}
            group |= near
            free -= near
            new += near
        groups.append(group)
    return groups


def _belongs(line: RecognizedLine, other: RecognizedLine, piece: bool) -> bool:
    across, down = _shared(line, other)
    low, high = sorted((line.y1 - line.y0, other.y1 - other.y0))
    if not piece:  # a name set as an index overlaps what it is the index of
        name = length(line.text) <= _LONGEST_NAME and not CJK_CHARACTER.search(line.text)
        return name and across > 0 and down > _HALF_BESIDE[0] * low
    beside = across > -_BESIDE * high and down > _HALF_BESIDE[0] * low
    return beside or (across > 0 and down > -_BELOW * low)


def _marked(lines: Sequence[RecognizedLine], groups: Sequence[set[int]]) -> list[RecognizedLine]:
    firsts = {min(group): [lines[place] for place in sorted(group)] for group in groups}
    inside = set().union(*groups)
    kept: list[RecognizedLine] = []
    for place, line in enumerate(lines):
        if place in firsts:
            kept.append(_mark(firsts[place]))
        elif place not in inside:
            kept.append(line)
    return kept


def _mark(group: Sequence[RecognizedLine]) -> RecognizedLine:
    return replace(
        group[0],
        text=OMITTED,
        confidence=min(line.confidence for line in group),
        x0=min(line.x0 for line in group),
        y0=min(line.y0 for line in group),
        x1=max(line.x1 for line in group),
        y1=max(line.y1 for line in group),
    )
