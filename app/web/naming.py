"""Names of concepts in the visitor's language."""

from collections.abc import Iterable

from app.contract import ConceptReference
from app.web.words import Words
from index.course_index import CourseIndex
from ingest.model import Concept


def name_of(concept: Concept, words: Words) -> str:
    """The name of a concept in the visitor's language, if it has one."""
    name = concept.name_zh if words.language == "zh" else concept.name_en
    return name or concept.name


def names_of(
    index: CourseIndex, concepts: Iterable[ConceptReference], words: Words
) -> dict[str, str]:
    """The names of concepts that are still there, by their ids."""
    known = index.graph.concepts
    return {one.id: name_of(known[one.id], words) for one in concepts if one.id in known}
