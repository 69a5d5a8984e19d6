"""Names of concepts in the asker's language, beside quotes in the other one."""

import re
from collections.abc import Iterable

from index.course_index import CourseIndex
from ingest.model import Language
from ingest.text import CJK_CHARACTER, language_of, spoken

_MOST = 6
_WORD = re.compile(r"[a-z]{3}")
_LEADS = {Language.EN: "Names in these quotes: ", Language.ZH: "以上原文中的名称："}


def terms_line(index: CourseIndex, question: str, quotes: Iterable[str]) -> str:
    """What the concepts that quotes in the other language name are called in the question's.

    Those that the question names come first; empty where there is nothing to say.
    """
    asked = spoken(language_of(question))
    found: dict[str, str] = {}
    for text in quotes:
        if (language_of(text) is Language.EN) == (asked is Language.EN):
            continue
        for mention in index.graph.mentions(text):
            concept = index.graph.concepts[mention.concept]
            name = concept.name_en if asked is Language.EN else concept.name_zh
            written = " ".join(text[mention.start : mention.end].split())
            is_new = name and name.lower() not in text.lower()
            if is_new and _is_translated(written, name):
                found.setdefault(mention.concept, f"{written} = {name}")
    named = index.graph.named(question)
    first = [found[concept] for concept in named if concept in found]
    others = [term for concept, term in found.items() if concept not in named]
    terms = [*first, *others][:_MOST]
    return _LEADS[asked] + "; ".join(terms) if terms else ""


def _is_translated(written: str, name: str) -> bool:
    """Of two languages, and in words: who reads DDP or d_k in Chinese knows it by that."""
    if CJK_CHARACTER.search(written):
        return not CJK_CHARACTER.search(name)
    return bool(CJK_CHARACTER.search(name) and _WORD.search(written))
