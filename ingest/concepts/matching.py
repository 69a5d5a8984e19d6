"""Find names of concepts in texts, the longest first: 多头注意力 is no mention of 注意力."""

from collections.abc import Iterable
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation

from ingest.concepts.names import is_spelled, name_key, squash, stands_alone


@dataclass(frozen=True, slots=True)
class Found:
    """A concept's name at ``[start, end)`` of a text."""

    concept: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a concept; with ``context`` it counts only where one of these words is near."""

    concept: str
    written: str
    context: tuple[str, ...] = ()


class NameMatcher:
    """Looks for many names at once; safe to use from several threads."""

    def __init__(self, names: Iterable[Name]) -> None:
        by_key: dict[str, list[Name]] = {}
        for name in names:
            by_key.setdefault(name_key(name.written), []).append(name)
        by_key.pop("", None)
        self._names = [by_key[key] for key in by_key]
        self._search = AhoCorasick(list(by_key), implementation=Implementation.ContiguousNFA)

    def find(self, text: str, around: str = "", *, lenient: bool = False) -> list[Found]:
        """Mentions in a text, in order and without overlap.

        ``around`` is more of the passage, for names that need context. A ``lenient`` search
        takes lower-case spellings of English words too, as people type them in questions.
        """
        squashed, places = squash(text)
        candidates: list[tuple[int, int, int]] = []
        for pattern, low, high in self._search.find_matches_as_indexes(squashed, overlapping=True):
            start, end = places[low], places[high - 1] + 1
            if stands_alone(text, start, end):
                candidates.append((start, -end, pattern))
        found: list[Found] = []
        passage: str | None = None
        position = 0
        for start, negative, pattern in sorted(candidates):
            end = -negative
            if start < position:
                continue
            if passage is None and any(name.context for name in self._names[pattern]):
                passage = squash(f"{around}\n{text}")[0]
            concept = self._meant(pattern, text, start, end, passage or "", lenient)
            if concept is not None:
                found.append(Found(concept, start, end))
                position = end
        return found

    def _meant(
        self, pattern: int, text: str, start: int, end: int, passage: str, lenient: bool
    ) -> str | None:
        """The concept that a name means here: the first whose conditions hold."""
        for name in self._names[pattern]:
            if not lenient and not is_spelled(name.written, text, start, end):
                continue
            if not name.context or any(name_key(word) in passage for word in name.context):
                return name.concept
        return None
