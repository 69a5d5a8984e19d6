"""Names that a text itself joins: 参数高效微调（Parameter-Efficient Fine-Tuning, PEFT）."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.concepts.words import noun_phrase_at_end
from ingest.text import CJK_CHARACTER

# White space is bounded, so that a run of it costs no more than its length.
_BRACKET = re.compile(
    r"(?P<left>[^\n（()）。，,；;：:！？!?|、“”\"《》【】\[\]]{2,40}?)\s{0,2}[（(]"
    r"(?P<inside>[^\n（()）]{2,80})[)）]"
)
_SEPARATOR = re.compile(r"\s*(?:[,，、/;；：:]|简称为?|缩写为?|又称|也称|即|全称|英文)\s*")
_LATIN_END = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9.+\-]*(?: [A-Za-z0-9][A-Za-z0-9.+\-]*){0,5}\Z"
)
_ACRONYM = re.compile(r"[A-Z][A-Za-z0-9\-]{1,9}\Z")
_ENGLISH = re.compile(r"[A-Za-z][A-Za-z0-9'\-]*(?:[ /][A-Za-z0-9'\-]+){0,6}\Z")
_CHINESE = re.compile(rf"(?:{CJK_CHARACTER.pattern}){{2,12}}\Z")
_WORD = re.compile(r"[A-Za-z0-9]+")
_SMALL_WORDS = frozenset(
    {"of", "the", "and", "for", "in", "on", "with", "to", "a", "an", "by", "from"}
)
_LONGEST_GAP = 2


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names that a text writes for one thing; ``is_sure`` when the letters prove it."""

    one: str
    other: str
    is_sure: bool


def pairs(text: str) -> Iterator[Pair]:
    """Pairs of names that stand before and within brackets."""
    for found in _BRACKET.finditer(text):
        parts = [part for part in _SEPARATOR.split(found["inside"].strip()) if part]
        names = [part for part in parts if _is_name(part)]
        if not names or len(names) < len(parts):
            continue
        left = _name_before(found["left"].rstrip())
        english = [name for name in names if _ENGLISH.match(name) and not _is_acronym(name)]
        acronyms = [name for name in names if _is_acronym(name)]
        full = [*english, left] if _ENGLISH.match(left) else english
        yield from _spelled_out(full, [*acronyms, left])
        yield from _translated(left, names)


def _name_before(left: str) -> str:
    latin = _LATIN_END.search(left)
    return latin.group() if latin else noun_phrase_at_end(left)


def _is_name(part: str) -> bool:
    return _ENGLISH.match(part) is not None or _CHINESE.match(part) is not None


def _is_acronym(name: str) -> bool:
    return _ACRONYM.match(name) is not None and sum(map(str.isupper, name)) > 1


def _spelled_out(english: Sequence[str], acronyms: Sequence[str]) -> Iterator[Pair]:
    for full in english:
        for short in acronyms:
            if short != full and _is_acronym(short) and (name := _abbreviated(short, full)):
                yield Pair(name, short, is_sure=True)


def _translated(left: str, names: Sequence[str]) -> Iterator[Pair]:
    """A Chinese and an English name; who reads it can't be sure where the first one begins."""
    for name in names:
        chinese = [one for one in (left, name) if _CHINESE.match(one)]
        if len(chinese) == 1 and left:
            yield Pair(chinese[0], name if chinese[0] == left else left, is_sure=False)


def _abbreviated(short: str, full: str) -> str:
    """The fewest last words that an acronym abbreviates: "a large language model", LLM."""
    words = full.split(" ")
    ends = (" ".join(words[start:]) for start in range(len(words) - 1, -1, -1))
    return next((end for end in ends if abbreviates(short, end)), "")


def abbreviates(short: str, full: str) -> bool:
    """Tell whether an acronym is made of the first letters of words, in order: MoE, RLHF, QLoRA."""
    letters = [letter for letter in short if letter.isalnum()]
    if letters and letters[-1] == "s" and len(letters) > 2:  # noqa: PLR2004 (LLMs)
        letters.pop()
    words = [word.lower() for word in _WORD.findall(full) if word.lower() not in _SMALL_WORDS]
    upper = [letter.lower() for letter in letters if not letter.islower()]
    if len(words) < 2 or len(upper) < 2 or short.lower() in words:  # noqa: PLR2004
        return False
    initials = [word[0] for word in words]
    return _is_subsequence(upper, initials, len(words))


def _is_subsequence(letters: Sequence[str], initials: Sequence[str], words: int) -> bool:
    position = 0
    for letter in letters:
        try:
            position = initials.index(letter, position) + 1
        except ValueError:
            return False
    return words - len(letters) <= _LONGEST_GAP - 1
