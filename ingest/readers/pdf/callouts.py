"""Titles of callouts: told by weight, colour or size, without the icon before them."""

import re
from collections.abc import Sequence

from ingest.model import BlockKind
from ingest.readers.pdf.blocks import Draft
from ingest.readers.pdf.rows import Row
from ingest.text import length

_LONGEST_TITLE = 30.0
_NO_TITLE_END = tuple("。；;，,：:、!！…")
_LARGER = 1.1
# What note apps write over code, within so many font sizes.
_PANEL_LABELS = {"代码块", "Code block"}
_LABEL_DISTANCE = 4.0
_ICON = re.compile(
    "^(?:[\U0001f000-\U0001faff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff]"
    "[\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff]*)+\\s*"
)


def without_labels(rows: Sequence[Row]) -> list[Row]:
    """Leave out what a note app writes over the panel of a piece of code: that it is one."""
    following = [*rows[1:], None]
    return [
        row
        for row, below in zip(rows, following, strict=False)
        if below is None or not _is_label(row, below)
    ]


def _is_label(row: Row, below: Row) -> bool:
    near = row.column == below.column and row.page == below.page
    distance = below.area.y0 - row.area.y1
    directly = 0 <= distance + row.size / 2 < _LABEL_DISTANCE * row.size
    return near and directly and below.code and row.text.strip() in _PANEL_LABELS


def without_icon(row: Row) -> None:
    """Take the picture character off with which note apps begin a callout."""
    found = _ICON.match(row.text)
    if found and found.end() < len(row.text):
        row.text = row.text[found.end() :]


def is_title(drafts: Sequence[Draft]) -> bool:
    """Tell whether the first block of a callout is its title, by how the others are set."""
    first, others = drafts[0], [row for draft in drafts[1:] for row in draft.rows]
    row = first.rows[0]
    if not others or not _may_be_title(first):
        return False
    size = max(other.size for other in others)
    bold = row.bold and not all(other.bold for other in others)
    colored = all(row.main.color != other.main.color for other in others)
    return bold or colored or row.size > _LARGER * size


def is_cut_title(draft: Draft) -> bool:
    """Tell whether all that a page break leaves of a callout is its title."""
    return draft.rows[0].bold and _may_be_title(draft)


def _may_be_title(draft: Draft) -> bool:
    text = draft.rows[0].text.strip()
    short = len(draft.rows) == 1 and length(text) <= _LONGEST_TITLE
    return draft.kind is BlockKind.QUOTE and short and not text.endswith(_NO_TITLE_END)
