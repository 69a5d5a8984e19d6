"""Word, PowerPoint, notebooks, web pages and pictures: what a person sees is what is read."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docx
import numpy as np
import pptx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from input_files import (
    FRACTION_TEX,
    PAGE,
    Scripted,
    line,
    picture,
    write_docx,
    write_notebook,
    write_pptx,
    xml,
)
from PIL import Image
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from app.settings import load_settings
from app.wiring import make_assistant
from conftest import Command, make_course
from index.model import Mode
from ingest.errors import (
    DamagedFile,
    EncryptedFile,
    FileTooLarge,
    SourceError,
    UnsupportedFile,
)
from ingest.model import BlockKind, Box, Link, ParsedDocument
from ingest.readers import reader_for
from ingest.readers.pictures.image import picture_page
from ingest.recognition import ALONE, ReaderServices
from ingest.settings import OcrMode, ReadSettings

SEEN = "图中的字"
PICTURE = (320, 80)
Texts = list[tuple[BlockKind, str]]


def read(file: Path, services: ReaderServices = ALONE, **settings: object) -> ParsedDocument:
    return reader_for(file)(file, replace(ReadSettings(), **settings), services)  # type: ignore[arg-type]


def seeing() -> Scripted:
    """Services that can read one picture and fail on another."""
    return Scripted({PICTURE: [line(SEEN, 10, 10, 200, 40)], (320, 81): "took too long"})


def texts(document: ParsedDocument, page: int | None = None) -> Texts:
    return [
        (block.kind, block.text)
        for block in document.blocks
        if page is None or block.spans[0].box.page == page
    ]


def of_kind(document: ParsedDocument, kind: BlockKind) -> list[str]:
    return [block.text for block in document.blocks if block.kind is kind]


def html(tmp_path: Path, body: str) -> ParsedDocument:
    file = tmp_path / "page.html"
    file.write_text(body, "utf-8")
    return read(file)


# Word


def test_a_word_document_is_read_in_order_with_its_structure(tmp_path: Path) -> None:
    document = read(write_docx(tmp_path / "讲义.docx"), seeing())
    assert texts(document) == [
        (BlockKind.HEADING, "注意力机制讲义"),
        (BlockKind.HEADING, "核心概念"),
        (BlockKind.PARAGRAPH, "缩放点积注意力除以根号维度，见Attention Is All You Need¹"),
        (BlockKind.FOOTNOTE, "¹ 维度指键的维度。"),
        (BlockKind.LIST_ITEM, "查询"),
        (BlockKind.LIST_ITEM, "键的"),
        (BlockKind.LIST_ITEM, "1. 先算内积"),
        (BlockKind.LIST_ITEM, "2. 再做归一化"),
        (BlockKind.QUOTE, "只有相关才重要。"),
        (BlockKind.HEADING, "公式"),
        (BlockKind.FORMULA, f"$${FRACTION_TEX}$$"),
        (BlockKind.PARAGRAPH, f"其中${FRACTION_TEX}$"),
        (BlockKind.PARAGRAPH, "共 10⁹ 个参数"),
        (BlockKind.CODE, "def f(x):\n    return x"),
        (
            BlockKind.TABLE,
            "| 方法 | 参数 | 显存 |\n| --- | --- | --- |\n| LoRA | 1\\|2 | 16 |\n| | 3 | 24 |",
        ),
        (BlockKind.CAPTION, "表 1 两种方法"),
        (BlockKind.FIGURE, SEEN),
        (BlockKind.PARAGRAPH, "框中的要点"),
    ]
    assert [block.level for block in document.blocks[:10]] == [1, 2, 0, 0, 0, 1, 0, 0, 0, 3]
    assert (document.title, document.format, document.page_count) == (
        "注意力机制讲义",
        "docx",
        None,
    )
    assert document.links == (
        Link("Attention Is All You Need", "https://arxiv.org/abs/1706.03762"),
    )
    assert document.metadata["author"] == "王老师"
    assert not any(block.spans for block in document.blocks)
    (notice,) = document.notices
    assert "0.95" in notice.message


def test_headings_keep_the_numbers_that_word_prints(tmp_path: Path) -> None:
    document = docx.Document()
    numbering = document.part.numbering_part.element
    for level, (form, pattern) in enumerate((("chineseCounting", "第%1章"), ("decimal", "%1.%2"))):
        if not level:
            numbering.insert(0, xml('<w:abstractNum w:abstractNumId="90"/>'))
        numbering[0].append(
            xml(
                f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
                f'<w:lvlText w:val="{pattern}"/></w:lvl>'
            )
        )
    numbering.append(xml('<w:num w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    for depth, words in ((0, "基础"), (1, "概率"), (1, "矩阵"), (0, "模型"), (1, "注意力")):
        heading = document.add_heading(words, depth + 1)
        values = f'<w:ilvl w:val="{depth}"/><w:numId w:val="90"/>'
        heading._p.get_or_add_pPr().append(xml(f"<w:numPr>{values}</w:numPr>"))
    document.save(str(tmp_path / "a.docx"))
    assert of_kind(read(tmp_path / "a.docx"), BlockKind.HEADING) == [
        "第一章 基础", "一.1 概率", "一.2 矩阵", "第二章 模型", "二.1 注意力",
    ]  # fmt: skip


def test_deleted_text_contents_and_field_codes_are_not_read(tmp_path: Path) -> None:
    document = docx.Document()
    document.styles.add_style("toc 1", 1)
    document.add_paragraph("基础 ........ 3", style="toc 1")
    paragraph = document.add_paragraph("留下")
    paragraph._p.append(xml("<w:del><w:r><w:delText>删去</w:delText></w:r></w:del>"))
    paragraph._p.append(xml("<w:ins><w:r><w:t>的字</w:t></w:r></w:ins>"))
    code = "<w:r><w:fldChar w:fldCharType='{}'/></w:r>"
    paragraph._p.append(xml(code.format("begin")))
    instruction = 'HYPERLINK "https://example.org/a"'
    paragraph._p.append(xml(f"<w:r><w:instrText>{instruction}</w:instrText></w:r>"))
    paragraph._p.append(xml(code.format("separate")))
    paragraph._p.append(xml("<w:r><w:t>见此</w:t></w:r>"))
    paragraph._p.append(xml(code.format("end")))
    table = document.add_table(1, 1)
    table.cell(0, 0).text = "框里的一段"
    document.save(str(tmp_path / "a.docx"))
    found = read(tmp_path / "a.docx")
    assert texts(found) == [
        (BlockKind.PARAGRAPH, "留下的字见此"),
        (BlockKind.PARAGRAPH, "框里的一段"),
    ]
    assert found.links == (Link("见此", "https://example.org/a"),)


def test_odd_numbers_in_a_word_document_cost_nothing_else(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(2, 2)
    for place, words in enumerate("abcd"):
        table.cell(place // 2, place % 2).text = words
    table.cell(0, 0)._tc.get_or_add_tcPr().append(xml('<w:gridSpan w:val="1.0"/>'))
    paragraph = document.add_paragraph("text")
    for code in ("zz", "D800", "00B7", "9" * 5000):
        paragraph._p.append(xml(f'<w:r><w:sym w:char="{code}"/></w:r>'))
    heading = document.add_paragraph("outline")
    heading._p.get_or_add_pPr().append(xml('<w:outlineLvl w:val="²"/>'))
    document.save(str(tmp_path / "a.docx"))
    assert texts(read(tmp_path / "a.docx")) == [
        (BlockKind.TABLE, "| a | b |\n| --- | --- |\n| c | d |"),
        (BlockKind.PARAGRAPH, "text·"),
        (BlockKind.PARAGRAPH, "outline"),
    ]


def test_a_damaged_part_of_a_word_document_costs_itself(tmp_path: Path) -> None:
    file = write_docx(tmp_path / "a.docx")
    repacked(file, lambda name, data: data[:90] if name.endswith("footnotes.xml") else data)
    document = read(file, seeing())
    assert document.title == "注意力机制讲义"
    assert not of_kind(document, BlockKind.FOOTNOTE)
    assert "/word/footnotes.xml" in document.notices[0].message


def test_a_text_box_in_a_cell_comes_once(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "left", "right"
    box = "<w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent>"
    table.cell(0, 1).paragraphs[0]._p.append(xml(f"<w:r><w:drawing>{box}</w:drawing></w:r>"))
    document.save(str(tmp_path / "a.docx"))
    assert [text for _, text in texts(read(tmp_path / "a.docx"))] == [
        "| left | right |\n| --- | --- |",
        "boxed",
    ]


def test_links_of_notes_lead_where_the_notes_say(tmp_path: Path) -> None:
    file = write_docx(tmp_path / "a.docx")
    target = "https://example.org/note"
    link = '<w:hyperlink xmlns:r="{}" r:id="rId1"><w:r><w:t>here</w:t></w:r></w:hyperlink></w:p>'
    kind = RELATIONSHIP_TYPE.HYPERLINK.removesuffix("/hyperlink")

    def linked(name: str, data: bytes) -> bytes:
        if not name.endswith("footnotes.xml"):
            return data
        head, _, rest = data.rpartition(b"</w:p>")
        return head + link.format(kind).encode() + rest

    repacked(file, linked)
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(
            "word/_rels/footnotes.xml.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="rId1" TargetMode="External" '
            f'Type="{RELATIONSHIP_TYPE.HYPERLINK}" Target="{target}"/></Relationships>',
        )
    assert [found.target for found in read(file).links] == [
        "https://arxiv.org/abs/1706.03762",
        target,
    ]


# PowerPoint


def test_a_presentation_is_read_slide_by_slide(tmp_path: Path) -> None:
    services = seeing()
    document = read(write_pptx(tmp_path / "课件.pptx"), services)
    assert (document.title, document.page_count) == ("KV 缓存", 4)
    assert texts(document, 1) == [
        (BlockKind.HEADING, "KV 缓存"),
        (BlockKind.PARAGRAPH, "推理加速"),
    ]
    assert texts(document, 2) == [
        (BlockKind.HEADING, "分组查询注意力"),
        (BlockKind.LIST_ITEM, "几个查询头共用一个键头"),
        (BlockKind.LIST_ITEM, "缓存因此变小"),
        (BlockKind.LIST_ITEM, "GQA 论文"),
        (BlockKind.PARAGRAPH, f"左边${FRACTION_TEX}$"),
        (BlockKind.PARAGRAPH, "右边"),
        (BlockKind.PARAGRAPH, "讲到这里停一下，问学生缓存有多大。"),
    ]
    assert texts(document, 3) == [
        (BlockKind.HEADING, "显存"),
        (BlockKind.TABLE, "| 模型 | 显存 |\n| --- | --- |\n| 7B | 14 GB |"),
        (BlockKind.TABLE, "| | 吞吐量 |\n| --- | --- |\n| 2023 | 10 |\n| 2024 | 25 |"),
        (BlockKind.PARAGRAPH, "组里的字"),
    ]
    assert texts(document, 4) == [(BlockKind.FIGURE, SEEN)]
    assert document.blocks[-1].spans[0].confidence == 0.95
    assert [b.level for b in document.blocks if b.kind is BlockKind.HEADING] == [1, 2, 2]
    assert document.links == (Link("GQA 论文", "https://arxiv.org/abs/2305.13245", 2),)
    assert services.pages == [("page", number, 4) for number in range(1, 5)]


def test_every_block_of_a_slide_names_its_page_and_no_place(tmp_path: Path) -> None:
    for block in read(write_pptx(tmp_path / "a.pptx"), seeing()).blocks:
        (span,) = block.spans
        assert (span.start, span.end) == (0, len(block.text))
        assert span.box == Box(span.box.page)
        assert span.box.empty


def test_a_picture_that_cannot_be_read_is_named_with_its_slide(tmp_path: Path) -> None:
    (notice,) = read(write_pptx(tmp_path / "a.pptx"), seeing()).notices
    assert notice.pages == (4,)
    assert "took too long" in notice.message


def test_odd_numbers_on_a_slide_cost_nothing_else(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "title"
    box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(1), Inches(1))
    box._element.spPr.xfrm.off.set("x", "1234.5")  # as other programs write it
    group = slide.shapes.add_group_shape()
    inner = group.shapes.add_textbox(0, Inches(7), 100, 100)
    spoken = slide.notes_slide
    for frame, words in (
        (box.text_frame, "box"),
        (inner.text_frame, "inner"),
        (spoken.notes_text_frame, "spoken"),
    ):
        frame.text = words
        frame.paragraphs[0]._p.get_or_add_pPr().set("lvl", "x")
    deck.save(str(tmp_path / "a.pptx"))
    document = read(tmp_path / "a.pptx")
    assert [text for _, text in texts(document)] == ["title", "box", "inner", "spoken"]
    assert not document.notices


def test_a_shape_or_notes_that_break_the_rules_cost_themselves(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "title"
    data = CategoryChartData()
    data.categories = ["2024"]
    data.add_series("sum", (1,))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, 100, 100, data)
    (name,) = chart._element.xpath(".//c:chart/@r:id")
    group = slide.shapes.add_group_shape()
    group._element.append(chart._element)
    group.shapes.add_textbox(0, Inches(7), 100, 100).text_frame.text = "inner"
    slide.notes_slide.notes_text_frame.text = "spoken"
    deck.save(str(tmp_path / "a.pptx"))

    def broken(part: str, content: bytes) -> bytes:
        if "notesSlides/notesSlide" in part:
            return b"<x/>"
        is_slide = part.endswith("slides/slide1.xml")
        return content.replace(f':id="{name}"'.encode(), b':id="rId99"') if is_slide else content

    document = read(repacked(tmp_path / "a.pptx", broken))
    assert [text for _, text in texts(document)] == ["title", "inner"]
    assert [(one.code, one.pages) for one in document.notices] == [("unreadable_shapes", (1,))]


def test_a_logo_on_every_slide_is_read_once(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    for _ in range(3):
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        slide.shapes.add_picture(io.BytesIO(picture(size=PICTURE)), 0, 0)
        slide.shapes.add_picture(io.BytesIO(picture(size=(12, 12))), 0, 0)  # an icon
    deck.save(str(tmp_path / "a.pptx"))
    services = seeing()
    assert texts(read(tmp_path / "a.pptx", services)) == [(BlockKind.FIGURE, SEEN)]
    assert services.pictures == [PICTURE]


# Notebooks


def test_a_notebook_is_read_cell_by_cell(tmp_path: Path) -> None:
    document = read(write_notebook(tmp_path / "梯度.ipynb"), seeing())
    assert (document.title, document.page_count) == ("梯度下降", 7)
    assert texts(document, 1) == [
        (BlockKind.HEADING, "梯度下降"),
        (BlockKind.PARAGRAPH, "学习率见 [Adam](https://arxiv.org/abs/1412.6980)。"),
    ]
    assert texts(document, 2) == [
        (BlockKind.CODE, "print(loss)"),
        (BlockKind.CODE, "100%\nloss 0.25"),
    ]
    assert texts(document, 3)[1:] == [(BlockKind.TABLE, "| | loss |\n| --- | --- |\n| 0 | 0.5 |")]
    assert texts(document, 4)[1:] == [(BlockKind.FIGURE, SEEN)]
    assert texts(document, 5)[1:] == [(BlockKind.CODE, "E: zero")]
    assert len(texts(document, 6)[1][1]) < 2001
    assert texts(document, 7)[-1] == (BlockKind.LIST_ITEM, "学习率太大会发散")
    assert document.links == (Link("Adam", "https://arxiv.org/abs/1412.6980", 1),)
    assert [(notice.code, notice.pages) for notice in document.notices] == [
        ("shortened_outputs", (6,))
    ]


def test_a_notebook_of_an_older_version_is_read(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "旧笔记"},
        {"cell_type": "code", "input": ["x = 1\n", "x"], "outputs": [
            {"output_type": "pyout", "text": ["1"]},
            {"output_type": "stream", "stream": "stdout", "text": "done"},
        ]},
    ]  # fmt: skip
    file = tmp_path / "old.ipynb"
    file.write_text(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}), "utf-8")
    assert [text for _, text in texts(read(file))] == ["旧笔记", "x = 1\nx", "1", "done"]


def test_pictures_inside_a_text_cell_are_read_and_not_printed(tmp_path: Path) -> None:
    data = base64.b64encode(picture(size=PICTURE)).decode()
    source = f"见图 ![图](data:image/png;base64,{data}) 右边"
    file = tmp_path / "a.ipynb"
    cell = {"cell_type": "markdown", "source": source}
    file.write_text(json.dumps({"nbformat": 4, "cells": [cell]}), "utf-8")
    found = texts(read(file, seeing()))
    assert found == [(BlockKind.PARAGRAPH, "见图 ![图]() 右边"), (BlockKind.FIGURE, SEEN)]


# Web pages


def test_a_web_page_is_read_without_what_surrounds_it(tmp_path: Path) -> None:
    document = html(tmp_path, PAGE)
    assert texts(document) == [
        (BlockKind.HEADING, "旋转"),
        (
            BlockKind.PARAGRAPH,
            "位置编码把向量旋转一个角度，见 RoFormer\n第二行。10⁹ and d_model.",
        ),
        (BlockKind.LIST_ITEM, "3. three"),
        (BlockKind.LIST_ITEM, "inner"),
        (BlockKind.LIST_ITEM, "4. four"),
        (BlockKind.PARAGRAPH, "more"),
        (BlockKind.QUOTE, "Mind"),
        (BlockKind.QUOTE, "the phase"),
        (BlockKind.CODE, "def f(x):\n    return x"),
        (BlockKind.CAPTION, "Speeds"),
        (BlockKind.TABLE, "| Model | Speed |\n| --- | --- |\n| A\\|B | 1 |\n| | 2 |"),
        (BlockKind.CAPTION, "Figure 1"),
        (BlockKind.PARAGRAPH, "Inline $q_m^2$ here."),
        (BlockKind.FORMULA, r"$$\frac{a}{b^2}$$"),
        (BlockKind.FORMULA, r"$$\theta_i$$"),
        (BlockKind.CODE, "a = 1\nb = 2"),
    ]
    assert document.title == "Rotary embeddings"
    assert document.links == (Link("RoFormer", "https://arxiv.org/abs/2104.09864"),)
    assert (document.page_count, document.metadata) == (None, {"author": "Li"})


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("", "gb18030"), ("gb2312", "gb18030"), ("utf-8", "utf-8"), ("", "utf-16"), ("gbk", "utf-8")],
)
def test_pages_in_other_encodings(tmp_path: Path, declared: str, encoding: str) -> None:
    meta = f'<meta charset="{declared}">' if declared else ""
    body = f"<html><head>{meta}<title>注意力</title></head><body><p>旋转位置编码，兼容。</p>"
    (tmp_path / "a.htm").write_bytes(body.encode(encoding))
    document = read(tmp_path / "a.htm")
    assert (document.title, document.blocks[0].text) == ("注意力", "旋转位置编码，兼容。")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("loose <b>text</b><p>then", ["loose text", "then"]),
        ("<table><tr><td><table><tr><td>laid out</td></tr></table></table>", ["laid out"]),
        ("<p>1<sup>st</sup> x<sub>i</sub> CO<sub>2</sub></p>", ["1st x_i CO₂"]),
        ('<p>E <img class="tex" alt="mc^2"> <img alt="photo" src="a.png"></p>', ["E $mc^2$"]),
        ('<span class="ztext-math" data-tex="a+b">a+b a+b</span>', ["$a+b$"]),
        ("<p>see<sup><a href='#fn1'>1</a></sup></p><section class='footnotes'><ol><li id='fn1'>"
         "the note <a href='#r' class='footnote-back'>↩︎</a></li></ol></section>",
         ["see¹", "the note"]),
        ("<p>$$a=b$$</p>", ["$$a=b$$"]),
        ("<aside>advert</aside><article><aside>hint</aside>text of the article</article>",
         ["hint", "text of the article"]),
        ("<dl><dt>term</dt><dd>meaning</dd></dl>", ["term", "meaning"]),
        ("<math><msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup><mo>∑</mo></math>",
         [r"$x_i^2\sum$"]),
        ("<!-- only a comment -->", []),
        ("<div>" * 1500 + "deep" + "</div>" * 1500, ["deep"]),
        ("<p>a\x01b\ufffe</p>", ["ab"]),
    ],
)  # fmt: skip
def test_pieces_of_pages(tmp_path: Path, body: str, expected: list[str]) -> None:
    assert [text for _, text in texts(html(tmp_path, body))] == expected


def test_numbers_of_a_page_are_bounded(tmp_path: Path) -> None:
    huge = "9" * 5000
    cells = f"<td colspan={huge} rowspan={huge}>x" + "<td colspan=99 rowspan=99>y" * 2000
    document = html(tmp_path, f"<ol start={huge}><li>one</ol><table>{f'<tr>{cells}' * 4}</table>")
    item, table = document.blocks
    assert (item.text, table.kind) == ("1. one", BlockKind.TABLE)
    assert table.text.count("y") == 8_000
    assert len(table.text) < 100_000


def test_a_table_of_too_many_cells_is_read_as_text(tmp_path: Path) -> None:
    wide, long = "<td>x" * 2000, "<tr><td>y<td>z" * 2000
    document = html(tmp_path, f"<table><tr>{wide}{long}</table>")
    assert len(of_kind(document, BlockKind.PARAGRAPH)) == len(document.blocks) == 6000


def test_what_nests_too_deeply_is_told(tmp_path: Path) -> None:
    document = html(tmp_path, "<p>first</p>" + "<b>x<i>" * 3000)
    assert document.blocks[0].text == "first"
    assert [notice.code for notice in document.notices] == ["nested_too_deeply"]


# Pictures


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff"])
def test_a_picture_is_a_page_in_pixels(tmp_path: Path, suffix: str) -> None:
    kind = {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix.upper())
    file = tmp_path / f"白板.{suffix}"
    file.write_bytes(picture(size=PICTURE, kind=kind))
    services = Scripted({PICTURE: [line("右", 200, 12, 240, 40), line("左边", 10, 10, 90, 42)]})
    document = read(file, services)
    (block,) = document.blocks
    assert (document.title, document.page_count, block.kind) == ("白板", 1, BlockKind.FIGURE)
    assert block.text == "左边 右"
    assert [block.text[span.start : span.end] for span in block.spans] == ["左边", "右"]
    assert block.spans[0].box == Box(1, 10, 10, 90, 42)
    assert block.spans[0].confidence == 0.95


def test_a_screenshot_of_text_has_its_headings_and_paragraphs(tmp_path: Path) -> None:
    file = tmp_path / "shot.png"
    file.write_bytes(picture(size=(1000, 420)))
    words = "缩放点积注意力把分数除以键的维度的平方根，然后归一化"
    lines = [line(words, 50, 130 + 50 * n, 950, 166 + 50 * n) for n in range(5)]
    lines[-1] = line("再求和。", 50, 330, 200, 366)
    document = read(file, Scripted({(1000, 420): [line("注意力", 50, 30, 280, 96), *lines]}))
    assert [(block.kind, block.level, block.text) for block in document.blocks] == [
        (BlockKind.HEADING, 1, "注意力"),
        (BlockKind.PARAGRAPH, 0, words * 4 + "再求和。"),
    ]
    assert document.blocks[0].spans[0].box == Box(1, 50, 30, 280, 96)
    assert document.blocks[1].spans[-1].box == Box(1, 50, 330, 200, 366)
    assert document.blocks[1].spans[0].confidence == 0.95


def test_a_photo_is_turned_upright(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright
    file = tmp_path / "photo.jpg"
    file.write_bytes(picture(size=PICTURE, kind="JPEG", exif=turned))
    services = Scripted({})
    read(file, services)
    assert services.pictures == [(80, 320)]


def test_pages_of_a_scan_in_one_file(tmp_path: Path) -> None:
    frames = [Image.new("L", (200, 100 + number), "white") for number in range(3)]
    frames[0].save(tmp_path / "scan.tif", save_all=True, append_images=frames[1:])
    found = {(200, 100 + n): [line(f"page {n}", 0, 0, 90, 20)] for n in (0, 2)}
    document = read(tmp_path / "scan.tif", Scripted({**found, (200, 101): "blurred"}))
    assert document.page_count == 3
    assert [(b.text, b.spans[0].box.page) for b in document.blocks] == [
        ("page 0", 1),
        ("page 2", 3),
    ]
    assert [notice.pages for notice in document.notices] == [(2,)]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_pictures_of_all_depths_are_read(tmp_path: Path, mode: str) -> None:
    image = Image.linear_gradient("L").resize((100, 40))
    if mode in ("I;16", "I", "F"):  # more than a byte a shade
        wide = np.asarray(image).astype({"I;16": "<u2", "I": "<i4", "F": "<f4"}[mode]) * 257
        image = Image.fromarray(wide)
    else:
        image = image.convert("RGB").convert(mode)
    image.save(tmp_path / "a.tif") if mode != "LA" else image.save(tmp_path / "a.png")
    shown = picture_page("a.png", next(tmp_path.iterdir()).read_bytes())
    with Image.open(io.BytesIO(shown.png)) as seen:
        assert seen.mode in ("L", "RGB")
        shades = np.asarray(seen.convert("L"))
    assert (shades.min() < 20, shades.max() > 235) == (True, True)


def test_the_bundled_engine_reads_a_picture(tmp_path: Path) -> None:
    from ingest.ocr import make_recognizer

    engine = make_recognizer("embedded", 1)

    class Real(Scripted):
        recognize = staticmethod(engine.recognize)

    file = tmp_path / "board.png"
    file.write_bytes(picture(["Rotary position embedding", "turns the query"], (520, 140)))
    (block,) = read(file, Real({})).blocks
    assert block.text.split() == ["Rotary", "position", "embedding", "turns", "the", "query"]


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.ipynb", "a.png"])
def test_with_recognition_off_pictures_are_named_and_left_out(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    if name == "a.png":
        file.write_bytes(picture(size=PICTURE))
    else:
        WRITERS[file.suffix](file)
    services = seeing()
    document = read(file, services, ocr=OcrMode.OFF)
    assert services.pictures == []
    assert SEEN not in [text for _, text in texts(document)]
    assert "pictures_left_out" in [notice.code for notice in document.notices]


# Bad files


def write_page(file: Path) -> Path:
    file.write_text(PAGE, "utf-8")
    return file


def write_picture(file: Path) -> Path:
    file.write_bytes(picture(["text"], kind="JPEG" if file.suffix == ".jpg" else "PNG"))
    return file


WRITERS: dict[str, Callable[[Path], Path]] = {
    ".docx": write_docx,
    ".pptx": write_pptx,
    ".ipynb": write_notebook,
    ".html": write_page,
    ".png": write_picture,
    ".jpg": write_picture,
}


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".ipynb", ".png"])
def test_an_empty_file_is_told(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"empty{suffix}"
    file.touch()
    with pytest.raises(DamagedFile, match=rf"empty\{suffix}.*empty") as told:
        read(file)
    assert told.value.hint


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [
        ("a.docx", b"plain text", UnsupportedFile, "not a Word document"),
        ("a.docx", b"%PDF-1.7", UnsupportedFile, "but a PDF"),
        ("a.pptx", b"<html>", UnsupportedFile, "not a PowerPoint file"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + bytes(600), UnsupportedFile, "before 2007"),
        (
            "a.pptx",
            b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
            EncryptedFile,
            "password",
        ),
        ("a.png", b"%PDF-1.7", UnsupportedFile, "but a PDF"),
        ("a.jpg", b"\xff\xd8\xff" + bytes(90), DamagedFile, "can't be decoded"),
        ("a.png", b"<svg/>", UnsupportedFile, "not a picture"),
        ("a.html", b"PK\x03\x04....", UnsupportedFile, "zip archive"),
        ("a.ipynb", b"{}", UnsupportedFile, "not of a notebook"),
        ("a.ipynb", b"# a note", UnsupportedFile, "not a whole notebook"),
        ("a.ipynb", b'{"nbformat": 4, "cells": [', DamagedFile, "not a whole notebook"),
        ("a.ipynb", b'{"nbformat": 1}', UnsupportedFile, "version 1"),
        ("a.ipynb", b'{"nbformat": "x"}', UnsupportedFile, "version 'x'"),
    ],
)
def test_a_bad_file_is_told_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, error: type[SourceError], words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=words) as told:
        read(tmp_path / name)
    assert str(told.value).startswith(name)
    assert told.value.hint


def test_an_office_file_under_the_name_of_another(tmp_path: Path) -> None:
    write_pptx(tmp_path / "a.pptx").rename(tmp_path / "a.docx")
    with pytest.raises(UnsupportedFile, match="not a Word document, but a PowerPoint file"):
        read(tmp_path / "a.docx")
    with zipfile.ZipFile(tmp_path / "b.docx", "w") as archive:
        archive.writestr("notes.txt", "text")
    with pytest.raises(UnsupportedFile, match="a zip archive of other files"):
        read(tmp_path / "b.docx")


def repacked(file: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """The same archive with other contents."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, change(name, content))
    return file


