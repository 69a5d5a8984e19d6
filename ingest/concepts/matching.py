"""Find names of concepts in texts, the longest first: 多头注意力 is no mention of 注意力."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation

from ingest.concepts.names import is_spelled, name_key, stands_alone
from ingest.concepts.senses import Squashed, Surroundings

# Start, end, place of the start in the key, and which name.
_Candidate = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """A concept's name at ``[start, end)`` of a text."""

    concept: str
    start: int
    end: int


def without_names(text: str, found: Sequence[Found]) -> str:
    """A text with a blank in place of each name; ``found`` are in order and without overlap."""
    for one in reversed(found):
        text = f"{text[: one.start]} {text[one.end :]}"
    return text


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a concept.

    With ``context`` it has other meanings too: it counts only where one of these words is near,
    or one of the ``neighbours``: concepts.
    """

    concept: str
    written: str
    context: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Mentions in a text, in order and without overlap.

    ``is_open`` where the text has a name of several meanings, which more ``named`` may change.
    """

    found: list[Found]
    is_open: bool


class NameMatcher:
    """Looks for many names at once; safe to use from several threads."""

    def __init__(self, names: Iterable[Name]) -> None:
        by_key: dict[str, list[Name]] = {}
        for name in names:
            by_key.setdefault(name_key(name.written), []).append(name)
        by_key.pop("", None)
        self._names = [by_key[key] for key in by_key]
        self._is_shared = [any(name.neighbours for name in names) for names in self._names]
        self._search = AhoCorasick(list(by_key), implementation=Implementation.ContiguousNFA)

    def find(
        self,
        text: str,
        around: str = "",
        named: Set[str] = frozenset(),
        *,
        lenient: bool = False,
    ) -> list[Found]:
        """Mentions in a text, as ``read`` finds them."""
        return self.read(text, around, named, lenient=lenient).found

    def read(
        self,
        text: str,
        around: str = "",
        named: Set[str] = frozenset(),
        *,
        lenient: bool = False,
    ) -> Reading:
        """Find what a text mentions.

        For names of several meanings, ``around`` is what the text stands under, and ``named`` are
        concepts that its section names. A ``lenient`` search takes lower-case spellings of English
        words too, as people type them in questions.
        """
        passage = Squashed.of(text)
        above = Squashed.of(around)
        candidates = self._candidates(passage)
        found = self._chosen(passage, candidates, Surroundings(passage, above, named), lenient)
        if not any(self._is_shared[pattern] for *_, pattern in candidates):
            return Reading(found, is_open=False)
        near = Surroundings(passage, above, named | {one.concept for one in found})
        return Reading(self._chosen(passage, candidates, near, lenient), is_open=True)

    def _candidates(self, passage: Squashed) -> list[_Candidate]:
        found: list[_Candidate] = []
        matches = self._search.find_matches_as_indexes(passage.key, overlapping=True)
        for pattern, low, high in matches:
            start, end = passage.places[low], passage.places[high - 1] + 1
            if stands_alone(passage.text, start, end):
                found.append((start, end, low, pattern))
        return sorted(found, key=lambda one: (one[0], -one[1], one[3]))

    def _chosen(
        self,
        passage: Squashed,
        candidates: Sequence[_Candidate],
        surroundings: Surroundings,
        lenient: bool,
    ) -> list[Found]:
        """The longest candidates that mean something, the first ones first."""
        found: list[Found] = []
        position = 0
        for start, end, spot, pattern in candidates:
            if start < position:
                continue
            names = [
                name
                for name in self._names[pattern]
                if lenient or is_spelled(name.written, passage.text, start, end)
            ]
            concept = _meant(names, surroundings, spot)
            if concept is not None:
                found.append(Found(concept, start, end))
                position = end
        return found


def _meant(names: Sequence[Name], surroundings: Surroundings, spot: int) -> str | None:
    """The concept that most speaks for; else the one that needs nothing to speak for it."""
    best, most = None, 0.0
    for name in names:
        if not name.context:
            best = best or name.concept
            continue
        support = surroundings.support(name.context, name.neighbours, spot)
        if support > most:
            best, most = name.concept, support
    return best
