"""Questions that lean on a conversation, told as they stand by themselves; no LLM is needed.

A question that names its own topic stays as it is. One that leaves something unsaid gets it from
the last question or answer, and where that is unclear, the last question before it.
"""

import re
from collections.abc import Sequence

from app.followups.asked import ASKS, Asked, is_courtesy, is_talk, leanable
from app.followups.focus import Named, Said, listed, named_in, spaced
from app.followups.items import items_of, reference_in
from app.followups.pronouns import Pronoun, open_pronoun
from app.followups.words import GENERAL, NOUNS, TALK
from index.course_index import CourseIndex
from index.tokens import tokenize

LONGEST = 500
_FEW_WORDS = 6
# These ask about what was said, not about the thing it was said of.
_ABOUT_WHAT_WAS_SAID = re.compile(
    r"[这那](?:又|到底|究竟)?(?:是为什么|是为何|是什么意思|说明了?什么|意味着什么|怎么理解|样)"
    r"|为什么[会要]?[这那][样么]|怎么会这样|还有(?:没有)?(?:别的|其他|其它)|\b(?:any|what)\s+(?:other|else)\b"
    r"|^(?:why|how)\s+(?:is|was|does|would)\s+(?:that|this|it)"
    r"(?:\s+(?:so|true|the case|happen|matter))?\W*$"
    r"|^what\s+(?:does|do|did)\s+(?:that|this|it)\s+mean\W*$|^how\s+(?:come|so)\b"
    r"|^is\s+(?:that|this|it)\s+(?:so|true|right|correct)\W*$",
    re.IGNORECASE,
)
# Compared with something, and nothing said of what is compared.
_LESS_ONE_SIDE = re.compile(
    r"(?:(?:和|与|跟|相比于?|相较于?|比起)(?![踪谐其])|比(?![较如例特重率赛喻方值])|同(?=\s|[A-Za-z]))[^的，,]{1,30}?"
    r"(?:相比|比起来|比|有什么|有何|有啥|的(?:区别|差别|差异|不同|异同|关系|联系)|哪|谁|怎么|一样|更|差在|好在|呢)"
    r"|(?:(?:as\s+)?compared\s+(?:to|with)|in\s+comparison\s+(?:to|with)|vs\.?|versus|unlike|"
    r"(?:the\s+)?differences?\s+(?:from|with|to))\s",
    re.IGNORECASE,
)
_COMPARES_ONE = re.compile(
    r"(?:有什么|有何|有啥)(?:区别|差别|差异|不同|不一样)[呢吗]?\W*$|更\w{1,3}吗\W*$"
    r"|\b(?:differs?|different|better|worse|faster|slower|cheaper|stronger|simpler)\W*$",
    re.IGNORECASE,
)
# Of several that were spoken of; 哪个优化器 and "which layer" ask for any.
_CHOICE_ZH = re.compile(
    r"(?:哪一?个|哪一?种|谁)(?=更|最|比较|需要|会|能|可以|要|有|用|是|好|快|省|适合)"
)
_CHOICE_EN = re.compile(
    r"\s*(?:which\s+(?:one|of\s+(?:them|these|those|the\s+two))|(?:n?either|both)\b)", re.IGNORECASE
)
_IN_PLACE = re.compile(
    r"(?P<wide>.+?)\s*呢\W*|(?:(?:what|how)\s+about|what\s+of|what\s+if|same\s+for|or)\s+(?P<narrow>.+?)\W*",
    re.IGNORECASE,
)
# Chinese leaves out a subject that is known: who can, will, needs is what was spoken of.
_NEEDS = re.compile(r"(?:还|也|又|一定|必须)*(?:需要|需不需要|支持|属于|依赖|用到|用了|包含|包括)")
_NO_SUBJECT = re.compile(
    rf"(?:为什么|为何|为啥|怎么|如何|还|也|又|是否|是不是|一定|通常|一般)*(?:{_NEEDS.pattern}|可以|可不可以|能否|能不能|"
    r"能(?![量力])|会不会|会(?![议话员])|要不要|要(?![素点])|适合|适用|应用[于到在]|用[于在]|不|比较|更)"
)
# What kinds there are, or what helps against it, is not asked of another thing in the same words.
_GAP = "\0"
_NO_INSTANCE = re.compile(
    rf"(?:哪些|哪几[个种类]|什么样的)\s*{_GAP}|{_GAP}\s*怎么办|\b(?:which|what\s+kinds\s+of)\s+{_GAP}",
    re.IGNORECASE,
)
_DEFINES = re.compile(r"(?:是什么|是啥|指什么|是谁)\W*$")
_LEADS = re.compile(
    r"\s*(?:换成|换作|如果是|要是|至于|对于|对|for)?\s*(?:the|a|an)?\s*", re.IGNORECASE
)
_SUBJECT = re.compile(rf"(?:{NOUNS.chinese.pattern}){{1,2}}(?:呢|是|有|多|怎|如何|和|与|\W|\Z)")
_LAST_WORD = re.compile(r"(?P<word>[A-Za-z-]+)(?P<end>\W*)\Z")


