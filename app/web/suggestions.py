"""What to ask next: questions about what the concept graph joins to the concepts of an answer."""

from collections.abc import Iterator, Sequence

from app.contract import ConceptReference
from app.web.naming import name_of
from app.web.words import Words
from index.course_index import CourseIndex
from ingest.model import Relation, RelationKind

_MOST = 3
_ASKED = {
    RelationKind.ALTERNATIVE_TO: "ask_alternative",
    RelationKind.IMPROVES_ON: "ask_improves",
    RelationKind.VARIANT_OF: "ask_variant",
    RelationKind.USES: "ask_uses",
    RelationKind.PART_OF: "ask_part",
    RelationKind.PREREQUISITE_OF: "ask_prerequisite",
    RelationKind.EVALUATED_BY: "ask_evaluated",
    RelationKind.IS_A: "ask_kind",
}


def suggestions(
    index: CourseIndex, concepts: Sequence[ConceptReference], asked: Sequence[str], words: Words
) -> list[str]:
    """A few questions, of different kinds before two of one kind; none that was asked before."""
    found = list(dict.fromkeys(_questions(index, concepts, words)))
    first = dict(reversed(found))
    order = [question for kind, question in found if first[kind] == question]
    order += [question for _, question in found]
    known = {_letters(question) for question in asked}
    new = [question for question in dict.fromkeys(order) if _letters(question) not in known]
    return new[:_MOST]


def _letters(text: str) -> str:
    return "".join(character.casefold() for character in text if character.isalnum())


def _questions(
    index: CourseIndex, concepts: Sequence[ConceptReference], words: Words
) -> Iterator[tuple[RelationKind, str]]:
    for reference in concepts:
        if reference.id not in index.graph.concepts:
            continue
        relations = index.graph.relations_of(reference.id)
        for relation in sorted(relations, key=lambda one: (-len(one.evidence), one.target)):
            # What comes before the concept is asked about, not the concept once more.
            begins = relation.kind is RelationKind.PREREQUISITE_OF and (
                relation.source == reference.id
            )
            if relation.kind in _ASKED and relation.evidence and not begins:
                yield from _question(index, relation, words)


def _question(
    index: CourseIndex, relation: Relation, words: Words
) -> Iterator[tuple[RelationKind, str]]:
    ends = [index.graph.concepts.get(end) for end in (relation.source, relation.target)]
    if ends[0] is not None and ends[1] is not None:
        one, other = (name_of(end, words) for end in ends if end is not None)
        yield relation.kind, words(_ASKED[relation.kind], one=one, other=other)
