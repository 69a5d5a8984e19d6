"""Definitions as lessons write them: a term in bold, its gloss in brackets, and what it is."""

import re
from collections.abc import Iterator

from ingest.model import Block, BlockKind, Definition
from ingest.readers.markdown.markup import CELL_BAR, plain
from ingest.section_names import bare_heading
from ingest.sections import FilledSection, page_at
from ingest.text import sentences

_LONGEST_TERM = 60
# White space is bounded in all patterns, so that a run of it costs no more than its length.
_GLOSS = r"(?:\s{0,4}[（(][^（）()\n]{1,160}[)）])?"
# "，又称点积，": other names between the term and what it is.
_ALSO = (
    r"(?:\s{0,4}[，,]\s{0,4}(?:又称|又叫|也称|也叫|亦称|简称|全称|即|also called|or)"
    r"[^，,。\n]{1,60}[，,]?)?"
)
_IS_ZH = (
    r"\s{0,4}(?:一般|通常|本质上|其实|可以|就|则|也)?"
    r"(?:是指|指的是|是说|意味着|被?定义为|是(?!否|不是|因为|由于)|指(?![出令标数导针向代定示引挥纹明])|即(?![使将便可])|表示|描述)"
)
_IS_EN = (
    r"\s{1,4}(?:(?:is|are)(?!\s{1,4}(?:not|also|because|often|now|still|used)\b)"
    r"|refers? to|means?|denotes?|stands for|describes?)\b"
)
_IS = rf"(?:{_IS_ZH}|{_IS_EN})"
_MARKED = r"(?:\*\*|__)(?P<marked>[^*_\n]{1,80})(?:\*\*|__)"

_IN_BOLD = re.compile(
    rf"(?:^|(?<=[，,；;：:。.）)]))\s{{0,4}}(?:An?\s{{1,4}}|The\s{{1,4}}|所谓)?"
    rf"{_MARKED}{_GLOSS}{_ALSO}{_IS}"
)
_CALLED = re.compile(
    r"(?:称为|称作|叫做|叫作|称|\bcalled|\bknown as)\s{0,4}(?:an?\s{1,4}|the\s{1,4})?" + _MARKED
)
_LABELLED = re.compile(
    r"(?:\d{1,2}[.、)]\s{0,4})?"
    r"(?:(?:\*\*|__)(?P<marked>[^*_\n]{1,80}?)\s{0,4}[：:]?\s{0,4}(?:\*\*|__)"
    r"|(?P<code>`[^`\n]{1,60}`)|(?P<bare>[^\s，,。；;：:*`|（(][^，,。；;：:*`|（(\n]{0,29}))"
    rf"{_GLOSS}(?P<label>\s{{0,4}}[：:]|\s{{0,4}}——?|\s{{1,4}}[–\-]\s|\s{{0,4}}\n|(?<=[：:]\*\*))\s{{0,4}}(?=\S)"
)
_GLOSSED_ZH = re.compile(
    rf"(?P<marked>[^\s，,。；;：:、（(*]{{1,20}}(?:\s[^\s，,。；;：:、（(*]{{1,20}})?)"
    rf"\s{{0,4}}[（(](?=[^（）()\n]*[A-Za-z])[^（）()\n]{{1,160}}[)）]{_ALSO}{_IS_ZH}"
)
_GLOSSED_EN = re.compile(
    rf"(?:The\s{{1,4}}|An?\s{{1,4}})?(?P<marked>[A-Za-z][\w\-/ ]{{1,60}}?)\s{{0,4}}"
    rf"\([A-Z][\w\-/, ]{{1,60}}\){_ALSO}{_IS_EN}"
)
# Labels of remarks; what follows them defines nothing.
# fmt: off
_LABELS = frozenset({
    "例如", "比如", "举例", "例子", "示例", "注意", "提示", "说明", "备注", "优点", "缺点",
    "优势", "劣势", "特点", "作用", "用途", "应用", "场景", "目的", "动机", "原因", "问题",
    "答", "答案", "公式", "其中", "直觉", "直观理解", "通俗理解", "一句话", "总结", "小结",
    "结论", "步骤", "流程", "输入", "输出", "形状", "参数", "对比", "区别", "来源", "论文",
    "代码", "图解", "核心思想", "核心", "本质", "关键", "要点", "重点", "example", "examples",
    "note", "tip", "warning", "pros", "cons", "advantages", "disadvantages", "intuition",
    "purpose", "motivation", "why", "how", "when", "where", "input", "output", "shape",
    "formula", "summary", "conclusion", "steps", "usage", "key idea",
})
# fmt: on
_DEFINES = frozenset({"定义", "概念", "含义", "是什么", "definition", "meaning"})
_TERM_HEADS = frozenset(
    {"术语", "概念", "名称", "名词", "核心概念", "关键概念", "term", "concept", "name"}
)
_MEANING_HEADS = frozenset(
    {"定义", "含义", "说明", "解释", "描述", "意思", "释义", "definition", "meaning", "description"}
    | {"explanation"}
)

