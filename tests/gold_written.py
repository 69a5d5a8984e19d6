"""Gold pages that are written piece by piece and hold a whole text layer."""

import pymupdf
from gold_drawn import A4, CJK, Sheet, drawn
from gold_model import GoldPage, heading, paragraph, table

_OPTIMIZERS = (
    ("优化器", "状态", "每参数字节", "适合"),
    ("SGD", "无", "4", "卷积网络"),
    ("Momentum", "一阶动量", "8", "视觉模型"),
    ("Adam", "一阶和二阶动量", "12", "语言模型"),
    ("Adafactor", "行列统计量", "5", "超大模型"),
)
_BEFORE = "下面比较几种优化器在混合精度训练时额外占用的显存，按每个参数的字节数计算，不含激活值。"
_AFTER = "优化器状态可以按数据并行的秩切开保存，这样每张卡只需要保存自己的那一份状态。"


def _unruled(document: pymupdf.Document) -> None:
    sheet = Sheet(document.new_page(width=A4[0], height=A4[1]))
    sheet.write("优化器的显存", size=18, font=CJK, gap=12)
    sheet.write(_BEFORE, font=CJK, gap=16)
    for row in _OPTIMIZERS:
        sheet.row(row, (80, 190, 320, 430), font=CJK)
        sheet.y += 20
    sheet.y += 12
    sheet.write(_AFTER, font=CJK)


_HEAD = "大模型课程讲义 · Lecture Notes on LLMs"
_PAGES = (
    (
        "第三讲 Tokenizer",
        (
            "BPE（byte pair encoding）从单个字节开始，反复合并语料里最常见的相邻两个单元，"
            "直到词表达到预定的大小。Llama 3 uses a vocabulary of 128k tokens, four times that of "
            "Llama 2，因此同样的中文文本切出来的 token 更少。",
            "词表越大，embedding 矩阵和输出层越大，但是序列变短，注意力的计算量随之下降；"
            "这个取舍要在训练之前决定，因为训练之后再换词表等于重新学习所有的",
        ),
    ),
    (
        "字节回退",
        (
            "嵌入向量。",
            "遇到词表里没有的字符时，byte fallback 把它拆成 UTF-8 字节，这样任何输入都能编码，"
            "there is no unknown token，代价是生僻字要占三个 token。",
        ),
    ),
    (
        "特殊符号",
        (
            "对话模板用特殊符号标出说话人和轮次，例如 begin_of_text 和 end_of_turn。"
            "微调时要保证模板和推理时完全一致，否则 the model keeps talking after its turn。",
        ),
    ),
)


def _running_heads(document: pymupdf.Document) -> None:
    for number, (title, parts) in enumerate(_PAGES, start=1):
        page = document.new_page(width=A4[0], height=A4[1])
        Sheet(page, 60, 40).write(_HEAD, size=8, font=CJK)
        page.draw_line((60, 46), (535, 46), width=0.5)
        sheet = Sheet(page, y=100)
        first, *rest = parts
        if number == 2:  # the paragraph goes on from the page before
            sheet.write(first, font=CJK)
        sheet.write(title, size=16, font=CJK, gap=10)
        for place, part in enumerate(rest if number == 2 else parts):
            if (number, place) == (1, 1):  # the last paragraph of the page ends at its foot
                sheet.y = 740
            sheet.write(part, font=CJK)
        Sheet(page, 60, 815).write(f"第 {number} 页 共 {len(_PAGES)} 页", size=8, font=CJK)


WRITTEN = (
    GoldPage(
        "unruled_table",
        (heading("优化器的显存"), paragraph(_BEFORE), table(*_OPTIMIZERS), paragraph(_AFTER)),
        drawn(_unruled),
    ),
    GoldPage(
        "running_heads",
        (
            heading(_PAGES[0][0]),
            paragraph(_PAGES[0][1][0]),
            paragraph(_PAGES[0][1][1] + _PAGES[1][1][0]),
            heading(_PAGES[1][0]),
            paragraph(_PAGES[1][1][1]),
            heading(_PAGES[2][0]),
            paragraph(_PAGES[2][1][0]),
        ),
        drawn(_running_heads),
    ),
)
