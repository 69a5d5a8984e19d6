"""Terms that the material itself brings: names by their shape, Chinese terms by their statistics.

A term of several words is scored by its C-value (Frantzi, Ananiadou and Mima 2000): how often it
stands alone and not within a longer term. What is only frequent is no term; it must also stand
in headings, or in several documents.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.concepts.names import name_key
from ingest.concepts.pairs import Pair, pairs
from ingest.concepts.words import tagged, trimmed
from ingest.model import Chunk, Definition
from ingest.readers.markdown.markup import FENCED, plain
from ingest.text import CJK_CHARACTER

_CODE = re.compile(rf"{FENCED}|`[^`\n]+`|https?://\S+", re.MULTILINE | re.DOTALL)
# DeepStack, vLLM, GSPO, Qwen3-VL, LLaMA-Factory: capitals within, or capitals and digits.
_SHAPED = re.compile(
    r"(?<![A-Za-z0-9_./\\@\-])[A-Za-z][A-Za-z0-9]{1,24}(?:[-.+][A-Za-z0-9]{1,16}){0,4}"
    r"(?![A-Za-z0-9_(/\\@=])"
)
# Chain of Draft, Selective Context, Plan-and-Solve: two to four words, each with a capital.
_TITLED = re.compile(
    r"(?<![A-Za-z0-9_./\\@\-])"
    r"[A-Z][A-Za-z]+(?:[- ](?:(?:of|and|in|for|with|on|the)[- ])?[A-Z][A-Za-z]+){1,3}"
    r"(?![A-Za-z0-9_(/\\@=\-])"
)
# fmt: off
_NO_FIRST_WORDS = frozenset({
    "the", "this", "that", "these", "those", "our", "we", "they", "it", "its", "in", "on", "for",
    "with", "and", "or", "but", "if", "when", "while", "as", "by", "to", "from", "a", "an", "is",
    "are", "was", "how", "what", "why", "which", "table", "figure", "section", "appendix", "let",
})
# Names that every program has.
_COMMON = frozenset({
    "api", "cpu", "json", "html", "xml", "yaml", "pdf", "url", "http", "nan", "inf", "ieee",
    "github", "gui", "fps", "stem", "nvidia", "openai", "id", "ui", "os", "todo", "ceo",
})
# fmt: on
_NUMBERED = re.compile(
    r"(?:step|top|stage|layer|phase|block|level|part|page|fig|table|version|case)-?\d+",
    re.IGNORECASE,
)
_LOOSE_DIGIT = re.compile(r"[A-Za-z]+\d\Z")
_LETTER_AFTER_CHINESE = re.compile(rf"{CJK_CHARACTER.pattern}\s?[A-Za-zα-ω]\Z")
_CAPITAL = re.compile(r"[A-Z]")
# Symbols and numbering: W1, V3, At+1, II. Two letters mean too many things.
_SYMBOL = re.compile(r"[A-Za-z]{1,2}\d*(?:\.\d+)?|.*\+\d?|[IVX]+|v\d.*", re.IGNORECASE)
_PLURAL = re.compile(r"(?<=[A-Z])s\Z")
_FILE = re.compile(
    r".*\.(?:py|pdf|md|json|txt|png|jpg|sh|yaml|html?|com|cn|org|io|ai)\Z", re.IGNORECASE
)
_CHINESE_RUN = re.compile(rf"(?:{CJK_CHARACTER.pattern})+")
_FEWEST_CHARACTERS = 4
_LONGEST_NAME = 40
_LONGEST_TERM = 5
# Last words that make a phrase out of a term: 训练的问题, 推理过程.
# fmt: off
_HOLLOW = frozenset({
    "问题", "过程", "情况", "部分", "内容", "结果", "方面", "时候", "阶段", "方式", "方法", "步骤",
    "例子", "示例", "介绍", "总结", "说明", "分析", "作用", "效果", "特点", "优点", "缺点", "区别",
    "原因", "目标", "目的", "角度", "地方", "东西", "信息", "数量", "大小", "能力", "性能", "质量",
    "成本", "时间", "任务", "场景", "需求", "要求", "关系", "影响", "变化", "流程", "细节", "思路",
    "核心", "本质", "基础", "概念", "定义", "名称", "版本", "用户", "人员", "文章", "论文", "作者",
})
# fmt: on


@dataclass(slots=True)
class Seen:
    """How often, and in which documents and headings, something stands."""

    times: int = 0
    documents: set[str] = field(default_factory=set)
    in_headings: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class MiningSettings:
    """What a term needs: so many documents, or so many mentions and a heading."""

    documents: int = 2
    mentions: int = 3
    phrase_documents: int = 3
    c_value: float = 6.0


@dataclass(frozen=True, slots=True)
class Mined:
    """Terms with enough evidence, and the names that texts write for one thing."""

    terms: tuple[str, ...]
    pairs: tuple[Pair, ...]


def mine(
    chunks: Iterable[Chunk], definitions: Iterable[Definition], settings: MiningSettings
) -> Mined:
    """Find terms and pairs of names in the texts of all documents."""
    shaped: dict[str, Seen] = defaultdict(Seen)
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    phrases: dict[tuple[str, ...], Seen] = defaultdict(Seen)
    joined: dict[Pair, Seen] = defaultdict(Seen)
    for chunk in chunks:
        if chunk.confidence is not None:
            continue  # labels of drawings run into each other and make no names
        text = _CODE.sub(" ", chunk.text)
        prose = plain(text)
        for pair in pairs(prose):
            _count(joined[pair], chunk.document_id)
        headings = " / ".join(plain(heading) for heading in chunk.section)
        for place, is_heading in ((prose, False), (headings, True)):
            for name in (*_shaped(place), *_titled(place)):
                spellings[name_key(name)][name] += 1
                _count(shaped[name_key(name)], chunk.document_id, is_heading)
            for phrase in _phrases(place):
                _count(phrases[phrase], chunk.document_id, is_heading)
    names = [
        max(sorted(spellings[key]), key=lambda name: spellings[key][name])
        for key, seen in sorted(shaped.items())
        if _is_term(seen, settings)
        # LangChain2 is the second part of a series; Qwen3 is in several documents.
        and (len(seen.documents) >= settings.documents or not _LOOSE_DIGIT.match(key))
    ]
    terms = [
        "".join(phrase)
        for phrase, value in sorted(_c_values(phrases).items())
        if value >= settings.c_value and _is_phrase(phrases[phrase], settings)
    ]
    defined = [definition.term for definition in definitions if _is_definable(definition.term)]
    trusted = [
        pair
        for pair, seen in joined.items()
        if pair.is_sure or len(seen.documents) >= settings.documents
    ]
    return Mined(
        tuple(dict.fromkeys([*names, *terms, *sorted(defined)])),
        tuple(sorted(trusted, key=lambda pair: (pair.one, pair.other))),
    )


def _count(seen: Seen, document: str, is_heading: bool = False) -> None:
    seen.times += 1
    seen.documents.add(document)
    if is_heading:
        seen.in_headings.add(document)


def _is_term(seen: Seen, settings: MiningSettings) -> bool:
    if seen.times < settings.mentions:
        return False
    return len(seen.documents) >= settings.documents or bool(seen.in_headings)


def _is_phrase(seen: Seen, settings: MiningSettings) -> bool:
    is_headed = len(seen.in_headings) >= settings.documents
    return is_headed and len(seen.documents) >= settings.phrase_documents


def _is_definable(term: str) -> bool:
    fits = 1 < len(name_key(term)) <= _LONGEST_NAME and "\n" not in term
    return fits and _LETTER_AFTER_CHINESE.search(term) is None


def _shaped(text: str) -> Iterable[str]:
    for found in _SHAPED.finditer(text):
        name = _PLURAL.sub("", found.group())
        has_shape = len(_CAPITAL.findall(name)) > 1 or (
            _CAPITAL.search(name) and any(map(str.isdigit, name))
        )
        is_sign = _SYMBOL.fullmatch(name) or _FILE.match(name) or _NUMBERED.fullmatch(name)
        if has_shape and not is_sign and name.lower() not in _COMMON:
            yield name


def _titled(text: str) -> Iterable[str]:
    for found in _TITLED.finditer(text):
        first = re.split(r"[- ]", found.group(), maxsplit=1)[0]
        if first.lower() not in _NO_FIRST_WORDS:
            yield found.group()


def _phrases(text: str) -> Iterable[tuple[str, ...]]:
    """Runs of words that can be a term, and every run within them."""
    for run in _CHINESE_RUN.finditer(text):
        words: list[tuple[str, str]] = []
        for word, part in [*tagged(run.group()), ("", "")]:
            if part in _PARTS:
                words.append((word, part))
                continue
            kept = trimmed(words)
            yield from _within(kept)
            words = []


_PARTS = frozenset({"n", "nz", "vn", "v", "a", "b", "l", "an", "j", "ng", "nt", "g", "k"})

_VERBS = frozenset({"v", "vi", "vg", "ad", "d"})


def _within(words: Sequence[tuple[str, str]]) -> Iterable[tuple[str, ...]]:
    for start in range(len(words)):
        for end in range(start + 2, min(len(words), start + _LONGEST_TERM) + 1):
            part = words[start:end]
            if trimmed(part) != part or part[-1][0] in _HOLLOW or part[0][0] in _HOLLOW:
                continue
            if any(kind in _VERBS for _, kind in part[:-1]):
                continue  # 提升模型 says what is done to a model
            phrase = tuple(word for word, _ in part)
            if sum(map(len, phrase)) >= _FEWEST_CHARACTERS:
                yield phrase


def _c_values(phrases: Mapping[tuple[str, ...], Seen]) -> dict[tuple[str, ...], float]:
    """C-value of each phrase: its frequency less the mean one of the longer phrases around it."""
    around: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for phrase, seen in phrases.items():
        for start in range(len(phrase)):
            for end in range(start + 2, len(phrase) + 1):
                if end - start < len(phrase):
                    around[phrase[start:end]].append(seen.times)
    values = {}
    for phrase, seen in phrases.items():
        longer = around.get(phrase, [])
        alone = seen.times - sum(longer) / len(longer) if longer else float(seen.times)
        values[phrase] = math.log2(len(phrase)) * alone
    return values
