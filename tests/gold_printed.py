"""Gold pages that Chromium prints, as note apps do."""

from html import escape

import gold_html as web
from gold_model import GoldPage, Rows, block, heading, item, paragraph, table

from ingest.model import BlockKind as Kind

_PROSE = {
    "rank": "低秩适配（LoRA）假设微调时权重的更新量是低秩的，因此把更新量写成两个小矩阵的乘积，"
    "训练时只更新这两个小矩阵，原来的权重保持不动。这样显存里只需要保存很少的优化器状态，"
    "切换任务时也只要换掉这一小份参数。",
    "merge": "推理之前可以把两个小矩阵乘起来加回原权重，所以 LoRA 不增加推理延迟。",
    "cache": "KV cache 保存已经算过的键和值，每一步解码只需要计算新的 token，"
    "代价是显存随序列长度线性增长。",
    "paged": "PagedAttention 把这块显存切成固定大小的页，按需分配，碎片因此很少。",
}

_NESTED = """<ul><li>数据并行：每张卡都有完整的模型<ul><li>DDP：反向传播时同步梯度</li>
<li>FSDP：参数也切开<ul><li>前向之前收集，用完就释放</li></ul></li></ul></li>
<li>流水线并行：按层切分<ol><li>GPipe：先做完所有前向</li><li>1F1B：前向和反向交替</li></ol></li>
<li>张量并行：把一层里的矩阵切到几张卡上</li></ul>"""

_CODE = [
    "def generate(model, ids, limit):",
    "    cache = None",
    "    for step in range(limit):",
    "        logits, cache = model(ids[:, -1:], cache)",
    "        # 取概率最大的词",
    "        ids = append(ids, logits.argmax(-1))",
    "",
    "    return ids",
]

_METHODS = (
    ("方法", "可训练参数", "推理延迟", "需要改模型结构"),
    ("全参数微调", "100%", "不变", "否"),
    ("Adapter", "3.6%", "增加", "是"),
    ("LoRA", "0.1%", "不变", "否"),
    ("Prefix tuning", "0.1%", "增加", "是"),
)
_SCORES = (
    ("Model", "Layers", "Heads", "MMLU", "GSM8K"),
    ("Small", "12", "12", "41.3", "18.2"),
    ("Medium", "24", "16", "55.7", "39.6"),
    ("Large", "48", "32", "68.9", "61.4"),
)
_TABLE_PROSE = "表中的数字都在同一个验证集上测得，训练步数和学习率相同。"

_LINKED = (
    ("QLoRA 论文", "https://arxiv.org/abs/2305.14314"),
    ("bitsandbytes", "https://github.com/bitsandbytes-foundation/bitsandbytes"),
)


def _links() -> GoldPage:
    anchors = [f'<a href="{target}">{text}</a>' for text, target in _LINKED]
    body = f"""<h2>量化微调</h2>
<p>{anchors[0]}提出用 4 比特的 NF4 保存冻结的权重<sup>1</sup>，再训练低秩适配器，\
实现在 {anchors[1]} 仓库里。</p>
<p>双重量化再压缩量化常数，平均每个参数省下 0.37 比特<sup>2</sup>。</p>
<div class="notes"><p><sup>1</sup> NF4 的分位点按标准正态分布取，零可以精确表示。</p>
<p><sup>2</sup> 一个块有 64 个参数，块的量化常数再按 256 个一组量化。</p></div>"""
    expected = (
        heading("量化微调"),
        paragraph(
            "QLoRA 论文提出用 4 比特的 NF4 保存冻结的权重1，再训练低秩适配器，"
            "实现在 bitsandbytes 仓库里。"
        ),
        paragraph("双重量化再压缩量化常数，平均每个参数省下 0.37 比特2。"),
        block(Kind.FOOTNOTE, "1 NF4 的分位点按标准正态分布取，零可以精确表示。"),
        block(Kind.FOOTNOTE, "2 一个块有 64 个参数，块的量化常数再按 256 个一组量化。"),
    )
    return GoldPage("footnotes_links", expected, html=body, links=_LINKED)


