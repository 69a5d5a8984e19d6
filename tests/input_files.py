"""Real files of many kinds, written by the libraries that people's programs are like."""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docx
import pptx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from PIL import Image, ImageDraw, ImageFont
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.errors import RecognitionFailed
from ingest.recognition import RecognizedLine

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_NAMES = f'xmlns:w="{W}" xmlns:m="{M}" xmlns:r="{R}" xmlns:a="{A}" xmlns:mc="{MC}"'

FRACTION = (
    "<m:oMath><m:r><m:t>p=</m:t></m:r><m:f><m:num><m:sSup><m:e><m:r><m:t>e</m:t></m:r></m:e>"
    "<m:sup><m:sSub><m:e><m:r><m:t>z</m:t></m:r></m:e><m:sub><m:r><m:t>i</m:t></m:r></m:sub>"
    "</m:sSub></m:sup></m:sSup></m:num><m:den><m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr>"
    "<m:sub><m:r><m:t>j</m:t></m:r></m:sub><m:sup/><m:e><m:r><m:t>𝑥</m:t></m:r></m:e></m:nary>"
    "</m:den></m:f></m:oMath>"
)
FRACTION_TEX = r"p=\frac{e^{z_i}}{\sum_j x}"


def xml(text: str) -> Any:
    """An element in Word's names."""
    tag = text[1:].replace("/", " ").replace(">", " ").split()[0]
    return parse_xml(text.replace(f"<{tag}", f"<{tag} {_NAMES}", 1))


class Scripted:
    """Services that find the lines written down for a picture's size, or fail."""

    def __init__(self, found: dict[tuple[int, int], Sequence[RecognizedLine] | str]) -> None:
        self.found = found
        self.pictures: list[tuple[int, int]] = []
        self.pages: list[tuple[str, int, int]] = []

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        assert picture.startswith(b"\x89PNG")
        with Image.open(io.BytesIO(picture)) as image:
            size = image.size
        self.pictures.append(size)
        found = self.found.get(size, ())
        if isinstance(found, str):
            raise RecognitionFailed(found)
        return found

    def progress(self, stage: str, done: int, total: int) -> None:
        self.pages.append((stage, done, total))


def line(text: str, x0: float, y0: float, x1: float, y1: float) -> RecognizedLine:
    return RecognizedLine(text, 0.95, x0, y0, x1, y1)