def resolve(question: str, history: Sequence[Said], index: CourseIndex) -> str:
    """The question as it stands by itself; the same where it needs nothing of the conversation."""
    history = leanable(history, index)
    if not history or is_courtesy(question) or not any(map(str.isalnum, question)):
        return question
    asked = Asked(question, history, index)
    for rule in _RULES:
        resolved = rule(asked)
        if resolved is not None:
            return resolved if len(resolved) <= LONGEST else question
    return question


def _one_of_several(asked: Asked) -> str | None:
    """The second one, 后者: of what the last question names, or of what the answer lists."""
    text, reference = asked.text, reference_in(asked.text)
    if reference is None:
        return None
    item = reference.of(asked.side_by_side) or reference.of(items_of(asked.last.answer))
    before, after = text[: reference.start], text[reference.end :]
    if item is None:
        says_more = asked.named or GENERAL.rest(f"{before} {after}")
        return None if says_more else asked.after_the_last()
    resolved = spaced(before, item, after)
    return asked.after_the_last(resolved) if is_talk(f"{before} {after}") else resolved


def _pronoun(asked: Asked) -> str | None:
    """它, "this method": the focus in its place."""
    if _ABOUT_WHAT_WAS_SAID.search(asked.text) and not GENERAL.rest(asked.text):
        return asked.after_the_last()
    pronoun = open_pronoun(asked.text, [(one.start, one.end) for one in asked.named])
    if pronoun is None:
        return None
    if asked.focus is None:
        return asked.after_the_last()
    return _with_name(asked.text, pronoun, asked.focus)


def _with_name(text: str, pronoun: Pronoun, name: str) -> str:
    written = text[pronoun.start : pronoun.end]
    if pronoun.has_verb:
        name += " is" if written.lower().startswith("it") else " are"
    elif pronoun.owns and written.isascii():
        name += "'s"
    elif pronoun.owns:
        name = spaced("", name, "的")
    return spaced(text[: pronoun.start], name, text[pronoun.end :])


def _choice(asked: Asked) -> str | None:
    """哪个更快, "which one needs it?": of those that the last question names side by side."""
    names = asked.side_by_side
    if not all(name in asked.last.understood for name in names):
        names = ()
    if names and (_CHOICE_EN.match(asked.text) or _CHOICE_ZH.match(asked.text)):
        mark = ": " if asked.english else "："
        return f"{listed(names, asked.english)}{mark}{asked.text}"
    return asked.after_the_last() if _CHOICE_EN.match(asked.text) else None


def _one_side(asked: Asked) -> str | None:
    """和 DPO 比呢, "compared to DPO?", "is DPO better?": the focus is the other side."""
    if len(asked.named) > 1:
        return None
    if _LESS_ONE_SIDE.match(asked.text):
        if asked.focus is None:
            return asked.after_the_last()
        return spaced("", asked.focus, f" {asked.text}" if asked.english else asked.text)
    if not asked.named or not _COMPARES_ONE.search(asked.text) or asked.focus is None:
        return None
    one = asked.named[0]
    beside = GENERAL.rest(f"{asked.text[: one.start]} {asked.text[one.end :]}")
    return asked.about_focus(asked.text) if len(one.names) == 1 and not beside else None


