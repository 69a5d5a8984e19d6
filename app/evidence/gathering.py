"""All that a verbatim answer is made of: sentences, blocks and, for comparisons, a table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.evidence.asks import Asks, asks_for
from app.evidence.choosing import EvidenceSettings
from app.evidence.comparing import compared_in
from app.evidence.contradictions import with_contradictions
from app.evidence.duplicates import says_the_same, words_of
from app.evidence.selection import select
from app.evidence.table import Table, table_of
from app.evidence.units import Unit, is_quotable, units_of
from index.course_index import CourseIndex
from index.model import Hit

_SLASH = re.compile(r"(?<=[A-Za-z0-9+])/(?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Gathered:
    """Units in reading order, after a table if there is one."""

    units: tuple[Unit, ...] = ()
    table: Table | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to quote."""
        return bool(self.units or self.table)


def gather(
    index: CourseIndex, question: str, hits: Sequence[Hit], settings: EvidenceSettings
) -> Gathered:
    """The evidence for a verbatim answer; what stands in a table is not said again below it."""
    question = _with_sides_apart(question)
    units = quotes(index, question, hits, settings)
    compared = compared_in(index, question)
    table = table_of(index, question, compared, hits, settings.weights) if compared else None
    if table is None:
        return Gathered(tuple(units))
    told = [words_of(unit) for unit in table.units]
    left = [
        unit
        for unit in units
        if unit.against or not any(says_the_same(words_of(unit), one) for one in told)
    ]
    best = sorted((unit.score for unit in left), reverse=True)[: settings.beside_table]
    return Gathered(tuple(u for u in left if u.against or u.score in best), table)


def quotes(
    index: CourseIndex, question: str, hits: Sequence[Hit], settings: EvidenceSettings
) -> list[Unit]:
    """The units that bear on a question best, each with one that contradicts it, if there is."""
    units = select(index, question, hits, settings)
    found = [unit for hit in hits for unit in units_of(hit) if is_quotable(unit)]
    return with_contradictions(index, units, found)


def _with_sides_apart(question: str) -> str:
    """MHA/MQA/GQA as three names where they are compared."""
    is_open = Asks.DIFFERENCE in asks_for(question)
    return _SLASH.sub("、", question) if is_open else question
