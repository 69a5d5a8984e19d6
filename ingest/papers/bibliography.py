"""Reference lists of research papers: cut into entries, and each entry's title."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_YEAR = r"(?:19|20)\d\d[a-z]?"
_LABEL = re.compile(r"(?:\[(?P<square>\d{1,3})\]|(?P<plain>\d{1,3})\.)(?=\s)")
_ALPHA = re.compile(r"\[(?P<alpha>[A-Z][A-Za-z+*]{0,9}\d{2}[a-z]?)\](?=\s)")
_SHARE_LABELLED = 0.5
_FEWEST = 3
_GIVEN = r"[A-ZÀ-Þ][\w'’-]*\.?"
_FAMILY = r"(?:(?:van|von|de|der|den|di|da|del|la|le|al|el|bin|ibn)\s)*[A-ZÀ-Þ][\w'’-]+"
_INITIALS = r"[A-ZÀ-Þ]\.(?:[\s-]?[A-ZÀ-Þ]\.){0,3}"
# How an entry of an unnumbered list begins: "Hu, E. J.", "Edward J. Hu, ... 2021.", "Hu, Edward,".
_FAMILY_FIRST = re.compile(rf"{_FAMILY},\s{_INITIALS}(?=[,(&;:]|and\b|et\b|[A-Z]|\s|$)")
_GIVEN_FIRST = re.compile(
    rf"{_GIVEN}(?:\s{_GIVEN}){{0,3}}\s{_FAMILY}"
    rf"(?:(?:,\s|\sand\s|,\sand\s|\s&\s){_GIVEN}(?:\s{_GIVEN}){{0,4}})*(?:,?\set\sal)?[.,]?\s\(?{_YEAR}"
)
_GIVEN_LIST = re.compile(
    rf"(?:{_GIVEN}\s){{1,3}}{_FAMILY}(?:,\s(?:{_GIVEN}\s){{1,3}}{_FAMILY})*"
    rf"(?:,?\sand\s(?:{_GIVEN}\s){{1,3}}{_FAMILY})\.\s"
)
_FULL_FAMILY_FIRST = re.compile(rf"{_FAMILY},\s{_GIVEN}(?:\s{_GIVEN})?(?:,\s(?:et\sal|and\s)|\.\s)")
_INITIALS_FIRST = re.compile(rf"{_INITIALS}\s?{_FAMILY}(?:,\s|,?\sand\s|\.\s)")
_ENDS = re.compile(r"(?:[.)\]]|https?://\S+|\d)\s*\Z")
_YEARS = re.compile(rf"(?<![\d-]){_YEAR}(?![\d-])")

_QUOTED = re.compile(r"[“\"](?P<title>[^”\"]{6,300}?)[,.]?[”\"]")
_GBT = re.compile(
    r"[.．]\s*(?P<title>[^.．]{4,300}?(?:\.\d[^.．]{0,200}?)?)\s*\[(?:[A-Z]{1,2}(?:/OL)?)\]"
)
_AFTER_YEAR = re.compile(rf"(?:\({_YEAR}[^)]{{0,12}}\)|[.,]\s{_YEAR})[.,:]\s*(?P<rest>.+)")
_AUTHORS = rf"(?:{_FAMILY},\s{_INITIALS}(?:,\s|\s)?(?:and\s)?){{1,30}}(?:et\sal\.?)?"
_AUTHORS_COLON = re.compile(rf"{_AUTHORS}:\s*(?P<rest>.+)")
_VANCOUVER = re.compile(
    rf"(?:{_FAMILY}\s[A-ZÀ-Þ]{{1,3}},\s){{0,40}}(?:{_FAMILY}\s[A-ZÀ-Þ]{{1,3}}|et\sal)\.\s+"
    r"(?P<rest>.+)"
)
_SENTENCE = re.compile(r"(?<=[^A-Z.\s][.?!])\s+(?=[\w\"“])|(?<=[A-Z]{2}[.?!])\s+|[.]\s+(?=In[:\s])")
_VENUE = re.compile(
    r"\s*(?:In[:\s]|arXiv\b|CoRR\b|Proceedings\b|Advances\s|Journal\b|https?:|URL\b)"
)
_AUTHOR_WORD = re.compile(r"[A-ZÀ-Þ][\w'’.-]*|and|et|al|&|van|von|de|der|den|di|da|del|la|le|bin")
_LONGEST = 1500  # characters of an entry that are looked at


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a reference list as it is printed, on one line; its title if it was found."""

    text: str
    title: str


