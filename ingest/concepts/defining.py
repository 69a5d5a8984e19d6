"""The best defining sentence of each concept."""

from collections.abc import Iterable, Mapping

from ingest.concepts.matching import Found
from ingest.concepts.mentions import Passage, Statement
from ingest.concepts.names import name_key
from ingest.definitions import is_defined_after, is_label
from ingest.model import Definition, Evidence
from ingest.text import length

_SHORTEST, _LONGEST = 12, 180
# A name may stand after a list number, an article or the marks of emphasis.
_LATEST_START = 8
_QUESTION_MARKS = ("?", "？")
_OPEN_END = (":", "：")


def best_definitions(
    passages: Iterable[Passage], items: Iterable[Definition], owners: Mapping[str, str]
) -> dict[str, Evidence]:
    """Concept id to its definition; ``owners`` gives the concept of a name's key.

    A lesson's own definition comes first, then a sentence that begins with the name and says
    what it is; a title or heading that names the concept tells where it is taught.
    """
    best: dict[str, tuple[tuple[float, int, str, int], Evidence]] = {}
    defined = _defined_texts(items, owners)
    for number, passage in enumerate(passages):
        for statement in passage.statements:
            if not _is_readable(statement):
                continue
            found = statement.found[0]
            score = _score(passage, statement, found, defined)
            if score <= 0:
                continue
            key = (-score, number, statement.chunk.id, statement.start)
            if found.concept not in best or key < best[found.concept][0]:
                best[found.concept] = (key, statement.evidence())
    return {concept: evidence for concept, (_, evidence) in sorted(best.items())}


def _defined_texts(
    items: Iterable[Definition], owners: Mapping[str, str]
) -> dict[tuple[str, str], str]:
    """Concept of each lesson definition, by document and text without white space."""
    found = {}
    for item in items:
        owner = owners.get(name_key(item.term))
        if owner is not None:
            found[item.document_id, _bare(item.text)] = owner
    return found


def _bare(text: str) -> str:
    return "".join(text.split())


def _is_readable(statement: Statement) -> bool:
    text = statement.text
    return (
        bool(statement.found)
        and _SHORTEST <= length(text) <= _LONGEST
        and not text.startswith(("|", "```", "$$"))
        and not text.endswith((*_QUESTION_MARKS, *_OPEN_END))
        and statement.chunk.confidence is None
    )


def _score(
    passage: Passage, statement: Statement, found: Found, defined: Mapping[tuple[str, str], str]
) -> float:
    text, chunk = statement.text, statement.chunk
    score = 0.0
    if defined.get((chunk.document_id, _bare(text))) == found.concept:
        score += 6
    if found.start - statement.start <= _LATEST_START:
        if is_defined_after(chunk.text, found.end):
            score += 4
        elif is_label(chunk.text, found.end):
            score += 2.5
    if not score:
        return 0.0
    score += 1.5 * (found.concept in passage.title)
    score += 1.0 * any(found.concept in heading for heading in passage.headings[-1:])
    return score - length(text) / _LONGEST
