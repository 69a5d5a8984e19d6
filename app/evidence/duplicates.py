"""Units that say the same: one is shown, and the places of the others are cited with it."""

from collections.abc import Sequence
from dataclasses import replace

from app.evidence.cutting import UnitKind
from app.evidence.units import Unit
from app.evidence.wording import terms_of
from app.support import negation, numbers

_SAME = 0.7
# A sentence is told again elsewhere where nearly all of the words of both are the same.
_AGAIN = 0.8
_FEWEST_WORDS = 4
_MOST_PLACES = 2


def words_of(unit: Unit) -> frozenset[str]:
    """The index terms of a unit; one that has none is the only one to say what it says."""
    return terms_of(unit.plain) or frozenset((unit.text,))


def says_the_same(first: frozenset[str], second: frozenset[str]) -> bool:
    """Whether the words of the shorter one are nearly all in the other."""
    return len(first & second) / min(len(first), len(second)) >= _SAME


def with_other_places(chosen: Sequence[Unit], others: Sequence[Unit]) -> list[Unit]:
    """The chosen units, each with the first other places that say it in nearly the same words."""
    taken = {unit.place for unit in chosen}
    left = [(unit, words_of(unit)) for unit in others if unit.place not in taken]
    found: list[Unit] = []
    for unit in chosen:
        words = words_of(unit)
        again = [other for other, those in left if _is_again(unit, words, other, those)]
        found.append(replace(unit, also=tuple(again[:_MOST_PLACES])))
    return found


def _is_again(unit: Unit, words: frozenset[str], other: Unit, those: frozenset[str]) -> bool:
    if unit.kind is not UnitKind.SENTENCE or other.kind is not UnitKind.SENTENCE:
        return False
    if len(words) < _FEWEST_WORDS or not _AGAIN * len(words) <= len(those) <= len(words) / _AGAIN:
        return False
    if len(words & those) / len(words | those) < _AGAIN or _page(unit) == _page(other):
        return False
    # The same words with another figure or a denial tell something else.
    one, two = unit.plain, other.plain
    return numbers.shown(one) == numbers.shown(two) and not negation.disagrees(one, two)


def _page(unit: Unit) -> tuple[str, int | None]:
    return unit.hit.document.id, unit.hit.chunk.page
