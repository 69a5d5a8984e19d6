"""What stands in a Word document's body, rows and cells, wrappers opened."""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from ingest.readers.attributes import whole_number
from ingest.readers.office.docx_styles import WORD

# What only groups other content.
_WRAPPERS = {f"{WORD}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml")}
_TEXT_BOX = f"{WORD}txbxContent"
# Settings may stand for far more columns than a table has.
_MOST_COLUMNS = 100


def paragraphs_of(cell: Any) -> Iterator[Any]:
    """Paragraphs of a cell and of tables in it; its text boxes hang on them."""
    for paragraph in cell.iter(f"{WORD}p"):
        around = takewhile(lambda one: one is not cell, paragraph.iterancestors())
        if all(one.tag != _TEXT_BOX for one in around):
            yield paragraph


def content(container: Any, *names: str) -> Iterator[Any]:
    """Paragraphs and tables (or rows, or cells) of a container, wrappers opened."""
    wanted = names or (f"{WORD}p", f"{WORD}tbl")
    for child in container:
        if child.tag in wanted:
            yield child
        elif child.tag in _WRAPPERS:
            yield from content(child, *names)


def cells_of(row: Any) -> list[Any | None]:
    """Cells of a row by column; None where one from the left or from above reaches to."""
    found: list[Any | None] = []
    for cell in content(row, f"{WORD}tc"):
        width = cell.find(f"{WORD}tcPr/{WORD}gridSpan")
        merged = cell.find(f"{WORD}tcPr/{WORD}vMerge")
        columns = 1 if width is None else whole_number(width.get(f"{WORD}val"), 1)
        goes_on = merged is not None and merged.get(f"{WORD}val") != "restart"
        found.append(None if goes_on else cell)
        found += [None] * (min(columns, _MOST_COLUMNS - len(found) + 1) - 1)
    return found
