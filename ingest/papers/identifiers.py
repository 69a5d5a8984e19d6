"""ArXiv ids and DOIs, in text and in the addresses of links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from ingest.paper_facts import is_arxiv_id

_ARXIV = re.compile(
    r"(?:\barxiv(?:\.org)?[\s:：./]{0,3}(?:(?:abs|pdf|html)/)?|\b(?:abs|pdf|html)/)"
    r"(?P<id>\d{4}\.\d{4,5}|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7})(?:v\d{1,2})?(?!\d)"
    r"|(?:alphaxiv\.org/(?:abs|pdf)|huggingface\.co/papers)/(?P<hub>\d{4}\.\d{4,5})(?!\d)",
    re.IGNORECASE,
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>，。；、）】《》]{1,200}")
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.", re.IGNORECASE)
_FILE_END = re.compile(r"(?:\.pdf|/full|/abstract)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identifier:
    """An arXiv id or DOI at ``[start, end)`` of a text."""

    arxiv_id: str | None
    doi: str | None
    start: int
    end: int


def identifiers(text: str) -> Iterator[Identifier]:
    """Find the identifiers of a text or address, in order."""
    found = [
        Identifier(identity, None, match.start(), match.end())
        for match in _ARXIV.finditer(text)
        if is_arxiv_id(identity := (match["id"] or match["hub"]))
    ]
    for match in _DOI.finditer(text):
        doi = _FILE_END.sub("", unquote(match.group()).rstrip(".,;:)]}*_"))
        if not _ARXIV_DOI.match(doi):
            found.append(Identifier(None, doi.casefold(), match.start(), match.start() + len(doi)))
    yield from sorted(found, key=lambda one: one.start)
