"""Gold pages whose text is seen but not held as text: pictures and drawn glyphs."""

import pymupdf
from gold_drawn import A4, CJK, MONO, Sheet, as_outlines, as_picture, drawn, picture_of
from gold_model import GoldPage, block, heading, paragraph, table

from ingest.model import BlockKind as Kind

_PROSE = (
    "旋转位置编码把位置信息写进查询和键的旋转角度里，两个位置的内积只和它们的相对距离有关。",
    "高频的维度转得快，负责区分相邻的词；低频的维度转得慢，负责感知长距离的关系。"
    "外推到更长的文本时，低频维度会转到训练时没有见过的角度，效果因此下降。",
    "常用的办法是把角度按比例压缩，让新的长度落回训练过的范围之内，再用少量长文本微调。",
)


def _lesson(document: pymupdf.Document) -> None:
    sheet = Sheet(document.new_page(width=A4[0], height=A4[1]))
    sheet.write("旋转位置编码", size=20, font=CJK, gap=14)
    for part in _PROSE:
        sheet.write(part, size=12, font=CJK, gap=12)


_LESSON = (heading("旋转位置编码"), *map(paragraph, _PROSE))

_ENGLISH = (
    "Grouped-query attention lets several query heads share one pair of key and value heads. The "
    "cache shrinks by the size of the group, while the quality stays close to that of full "
    "multi-head attention.",
    "Multi-head latent attention stores one compressed vector per token instead. Keys and values "
    "are restored from it when they are needed, and the restoring matrices can be folded into the "
    "query and output projections.",
)


def _columns(document: pymupdf.Document) -> None:
    page = document.new_page(width=A4[0], height=A4[1])
    for left, part in zip((50, 315), _ENGLISH, strict=True):
        Sheet(page, left, 100, 230).write(part, size=12)


_CODE = (
    "import torch",
    "",
    "def rotate(x, cos, sin):",
    "    half = x.shape[-1] // 2",
    "    first, second = x[..., :half], x[..., half:]",
    "    turned = torch.cat((-second, first), dim=-1)",
    "    return x * cos + turned * sin",
)


def _dark_code(document: pymupdf.Document) -> None:
    page = document.new_page(width=480, height=190)
    page.draw_rect(page.rect, fill=(0.12, 0.12, 0.14), color=None)
    sheet = Sheet(page, 24, 32)
    for line in _CODE:
        bare = line.lstrip()
        if bare:
            x = 24 + MONO.text_length(line[: len(line) - len(bare)], 12)
            sheet.put(bare, x, 12, MONO, (0.85, 0.85, 0.8))
        sheet.y += 21


def _screenshot(document: pymupdf.Document) -> None:
    sheet = Sheet(document.new_page(width=A4[0], height=A4[1]))
    sheet.write("旋转的实现", size=18, font=CJK, gap=14)
    sheet.write(_BEFORE_CODE, font=CJK, gap=14)
    area = pymupdf.Rect(60, sheet.y, 540, sheet.y + 190)
    sheet.page.insert_image(area, stream=picture_of(_dark_code, dpi=180))
    sheet.y = area.y1 + 30
    sheet.write(_AFTER_CODE, font=CJK)


_BEFORE_CODE = "把每个头的维度分成前后两半，后一半取负号放到前面，就得到旋转九十度的向量："
_AFTER_CODE = "查询和键都要这样旋转，值不需要；余弦和正弦可以提前算好，所有的层共用一份。"

_LENGTHS = (
    ("方法", "训练长度", "可用长度"),
    ("位置插值", "4096", "32768"),
    ("NTK 缩放", "4096", "16384"),
    ("YaRN", "4096", "131072"),
)


