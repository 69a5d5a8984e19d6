"""Tables of web pages: which hold data, and their cells in rows."""

from typing import Any

from ingest.readers.attributes import whole_number

_MOST_SPANNED = 100
# Cells reach no further to the right or down than this; a table with more cells is none to read.
_MOST_COLUMNS = 200
_MOST_CELLS = 100_000
_NO_DATA = ("table", "pre", "h1", "h2", "h3", "h4", "h5", "h6")


def data_rows(table: Any) -> list[list[Any | None]] | None:
    """Cells in rows, None where a cell from the left or from above reaches to.

    There are no rows for a frame that only lays out what is in it.
    """
    rows = _rows(table) if _is_data(table) else []
    return rows if 0 < len(rows) * max(map(len, rows), default=0) <= _MOST_CELLS else None


def _is_data(table: Any) -> bool:
    if table.get("role") in ("presentation", "none"):
        return False
    if any(one is not table for name in _NO_DATA for one in table.iter(name)):
        return False
    lines = [_cells(line) for line in table.iter("tr")]
    return len(lines) > 1 and max(map(len, lines)) > 1


def _rows(table: Any) -> list[list[Any | None]]:
    found: list[list[Any | None]] = []
    hanging: dict[int, int] = {}  # by column: rows that a cell above still takes
    for line in table.iter("tr"):
        row: list[Any | None] = []
        for cell in _cells(line):
            _take_hanging(row, hanging)
            room = max(_MOST_COLUMNS - len(row), 1)
            width = min(_spanned(cell, "colspan"), room)
            below = _spanned(cell, "rowspan") - 1 if len(row) < _MOST_COLUMNS else 0
            for place in range(width):
                if below:
                    hanging[len(row)] = below
                row.append(None if place else cell)
        _take_hanging(row, hanging)
        found.append(row)
    return found


def _take_hanging(row: list[Any | None], hanging: dict[int, int]) -> None:
    while (left := hanging.pop(len(row), 0)) > 0:
        if left > 1:
            hanging[len(row)] = left - 1
        row.append(None)


def _cells(line: Any) -> list[Any]:
    return [cell for cell in line if cell.tag in ("td", "th")]


def _spanned(cell: Any, name: str) -> int:
    return min(max(whole_number(cell.get(name), 1), 1), _MOST_SPANNED)
