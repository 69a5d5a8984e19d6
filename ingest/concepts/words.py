"""Chinese words with their parts of speech: which run of words can be the name of something."""

from collections.abc import Sequence

from ingest.segmentation import segmenter

# Parts of speech (ICTCLAS) of words within a term: nouns, verbs used as such, adjectives.
# fmt: off
_WITHIN = frozenset({
    "n", "nz", "nt", "nl", "ng", "vn", "v", "vi", "vg", "a", "an", "ad", "b", "l", "i", "j", "eng",
    "x", "q", "s", "zg", "g", "k", "h",
})
_LAST = frozenset({
    "n", "nz", "nt", "ng", "vn", "v", "vi", "vg", "an", "l", "i", "j", "eng", "b", "k", "zg", "q",
    "g",
})
# fmt: on
# Verbs and adjectives that lead to a term and are no part of it.
# fmt: off
_LEADING = frozenset({
    "使用", "采用", "利用", "引入", "基于", "通过", "包括", "包含", "提出", "称为", "叫做", "实现",
    "进行", "属于", "作为", "成为", "支持", "需要", "具有", "形成", "产生", "得到", "结合", "应用",
    "设计", "使", "用", "是", "有", "叫", "称", "做", "让", "到", "看", "会", "能", "可以", "最",
    "常用", "主要", "重要", "典型", "传统", "普通", "不同", "类似", "相同", "新", "大", "小", "好",
    "关键", "核心", "简单", "复杂", "所有", "整个", "著名", "经典", "优化", "提高", "增强", "降低",
    "计算", "选择", "比如", "例如", "像", "如", "给", "对", "要", "没有", "存在", "提供", "导致",
    "避免", "解决", "执行", "负责", "添加", "加入", "运用", "介绍", "学习", "理解", "常见",
})
# fmt: on
_LONGEST = 12


def tagged(text: str) -> list[tuple[str, str]]:
    """Words with their parts of speech."""
    found: list[tuple[str, str]] = segmenter().tag(text)
    return found


def noun_phrase_at_end(text: str) -> str:
    """The longest run of words at the end of a text that can be the name of something."""
    chosen: list[tuple[str, str]] = []
    for word, part in reversed(tagged(text)):
        if part not in _WITHIN or word.isspace():
            break
        chosen.append((word, part))
    chosen.reverse()
    return "".join(word for word, _ in trimmed(chosen))


def trimmed(words: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """A run of words without what leads to a term or can't end one; empty when nothing is left."""
    start, end = 0, len(words)
    while start < end and words[start][0] in _LEADING:
        start += 1
    while end > start and words[end - 1][1] not in _LAST:
        end -= 1
    while start < end and sum(len(word) for word, _ in words[start:end]) > _LONGEST:
        start += 1
    return words[start:end]
