"""Formulas of PDFs, on small PDFs made here that place glyphs as KaTeX and TeX do."""

from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest
from printed import assert_printed, plain

from ingest.model import Block, BlockKind
from ingest.readers.pdf.fonts import EXTENSION_FONT
from ingest.readers.pdf.formulas.formula import Surroundings, make_formulas
from ingest.readers.pdf.parts import Glyphs
from ingest.readers.pdf.reader import read_pdf
from ingest.readers.pdf.shapes import Rectangle
from ingest.settings import ReadSettings

LIBRARY = Path(__file__).resolve().parents[2] / "shared" / "library"
needs_library = pytest.mark.skipif(not LIBRARY.exists(), reason="the PDF library is not here")

Placed = tuple[float, float, str, float]
SIZE = 13.5
SCRIPT = 9.5


class Sheet:
    """A page; text in a font of any name, glyph runs exactly where they are put."""

    def __init__(self) -> None:
        self.pdf = pymupdf.open()
        self.page = self.pdf.new_page(width=500, height=400)
        self.fonts = {"china-s": pymupdf.Font("china-s")}
        # Each name needs a font of its own: the same one twice would be kept once.
        self.spare = [pymupdf.Font(name) for name in ("tiro", "tiit", "tibo", "tibi", "helv")]

    def put(self, name: str, x: float, y: float, text: str, size: float = SIZE) -> float:
        """Print a run with its baseline at ``y``; return where it ends."""
        if name not in self.fonts:
            self.fonts[name] = self.spare.pop(0)
        font = self.fonts[name]
        number = self.page.insert_font(fontname=f"F{name}", fontbuffer=font.buffer)
        if name != "china-s":
            self._rename(number, name)
        self.page.insert_text((x, y), text, fontsize=size, fontname=f"F{name}")
        return x + font.text_length(text, fontsize=size)

    def _rename(self, number: int, name: str) -> None:
        inner = int(self.pdf.xref_get_key(number, "DescendantFonts")[1].strip("[]").split()[0])
        described = self.pdf.xref_get_key(inner, "FontDescriptor")[1].split()[0]
        self.pdf.xref_set_key(number, "BaseFont", f"/{name}")
        self.pdf.xref_set_key(inner, "BaseFont", f"/{name}")
        self.pdf.xref_set_key(int(described), "FontName", f"/{name}")

    def formula(self, runs: list[Placed], x: float = 0, y: float = 0) -> None:
        """Print runs of KaTeX: x, y, text, size."""
        for dx, dy, text, size in runs:
            self.put("KaTeX_Main-Regular", x + dx, y + dy, text, size)

    def bar(self, x0: float, x1: float, y: float) -> None:
        self.page.draw_rect((x0, y, x1, y + 0.7), color=None, fill=(0, 0, 0))

    def read(self, folder: Path) -> tuple[Block, ...]:
        file = folder / "formulas.pdf"
        self.pdf.save(file)
        blocks = read_pdf(file, ReadSettings()).blocks
        with pymupdf.open(file) as pdf:
            assert_printed(blocks, pdf)
        return blocks


@pytest.fixture
def sheet() -> Iterator[Sheet]:
    made = Sheet()
    yield made
    made.pdf.close()


# --- formulas in sentences ------------------------------------------------------------------


def test_inline_formulas_drawn_after_their_paragraph_go_into_its_gaps(
    sheet: Sheet, tmp_path: Path
) -> None:
    sheet.put("china-s", 60, 100, "其中", 12)
    sheet.put("china-s", 110, 100, "是策略，", 12)
    sheet.put("china-s", 180, 100, "表示一组模型回答的长度的集合，并且每个回答", 12)
    sheet.put("china-s", 60, 119, "都有一个奖励。", 12)
    sheet.formula([(88, 99, "π", SIZE), (95.5, 101, "θ", SCRIPT), (158, 99, "|y|", SIZE)])
    (block,) = sheet.read(tmp_path)
    assert block.kind is BlockKind.PARAGRAPH
    assert (
        block.text
        == "其中 π_θ 是策略，|y| 表示一组模型回答的长度的集合，并且每个回答都有一个奖励。"
    )


