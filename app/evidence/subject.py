"""What a question is about: the concepts and names in it, and how much of them a passage has."""

import re

from app.evidence.asks import Asks, asks_for
from index.course_index import CourseIndex
from index.model import Hit
from index.tokens import STOPWORDS, tokenize
from ingest.concepts.matching import without_names
from ingest.text import CJK_CHARACTER

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-.+/_][A-Za-z0-9]+)*\+*")
# Capitals, digits or underscores inside a word make it a name; in a Chinese sentence a first
# capital does too.
_NAME_SHAPE = re.compile(r"[A-Za-z].*[A-Z0-9_]")
_CAPITALISED = re.compile(r"[A-Z]")
_SHORTEST_NAME = 2
_ON_IT = 0.5


def names_in(question: str) -> list[str]:
    """Latin names in a question by how they are written, each once."""
    chinese = CJK_CHARACTER.search(question) is not None
    names: list[str] = []
    for found in NAME.finditer(question):
        name = found.group()
        named = _NAME_SHAPE.match(name) or (chinese and _CAPITALISED.match(name))
        if named and len(name) >= _SHORTEST_NAME and name.lower() not in STOPWORDS:
            names.append(name)
    return list(dict.fromkeys(names))


def names_asked(index: CourseIndex, question: str) -> list[str]:
    """All names, in both languages, of what a question is about, and names it writes besides."""
    concepts = (index.graph.concepts[concept] for concept in index.graph.named(question))
    known = [name for concept in concepts for name in concept.names]
    return list(dict.fromkeys((*known, *names_in(question))))


class Subject:
    """The concepts and names of a question, each as telling as it is rare in the material."""

    def __init__(self, index: CourseIndex, question: str) -> None:
        self._index = index
        mentions = index.graph.mentions(question)
        self._concepts = {m.concept: index.graph.informativeness(m.concept) for m in mentions}
        # The question without the names of concepts.
        self.rest = without_names(question, mentions)
        wholes = (tokenize(name)[:1] for name in names_in(self.rest))
        self._terms = {t: index.keyword.informativeness(t) for found in wholes for t in found}
        self._total = sum(self._concepts.values()) + sum(self._terms.values())

    @property
    def names(self) -> int:
        """How many concepts and names the question has that tell passages apart."""
        return sum(told > 0 for told in (*self._concepts.values(), *self._terms.values()))

    @staticmethod
    def least(question: str) -> float:
        """The share that a passage on the subject has; each side of a comparison has its own."""
        return _ON_IT / 2 if Asks.DIFFERENCE in asks_for(question) else _ON_IT

    def share(self, hit: Hit) -> float:
        """How much of it a passage has, headings and all; 1 where nothing is named."""
        if not self._total:
            return 1.0
        row = self._index.row_of(hit)
        named = self._index.graph.concepts_at(row)
        words = self._index.keyword.terms_at(row, self._terms)
        found = sum(told for concept, told in self._concepts.items() if concept in named)
        found += sum(self._terms[term] for term in words)
        return found / self._total
