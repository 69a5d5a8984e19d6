"""The gate: does the material answer the question at all?

Three signs alone say that it does not: the question turns on a name that the material never
mentions; it wants a number of something that no passage about its subject has a number of; or no
passage found has most of its several names together. Else weaker signs are weighed together: how
near the passages are beside those of questions off the topic, and how much of what the question
says they have.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from functools import partial

from app.evidence.asks import Asks, asks_for, is_asking
from app.evidence.counted import counted, is_counted, measured, same_things
from app.evidence.subject import Subject
from app.unknown_names import unknown_names
from index.calibration import floor_for
from index.course_index import CourseIndex
from index.diversity import clauses_of
from index.model import Hit
from ingest.model import Language
from ingest.text import language_of

_LOOKED_AT = 5
_THIRD = 3
_COMMA = re.compile(r"[，,]")
_FARTHEST = 8.0  # spreads; beyond that nearer is no better


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for an answer; each counts the more, the larger it is.

    ``nearest`` and ``third`` are how far the passage in this place is above the noise floor, in
    spreads of it; ``subject`` is the most of the question's names that a passage has, and ``words``
    what the passages together have of its other words. ``meant`` is how clearly the question
    describes something that a passage names.
    """

    nearest: float
    third: float
    subject: float
    words: float
    is_named: bool
    is_english: bool
    wants_number: bool
    meant: float


@dataclass(frozen=True, slots=True)
class SignWeights:
    """Log odds that the material answers, fitted by logistic regression (``benchmarks.gate``).

    English questions over Chinese pages come less far above the noise.
    """

    base: float = -6.34
    nearest: float = 0.59
    third: float = 0.23
    subject: float = 3.6
    words: float = 3.06
    is_named: float = -0.79
    is_english: float = 1.9
    english_nearest: float = 0.67
    wants_number: float = -0.77
    meant: float = 0.8


@dataclass(frozen=True, slots=True)
class GateSettings:
    """A question passes with odds of at least ``odds`` (as a logarithm) that it is answered."""

    odds: float = -0.9
    weights: SignWeights = field(default_factory=SignWeights)
    # So many names that no passage found has together are asked of something else.
    names: int = 3


def reason_to_abstain(
    index: CourseIndex, question: str, hits: Sequence[Hit], settings: GateSettings
) -> str | None:
    """Say why the material does not answer, or None when the evidence is good enough."""
    say = partial(_say, language_of(question) is Language.EN)
    unknown = unknown_names(index, question, hits)
    if unknown:
        return say(
            f"The material never mentions {', '.join(unknown)}.",
            f"资料里没有提到 {'、'.join(unknown)}。",
        )
    subject = Subject(index, question)
    least = subject.least(question)
    about = [hit for hit in hits[:_LOOKED_AT] if subject.share(hit) >= least]
    if subject.names and about and not _counts(index, question, about):
        return say("The material does not give this number.", "资料没有给出这个数字。")
    signs = signs_of(index, question, hits, subject)
    aside = not about and (signs is None or subject.names >= settings.names)
    if aside or (signs and odds(signs, settings.weights) < settings.odds):
        return say("The material does not answer this question.", "资料没有回答这个问题。")
    return None


def signs_of(
    index: CourseIndex, question: str, hits: Sequence[Hit], subject: Subject
) -> Signs | None:
    """The weaker signs; None where nothing says what is near."""
    language = language_of(question)
    floor = floor_for(index.manifest.floors, language)
    near = sorted((hit.similarity for hit in hits if hit.similarity is not None), reverse=True)
    if floor is None or not near:
        return None
    nearest, third = (
        min(floor.distance(value), _FARTHEST) for value in (near[0], near[:_THIRD][-1])
    )
    asked = asks_for(question)
    shares = [subject.share(hit) for hit in hits[:_LOOKED_AT]]
    sides = 2 if Asks.DIFFERENCE in asked else 1
    return Signs(
        nearest,
        third,
        min(1.0, sides * max(shares)),
        _covered(index, subject.rest, hits[:_LOOKED_AT]),
        subject.names > 0,
        language is Language.EN,
        Asks.NUMBER in asked,
        _meant(index, question, hits[:_LOOKED_AT]),
    )


def _covered(index: CourseIndex, text: str, hits: Sequence[Hit]) -> float:
    """What share of a text's information some hits have together; 1 where it has none."""
    weights = index.keyword.weights(text)
    terms = (index.keyword.terms_at(index.row_of(hit), weights) for hit in hits)
    total = sum(weights.values())
    return sum(weights[term] for term in set().union(*terms)) / total if total else 1.0


def _meant(index: CourseIndex, question: str, hits: Sequence[Hit]) -> float:
    named = frozenset().union(*(index.graph.concepts_at(index.row_of(hit)) for hit in hits))
    return max((s.strength for s in index.meant(question) if s.concept in named), default=0.0)


def odds(signs: Signs, weights: SignWeights) -> float:
    """The logarithm of the odds that the material answers."""
    return (
        weights.base
        + weights.nearest * signs.nearest
        + weights.third * signs.third
        + weights.subject * signs.subject
        + weights.words * signs.words
        + weights.is_named * signs.is_named
        + weights.is_english * signs.is_english
        + weights.english_nearest * signs.is_english * signs.nearest
        + weights.wants_number * signs.wants_number
        + weights.meant * signs.meant
    )


def _say(in_english: bool, english: str, chinese: str) -> str:
    return english if in_english else chinese


def _counts(index: CourseIndex, question: str, hits: Sequence[Hit]) -> bool:
    """Whether the hits have a number of anything that a question wants one of, if it does.

    A question that asks for something else besides is not told by its numbers.
    """
    clauses = [part for clause in clauses_of(question) for part in _COMMA.split(clause)]
    if any(is_asking(part) and Asks.NUMBER not in asks_for(part) for part in clauses):
        return True
    wanted = counted(question)
    names = same_things(word for words in wanted for word in words)
    for words in wanted:
        for concept in index.graph.named(" ".join(words)):
            names.update(name.lower() for name in index.graph.concepts[concept].names)
    quantities = {name for names in measured(question) for name in names}
    names |= quantities
    if not names:
        return True
    told = _of_the_rest(index, question, quantities, hits)
    return any(is_counted(names, hit.chunk.text) for hit in told)


def _of_the_rest(
    index: CourseIndex, question: str, quantities: Set[str], hits: Sequence[Hit]
) -> Sequence[Hit]:
    """The hits on what a quantity is asked of, not only on the quantity: the learning rate of X."""
    if not quantities:
        return hits
    rest = re.sub("|".join(map(re.escape, quantities)), " ", question, flags=re.IGNORECASE)
    subject, least = Subject(index, rest), Subject.least(question)
    return [hit for hit in hits if subject.share(hit) >= least]