_DEFINED_AFTER = re.compile(rf"[*_`”\"]{{0,3}}{_GLOSS}[*_`]{{0,3}}{_ALSO}{_IS}")
_LABEL_AFTER = re.compile(rf"[*_`”\"]{{0,3}}{_GLOSS}\s{{0,4}}(?:[：:]|——?)[*_`\s]{{0,4}}(?=\S)")
# What a name may have behind it: emphasis, a gloss, other names, and the word for its kind.
_HEAD_ZH = r"(?:\s{0,4}(?:模型|方法|算法|技术|框架|机制|架构|策略|阶段|系统|结构|任务|函数|工具))?"
_AFTER_NAME = rf"[*_`”\"]{{0,3}}{_GLOSS}[*_`]{{0,3}}{_HEAD_ZH}{_ALSO}"
_KIND_AFTER = re.compile(
    rf"{_AFTER_NAME}(?:\s{{0,4}}(?:一般|通常|本质上|其实|就|则|也)?(?:是[^，。；]{{0,24}}?(?:一[种个类项款套]"
    r"|[的之](?:方法|技术|算法|模型|框架|机制|策略|过程|任务|方式|方案|系统|结构|函数|指标|思想|阶段))"
    r"|是指|指的?是|是将|是把|是用|是对|是在|是由|是为了|被?定义为)"
    r"|\s{1,4}(?:(?:is|are)\s{1,4}(?:an?|the|any|one)|refers? to|stands for)\b)"
)
_DOES_AFTER = re.compile(
    rf"{_AFTER_NAME}(?:\s{{0,4}}(?:则|就|会|能够?|可以|主要|首先)?"
    r"(?:通过|将|把|利用|使用|采用|引入|旨在|用于|用来|允许|负责|让|使(?!得)|借鉴|结合|设计|提供|遵循"
    r"|为[^，。；]{2,30}?(?:提供|生成|设计|引入|加入))"
    r"|\s{0,4}(?:在[^，。；]{2,24}?[中里])?的(?:核心|基本|主要|整体)?(?:思想|思路|目标|目的|作用|做法|原理|核心|本质)(?:是|在于)"
    r"|\s{1,4}(?:uses?|introduces?|proposes?|combines?|learns?|trains?|allows?|enables?|lets?|aims?"
    r"|replaces?|keeps?|stores?|computes?|splits?|adds?|works?|reduces?|measures?)\b)"
)


def is_defined_after(text: str, position: int) -> bool:
    """Tell whether what follows a name that ends there says what it is."""
    return _DEFINED_AFTER.match(text, position) is not None


def is_kind_after(text: str, position: int) -> bool:
    """Tell whether what follows a name that ends there says what kind of thing it is."""
    return _KIND_AFTER.match(text, position) is not None


