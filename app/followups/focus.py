"""What a conversation is about: the concepts of the last question, else of the last answer."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.followups.words import GENERAL, RELATIONAL, size, words_of
from index.graph import GraphIndex
from ingest.text import CJK_CHARACTER, sentences

_BETWEEN = re.compile(
    r"\s*(?:[、,，/&]|和|与|跟|及|以及|或|还是|比|相比于?|vs\.?|versus|and|or|than|over)\s*(?:the\s+)?",
    re.IGNORECASE,
)
REMEMBERED = 20  # earlier questions that another one can lean on
_LEAST_SHARE = 1 / 3  # of a question, for its concepts to be what it is about
_MOST_SHARE = 0.5  # of an answer's sentences, for a concept to be what it is about


@dataclass(frozen=True, slots=True)
class Said:
    """An earlier question as asked and as understood, and what was answered.

    ``headings`` are those that the cited passages stand under.
    """

    asked: str
    understood: str
    answer: str = ""
    headings: tuple[str, ...] = ()
    was_answered: bool = True


@dataclass(frozen=True, slots=True)
class Named:
    """Concepts that a text names side by side, ``[start, end)``, with their names as written."""

    concepts: tuple[str, ...]
    names: tuple[str, ...]
    start: int
    end: int

    @property
    def pairs(self) -> Iterable[tuple[str, str]]:
        """Each concept with its name."""
        return zip(self.concepts, self.names, strict=True)


def named_in(graph: GraphIndex, text: str) -> list[Named]:
    """What a text names, in order; "PPO and DPO" is one thing of two names.

    Words such as "parameters" or 公式, which belong to something else, are left out.
    """
    found: list[Named] = []
    for mention in graph.mentions(text):
        name = text[mention.start : mention.end].strip("*_` ")
        if RELATIONAL.has(name):
            continue
        one = Named((mention.concept,), (name,), mention.start, mention.end)
        last = found[-1] if found else None
        if last and _BETWEEN.fullmatch(text, last.end, one.start):
            concepts, names = last.concepts + one.concepts, last.names + one.names
            found[-1] = Named(concepts, names, last.start, one.end)
        else:
            found.append(one)
    return found


def focus_of(graph: GraphIndex, last: Said) -> dict[str, str]:
    """The concepts that the next question may leave unsaid, with their names; empty if unclear."""
    named = named_in(graph, last.understood)
    if named:
        # Of several, the one that fewest passages tell of: "the loss of PPO" is about PPO.
        best = min(named, key=lambda one: min(len(graph.rows_of(c)) for c in one.concepts))
        is_clear = _share(last.understood, named) >= _LEAST_SHARE
        return dict(best.pairs) if is_clear else {}
    return _main_concept(graph, last)


def _share(text: str, named: Sequence[Named]) -> float:
    """How much of what a question says is names of concepts."""
    beside, position = "", 0
    for one in named:
        beside += text[position : one.start] + " "
        position = one.end
    names = size(words_of(" ".join(name for one in named for name in one.names)))
    return names / (names + size(GENERAL.rest(beside + text[position:])))


def _main_concept(graph: GraphIndex, last: Said) -> dict[str, str]:
    """The concept that most sentences of an answer, or the headings above it, name."""
    parts = [last.answer[start:end] for start, end in sentences(last.answer)] + list(last.headings)
    names: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for part in parts:
        found = [pair for one in named_in(graph, part) for pair in one.pairs]
        names = {**dict(reversed(found)), **names}  # as first written
        counts.update({concept for concept, _ in found})
    if not counts:
        return {}
    best = min(counts, key=lambda c: (-counts[c], len(graph.rows_of(c)), c))
    return {best: names[best]} if counts[best] >= _MOST_SHARE * len(parts) else {}


def listed(names: Sequence[str], english: bool) -> str:
    """Names as one phrase: A, B and C."""
    *first, last = names
    if not first:
        return last
    if english:
        return f"{', '.join(first)} and {last}"
    return spaced(spaced("、".join(first), "和", ""), last, "")


def spaced(before: str, name: str, after: str) -> str:
    """A name put into a sentence, with a space only where Chinese and Latin letters meet."""
    return _joined(_joined(before, name), after)


def _joined(left: str, right: str) -> str:
    one, other = left.rstrip()[-1:], right.lstrip()[:1]
    if CJK_CHARACTER.match(one) and CJK_CHARACTER.match(other):
        return left.rstrip() + right.lstrip()
    apart = _is_letter(one) and _is_letter(other) and not (one.isascii() and other.isascii())
    touching = left[-1:] == one and right[:1] == other
    return f"{left} {right}" if apart and touching else left + right


def _is_letter(character: str) -> bool:
    return CJK_CHARACTER.match(character) is not None or (
        character.isascii() and character.isalnum()
    )
