"""What a question wants counted or measured, and whether a text has a number beside it."""

import re
from collections.abc import Iterable

from ingest.segmentation import segmenter

# 几 is "how many" only where something is had, spent or shared out; elsewhere it is "some".
_HOW_MANY_ZH = re.compile(
    r"(?P<percent>百分之几)"
    r"|(?:多少|(?<=[有共分要花用第])几)(?:万亿|亿|万|千|百)?[个条张种名篇页份组]?(?![次回遍趟])"
    r"(?P<rest>[^，。？?！,、；;：:（(\n]*)"
)
_HOW_MANY_EN = re.compile(r"\bhow (?:many|much) (?P<rest>[\w -]+)", re.IGNORECASE)
_NOUNS_EN = re.compile(
    r"(?: ?(?!(?:is|are|was|were|do|does|did|has|have|had|can|could|should|would|will|of|in|on|for"
    r"|to|by|from|at|with|the|an?|it|they|you|we|them|more|less|than)\b)[\w-]+){0,3}",
    re.IGNORECASE,
)
# What is measured rather than counted, by its names in both languages.
_MEASURED = (
    ("成功率", "success rate"),
    ("胜率", "win rate"),
    ("准确率", "正确率", "精度", "accuracy"),
    ("召回率", "recall"),
    ("接受率", "acceptance rate"),
    ("利用率", "utilization"),
    ("压缩率", "压缩比", "compression ratio", "compression rate"),
    ("学习率", "learning rate"),
    ("批大小", "批次大小", "batch size", "batch_size", "batchsize"),
    ("加速比", "speedup", "speed-up", "speed up"),
    ("带宽", "bandwidth"),
    ("吞吐", "throughput"),
    ("延迟", "时延", "latency"),
    ("概率", "probability"),
    ("温度", "temperature"),
    ("维度", "维数", "dimension"),
    ("权重衰减", "weight decay"),
    ("困惑度", "perplexity"),
    ("默认值", "default value"),
)
_HOW_MUCH_ZH = re.compile(r"([^，。？?；;：:\n]{2,30}?)(?:多少|多大|多高|多长|多快|几(?![乎何]))")
_WHAT_EN = re.compile(
    r"\b(?:what|which|how (?:high|large|long|big)) ([^?;,.\n]{3,60})", re.IGNORECASE
)
# Adjectives, adverbs, prepositions, particles, places, conjunctions and pronouns are not counted.
_NOT_COUNTED = ("a", "d", "p", "u", "f", "c", "r")
_NUMBER = re.compile(r"\d|[一二两三四五六七八九十百千]")
_NEAR = 20  # characters
# Amounts of some things are written with a unit in place of their name.
_WRITTEN_AS = {
    "percent": r"%|％|百分之",
    "参数|parameters?": r"\d\s*(?:[BMKT](?![A-Za-z])|[亿万]|[bm]illion)",
    "钱|美元|元|费用|成本|dollars?|money|cost": r"[$￥¥]|美元|\d\s*元",
    "显存|内存|存储|memory|storage": r"\d\s*[KMGT]i?B",
    "卡|显卡|gpus?": r"GPU|[ABHV]\d00",
    "时间|小时|天|分钟|秒|hours?|days?|minutes?|seconds?|time": r"\d\s*(?:ms|[hs](?![A-Za-z])|天"
    r"|小时|分钟|秒|hours?|days?|min|sec|%)",
    "分|分数|得分|scores?|points?": r"\d",
    "倍|times|加速比|speed[- ]?up": r"\d\s*[xX×倍]|[xX×]\s*\d",
}
# One thing under several names, in both languages.
_SAME = (
    ("样本", "示例", "样例", "例子", "数据", "samples", "sample", "examples", "example"),
    ("层", "layers", "layer"),
    ("头", "heads", "head"),
    ("步", "steps", "step"),
    ("维", "维度", "dimensions", "dimension", "dim"),
    ("参数", "parameters", "parameter"),
    ("专家", "experts", "expert"),
    ("语言", "languages", "language"),
    ("任务", "tasks", "task"),
    ("词元", "tokens", "token"),
    ("问题", "questions", "question"),
    ("小时", "hours", "hour"),
)


def same_things(words: Iterable[str]) -> set[str]:
    """Words for what is counted, with the other ones that name the same."""
    return {
        name for word in words for group in (*_SAME, (word,)) if word in group for name in group
    }


def counted(question: str) -> list[tuple[str, ...]]:
    """For each amount that a question asks for, the words of what is counted."""
    found: list[tuple[str, ...]] = []
    for asked in _HOW_MANY_ZH.finditer(question):
        found.append(("percent",) if asked["percent"] else _nouns_zh(asked["rest"]))
    for asked in _HOW_MANY_EN.finditer(question):
        nouns = _NOUNS_EN.match(asked["rest"])
        found.append(_with_head(nouns.group().lower()) if nouns else ())
    return [words for words in found if words]


def measured(question: str) -> list[tuple[str, ...]]:
    """For each measured quantity whose value a question asks for, its names in both languages."""
    asked = (*_HOW_MUCH_ZH.findall(question), *_WHAT_EN.findall(question))
    around = " ".join(asked).lower()
    return [names for names in _MEASURED if any(name in around for name in names)]


def is_counted(names: Iterable[str], text: str) -> bool:
    """Whether a text has a number beside a name, or an amount as such things are written."""
    lowered = text.lower()
    for name in names:
        if any(
            re.fullmatch(kind, name) and re.search(written, text)
            for kind, written in _WRITTEN_AS.items()
        ):
            return True
        # The header of a table is far from its numbers.
        is_table = "|" in lowered and name in lowered
        if is_table and _NUMBER.search(lowered):
            return True
        for place in re.finditer(re.escape(name), lowered):
            around = lowered[max(0, place.start() - _NEAR) : place.end() + _NEAR]
            if _NUMBER.search(around):
                return True
    return False


def _with_head(nouns: str) -> tuple[str, ...]:
    """A compound and its last word: who asks for human annotators counts no humans."""
    words = nouns.split()
    return tuple(dict.fromkeys((" ".join(words), words[-1]))) if words else ()


def _nouns_zh(rest: str) -> tuple[str, ...]:
    nouns: list[str] = []
    for word, tag in segmenter().tag(rest.strip())[:2]:
        if tag.startswith(_NOT_COUNTED) or (tag == "v" and len(word) > 1):
            break
        nouns.append(word.lower())
    return tuple(nouns)