def does_after(text: str, position: int) -> bool:
    """Tell whether what follows a name that ends there says what it does or is for."""
    return _DOES_AFTER.match(text, position) is not None


def is_label(text: str, position: int) -> bool:
    """Tell whether a name that ends there stands before a colon, as the label of what follows."""
    return _LABEL_AFTER.match(text, position) is not None


def definitions(section: FilledSection) -> Iterator[Definition]:
    """Give the terms that a section of concepts defines, each once, in order."""
    seen: set[str] = set()
    for block in section.blocks:
        found = _table(block) if block.kind is BlockKind.TABLE else _prose(block, section.heading)
        for term, start, end in found:
            name = plain(term).strip(" \t:：*_`")
            if not name or len(name) > _LONGEST_TERM or name.casefold() in seen:
                continue
            seen.add(name.casefold())
            page = page_at(block, start)
            place = section.section
            yield Definition(place.document_id, place.id, page, name, block.text[start:end])


def _prose(block: Block, heading: Block | None) -> Iterator[tuple[str, int, int]]:
    if block.kind in (BlockKind.CODE, BlockKind.FORMULA, BlockKind.FIGURE):
        return
    ranges = sentences(block.text)
    for number, (start, end) in enumerate(ranges):
        labelled = _labelled(block, heading) if number == 0 else None
        if labelled is None:
            yield from ((term, start, end) for term in _defined(block.text[start:end], heading))
        else:
            term, after = labelled
            yield term, start, next(high for _, high in ranges if high > after)


def _labelled(block: Block, heading: Block | None) -> tuple[str, int] | None:
    """``**term**：definition``: the term, and where the definition begins."""
    found = _LABELLED.match(block.text)
    if found is None:
        return None
    is_marked = found["bare"] is None
    if not is_marked and (block.kind is not BlockKind.LIST_ITEM or "\n" in found["label"]):
        return None
    term = found["marked"] or found["code"] or found["bare"]
    label = plain(term).strip(" :：").casefold()
    if label in _DEFINES and heading is not None:
        return bare_heading(heading.text), found.end()
    if label in _LABELS or label.endswith(("?", "？")):
        return None
    return term, found.end()


def _defined(sentence: str, heading: Block | None) -> Iterator[str]:
    found = False
    for pattern in (_IN_BOLD, _CALLED):
        for match in pattern.finditer(sentence):
            found = True
            yield match["marked"]
    if found:
        return
    glossed = _GLOSSED_ZH.match(sentence) or _GLOSSED_EN.match(sentence)
    if glossed is not None:
        yield glossed["marked"]
        return
    if heading is not None and (term := bare_heading(heading.text)):
        opening = rf"(?:An?\s{{1,4}}|The\s{{1,4}}|所谓)?{re.escape(term)}{_GLOSS}{_ALSO}{_IS}"
        if re.match(opening, sentence, re.IGNORECASE) is not None:
            yield term


def _table(block: Block) -> Iterator[tuple[str, int, int]]:
    """Rows of a table with a column of terms and one of meanings, or of nothing but these two."""
    rows: list[tuple[int, list[str]]] = []
    start = 0
    for line in block.text.split("\n"):
        cells = [cell.strip() for cell in CELL_BAR.split(line.strip().strip("|"))]
        if not set(line) <= set("|:- \t"):
            rows.append((start, cells))
        start += len(line) + 1
    if len(rows) < 2:  # noqa: PLR2004 (a header and a row)
        return
    header = [plain(cell).casefold() for cell in rows[0][1]]
    terms = next((n for n, cell in enumerate(header) if cell in _TERM_HEADS), None)
    meanings = next((n for n, cell in enumerate(header) if cell in _MEANING_HEADS), None)
    if terms is None or meanings is None:
        return
    for start, cells in rows[1:]:
        if len(cells) > max(terms, meanings) and cells[meanings]:
            at = block.text.index(cells[meanings], start)
            yield cells[terms], at, at + len(cells[meanings])
