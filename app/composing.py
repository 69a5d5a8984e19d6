"""Evidence to an answer: verbatim sentences with their marks, in a table and in paragraphs."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from app.citations import Citations
from app.evidence import Gathered, Table, Unit
from app.evidence.contradictions import SOURCES_DIFFER
from app.evidence.cutting import UnitKind
from app.model import Answer, Sentence
from ingest.model import Language
from ingest.readers.markdown.markup import CELL_BAR
from ingest.text import language_of, one_line, spoken

_NOT_TOLD = {Language.EN: "not in the material", Language.ZH: "材料未提及"}
_PARAGRAPH = "\n\n"


def extractive(question: str, evidence: Gathered, citations: Citations | None = None) -> Answer:
    """An answer of verbatim sentences; it goes on after ``citations``, if there are some."""
    writing = _Writing(citations or Citations(), language_of(question))
    if evidence.table is not None:
        writing.table(evidence.table)
    writing.paragraphs(evidence.units)
    return Answer(question, writing.text, tuple(writing.sentences), writing.citations.made)


class _Writing:
    """The text of an answer while it grows, with its sentences."""

    def __init__(self, citations: Citations, language: Language) -> None:
        self.citations = citations
        self.sentences: list[Sentence] = []
        self.text = ""
        own = spoken(language)
        self._not_told, self._differ = _NOT_TOLD[own], SOURCES_DIFFER[own]

    def table(self, table: Table) -> None:
        """A Markdown table; a side of which a respect is not told says so."""
        lines = [_line(["", *table.sides]), _line(["---"] * (1 + len(table.sides)))]
        for row in table.rows:
            cells = (self._cell(unit) for unit in row.cells)
            lines.append(_line([row.respect, *cells]))
        self.text += "\n".join(lines)

    def paragraphs(self, units: Sequence[Unit]) -> None:
        """Units one after the other, in the paragraphs of their passages."""
        for is_table, group in groupby(units, key=_table_of):
            if is_table:
                self._rows(list(group))
            else:
                self._prose(group)

    def _prose(self, units: Iterable[Unit]) -> None:
        previous: Unit | None = None
        for unit in units:
            if unit.against is not None:
                self._both(unit, unit.against)
                previous = None
                continue
            gap = _gap(previous, unit) if previous else _PARAGRAPH * bool(self.text)
            self.text += gap + self._quoted(unit, unit.text)
            previous = unit

    def _both(self, one: Unit, other: Unit) -> None:
        """Two units that disagree, neither of which is said to be right."""
        self.text += _PARAGRAPH * bool(self.text) + self._differ
        for unit in (one, other):
            self.text += _PARAGRAPH + self._quoted(unit, unit.text)

    def _rows(self, rows: Sequence[Unit]) -> None:
        """Rows of one table as a table, their marks in a column of their own."""
        lines = [f"{self._quoted(row, row.text)} |" for row in rows]
        columns = len(CELL_BAR.findall(lines[0])) - 1
        if rows[0].head != (rows[0].start, rows[0].end):
            lines.insert(0, _line([""] * columns))
        lines.insert(1, _line(["---"] * columns))
        self.text += _PARAGRAPH * bool(self.text) + "\n".join(lines)

    def _cell(self, unit: Unit | None) -> str:
        """A unit on one line, as the cells of a table are."""
        return self._not_told if unit is None else self._quoted(unit, one_line(unit.text))

    def _quoted(self, unit: Unit, text: str) -> str:
        """A unit's text with its marks: where it stands, and then where else it is said."""
        places = (unit, *unit.also)
        found = (n for one in places for n in self.citations.cite(one.hit, one.start, one.end))
        numbers = tuple(dict.fromkeys(found))
        self.sentences.append(Sentence(text, numbers, verbatim=True, supported=True))
        return text + "".join(f"[{number}]" for number in numbers)


def _table_of(unit: Unit) -> tuple[object, ...]:
    """The table that a unit is a row of; of none if empty."""
    return (unit.hit.chunk.id, unit.head) if unit.kind is UnitKind.ROW else ()


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _gap(previous: Unit, unit: Unit) -> str:
    """Neighbours in one paragraph stay in it; everything else begins a new one."""
    if previous.hit.chunk.id != unit.hit.chunk.id or unit.start < previous.end:
        return _PARAGRAPH
    between = unit.hit.chunk.text[previous.end : unit.start]
    return between if not between.strip() else _PARAGRAPH
