"""Does an answer tell a key fact? Its formulas, figures and denials, then its names and words."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.evaluation.formulas import GREEK, formulas_in, squeezed
from app.support import negation, numbers
from index.embedding import Embedder
from index.tokens import STOPWORDS, tokenize
from ingest.concepts.matching import Found, without_names
from ingest.readers.markdown.markup import plain
from ingest.segmentation import segmenter
from ingest.text import CJK_CHARACTER, sentences

_TABLE = re.compile(r"(?:^\|[^\n]*(?:\n|\Z))+", re.MULTILINE)
_CLAUSE = re.compile(r"[，、；。！？\n]|[,;!?](?=\s|$)|[.](?=\s|$)|\band\b")
_LATIN = r"[A-Za-z][A-Za-z0-9]*(?:[-.+/_'’][A-Za-z0-9]+)*"
_WORD = re.compile(rf"(?P<cjk>{CJK_CHARACTER.pattern}+)|{_LATIN}")
# A counted few (三种, two stages) are seldom said where they are listed.
_FEW = re.compile(
    r"[一二两三四五六七八九十](?=[个种类条项点步路阶])"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b",
    re.IGNORECASE,
)
# 405B names a model rather than counts something, and need not stand beside what is said of it.
_SIZE = re.compile(r"(?<![\w.])\d+(?:\.\d+)?[BM](?![A-Za-z])")
_GREEK = str.maketrans({letter: f" {name} " for letter, name in GREEK.items()})


@dataclass(frozen=True, slots=True)
class FactSettings:
    """What counts as told; measured on made-up pairs, see docs/evaluation.md."""

    # Of the weight of a fact's names and words, so much has to be in one place of the answer.
    share: float = 0.66
    # Two words this similar begin to count as one, and are the same at the upper bound; of one
    # language even unlike words are similar.
    similar: tuple[float, float] = (0.6, 0.75)
    across: tuple[float, float] = (0.5, 0.62)
    # So sure a word of the fact must stand in the clause that has its figure.
    beside: float = 0.5
    # Sentences that are read as one place.
    together: int = 3
    # A name tells more than a word.
    name: float = 1.0


class FactJudge:
    """Reads answers for key facts, across languages; ``mentions`` finds names of concepts."""

    def __init__(
        self,
        mentions: Callable[[str], Sequence[Found]],
        encoder: Embedder | None,
        settings: FactSettings | None = None,
    ) -> None:
        """Without an ``encoder`` of words, only names lead from one language to the other."""
        self._mentions = mentions
        self._encoder = encoder
        self._settings = settings or FactSettings()
        self._vectors: dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]] = {}

    def is_told(self, fact: str, answer: str) -> bool:
        """Whether some place of an answer tells a fact."""
        told = _Told(fact)
        return any(self._tells(told, place) for place in self._places(answer))

    def _places(self, answer: str) -> Iterator[str]:
        parts = list(_parts(answer))
        for size in range(1, self._settings.together + 1):
            for start in range(max(1, len(parts) - size + 1)):
                yield "\n".join(parts[start : start + size])

    def _tells(self, fact: "_Told", place: str) -> bool:
        written = squeezed(place)
        if any(squeezed(formula) not in written for formula in fact.formulas):
            return False
        place = place.translate(_GREEK)
        if not fact.words:
            return bool(fact.formulas)
        if not self._figures_stand(fact, place):
            return False
        if self.share(fact.words, place) < self._settings.share:
            return False
        return not (_denies(fact.words, place) or negation.says_the_contrary(fact.words, place))

    def _figures_stand(self, fact: "_Told", place: str) -> bool:
        """Each figure beside a word or name of the part of the fact that has it."""
        if numbers.missing(fact.sizes, place):
            return False
        clauses = list(_clauses(place))
        for part in fact.figured:
            beside = [clause for clause in clauses if not numbers.missing(part, clause)]
            if not beside or not any(self._shares_a_word(part, clause) for clause in beside):
                return False
        return True

    def _shares_a_word(self, part: str, clause: str) -> bool:
        values = [value for _, value in self._matches(part, clause)]
        if not values:
            return True
        if _TABLE.search(clause):
            # A row and its head hold all that belongs to a figure, and much that other rows share.
            return sum(values) > self._settings.beside * len(values)
        return max(values) >= self._settings.beside

    def share(self, fact: str, place: str) -> float:
        """The share of a fact's names and words that a place has, from 0 to 1."""
        values = self._matches(fact, place)
        total = sum(weight for weight, _ in values)
        return sum(weight * value for weight, value in values) / total if total else 1.0

    def _matches(self, fact: str, place: str) -> list[tuple[float, float]]:
        """Weight of each name and word of a fact, with how sure a place has it."""
        found: list[tuple[float, float]] = []
        there = frozenset(tokenize(place))
        concepts = {mention.concept for mention in self._mentions(place)}
        known = words(place)
        mentions = self._mentions(fact)
        for mention in reversed(mentions):
            written = fact[mention.start : mention.end]
            if mention.concept in concepts:
                found.append((self._settings.name, 1.0))
            else:
                # Near words of one language are other concepts: encoder and decoder.
                other = [word for word in words(place) if word.isascii() != written.isascii()]
                parts = [self._has_word(word, there, other) for word in words(written)]
                found.append((self._settings.name, sum(parts) / max(1, len(parts))))
        for word in words(numbers.without_figures(without_names(fact, mentions))):
            weight = self._settings.name if _is_name(word) else 1.0
            found.append((weight, self._has_word(word, there, known)))
        return found

    def _has_word(self, word: str, there: frozenset[str], known: Sequence[str]) -> float:
        return 1.0 if _has(there, word) else self._likeness(word, known)

    def _likeness(self, word: str, known: Sequence[str]) -> float:
        """How sure a word is meant by some other one."""
        if self._encoder is None or not known or _is_name(word):
            return 0.0
        vectors = self._embedded([word, *known])
        nearest = (vectors[1:] @ vectors[0]).tolist()
        return max(self._counted(word, *pair) for pair in zip(known, nearest, strict=True))

    def _counted(self, word: str, other: str, similarity: float) -> float:
        alike = word.isascii() == other.isascii()
        low, high = self._settings.similar if alike else self._settings.across
        return min(1.0, max(0.0, (similarity - low) / (high - low)))

    def _embedded(
        self, texts: Sequence[str]
    ) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new and self._encoder is not None:
            self._vectors |= zip(new, self._encoder.embed_queries(new), strict=True)
        return np.stack([self._vectors[text] for text in texts])


