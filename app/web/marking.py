"""Where a quote stands in a rendered note, whatever the markup and white space around its words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

# The range to be marked in each leaf, by the leaf's number.
Marks: TypeAlias = Mapping[int, tuple[int, int]]

_CLOSING = "。．.！!？?；;：:）)」』”’》"


class _Letters:
    """The letters and digits of a row of texts, each with its place."""

    def __init__(self, leaves: Sequence[str]) -> None:
        self.places = [
            (number, position)
            for number, leaf in enumerate(leaves)
            for position, character in enumerate(leaf)
            if character.isalnum()
        ]
        # One character each, so that places in the row are places in the list.
        self.row = "".join(_folded(leaves[number][position]) for number, position in self.places)


def find_marks(leaves: Sequence[str], quote: Sequence[str], section: Sequence[str]) -> Marks:
    """Look after the headings of the section first, then anywhere; part by part if need be.

    Without a quote, the last heading of the section is what is found.
    """
    letters = _Letters(leaves)
    start, heading = _after(letters, section)
    if not any(quote):
        return _ranges(leaves, letters, [heading] if heading else [])
    wanted = "".join(_squeezed(part) for part in quote)
    found = list(_whole(letters, wanted, start)) or list(_parts(letters, quote, start))
    return _ranges(leaves, letters, found)


def _after(letters: _Letters, section: Sequence[str]) -> tuple[int, tuple[int, int] | None]:
    """Where the text of a section begins, and where its heading stands."""
    start, heading = 0, None
    for name in section:
        words = _squeezed(name)
        found = letters.row.find(words, start)
        if words and found >= 0:
            start, heading = found, (found, found + len(words))
    return start, heading


def _whole(letters: _Letters, wanted: str, start: int) -> Iterator[tuple[int, int]]:
    found = letters.row.find(wanted, start)
    found = letters.row.find(wanted) if found < 0 else found
    if wanted and found >= 0:
        yield found, found + len(wanted)


def _parts(letters: _Letters, quote: Sequence[str], start: int) -> Iterator[tuple[int, int]]:
    """The leaves of a quote one after the other; what stands nowhere is left out."""
    for part in quote:
        words = _squeezed(part)
        found = letters.row.find(words, start) if words else -1
        if found >= 0:
            start = found + len(words)
            yield found, start


def _ranges(leaves: Sequence[str], letters: _Letters, found: Sequence[tuple[int, int]]) -> Marks:
    ranges: dict[int, tuple[int, int]] = {}
    for start, end in found:
        (first, low), (last, high) = letters.places[start], letters.places[end - 1]
        for number in range(first, last + 1):
            leaf = leaves[number]
            begin = low if number == first else 0
            stop = _closed(leaf, high + 1) if number == last else len(leaf)
            earlier = ranges.get(number, (begin, stop))
            ranges[number] = (min(earlier[0], begin), max(earlier[1], stop))
    return ranges


def _closed(text: str, end: int) -> int:
    """The punctuation that closes a sentence belongs to it."""
    while end < len(text) and text[end] in _CLOSING:
        end += 1
    return end


def _squeezed(text: str) -> str:
    return "".join(_folded(character) for character in text if character.isalnum())


def _folded(character: str) -> str:
    low = character.lower()
    return low if len(low) == 1 else character
