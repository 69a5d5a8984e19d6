"""The text of a page as streams: running text, callouts, tables and notes; then as drafts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from ingest.model import BlockKind
from ingest.readers.pdf import layout as pdf_layout
from ingest.readers.pdf import rows as pdf_rows
from ingest.readers.pdf.blocks import Draft, in_reading_order, make_drafts
from ingest.readers.pdf.boxes import find_boxes
from ingest.readers.pdf.callouts import is_cut_title, is_title, without_icon, without_labels
from ingest.readers.pdf.figures import Figure, find_figures
from ingest.readers.pdf.floats import tie_captions
from ingest.readers.pdf.notes import find_notes, note_drafts
from ingest.readers.pdf.rows import Row
from ingest.readers.pdf.shapes import Line, PageContent, Rectangle
from ingest.readers.pdf.tables.aligned import find_aligned
from ingest.readers.pdf.tables.ruled import Table, find_tables


@dataclass(slots=True)
class Boxed:
    """The rows of a callout or quote, and the column of the page that it stands in."""

    column: int
    rows: list[Row]


@dataclass(slots=True)
class PageText:
    """The text of a page: running text, boxes, tables, notes at its foot, authors side by side."""

    rows: list[Row]
    boxes: list[Boxed] = field(default_factory=list)
    tables: list[Draft] = field(default_factory=list)
    figures: list[Draft] = field(default_factory=list)
    notes: list[Row] = field(default_factory=list)
    beside: list[list[list[Row]]] = field(default_factory=list)

    @property
    def all_rows(self) -> list[Row]:
        """Rows of running text, also of that in boxes."""
        return self.rows + [row for box in self.boxes for row in box.rows]


@dataclass(frozen=True, slots=True)
class _Parts:
    """Places of a page's lines, by what they are."""

    tables: list[Table]
    figures: list[Figure]
    boxes: list[list[int]]
    beside: list[list[list[int]]]
    notes: list[int]
    free: list[int]

    @property
    def groups(self) -> list[list[int]]:
        """What stands together, in the order of the fields."""
        beside = [[place for part in group for place in part] for group in self.beside]
        tables = [sorted(table.lines) for table in self.tables]
        return tables + [figure.places for figure in self.figures] + self.boxes + beside


def read_text(page: PageContent, heads: Collection[int]) -> PageText:
    """Part the lines of a page; ``heads`` are the places of running heads, which are left out."""
    parts = _part(page, set(heads))
    bullets = pdf_layout.drawn_bullets(page)
    lines = [page.lines[place] for place in parts.free]
    whole = [_as_line(page, group) for group in parts.groups]
    columns = pdf_layout.columns(lines + whole)
    outer = iter(columns[len(lines) :])
    found = PageText(_rows(page, zip(columns, lines, strict=False), bullets))
    for table in parts.tables:
        rows = _rows(page, _in_column(page, table.lines, next(outer)), ())
        found.tables.append(Draft(BlockKind.TABLE, rows, cells=table.cells))
    for figure in parts.figures:
        ordered = sorted(figure.places, key=lambda place: not page.lines[place].horizontal)
        column = next(outer)
        rows = _rows(page, [(column, page.lines[place]) for place in ordered], ())
        found.figures.append(Draft(BlockKind.FIGURE, rows, frame=figure.area))
    for box in parts.boxes:
        found.boxes.append(Boxed(next(outer), _box_rows(page, box, bullets)))
    for group in parts.beside:
        column = next(outer)
        found.beside.append([_rows(page, _in_column(page, part, column), ()) for part in group])
    found.notes = _rows(page, _in_column(page, parts.notes, 0), ())
    return found


def _part(page: PageContent, taken: set[int]) -> _Parts:
    """Find what is no running text, the surest first."""
    tables = find_tables(page)
    taken |= {place for table in tables for place in table.lines}
    aligned = find_aligned(page, taken)
    taken |= aligned.used
    figures = find_figures(page, taken)
    taken |= {place for figure in figures for place in figure.places}
    notes = find_notes(page, taken)
    taken |= set(notes)
    boxes = find_boxes(page, taken)
    taken |= {place for box in boxes for place in box}
    free = [place for place in range(len(page.lines)) if place not in taken]
    return _Parts(tables + aligned.tables, figures, boxes, aligned.beside, notes, free)


def _in_column(page: PageContent, places: Iterable[int], column: int) -> list[tuple[int, Line]]:
    return [(column, page.lines[place]) for place in sorted(places)]


