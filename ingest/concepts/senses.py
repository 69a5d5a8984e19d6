"""What a name of several meanings means where it stands: by the words and concepts around it.

Yarowsky 1995: a word has one sense beside the same neighbours, and as a rule one in a text.
"""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.concepts.names import name_key, squash

# A word as far from a name tells half as much as one beside it; in squashed characters.
_HALF = 100
# A heading or title says what all below it is about.
_ABOVE = 1.0
# A concept that is named somewhere in the section.
_NEIGHBOUR = 0.5
# "token" stands in "tokens" and "training" tells of "train", but "text" is not in "context".
_ENDING = re.compile(r"(?:s|es|d|ed|r|er|ers|ing)?(?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Squashed:
    """A text as keys are written, with the place in the text of each character."""

    text: str
    key: str
    places: Sequence[int]

    @classmethod
    def of(cls, text: str) -> "Squashed":
        """From a text."""
        return cls(text, *squash(text))

    def spots_of(self, key: str) -> Iterator[int]:
        """Where the key of a word begins in the text's; Latin ones count as whole words only."""
        spot = self.key.find(key) if key else -1
        while spot >= 0:
            end = spot + len(key)
            if _is_word(self.text, self.places[spot], self.places[end - 1] + 1):
                yield spot
            spot = self.key.find(key, spot + 1)


class Surroundings:
    """A passage, what it stands under, and the concepts that its section names for certain."""

    def __init__(self, passage: Squashed, above: Squashed, named: Container[str]) -> None:
        self._passage = passage
        self._above = above
        self._named = named

    def support(self, words: Iterable[str], neighbours: Iterable[str], spot: int) -> float:
        """How much speaks for a meaning of the name at ``spot``; 0 where nothing does."""
        near = sum(self._nearness(word, spot) for word in words)
        return near + _NEIGHBOUR * sum(concept in self._named for concept in neighbours)

    def _nearness(self, word: str, spot: int) -> float:
        key = name_key(word)
        if key in self._above.key and any(True for _ in self._above.spots_of(key)):
            return _ABOVE
        if key not in self._passage.key:
            return 0.0
        distances = (abs(found - spot) for found in self._passage.spots_of(key))
        nearest = min(distances, default=None)
        return 0.0 if nearest is None else _HALF / (_HALF + nearest)


def _is_word(text: str, start: int, end: int) -> bool:
    """Whether a Latin word or a hump of CamelCase begins at ``start`` and ends at ``end``."""
    first, last = text[start], text[end - 1]
    before, after = text[start - 1 : start], text[end : end + 1]
    if _is_letter(first) and _is_letter(before) and not (first.isupper() and before.islower()):
        return False
    if first.isdigit() and before.isdigit():
        return False
    if last.isdigit():
        return not after.isdigit()
    if not _is_letter(last) or (last.islower() and after.isupper()):
        return True
    return _ENDING.match(text, end) is not None


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
