"""Gold pages that are set like papers: columns, wide parts, floats and footnotes."""

import pymupdf
from gold_drawn import A4, BOLD, SANS, Sheet, drawn, wrap
from gold_model import GoldPage, block, heading, paragraph

from ingest.model import BlockKind as Kind

_LEFT, _RIGHT, _COLUMN = 50, 310, 235

_COLUMNS = (
    "Speculative decoding lets a small draft model propose several tokens that the large model "
    "then checks in one pass. Tokens that the large model would have drawn are kept, and the "
    "first one that it rejects is drawn again from the difference of both distributions.",
    "The distribution of the output stays exactly that of the large model. The gain depends on how "
    "often the draft is right, which is called the acceptance rate, and on how much cheaper one "
    "step of the draft is.",
    "Choosing the length of the draft is a trade between wasted work and idle memory bandwidth. "
    "Four or five tokens are usual when both models come from one family and share a tokenizer.",
    "Medusa drops the second model and adds several heads to the large one instead. Each head "
    "guesses one more token, and a tree of guesses is verified at once with a mask.",
    "Lookahead decoding needs neither a draft nor new heads: it solves for several positions in "
    "parallel and keeps the n-grams that came up, to try them again later.",
    "All three approaches trade arithmetic for fewer passes over the weights, so they help most "
    "when the batch is small and decoding waits for memory.",
)


def _column(page: pymupdf.Page, left: float, top: float, parts: tuple[str, ...]) -> float:
    sheet = Sheet(page, left, top, _COLUMN)
    for part in parts:
        sheet.write(part)
    return sheet.y


def _two_columns(document: pymupdf.Document) -> None:
    page = document.new_page(width=A4[0], height=A4[1])
    _column(page, _LEFT, 90, _COLUMNS[:3])
    _column(page, _RIGHT, 90, _COLUMNS[3:])


_TITLE = "Three Ways to Decode More Than One Token per Pass"
_CAPTION = (
    "Figure 1: Tokens per second of the three methods on one accelerator, for batches of one to "
    "sixty-four requests; the dashed line is plain decoding."
)


def _paper(document: pymupdf.Document) -> None:
    page = document.new_page(width=A4[0], height=A4[1])
    top = Sheet(page, 60, 90)
    top.write(_TITLE, size=18, font=BOLD, gap=16)
    low = max(
        _column(page, _LEFT, top.y, _COLUMNS[:2]), _column(page, _RIGHT, top.y, _COLUMNS[3:5])
    )
    frame = pymupdf.Rect(_LEFT, low + 20, _RIGHT + _COLUMN, low + 170)
    for step in range(1, 8):
        height = 130 * step / 8
        bar = (frame.x0 + 60 * step, frame.y1 - height, frame.x0 + 60 * step + 30, frame.y1)
        page.draw_rect(pymupdf.Rect(bar), fill=(0.3, 0.5, 0.8), color=None)
    page.draw_line(frame.bl, frame.br)
    page.draw_line((frame.x0, frame.y0 + 60), (frame.x1, frame.y0 + 60), dashes="[4] 0")
    Sheet(page, _LEFT, frame.y1 + 24, _RIGHT + _COLUMN - _LEFT).write(_CAPTION, size=9)


_AUTHORS = (
    ("Ada Martin", "Institute of Decoding", "Lyon, France", "ada@example.org"),
    ("Bo Larsen", "Department of Systems", "Bergen, Norway", "bo@example.org"),
    ("Chen Wei", "School of Software", "Hangzhou, China", "chen@example.org"),
)
_NOTE = "1 Measured on one accelerator with 80 GB of memory and a batch of one."
_LABELS = ("Acceptance rate", "Draft length", "0", "2", "4", "6")
_PLOT = "Figure 2: The acceptance rate falls as the draft grows longer."


def _first_page(document: pymupdf.Document) -> None:
    page = document.new_page(width=A4[0], height=A4[1])
    top = Sheet(page, 60, 90)
    top.write(_TITLE, size=18, font=BOLD, gap=16)
    for line in zip(*_AUTHORS, strict=True):
        top.row(line, (70, 235, 400), size=10)
        top.y += 13
    top.y += 20
    left = Sheet(page, _LEFT, top.y, _COLUMN)
    left.write(_COLUMNS[0])
    rows = wrap(_COLUMNS[1], _COLUMN, SANS, 10.5)
    left.write(" ".join(rows[:3]), gap=0)
    page.draw_line((_LEFT, left.y + 4), (_LEFT + 80, left.y + 4), width=0.5)
    left.y += 16
    left.write(_NOTE, size=7.5)
    right = Sheet(page, _RIGHT, _plot(page, top.y) + 20, _COLUMN)
    right.write(_PLOT, size=9, gap=16)
    right.write(" ".join(rows[3:]))
    right.write(_COLUMNS[3])


def _plot(page: pymupdf.Page, top: float) -> float:
    """A small drawing with labels; returns its lower edge."""
    frame = pymupdf.Rect(_RIGHT + 30, top, _RIGHT + 220, top + 90)
    page.draw_rect(frame, color=(0.3, 0.3, 0.3))
    points = [(frame.x0 + 45 * at, frame.y0 + 15 + 20 * at) for at in range(4)]
    page.draw_polyline(points, color=(0.8, 0.3, 0.2))
    sheet = Sheet(page, y=frame.y0 + 30)
    sheet.put(_LABELS[0], frame.x0 + 90, size=8)
    for at, label in enumerate(_LABELS[2:]):
        sheet.y = frame.y1 + 10
        sheet.put(label, frame.x0 + 45 * at, size=7)
    sheet.y = frame.y1 + 20
    sheet.put(_LABELS[1], frame.x0 + 60, size=8)
    return frame.y1 + 24


PAPERS = (
    GoldPage("two_columns", tuple(map(paragraph, _COLUMNS)), drawn(_two_columns)),
    GoldPage(
        "wide_title_and_caption",
        (
            heading(_TITLE),
            *map(paragraph, (*_COLUMNS[:2], *_COLUMNS[3:5])),
            block(Kind.CAPTION, _CAPTION),
        ),
        drawn(_paper),
    ),
    GoldPage(
        "paper_first_page",
        (
            heading(_TITLE),
            *(paragraph(" ".join(author)) for author in _AUTHORS),
            *map(paragraph, _COLUMNS[:2]),
            block(Kind.FIGURE, " ".join(_LABELS[:1] + _LABELS[2:] + _LABELS[1:2])),
            block(Kind.CAPTION, _PLOT),
            paragraph(_COLUMNS[3]),
            block(Kind.FOOTNOTE, _NOTE),
        ),
        drawn(_first_page),
    ),
)