def _as_line(page: PageContent, places: Sequence[int]) -> Line:
    """Let what stands together count as one line when columns are looked for."""
    lines = [page.lines[place] for place in places]
    area = reduce(Rectangle.joined, (line.area for line in lines))
    return lines[0]._replace(area=area, math=False, horizontal=True)


def _rows(
    page: PageContent, lines: Iterable[tuple[int, Line]], bullets: Sequence[Rectangle]
) -> list[Row]:
    rows = pdf_rows.make_rows(page.number, list(lines))
    pdf_layout.mark_boxes(page, rows)
    pdf_layout.mark_bullets(bullets, rows)
    return rows


def _box_rows(page: PageContent, places: Sequence[int], bullets: Sequence[Rectangle]) -> list[Row]:
    """Rows of a box; its inner columns come one after the other."""
    lines = [page.lines[place] for place in places]
    columns = pdf_layout.columns(lines)
    ordered = sorted(zip(columns, lines, strict=True), key=lambda found: found[0])
    return _rows(page, ordered, bullets)


def page_drafts(
    found: PageText, leading: Mapping[float, float], pictures: Sequence[Draft] = ()
) -> list[Draft]:
    """Make the drafts of a page in the order of reading; ``pictures`` were recognised on it."""
    if pictures:
        _number_columns(found, pictures)
    reach = _reach(found)
    rows = without_labels(sorted(found.rows, key=lambda row: row.column))
    drafts = [*make_drafts(rows, leading, reach), *found.tables, *found.figures, *pictures]
    inside: dict[int, list[Draft]] = {}
    for box in found.boxes:
        whole = Draft(BlockKind.QUOTE, box.rows, boxed=True)
        inside[id(whole)] = _box_drafts(box, leading, reach[box.column])
        for row in box.rows:
            row.column = box.column
        drafts.append(whole)
    for group in found.beside:
        whole = Draft(BlockKind.PARAGRAPH, [row for rows in group for row in rows])
        inside[id(whole)] = [Draft(BlockKind.PARAGRAPH, rows) for rows in group if rows]
        drafts.append(whole)
    ordered = tie_captions(in_reading_order(drafts))
    opened = [found for draft in ordered for found in inside.get(id(draft), [draft])]
    if opened and opened[-1].boxed and opened[-1] is inside.get(id(ordered[-1]), [None])[0]:
        opened[-1].title = is_cut_title(opened[-1])
    return opened + note_drafts(found.notes)


def _number_columns(found: PageText, pictures: Sequence[Draft]) -> None:
    """Give pictures on a page of several columns theirs: a wide one parts the columns."""
    groups = [[row] for row in found.rows]
    groups += [draft.rows for draft in (*found.tables, *found.figures)]
    groups += [[row for rows in group for row in rows] for group in found.beside]
    groups = [group for group in groups if group]
    if not any(group[0].column for group in groups):
        return
    groups += [draft.rows for draft in pictures]
    boxes = [_whole(box.rows) for box in found.boxes]
    columns = pdf_layout.columns([*map(_whole, groups), *boxes])
    if not any(columns):
        return
    for group, column in zip(groups, columns, strict=False):
        for row in group:
            row.column = column
    for box, column in zip(found.boxes, columns[len(groups) :], strict=True):
        box.column = column


def _whole(rows: Sequence[Row]) -> Line:
    area = reduce(Rectangle.joined, (row.area for row in rows))
    return rows[0].main._replace(area=area, horizontal=rows[0].lines[0].horizontal)


def _reach(found: PageText) -> dict[int, float]:
    """Return how far the text of each column reaches, that in boxes counted in."""
    reach: dict[int, float] = {}
    for row in found.rows:
        reach[row.column] = max(reach.get(row.column, 0.0), row.right)
    for box in found.boxes:
        right = max(row.right for row in box.rows)
        reach[box.column] = max(reach.get(box.column, 0.0), right)
    return reach


def _box_drafts(box: Boxed, leading: Mapping[float, float], reach: float) -> list[Draft]:
    rows = without_labels(box.rows)
    without_icon(rows[0])
    drafts = in_reading_order(make_drafts(rows, leading, {rows[0].column: reach}))
    for draft in drafts:
        draft.boxed = True
        if draft.kind is BlockKind.PARAGRAPH:
            draft.kind = BlockKind.QUOTE
    drafts[0].title = is_title(drafts)
    return drafts
