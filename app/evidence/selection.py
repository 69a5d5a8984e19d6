"""Hits to evidence: the few sentences, rows and blocks that bear on the question."""

from collections.abc import Sequence
from itertools import pairwise

from app.evidence.asks import Asks, asks_for
from app.evidence.choosing import EvidenceSettings, choose
from app.evidence.cutting import UnitKind
from app.evidence.definitions import definition_of
from app.evidence.duplicates import says_the_same, with_other_places, words_of
from app.evidence.ordering import in_reading_order
from app.evidence.scoring import scored
from app.evidence.subject import Subject, names_asked
from app.evidence.units import Unit, is_quotable, units_of, with_heads
from index.course_index import CourseIndex
from index.model import Hit
from ingest.text import length

_MOST_LIST_ITEMS = 6
_WORTH = 0.8
_TRUSTED = 2  # ranks
_OPEN_END = (":", "：")
# A longer sentence says something of its own before its colon.
_LONGEST_LEAD_IN = 24


def select(
    index: CourseIndex, question: str, hits: Sequence[Hit], settings: EvidenceSettings
) -> list[Unit]:
    """The units that bear on the question best, in reading order."""
    passages = _passages(index, question, hits, settings)
    candidates = [unit for hit in passages for unit in units_of(hit)]
    worthy = [unit for unit in candidates if is_quotable(unit)]
    ranked = scored(index, question, worthy, settings.weights)
    definitions = _definitions(index, question, hits)
    chosen = _with_list_items(
        choose(ranked, definitions, settings), candidates, settings.with_items
    )
    whole = with_other_places(with_heads(_without_dangling(chosen, candidates)), ranked)
    ordered = in_reading_order(whole, definitions, asks_for(question), names_asked(index, question))
    return _from_the_subject_on(index, question, ordered)


def _from_the_subject_on(index: CourseIndex, question: str, units: list[Unit]) -> list[Unit]:
    """A comparison begins with a sentence that names a side, not with one of little worth."""
    sides = set(index.graph.named(question))
    if Asks.DIFFERENCE not in asks_for(question) or not sides:
        return units
    best = max((unit.score for unit in units), default=0.0)
    begins = (
        number
        for number, unit in enumerate(units)
        if unit.score >= _WORTH * best or not sides.isdisjoint(index.graph.named(unit.text))
    )
    return units[next(begins, 0) :]


def _passages(
    index: CourseIndex, question: str, hits: Sequence[Hit], settings: EvidenceSettings
) -> list[Hit]:
    """The best hits that are on the subject, and what stands beside the first ones."""
    subject = Subject(index, question)
    least = subject.least(question)
    best = hits[: settings.passages]
    # The first ones may say it in other words than those that are looked for.
    best = [hit for hit in best if hit.rank <= _TRUSTED or subject.share(hit) >= least]
    found = {hit.chunk.id: hit for hit in best}
    for hit in best[: settings.widened]:
        for near in index.beside(hit):
            found.setdefault(near.chunk.id, near)
    return list(found.values())


def _definitions(index: CourseIndex, question: str, hits: Sequence[Hit]) -> list[Unit]:
    """What the material says that the concept is, where the question asks for it."""
    if Asks.DEFINITION not in asks_for(question):
        return []
    found = (definition_of(index, concept, hits) for concept in index.graph.named(question))
    return [unit for unit in found if unit is not None]


def _with_list_items(chosen: Sequence[Unit], units: Sequence[Unit], most: int) -> list[Unit]:
    """A sentence that ends with a colon is not whole without the items below it.

    No more than ``most`` units are given.
    """
    taken = {unit.place: unit for unit in chosen}
    said = [words_of(unit) for unit in chosen]
    for unit in chosen:
        if not unit.text.endswith(_OPEN_END):
            continue
        below = [u for u in units if u.hit is unit.hit and u.start >= unit.end]
        for item in below[:_MOST_LIST_ITEMS]:
            if not is_quotable(item) or item.text.endswith(_OPEN_END):
                break
            if len(taken) >= most and item.place not in taken:
                break
            if not any(says_the_same(words_of(item), one) for one in said):
                taken.setdefault(item.place, item)
            if item.kind is not UnitKind.SENTENCE:
                break
    return list(taken.values())


def _without_dangling(units: Sequence[Unit], candidates: Sequence[Unit]) -> list[Unit]:
    """Leave out short lead-ins ("它有两类：") where nothing of what they announce was chosen."""
    taken = {unit.place for unit in units}
    following = {one.place: two.place for one, two in pairwise(candidates) if one.hit is two.hit}

    def dangles(unit: Unit) -> bool:
        is_lead_in = unit.text.endswith(_OPEN_END) and length(unit.text) < _LONGEST_LEAD_IN
        return is_lead_in and following.get(unit.place) not in taken

    return [unit for unit in units if not dangles(unit)] or list(units)