def test_a_formula_at_the_end_of_a_row_and_one_that_fills_the_next(
    sheet: Sheet, tmp_path: Path
) -> None:
    sheet.put("china-s", 60, 100, "这里考虑的是在任意一个状态下不考虑衰减的奖励与", 12)
    sheet.put("china-s", 130, 119, "，二者都有上界。", 12)
    sheet.formula([(340, 99, "R", SIZE), (350, 101, "k", SCRIPT)])
    sheet.formula([(60, 118, "G", SIZE), (70.5, 120, "t", SCRIPT), (80, 118, "+ 1", SIZE)])
    (block,) = sheet.read(tmp_path)
    assert block.text == (
        "这里考虑的是在任意一个状态下不考虑衰减的奖励与 R_k G_t + 1，二者都有上界。"
    )


def test_tall_inline_formulas_stay_in_their_row(sheet: Sheet, tmp_path: Path) -> None:
    sheet.put("china-s", 60, 100, "似然为", 12)
    sheet.put("china-s", 185, 100, "，其中每一项都是一个条件概率，所以它们的", 12)
    sheet.put("china-s", 60, 132, "对数之和就是对数似然。", 12)
    sheet.formula([(103, 114, "t=1", SCRIPT), (107, 86, "|y|", SCRIPT), (127, 99, "p", SIZE)])
    sheet.formula([(134, 101, "t", SCRIPT), (138, 99, "(x)", SIZE)])
    sheet.put("KaTeX_Size2-Regular", 104, 99, "∏", SIZE)
    (block,) = sheet.read(tmp_path)
    assert block.kind is BlockKind.PARAGRAPH
    assert block.text.startswith("似然为 ∏_{t=1}^{|y|} p_t(x)，其中每一项都是")
    assert block.text.endswith("所以它们的对数之和就是对数似然。")


def test_exponents_drawn_after_the_letters_around_them(sheet: Sheet, tmp_path: Path) -> None:
    sheet.put("china-s", 60, 100, "距离的平方是", 12)
    end = sheet.put("KaTeX_Math-Italic", 135, 99, "x", SIZE)
    letter = sheet.put("KaTeX_Math-Italic", end + 6, 99, "y", SIZE)
    sheet.formula([(end, 94, "2", SCRIPT), (letter, 94, "2", SCRIPT)])
    (block,) = sheet.read(tmp_path)
    assert block.text == "距离的平方是x^2y^2"


def test_tex_sets_scripts_within_its_lines(sheet: Sheet, tmp_path: Path) -> None:
    x = sheet.put("CMR10", 60, 100, "where ", 10)
    x = sheet.put("CMMI10", x, 100, "θ", 10)
    x = sheet.put("CMR7", x, 96, "2", 7)
    low = sheet.put("CMMI7", x - 3.5, 102.5, "k", 7)
    sheet.put("CMR10", low + 3, 100, "denotes the variance that is estimated from all runs", 10)
    (block,) = sheet.read(tmp_path)
    assert block.text == "where θ^2_k denotes the variance that is estimated from all runs"


# --- formulas on their own ------------------------------------------------------------------


def display(sheet: Sheet) -> None:
    sheet.put("china-s", 60, 60, "重要性比率的定义如下：", 12)
    sheet.formula([(150, 100, "r", SIZE), (155, 102, "t", SCRIPT), (164, 100, "=", SIZE)])
    sheet.formula([(190, 91, "π", SIZE), (197.5, 93, "θ", SCRIPT), (203, 91, "(a)", SIZE)])
    sheet.formula([(181, 109, "π", SIZE), (188.5, 111, "θ", SCRIPT), (193, 112.5, "old", 6.8)])
    sheet.formula([(202, 109, "(a)", SIZE), (420, 100, "(3)", SIZE)])
    sheet.bar(180, 225, 96.5)
    sheet.put("china-s", 60, 150, "它衡量新旧策略的差异。", 12)


def test_a_display_formula_is_one_block_with_one_box(sheet: Sheet, tmp_path: Path) -> None:
    display(sheet)
    before, formula, after = sheet.read(tmp_path)
    assert (before.kind, after.kind) == (BlockKind.PARAGRAPH, BlockKind.PARAGRAPH)
    assert formula.kind is BlockKind.FORMULA
    assert formula.text == "r_t = \\frac{π_θ(a)}{π_{θ_{old}}(a)} (3)"
    (span,) = formula.spans
    assert (span.start, span.end) == (0, len(formula.text))
    assert span.box.x0 <= 150
    assert span.box.x1 >= 430
    assert span.box.y0 < 91
    assert span.box.y1 > 113


