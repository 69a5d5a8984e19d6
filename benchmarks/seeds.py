"""Small sound files of each format, for fuzzing: the same bytes every time."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import docx
import pptx
import pymupdf
from docx.oxml import parse_xml
from pptx.util import Inches

from benchmarks.mutators import packed

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
_PAGE = """<html><head><title>Seed</title></head><body><h1>Attention</h1><p>It sums <sub>n</sub>
<a href="https://arxiv.org/abs/1706.03762">values</a>.</p><ol start="3"><li>three<ul><li>inner</li>
</ul></li></ol><table><tr><th colspan="2">a</th><th>b</th></tr><tr><td rowspan="2">1</td><td>2</td>
<td>3</td></tr><tr><td>4</td><td>5</td></tr></table><pre>x = 1</pre><math><mfrac><mi>a</mi>
<msup><mi>b</mi><mn>2</mn></msup></mfrac></math></body></html>"""


def note_seeds() -> list[bytes]:
    """The notes of the bundled course."""
    course = Path(__file__).parents[1] / "course"
    return [file.read_bytes()[:30_000] for file in sorted(course.rglob("*.md"))]


def pdf_seeds() -> list[bytes]:
    """Small PDFs that hold a bit of everything, some packed and some plain."""
    made: list[bytes] = []
    for tight in (False, True):
        document = pymupdf.open()
        for number in range(2):
            page = document.new_page()
            page.insert_text(
                (72, 72), f"第 {number} 课 注意力 Attention", fontsize=20, fontname="china-s"
            )
            body = "缩放点积注意力（attention）是加权求和。It sums values.\n" * 6
            page.insert_text((72, 120), body, fontsize=11, fontname="china-s")
            for line in range(4):
                page.draw_line((72, 400 + 30 * line), (400, 400 + 30 * line))
                page.draw_line((72 + 109 * line, 400), (72 + 109 * line, 490))
                page.insert_text((80 + 90 * (line % 3), 420 + 30 * (line // 2)), f"cell {line}")
            page.draw_rect((72, 520, 400, 580), fill=(0.9, 0.9, 1))
            page.insert_text((80, 550), "x = f(y)  # code", fontname="cour")
            link = {"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(72, 60, 200, 80)}
            page.insert_link({**link, "uri": "https://arxiv.org/abs/1706.03762"})
            picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 40, 40))
            picture.clear_with(90)
            page.insert_image((420, 400, 500, 480), pixmap=picture)
        document.set_toc([[1, "第一", 1], [2, "第二", 2]])
        document.set_metadata({"title": "Seed", "creationDate": "D:20260101000000"})
        made.append(document.tobytes(deflate=tight, no_new_id=True, use_objstms=tight))
        document.close()
    return [*made, _scan()]


def other_seeds() -> dict[str, bytes]:
    """A file of each of the other formats, by suffix."""
    cells = [
        {"cell_type": "markdown", "source": ["# Seed\n", "text"]},
        {"cell_type": "code", "source": "x", "outputs": [
            {"output_type": "stream", "name": "stdout", "text": "1\n"},
            {"output_type": "execute_result", "data": {"text/plain": "2", "text/html": _PAGE}},
        ]},
    ]  # fmt: skip
    return {
        ".docx": _word(),
        ".pptx": _slides(),
        ".html": _PAGE.encode(),
        ".ipynb": json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}).encode(),
        ".png": _picture(400, 200),
    }


def _picture(width: int, height: int) -> bytes:
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, width, height))
    picture.clear_with(200)
    data: bytes = picture.tobytes("png")
    return data


def _scan() -> bytes:
    """Two pages that are pictures, the second with a line of text over it."""
    document = pymupdf.open()
    for number in range(2):
        page = document.new_page(width=300, height=400)
        page.insert_image(page.rect, stream=_picture(300, 400))
        page.insert_text((40, 390), "page 2" * number)
    data: bytes = document.tobytes(no_new_id=True)
    document.close()
    return data


def _word() -> bytes:
    document: Any = docx.Document()
    document.add_paragraph("Seed", style="Title")
    document.add_heading("Attention", 1)
    document.add_paragraph("first", style="List Number")
    table = document.add_table(3, 3)
    for place in range(9):
        table.cell(place // 3, place % 3).text = f"cell {place}"
    table.cell(0, 0).merge(table.cell(0, 1))
    table.cell(1, 0).merge(table.cell(2, 0))
    formula = (
        f'<m:oMath xmlns:m="{_MATH}"><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num>'
        "<m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>"
    )
    paragraph = document.add_paragraph("text ")
    paragraph._p.append(parse_xml(formula))
    symbol = f'<w:r xmlns:w="{_WORD}"><w:sym w:font="Symbol" w:char="00B7"/></w:r>'
    paragraph._p.append(parse_xml(symbol))
    document.add_picture(io.BytesIO(_picture(320, 80)))
    return _same_dates(document)


def _slides() -> bytes:
    deck: Any = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Seed"
    slide.placeholders[1].text = "first"
    slide.placeholders[1].text_frame.add_paragraph().level = 1
    table = slide.shapes.add_table(2, 2, 0, Inches(3), Inches(4), Inches(1)).table
    table.cell(0, 0).text = "cell"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 100, 100).text_frame.text = "inner"
    slide.shapes.add_picture(io.BytesIO(_picture(320, 80)), 0, 0)
    slide.notes_slide.notes_text_frame.text = "spoken"
    return _same_dates(deck)


def _same_dates(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    with zipfile.ZipFile(out) as archive:
        return packed({name: archive.read(name) for name in archive.namelist()})
