"""Pronouns of both languages in a question, and whether they mean something outside it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.followups.words import GENERAL, KINDS_EN, KINDS_ZH, PARTS_EN, PARTS_ZH, size

_THIS_ZH = (
    r"(?<![因如由彼应])(?:这|那|该|此|上述|上面|前面|刚才|以上)说?的?"
    r"(?:两|几|三)?(?:个|种|类|项|些|条|篇|套)?"
)
_NOT_A_NOUN = r"(?!其他|其它|其中|其实|其余|其次)(?<![尤极与何])"
_CHINESE = re.compile(
    rf"(?P<kind>{_THIS_ZH}(?:{KINDS_ZH})|(?:[这那][两几三][个种类者]|两者|二者|这俩)"
    r"(?=\W|\Z|[是有会能要都可怎如哪谁各和与的在呢]))"
    rf"|(?P<part>{_THIS_ZH})(?={PARTS_ZH})"
    r"|(?P<plain>它们|它|(?<![其吉])[他她](?!人|们))"
    rf"|(?P<owner>{_NOT_A_NOUN}其)"
    r"|(?P<this>这(?:个|种|些)?|那(?:个|种|些))(?=是|有|会|能|可以|怎么|如何|为什么|和|与|跟|比|对|在|算|到底|究竟|具体|呢)"
)
_DEICTIC = r"(?:this|that|these|those|the\s+(?:same|above|previous))"
_ENGLISH = re.compile(
    rf"\b(?:(?P<kind>{_DEICTIC}\s+(?:two\s+)?(?:{KINDS_EN})s?|both(?:\s+of\s+them)?(?=\W*\Z|\s+(?:have|need|use|do|are|the\s+same)\b)|the\s+two(?=\W*\Z))"
    rf"|(?P<part>{_DEICTIC})(?=\s+(?:{PARTS_EN})s?\b)"
    r"|(?P<owner>its|their)|(?P<is>it['’]s|they['’]re)|(?P<plain>it|they|them)"
    r"|(?P<this>this|that|these|those))\b",
    re.IGNORECASE,
)
# "That" and "this" stand for a thing only here: elsewhere they join sentences or point at a noun.
_BEFORE_THIS = re.compile(
    r"(?:^|\b(?:is|was|are|were|does|did|do|can|could|will|would|should|about|of|than|from|to|with|"
    r"for|by|like|behind|between|and|vs|versus|use|using|do|see|explain|compare|call)\s+)\Z",
    re.IGNORECASE,
)
_AFTER_THIS = re.compile(
    r"\s*(?:\W|\Z|(?:work|works|help|helps|compare|compares|differ|differs|improve|improves|scale|"
    r"scales|cost|costs|need|needs|use|uses|require|requires|affect|affects|reduce|reduces|relate|"
    r"relates|have|has|is|was|are|in|on|for|with|to|and|or|not|so|the|a|an|also|better|different|"
    r"important|useful|necessary|any|more|less|actually|really|when|if|during|at)\b)",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r"[,，;；。.!?！？:：]\s*|\b(?:and|but|so|because|when|if|while|since|although)\b|而且?|但是?|因为|所以|如果|并且|然后",
    re.IGNORECASE,
)
# Where or when something is asked for, which is not what it is asked of.
_ADJUNCT = re.compile(
    r"\s*(?:那么?|so\b|and\b|but\b)?\s*(?:在[^，,]{1,12}?(?:里面?|中|上|下|时候?|方面|内)[，,]?|"
    r"(?:in|with|under|during|at|on)\b[^,]{1,40},)",
    re.IGNORECASE,
)
# "Is it possible to use PPO": nothing is meant by "it", the rest says what is asked about.
_EMPTY_IT = re.compile(
    r"\s+(?:(?:really\s+|always\s+|still\s+)?(?:possible|impossible|necessary|important|useful|helpful|worth|"
    r"better|best|good|bad|okay|ok|common|easy|hard|difficult|true|clear|known|safe|reasonable|required|"
    r"likely|normal|correct|right|wrong)|make\s+(?:any\s+)?(?:sense|difference)|matter|take|cost|help|hurt)"
    r"\s+(?:for\s+\w+\s+)?(?:to|that|whether|if)\s+(?P<rest>.*)",
    re.IGNORECASE,
)
_WITH_BEFORE = re.compile(
    r"(?:和|与|跟|比|同|\bwith|\band|\bto|\bfrom|\bthan|\bvs\.?)\s*\Z", re.IGNORECASE
)
_ENOUGH = 2  # words that make a topic
_FULL = 6  # letters of Chinese, or half as many words of English, that say what is spoken of


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A pronoun at ``[start, end)``; ``owns`` of its, 其 and "this" of "this formula"."""

    start: int
    end: int
    owns: bool
    has_verb: bool = False


def open_pronoun(question: str, named: list[tuple[int, int]]) -> Pronoun | None:
    """The first pronoun that nothing in its own question explains; None where there is none.

    ``named`` are the places that name a concept.
    """
    for pronoun in _pronouns(question):
        is_empty = not pronoun.owns and _is_empty(question, pronoun.end, named)
        if not is_empty and not _is_explained(question, pronoun, named):
            return pronoun
    return None


def _pronouns(question: str) -> Iterator[Pronoun]:
    for found in sorted(
        [*_CHINESE.finditer(question), *_ENGLISH.finditer(question)], key=re.Match.start
    ):
        start, end, kind = found.start(), found.end(), found.lastgroup
        if kind == "this" and question[start].isascii():
            before = _BEFORE_THIS.search(question[:start])
            if not before or not _AFTER_THIS.match(question, end):
                continue
        if kind == "plain" and question.startswith("的", end):
            kind, end = "owner", end + 1
        yield Pronoun(start, end, kind in {"owner", "part"}, kind == "is")


def _is_empty(question: str, end: int, named: list[tuple[int, int]]) -> bool:
    empty = _EMPTY_IT.match(question, end) if question[end - 1].isascii() else None
    if empty is None:
        return False
    names_something = any(start >= empty.start("rest") for start, _ in named)
    return names_something or len(GENERAL.rest(empty["rest"])) >= _ENOUGH


def _is_explained(question: str, pronoun: Pronoun, named: list[tuple[int, int]]) -> bool:
    """Whether what stands before a pronoun says what it means.

    That is an earlier clause with a topic, the owner in its own clause, or much of anything.
    """
    adjunct = _ADJUNCT.match(question)
    start = adjunct.end() if adjunct and adjunct.end() <= pronoun.start else 0
    names = [low for low, high in named if start <= low and high <= pronoun.start]
    ends = [found.end() for found in _CLAUSE_END.finditer(question, start, pronoun.start)]
    clauses = question[start : ends[-1]] if ends else ""
    if GENERAL.rest(clauses) or any(low < ends[-1] for low in names if ends):
        return True
    before = question[start : pronoun.start]
    if _WITH_BEFORE.search(before):
        return False
    return size(GENERAL.rest(before)) >= _FULL or bool(pronoun.owns and names)
