"""What a text says, and what it says the contrary of: the polarity of its terms."""

import re
from collections.abc import Mapping, Sequence

from index.tokens import STOPWORDS, tokenize
from ingest.text import CJK_CHARACTER

# 时 and the words after it end what a negation reaches: 不缩放时方差增长 denies no growth.
_CLAUSE = re.compile(
    r"[，,。；;：:！？!?\n]|\.(?:\s|$)|\b(?:but|while|whereas|although|so|then)\b|但是?|而是"
    r"|(?<=\w)(?:时(?![间候刻长序代常延])|就|(?<![规原])则|使(?!用)得?|(?<!不)会(?!议)让?|导致)"
)
# Words that hold the character of a negation and deny nothing.
_HARMLESS = (
    r"不仅|不但|不只|不光|不同|不断|不过|不妨|不论|无论|不少|不等式|差不多|无穷|未来|非常|非线性|无监督"
    r"|无偏|not only|not just|non-?linear|no matter"
)
_ZH_CUE = r"不是|不会|不能|无需|无须|没有|并非|而非|不|没|无|未|非|避免|防止|免去|消除|杜绝|禁止"
_EN_CUE = (
    r"\b(?:not|no|never|none|neither|nor|without|cannot|unable|lacks?|lacking|avoid(?:s|ed|ing)?"
    r"|prevent(?:s|ed|ing)?|eliminat(?:e|es|ed|ing)|rather than|instead of|free of|fails? to)\b"
    r"|n['’]t\b"
)
_CUE = re.compile(rf"(?P<harmless>{_HARMLESS})|(?P<cue>{_ZH_CUE}|{_EN_CUE})", re.IGNORECASE)
_PIECE = re.compile(rf"{CJK_CHARACTER.pattern}|[^\W_][\w'’./+-]*")
# How far a negation reaches: six Chinese characters, or three words that mean something.
_REACH = 6
_WORD_COSTS = 2
# fmt: off
_CONTRARY = (
    (r"增[大加长多高]|[变越][大高多长]|上升|[提调]高|提升|increas\w*|grow\w*|rais\w*|larger|bigger",
     r"减[小少低]|[变越][小低少短]|下降|降低|调低|缩小|decreas\w*|shrink\w*|reduc\w*|lower\w*|smaller"),
    (r"大于|多于|高于|超过|greater than|more than|larger than|exceeds?",
     r"小于|少于|低于|不到|less than|fewer than|smaller than"),
    (r"更快|加快|加速|faster|speeds? up", r"更慢|减慢|slower|slows? down"),
    (r"线性|linear(?:ly)?", r"指数|平方级?|二次|exponential(?:ly)?|quadratic(?:ally)?"),
    (r"之前|以前|before", r"之后|以后|after"),
    (r"并行|同时|parallel|simultaneous(?:ly)?", r"串行|依次|逐个|sequential(?:ly)?|one by one"),
    (r"过拟合|over-?fit\w*", r"欠拟合|under-?fit\w*"),
    (r"冻结|frozen|freez\w*|froze", r"解冻|unfrozen|unfreez\w*"),
)
# fmt: on
_CONTRARIES = tuple(tuple(re.compile(side, re.IGNORECASE) for side in pair) for pair in _CONTRARY)

Polarity = Mapping[str, set[bool]]


def has_negation(text: str) -> bool:
    """Whether a text denies anything."""
    return any(found["cue"] for found in _CUE.finditer(text))


def polarity(text: str, names: Mapping[str, Sequence[str]] | None = None) -> Polarity:
    """Terms of a text with whether they are affirmed (True), denied (False), or both.

    ``names`` are concepts with their names, which count as terms beside the words.
    """
    found: dict[str, set[bool]] = {}
    for clause in _CLAUSE.split(text):
        for part, affirmed in _parts(clause or ""):
            for term in tokenize(part):
                found.setdefault(term, set()).add(affirmed)
            for concept, written in (names or {}).items():
                if any(name.lower() in part.lower() for name in written):
                    found.setdefault(f"concept {concept}", set()).add(affirmed)
    return found


def _parts(clause: str) -> list[tuple[str, bool]]:
    """A clause cut where the reach of its negations begins and ends."""
    parts: list[tuple[str, bool]] = []
    position = 0
    for found in _CUE.finditer(clause):
        if not found["cue"] or found.start() < position:
            continue
        end = _reach(clause, found.end())
        parts += [(clause[position : found.start()], True), (clause[found.end() : end], False)]
        position = end
    return [*parts, (clause[position:], True)]


def _reach(clause: str, start: int) -> int:
    spent = 0
    for piece in _PIECE.finditer(clause, start):
        if spent >= _REACH:
            return piece.start()
        is_cjk = CJK_CHARACTER.match(piece.group()) is not None
        spent += 1 if is_cjk else _WORD_COSTS * (piece.group().lower() not in STOPWORDS)
    return len(clause)


def disagrees(
    sentence: str, sources: str, names: Mapping[str, Sequence[str]] | None = None
) -> bool:
    """Whether a sentence denies what its sources affirm, or affirms what they deny.

    Where it denies something and they deny nothing at all, it does.
    """
    if has_negation(sentence) and not has_negation(sources):
        return True
    said, there = polarity(sentence, names), polarity(sources, names)
    return any(said[term].isdisjoint(there[term]) for term in said.keys() & there.keys())


def says_the_contrary(sentence: str, sources: str) -> bool:
    """Whether a sentence has a word whose opposite alone stands in its sources."""
    for one, other in _CONTRARIES:
        for said, opposite in ((one, other), (other, one)):
            if said.search(sentence) and opposite.search(sources) and not said.search(sources):
                return not opposite.search(sentence)
    return False
