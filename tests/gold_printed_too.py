"""More gold pages that Chromium prints: wrapped lists and cells, long tables, larger formulas."""

import gold_html as web
from gold_model import GoldPage, Rows, block, heading, item, paragraph, table

from ingest.model import BlockKind as Kind

_STEPS = (
    "收集示范数据：请标注人员为每条指令写出理想的回答，覆盖问答、写作、翻译、推理和代码等场景，"
    "并由第二个人检查，意见不一致的条目要一起讨论之后再定稿。",
    "监督微调：在示范数据上训练一到三轮，学习率要比预训练小一个数量级，只在回答的部分计算损失。",
    "训练奖励模型：同一条指令采样四到九个回答，由标注人员排序，奖励模型学习让排在前面的回答得分更高，"
    "排序比打分更稳定。",
)
_INSIDE = ["trainer = RewardTrainer(model, pairs)", "trainer.train(epochs=1)"]
_LAST = "强化学习：用 PPO 最大化奖励，同时惩罚和原模型的距离。"
_END = "以上四步中，示范数据的质量对最后的效果影响最大。"


def _lists() -> GoldPage:
    first, second, third = (f"<li><p>{step}</p>" for step in _STEPS)
    body = f"""<h2>对齐的四个步骤</h2><ol>{first}</li>{second}</li>{third}{web.code(_INSIDE)}</li>
<li><p>{_LAST}</p></li></ol><p>{_END}</p>"""
    expected = (
        heading("对齐的四个步骤"),
        *(item(f"{number}. {step}") for number, step in enumerate(_STEPS, start=1)),
        block(Kind.CODE, "\n".join(_INSIDE)),
        item(f"4. {_LAST}"),
        paragraph(_END),
    )
    return GoldPage("wrapped_lists", expected, html=body)


_CACHES = (
    ("方法", "做法", "缓存大小", "缺点"),
    ("MHA", "每个查询头都有自己的键和值", "最大", "长文本时显存放不下，批次只能很小"),
    ("MQA", "所有查询头共用一组键和值", "最小", ""),
    ("GQA", "几个查询头一组，组内共用键和值，组数可以调节", "居中", "需要重新训练或者从 MHA 转换"),
    ("MLA", "缓存一个压缩的向量，用的时候再还原", "接近 MQA", "实现复杂"),
)
_BEFORE = "几种注意力的区别在于键和值怎样共用，因此缓存的大小不同。"
_AFTER = "选择哪一种取决于服务的批次和文本的长度。"


def _cells() -> GoldPage:
    body = f"""<h2>注意力与缓存</h2><p>{_BEFORE}</p><div style="width: 460px">
{web.table("ruled", _CACHES)}</div><p>{_AFTER}</p>"""
    expected = (heading("注意力与缓存"), paragraph(_BEFORE), table(*_CACHES), paragraph(_AFTER))
    return GoldPage("wrapped_cells", expected, html=body)


_RUNS: Rows = (
    ("编号", "学习率", "批次", "验证损失"),
    *((f"run-{at:02}", f"{at}e-5", str(16 * at), f"{3 - at / 25:.3f}") for at in range(1, 41)),
)


def _long_table() -> GoldPage:
    body = f"""<h2>四十次实验</h2><p>{_BEFORE}</p>{web.table("ruled", _RUNS)}<p>{_AFTER}</p>"""
    expected = (heading("四十次实验"), paragraph(_BEFORE), table(*_RUNS), paragraph(_AFTER))
    return GoldPage("table_over_pages", expected, html=body, pages=2)


_SOFTMAX = "缩放点积注意力先算查询和键的内积，再除以维度的平方根，最后用 softmax 得到权重："
_LOSS = "语言模型的损失是每个位置上负对数概率的平均，写成求和的形式就是："
_MEANING = ("其中 ", " 是键的维度，", " 是序列的长度。")


def _formulas() -> GoldPage:
    attention = web.formula(
        "A = softmax(",
        web.fraction(web.script("QK", "", "T"), web.root(web.script("d", "k"))) + ")V",
        display=True,
    )
    loss = web.formula(
        "L = −",
        web.fraction("1", "N") + web.limits("∑", "i=1", "N") + "log p("
        + f"{web.script('x', 'i')}|{web.script('x', '&lt;i')})",
        display=True,
    )  # fmt: skip
    key, length = web.formula(web.script("d", "k")), web.formula("N")
    body = f"""<h2>两个公式</h2><p>{_SOFTMAX}</p>{attention}<p>{_LOSS}</p>{loss}
<p>{_MEANING[0]}{key}{_MEANING[1]}{length}{_MEANING[2]}</p>"""
    expected = (
        heading("两个公式"),
        paragraph(_SOFTMAX),
        block(Kind.FORMULA, r"A = softmax(\frac{QK^T}{\sqrt{d_k}})V"),
        paragraph(_LOSS),
        block(Kind.FORMULA, r"L = −\frac{1}{N}\sum_{i=1}^{N}log p(x_i|x_{<i})"),
        paragraph("其中 d_k 是键的维度，N 是序列的长度。"),
    )
    return GoldPage("sums_and_roots", expected, html=body)


PRINTED_TOO = (_lists(), _cells(), _long_table(), _formulas())