class _Told:
    """A key fact taken apart: its formulas, and the words beside them with their figures."""

    def __init__(self, fact: str) -> None:
        text = plain(fact)
        self.formulas = formulas_in(text)
        for formula in self.formulas:
            text = text.replace(formula, " ")
        self.words = _FEW.sub(" ", text).translate(_GREEK).strip()
        self.sizes = " ".join(_SIZE.findall(self.words))
        parts = _clauses(_SIZE.sub(" ", self.words))
        self.figured = [part for part in parts if numbers.stated(part)]


def _denies(fact: str, place: str) -> bool:
    """Whether a place denies most of what it shares with a fact, or affirms what that denies."""
    if negation.has_negation(fact) and not negation.has_negation(place):
        return True
    said, there = negation.polarity(fact), negation.polarity(place)
    shared = said.keys() & there.keys()
    against = sum(said[term].isdisjoint(there[term]) for term in shared)
    return 2 * against > len(shared)


def words(text: str) -> list[str]:
    """Words of a text that say something, each once; Chinese ones of one character too."""
    found: list[str] = []
    for run in _WORD.finditer(text):
        found += segmenter().cut(run.group()) if run.lastgroup == "cjk" else [run.group()]
    return list(dict.fromkeys(word for word in found if word.lower() not in STOPWORDS))


def _has(there: frozenset[str], word: str) -> bool:
    terms = tokenize(word)
    return bool(terms) and (terms[0] in there or (set(terms[1:]) <= there and len(terms) > 1))


def _is_name(word: str) -> bool:
    """Written with a capital or a digit inside."""
    return re.search(r"[A-Za-z].*[A-Z0-9]", word) is not None


def _parts(answer: str) -> Iterator[str]:
    """Sentences; a table is one, for it is read as a whole."""
    position = 0
    for table in [*_TABLE.finditer(answer), None]:
        start, end = (table.start(), table.end()) if table else (len(answer), len(answer))
        before = answer[position:start]
        yield from (plain(before[low:high]) for low, high in sentences(before))
        if table:
            yield table.group()
        position = end


def _clauses(text: str) -> Iterator[str]:
    position = 0
    for table in [*_TABLE.finditer(text), None]:
        start = table.start() if table else len(text)
        yield from (part for part in _CLAUSE.split(text[position:start]) if part.strip())
        if table:
            yield from _rows(table.group())
            position = table.end()


def _rows(table: str) -> Iterator[str]:
    """Rows of a table, each with its head: figures of one row are none of another's."""
    head, *rows = table.strip().split("\n")
    yield from (f"{head}\n{row}" for row in rows or [head])
