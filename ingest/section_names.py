"""Which template section of a lesson a heading opens, in Chinese and English.

The course outline gives every lesson the same six sections. A heading opens one when the whole of
it is a name of the table below; numbering, symbols, case, a translation beside it, a remark in
brackets and a topic after a colon ("代码示例：手写注意力") do not matter. Two names of one kind
("数学公式与推导") are a name, too.
"""

import re
import unicodedata
from functools import lru_cache

from ingest.model import SectionKind

_NAMES = {
    SectionKind.CONCEPTS: (
        "核心概念|关键概念|基本概念|重要概念|概念|核心术语|关键术语|术语|术语表|定义"
        "|core concepts|key concepts|basic concepts|main concepts|concepts|core ideas|key ideas"
        "|key terms|terms|terminology|glossary|definitions"
    ),
    SectionKind.FORMULAS: (
        "数学公式|核心公式|关键公式|公式|公式推导|数学推导|推导|数学原理|数学基础"
        "|formulas|formulae|key formulas|equations|key equations|mathematics|math|maths"
        "|mathematical formulas|mathematical derivation|derivation|derivations"
    ),
    SectionKind.CODE: (
        "代码示例|示例代码|代码|代码实现|代码片段|代码演示|核心代码|实现代码|代码实践"
        "|code|code example|code examples|example code|sample code|code snippets|implementation"
    ),
    SectionKind.FIGURES: (
        "图解说明|图解|图示|图示说明|图表|图表说明|可视化|可视化理解|示意图"
        "|diagram|diagrams|illustration|illustrations|illustrated|figure|figures|visualization"
        "|visualizations|visual explanation"
    ),
    SectionKind.QUESTIONS: (
        "关键问题|常见问题|问题|问答|问题解答|常见问答|面试题|常见面试题|面试问题"
        "|高频面试题|思考题|习题|自测题"
        "|key questions|questions|common questions|review questions|interview questions|q&a|q & a"
        "|qa|faq|faqs|frequently asked questions|questions and answers|exercises|quiz"
    ),
    SectionKind.REFERENCES: (
        "参考资料|参考文献|参考|参考链接|参考论文|引用|扩展阅读|延伸阅读|拓展阅读|推荐阅读|相关论文|论文|资料"
        "|references|reference|bibliography|further reading|recommended reading|reading list"
        "|related papers|papers|resources|works cited"
    ),
}
_KINDS = {name: kind for kind, names in _NAMES.items() for name in names.split("|")}

_NUMBER = r"(?:\d+(?:[.\-]\d+)*|[ivx]+(?=[.、:)\s])|[a-z](?=[.、)])|[一二三四五六七八九十百]+)"
_NUMBERING = re.compile(
    rf"(?:第\s*{_NUMBER}\s*[章节部分篇讲步]+|(?:part|section|chapter|step)\s+{_NUMBER}"
    rf"|\(\s*{_NUMBER}\s*\)|{_NUMBER})(?:\s*[.、:)\-—]+\s*|\s+|(?<=\d)|(?<=\)))"
)
_REMARK = re.compile(r"\s*[(（\[【].*?[)）\]】]\s*")
_TOPIC = re.compile(r"\s*(?::|—|–|\s-\s).*", re.DOTALL)
_AND = re.compile(r"\s*(?:以及|[与和及、&/|·]|\band\b)\s*")
_TRANSLATION = re.compile(
    r"(?P<zh>[^a-z]*[\u4e00-\u9fff])\s*[|/·\-—]?\s*(?P<en>[a-z][a-z& ]*)"
    r"|(?P<first>[a-z][a-z& ]*?)\s*[|/·\-—]?\s*(?P<second>[\u4e00-\u9fff]+)"
)
_EDGES = " \t.:;,、。,·|-—–*_#~`>!"
# Longer headings are sentences; nothing below is worth trying on them.
_LONGEST = 120
_KEPT = 4096  # headings: a search looks at those of all its passages


@lru_cache(_KEPT)
def section_kind(heading: str) -> SectionKind:
    """Tell which template section a heading opens; OTHER for any other heading."""
    if len(heading) > _LONGEST:
        return SectionKind.OTHER
    name = _bare(heading)
    found = _named(name)
    if found is SectionKind.OTHER and name:
        found = _named(_bare(_NUMBERING.sub("", name, count=1)))
    return found


def bare_heading(heading: str) -> str:
    """A heading without its numbering and its remark: what it is about."""
    if len(heading) > _LONGEST:
        return heading
    return _REMARK.sub(" ", _NUMBERING.sub("", heading.strip(_EDGES), count=1)).strip(_EDGES)


def _named(name: str) -> SectionKind:
    """The kind of a name as it stands, without its remark, without its topic, or translated."""
    without_remark = _REMARK.sub(" ", name).strip(_EDGES)
    translated = _TRANSLATION.fullmatch(without_remark)
    for parts in (
        [name],
        [without_remark],
        _AND.split(without_remark),
        [part for part in translated.groups() if part is not None] if translated else [],
    ):
        kinds = {_KINDS.get(part.strip(_EDGES), SectionKind.OTHER) for part in parts}
        if len(kinds) == 1 and (kind := kinds.pop()) is not SectionKind.OTHER:
            return kind
    kind = _KINDS.get(_TOPIC.sub("", without_remark), SectionKind.OTHER)
    # "问题：怎样…？" is one question, no section of them.
    return SectionKind.OTHER if kind is SectionKind.QUESTIONS else kind


def _bare(heading: str) -> str:
    """Fold width and case, and drop emoji, other symbols and what stands at the edges."""
    folded = unicodedata.normalize("NFKC", heading).casefold()
    kept = (" " if unicodedata.category(one)[0] in "SMC" else one for one in folded)
    return " ".join("".join(kept).split()).strip(_EDGES)