def _lists() -> GoldPage:
    body = f"""<h1>分布式训练</h1><p>{_PROSE["rank"]}</p><h2>并行的几种方式</h2>{_NESTED}
<blockquote><p>{_PROSE["merge"]}</p></blockquote><p>{_PROSE["cache"]}</p>"""
    expected = (
        heading("分布式训练"),
        paragraph(_PROSE["rank"]),
        heading("并行的几种方式", 2),
        item("数据并行：每张卡都有完整的模型"),
        item("DDP：反向传播时同步梯度", 1),
        item("FSDP：参数也切开", 1),
        item("前向之前收集，用完就释放", 2),
        item("流水线并行：按层切分"),
        item("1. GPipe：先做完所有前向", 1),
        item("2. 1F1B：前向和反向交替", 1),
        item("张量并行：把一层里的矩阵切到几张卡上"),
        block(Kind.QUOTE, _PROSE["merge"]),
        paragraph(_PROSE["cache"]),
    )
    return GoldPage("nested_lists", expected, html=body)


def _callouts() -> GoldPage:
    body = f"""<h2>推理加速</h2><p>{_PROSE["cache"]}</p>
<div class="callout"><p class="title">核心要点</p><p>{_PROSE["paged"]}</p></div>
<p>{_PROSE["rank"]}</p>
<div class="callout warm"><p class="title">常见误区</p><p>{_PROSE["merge"]}</p></div>"""
    expected = (
        heading("推理加速"),
        paragraph(_PROSE["cache"]),
        heading("核心要点", 2),
        block(Kind.QUOTE, _PROSE["paged"]),
        paragraph(_PROSE["rank"]),
        heading("常见误区", 2),
        block(Kind.QUOTE, _PROSE["merge"]),
    )
    return GoldPage("callouts", expected, html=body)


def _code() -> GoldPage:
    lines = [escape(line) for line in _CODE]
    body = f"""<h2>贪心解码</h2><p>{_PROSE["cache"]}</p>{web.code(lines)}<p>{_PROSE["paged"]}</p>"""
    expected = (
        heading("贪心解码"),
        paragraph(_PROSE["cache"]),
        block(Kind.CODE, "\n".join(_CODE)),
        paragraph(_PROSE["paged"]),
    )
    return GoldPage("code_box", expected, html=body)


def _table(name: str, style: str, title: str, caption: str, rows: Rows) -> GoldPage:
    body = f"""<h2>{title}</h2><p>{_TABLE_PROSE}</p><p class="caption">{caption}</p>
{web.table(style, rows)}<p>{_PROSE["merge"]}</p>"""
    expected = (
        heading(title),
        paragraph(_TABLE_PROSE),
        block(Kind.CAPTION, caption),
        table(*rows),
        paragraph(_PROSE["merge"]),
    )
    return GoldPage(name, expected, html=body)


def _formulas() -> GoldPage:
    state, action = web.script("s", "t"), web.script("a", "t")
    policy = web.formula(web.script("π", "θ"))
    ratio = web.formula(
        web.script("r", "t") + "(θ) =",
        web.fraction(
            f"{web.script('π', 'θ')}({action}|{state})",
            f"{web.script('π', 'old')}({action}|{state})",
        ),
        display=True,
    )
    loss = web.formula(
        "L(θ) =", f"{web.script('r', 't')}(θ)A", "−", f"β{web.script('d', '', '2')}", display=True
    )
    body = f"""<h2>重要性采样</h2><p>策略 {policy} 在状态 {web.formula(state)} 下选择动作
{web.formula(action)}，新旧策略的概率之比告诉我们这个动作现在有多常见，比值偏离一太多时要截断。</p>
{ratio}<p>把比值乘上优势，再减去距离的惩罚，就得到要最大化的目标，其中 {web.formula("β")}
控制惩罚的强弱：</p>{loss}<p>{_PROSE["merge"]}</p>"""
    expected = (
        heading("重要性采样"),
        paragraph(
            "策略 π_θ 在状态 s_t 下选择动作 a_t，新旧策略的概率之比告诉我们这个动作现在有多常见，"
            "比值偏离一太多时要截断。"
        ),
        block(Kind.FORMULA, r"r_t(θ) = \frac{π_θ(a_t|s_t)}{π_{old}(a_t|s_t)}"),
        paragraph(
            "把比值乘上优势，再减去距离的惩罚，就得到要最大化的目标，其中 β 控制惩罚的强弱："
        ),
        block(Kind.FORMULA, "L(θ) = r_t(θ)A − βd^2"),
        paragraph(_PROSE["merge"]),
    )
    return GoldPage("formulas", expected, html=body)


PRINTED = (
    _lists(),
    _callouts(),
    _code(),
    _table("ruled_table", "ruled", "微调方法比较", "表 1：四种微调方法", _METHODS),
    _table("booktabs_table", "booktabs", "模型大小与得分", "表 2：三种大小的模型", _SCORES),
    _formulas(),
    _links(),
)