def split_entries(text: str) -> list[Entry]:
    """Cut the text below "References" into entries, by their numbers or by how authors begin."""
    pieces = [" ".join(piece.split()) for piece in re.split(r"\n\s*\n|\n", text)]
    pieces = [piece for piece in pieces if piece]
    entries = _numbered(pieces) or _labelled(pieces) or _by_authors(pieces)
    return [Entry(entry, title_of(entry)) for entry in entries]


def _numbered(pieces: Sequence[str]) -> list[str]:
    """Entries that count up from 1; a number that does not go on is part of an entry."""
    joined = _joined(pieces)
    marks = []
    expected = 1
    for found in _LABEL.finditer(joined):
        starts = found.start() == 0 or joined[found.start() - 1] in "\n "
        # Where a line begins a number is a label; inside one only if it stands in brackets.
        is_label = found["square"] or found.start() == 0 or joined[found.start() - 1] == "\n"
        if starts and is_label and int(found["square"] or found["plain"]) == expected:
            marks.append(found.start())
            expected += 1
    if len(marks) < _FEWEST or marks[0] > len(joined) * (1 - _SHARE_LABELLED):
        return []
    return _cut(joined, marks)


def _labelled(pieces: Sequence[str]) -> list[str]:
    """Entries with labels such as [HSW21]."""
    joined = _joined(pieces)
    marks = [
        found.start()
        for found in _ALPHA.finditer(joined)
        if found.start() == 0 or joined[found.start() - 1] == "\n"
    ]
    return _cut(joined, marks) if len(marks) >= _FEWEST else []


def _joined(pieces: Sequence[str]) -> str:
    return "\n".join(pieces)


def _cut(joined: str, marks: Sequence[int]) -> list[str]:
    ends = [*marks[1:], len(joined)]
    return [_one_line(joined[start:end]) for start, end in zip(marks, ends, strict=True)]


def _one_line(text: str) -> str:
    """Lines joined; a word that was cut at a hyphen in small letters is whole again."""
    return " ".join(re.sub(r"(?<=[a-z])-\n(?=[a-z])", "-", text).split())


def _by_authors(pieces: Sequence[str]) -> list[str]:
    """Entries without labels: a new one begins with authors, once the one before is complete."""
    entries: list[str] = []
    for piece in pieces:
        if entries and not (_begins(piece) and _is_complete(entries[-1])):
            entries[-1] += "\n" + piece
        else:
            entries.append(piece)
    return [_one_line(entry) for entry in entries if _YEARS.search(entry)]


def _begins(piece: str) -> bool:
    return any(
        pattern.match(piece)
        for pattern in (
            _FAMILY_FIRST,
            _INITIALS_FIRST,
            _GIVEN_FIRST,
            _GIVEN_LIST,
            _FULL_FAMILY_FIRST,
        )
    )


def _is_complete(entry: str) -> bool:
    """It names a year, ends as entries do, and more than its authors stand in it."""
    year = _YEARS.search(entry)
    if year is None or _ENDS.search(entry) is None:
        return False
    around = f"{entry[: year.start()]} {entry[year.end() :]}"
    return not _are_authors(re.sub(r"[().]", " ", around))


def _are_authors(text: str) -> bool:
    """Whether nothing but names stands there."""
    return all(
        _AUTHOR_WORD.fullmatch(word.strip(",;")) for word in text.split() if word.strip(",;")
    )


def title_of(entry: str) -> str:
    """The title of an entry by its style; empty where none was found."""
    text = _LABEL.sub("", entry, count=1) if _LABEL.match(entry) else entry
    text = _ALPHA.sub("", text, count=1) if _ALPHA.match(text) else text
    text = text.strip()[:_LONGEST]
    for pattern in (_QUOTED, _GBT):
        if (found := pattern.search(text)) is not None:
            return found["title"].strip(" .,")
    for pattern in (_AUTHORS_COLON, _VANCOUVER):
        if (found := pattern.match(text)) is not None:
            return _first_sentence(found["rest"])
    after = _AFTER_YEAR.search(text)
    # A year near the end is that of the venue, and the title stands before it.
    if after is not None and after.start() < len(text) / 2:
        return _first_sentence(after["rest"])
    return _after_authors(text)


def _first_sentence(rest: str) -> str:
    return _SENTENCE.split(rest, maxsplit=1)[0].strip(" .,")


def _after_authors(text: str) -> str:
    """The first sentence that is no list of authors."""
    initials = re.match(rf"{_AUTHORS}\s*", text)
    rest = text[initials.end() :] if initials else text
    for sentence in _SENTENCE.split(rest):
        if _VENUE.match(sentence):
            break
        if not _are_authors(sentence):
            return sentence.strip(" .,")
    return ""
