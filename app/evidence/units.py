"""What of a passage can be quoted: sentences, tables or their rows, code, formulas."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from app.evidence.cutting import (
    UnitKind,
    cuts_of,
    ends_nowhere,
    is_worth_quoting,
    may_be_drawn_label,
)
from app.evidence.wording import plain_of
from index.model import Hit
from ingest.chunking import lowest_confidence

# The passage, and where in it something begins and ends.
Place: TypeAlias = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a hit's chunk that can be quoted, with how well it bears on the question.

    ``head`` is the range of the header that a row of a long table is not whole without, its own
    for the header itself; ``also`` are other places that say the same, ``against`` is one that
    disagrees.
    """

    hit: Hit
    start: int
    end: int
    kind: UnitKind = UnitKind.SENTENCE
    score: float = 0.0
    head: tuple[int, int] | None = None
    also: tuple["Unit", ...] = ()
    against: "Unit | None" = None

    @property
    def text(self) -> str:
        """The verbatim words."""
        return self.hit.chunk.text[self.start : self.end]

    @property
    def plain(self) -> str:
        """The words without markup."""
        return plain_of(self.text)

    @property
    def in_table(self) -> str:
        """The words without markup, those of a row below the header that says what they are."""
        if self.head is None:
            return self.plain
        return f"{plain_of(self.hit.chunk.text[slice(*self.head)])} {self.plain}"

    @property
    def place(self) -> Place:
        """What tells it from any other."""
        return self.hit.chunk.id, self.start, self.end


def units_of(hit: Hit) -> list[Unit]:
    """Cut a chunk into what can be quoted, in order."""
    cuts = cuts_of(hit.chunk.text)
    return [Unit(hit, cut.start, cut.end, cut.kind, head=cut.head) for cut in cuts]


def is_quotable(unit: Unit) -> bool:
    """Neither a scrap nor longer than anybody reads as a quote."""
    if not is_worth_quoting(unit.text, unit.kind):
        return False
    is_sentence = unit.kind is UnitKind.SENTENCE
    return not (is_sentence and may_be_drawn_label(unit.text) and is_drawn(unit))


def is_scrap(unit: Unit) -> bool:
    """Whether a unit was recognised in a picture and ends nowhere, as labels and cells do."""
    return unit.kind is UnitKind.SENTENCE and ends_nowhere(unit.text) and is_drawn(unit)


def is_drawn(unit: Unit) -> bool:
    """Whether some of a unit was recognised in a picture."""
    return lowest_confidence(unit.hit.chunk.spans, unit.start, unit.end) is not None


def with_heads(units: Sequence[Unit]) -> list[Unit]:
    """Rows with the header of their table before them, each header once."""
    taken: dict[Place, Unit] = {}
    for unit in units:
        if unit.head is not None:
            head = Unit(unit.hit, *unit.head, UnitKind.ROW, unit.score, unit.head)
            taken.setdefault(head.place, head)
        taken.setdefault(unit.place, unit)
    return list(taken.values())
