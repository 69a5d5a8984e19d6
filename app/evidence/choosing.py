"""Which of the scored units stand in an answer: the best ones as far as there is room."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from app.evidence.duplicates import says_the_same, words_of
from app.evidence.scoring import Weights
from app.evidence.units import Place, Unit
from ingest.text import length

_MOST_ANTECEDENTS = 2
_POINTS_BACK = re.compile(
    r"\W*(?:这(?:[个种些类样一里]|[，就也])|它|其(?![他实次中])|该|此(?!外)|前者|后者"
    r"|(?:this|these|they|it|its|that|those|such)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """How many passages are looked at and how much of them is taken.

    ``size`` is in Chinese characters, three other ones for one.
    """

    passages: int = 5
    # Of so many, the passages before and after them are looked at too.
    widened: int = 2
    sentences: int = 8
    # With the items of the lists that they begin.
    with_items: int = 12
    # So many of them below a table.
    beside_table: int = 4
    size: int = 400
    # Each sentence taken from a passage lets its others fall behind by so much of the best score.
    spread: float = 0.01
    # A sentence this far below the best one is left out; after ``few`` of them it must be nearer.
    floor: float = 0.55
    few: int = 5
    later_floor: float = 0.7
    weights: Weights = field(default_factory=Weights)


def choose(ranked: Sequence[Unit], first: Sequence[Unit], settings: EvidenceSettings) -> list[Unit]:
    """The best units after the ``first`` ones, none that says what another one says.

    ``ranked`` are in the order of their passages; one that points back to the one before ("it",
    这种方法) comes with it.
    """
    choice = _Choice(first, settings)
    before = {two.place: one for one, two in pairwise(ranked) if one.hit is two.hit}
    best = max((unit.score for unit in ranked), default=0.0)
    left = {unit.place: unit for unit in sorted(ranked, key=lambda unit: -unit.score)}
    while left and len(choice.units) < settings.sentences:
        unit = max(left.values(), key=lambda one: one.score - best * choice.lag(one))
        floor = settings.floor if len(choice.units) < settings.few else settings.later_floor
        if unit.score - best * choice.lag(unit) < floor * best:
            break
        del left[unit.place]
        group = choice.new(_with_antecedents(unit, before))
        if choice.has_room_for(group) and not any(map(choice.says, group)):
            choice.take(group)
            for one in group:
                left.pop(one.place, None)
    return choice.units


class _Choice:
    """The units taken so far, and the room that is left."""

    def __init__(self, first: Sequence[Unit], settings: EvidenceSettings) -> None:
        self.units: list[Unit] = []
        self._settings = settings
        self._said: list[frozenset[str]] = []
        self._taken: Counter[str] = Counter()
        self._size = 0
        self.take(first)

    def lag(self, unit: Unit) -> float:
        """By what share of the best score a unit falls behind as its passage was heard."""
        return self._settings.spread * self._taken[unit.hit.chunk.id]

    def new(self, group: Sequence[Unit]) -> list[Unit]:
        """Those of a group that were not taken."""
        taken = {unit.place for unit in self.units}
        return [unit for unit in group if unit.place not in taken]

    def has_room_for(self, group: Sequence[Unit]) -> bool:
        """Whether a group fits in; the first one does anyway."""
        size = self._size + sum(length(unit.text) for unit in group)
        number = len(self.units) + len(group)
        return not self.units or (
            size <= self._settings.size and number <= self._settings.sentences
        )

    def says(self, unit: Unit) -> bool:
        """Whether what a unit says was said."""
        words = words_of(unit)
        return any(says_the_same(words, said) for said in self._said)

    def take(self, group: Sequence[Unit]) -> None:
        """Take all of a group."""
        self.units += group
        self._said += map(words_of, group)
        self._taken.update(unit.hit.chunk.id for unit in group)
        self._size += sum(length(unit.text) for unit in group)


def _with_antecedents(unit: Unit, before: Mapping[Place, Unit]) -> list[Unit]:
    found = [unit]
    while len(found) <= _MOST_ANTECEDENTS and _POINTS_BACK.match(found[0].text):
        previous = before.get(found[0].place)
        if previous is None:
            break
        found.insert(0, previous)
    return found