def _grid(document: pymupdf.Document) -> None:
    page = document.new_page(width=420, height=140)
    for at in range(5):
        page.draw_line((20, 15 + 27 * at), (400, 15 + 27 * at))
    for x in (20, 160, 280, 400):
        page.draw_line((x, 15), (x, 123))
    sheet = Sheet(page, y=33)
    for row in _LENGTHS:
        sheet.row(row, (34, 174, 294), size=12, font=CJK)
        sheet.y += 27


_BEFORE_TABLE = "三种外推方法在同一个模型上微调之后，能够用到的最大长度差别很大。"
_AFTER_TABLE = "长度再增加时，困惑度会突然上升，说明位置编码已经超出可以外推的范围。"


def _table_picture(document: pymupdf.Document) -> None:
    sheet = Sheet(document.new_page(width=A4[0], height=A4[1]))
    sheet.write("外推方法比较", size=18, font=CJK, gap=14)
    sheet.write(_BEFORE_TABLE, font=CJK, gap=14)
    area = pymupdf.Rect(60, sheet.y, 480, sheet.y + 140)
    sheet.page.insert_image(area, stream=picture_of(_grid, dpi=200))
    sheet.y = area.y1 + 30
    sheet.write(_AFTER_TABLE, font=CJK)


_NOTE = (
    "图中的提示：显存不够时先打开梯度检查点，",
    "再减小微批次的大小，最后才考虑换卡。",
)
_AROUND = (
    "训练大模型时显存主要花在四个地方：权重、梯度、优化器状态和激活值。",
    "激活值和批次大小成正比，可以用重新计算来换显存，代价是大约三分之一的额外时间。",
)


def _slide(document: pymupdf.Document) -> None:
    page = document.new_page(width=420, height=110)
    page.draw_rect(page.rect, fill=(0.93, 0.96, 1), color=(0.4, 0.6, 0.9))
    sheet = Sheet(page, 30, 46)
    for row in _NOTE:
        sheet.put(row, 30, 15, CJK, (0.1, 0.2, 0.5))
        sheet.y += 32


def _mixed(document: pymupdf.Document) -> None:
    sheet = Sheet(document.new_page(width=A4[0], height=A4[1]))
    sheet.write("显存花在哪里", size=18, font=CJK, gap=14)
    sheet.write(_AROUND[0], font=CJK, gap=14)
    area = pymupdf.Rect(60, sheet.y, 480, sheet.y + 110)
    sheet.page.insert_image(area, stream=picture_of(_slide, dpi=200))
    sheet.y = area.y1 + 30
    sheet.write(_AROUND[1], font=CJK)


SCANNED = (
    GoldPage("drawn_prose", _LESSON, drawn(as_outlines(_lesson)), needs_ocr=True),
    GoldPage("rotated_scan", _LESSON, drawn(as_picture(_lesson, 90, 90)), needs_ocr=True),
    GoldPage("sideways_scan", _LESSON, drawn(as_picture(_lesson, 90)), needs_ocr=True),
    GoldPage(
        "two_column_scan",
        tuple(map(paragraph, _ENGLISH)),
        drawn(as_picture(_columns)),
        needs_ocr=True,
    ),
    GoldPage(
        "dark_code",
        (
            heading("旋转的实现"),
            paragraph(_BEFORE_CODE),
            block(Kind.CODE, "\n".join(_CODE)),
            paragraph(_AFTER_CODE),
        ),
        drawn(_screenshot),
        needs_ocr=True,
    ),
    GoldPage(
        "table_picture",
        (
            heading("外推方法比较"),
            paragraph(_BEFORE_TABLE),
            table(*_LENGTHS),
            paragraph(_AFTER_TABLE),
        ),
        drawn(_table_picture),
        needs_ocr=True,
    ),
    GoldPage(
        "picture_in_text",
        (
            heading("显存花在哪里"),
            paragraph(_AROUND[0]),
            block(Kind.FIGURE, "".join(_NOTE)),
            paragraph(_AROUND[1]),
        ),
        drawn(_mixed),
        needs_ocr=True,
    ),
)
