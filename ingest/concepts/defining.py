"""The best defining sentence of each concept."""

import re
from collections.abc import Iterable, Mapping

from ingest.concepts.matching import Found
from ingest.concepts.mentions import Passage, Statement
from ingest.concepts.names import name_key
from ingest.definitions import does_after, is_defined_after, is_kind_after, is_label
from ingest.model import Definition, Evidence
from ingest.text import CJK_CHARACTER, length

_SHORTEST, _LONGEST = 12, 180
# What may stand before a name that a sentence begins with: a number, an article, a phrase.
_NUMBER = (
    r"(?:(?:\d{1,2}(?:\.\d{1,2})*|[一二三四五六七八九十]{1,2}|[a-zA-Z])[.、)）:：\s]"
    r"|[（(]\d{1,2}[)）])?"
)
_PHRASE = (
    r"(?:[^，。]{0,6}所示，|(?:简单|具体|总的|一般)来说，|简言之，|顾名思义，|本质上，"
    r"|什么是|所谓的?|the\s|an?\s)?"
)
_OPENING = re.compile(
    rf"[^\w《<（(#\"]{{0,4}}{_NUMBER}[^\w《<#\"]{{0,4}}{_PHRASE}[^\w《<#\"]{{0,3}}", re.IGNORECASE
)
_ASIDE = re.compile(r"\s*[（(][^（）()]*[）)][。.]?\s*\Z")
# What each sign counts: a lesson's own definition, "is a ...", "is", a label, what it does.
_BY_LESSON, _KIND, _IS, _LABEL, _DOES = 6.0, 4.5, 3.5, 2.5, 2.0
_RECOGNISED = 1.5
_CLEAR = 0.9
_ENDS = ("。", "！", "；", ".", "!", ";")
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
        and not _ASIDE.match(text)
        and _is_clear(statement)
    )


def _is_clear(statement: Statement) -> bool:
    """Written, or read from a picture without doubt and whole."""
    confidence = statement.confidence
    return confidence is None or (confidence >= _CLEAR and statement.text.endswith(_ENDS))


def _score(
    passage: Passage, statement: Statement, found: Found, defined: Mapping[tuple[str, str], str]
) -> float:
    text, chunk = statement.text, statement.chunk
    by_lesson = defined.get((chunk.document_id, _bare(text))) == found.concept
    before = chunk.text[statement.start : found.start]
    score = 0.0
    # A variable that stands for a thing is not the thing.
    if _OPENING.fullmatch(before) and "_" not in chunk.text[found.start : found.end + 1]:
        score = _said_after(statement, found)
    if by_lesson:
        score = _BY_LESSON + min(score, _IS)
    if not score:
        return 0.0
    score += 1.5 * (found.concept in passage.title)
    score += 1.0 * any(found.concept in heading for heading in passage.headings[-1:])
    score -= _RECOGNISED * (statement.confidence is not None)
    return score - length(text) / _LONGEST


def _said_after(statement: Statement, found: Found) -> float:
    """How clearly what follows a name says what it is."""
    text, position = statement.chunk.text, found.end
    # Titles of papers look like it: "Language models are few-shot learners".
    if not (statement.text.endswith(_ENDS) or CJK_CHARACTER.search(text[position : statement.end])):
        return 0.0
    if is_defined_after(text, position):
        return _KIND if is_kind_after(text, position) else _IS
    if is_label(text, position) and length(text[position : statement.end]) > _SHORTEST:
        return _LABEL
    return _DOES if does_after(text, position) else 0.0
