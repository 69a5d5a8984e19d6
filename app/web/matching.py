"""Which words of a passage a query has met."""

from collections.abc import Iterator

from markupsafe import Markup, escape

from index.course_index import CourseIndex
from index.tokens import placed_terms, tokenize


class Matches:
    """The terms of a query, and those of the concepts it names, in both languages."""

    def __init__(self, index: CourseIndex, query: str) -> None:
        self._terms = set(tokenize(query))
        for concept in index.graph.named(query):
            for name in index.graph.concepts[concept].names:
                self._terms.update(tokenize(name))

    def marked(self, text: str) -> Markup:
        """The text with its matching words marked; words that touch are marked as one."""
        shown, position = Markup(), 0
        for start, end in self._ranges(text):
            shown += escape(text[position:start]) + Markup("<mark>{}</mark>").format(
                text[start:end]
            )
            position = end
        return shown + escape(text[position:])

    def _ranges(self, text: str) -> Iterator[tuple[int, int]]:
        begun: tuple[int, int] | None = None
        for start, end, terms in placed_terms(text):
            if not self._terms.intersection(terms):
                continue
            if begun is not None and not text[begun[1] : start].strip(" -"):
                begun = begun[0], end
                continue
            if begun is not None:
                yield begun
            begun = start, end
        if begun is not None:
            yield begun