def test_an_archive_that_unpacks_to_too_much_is_refused_before_parsing(tmp_path: Path) -> None:
    file = write_docx(tmp_path / "bomb.docx")
    repacked(file, lambda name, data: data + b" " * 8_000_000 if name.endswith("s.xml") else data)
    assert file.stat().st_size < 200_000
    with pytest.raises(FileTooLarge, match=r"bomb.docx: unpacks to over 2 MB") as told:
        read(file, max_file_bytes=1024 * 1024)
    assert "COURSEGRAPH_MAX_FILE_MB" in told.value.hint


def test_an_archive_that_lies_about_its_size_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "liar.docx"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 50_000_000)
    size = (50_000_000).to_bytes(4, "little")
    file.write_bytes(file.read_bytes().replace(size, (1000).to_bytes(4, "little")))
    with pytest.raises(DamagedFile, match=r"liar\.docx"):
        read(file)


@pytest.mark.parametrize("writer", [write_docx, write_pptx])
def test_entities_that_multiply_are_not_expanded(
    tmp_path: Path, writer: Callable[[Path], Path]
) -> None:
    names = "abcdefghij"
    pairs = zip(names[1:], names, strict=False)
    entities = "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for new, old in pairs)
    bomb = f'<!DOCTYPE x [<!ENTITY a "{"ha" * 50}">{entities}<!ENTITY f SYSTEM "/etc/passwd">]>'

    def armed(name: str, data: bytes) -> bytes:
        if not name.endswith(("word/document.xml", "slides/slide2.xml")):
            return data
        text = data.decode()
        head, _, rest = text.partition("?>")
        for word in ("缓存", "查询"):
            rest = rest.replace(word, f"&j;&f;{word}")
        return f"{head}?>{bomb}{rest}".encode()

    file = repacked(writer(tmp_path / f"bomb.{writer.__name__.removeprefix('write_')}"), armed)
    try:
        text = "".join(text for _, text in texts(read(file)))
    except SourceError as error:
        text = str(error)
    assert len(text) < 10_000
    assert "root:" not in text


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_file_cut_off_anywhere_is_read_or_told(tmp_path: Path, suffix: str) -> None:
    file = WRITERS[suffix](tmp_path / f"cut{suffix}")
    whole = file.read_bytes()
    for share in range(1, 40):
        file.write_bytes(whole[: len(whole) * share // 40])
        try:
            document = read(file, seeing())
        except SourceError as error:
            assert str(error).startswith(file.name)
            assert error.hint
        else:
            assert document.format


@pytest.mark.parametrize("suffix", [".docx", ".pptx"])
@pytest.mark.parametrize("harm", ["cut", "renamed", "emptied", "scrambled"])
def test_an_office_file_with_a_damaged_part_is_read_or_told(
    tmp_path: Path, suffix: str, harm: str
) -> None:
    whole = WRITERS[suffix](tmp_path / f"whole{suffix}").read_bytes()
    file = tmp_path / f"part{suffix}"
    file.write_bytes(whole)
    with zipfile.ZipFile(file) as archive:
        parts = [name for name in archive.namelist() if name.endswith((".xml", ".rels"))]
    harms: dict[str, Callable[[bytes], bytes]] = {
        "cut": lambda data: data[: len(data) // 2],
        "renamed": lambda data: data.replace(b"w:p>", b"w:q>").replace(b"rId1", b"rId9"),
        "emptied": lambda data: b"<x/>",
        "scrambled": lambda data: data.replace(b'="1"', b'="x"').replace(b'="0"', b'="-"'),
    }
    # Layouts of slides are many and alike.
    for name in [part for part in parts if "slideLayouts" not in part]:
        file.write_bytes(whole)
        repacked(file, lambda one, data, name=name: harms[harm](data) if one == name else data)  # type: ignore[misc]
        try:
            read(file, seeing())
        except SourceError as error:
            assert str(error).startswith(file.name)


@pytest.mark.parametrize("suffix", [".ipynb", ".html"])
def test_a_scrambled_file_is_read_or_told(tmp_path: Path, suffix: str) -> None:
    whole = WRITERS[suffix](tmp_path / f"whole{suffix}").read_text("utf-8")
    file = tmp_path / f"odd{suffix}"
    for old, new in (
        ('"source": [', '"source": [1, '), ('"outputs": [{', '"outputs": [3, {'),
        ('"data": {', '"data": [1], "x": {'), ('"cells": [', '"cells": [null, [], '),
        ('"metadata": {}', '"metadata": 7'), ("iVBOR", "####"),
        ('"cells": [', '"cells": 5, "x": ['), ("charset=", "charset=hex x="), ("iVBOR", "iVBOQ"),
        ('"text": "', '"text": ["'), ("</", "<"), ("<t", "</t"), ('colspan', 'rowspan="9" x'),
        ("<td", '<td colspan="99999999" rowspan="0"'), ("</a>", ""), ("<ol", '<ol start="²"'),
        ("</semantics>", "<semantics>" * 300), ("<math>", "<math>" * 300),
    ):  # fmt: skip
        file.write_text(whole.replace(old, new), "utf-8")
        try:
            read(file, seeing())
        except SourceError as error:
            assert str(error).startswith(file.name)


# Through the command


def test_one_of_each_kind_is_found_with_its_page(
    coursegraph: Command, data: Path, tmp_path: Path
) -> None:
    folder = make_course(tmp_path / "course")
    write_docx(folder / "讲义.docx")
    write_pptx(folder / "课件.pptx")
    write_notebook(folder / "梯度.ipynb")
    write_page(folder / "rotary.html")
    words = ["Chinchilla scaling law", "twenty tokens per parameter"]
    (folder / "board.png").write_bytes(picture(words, (560, 140)))
    done = coursegraph("ingest", folder, "--json")
    assert done.code == 0, done.err
    assert done.json["read"] == 8
    assistant = make_assistant(load_settings(data=data))
    for query, document, page in (
        ("缩放点积注意力除以根号维度", "讲义.docx", None),
        ("几个查询头共用一个键头", "课件.pptx", 2),
        ("学习率太大会发散", "梯度.ipynb", 7),
        ("位置编码把向量旋转一个角度", "rotary.html", None),
        ("Chinchilla twenty tokens per parameter", "board.png", 1),
    ):
        hits = assistant.search(query, 5, Mode.LEXICAL).hits
        found = next(hit for hit in hits if hit.document.path == document)
        assert found.rank <= 2, query
        assert found.chunk.page == page