def test_rows_of_a_formula_stay_rows(sheet: Sheet, tmp_path: Path) -> None:
    sheet.put("china-s", 60, 60, "分两步推导，先展开，再代入上面的定义，然后就得到下式：", 12)
    sheet.formula([(180, 90, "a = b + c", SIZE), (192, 107, "= d", SIZE)])
    (_, formula) = sheet.read(tmp_path)
    assert formula.text == "a = b + c\n= d"
    assert len(formula.spans) == 1


def test_a_drawn_root(sheet: Sheet, tmp_path: Path) -> None:
    sheet.put("china-s", 60, 60, "注意力的分数要除以维度的平方根，于是有下面的式子：", 12)
    sheet.formula([(200, 100, "z = ", SIZE), (241, 100, "d", SIZE), (248, 102, "k", SCRIPT)])
    shape = sheet.page.new_shape()
    shape.draw_polyline([(229, 97), (232, 104), (236, 88), (254, 88), (254, 89), (237, 89)])
    shape.finish(color=None, fill=(0, 0, 0), closePath=True)
    shape.commit()
    (_, formula) = sheet.read(tmp_path)
    assert formula.text == "z = \\sqrt{d_k}"


def test_formulas_in_cells_do_not_run_together(sheet: Sheet, tmp_path: Path) -> None:
    for y in (80, 110, 140):
        sheet.page.draw_line((60, y), (240, y))
    for x in (60, 150, 240):
        sheet.page.draw_line((x, 80), (x, 140))
    sheet.put("china-s", 70, 100, "符号", 12)
    sheet.put("china-s", 160, 100, "含义", 12)
    sheet.formula([(135, 130, "x", SIZE), (142, 132, "i", SCRIPT), (153, 130, "y", SIZE)])
    (table,) = sheet.read(tmp_path)
    assert table.kind is BlockKind.TABLE
    assert table.text.splitlines()[-1] == "| x_i | y |"


def test_prose_without_formulas_is_left_alone(sheet: Sheet, tmp_path: Path) -> None:
    x = sheet.put("CMR10", 60, 100, "A note in the margin says more about this", 10)
    sheet.put("CMR7", x, 96, "3", 7)
    (block,) = sheet.read(tmp_path)
    assert block.text == "A note in the margin says more about this3"


# --- from glyphs to text --------------------------------------------------------------------


def glyphs(x: float, y: float, text: str, size: float = SIZE, stage: int = 0) -> Glyphs:
    width = 0.5 * size * len(text)
    area = Rectangle(x, y - 0.9 * size, x + width, y + 0.3 * size)
    return Glyphs(text, area, y, size, stage)


def written(*found: Glyphs, drawn: Surroundings | None = None) -> str:
    """Write glyphs as text, in an order that nobody reads them in."""
    formulas = make_formulas(reversed(found), drawn or Surroundings())
    return "\n".join(formula.text for formula in formulas)


def test_scripts_of_scripts() -> None:
    assert written(
        glyphs(0, 0, "E"), glyphs(7, 2, "q,y", SCRIPT), glyphs(21.3, 3.5, "i", 6.8)
    ) == "E_{q,y_i}"  # fmt: skip


def test_index_and_exponent_of_one_letter() -> None:
    assert written(
        glyphs(0, 0, "w"), glyphs(7, 3, "t", SCRIPT), glyphs(7, -5.5, "(i)", SCRIPT),
        glyphs(24, 0, "+"),
    ) == "w_t^{(i)} +"  # fmt: skip


def test_primes_are_no_exponents() -> None:
    assert written(glyphs(0, 0, "s"), glyphs(7, -5, "′", SCRIPT)) == "s′"


