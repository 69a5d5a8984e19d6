"""The gate: does the material answer the question at all?

Three signs that it does not: the question turns on a name that the material never mentions; no
passage found has most of the names in the question together; or the nearest passage is hardly
nearer than to any question off the topic and shares few of its words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.evidence.asks import Asks, asks_for
from app.evidence.subject import Subject, names_in
from index.calibration import floor_for
from index.course_index import CourseIndex
from index.keyword import coverage
from index.model import Hit
from index.passages import passage_of
from index.tokens import tokenize
from ingest.model import Language
from ingest.text import language_of

_SHORTEST_NAME = 2
_LOOKED_AT = 5


@dataclass(frozen=True, slots=True)
class GateSettings:
    """A question passes with a passage this far above the floor, or with these words covered.

    Three of four off-topic questions stay below ``distance``.
    """

    distance: float = 0.67
    coverage: float = 0.5
    # A passage about what is asked has this much of its names, the rare ones counting more.
    subject: float = 0.5


def reason_to_abstain(
    index: CourseIndex, question: str, hits: Sequence[Hit], settings: GateSettings
) -> str | None:
    """Say why the material does not answer, or None when the evidence is good enough."""
    english = language_of(question) is Language.EN
    unknown = _unknown_names(index, question)
    if unknown:
        listed = ", ".join(unknown) if english else "、".join(unknown)
        if english:
            return f"The material never mentions {listed}."
        return f"资料里没有提到 {listed}。"
    subject = Subject(index, question)
    # Each side of a comparison may have passages of its own.
    compares = Asks.DIFFERENCE in asks_for(question)
    least = settings.subject / 2 if compares else settings.subject
    aside = all(subject.share(hit) < least for hit in hits[:_LOOKED_AT])
    if aside or _is_weak(index, question, hits, settings):
        if english:
            return "The material does not answer this question."
        return "资料没有回答这个问题。"
    return None


def _unknown_names(index: CourseIndex, question: str) -> list[str]:
    """Names in the question of which neither the whole nor every part is in the material."""
    unknown: list[str] = []
    for name in names_in(question):
        whole, *parts = tokenize(name) or [name.lower()]
        # Parts of two letters are in every text; they do not make a name known.
        telling = parts and all(len(part) > _SHORTEST_NAME for part in parts)
        known = index.keyword.has(whole) or (telling and all(map(index.keyword.has, parts)))
        if not known:
            unknown.append(name)
    return unknown


def _is_weak(
    index: CourseIndex, question: str, hits: Sequence[Hit], settings: GateSettings
) -> bool:
    floor = floor_for(index.manifest.floors, language_of(question))
    similarities = [hit.similarity for hit in hits if hit.similarity is not None]
    if floor is None or not similarities:
        return False
    if floor.distance(max(similarities)) >= settings.distance:
        return False
    weights = index.keyword.weights(question)
    passages = (passage_of(hit.document.title, hit.chunk) for hit in hits)
    return max(coverage(weights, passage) for passage in passages) < settings.coverage
