"""What a question asks for: a definition, a reason, a way, a difference, a list or a number."""

import re
from enum import StrEnum
from functools import lru_cache


class Asks(StrEnum):
    """A kind of question; one question may be several."""

    DEFINITION = "definition"
    WHY = "why"
    HOW = "how"
    DIFFERENCE = "difference"
    LIST = "list"
    NUMBER = "number"


# A counted thing follows the word for "how many"; 几乎 and 几何 are other words.
_HOW_MANY_ZH = r"几(?:个|层|倍|位|条|张|次|步|块|段|比特|字节|亿|万|千|百|B\b|bit|GB|天|年|月|小时)"
_QUANTITY_EN = (
    r"(?:percent\w*|percentage|number|size|rate|ratio|speed-?up|dimension\w*|value|length|count|"
    r"threshold|probability|score|accuracy|cost|price|share|fraction|proportion|temperature|"
    r"batch size|learning rate|factor|range|order of magnitude)"
)
_PATTERNS = {
    Asks.DEFINITION: re.compile(
        r"什么是|何谓|何为|啥是|是(?:个)?(?:什么|啥)(?:东西|意思|概念|样的)?[?？呢啊呀。\s]*$"
        r"|是什么[，,]|指的?是?(?:什么|啥)|的(?:定义|含义|概念|意思)|什么意思|介绍一下|解释一下"
        r"|\bwhat(?:'s| is| are)(?: an?| the)? [\w\s./+-]{2,40}\?*$"
        r"|\bwhat do(?:es)? .{1,60} (?:mean|stand for|refer to)\b|\bdefin(?:e|ition)\b"
        r"|\bmeaning of\b",
        re.IGNORECASE,
    ),
    Asks.WHY: re.compile(
        r"为什么|为何|为啥|凭什么|原因|怎么会|动机|有(?:什么|啥|何)(?:好处|必要|意义|用|作用)|何必"
        r"|\bwhy\b|\breasons?\b|\bhow come\b|\bmotivat\w+|\bwhat makes\b|\bcauses?\b",
        re.IGNORECASE,
    ),
    Asks.HOW: re.compile(
        r"怎么(?!会|样的)|怎样|如何|咋|步骤|流程|过程|原理|机制|做法|方法是"
        r"|\bhow (?!many|much|large|big|long|often|fast|high|come)\w+|\bsteps?\b|\bprocedure\b"
        r"|\bmechanism\b|\bin what way\b",
        re.IGNORECASE,
    ),
    Asks.DIFFERENCE: re.compile(
        r"区别|不同|差别|差异|不一样|对比|相比|比较|异同|(?<![A-Za-z])vs\.?(?![A-Za-z])|哪个更|谁更|比(?:呢|起来|怎么样|如何)"
        r"|\bversus\b|\bdiffer\w*|\bcompar\w+|\bdistinguish\w*|\bcontrast\w*|\bunlike\b"
        r"|\b(?:better|worse|faster|slower|cheaper) than\b|\brather than\b|\binstead of\b",
        re.IGNORECASE,
    ),
    Asks.LIST: re.compile(
        r"哪些|哪几|哪[两二三四五六七八]|几(?:种|类|点|方面|部分)|分别|有什么(?!好处|必要|意义|用|作用)|包括什么"
        r"|\bwhich\b.{0,40}\b(?:are|were|do|does|can)\b|\bwhat are\b|\blist\b"
        r"|\b(?:types|kinds|parts|components|stages|phases|advantages|ways) of\b|\brespectively\b"
        r"|\bwhat (?:two|three|four|five|six|seven)\b|\bwhich (?:two|three|four|five|six|seven)\b",
        re.IGNORECASE,
    ),
    Asks.NUMBER: re.compile(
        rf"多少|多大|多长|多高|多快|多宽|多深|多久|百分之几|{_HOW_MANY_ZH}|比例是|取值|设(?:为|成|置)多"
        r"|\bhow (?:many|much|large|big|long|often|fast|high|deep|wide|far)\b"
        rf"|\b(?:what|which) (?:\w+ ){{0,3}}{_QUANTITY_EN}\b",
        re.IGNORECASE,
    ),
}
_ASKING = re.compile(
    r"哪|什么|啥|怎|为何|如何|是否|吗|呢|谁|多[少大高长快]|几|\b(?:what|which|how|why|who|where|when)\b",
    re.IGNORECASE,
)
_KEPT = 256  # questions: every step of an answer asks the same of one


def is_asking(clause: str) -> bool:
    """Whether part of a question has a question word of its own."""
    return _ASKING.search(clause) is not None


@lru_cache(_KEPT)
def asks_for(question: str) -> frozenset[Asks]:
    """What a question asks for; empty where its words do not tell."""
    return frozenset(kind for kind, pattern in _PATTERNS.items() if pattern.search(question))
