"""Captions beside their figures and tables."""

from collections.abc import Sequence

from ingest.model import BlockKind
from ingest.readers.pdf.blocks import Draft
from ingest.readers.pdf.captions import is_caption, is_label

_TOLD = {BlockKind.FIGURE, BlockKind.TABLE}
_TEXT = {BlockKind.PARAGRAPH, BlockKind.QUOTE}
# A caption stands within so many font sizes of its figure or table.
_DISTANCE = 4.0
_LEADING = 0.8


def tie_captions(drafts: Sequence[Draft]) -> list[Draft]:
    """Mark captions, and put each directly before or after its figure or table, as printed."""
    for draft in drafts:
        text = "".join(row.text for row in draft.rows)
        if draft.kind in _TEXT and is_caption(text):
            draft.kind = BlockKind.CAPTION
    ordered = _with_titles(drafts)
    for caption in [draft for draft in ordered if draft.kind is BlockKind.CAPTION]:
        told = _nearest(caption, drafts)
        if told is not None:
            ordered.remove(caption)
            above = caption.area.y0 < told.area.y0
            ordered.insert(ordered.index(told) + (not above), caption)
    return ordered


def _with_titles(drafts: Sequence[Draft]) -> list[Draft]:
    """Join a label that stands alone in its row with the title below it, row by row."""
    joined: list[Draft] = []
    labelled: Draft | None = None
    for draft in drafts:
        if labelled and draft.kind is BlockKind.PARAGRAPH and _is_below(labelled, draft):
            labelled.rows.extend(draft.rows)
            continue
        joined.append(draft)
        label = draft.kind is BlockKind.CAPTION and is_label("".join(r.text for r in draft.rows))
        labelled = draft if label else None
    return joined


def _is_below(label: Draft, draft: Draft) -> bool:
    """Tell whether a title, or a further row of it, stands close below and centred."""
    last, row = label.rows[-1].area, draft.rows[0].area
    near = 0 <= row.y0 - last.y1 < draft.rows[0].size * _LEADING
    return near and abs((row.x0 + row.x1) - (last.x0 + last.x1)) < 2 * draft.rows[0].size


def _nearest(caption: Draft, drafts: Sequence[Draft]) -> Draft | None:
    """Return the figure or table that a caption stands above or below."""
    area, size = caption.area, caption.rows[0].size
    distances: list[tuple[float, int]] = []
    for place, draft in enumerate(drafts):
        other = draft.area
        beside = min(area.x1, other.x1) - max(area.x0, other.x0)
        if draft.kind in _TOLD and beside > 0:
            distance = max(other.y0 - area.y1, area.y0 - other.y1)
            if -size < distance < _DISTANCE * size:
                distances.append((distance, place))
    return drafts[min(distances)[1]] if distances else None
