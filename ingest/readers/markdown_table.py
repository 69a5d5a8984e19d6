"""Rows of cells to a Markdown table."""

from collections.abc import Sequence

from ingest.model import Block, BlockKind


def table_block(rows: Sequence[Sequence[str]]) -> Block | None:
    """Print a table, its first row as the head; None when no cell has text."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        return None
    width = max(len(row) for row in filled)
    lines = [_line([*row, *[""] * (width - len(row))]) for row in filled]
    lines.insert(1, "|" + " --- |" * width)
    return Block(BlockKind.TABLE, "\n".join(lines))


def _line(cells: Sequence[str]) -> str:
    values = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return "|" + "".join(f" {value} |" if value else " |" for value in values)
