"""Parts of a picture that stand side by side: two diagrams, or two columns of text."""

import statistics
from collections.abc import Sequence

from ingest.readers.pdf.shapes import Rectangle
from ingest.readers.pdf.tables.grid import side_by_side
from ingest.recognition import RecognizedLine
from ingest.text import length

# A blank stripe between parts is so many heights of a line wide; one between columns of a grid
# may be as narrow as the second.
_GAP, _COLUMN_GAP = 2.0, 0.5
# A part is so wide, a share of the picture, and has so many rows.
_WIDTH_SHARE = 0.2
_ROWS = 5
# A diagram has rows of several words; text has long lines.
_FULL_ROWS = 3
_LONG, _LONG_SHARE = 12, 0.6
# What stands above or below all parts, as a title does, reaches over so much of the width.
_ACROSS = 0.5


def parts_of(lines: Sequence[RecognizedLine]) -> list[list[RecognizedLine]]:
    """Part lines where blank stripes run down a picture, from left to right; a title comes first.

    The columns of a table have such stripes too: each part must be a diagram or text by itself.
    """
    whole = [list(lines)]
    if len(lines) < 2 * _ROWS:
        return whole
    height = statistics.median(line.y1 - line.y0 for line in lines)
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    above, inner, below = _without_titles(lines, width)
    parts = _between_gaps(inner, _GAP * height)
    if len(parts) > 1 and all(_is_part(part, width, height) for part in parts):
        return [part for part in (above, *parts, below) if part]
    return whole


def _without_titles(
    lines: Sequence[RecognizedLine], width: float
) -> tuple[list[RecognizedLine], list[RecognizedLine], list[RecognizedLine]]:
    """Take off what reaches across the picture, above and below all that does not."""
    wide = [line for line in lines if line.x1 - line.x0 > _ACROSS * width]
    inner = [line for line in lines if line not in wide]
    top = min((line.y0 for line in inner), default=0.0)
    bottom = max((line.y1 for line in inner), default=0.0)
    above = [line for line in wide if line.y0 < top]
    below = [line for line in wide if line.y1 > bottom and line not in above]
    return above, [line for line in lines if line not in above and line not in below], below


def _between_gaps(lines: Sequence[RecognizedLine], gap: float) -> list[list[RecognizedLine]]:
    parts: list[list[RecognizedLine]] = []
    right = 0.0
    for line in sorted(lines, key=lambda line: line.x0):
        if not parts or line.x0 - right > gap:
            parts.append([])
        parts[-1].append(line)
        right = max(right, line.x1) if len(parts[-1]) > 1 else line.x1
    return parts


def _is_part(part: Sequence[RecognizedLine], width: float, height: float) -> bool:
    """Tell whether lines are a diagram or text, and not a column of a table."""
    rows = side_by_side([Rectangle(line.x0, line.y0, line.x1, line.y1) for line in part])
    own = max(line.x1 for line in part) - min(line.x0 for line in part)
    if own < _WIDTH_SHARE * width or len(rows) < _ROWS:
        return False
    lengths = [length(line.text) for line in part]
    text = sum(size for size in lengths if size >= _LONG) > _LONG_SHARE * sum(lengths)
    grid = len(_between_gaps(part, _COLUMN_GAP * height)) > 1
    full = sum(len(row) > 1 for row in rows) >= _FULL_ROWS
    return text or (full and not grid)
