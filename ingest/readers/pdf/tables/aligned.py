"""Tables that are not fully ruled: between horizontal rules, or by the alignment of their cells."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise

from ingest.readers.pdf import layout as pdf_layout
from ingest.readers.pdf.captions import is_caption
from ingest.readers.pdf.shapes import PageContent, Rectangle
from ingest.readers.pdf.tables.grid import arrange, cells_of
from ingest.readers.pdf.tables.printed import Chunk, PrintedRow, horizontal_rules, printed_rows
from ingest.readers.pdf.tables.ruled import Table
from ingest.readers.pdf.tables.tabular import FREE_ROWS, Candidate, is_table
from ingest.text import length

_SAME_END = 4.0
_FEWEST_ROWS = 2
_FEWEST_CELLS = 2
# Rows of a table without rules are not further apart than so many text heights.
_ROW_GAP = 2.0
# Authors side by side: so many rows, none longer than this (in Chinese characters).
_FEWEST_BESIDE = 3
_MOST_BESIDE = 10
_LONGEST_BESIDE = 16.0


@dataclass(slots=True)
class Aligned:
    """Tables, and groups of a few rows side by side whose columns are read one after another."""

    tables: list[Table] = field(default_factory=list)
    beside: list[list[list[int]]] = field(default_factory=list)

    @property
    def used(self) -> set[int]:
        """Places of the lines that are in a table or group."""
        columns = (column for group in self.beside for column in group)
        groups = [*(table.lines for table in self.tables), *columns]
        return {place for group in groups for place in group}

    def add(self, table: Table | None) -> None:
        """Keep a table, if it is one."""
        if table is not None:
            self.tables.append(table)


def find_aligned(page: PageContent, taken: Collection[int]) -> Aligned:
    """Find tables in the lines of a page whose places are not in ``taken``."""
    free = [
        place
        for place, line in enumerate(page.lines)
        if place not in taken and line.text.strip() and line.area.width > 0
    ]
    rows = printed_rows(page, free)
    if sum(len(row) > 1 for row in rows) < _FEWEST_ROWS:
        return Aligned()
    rules = horizontal_rules(page)
    found = Aligned()
    for stretch in _stretches(rows, rules):
        found.add(_table(page, _grown(stretch, rows), rules, ruled=True))
    used = found.used
    parts = [[place for place in free if place not in used]]
    columns = pdf_layout.columns([page.lines[place] for place in parts[0]])
    if any(columns):
        parts += [
            [place for place, at in zip(parts[0], columns, strict=True) if at == column]
            for column in sorted(set(columns))
        ]
    for part in parts:
        left = [place for place in part if place not in found.used]
        for run in _runs(printed_rows(page, left)):
            if any("@" in chunk.text for row in run for chunk in row):
                found.beside += _side_by_side(run)  # names above addresses: a paper's authors
            else:
                found.add(_free_table(page, run, rules))
    return found


def _stretches(
    rows: Sequence[PrintedRow], rules: Sequence[Rectangle]
) -> Iterator[list[PrintedRow]]:
    """Yield the rows between rules of the same width that hold cells side by side."""
    groups: list[list[Rectangle]] = []
    for rule in rules:
        group = next((found for found in groups if _same_ends(found[0], rule)), None)
        if group is None:
            groups.append([rule])
        else:
            group.append(rule)
    for group in groups:
        stretch: list[PrintedRow] = []
        for top, bottom in pairwise(group):
            inside = [row for row in rows if _is_between(row, top, bottom)]
            if _is_tabular(inside) or not inside:
                stretch.extend(inside)
            else:
                yield stretch
                stretch = []
        yield stretch


def _same_ends(first: Rectangle, second: Rectangle) -> bool:
    return abs(first.x0 - second.x0) < _SAME_END and abs(first.x1 - second.x1) < _SAME_END


def _is_between(row: PrintedRow, top: Rectangle, bottom: Rectangle) -> bool:
    middle = sum(chunk.area.y0 + chunk.area.y1 for chunk in row) / 2 / len(row)
    # Slanted heads lean out of the table.
    right = (row[-1].area.x0 + row[-1].area.x1) / 2
    inside = row[0].area.x0 > top.x0 - _SAME_END and right < top.x1
    return inside and top.y0 - 1 < middle < bottom.y1 + 1


def _is_tabular(rows: Sequence[PrintedRow]) -> bool:
    """Tell whether rows between two rules have cells side by side; one alone may be a title."""
    if any(len(row) == 1 and is_caption(row[0].text) for row in rows):
        return False
    return len(rows) == 1 or sum(len(row) > 1 for row in rows) >= len(rows) / 2


def _grown(stretch: list[PrintedRow], rows: Sequence[PrintedRow]) -> list[PrintedRow]:
    """Add the head above the first rule, or the rows below the last one, that fit the columns."""
    if not any(len(row) > 1 for row in stretch):
        return []
    grown = list(stretch)
    chunks = [chunk for row in grown for chunk in row]
    first, last = rows.index(grown[0]), rows.index(grown[-1])
    cells = [row for row in grown if len(row) > 1]
    for row in reversed(rows[:first]):
        if not (_is_near(row, grown[0]) and _fits(row, cells, chunks)):
            break
        grown.insert(0, row)
    for row in rows[last + 1 :]:
        if not (_is_near(grown[-1], row) and _fits(row, cells, chunks)):
            break
        grown.append(row)
    return grown


def _is_near(above: PrintedRow, below: PrintedRow) -> bool:
    bottom = max(chunk.area.y1 for chunk in above)
    top = min(chunk.area.y0 for chunk in below)
    return top - bottom < _ROW_GAP * below[0].area.height


def _fits(row: PrintedRow, cells: Sequence[PrintedRow], chunks: Sequence[Chunk]) -> bool:
    """Tell whether each of several chunks stands over or under one column of the others."""
    left, right = min(c.area.x0 for c in chunks), max(c.area.x1 for c in chunks)
    inside = row[0].area.x0 > left - _SAME_END and row[-1].area.x1 < right + _SAME_END
    if len(row) < _FEWEST_CELLS or not inside or len(row) > max(map(len, cells)):
        return False
    return all(
        sum(chunk.area.x0 < other.area.x1 and other.area.x0 < chunk.area.x1 for other in cell) <= 1
        for chunk in row
        for cell in cells
    )


def _runs(rows: Sequence[PrintedRow]) -> Iterator[list[PrintedRow]]:
    """Yield rows below each other that have several chunks; one that has not may stand between."""
    run: list[PrintedRow] = []
    for place, row in enumerate(rows):
        if run and not _is_near(run[-1], row):
            yield run
            run = []
        following = rows[place + 1] if place + 1 < len(rows) else []
        if len(row) > 1 or (run and len(run[-1]) > 1 and _is_inside(row[0], run, following)):
            run.append(row)
        elif run:
            yield run
            run = []
    yield run


def _is_inside(chunk: Chunk, run: Sequence[PrintedRow], following: PrintedRow) -> bool:
    """Tell whether a lone chunk is a cell's second line, or a title within the table."""
    left, right = min(row[0].area.x0 for row in run), max(row[-1].area.x1 for row in run)
    inside = chunk.area.x0 > left - _SAME_END and chunk.area.x1 < right + _SAME_END
    below_cell = chunk.area.x0 > run[-1][0].area.x1
    return inside and not is_caption(chunk.text) and (below_cell or len(following) > 1)