def _talk(asked: Asked) -> str | None:
    """Why? 再详细一点: about the whole of what was asked before."""
    return asked.after_the_last() if asked.is_talk else None


def _unsaid(asked: Asked) -> str | None:
    """有什么缺点, "any limitations?": of the focus."""
    if asked.named or GENERAL.rest(asked.text):
        return None
    if asked.focus is None:
        return asked.after_the_last()
    last = _LAST_WORD.search(asked.text) if asked.english else None
    if last and NOUNS.has(last["word"]):
        return f"{asked.text[: last.start('end')]} of {asked.focus}{last['end']}"
    if asked.english:
        return asked.about_focus(asked.text)
    of = spaced("", asked.focus, "的") if _SUBJECT.match(asked.text) else asked.focus
    return spaced("", of, asked.text)


def _in_place(asked: Asked) -> str | None:
    """那 DPO 呢, "what about DPO?": the last question, with this in the place of what it named."""
    words = _put_in_place(asked)
    if words is None or ASKS.search(words) or len(asked.named) > 1:
        return None
    if not asked.named:
        return asked.after_the_last()
    name = asked.text[asked.named[0].start : asked.named[0].end]
    before, _, after = words.partition(name)
    if TALK.rest(f"{before} {after}"):
        return None  # the drawbacks of DPO, which is all that needs to be said
    is_all = _LEADS.fullmatch(before) and not after
    return (_exchanged(asked, asked.named[0]) if is_all else None) or asked.after_the_last()


def _put_in_place(asked: Asked) -> str | None:
    found = _IN_PLACE.fullmatch(asked.text)
    if found:
        return found["wide"] or found["narrow"]
    words = asked.text.rstrip(" ?.!")
    is_short = len(words.split()) <= _FEW_WORDS
    return words if asked.goes_on and asked.english and is_short else None


def _exchanged(asked: Asked, new: Named) -> str | None:
    """The last question about something else; None where it is unclear in whose place."""
    graph, last = asked.index.graph, asked.last.understood
    olds = [one for one in named_in(graph, last) if not set(one.concepts) & set(new.concepts)]
    if len(olds) > 1:
        related = {
            other
            for c in new.concepts
            for r in graph.relations_of(c)
            for other in (r.source, r.target)
        }
        olds = [one for one in olds if related & set(one.concepts)]
    if len(olds) != 1 or len(olds[0].names) > 1:
        return None
    (old,) = olds
    name = asked.text[new.start : new.end]
    # "Normalization" is exchanged badly for "layer normalization": more of its name may precede it.
    is_part = re.search(rf"\b{re.escape(old.names[0])}\b", name, re.IGNORECASE)
    if is_part or _NO_INSTANCE.search(f"{last[: old.start]}{_GAP}{last[old.end :]}"):
        return None
    return spaced(last[: old.start], name, last[old.end :])


def _without_subject(asked: Asked) -> str | None:
    """那训练时要注意什么, 会增加延迟吗: of the focus, if the material has such words."""
    if _DEFINES.search(asked.text) and not asked.goes_on:
        return None
    needs = _NEEDS.match(asked.text)
    if needs and len(asked.named) == 1 and asked.named[0].start >= needs.end() and asked.focus:
        return asked.about_focus(asked.text)
    if asked.named or not (asked.goes_on or _NO_SUBJECT.match(asked.text)):
        return None
    own = GENERAL.rest(asked.text)
    if own and all(word in asked.last.understood.lower() for word in own):
        return asked.after_the_last()
    words = [term for word in own for term in tokenize(word)]
    is_known = asked.focus is not None and all(map(asked.index.keyword.has, words))
    return asked.about_focus(asked.text) if is_known else None


_RULES = (
    _one_of_several,
    _choice,
    _pronoun,
    _one_side,
    _talk,
    _unsaid,
    _in_place,
    _without_subject,
)
