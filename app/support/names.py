"""Latin names and identifiers of a written sentence, and whether its sources know them."""

import re
from collections.abc import Collection

from index.tokens import STOPWORDS, stem, tokenize
from ingest.text import CJK_CHARACTER

_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-.+/_'’][A-Za-z0-9]+)*\+*")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_NAME_SHAPE = re.compile(r"[A-Za-z].*[A-Z0-9_]")
_CONNECTOR = re.compile(r"[-./+_'’]")
_START = re.compile(r"(?:^|[.!?:;。！？：；\n]\s*)[\"“(*`]*$")
_PLURAL = re.compile(r"([A-Z0-9]{2,})s$")
_SHORTEST = 2
# A capitalised first word that is one of these, or ends so, is hardly a name.
# fmt: off
_OPENERS = frozenset({
    "without", "within", "while", "since", "because", "although", "instead", "each", "every",
    "both", "unlike", "during", "before", "after", "however", "therefore", "thus", "moreover",
    "also", "here", "first", "second", "third", "finally", "only", "most", "many", "some", "other",
    "another", "all", "any", "no", "not", "one", "two", "three", "even", "once", "unless", "until",
    "next", "given", "under", "over", "between", "compared", "like", "more", "less", "few",
    "several", "large", "small", "high", "low", "long", "short",
})
# fmt: on
_COMMON_END = re.compile(r"(?:ing|ed|ly|ion|ions|ment|ments|ness|ity|ive|able|al|ers?|es|ts)$")


def unknown_names(sentence: str, sources: str) -> list[str]:
    """Names and identifiers of a sentence that its sources never write."""
    known = _terms(sources)
    chinese = CJK_CHARACTER.search(sentence) is not None
    text = _COMMAND.sub(lambda found: " " * len(found.group()), sentence)
    unknown = [
        found.group()
        for found in _LATIN.finditer(text)
        if _is_name(text, found, chinese) and not _is_known(found.group(), known)
    ]
    return list(dict.fromkeys(unknown))


def _terms(text: str) -> frozenset[str]:
    """Terms of a text; stop words written as names, such as IT, count too."""
    words = (found.group().lower() for found in _LATIN.finditer(text))
    return frozenset(tokenize(text)) | frozenset(words)


def _is_name(text: str, found: re.Match[str], chinese: bool) -> bool:
    word = found.group()
    if len(word) < _SHORTEST or word.lower() in STOPWORDS:
        return False
    if chinese or _NAME_SHAPE.match(word):
        return True
    if not word[0].isupper():
        return False
    at_start = _START.search(text, 0, found.start()) is not None
    return not at_start or not (word.lower() in _OPENERS or _COMMON_END.search(word))


def _is_known(word: str, known: Collection[str]) -> bool:
    plural = _PLURAL.match(word)
    if plural is not None and _is_known(plural[1], known):
        return True
    whole = _CONNECTOR.sub("", word).lower()
    if whole in known or stem(whole) in known or word.lower() in known:
        return True
    pieces = _CONNECTOR.split(word)
    # The pieces of GPT-4 may come from GPT-3 and from any other 4.
    if len(pieces) == 1 or any(piece[:1].isdigit() for piece in pieces):
        return False
    return all(
        piece.lower() in known or stem(piece.lower()) in known or piece.lower() in STOPWORDS
        for piece in pieces
    )