def _side_by_side(run: Sequence[PrintedRow]) -> list[list[list[int]]]:
    chunks = [chunk for row in run for chunk in row]
    grid = arrange([(chunk.text, chunk.area) for chunk in chunks])
    longest = max(length(chunk.text) for chunk in chunks)
    if grid is None or longest > _LONGEST_BESIDE or not _FEWEST_BESIDE <= len(run) <= _MOST_BESIDE:
        return []
    columns = zip(*grid.cells, strict=True)
    return [
        [[p for cell in column for at in cell for p in chunks[at].places] for column in columns]
    ]


def _free_table(
    page: PageContent, run: Sequence[PrintedRow], rules: Sequence[Rectangle]
) -> Table | None:
    """Try a run of rows, then the run without its first or its last row."""
    for part in (run, run[1:], run[:-1]):
        table = _table(page, part, rules, ruled=False)
        if table:
            return table
    return None


def _table(
    page: PageContent, rows: Sequence[PrintedRow], rules: Sequence[Rectangle], *, ruled: bool
) -> Table | None:
    if len(rows) < (_FEWEST_ROWS if ruled else FREE_ROWS):
        return None
    chunks = [chunk for row in rows for chunk in row]
    pieces = [(chunk.text, chunk.area) for chunk in chunks]
    area = reduce(Rectangle.joined, (area for _, area in pieces))
    breaks = [
        (rule.y0 + rule.y1) / 2
        for rule in rules
        if area.y0 < rule.y0 < area.y1 and area.x0 < (rule.x0 + rule.x1) / 2 < area.x1
    ]
    grid = arrange(pieces, breaks)
    lines = frozenset(place for chunk in chunks for place in chunk.places)
    if grid is None or not is_table(Candidate(page, pieces, grid, lines, area, rules, ruled)):
        return None
    return Table(cells_of(grid, pieces, page.number), lines)
