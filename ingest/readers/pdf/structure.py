"""What belongs together in a document: nested lists, and sentences across columns and pages."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from ingest.model import BlockKind
from ingest.readers.pdf.blocks import Draft, ends_sentence
from ingest.readers.pdf.rows import Row, unspaced
from ingest.readers.pdf.tables.ruled import join_tables

_LIST_INDENT = 3.0
_REPEATED_SHARE = 0.6
_SHORTEST_REPEATED = 4
# A row that begins within so many font sizes of the top of the page may be cut by it.
_CLIPPED = 2.0
_SAME_SIZE = 0.5

_TEXT = {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM}
_READ = _TEXT | {BlockKind.QUOTE}
# A row that ends so many font sizes before the others do is the last one of its paragraph.
_FULL = 4.0
_LONG = 15.0
_NOTES = {BlockKind.FOOTNOTE}
_FLOATS = _NOTES | {BlockKind.FIGURE, BlockKind.CAPTION, BlockKind.TABLE}


def nest_lists(drafts: Sequence[Draft]) -> None:
    """Give list items the depth of their indentation."""
    open_items: list[float] = []
    for draft in drafts:
        left = draft.rows[0].area.x0
        if draft.kind is BlockKind.HEADING:
            open_items = []
        elif draft.kind in {BlockKind.PARAGRAPH, BlockKind.QUOTE}:
            open_items = [indent for indent in open_items if indent < left - _LIST_INDENT]
        elif draft.kind is BlockKind.LIST_ITEM:
            open_items = [indent for indent in open_items if indent < left - _LIST_INDENT]
            draft.level = len(open_items)
            open_items.append(left)


def join_pages(pages: Sequence[list[Draft]]) -> list[Draft]:
    """Put pages together; what goes on in the next column or page becomes one block.

    Notes, figures, tables and turned text may stand between the halves of a sentence.
    """
    pages = [list(page) for page in pages]
    for page, following in pairwise(pages):
        _drop_repeated_row(page, following)
    joined: list[Draft] = []
    reach = _reach(pages)
    for draft in (draft for page in pages for draft in page):
        last = _before(joined, draft)
        between = last is not joined[-1] if joined else False
        if last and _is_full(last, reach) and _goes_on(last, draft, between=between):
            last.rows.extend(draft.rows)
        else:
            joined.append(draft)
    return joined


def _before(joined: Sequence[Draft], draft: Draft) -> Draft | None:
    """Return what a draft may go on with: only notes stand between parts of a table or of code."""
    skipped = _NOTES if draft.kind in {BlockKind.TABLE, BlockKind.CODE} else _FLOATS
    turned_page = bool(joined) and joined[-1].rows[-1].page != draft.rows[0].page
    for last in reversed(joined):
        formula = last.kind is BlockKind.FORMULA and turned_page
        if last.kind not in skipped and not formula and last.rows[-1].lines[0].horizontal:
            return last
    return None


def _goes_on(last: Draft, first: Draft, *, between: bool) -> bool:
    before, after = last.rows[-1], first.rows[0]
    turned_page = after.page == before.page + 1
    if last.kind is first.kind is BlockKind.TABLE:
        return turned_page and join_tables(last.cells, first.cells)
    same_size = abs(before.size - after.size) <= _SAME_SIZE
    if last.kind is first.kind is BlockKind.CODE:
        return turned_page and same_size
    if not (
        turned_page or (after.page == before.page and (between or _is_next_column(last, first)))
    ):
        return False
    texts = last.kind in _TEXT and first.kind is BlockKind.PARAGRAPH and not last.boxed
    quotes = last.boxed and first.kind is BlockKind.QUOTE and last.kind in _TEXT | {first.kind}
    heading = before.bold != after.bold and len(first.rows) == 1
    if not (texts or quotes) or first.title or not same_size or heading:
        return False
    if ends_sentence(before.text):
        return False
    begin, end = after.text.lstrip()[:1], before.text.rstrip()[-1:]
    return unspaced(end, begin) or begin.islower() or begin in "(（" or end in "-,"


def _is_next_column(last: Draft, first: Draft) -> bool:
    before, after = last.rows[-1], first.rows[0]
    return before.column != after.column and after.area.x0 > before.area.x0


def _reach(pages: Sequence[Sequence[Draft]]) -> dict[tuple[int, int], float]:
    """Return how far the text reaches to the right in each column of each page."""
    reach: dict[tuple[int, int], float] = {}
    for draft in (draft for page in pages for draft in page if draft.kind in _READ):
        for row in draft.rows:
            key = row.page, row.column
            reach[key] = max(reach.get(key, 0.0), row.right)
    return reach


def _is_full(draft: Draft, reach: Mapping[tuple[int, int], float]) -> bool:
    """Tell whether the last row of a text reaches about as far as others of its column do."""
    last = draft.rows[-1]
    if draft.kind not in _READ:
        return True
    right = last.right - draft.rows[0].left
    return (
        last.right > reach[last.page, last.column] - _FULL * last.size and right > _LONG * last.size
    )


def _drop_repeated_row(page: Sequence[Draft], following: list[Draft]) -> None:
    """A row cut by a page break is drawn on both pages, whole or clipped on the second."""
    last = next((draft for draft in reversed(page) if draft.kind in _TEXT), None)
    if last is None or not following or following[0].kind not in _TEXT:
        return
    first = following[0]
    if first.area.y0 >= _CLIPPED * first.rows[0].size:
        return  # what stands below the margin is whole, and said again
    whole, part = _letters(last.rows[-1:]), _letters(first.rows)
    whole = _letters(last.rows) if len(part) > len(whole) else whole
    fewest = max(_SHORTEST_REPEATED, _REPEATED_SHARE * len(whole))
    if len(part) >= fewest and _is_subsequence(part, whole):
        following.pop(0)


def _letters(rows: Sequence[Row]) -> str:
    return "".join("".join(row.text.split()) for row in rows)


def _is_subsequence(part: str, whole: str) -> bool:
    remaining = iter(whole)
    return all(letter in remaining for letter in part)
