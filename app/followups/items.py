"""References to one of several: "the second method", 后者, and which one is meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.followups.words import KINDS_EN, KINDS_ZH
from ingest.readers.markdown.markup import plain

_DIGITS = {word: n for n, word in enumerate("一二三四五六七八九十", start=1)}
_ORDINALS = {
    word: n
    for n, words in enumerate(
        ("first 1st", "second 2nd", "third 3rd", "fourth 4th", "fifth 5th", "sixth 6th"), start=1
    )
    for word in words.split()
}
_LAST = -1
_CHINESE = re.compile(
    rf"(?:(?P<former>前者|前一[个种])|(?P<latter>后者|后一[个种])|(?:(?P<last>最后一?)|"
    rf"第(?P<number>[一二三四五六七八九十]|\d{{1,2}}))(?:个|种|类|条|点|项|步)(?:{KINDS_ZH})?)"
    r"(?=\W|\Z|[是有会能要为怎如和与跟比对呢的在更也还都不只哪具需应该做])"
)
_ENGLISH = re.compile(
    rf"\bthe\s+(?:(?P<former>former)|(?P<latter>latter)|(?:(?P<last>last)|(?P<number>"
    rf"{'|'.join(_ORDINALS)}))(?:\s+(?:one|step|point|item|type|kind|way|option|{KINDS_EN}))?)"
    r"(?=\W*\Z|['’]s\b|\s+(?:is|was|does|do|did|has|have|can|could|will|would|work|works|better|and|or|in|for|"
    r"compare|differ)\b)",
    re.IGNORECASE,
)
_MARKER = re.compile(
    r"^\s*(?:[-*+•]\s+|(?P<number>\d{1,2})[.)、）]\s*|[(（](?P<bracketed>\d{1,2})[)）]\s*|"
    r"第(?P<wide>[一二三四五六七八九十])(?:[个种类条点项步]\w{0,2})?[，,、：:是]\s*)(?P<words>.+)$",
    re.MULTILINE,
)
_BOLD = re.compile(r"^(?:\*\*|__)(?P<name>.{1,60}?)(?:\*\*|__)")
_NAME_END = re.compile(r"[：:，,。.;；—–(（]|\s-\s|\[\d")
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference at ``[start, end)`` to the n-th of several, from 1; -1 is the last one."""

    start: int
    end: int
    number: int

    def of(self, several: Sequence[str]) -> str | None:
        """The one that is meant, if there are so many."""
        if len(several) < max(2, self.number):
            return None
        return several[self.number - 1 if self.number > 0 else _LAST]


def reference_in(question: str) -> Reference | None:
    """The first reference to one of several."""
    found = _CHINESE.search(question) or _ENGLISH.search(question)
    if found is None:
        return None
    if found["former"]:
        number = 1
    elif found["latter"]:
        number = 2
    elif found["last"]:
        number = _LAST
    else:
        number = _number(found["number"])
    return Reference(found.start(), found.end(), number)


def _number(written: str) -> int:
    return _DIGITS.get(written) or _ORDINALS.get(written.lower()) or int(written)


def items_of(answer: str) -> list[str]:
    """The names of the items that an answer lists, in order."""
    names = [_name(found["words"]) for found in _MARKER.finditer(answer)]
    return [name for name in names if name]


def _name(words: str) -> str:
    """What an item is about: its bold words, or those before its first pause."""
    bold = _BOLD.match(words)
    name = bold["name"] if bold else _NAME_END.split(words, maxsplit=1)[0]
    name = plain(name).strip(" ：:，,。.")
    return name if len(name) <= _LONGEST_NAME else ""
