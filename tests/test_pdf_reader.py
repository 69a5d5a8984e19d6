"""The PDF reader on small PDFs made here, and (marked) on the PDF library."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pymupdf
import pytest
from printed import assert_printed

from ingest.errors import (
    DamagedFile,
    EncryptedFile,
    FileTooLarge,
    UnreadableFile,
    UnsupportedFile,
)
from ingest.model import Block, BlockKind, ParsedDocument
from ingest.readers.pdf.reader import read_pdf
from ingest.settings import ReadSettings
from ingest.text import clean

SHARED = Path(__file__).resolve().parents[2] / "shared"
LIBRARY = SHARED / "library"
GOLD = SHARED / "eval" / "course_dev.jsonl"

needs_library = pytest.mark.skipif(not GOLD.exists(), reason="the PDF library is not here")

CHINESE = "china-s"
Write = Callable[[pymupdf.Document], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def save(document: pymupdf.Document, name: str = "notes.pdf") -> Path:
        file = tmp_path / name
        document.save(file)
        document.close()
        return file

    return save


def rows(
    page: pymupdf.Page,
    texts: Iterable[str],
    x: float = 72,
    y: float = 100,
    step: float = 15,
    size: float = 11,
    font: str = "helv",
) -> float:
    for text in texts:
        page.insert_text((x, y), text, fontsize=size, fontname=font)
        y += step
    return y


def read(file: Path, **limits: int) -> ParsedDocument:
    return read_pdf(file, ReadSettings(**limits))


def texts(document: ParsedDocument, kind: BlockKind | None = None) -> list[str]:
    return [block.text for block in document.blocks if kind in (None, block.kind)]


def without_space(text: str) -> str:
    return "".join(text.split())


def page_parts(block: Block) -> dict[int, str]:
    parts: dict[int, str] = {}
    for span in block.spans:
        parts[span.box.page] = parts.get(span.box.page, "") + block.text[span.start : span.end]
    return parts


def assert_verbatim(file: Path, document: ParsedDocument) -> None:
    """Every block is found on its pages, white space aside.

    Formulas are drawn out of order: on their pages the boxes of blocks hold what they say.
    """
    with pymupdf.open(file) as pdf:
        assert_printed(document.blocks, pdf)
        pages = {page.number + 1: without_space(clean(page.get_text())) for page in pdf}
        fonts = {page.number + 1: str(page.get_fonts()) for page in pdf}
    for block in document.blocks:
        assert block.spans, block
        ends = [0]
        for span in block.spans:
            assert ends[-1] <= span.start < span.end <= len(block.text)
            ends.append(span.end)
        if block.kind is not BlockKind.TABLE:
            for page, part in page_parts(block).items():
                found = without_space(part) in pages[page] or "KaTeX" in fonts[page]
                assert found, (file.name, page, block.text)


# --- paragraphs -----------------------------------------------------------------------------


def test_rows_become_paragraphs(write: Write) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    y = rows(
        page,
        [
            "Attention lets a model look at every token of the input, and its opti-",
            "mization is well understood today. We tune with state-of-the-",
            "art schedules. Here optimization and the-art stand on their own in a row.",
        ],
    )
    y = rows(page, ["大模型的注意力机制让每个词元都能看到其他所有的词元并按照权重",
                    "求和，这就是自注意力的核心思想。"], y=y + 20, font=CHINESE)  # fmt: skip
    document = read(write(pdf))
    english, chinese = texts(document)
    assert "its optimization is well" in english
    assert "state-of-the-art schedules" in english
    assert chinese.endswith("并按照权重求和，这就是自注意力的核心思想。")
    assert " " not in chinese


def test_spans_say_where_each_row_is_printed(write: Write) -> None:
    pdf = pymupdf.open()
    rows(pdf.new_page(), ["A first row that is long enough to be followed by one more of",
                          "its kind, in the same paragraph."])  # fmt: skip
    file = write(pdf)
    document = read(file)
    (block,) = document.blocks
    first, second = block.spans
    assert block.text[second.start : second.end] == "its kind, in the same paragraph."
    assert first.box.y1 <= second.box.y0 + 3
    assert 70 < first.box.x0 < 74
    assert_verbatim(file, document)


def test_encoding_accidents_are_undone_and_spans_stay_right(write: Write) -> None:
    pdf = pymupdf.open()
    rows(pdf.new_page(), ["模型ＢＥＲＴ有１２层，这一行写得很长是为了让下一行接上它的后面",
                          "而不是另起一段。"], font=CHINESE)  # fmt: skip
    (block,) = read(write(pdf)).blocks
    assert block.text.startswith("模型BERT有12层")
    last = block.spans[-1]
    assert block.text[last.start : last.end] == "而不是另起一段。"


def test_a_sentence_goes_on_over_a_page_break(write: Write) -> None:
    pdf = pymupdf.open()
    rows(pdf.new_page(), ["The gradient of the loss is taken with respect to every weight and",
                          "then the optimizer moves the weights a little in the direction that"],
         y=720)  # fmt: skip
    rows(pdf.new_page(), ["lowers the loss.", "", "Another paragraph begins here."])
    document = read(write(pdf))
    assert texts(document)[0].endswith("in the direction that lowers the loss.")
    assert set(page_parts(document.blocks[0])) == {1, 2}
    assert texts(document)[1] == "Another paragraph begins here."


def test_a_row_cut_by_a_page_break_is_kept_once(write: Write) -> None:
    pdf = pymupdf.open()
    rows(pdf.new_page(), ["On-policy distillation lowers the divergence of both models."], y=838)
    rows(
        pdf.new_page(), ["O p y distillation lowers the divergence o both ode s.", "", "Next."], y=8
    )
    assert texts(read(write(pdf))) == [
        "On-policy distillation lowers the divergence of both models.",
        "Next.",
    ]


# --- structure ------------------------------------------------------------------------------


def body(page: pymupdf.Page, y: float) -> float:
    return rows(page, ["Some running text that says what the section is about in a sentence.",
                       "It has a second sentence that ends the paragraph here."], y=y)  # fmt: skip


def test_headings_by_size_and_by_bold(write: Write) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    y = 75.0
    for title, size, font in [("Big title", 22, "helv"), ("Section", 16, "helv"),
                              ("Bold words alone", 11, "hebo")]:  # fmt: skip
        y = rows(page, [title], y=y + 25, size=size, font=font, step=30)
        y = body(page, y)
    document = read(write(pdf))
    headings = [(b.text, b.level) for b in document.blocks if b.kind is BlockKind.HEADING]
    assert headings == [("Big title", 1), ("Section", 2), ("Bold words alone", 3)]
    assert document.title == "Big title"


def test_headings_by_outline(write: Write) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    y = body(page, rows(page, ["1 Plain words"], step=30))
    body(page, rows(page, ["1.1 More plain words"], y=y + 25, step=30))
    pdf.set_toc([[1, "Plain words", 1], [2, "1.1 More plain words", 1]])
    document = read(write(pdf))
    headings = [(b.text, b.level) for b in document.blocks if b.kind is BlockKind.HEADING]
    assert headings == [("1 Plain words", 1), ("1.1 More plain words", 2)]


def test_lists_keep_numbers_and_nesting(write: Write) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    y = rows(page, ["• 第一项", "• 第二项"], font=CHINESE)
    y = rows(page, ["○ 里面的一项"], x=96, y=y, font=CHINESE)
    rows(page, ["• 第三项", "1. 编号", "（2）括号", "③ 圆圈"], y=y, font=CHINESE)
    document = read(write(pdf))
    assert {block.kind for block in document.blocks} == {BlockKind.LIST_ITEM}
    assert [(block.text, block.level) for block in document.blocks] == [
        ("第一项", 0),
        ("第二项", 0),
        ("里面的一项", 1),
        ("第三项", 0),
        ("1. 编号", 0),
        ("（2）括号", 0),
        ("③ 圆圈", 0),
    ]


def test_code_keeps_lines_and_indentation(write: Write) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    rows(page, ["The following function adds two numbers."], y=80)
    page.draw_rect((70, 110, 500, 190), color=None, fill=(0.95, 0.95, 0.95))
    rows(page, ["def add(a, b):", "    # both are numbers"], y=125, step=13, font="cour")
    page.insert_text((72 + 4 * 6.6, 125 + 3 * 13), "return a + b", fontsize=11, fontname="cour")
    document = read(write(pdf))
    assert texts(document, BlockKind.CODE) == [
        "def add(a, b):\n    # both are numbers\n\n    return a + b"
    ]


def test_ruled_tables_become_markdown(write: Write) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    rows(page, ["The table below lists what was measured."], y=80)
    for y in (100, 120, 140, 160):
        page.draw_line((72, y), (372, y))
    for x in (72, 172, 272, 372):
        page.draw_line((x, 100), (x, 160))
    for row, cells in enumerate([("Model", "Size", "F1"), ("A|B", "7B", "0.5"), ("C", "", "0.7")]):
        for column, cell in enumerate(cells):
            page.insert_text((76 + 100 * column, 114 + 20 * row), cell, fontsize=10)
    file = write(pdf)
    document = read(file)
    (table,) = (block for block in document.blocks if block.kind is BlockKind.TABLE)
    assert table.text.splitlines() == [
        "| Model | Size | F1 |",
        "| --- | --- | --- |",
        "| A\\|B | 7B | 0.5 |",
        "| C | | 0.7 |",
    ]
    assert [table.text[s.start : s.end] for s in table.spans][:3] == ["Model", "Size", "F1"]
    assert len(document.blocks) == 2
    assert_verbatim(file, document)


def test_running_heads_and_page_numbers_are_dropped(write: Write) -> None:
    pdf = pymupdf.open()
    for number in range(1, 6):
        page = pdf.new_page()
        rows(page, ["Course on language models"], y=40, size=9)
        rows(page, [f"Page text number {number} stands alone."], y=200 + 10 * number)
        rows(page, [f"- {number} -"], x=290, y=810, size=9)
    document = read(write(pdf))
    assert texts(document) == [f"Page text number {n} stands alone." for n in range(1, 6)]


@pytest.mark.parametrize(("top", "kept"), [("A quiet page", "A quiet page"), ("12", "12")])
def test_a_page_of_two_rows_keeps_one(write: Write, top: str, kept: str) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    rows(page, [top], y=40, size=8)
    rows(page, ["12"], x=290, y=810)
    assert texts(read(write(pdf))) == [kept]


@pytest.mark.parametrize("by_row", [False, True])
def test_two_columns_are_read_one_after_the_other(write: Write, by_row: bool) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    rows(page, ["A title that reaches over both of the columns of this page, a long one"], y=80)
    left = [f"left column row {n} with some more words" for n in range(8)]
    right = [f"right column row {n} with some more words" for n in range(8)]
    if by_row:
        for n, pair in enumerate(zip(left, right, strict=True)):
            for x, text in zip((72, 320), pair, strict=True):
                rows(page, [text], x=x, y=120 + 15 * n)
    else:
        rows(page, left, y=120)
        rows(page, right, x=320, y=120)
    text = " ".join(texts(read(write(pdf))))
    assert re.findall(r"(left|right) column row (\d)", text) == [
        (side, str(n)) for side in ("left", "right") for n in range(8)
    ]


def test_what_is_drawn_later_but_stands_above_is_read_first(write: Write) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    rows(page, ["This sentence stands at the end."], y=300)
    rows(page, ["This sentence stands at the top."], y=100)
    assert texts(read(write(pdf))) == [
        "This sentence stands at the top.",
        "This sentence stands at the end.",
    ]


def test_formula_fragments_do_not_pollute_prose(write: Write) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    rows(page, ["The loss of the model is the following sum over tokens."])
    for x, text in ((200, "S"), (215, "a"), (222, "b")):
        page.insert_text((x, 140), text, fontsize=12, fontname="symb")
    rows(page, ["It is lowered by gradient descent."], y=180)
    file = write(pdf)
    document = read(file)
    assert [block.kind for block in document.blocks] == [
        BlockKind.PARAGRAPH,
        BlockKind.FORMULA,
        BlockKind.PARAGRAPH,
    ]
    assert_verbatim(file, document)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_boxes_are_those_of_the_page_as_shown(write: Write, rotation: int) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page(width=300, height=500)
    rows(page, ["Printed here"], x=40, y=60)
    page.set_rotation(rotation)
    file = write(pdf)
    (block,) = read(file).blocks
    box = block.spans[0].box
    with pymupdf.open(file) as shown:
        picture = shown[0].get_pixmap(colorspace=pymupdf.csGRAY)
        dark = [
            (x, y)
            for y in range(picture.height)
            for x in range(picture.width)
            if picture.pixel(x, y)[0] < 100
        ]
    assert dark
    assert all(box.x0 - 2 <= x <= box.x1 + 2 and box.y0 - 2 <= y <= box.y1 + 2 for x, y in dark)


# --- documents ------------------------------------------------------------------------------


def test_title_and_metadata(write: Write) -> None:
    pdf = pymupdf.open()
    body(pdf.new_page(), 100)
    pdf.set_metadata(
        {"title": "On attention", "author": "A. Student", "creationDate": "D:20240709132839+08'00'"}
    )
    document = read(write(pdf))
    assert document.title == "On attention"
    assert document.metadata == {"author": "A. Student", "created": "2024-07-09T13:28:39"}
    assert (document.format, document.page_count) == ("pdf", 1)


@pytest.mark.parametrize(
    "junk", ["Untitled", "Microsoft Word - draft3", "draft.docx", "无标题文档", "notes", ""]
)
def test_junk_titles_give_way_to_the_file_name(write: Write, junk: str) -> None:
    pdf = pymupdf.open()
    body(pdf.new_page(), 100)
    pdf.set_metadata({"title": junk})
    assert read(write(pdf)).title == "notes"


def test_pages_of_pictures_are_named(write: Write) -> None:
    pdf = pymupdf.open()
    body(pdf.new_page(), 100)
    pdf.new_page().draw_circle((200, 200), 50)
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 20, 20), False)
    picture.set_rect(picture.irect, (200, 30, 30))
    pdf.new_page().insert_image((100, 100, 200, 200), pixmap=picture)
    pdf.new_page()
    document = read(write(pdf))
    assert [(n.code, n.pages) for n in document.notices] == [
        ("image_only_pages", (2, 3)),
        ("unreadable_pictures", (3,)),  # no OCR engine is at hand here
    ]


def test_a_scan_has_no_blocks(write: Write) -> None:
    pdf = pymupdf.open()
    pdf.new_page().draw_circle((200, 200), 50)
    document = read(write(pdf))
    assert document.blocks == ()
    assert document.title == "notes"
    assert [notice.code for notice in document.notices] == ["image_only_pages"]


def test_reading_twice_gives_the_same(write: Write) -> None:
    pdf = pymupdf.open()
    body(pdf.new_page(), 100)
    file = write(pdf)
    before = file.read_bytes()
    assert read(file) == read(file)
    assert file.read_bytes() == before


# --- errors ---------------------------------------------------------------------------------


@pytest.fixture
def sound(write: Write) -> Path:
    pdf = pymupdf.open()
    for _ in range(3):
        body(pdf.new_page(), 100)
    return write(pdf)


def test_encrypted(sound: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked.pdf"
    with pymupdf.open(sound) as pdf:
        pdf.save(locked, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="u", owner_pw="o")
    with pytest.raises(EncryptedFile, match="locked") as caught:
        read(locked)
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"%PDF-1.7\n" + b"\x00garbage" * 500])
def test_damaged(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.pdf"
    file.write_bytes(content)
    with pytest.raises(DamagedFile, match="broken") as caught:
        read(file)
    assert caught.value.hint


def test_not_a_pdf(tmp_path: Path) -> None:
    file = tmp_path / "text.pdf"
    file.write_text("这只是一段文字。" * 500, encoding="utf-8")
    with pytest.raises(UnsupportedFile, match="text"):
        read(file)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        read(tmp_path / "gone.pdf")


def test_junk_before_the_header_is_accepted(sound: Path) -> None:
    sound.write_bytes(b"\n\njunk from a mail gateway\n" * 10 + sound.read_bytes())
    assert len(read(sound).blocks) == 3


def test_too_many_pages(sound: Path) -> None:
    with pytest.raises(FileTooLarge, match="3 pages"):
        read(sound, max_pages=2)


def test_a_repaired_file_is_read_and_reported(
    sound: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = sound.read_bytes()
    sound.write_bytes(whole[: whole.rindex(b"startxref")] + b"startxref\n999999\n%%EOF\n")
    document = read(sound)
    assert len(document.blocks) == 3
    (notice,) = document.notices
    assert notice.code == "repaired"
    assert notice.message.rstrip(": ") != "The file was damaged and has been repaired"
    assert capfd.readouterr().err == ""


# --- the library ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library() -> dict[str, ParsedDocument]:
    return {file.name: read(file) for file in sorted(LIBRARY.glob("*.pdf"))}


@pytest.mark.library
@needs_library
def test_every_block_of_the_library_is_verbatim(library: dict[str, ParsedDocument]) -> None:
    for name, document in library.items():
        assert_verbatim(LIBRARY / name, document)


@pytest.mark.library
@needs_library
def test_quotes_stand_in_one_block_of_their_page(library: dict[str, ParsedDocument]) -> None:
    found: list[bool] = []
    for line in GOLD.read_text(encoding="utf-8").splitlines():
        for evidence in json.loads(line)["evidence"]:
            if evidence["source"] == "text":
                quote = without_space(clean(evidence["quote"]))
                blocks = library[evidence["doc"]].blocks
                parts = (page_parts(block).get(evidence["page"], "") for block in blocks)
                found.append(any(quote in without_space(part) for part in parts))
    assert len(found) > 100
    assert sum(found) / len(found) >= 0.97