def test_limits_of_neighbours_are_kept_apart() -> None:
    first = [glyphs(0, 0, "∑", SIZE, 2), glyphs(-3, 16, "i=1", SCRIPT)]
    second = [glyphs(15, 0, "∑", SIZE, 2), glyphs(12, 16, "j=1", SCRIPT)]
    assert written(*first, *second, glyphs(31, 0, "x")) == "∑_{i=1} ∑_{j=1} x"


def test_limits_of_named_operators() -> None:
    found = written(glyphs(0, 0, "max("), glyphs(3, 12, "θ", SCRIPT), glyphs(27, 0, "x)"))
    assert found == "max_θ(x)"


def test_fractions_in_fractions() -> None:
    bars = [Rectangle(0, -3.5, 34, -3), Rectangle(5, 6.5, 20, 7)]
    parts = [glyphs(15, -7, "a", SCRIPT), glyphs(10, 4, "b", SCRIPT), glyphs(10, 17, "c", SCRIPT)]
    found = written(*parts, glyphs(20.5, 10, "+d", SCRIPT), drawn=Surroundings(bars))
    assert found == "\\frac{a}{\\frac{b}{c}+d}"


def test_a_ruling_line_is_no_fraction() -> None:
    rule = Surroundings([Rectangle(0, 5, 200, 5.5)])
    assert "frac" not in written(glyphs(10, 0, "a"), glyphs(10, 17, "b"), drawn=rule)


def test_delimiters_in_pieces_around_rows() -> None:
    brace = [glyphs(20, y, piece, SIZE, 4) for y, piece in ((-16, "⎧"), (0, "⎨"), (16, "⎩"))]
    rows = [glyphs(30, -9, "1,"), glyphs(60, -9, "x>0"), glyphs(30, 9, "0,"), glyphs(60, 9, "x≤0")]
    number = glyphs(150, 0, "(6)")
    assert written(glyphs(0, 0, "f="), *brace, *rows, number) == "f= {1, x>0\n0, x≤0\n(6)"


def test_accents_become_combining_characters() -> None:
    accent = Glyphs("^", Rectangle(1, -16, 6, 0), -4, SIZE, 0)
    found = written(glyphs(0, 0, "A"), accent, glyphs(7, 2, "t", SCRIPT))
    assert found == "A\u0302_t"


def test_codes_of_the_extension_font_of_tex() -> None:
    opened = glyphs(0, -11, "\x10", 10, EXTENSION_FONT)
    closed = glyphs(21.5, -11, "\x11", 10, EXTENSION_FONT)
    total = glyphs(30, -9, "X", 10, EXTENSION_FONT)
    inner = [glyphs(6, 0, "a+b", 10), glyphs(40, 0, "c", 10)]
    assert written(opened, closed, total, *inner) == "(a+b) ∑ c"


def test_roots_of_tex() -> None:
    sign = Glyphs("√", Rectangle(0, -10, 8, 3), -9, 10, 0)
    bar = Rectangle(8, -9.2, 24, -8.8)
    found = written(sign, glyphs(9, 0, "n+1", 10), drawn=Surroundings([bar]))
    assert found == "\\sqrt{n+1}"


def test_overlines_are_accents() -> None:
    bar = Rectangle(0, -12, 7, -11.5)
    assert written(glyphs(0, 0, "v"), drawn=Surroundings([bar])) == "v\u0304"


# --- the library ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library() -> dict[Path, tuple[Block, ...]]:
    files = sorted(LIBRARY.glob("*.pdf"))[::3]
    return {file: read_pdf(file, ReadSettings(ocr="off")).blocks for file in files}


@pytest.mark.library
@needs_library
def test_every_character_of_the_library_stands_in_its_box(
    library: dict[Path, tuple[Block, ...]],
) -> None:
    for file, blocks in library.items():
        with pymupdf.open(file) as pdf:
            assert_printed(blocks, pdf)


@pytest.mark.library
@needs_library
def test_no_formula_of_the_library_falls_apart(library: dict[Path, tuple[Block, ...]]) -> None:
    """A formula of a few bare letters is a fragment that belongs to a sentence."""
    formulas = [
        block.text
        for blocks in library.values()
        for block in blocks
        if block.kind is BlockKind.FORMULA
    ]
    assert len(formulas) > 20
    bare = [text for text in formulas if sum(plain(text).values()) < 4]
    assert len(bare) < len(formulas) / 20, bare
