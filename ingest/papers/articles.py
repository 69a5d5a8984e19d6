"""Research papers among the documents: their title, authors, abstract, year and reference list."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.model import Chunk, Document, Paper, Section, SectionKind
from ingest.paper_facts import arxiv_year
from ingest.papers.bibliography import Entry, split_entries
from ingest.papers.identifiers import identifiers
from ingest.papers.matching_titles import TitleMatcher

_ABSTRACT = re.compile(r"^[#\s*]*(?:abstract|摘\s*要)\b[\s:：.—–-]*", re.IGNORECASE | re.MULTILINE)
_INTRODUCTION = re.compile(
    r"^[#\s*]*(?:(?:1|I)\.?\s+)?(?:introduction|引言|index terms|keywords|关键词)\b",
    re.IGNORECASE | re.MULTILINE,
)
_STAMP = re.compile(r"arXiv:(\d{4}\.\d{4,5})(?:v\d+)?\s+\[")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NAME = re.compile(r"[A-ZÀ-Þ\u4e00-\u9fff][\w.'’-]*(?:\s(?:[a-z]{2,3}\s)?[A-ZÀ-Þ][\w.'’-]*){0,4}\Z")
_MARKS = re.compile(r"[\d*†‡§¶∗,]+(?=\s|,|$)|\S+@\S+")
_LONGEST_ABSTRACT = 3000
_FIRST_PAGES = 2
_FEWEST_ENTRIES = 5


@dataclass(frozen=True, slots=True)
class Article:
    """A document that is a research paper, and the entries of its reference list by section."""

    paper: Paper
    entries: tuple[tuple[Section, Entry], ...]


def read_article(
    document: Document, sections: Sequence[Section], chunks: Sequence[Chunk], titles: TitleMatcher
) -> Article | None:
    """The paper that a PDF is; None without an abstract and a list of references."""
    if document.format != "pdf":
        return None
    first = [chunk for chunk in chunks if (chunk.page or 1) <= _FIRST_PAGES]
    opening = _opening(first, sections)
    abstract = _abstract(opening)
    entries = tuple(_entries(sections, chunks))
    if not abstract or len(entries) < _FEWEST_ENTRIES:
        return None
    stamp = next((match for chunk in first if (match := _STAMP.search(chunk.text))), None)
    arxiv_id = stamp[1] if stamp else _own_id(document)
    known = arxiv_id or titles.best(document.title)
    year = arxiv_year(arxiv_id) if arxiv_id else _year(opening)
    paper = Paper(
        id=known or f"document:{document.id}",
        title=document.title,
        year=year,
        authors=_authors(document.title, opening),
        arxiv_id=arxiv_id,
        abstract=abstract,
    )
    return Article(paper, entries)


def _opening(chunks: Sequence[Chunk], sections: Sequence[Section]) -> str:
    """The text of the first pages with its headings, which stand apart from the chunks."""
    paths = {section.id: section.path for section in sections}
    pieces: list[str] = []
    seen: set[str] = set()
    for chunk in chunks:
        heading = paths.get(chunk.section_id, ("",))[-1:]
        if chunk.section_id not in seen and heading:
            seen.add(chunk.section_id)
            if not chunk.text.lstrip().startswith(heading[0]):
                pieces.append(heading[0])
        pieces.append(chunk.text)
    return "\n".join(pieces)


def _abstract(opening: str) -> str:
    start = _ABSTRACT.search(opening)
    if start is None:
        return ""
    end = _INTRODUCTION.search(opening, start.end())
    text = opening[start.end() : end.start() if end else start.end() + _LONGEST_ABSTRACT]
    if end is None and "\n\n" in text.strip():
        text = text.strip().split("\n\n")[0]
    return " ".join(text.split())[:_LONGEST_ABSTRACT]


def _authors(title: str, opening: str) -> tuple[str, ...]:
    """Names between title and abstract; lines with anything else are affiliations."""
    start = _ABSTRACT.search(opening)
    above = opening[: start.start()] if start else ""
    names: list[str] = []
    for line in above.split("\n"):
        if line.strip() in title:
            continue
        parts = re.split(r",|;|\band\b|、|&", _MARKS.sub(",", line))
        found = [part.strip() for part in parts if part.strip()]
        if found and all(_NAME.match(part) and " " in part for part in found):
            names += found
    return tuple(dict.fromkeys(names))


def _own_id(document: Document) -> str | None:
    """The arXiv id that a file is named after."""
    stem = document.path.rpartition("/")[2].removesuffix(".pdf")
    found = next(identifiers(f"arxiv:{stem}"), None)
    return found.arxiv_id if found and found.start == 0 else None


def _year(opening: str) -> int | None:
    """The latest year above the abstract: further down stand those of other works."""
    start = _ABSTRACT.search(opening)
    above = opening[: start.start()] if start else ""
    return max(map(int, _YEAR.findall(above)), default=None)


def _entries(
    sections: Sequence[Section], chunks: Sequence[Chunk]
) -> Iterator[tuple[Section, Entry]]:
    texts: Mapping[str, list[str]] = {section.id: [] for section in sections}
    for chunk in chunks:
        if chunk.section_id in texts:
            texts[chunk.section_id].append(chunk.text)
    for section in sections:
        if section.kind is SectionKind.REFERENCES:
            for entry in split_entries("\n\n".join(texts[section.id])):
                yield section, entry
