"""Comparisons: which things a question sets side by side, and in which respects."""

import re
from dataclasses import dataclass

from app.evidence.asks import Asks, asks_for
from app.evidence.subject import NAME, names_in
from index.course_index import CourseIndex

_FEWEST_SIDES, _MOST_SIDES = 2, 4
_KIND = (
    r"(?:普通|传统|常规|一般|标准|经典|原始|原版|后来|plain|vanilla|standard|ordinary|regular)?"
    r"\s*的?\s*(?:the\s+)?"
)
# What may stand between two sides and nowhere else between two names.
_BETWEEN = re.compile(
    r"\s*(?:和|与|跟|同|及|以及|、|/|还是|相比[，,]?|对比|比|vs\.?|versus|and|or|with|to|over|than"
    rf"|(?:differs?|different)\s+from|(?:compared?)\s+(?:to|with))\s*(?:和|与|and\s+)?{_KIND}",
    re.IGNORECASE,
)
_EACH = re.compile(r"各(?:是|自|有|为|占|属)|分别|\brespectively\b|\beach\b", re.IGNORECASE)
# What follows the sides: 的训练方式有什么不同, 在显存上的差别, ：头数、层数各是多少.
_RESPECTS = re.compile(
    r"^\s*(?:相比\s*)?(?:的|在|：|:|,|，|\bin(?: terms of)?\b)\s*(?P<list>[^？?。；;]{2,60}?)"
    r"\s*(?:上|方面|里|中)?\s*的?\s*(?:(?:都|各|分别)?(?:有|是|为|占)?(?:什么|哪些|何|多少|怎么|啥)|各(?:是|自|有|为|占)|分别"
    r"|区别|不同|差[别异]|对比|比较|异同|有何|[?？]|$)"
)
_NO_RESPECT = re.compile(
    r"区别|不同|差[别异]|异同|比较|对比|哪[个些种]|什么|关系|主要|优劣|\bdifferences?\b|\bthe\b",
    re.IGNORECASE,
)
_AND = re.compile(r"[、，,]|以及|和|与|及|\band\b")
_THEIR = re.compile(r"^\s*(?:它们|他们|两者|二者|各自)的?")
_SHORTEST_RESPECT, _LONGEST_RESPECT = 2, 14
_OPEN = re.compile(
    r"区别|差[别异]|异同|对比|(?:有|的)(?:什么|哪些|何|啥)?不同|比较|哪个更"
    r"|(?<![A-Za-z])vs\.?(?![A-Za-z])|\bversus\b|\bdiffer\w*|\bcompar\w+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the things compared: as the question writes it, with its concept if it has one."""

    written: str
    concept: str | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared in which respects; none where the question leaves them open."""

    sides: tuple[Side, ...]
    respects: tuple[str, ...] = ()


def compared_in(index: CourseIndex, question: str) -> Compared | None:
    """The sides and respects of a comparison; None for other questions."""
    if Asks.DIFFERENCE not in asks_for(question) and not _EACH.search(question):
        return None
    sides, rest = _sides(index, question)
    if not _FEWEST_SIDES <= len(sides) <= _MOST_SIDES:
        return None
    respects = _respects(rest)
    # "相比，省了什么" asks for one thing, "有什么区别" for all there is.
    return Compared(sides, respects) if respects or _OPEN.search(question) else None


def _sides(index: CourseIndex, question: str) -> tuple[tuple[Side, ...], str]:
    """The first names that stand side by side, each once, and what follows them."""
    places = _named_places(index, question)
    chain: list[tuple[int, int, Side]] = []
    for place in places:
        if chain and _BETWEEN.fullmatch(question, chain[-1][1], place[0]):
            chain.append(place)
        elif len(chain) < _FEWEST_SIDES:
            chain = [place]
        else:
            break
    sides = {side.concept or side.written.lower(): side for *_, side in chain}
    return tuple(sides.values()), question[chain[-1][1] :] if chain else ""


def _named_places(index: CourseIndex, question: str) -> list[tuple[int, int, Side]]:
    """Concepts and other names of a question with their places, in order."""
    found: list[tuple[int, int, Side]] = []
    outside = question
    for mention in reversed(index.graph.mentions(question)):
        start, end = mention.start, mention.end
        names = index.graph.concepts[mention.concept].names
        found.append((start, end, Side(question[start:end], mention.concept, tuple(names))))
        outside = f"{outside[:start]}{' ' * (end - start)}{outside[end:]}"
    for place in NAME.finditer(outside):
        written = place.group()
        # Side by side with a name, a capital at the beginning is enough, in English too.
        if written[0].isupper() or written in names_in(outside):
            found.append((place.start(), place.end(), Side(written, None, (written,))))
    return sorted(found, key=lambda one: one[0])


def _respects(rest: str) -> tuple[str, ...]:
    found = _RESPECTS.match(rest)
    if found is None:
        return ()
    parts = (_THEIR.sub("", part).strip(" 的“”\"'") for part in _AND.split(found["list"]))
    lengths = range(_SHORTEST_RESPECT, _LONGEST_RESPECT + 1)
    return tuple(p for p in parts if len(p) in lengths and not _NO_RESPECT.search(p))
