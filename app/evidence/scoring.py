"""How well each unit bears on a question."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import groupby

from app.evidence.asks import Asks, asks_for
from app.evidence.cues import shows
from app.evidence.ordering import defines
from app.evidence.subject import Subject, names_asked
from app.evidence.units import Unit, is_scrap
from app.evidence.wording import terms_of
from index.course_index import CourseIndex
from index.model import Hit
from index.tokens import tokenize
from ingest.readers.markdown.markup import plain


@dataclass(frozen=True, slots=True)
class Weights:
    """What each sign counts; they add up."""

    similarity: float = 0.6
    coverage: float = 0.35
    # Over the square root of a passage's rank.
    rank: float = 0.4
    # What of the names in the question its passage has.
    subject: float = 0.3
    cue: float = 0.1
    # A question for a number is answered by a sentence that has one.
    number: float = 0.1
    # A question for what a thing is, by a sentence that says so.
    definition: float = 0.15
    # A section on a thing says what it is without repeating its name.
    heading: float = 0.2
    # A sentence beside a good one often holds the rest of the answer.
    neighbour: float = 0.2
    # Labels and cells of a picture are read apart from what they belong to.
    scrap: float = 0.2
    # What a question describes without its name is named by what answers it.
    meant: float = 0.3


def scored(
    index: CourseIndex, question: str, units: Sequence[Unit], weights: Weights
) -> list[Unit]:
    """The units with their scores; comparable within one question only."""
    if not units:
        return []
    texts = [unit.plain for unit in units]
    covered = Coverage(index, question)
    subject = Subject(index, question)
    asked = asks_for(question)
    is_defined = Asks.DEFINITION in asked or (not asked and not tokenize(subject.rest))
    names = names_asked(index, question) if is_defined else []
    hits = {unit.hit.chunk.id: unit.hit for unit in units}
    shares = {chunk: subject.share(hit) for chunk, hit in hits.items()}
    named = {chunk: covered.named_at(hit) for chunk, hit in hits.items()}
    about = set(index.graph.named(question)) if is_defined else set()
    headed = {chunk: _is_headed(index, about, hit) for chunk, hit in hits.items()}
    similarities = _similarities(index, question, units, texts)
    meant = {seed.concept: seed.strength for seed in index.meant(question)}
    found: list[Unit] = []
    for unit, text, similarity in zip(units, texts, similarities, strict=True):
        score = (
            weights.similarity * similarity
            + weights.coverage * covered.share(unit.in_table, named[unit.hit.chunk.id])
            + weights.rank / unit.hit.rank**0.5
            + weights.subject * shares[unit.hit.chunk.id]
            + weights.cue * _cues(asked, unit, text)
            + weights.number * (Asks.NUMBER in asked and shows(Asks.NUMBER, unit, text))
            + weights.definition * (is_defined and defines(text, names))
            + weights.heading * headed[unit.hit.chunk.id]
            + weights.meant * _meant(index, meant, text)
            - weights.scrap * is_scrap(unit)
        )
        found.append(replace(unit, score=score))
    return _with_neighbours(found, weights.neighbour)


def _similarities(
    index: CourseIndex, question: str, units: Sequence[Unit], texts: Sequence[str]
) -> list[float]:
    """From 0 for the text that is least similar to the question to 1 for the most similar one."""
    parts: list[tuple[Hit, list[str]]] = []
    both = zip(units, texts, strict=True)
    for _, group in groupby(both, key=lambda pair: pair[0].hit.chunk.id):
        pairs = list(group)
        parts.append((pairs[0][0].hit, [text for _, text in pairs]))
    values = index.part_scores(question, parts)
    low, spread = min(values), (max(values) - min(values)) or 1.0
    return [(value - low) / spread for value in values]


def _is_headed(index: CourseIndex, about: Set[str], hit: Hit) -> bool:
    """Whether a passage's own heading names one of some concepts."""
    if not about or not hit.chunk.section:
        return False
    return not about.isdisjoint(index.graph.named(plain(hit.chunk.section[-1])))


def _meant(index: CourseIndex, meant: Mapping[str, float], text: str) -> float:
    """How clearly a question describes something that a text names."""
    named = index.graph.named(text) if meant else ()
    return max((meant.get(concept, 0.0) for concept in named), default=0.0)


def _cues(asked: frozenset[Asks], unit: Unit, text: str) -> float:
    wanted = asked - {Asks.DEFINITION}
    return sum(shows(kind, unit, text) for kind in wanted) / len(wanted) if wanted else 0.0


class Coverage:
    """The share of a question's information that a text has, by its words or by its concepts.

    A concept under another name, in the other language too, covers the words of the name asked for.
    """

    def __init__(self, index: CourseIndex, question: str) -> None:
        self._index = index
        self._weights = index.keyword.weights(question)
        self._named = {
            found.concept: self._weights.keys() & tokenize(question[found.start : found.end])
            for found in index.graph.mentions(question)
        }
        self._total = sum(self._weights.values()) or 1.0

    def named_at(self, hit: Hit) -> frozenset[str]:
        """The concepts of the question that a passage names."""
        return self._index.graph.concepts_at(self._index.row_of(hit)) & self._named.keys()

    def share(self, text: str, named: frozenset[str] | None = None) -> float:
        """From 0 to 1; ``named`` are those of its passage, if they are known."""
        covered = terms_of(text) & self._weights.keys()
        looked_for = self._named.keys() if named is None else named
        if any(not self._named[concept] <= covered for concept in looked_for):
            for concept in self._index.graph.named(text):
                covered |= self._named.get(concept, frozenset())
        return sum(self._weights[term] for term in covered) / self._total


def _with_neighbours(units: Sequence[Unit], weight: float) -> list[Unit]:
    """Let each unit have part of the better one of those beside it in its chunk."""
    found: list[Unit] = []
    for place, unit in enumerate(units):
        beside = (*units[max(0, place - 1) : place], *units[place + 1 : place + 2])
        best = max((u.score for u in beside if u.hit is unit.hit), default=0.0)
        found.append(replace(unit, score=(unit.score + weight * best) / (1 + weight)))
    return found
