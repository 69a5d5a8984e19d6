"""Structure of PDF pages with a text layer, on small PDFs made here."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pymupdf
import pytest

from ingest.model import Block, BlockKind, Box, Link, ParsedDocument
from ingest.readers.pdf.captions import is_caption
from ingest.readers.pdf.numbering import numbering_rank
from ingest.readers.pdf.picture_text import picture_block
from ingest.readers.pdf.reader import read_pdf
from ingest.readers.pdf.shapes import Rectangle
from ingest.readers.pdf.tables.grid import arrange, cells_of
from ingest.recognition import RecognizedLine
from ingest.settings import ReadSettings

CHINESE = "china-s"
BLUE, GREY = (0.1, 0.3, 0.9), (0.8, 0.8, 0.85)
GROUND = (0.93, 0.95, 1.0)
Read = Callable[[pymupdf.Document], ParsedDocument]
Rows = Sequence[Sequence[str]]

PROSE = (
    "The gradient of the loss is taken with respect to every weight and then the",
    "optimizer moves the weights a little in the direction that lowers the loss.",
)
SCORES = (
    ("方法", "参数量", "准确率", "速度"),
    ("LoRA", "0.1%", "85.2", "快"),
    ("Prefix", "0.5%", "83.1", "中"),
    ("全参数", "100%", "86.0", "慢"),
)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def save_and_read(document: pymupdf.Document) -> ParsedDocument:
        file = tmp_path / "notes.pdf"
        document.save(file)
        document.close()
        return read_pdf(file, ReadSettings())

    return save_and_read


def write(
    page: pymupdf.Page,
    texts: Iterable[str],
    y: float,
    x: float = 72,
    step: float = 15,
    size: float = 11,
    font: str = "helv",
    color: tuple[float, float, float] = (0, 0, 0),
) -> float:
    for text in texts:
        page.insert_text((x, y), text, fontsize=size, fontname=font, color=color)
        y += step
    return y


def write_cells(
    page: pymupdf.Page,
    rows: Rows,
    y: float,
    lefts: Sequence[float] = (72, 200, 300, 400),
    step: float = 18,
    font: str = CHINESE,
) -> float:
    for row in rows:
        for left, text in zip(lefts, row, strict=False):
            page.insert_text((left, y), text, fontsize=10, fontname=font)
        y += step
    return y


def markdown(rows: Rows) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]


def of_kind(document: ParsedDocument, kind: BlockKind) -> list[str]:
    return [block.text for block in document.blocks if block.kind is kind]


def outline(document: ParsedDocument) -> list[tuple[BlockKind, str]]:
    return [(block.kind, block.text) for block in document.blocks]


def headings(document: ParsedDocument) -> list[tuple[str, int]]:
    found: list[Block] = [b for b in document.blocks if b.kind is BlockKind.HEADING]
    return [(block.text, block.level) for block in found]


def joined(texts: Sequence[str]) -> str:
    return " ".join(texts)


# --- tables ---------------------------------------------------------------------------------


def draw_rules(page: pymupdf.Page, heights: Iterable[float]) -> None:
    for y in heights:
        page.draw_line((68, y), (470, y))


@pytest.mark.parametrize("style", ["free", "booktabs", "head_rule", "shaded", "zebra"])
def test_tables_without_all_rules(read: Read, style: str) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    write(page, PROSE, y=90)
    if style == "shaded":
        page.draw_rect((68, 127, 470, 145), color=None, fill=GREY)
    if style == "zebra":
        for y in (145, 181):
            page.draw_rect((68, y, 470, y + 18), color=None, fill=GROUND)
    draw_rules(page, {"booktabs": (125, 145, 200), "head_rule": (145,)}.get(style, ()))
    y = write_cells(page, SCORES, y=140)
    write(page, PROSE, y=y + 20)
    document = read(pdf)
    assert outline(document) == [
        (BlockKind.PARAGRAPH, joined(PROSE)),
        (BlockKind.TABLE, "\n".join(markdown(SCORES))),
        (BlockKind.PARAGRAPH, joined(PROSE)),
    ]


def test_a_table_of_two_columns(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    rows = (("术语", "含义"), ("注意力", "让模型关注重要的部分"),
            ("残差", "把输入加到输出上"), ("归一化", "让数值稳定"))  # fmt: skip
    write_cells(page, rows, y=140)
    (table,) = of_kind(read(pdf), BlockKind.TABLE)
    assert table.splitlines() == markdown(rows)


def test_wrapped_cells_and_heads_are_one_cell(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    draw_rules(page, (125, 160, 245))
    write_cells(page, [("Model", "Trained", "Score"), ("", "weights", "(%)")], y=140, step=13,
                font="helv")  # fmt: skip
    y = 175.0
    for row in (("LoRA", "low rank", "85.2"), ("Adapter", "bottleneck", "83.1")):
        write_cells(page, [row, ("", "matrices")], y=y, step=12, font="helv")
        y += 36
    (table,) = of_kind(read(pdf), BlockKind.TABLE)
    assert table.splitlines() == markdown(
        [
            ("Model", "Trained weights", "Score (%)"),
            ("LoRA", "low rank matrices", "85.2"),
            ("Adapter", "bottleneck matrices", "83.1"),
        ]
    )


def test_heads_over_columns_and_empty_cells_stay_in_place(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    draw_rules(page, (125, 163, 222))
    page.insert_text((230, 140), "Accuracy on both sets", fontsize=10)
    rows = [("Model", "dev", "test", "size"), ("A", "1.0", "2.0", "7B"), ("B", "", "2.5", "7B"),
            ("C", "1.5", "2.8", "")]  # fmt: skip
    write_cells(page, rows, y=156, lefts=(72, 220, 310, 400), font="helv")
    (table,) = of_kind(read(pdf), BlockKind.TABLE)
    assert table.splitlines() == [
        "| | Accuracy on both sets | | |",
        "| --- | --- | --- | --- |",
        "| Model | dev | test | size |",
        "| A | 1.0 | 2.0 | 7B |",
        "| B | | 2.5 | 7B |",
        "| C | 1.5 | 2.8 | |",
    ]


def test_rows_without_rules_between_them_are_rows(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    draw_rules(page, (125, 145, 200))
    for x in (190, 290, 390):
        page.draw_line((x, 125), (x, 200))
    write_cells(page, SCORES, y=140)
    (table,) = of_kind(read(pdf), BlockKind.TABLE)
    assert table.splitlines() == markdown(SCORES)


def _contents(page: pymupdf.Page) -> None:
    write_cells(page, [("Introduction", "1"), ("Methods", "4"), ("Results", "9"),
                       ("Discussion", "12"), ("References", "15")], y=140)  # fmt: skip


def _numbered_list(page: pymupdf.Page) -> None:
    write_cells(page, [(f"{n}.", "an item of the list") for n in range(1, 6)], y=140)


def _two_columns(page: pymupdf.Page) -> None:
    for n in range(8):
        write_cells(page, [(f"left column row {n} with more words",
                            f"right column row {n} with more words")],
                    y=140 + 15 * n, lefts=(72, 320), font="helv")  # fmt: skip


def _numbered_code(page: pymupdf.Page) -> None:
    page.draw_rect((60, 120, 500, 230), color=None, fill=(0.95, 0.95, 0.95))
    for n in range(1, 7):
        y = 125 + 15 * n
        page.insert_text((70, y), str(n), fontsize=10, fontname="cour")
        page.insert_text((110, y), f"value_{n} = compute({n})", fontsize=10, fontname="cour")


def _authors(page: pymupdf.Page) -> None:
    write_cells(page, [("Ada Martin", "Bo Larsen", "Chen Wei"), ("Lyon", "Bergen", "Hangzhou"),
                       ("a@example.org", "b@example.org", "c@example.org")], y=140,
                font="helv")  # fmt: skip


def _axis(page: pymupdf.Page) -> None:
    page.draw_polyline([(80, 200), (180, 150), (400, 130)])
    page.draw_rect((70, 120, 420, 210))
    write_cells(page, [("0.0", "0.2", "0.4", "0.6"), ("", "steps", "", "")], y=222, step=12)


@pytest.mark.parametrize(
    "draw", [_contents, _numbered_list, _two_columns, _numbered_code, _authors, _axis]
)
def test_what_only_looks_like_a_table(read: Read, draw: Callable[[pymupdf.Page], None]) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    write(page, PROSE, y=70)
    draw(page)
    write(page, PROSE, y=320)
    assert of_kind(read(pdf), BlockKind.TABLE) == []


def test_authors_side_by_side_are_read_one_by_one(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    _authors(page)
    write(page, PROSE, y=260)
    assert of_kind(read(pdf), BlockKind.PARAGRAPH)[:3] == [
        "Ada Martin Lyon a@example.org",
        "Bo Larsen Bergen b@example.org",
        "Chen Wei Hangzhou c@example.org",
    ]


def test_cells_of_recognised_lines() -> None:
    pieces = [
        (text, Rectangle(80 * column + 3 * row, 20 * row + column, 80 * column + 45, 20 * row + 14))
        for row, texts in enumerate(SCORES)
        for column, text in enumerate(texts)
    ]
    grid = arrange(pieces[::-1])
    assert grid is not None
    cells = cells_of(grid, pieces[::-1], page=3)
    assert cells is not None
    assert [[piece[0] for cell in row for piece in cell] for row in cells] == [
        list(row) for row in SCORES
    ]
    assert cells[1][2][0][1].page == 3
    assert (
        arrange([("one line", Rectangle(0, 0, 80, 10)), ("more", Rectangle(0, 12, 80, 22))]) is None
    )


# --- callouts and quotes --------------------------------------------------------------------


def test_a_callout_stays_together(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    write(page, ["注意力机制"], y=60, size=16, font=CHINESE)
    y = write(page, PROSE, y=90)
    page.draw_rect((68, y + 5, 300, y + 95), color=None, fill=GROUND)
    write(page, ["核心要点"], y=y + 25, x=84, font=CHINESE, color=BLUE)
    write(page, ["每个词元都看其他词元。"], y=y + 45, x=84, font=CHINESE)
    write(page, ["• 第一点", "• 第二点"], y=y + 62, x=84, font=CHINESE)
    write(page, ["Beside the box"], y=y + 45, x=320)
    write(page, PROSE, y=y + 120)
    document = read(pdf)
    assert headings(document) == [("注意力机制", 1), ("核心要点", 2)]
    blocks = outline(document)
    place = blocks.index((BlockKind.HEADING, "核心要点"))
    assert blocks[place + 1 : place + 4] == [
        (BlockKind.QUOTE, "每个词元都看其他词元。"),
        (BlockKind.LIST_ITEM, "第一点"),
        (BlockKind.LIST_ITEM, "第二点"),
    ]


def test_marked_words_are_no_callout(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    page.draw_rect((70, 88, 460, 106), color=None, fill=(1, 1, 0.5))
    write(page, PROSE, y=100)
    assert outline(read(pdf)) == [(BlockKind.PARAGRAPH, joined(PROSE))]


def test_a_bar_marks_a_quote(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    y = write(page, PROSE, y=100)
    page.draw_rect((72, y + 8, 75, y + 44), color=None, fill=GREY)
    write(page, PROSE, y=y + 20, x=88)
    write(page, PROSE, y=y + 80)
    assert outline(read(pdf)) == [
        (BlockKind.PARAGRAPH, joined(PROSE)),
        (BlockKind.QUOTE, joined(PROSE)),
        (BlockKind.PARAGRAPH, joined(PROSE)),
    ]


# --- captions, figures, notes ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "caption"),
    [
        ("图 1：模型结构", True),
        ("表2 三种方法的比较", True),
        ("Figure 3: The loss falls", True),
        ("Table 2. Scores of all models", True),
        ("TABLE II", True),
        ("图1展示了模型的结构", False),
        ("表 2 中的结果说明第二种方法更好", False),
        ("Table 1 shows that the loss falls", False),
        ("Figures are drawn", False),
    ],
)
def test_labels_of_captions(text: str, caption: bool) -> None:
    assert is_caption(text) is caption


def test_captions_stand_beside_what_they_tell_about(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    write(page, ["Table 1: Scores of three methods"], y=100, size=9)
    draw_rules(page, (115, 135, 190))
    y = write_cells(page, SCORES, y=130)
    write(page, PROSE, y=y + 20)
    _axis(pdf.new_page())
    write(pdf[1], ["Figure 1: The loss falls"], y=256, size=9)
    document = read(pdf)
    kinds = [block.kind for block in document.blocks]
    assert kinds == [
        BlockKind.CAPTION,
        BlockKind.TABLE,
        BlockKind.PARAGRAPH,
        BlockKind.FIGURE,
        BlockKind.CAPTION,
    ]


def test_a_sentence_goes_on_behind_a_figure_and_a_note(read: Read) -> None:
    pdf = pymupdf.open()
    first = pdf.new_page()
    write(first, PROSE[:1], y=640)
    first.draw_line((72, 700), (200, 700))
    write(first, ["1 All weights but those of the embedding."], y=715, size=8)
    second = pdf.new_page()
    _axis(second)
    write(second, ["Figure 1: The loss falls"], y=256, size=9)
    write(second, PROSE[1:], y=300)
    assert outline(read(pdf)) == [
        (BlockKind.PARAGRAPH, joined(PROSE)),
        (BlockKind.FOOTNOTE, "1 All weights but those of the embedding."),
        (BlockKind.FIGURE, "0.0 0.2 0.4 0.6 steps"),
        (BlockKind.CAPTION, "Figure 1: The loss falls"),
    ]


def test_notes_without_a_rule(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    write(page, PROSE * 3, y=100)
    write(page, ["* Equal contribution.", "2 Work done at a university, which is far away and"],
          y=760, size=8, step=11)  # fmt: skip
    write(page, ["very old."], y=782, size=8)
    assert of_kind(read(pdf), BlockKind.FOOTNOTE) == [
        "* Equal contribution.",
        "2 Work done at a university, which is far away and very old.",
    ]


# --- headings and lists ---------------------------------------------------------------------


def test_numbering_ranks() -> None:
    ordered = [
        "第一章 总论",
        "第二节",
        "三、方法",
        "（一）数据",
        "1. 模型",
        "1.2 层",
        "1.2.3 头",
        "(4)",
    ]
    ranks = list(map(numbering_rank, ordered))
    assert ranks == sorted(set(ranks))
    assert numbering_rank("4 种方法") == numbering_rank("1. 模型")
    assert numbering_rank("模型") == 0


def test_bold_headings_rank_by_their_numbers(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    y = 80.0
    for title in ("1 Data", "1.1 Sources", "1.2 Cleaning", "2 Training"):
        y = write(page, [title], y=y + 20, font="hebo", step=20)
        y = write(page, PROSE, y=y)
    assert headings(read(pdf)) == [
        ("1 Data", 1),
        ("1.1 Sources", 2),
        ("1.2 Cleaning", 2),
        ("2 Training", 1),
    ]


@pytest.mark.parametrize(
    ("colors", "levels"),
    [
        ("bpppbpp", [1, 2, 2, 2, 1, 2, 2]),
        ("bpbpbp", [1, 1, 1, 1, 1, 1]),  # by turns
        ("bbbppp", [1, 1, 1, 1, 1, 1]),  # in another part of the document
    ],
)
def test_colours_tell_headings_apart(read: Read, colors: str, levels: list[int]) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    for at, color in enumerate(colors):
        shown = {"b": (0.1, 0.3, 0.9), "p": (0.4, 0.1, 0.8)}[color]
        y = write(page, [f"Heading {'ABCDEFG'[at]}"], y=80 + 100 * at, font="hebo", color=shown)
        write(page, PROSE, y=y + 10)
    assert [level for _, level in headings(read(pdf))] == levels


def test_drawn_bullets_hollow_or_to_tick(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    page.draw_circle((80, 96), 2.2, color=(0, 0, 0), fill=(0, 0, 0))
    page.draw_circle((100, 116), 2.2, color=(0, 0, 0))
    page.draw_rect((75, 131, 85, 141))
    write(page, ["the first item"], y=100, x=90)
    write(page, ["an item below it"], y=120, x=110)
    write(page, ["something to do"], y=140, x=90)
    found = [(block.kind, block.level, block.text) for block in read(pdf).blocks]
    assert found == [
        (BlockKind.LIST_ITEM, 0, "the first item"),
        (BlockKind.LIST_ITEM, 1, "an item below it"),
        (BlockKind.LIST_ITEM, 0, "something to do"),
    ]


# --- order ----------------------------------------------------------------------------------


@pytest.mark.parametrize("by_row", [False, True])
def test_three_columns(read: Read, by_row: bool) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page(width=800)
    places = [(column, row) for column in range(3) for row in range(8)]
    for column, row in sorted(places, key=lambda place: place[::-1]) if by_row else places:
        write(page, [f"column {column} row {row} with some more words"], y=100 + 15 * row,
              x=60 + 240 * column)  # fmt: skip
    text = " ".join(block.text for block in read(pdf).blocks)
    found = [text.index(f"column {column} row {row}") for column, row in places]
    assert found == sorted(found)


def test_a_sentence_goes_on_in_the_next_column(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    left = [f"the left column tells of row {n} and of" for n in range(8)]
    right = [f"row {n} of the right column, which tells" for n in range(8)]
    write(page, left, y=100)
    write(page, right, y=100, x=320)
    (block,) = read(pdf).blocks
    assert block.text == joined(left + right)


def test_turned_text_in_the_margin_comes_last(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    page.insert_text((30, 500), "arXiv:2404.00001v2", fontsize=14, rotate=90)
    write(page, PROSE, y=100)
    assert [block.text for block in read(pdf).blocks] == [joined(PROSE), "arXiv:2404.00001v2"]


@pytest.mark.parametrize("number", ["7", "- 7 -", "第 7 页", "Page 7 of 12", "7 / 12"])
def test_a_page_number_is_dropped_on_one_page(read: Read, number: str) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    write(page, PROSE, y=100)
    write(page, [number], y=810, x=290, size=9, font=CHINESE)
    assert [block.text for block in read(pdf).blocks] == [joined(PROSE)]


def test_a_heading_at_the_top_of_a_page_stays(read: Read) -> None:
    pdf = pymupdf.open()
    for number in range(1, 4):
        page = pdf.new_page()
        write(page, [f"{number}. A part of its own, {'abc'[number - 1] * 4}"], y=40 + number * 5,
              font="hebo")  # fmt: skip
        write(page, PROSE, y=400)
    assert len(headings(read(pdf))) == 3


def test_heads_that_both_of_two_pages_repeat_are_dropped(read: Read) -> None:
    pdf = pymupdf.open()
    for number in (1, 2):
        page = pdf.new_page()
        write(page, ["Notes on language models"], y=30, size=9)
        write(page, PROSE, y=100 * number)
    assert of_kind(read(pdf), BlockKind.PARAGRAPH) == [joined(PROSE)] * 2


@pytest.mark.parametrize("size", [18, 11])
def test_titles_that_differ_in_numbers_are_kept(read: Read, size: float) -> None:
    pdf = pymupdf.open()
    for number in (1, 2, 3, 4):
        page = pdf.new_page()
        top = f"Step {number}" if size > 11 else f"Batch size {2 ** (number + 4)}"
        write(page, [top], y=50, size=size)
        write(page, PROSE, y=130)
        write(page, [f"Lesson 5, page {number}"], y=820, size=9)
    text = "\n".join(block.text for block in read(pdf).blocks)
    for number in (1, 2, 3, 4):
        assert (f"Step {number}" if size > 11 else f"Batch size {2 ** (number + 4)}") in text
    assert "Lesson 5" not in text


# --- across pages ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "first", "y", "kept"),
    [
        ("\u2022 Encoder layer 21", "\u2022 Encoder layer 2", 60, True),
        ("We use the model 1.5 in all tests.", "We use the model 1 in tests.", 60, True),
        ("We use the model in all tests.", "We use the model in all tests.", 60, True),
        ("We use the model in all tests.", "We u e the mode n all tests.", 12, False),
        ("We use the model in all tests.", "We use the model in all tests.", 12, False),
    ],
)
def test_only_a_row_cut_by_the_break_is_a_repetition(
    read: Read, last: str, first: str, y: float, kept: bool
) -> None:
    pdf = pymupdf.open()
    write(pdf.new_page(), [last], y=780)
    page = pdf.new_page()
    write(page, [first], y=y)
    write(page, PROSE, y=120)
    found = [block.text for block in read(pdf).blocks]
    assert (first.removeprefix("\u2022 ") in found[1:]) is kept and len(found) == 2 + kept


# --- recognised text ------------------------------------------------------------------------


class Script:
    """Services of a reader that recognise the same lines in each picture."""

    def __init__(self, lines: Sequence[RecognizedLine]) -> None:
        self.lines = lines

    def recognize(self, _picture: bytes) -> Sequence[RecognizedLine]:
        return self.lines

    def progress(self, stage: str, done: int, total: int) -> None:
        pass


def read_with(
    document: pymupdf.Document, folder: Path, lines: Sequence[RecognizedLine]
) -> ParsedDocument:
    file = folder / "scan.pdf"
    document.save(file)
    document.close()
    return read_pdf(file, ReadSettings(), Script(lines))


def insert_picture(page: pymupdf.Page, area: tuple[float, float, float, float]) -> None:
    grey = pymupdf.Pixmap(pymupdf.csGRAY, (0, 0, 200, 100), 0)
    grey.clear_with(200)
    page.insert_image(area, pixmap=grey, keep_proportion=False)


LABEL = RecognizedLine("retriever and reader", 0.95, 200, 60, 420, 90)


def test_a_picture_stands_before_what_begins_below_it(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    write(page, PROSE, y=90)
    insert_picture(page, (72, 130, 500, 300))
    write(page, ["Next"], y=340, size=18)
    write(page, PROSE, y=370)
    kinds = [block.kind for block in read_with(pdf, tmp_path, [LABEL]).blocks]
    assert kinds == [
        BlockKind.PARAGRAPH,
        BlockKind.FIGURE,
        BlockKind.HEADING,
        BlockKind.PARAGRAPH,
    ]


@pytest.mark.parametrize(("left", "before"), [(320, "right 4"), (50, "left 4")])
def test_a_picture_stands_in_its_column(tmp_path: Path, left: float, before: str) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    for x, side in ((50, "left"), (320, "right")):
        own = x == left
        for row in range(16):
            y = 80 + 15 * row + (150 if own and row > 4 else 0)
            write(page, [f"Words in the {side} column of a page, {side} {row}"], y=y, x=x)
    insert_picture(page, (left, 150, left + 220, 280))
    blocks = read_with(pdf, tmp_path, [LABEL]).blocks
    place = next(at for at, block in enumerate(blocks) if block.kind is BlockKind.FIGURE)
    assert blocks[place - 1].text.endswith(before)


def test_recognised_formulas_and_links_are_no_headings(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    insert_picture(pdf.new_page(), (0, 0, 595, 842))
    body = [
        RecognizedLine("梯度提升树把许多弱学习器加起来成为一个强学习器", 0.98, 100, y, 800, y + 24)
        for y in range(760, 1320, 40)
    ]
    large = [
        "目标函数",
        "Obj=∑l(y,ŷ)+Ω(f)",
        "https://arxiv.org/abs/1603.02754",
        "γT+λ",
        "Gj 2",
        "∂Objj",
    ]
    top = [
        RecognizedLine(text, 0.95, 100, 40 + 110 * at, 500, 84 + 110 * at)
        for at, text in enumerate(large)
    ]
    numbered = RecognizedLine("IV. EXPERIMENTS", 0.95, 100, 1400, 400, 1424)
    document = read_with(pdf, tmp_path, [*top, *body, numbered])
    assert [text for text, _ in headings(document)] == ["目标函数"]


def test_recognised_headings_set_alike_have_one_level(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    insert_picture(pdf.new_page(), (0, 0, 595, 842))

    def line(text: str, size: float, y: float, height: float) -> RecognizedLine:
        return RecognizedLine(text, 0.98, 100, y, 100 + size * len(text), y + height)

    prose = "梯度提升树把许多弱学习器加起来成为一个强学习器"
    lines = [
        line("位置编码", 48, 20, 50),
        *(line(prose, 20, y, 20) for y in (110, 138, 166)),
        line("优缺点", 36, 230, 28),  # as high as the letters that happen to stand in it
        *(line(prose, 20, y, 21) for y in (300, 328, 356)),
        line("绝对位置与相对位置", 35, 420, 46),
        *(line(prose, 20, y, 19) for y in (500, 528, 556)),
        line("（来自上一讲的例子）", 20, 620, 32),
    ]
    document = read_with(pdf, tmp_path, lines)
    found = [(block.text, block.level) for block in document.blocks if block.kind == "heading"]
    assert found == [("位置编码", 1), ("优缺点", 2), ("绝对位置与相对位置", 2)]


def test_two_recognised_lines_far_apart_in_size_are_read(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    insert_picture(pdf.new_page(), (0, 0, 595, 842))
    small, large = "两行字大小差得很远的时候", "没有一行是中间的那种大小"
    lines = [
        RecognizedLine(small, 0.98, 100, 100, 100 + 12 * len(small), 114),
        RecognizedLine(large, 0.98, 100, 200, 100 + 40 * len(large), 244),
    ]
    assert large in [block.text for block in read_with(pdf, tmp_path, lines).blocks]


@pytest.mark.parametrize("boxed", [True, False])
def test_the_label_of_a_code_panel_is_no_text(read: Read, boxed: bool) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    write(page, PROSE, y=90)
    if boxed:
        page.draw_rect((65, 125, 500, 200), color=None, fill=(0.96, 0.96, 0.97))
    write(page, ["代码块"], y=140, font=CHINESE, size=9)
    write(page, ["import torch", "model = Model()", "print(model(3))"], y=162, font="cour")
    write(page, ["代码块"], y=240, font=CHINESE)
    write(page, PROSE, y=300)
    document = read(pdf)
    assert [text for kind, text in outline(document) if "代码块" in text] == ["代码块"]
    assert of_kind(document, BlockKind.CODE) == ["import torch\nmodel = Model()\nprint(model(3))"]


def recognized(texts: Iterable[tuple[float, float, str]]) -> list[RecognizedLine]:
    return [RecognizedLine(text, 0.95, x, y, x + 10 * len(text), y + 20) for x, y, text in texts]


def kind_of(lines: Sequence[RecognizedLine]) -> BlockKind:
    block = picture_block(lines)
    assert block is not None
    return block.kind


def test_pictures_with_words_in_columns_need_more_to_be_tables() -> None:
    table = [("method", "size", "score"), ("LoRA", "0.1", "85.2"), ("prefix", "0.5", "83.1")]
    chart = [("query", "index", "answer"), ("encoder", "store", "reader"), ("query", "", "answer")]

    def placed(rows: Rows, heights: Sequence[float]) -> list[RecognizedLine]:
        return recognized(
            (200 * column, y, text)
            for y, row in zip(heights, rows, strict=True)
            for column, text in enumerate(row)
            if text
        )

    assert kind_of(placed(table, (0, 40, 80))) is BlockKind.TABLE
    assert kind_of(placed(chart, (0, 40, 200))) is BlockKind.FIGURE
    code = ["import torch", "def forward(self):", "return self.layer(x)", "model = Model()"]
    numbered = [part for at, text in enumerate(code) for part in
                ((0, 30 * at, str(at + 1)), (60, 30 * at, text))]  # fmt: skip
    assert kind_of(recognized(numbered)) is BlockKind.CODE


def test_stacked_pieces_are_a_formula() -> None:
    pieces = [(0, 12, "s = (A)"), (90, 0, "w_i = 3"), (90, 25, "n = N"), (180, 12, "x = 4")]
    assert kind_of(recognized(pieces)) is BlockKind.FORMULA


# Boxes of a diagram: those of every other row stand between those above.
DIAGRAM = [
    *((0, 0, "input"), (90, 0, "labels"), (40, 40, "encoder"), (0, 80, "keys")),
    *((90, 80, "values"), (40, 120, "attention"), (0, 160, "loss"), (90, 160, "output")),
]


def test_diagrams_side_by_side_are_read_one_after_the_other() -> None:
    beside = [(x + 260, y + 2, f"{text} B") for x, y, text in DIAGRAM]
    title = (60, -60, "Two models compared in one picture")
    block = picture_block(recognized([title, *DIAGRAM, *beside]))
    assert block is not None and block.kind is BlockKind.FIGURE
    one = ["input labels", "encoder", "keys values", "attention", "loss output"]
    other = ["input B labels B", "encoder B", "keys B values B", "attention B", "loss B output B"]
    assert block.text.split("\n") == ["Two models compared in one picture", *one, *other]


def test_labels_beside_their_values_are_read_across() -> None:
    names = ["batch", "steps", "warmup", "decay", "clip", "seed"]
    steps = (0, 40, 130, 150, 260, 280)  # no table: the rows are not evenly spaced
    rows = [(x, y, f"{name} {x}") for y, name in zip(steps, names, strict=True) for x in (0, 200)]
    block = picture_block(recognized(rows))
    assert block is not None and block.kind is BlockKind.FIGURE
    assert block.text.split("\n") == [f"{name} 0 {name} 200" for name in names]


FRACTION = (
    RecognizedLine("L = Lerror", 0.99, 40, 100, 120, 124),
    RecognizedLine("λ", 0.99, 140, 86, 154, 106),
    RecognizedLine("2", 0.99, 140, 112, 154, 134),
    RecognizedLine("w = (v + r)", 0.99, 40, 180, 150, 204),
)


def test_maimed_formulas_in_pictures_leave_a_mark_with_their_place() -> None:
    title = RecognizedLine("Weight Decay", 0.99, 40, 20, 200, 50)
    block = picture_block([title, *FRACTION], 1, boxed=True)
    assert block is not None and block.text == "Weight Decay\n[…]\n[…]"
    assert block.spans[1].box == Box(1, 40, 86, 154, 134)


def test_formulas_on_one_line_and_code_stay() -> None:
    labels = [(0, 0, "h = Wx + b"), (0, 60, "= 4 req / s"), (200, 60, "hidden")]
    block = picture_block(recognized(labels))
    assert block is not None and block.text == "h = Wx + b\n= 4 req / s hidden"
    code = ["import torch", "x = f(", "y,", ")", "return x"]
    assert kind_of(recognized((0, 30 * at, text) for at, text in enumerate(code))) is BlockKind.CODE


def test_maimed_formulas_in_scans_are_no_text(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    insert_picture(pdf.new_page(), (0, 0, 595, 842))
    text = "梯度提升树把许多弱学习器加起来成为一个强学习器"
    body = [
        RecognizedLine(text, 0.98, 40, y, 800, y + 24) for y in (*range(20, 80, 30), 300, 330, 360)
    ]
    blocks = read_with(pdf, tmp_path, [*body, *FRACTION]).blocks
    kinds = [block.kind for block in blocks]
    assert kinds == [BlockKind.PARAGRAPH, BlockKind.FORMULA, BlockKind.FORMULA, BlockKind.PARAGRAPH]
    assert [block.text for block in blocks[1:3]] == ["[…]", "[…]"]
    assert blocks[1].spans[0].confidence == 0.99 and not blocks[1].spans[0].box.empty
    assert "λ" not in "".join(block.text for block in blocks)


def test_doubtful_words_of_a_figure_are_left_out() -> None:
    doubtful = RecognizedLine("Ccovance", 0.65, 0, 60, 80, 80)
    chinese = RecognizedLine("协方差矩阵", 0.65, 0, 100, 80, 120)
    block = picture_block([LABEL, doubtful, chinese])
    assert block is not None and block.text == "retriever and reader\n协方差矩阵"


def test_a_drawn_figure_is_as_large_as_its_drawing(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    write(page, PROSE, y=90)
    for at in range(4):
        page.draw_circle((120 + 90 * at, 200), 30)
        page.draw_line((150 + 90 * at, 200), (180 + 90 * at, 200))
    write(page, ["input"], y=204, x=108)
    (figure,) = (block for block in read(pdf).blocks if block.kind is BlockKind.FIGURE)
    assert figure.area is not None and figure.spans[0].box.x1 < 150
    assert figure.area.x0 < 95 and figure.area.x1 > 420 and figure.area.y1 > 225


# --- links ----------------------------------------------------------------------------------


def test_links_with_their_targets(read: Read) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    write(page, ["See the LoRA paper for more (https://github.com/microsoft/LoRA)."], y=100)
    (area,) = page.search_for("LoRA paper")
    paper = "https://arxiv.org/abs/2106.09685"
    page.insert_link({"kind": pymupdf.LINK_URI, "from": area, "uri": paper})
    page.insert_link({"kind": pymupdf.LINK_GOTO, "from": pymupdf.Rect(70, 200, 90, 210), "page": 0})
    assert read(pdf).links == (
        Link("LoRA paper", paper, 1),
        Link("https://github.com/microsoft/LoRA", "https://github.com/microsoft/LoRA", 1),
    )
