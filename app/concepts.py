"""Concepts of the material: what is known of each, what to learn first, and the whole graph."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from app.errors import NotFound
from index.course_index import CourseIndex
from index.graph import TELLS_MAINLY
from index.learning_path import learning_path
from ingest.model import Concept, Evidence, Relation, RelationKind
from ingest.outlines import outlines

Shape = dict[str, Any]
# Numbers of the lessons that tell mainly of each concept.
Lessons = Mapping[str, list[int]]


def resolve(index: CourseIndex, name: str) -> Concept:
    """The concept of an id or name; raises NotFound with the nearest ones."""
    found = index.graph.by_name(name)
    if not found:
        hint = "`coursegraph concepts list` names all; other words may be used for it."
        raise NotFound(f"the material names no concept {name!r}", hint)
    return index.graph.concepts[found[0]]


def listed(index: CourseIndex, words: str = "") -> list[Shape]:
    """Concepts in short, most told of first; only those with ``words`` in a name, if given."""
    rows = []
    for concept in index.graph.concepts.values():
        if words.casefold() not in "\n".join(concept.names).casefold():
            continue
        told = index.graph.rows_of(concept.id)
        rows.append((sum(weight for _, weight in told), concept))
    rows.sort(key=lambda item: (-item[0], item[1].id))
    return [_names(concept) for _, concept in rows]


def concept_shape(index: CourseIndex, concept: Concept) -> Shape:
    """Everything that is known of a concept, as the public contract has it."""
    return _concept(index, concept, _lessons(index))


def _concept(index: CourseIndex, concept: Concept, lessons: Lessons) -> Shape:
    relations = index.graph.relations_of(concept.id)
    papers = {r.target for r in relations if r.kind is RelationKind.PROPOSED_IN}
    return {
        **_names(concept),
        "definition": _definition(index, concept),
        "documents": _places(index, concept),
        "relations": [_relation_of(index, concept.id, relation) for relation in relations],
        "lessons": lessons.get(concept.id, []),
        "papers": sorted({*concept.papers, *papers}),
    }


def path_shape(index: CourseIndex, concept: Concept) -> Shape:
    """What to learn before a concept, in order, each step with its place and its reasons."""
    lessons = _lessons(index)
    first = {concept_id: numbers[0] for concept_id, numbers in lessons.items()}
    steps = learning_path(concept.id, index.graph.relations, first)
    return {
        "concept": {"id": concept.id, "name": concept.name},
        "steps": [
            {
                "id": step.concept,
                "name": index.graph.concepts[step.concept].name,
                "lessons": lessons.get(step.concept, []),
                "place": _first_place(index, step.concept),
                "because": [_relation(index, relation) for relation in step.because],
            }
            for step in steps
        ],
    }


def neighbourhood(index: CourseIndex, center: str, depth: int, most: int = 60) -> Shape:
    """Concepts up to ``depth`` relations around one, nearest first, and what joins them."""
    start = resolve(index, center).id
    around: dict[str, int] = {start: 0}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        if around[here] >= depth:
            continue
        for relation in index.graph.relations_of(here):
            other = relation.target if relation.source == here else relation.source
            if other in index.graph.concepts and other not in around and len(around) < most:
                around[other] = around[here] + 1
                queue.append(other)
    return {
        "center": start,
        "concepts": [
            {"id": c, "name": index.graph.concepts[c].name, "distance": distance}
            for c, distance in around.items()
        ],
        "relations": [
            _relation(index, relation)
            for relation in index.graph.relations
            if relation.source in around and relation.target in around
        ],
    }


def export(index: CourseIndex) -> Shape:
    """The whole graph."""
    papers = {r.target for r in index.graph.relations if r.kind is RelationKind.PROPOSED_IN}
    lessons = _lessons(index)
    return {
        "concepts": [_concept(index, c, lessons) for c in index.graph.concepts.values()],
        "relations": [_relation(index, relation) for relation in index.graph.relations],
        "papers": [{"arxiv_id": paper} for paper in sorted(papers)],
    }


def _names(concept: Concept) -> Shape:
    return {
        "id": concept.id,
        "name_zh": concept.name_zh or None,
        "name_en": concept.name_en or None,
        "aliases": list(concept.aliases),
    }


def _definition(index: CourseIndex, concept: Concept) -> Shape | None:
    if concept.definition is None:
        return None
    return {
        "text": concept.definition.quote,
        "citation": _evidence(index, concept.definition)
        | {"chunk_id": concept.definition.chunk_id},
    }


def _evidence(index: CourseIndex, evidence: Evidence) -> Shape:
    document = index.records.documents[evidence.document_id]
    return {"document": document.path, "page": evidence.page, "quote": evidence.quote}


def _relation(index: CourseIndex, relation: Relation) -> Shape:
    return {
        "source": relation.source,
        "relation": str(relation.kind),
        "target": relation.target,
        "evidence": _all_evidence(index, relation),
    }


def _relation_of(index: CourseIndex, concept: str, relation: Relation) -> Shape:
    is_source = relation.source == concept
    return {
        "relation": str(relation.kind),
        "target": relation.target if is_source else relation.source,
        "direction": "out" if is_source else "in",
        "evidence": _all_evidence(index, relation),
    }


def _all_evidence(index: CourseIndex, relation: Relation) -> list[Shape]:
    return [_evidence(index, one) for one in relation.evidence]


def _places(index: CourseIndex, concept: Concept) -> list[Shape]:
    """Documents with the pages that name a concept, those that tell most first."""
    weights: dict[str, float] = {}
    pages: dict[str, set[int]] = {}
    told = index.graph.rows_of(concept.id)
    chunks = index.records.chunks_at([row for row, _ in told])
    for (_, weight), chunk in zip(told, chunks, strict=True):
        weights[chunk.document_id] = weights.get(chunk.document_id, 0.0) + weight
        pages.setdefault(chunk.document_id, set()).update(chunk.pages)
    order = sorted(weights, key=lambda document: (-weights[document], document))
    return [{"document": index.records.documents[d].path, "pages": sorted(pages[d])} for d in order]


def _first_place(index: CourseIndex, concept_id: str) -> Shape | None:
    """Where a concept is defined, else where most is told of it."""
    concept = index.graph.concepts[concept_id]
    if concept.definition is not None:
        return _evidence(index, concept.definition)
    told = index.graph.rows_of(concept_id)
    if not told:
        return None
    row, _ = max(told, key=lambda item: (item[1], -item[0]))
    chunk = index.records.chunks_at([row])[0]
    document = index.records.documents[chunk.document_id]
    return {"document": document.path, "page": chunk.page, "quote": None}


def _lessons(index: CourseIndex) -> Lessons:
    numbers = {
        lesson.document.id: lesson.entry.number
        for outline in outlines(index.records.documents.values())
        for lesson in outline.lessons
        if lesson.document is not None and lesson.entry.number is not None
    }
    if not numbers:
        return {}
    _, documents = index.records.chunk_ids()
    found: dict[str, set[int]] = {}
    for concept in index.graph.concepts:
        for row, weight in index.graph.rows_of(concept):
            number = numbers.get(documents[row])
            if number is not None and weight >= TELLS_MAINLY:
                found.setdefault(concept, set()).add(number)
    return {concept: sorted(lessons) for concept, lessons in found.items()}
