"""Names of concepts in the visitor's language."""

from app.web.words import Words
from ingest.model import Concept


def name_of(concept: Concept, words: Words) -> str:
    """The name of a concept in the visitor's language, if it has one."""
    name = concept.name_zh if words.language == "zh" else concept.name_en
    return name or concept.name
