"""Words by which a sentence shows that it gives what a question asks for."""

import re

from app.evidence.asks import Asks
from app.evidence.cutting import UnitKind
from app.evidence.units import Unit

_PATTERNS = {
    Asks.WHY: re.compile(
        r"因为|由于|所以|因此|因而|从而|为了|导致|使得|以便|避免|防止|原因|目的|动机|否则|来自"
        r"|\bbecause\b|\bsince\b|\btherefore\b|\bso that\b|\bdue to\b|\bthus\b|\bhence\b"
        r"|\bin order to\b|\bavoids?\b|\bprevents?\b|\breasons?\b|\botherwise\b",
        re.IGNORECASE,
    ),
    Asks.HOW: re.compile(
        r"通过|首先|然后|其次|接着|最后|步骤|利用|采用|具体|即(?!使|便|将)|计算|根据|基于"
        r"|\bby \w+ing\b|\bfirst\b|\bthen\b|\bfinally\b|\bsteps?\b|\bus(?:es|ing)\b|\bcomput\w+",
        re.IGNORECASE,
    ),
    Asks.DIFFERENCE: re.compile(
        r"相比|相较|不同|区别|而(?!且)|更[多少高低好快慢大小强弱优]|优于|但是?|却|则|分别"
        r"|\bthan\b|\bwhereas\b|\bwhile\b|\bunlike\b|\bdiffer\w*|\binstead\b|\bbut\b|\bboth\b",
        re.IGNORECASE,
    ),
    Asks.LIST: re.compile(
        r"^\s*(?:[-*+•]|\d{1,2}[.、)）]|[（(]\d{1,2}[)）]|[①-⑳])|包括|包含|分为|以下|如下|分别"
        r"|(?:[^、，。]{1,20}、){2}|[^、]、[^、]{1,20}(?:和|以及|及|等)"
        r"|\binclud\w+|\bfollowing\b|\brespectively\b|(?:\w+, ){2}",
        re.IGNORECASE,
    ),
}
_DIGIT = re.compile(r"(?<![A-Za-z_\d.-])\d|[二三四五六七八九十百千万亿两]+(?:个|倍|层|种|次|步|位)")


def shows(kind: Asks, unit: Unit, text: str) -> bool:
    """Whether the plain words of a unit look like what such a question wants."""
    if kind is Asks.NUMBER:
        return _DIGIT.search(text) is not None
    if kind is Asks.LIST and unit.kind in (UnitKind.TABLE, UnitKind.ROW):
        return True
    pattern = _PATTERNS.get(kind)
    return pattern is not None and pattern.search(text) is not None
