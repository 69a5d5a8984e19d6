"""What a language model writes, taken apart into sentences while it is still being written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.text import clean, sentences, whole

_LONGEST = 20_000
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL | re.IGNORECASE)
_MARK = r"[\[［【]\^?\s?\d{1,2}(?:\s?[,，、;-]\s?\d{1,2})*\s?[\]］】]"
_MARKS = re.compile(rf"\s*{_MARK}(?:\s*{_MARK})*")
# What may become marks, or thoughts, once more of it is there.
_BEGUN = re.compile(r"(?:\s*[\[［【][\^\s\d,，、;-]*|<(?:t(?:h(?:i(?:nk?)?)?)?)?)\Z", re.IGNORECASE)
_ENDERS = "。！？!?；;….："
# Marks may stand before or after what ends a sentence: both end it.
_AFTER_END = re.compile(rf"([{_ENDERS}]+[”’」』）)\"*_]*)({_MARKS.pattern})")
_CITED_END = re.compile(rf"{_MARKS.pattern}(?:[{_ENDERS}]+[”’」』）)\"*_]*|(?=\n|\Z))")
_NUMBERS = re.compile(r"(\d{1,2})(?:\s?-\s?(\d{1,2}))?")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,2}[.)、])\s+")
_FORMULAS = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$|(?P<open>\$\$|\$[^$\n]*\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A sentence as a model wrote it, without its marks, and the quotes that these number."""

    text: str
    numbers: tuple[int, ...]
    gap: str


class DraftReader:
    """Takes a text in any portions; each sentence comes out once nothing can change it any more.

    Marks may follow the end of a sentence, so it is whole when the next one has begun.
    """

    def __init__(self) -> None:
        self._written = ""
        self._given = 0

    @property
    def is_full(self) -> bool:
        """Whether more would not be read."""
        return len(self._written) >= _LONGEST

    def read(self, words: str) -> list[Drafted]:
        """Take the next words; returns the sentences that they complete."""
        self._written = (self._written + words)[:_LONGEST]
        text = _normal(_BEGUN.sub("", self._written))
        settled = _settled(text)
        drafted = list(_drafted(text))
        whole_ones = [draft for draft, end in drafted[:-1] if end <= settled]
        return self._new(whole_ones)

    def rest(self) -> list[Drafted]:
        """The sentences that are left when nothing follows."""
        return self._new([draft for draft, _ in _drafted(_normal(self._written))])

    def _new(self, drafted: list[Drafted]) -> list[Drafted]:
        new = drafted[self._given :]
        self._given += len(new)
        return new


def _normal(written: str) -> str:
    text = clean(whole(_THOUGHTS.sub("", written))).replace("\r\n", "\n").strip()
    return _AFTER_END.sub(lambda found: f"{found[2]}{found[1]}", text)


def _settled(text: str) -> int:
    """Where a formula begins that may yet end: sentences are not cut inside formulas."""
    begun = next((found for found in _FORMULAS.finditer(text) if found["open"]), None)
    return len(text) if begun is None else begun.start()


def _drafted(text: str) -> Iterator[tuple[Drafted, int]]:
    """Sentences, with where they end."""
    position = 0
    for start, end in _cut(text):
        between = text[position:start]
        position = end
        gap = "\n\n" if "\n" in between else " " * bool(between)
        written = text[start:end]
        words = _MARKS.sub("", _ITEM.sub("", written, count=1) if _starts(written) else written)
        if any(character.isalnum() for character in words):
            yield Drafted(words.strip(), _numbers(written), gap), end


def _starts(written: str) -> bool:
    return _ITEM.match(written) is not None


def _cut(text: str) -> Iterator[tuple[int, int]]:
    """Sentences; where marks stand before an end, one ends there whatever follows."""
    start = 0
    ends = [found.end() for found in _CITED_END.finditer(text)]
    for end in [*ends, len(text)]:
        yield from ((start + low, start + high) for low, high in sentences(text[start:end]))
        start = end


def _numbers(written: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for marks in _MARKS.finditer(written):
        for found in _NUMBERS.finditer(marks.group()):
            first = int(found[1])
            numbers += range(first, int(found[2] or first) + 1)
    return tuple(dict.fromkeys(numbers))
