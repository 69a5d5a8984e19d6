"""Names in a question that the material never mentions: a question that turns on one is refused.

The index knows a word whole, with and without spaces and hyphens. A name of several parts is known
by its parts only where they are names themselves (``BERT-GPT``). A version is part of a name where
the material tells versions of it apart: notes on MEDUSA-1 and MEDUSA-2 do not speak of MEDUSA-3.
"""

import re
from collections.abc import Iterator, Sequence

from app.evidence.subject import NAME, names_in
from index.course_index import CourseIndex
from index.model import Hit
from index.tokens import STOPWORDS, tokenize
from ingest.concepts.matching import without_names
from ingest.model import Language
from ingest.text import language_of

_LONGEST_VERSION = 2  # digits before the point: a year is no version
_VERSIONED = re.compile(
    rf"(?P<base>{NAME.pattern})(?:[ -]?[vV])?[ -]?(?P<version>\d{{1,{_LONGEST_VERSION}}}(?:\.\d+)?)"
    # A number of something is no version: BERT 12 层, QLoRA 4-bit.
    r"(?![\w.%]|[ -]?(?:bits?|[位层个头步张卡维倍次轮种块台篇条亿万千百天秒项点]))"
)
_ACRONYM = re.compile(r"[A-Z]{2,}")
# A Latin word in a Chinese sentence is an option where its value is asked for; elsewhere it may be
# any word.
_OPTION = re.compile(
    r"(?<![A-Za-z0-9_.-])(?P<name>[a-z]{4,})\s*(?:参数)?(?:一般|通常|应该?|最好|需要|要|该|的值|默认)*"
    r"(?:设|取|调|是多[少大]|为多[少大]|多[少大])"
)
_INSIDE = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}")


def unknown_names(index: CourseIndex, question: str, hits: Sequence[Hit]) -> list[str]:
    """Names of which the material has neither the whole nor every part, each once."""
    written = (*_versioned(index, question), *names_in(question))
    names = dict.fromkeys(part for name in written for part in name.split("/") if part[1:])
    unknown = [
        name
        for name in names
        if not (_is_known(index, name) or _is_short(name, hits)) or _lacks_its_plus(name, hits)
    ]
    # Of "Llama 9 Max" and "Llama 9" one is enough.
    found = (*unknown, *_capitalised(index, question), *_options(index, question))
    return [name for name in found if not any(name != other and name in other for other in found)]


def _versioned(index: CourseIndex, question: str) -> Iterator[str]:
    """Names with a version, of what the material knows in other versions."""
    for found in _VERSIONED.finditer(question):
        base = found["base"].rstrip("-vV") or found["base"]
        if index.graph.by_name(base) and index.keyword.has_version(base.lower()):
            yield found.group()


def _is_known(index: CourseIndex, name: str) -> bool:
    whole = _whole(name)
    if index.keyword.has(whole):
        return True
    if _VERSIONED.fullmatch(name) or "_" in name:  # of a file: basic_example.py
        return index.keyword.has_start(whole)
    # Plain words beside a name are no part of it: BERT-style.
    named = {part for piece in name.split("-") for part in names_in(piece)} - {name}
    return bool(named) and all(_is_known(index, part) for part in named)


def _whole(name: str) -> str:
    """A name as the index has it, without spaces and hyphens."""
    return next(iter(tokenize(re.sub(r"[\s-]", "", name))), name.lower())


def _lacks_its_plus(name: str, hits: Sequence[Hit]) -> bool:
    """Whether a name with a plus behind it stands in no passage: the index has it without."""
    return name.endswith("+") and not any(name in hit.chunk.text for hit in hits)


def _is_short(name: str, hits: Sequence[Hit]) -> bool:
    """Whether a passage found spells an acronym out, or has the acronym of what is spelled out."""
    words = [word for word in re.split(r"[-\s]", name) if word]
    initials = "".join(word[0] for word in words).upper()
    if len(words) > 1:
        return any(re.search(rf"\b{initials}\b", hit.chunk.text, re.ASCII) for hit in hits)
    if not _ACRONYM.fullmatch(name):
        return False
    spelled = r"[\s-]+".join(rf"\b{letter}\w+" for letter in name)
    return any(re.search(spelled, hit.chunk.text, re.IGNORECASE | re.ASCII) for hit in hits)


def _capitalised(index: CourseIndex, question: str) -> list[str]:
    """Capitalised words inside an English sentence that neither graph nor index knows."""
    if language_of(question) is not Language.EN:
        return []
    rest = without_names(question, index.graph.mentions(question))
    words = (found.group() for found in _INSIDE.finditer(rest))
    return [word for word in words if not index.keyword.has(_whole(word))]


def _options(index: CourseIndex, question: str) -> list[str]:
    """Latin words whose value a Chinese sentence asks for, that neither graph nor index knows."""
    rest = without_names(question, index.graph.mentions(question))
    words = (found["name"] for found in _OPTION.finditer(rest))
    return [word for word in words if word not in STOPWORDS and not index.keyword.has(_whole(word))]