def picture(
    lines: Sequence[str] = (),
    size: tuple[int, int] = (400, 120),
    kind: str = "PNG",
    **options: Any,
) -> bytes:
    """A picture with black words on white."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for number, words in enumerate(lines):
        draw.text((20, 20 + 40 * number), words, "black", ImageFont.load_default(28))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def write_docx(file: Path) -> Path:
    """A Word document with one of everything."""
    document = docx.Document()
    document.core_properties.author = "王老师"
    document.add_paragraph("注意力机制讲义", style="Title")
    document.add_heading("核心概念", 1)
    paragraph = document.add_paragraph("缩放点积注意力除以根号维度，见")
    _add_link(document, paragraph, "Attention Is All You Need", "https://arxiv.org/abs/1706.03762")
    _add_note(document, paragraph, "维度指键的维度。")
    document.add_paragraph("查询", style="List Bullet")
    document.add_paragraph("键的", style="List Bullet 2")
    document.add_paragraph("先算内积", style="List Number")
    document.add_paragraph("再做归一化", style="List Number")
    document.add_paragraph("只有相关才重要。", style="Quote")
    document.add_heading("公式", 2)
    document.add_paragraph()._p.append(xml(f"<m:oMathPara>{FRACTION}</m:oMathPara>"))
    document.add_paragraph("其中")._p.append(xml(FRACTION))
    raised = document.add_paragraph("共 10")
    raised.add_run("9").font.superscript = True
    raised.add_run(" 个参数").font.hidden = False
    raised.add_run("（隐藏）").font.hidden = True
    for words in ("def f(x):", "    return x"):
        document.add_paragraph().add_run(words).font.name = "Consolas"
    _add_table(document)
    document.add_paragraph("表 1 两种方法", style="Caption")
    document.add_picture(io.BytesIO(picture(size=(320, 80))))
    _add_text_box(document)
    document.save(str(file))
    return file


def _add_link(document: Any, paragraph: Any, words: str, target: str) -> None:
    name = document.part.relate_to(target, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    run = f"<w:r><w:t>{words}</w:t></w:r>"
    paragraph._p.append(xml(f'<w:hyperlink r:id="{name}">{run}</w:hyperlink>'))


def _add_note(document: Any, paragraph: Any, words: str) -> None:
    blob = (
        f'<w:footnotes xmlns:w="{W}"><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
        f'<w:footnote w:id="2"><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, blob.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    paragraph._p.append(xml('<w:r><w:footnoteReference w:id="2"/></w:r>'))


def _add_table(document: Any) -> None:
    table = document.add_table(3, 3)
    for row, words in enumerate((("方法", "参数", "显存"), ("LoRA", "1|2", "16"), ("", "3", "24"))):
        for column, word in enumerate(words):
            table.cell(row, column).text = word
    table.cell(1, 0).merge(table.cell(2, 0))


def _add_text_box(document: Any) -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>框中的要点</w:t></w:r></w:p></w:txbxContent>"
    old = f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback>"
    new = f'<mc:Choice Requires="wps"><w:drawing>{box}</w:drawing></mc:Choice>'
    run = f"<w:r><mc:AlternateContent>{new}{old}</mc:AlternateContent></w:r>"
    document.add_paragraph()._p.append(xml(run))


def write_pptx(file: Path) -> Path:
    """A deck of four slides with one of everything."""
    deck = pptx.Presentation()
    opening = deck.slides.add_slide(deck.slide_layouts[0])
    opening.shapes.title.text = "KV 缓存"
    opening.placeholders[1].text = "推理加速"
    _add_bullets(deck)
    _add_table_slide(deck)
    last = deck.slides.add_slide(deck.slide_layouts[6])
    last.shapes.add_picture(io.BytesIO(picture(size=(320, 80))), Inches(1), Inches(1))
    last.shapes.add_picture(io.BytesIO(picture(size=(320, 81))), Inches(1), Inches(3))
    deck.save(str(file))
    return file


def _add_bullets(deck: Any) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "分组查询注意力"
    frame = slide.placeholders[1].text_frame
    frame.text = "几个查询头共用一个键头"
    inner = frame.add_paragraph()
    inner.text, inner.level = "缓存因此变小", 1
    run = frame.add_paragraph().add_run()
    run.text, run.hyperlink.address = "GQA 论文", "https://arxiv.org/abs/2305.13245"
    right = slide.shapes.add_textbox(Inches(6), Inches(6.5), Inches(2), Inches(1))
    left = slide.shapes.add_textbox(Inches(1), Inches(6.5), Inches(2), Inches(1))
    right.text_frame.text, left.text_frame.text = "右边", "左边"
    left.text_frame.paragraphs[0]._p.append(
        xml(f"<mc:AlternateContent><mc:Choice Requires='a14'>{FRACTION}</mc:Choice>"
            "</mc:AlternateContent>")
    )  # fmt: skip
    slide.notes_slide.notes_text_frame.text = "讲到这里停一下，问学生缓存有多大。"


def _add_table_slide(deck: Any) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "显存"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for place, word in enumerate(("模型", "显存", "7B", "14 GB")):
        table.cell(place // 2, place % 2).text = word
    data = CategoryChartData()
    data.categories = ["2023", "2024"]
    data.add_series("吞吐量", (10, 25))
    place = Inches(1), Inches(4), Inches(4), Inches(3)
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data)
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, Inches(7), 100, 100).text_frame.text = "组里的字"


def write_notebook(file: Path) -> Path:
    """A notebook of seven cells."""
    graph = base64.b64encode(picture(size=(320, 80))).decode()
    frame = "<table><tr><th></th><th>loss</th></tr><tr><th>0</th><td>0.5</td></tr></table>"
    cells = [
        _cell("markdown", "# 梯度下降\n\n学习率见 [Adam](https://arxiv.org/abs/1412.6980)。"),
        _cell("code", "print(loss)", [_stream("0%\r100%\nloss 0.25\n"), _stream("bad", "stderr")]),
        _cell("code", "df", [_result({"text/plain": "   loss\n0  0.5", "text/html": frame})]),
        _cell("code", "plot()", [_result({"image/png": graph, "text/plain": "<Figure size 1x1>"})]),
        _cell("code", "1/0", [{"output_type": "error", "ename": "E", "evalue": "\x1b[31mzero"}]),
        _cell("code", "log()", [_stream("step\n" * 1000)]),
        _cell("markdown", "## 小结\n\n- 学习率太大会发散", attachments={"a": {"image/png": graph}}),
    ]
    kernel = {"kernelspec": {"language": "python"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}
    file.write_text(json.dumps(notebook), "utf-8")
    return file


def _cell(kind: str, source: str, outputs: object = (), **more: object) -> dict[str, object]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": kind, "source": lines, "outputs": outputs, "metadata": {}, **more}


def _stream(text: str, name: str = "stdout") -> dict[str, object]:
    return {"output_type": "stream", "name": name, "text": text}


def _result(data: dict[str, str]) -> dict[str, object]:
    return {"output_type": "execute_result", "data": data}


PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>Rotary embeddings</title>
<style>.x{}</style><meta name="author" content="Li"></head><body>
<nav><a href="/">Home</a></nav><header><h1>Rotary <em>embeddings</em>
<a class="headerlink" href="#r">¶</a></h1></header>
<main><ul><li><a href="#a">One</a></li><li><a href="#b">Two</a></li><li><a href="#c">Three</a></li>
</ul>
<h2>旋转</h2><p>位置编码把向量
旋转一个角度，见 <a href="https://arxiv.org/abs/2104.09864">RoFormer</a><br>第二行。10<sup>9</sup>
and d<sub>model</sub>.</p>
<p hidden>never</p><div style="display: none">never</div><script>never()</script>
<ol start="3"><li>three<ul><li>inner</li></ul></li><li><p>four</p><p>more</p></li></ol>
<blockquote><h3>Mind</h3><p>the phase</p></blockquote>
<pre><code>def f(x):
    return <span>x</span></code></pre>
<table><caption>Speeds</caption><thead><tr><th>Model</th><th>Speed</th></tr></thead>
<tr><td rowspan="2">A|B</td><td>1</td></tr><tr><td>2</td></tr></table>
<figure><img src="x.png" alt="no"><figcaption>Figure 1</figcaption></figure>
<p>Inline <span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>q</mi></mrow>
<annotation encoding="application/x-tex">q_m^2</annotation></semantics></math></span>
<span class="katex-html" aria-hidden="true">qm2</span></span> here.</p>
<p><math display="block"><mfrac><mi>a</mi><msup><mi>b</mi><mn>2</mn></msup></mfrac></math></p>
<script type="math/tex; mode=display">\\theta_i</script>
<table><tr><td class="gutter"><pre>1
2</pre></td><td><pre>a = 1<br>b = 2</pre></td></tr></table>
</main><footer>never</footer></body></html>"""
