"""Sentence patterns that state a relation of two concepts, Chinese and English.

A pattern looks at what stands between two names, and at what follows the second one. Only
wordings that leave no doubt are here: a missed relation costs less than a wrong one.
"""

import re
from dataclasses import dataclass

from ingest.model import RelationKind as Kind

_ANY = re.compile("")
_GLOSS = r"(?:\s?[（(][^（()）]{1,60}[)）])?"
# Words that may stand between a name and its verb, or between the verb and its object.
_ADVERB = r"(?:[\s*`]|本质上|其实|通常|一般|主要|则|也|还|都|均|默认|直接|同样|就|中|里|模型|方法|算法|技术|架构|层|机制){0,4}"
_SHORT = r"[^，。；：、,;:\n]{0,8}"
_KIND_OF = r"(?:一种|一类|一个|一款|一项|一套|一组|最|较为?|更)"
_HEAD_NOUN = (
    r"(?:方法|算法|技术|模型|架构|机制|策略|框架|结构|方案|范式|任务|指标|模块|操作|函数|优化器)?"
)
# The second name ends its phrase: no word of the same phrase follows.
_ENDS = re.compile(rf"{_HEAD_NOUN}(?:之一)?[\s*`”\"）)]*(?:[，。；,;.:：！!]|$|\n)")
# The second name itself is meant, not something in it.
_ITSELF = re.compile(r"(?!\s?[中里的])")
_NEGATION = re.compile(
    r"不|没有|无需|无法|避免|而非|并非|未|别|替代不|以外|\bnot\b|\bno\b|\bwithout\b|n't\b|instead of|rather than"
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """``forward`` relations go from the first name to the second."""

    kind: Kind
    between: re.Pattern[str]
    after: re.Pattern[str] = _ANY
    forward: bool = True


def _pattern(
    kind: Kind, between: str, after: str | re.Pattern[str] = _ANY, *, forward: bool = True
) -> Pattern:
    compiled = re.compile(after) if isinstance(after, str) else after
    return Pattern(kind, re.compile(rf"{_GLOSS}{between}\Z", re.IGNORECASE), compiled, forward)


PATTERNS = (
    _pattern(Kind.VARIANT_OF, rf"{_ADVERB}(?:是|为|作为|属于){_SHORT}", r"\s?的(?:一种|一个)?(?:变体|变种|改进版|增强版|扩展版?|升级版?|简化版?|特例|推广)"),
    _pattern(Kind.PART_OF, rf"{_ADVERB}(?:是|为|作为|属于){_SHORT}", r"\s?(?:架构|模型|系统|框架)?[的中](?:一个|最)?(?:核心|关键|重要|基本|主要)?(?:的)?(?:组成部分|组件|部件|一部分|一环|模块|构件)"),
    _pattern(Kind.PART_OF, rf"{_ADVERB}由{_SHORT}", r"[^，。；\n]{0,40}(?:组成|构成)", forward=False),
    _pattern(Kind.IS_A, rf"{_ADVERB}(?:是|属于|作为)\s?{_KIND_OF}(?:[^，。；,;：:\n]{{0,16}}的)?\s?", _ENDS),
    _pattern(Kind.IS_A, rf"{_ADVERB}属于\s?(?:典型的)?", _ENDS),
    _pattern(Kind.IMPROVES_ON, rf"{_ADVERB}(?:是|则是)(?:对|在)\s?", r"\s?(?:的(?:一种)?(?:改进|优化|扩展|增强|升级)|基础上)"),
    _pattern(Kind.IMPROVES_ON, rf"{_ADVERB}(?:改进|改良|扩展)(?:了|自)?\s?", _ITSELF),
    _pattern(Kind.IMPROVES_ON, rf"{_ADVERB}(?:优于|超过了?|超越了?|比)\s?", r"(?!.{0,12}(?:差|慢|低|弱))"),
    _pattern(Kind.ALTERNATIVE_TO, rf"{_ADVERB}(?:替代|取代|代替|替换)了?(?:传统的?|原来的?|标准的?)?\s?", _ITSELF),
    _pattern(Kind.ALTERNATIVE_TO, r"\s?(?:与|和|跟|及|vs\.?|对比|versus)\s?", r"\s?(?:之间)?的?(?:区别|对比|比较|差异|异同|不同)"),
    _pattern(Kind.USES, rf"{_ADVERB}(?:使用|采用|利用|运用|借助|引入|应用|用到|沿用)(?![和与及、的者率])(?:了|的是)?{_SHORT}", r"(?!后|之后|以外|来替代)"),
    _pattern(Kind.USES, rf"{_ADVERB}基于(?:了)?[^，。；：、,;:\n]{{0,2}}", r"(?!后|之后|以外)"),
    _pattern(Kind.VARIANT_OF, r"\s(?:is|are)\s(?:an?\s|the\s)?(?:\w+\s){0,2}(?:variants?|extensions?|versions?|generali[sz]ations?)\sof\s(?:the\s|an?\s)?"),
    _pattern(Kind.IS_A, r"\s(?:is|are)\s(?:an?|one|the most \w+)\s(?:[\w-]+\s){0,4}", r"(?:\s(?:methods?|algorithms?|techniques?|models?|architectures?))?\s?(?:[.,;:]|$|\n|that|which|for|in)"),
    _pattern(Kind.PART_OF, r"\s(?:is|are)\s(?:an?\s|the\s)?(?:\w+\s){0,2}(?:part|components?|building blocks?)\sof\s(?:the\s|an?\s|every\s)?"),
    _pattern(Kind.PART_OF, r"\s(?:consists?\sof|is\s(?:made|composed)\s(?:up\s)?of)\s(?:the\s|an?\s)?", forward=False),
    _pattern(Kind.USES, r"\s(?:uses?|adopts?|employs?|applies|relies\son|is\s(?:based|built)\son|builds\son)\s(?:the\s|an?\s)?(?:[\w-]+\s){0,2}"),
    _pattern(Kind.IMPROVES_ON, r"\s(?:improves?\s(?:on|upon)|outperforms?|extends|refines)\s(?:the\s|an?\s)?"),
    _pattern(Kind.ALTERNATIVE_TO, r"\s(?:replaces?|is\san\salternative\sto|substitutes?(?:\sfor)?)\s(?:the\s|an?\s)?"),
)  # fmt: skip
LONGEST_BETWEEN = 90
# Words of a sentence that speaks of a relation, without saying of which two names.
_HINTS = {
    Kind.IS_A: r"是|属于|作为|包括|包含|例如|比如|如|等|一种|一类|\bis\b|\bare\b|such as|including|e\.g\.",
    Kind.PART_OF: r"组成|构成|包含|包括|部分|组件|模块|阶段|步骤|分为|分成|由|层|\bparts?\b|consist|compris|stages?\b|steps?\b",
    Kind.VARIANT_OF: r"变体|变种|版本|改进|扩展|推广|特例|系列|升级|基于|\bvariants?\b|\bversions?\b|extend|generali[sz]",
    Kind.USES: r"使用|采用|利用|借助|引入|基于|应用|结合|通过|用|\bus(?:es?|ing)\b|adopt|employ|rel(?:y|ies)|based on|built on|with\b",
    Kind.IMPROVES_ON: r"改进|改良|优化|优于|提升|超过|超越|相比|相较|比|克服|解决|避免|降低|减少|improv|outperform|better|over\b|than\b|reduc",
    Kind.ALTERNATIVE_TO: r"相比|相较|对比|比较|区别|差异|不同|相同|替代|取代|代替|而不|还是|或|、|/|vs|\bor\b|compar|instead|rather|differ|replac|than\b|whereas|while",
    Kind.PREREQUISITE_OF: r"先|之前|基础|需要|前提|依赖|基于|首先|然后|before|first|requir|need|prerequisite|basis|based",
    Kind.EVALUATED_BY: r"评估|评价|衡量|指标|测试|基准|得分|准确率|取决于|evaluat|measur|metric|benchmark|scor",
}
_HINTED = {kind: re.compile(words, re.IGNORECASE) for kind, words in _HINTS.items()}


def hints(kind: Kind, text: str) -> bool:
    """Tell whether a sentence speaks of such a relation at all."""
    return _HINTED[kind].search(text) is not None


def stated(between: str, after: str) -> Pattern | None:
    """The pattern that what stands between and after two names fits, if any."""
    if len(between) > LONGEST_BETWEEN or _NEGATION.search(between):
        return None
    return next(
        (
            pattern
            for pattern in PATTERNS
            if pattern.between.match(between) and pattern.after.match(after)
        ),
        None,
    )
