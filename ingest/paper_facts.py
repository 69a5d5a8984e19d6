"""Facts on papers: those that ship with us and a user's own; the file names what is wrong."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingest.errors import PapersError
from ingest.model import Paper

SHIPPED = Path(__file__).parent / "data" / "papers.jsonl"
# Since 2015 the number has five digits; both halves are checked, for 2013.99999 is no month.
_ARXIV = re.compile(r"(\d\d)(0[1-9]|1[0-2])\.(\d{4,5})\Z")
_OLD_ARXIV = re.compile(r"[a-z-]+(?:\.[A-Z]{2})?/(\d\d)(0[1-9]|1[0-2])\d{3}\Z")
_FIVE_DIGITS = "1501"
_TEXTS = ("authors", "names", "exact", "generic", "common", "concepts")
_NUMBERS = ("lessons", "subjects")
_STRINGS = ("id", "arxiv_id", "title", "doi", "link", "abstract")
_KEYS = frozenset({*_TEXTS, *_NUMBERS, *_STRINGS, "year"})
_YEARS = range(1800, 2100)
# A preprint may come out in the year after the work, or before it is printed.
_DRIFT = 1


@lru_cache(maxsize=1)
def shipped_papers() -> tuple[Paper, ...]:
    """The papers that ship with us, by id."""
    return read_papers(SHIPPED)


def load_papers(extra: Path | None = None) -> tuple[Paper, ...]:
    """The papers that ship, and over them those of a user's own list, by id."""
    found = {paper.id: paper for paper in shipped_papers()}
    if extra is not None and extra.exists():
        found |= {paper.id: paper for paper in read_papers(extra)}
    return tuple(paper for _, paper in sorted(found.items()))


def read_papers(file: Path) -> tuple[Paper, ...]:
    """The papers of a JSON lines file, checked; raises PapersError that names the line."""
    try:
        lines = file.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PapersError(f"{file}: {error}", "Give a JSON lines file in UTF-8.") from error
    papers = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            raise PapersError(f"{file}, line {number}: not JSON ({error})") from error
        papers.append(paper_from(values, f"{file}, line {number}"))
    check_distinct(papers, str(file))
    return tuple(papers)


def paper_from(values: object, where: str) -> Paper:
    """A paper of plain values; raises PapersError that names the field."""
    if not isinstance(values, Mapping):
        raise PapersError(f"{where}: not an object", 'Write {"arxiv_id": ..., "title": ...}.')
    _check_fields(values, where)
    arxiv, identity = values.get("arxiv_id"), values.get("id") or values.get("arxiv_id")
    if not identity:
        raise PapersError(f"{where}: no arxiv_id and no id", "Give it one of them.")
    title = values.get("title", "").strip()
    if not title:
        raise PapersError(f"{where} ({identity}): no title", "Give the paper's title.")
    year = values.get("year")
    if arxiv:
        year = _checked_year(arxiv, year, where)
    texts: dict[str, Any] = {key: values.get(key) or () for key in _TEXTS}
    return Paper(
        id=identity,
        title=title,
        year=year,
        authors=tuple(texts["authors"]),
        names=tuple(texts["names"]),
        exact=frozenset(texts["exact"]),
        generic=frozenset(texts["generic"]),
        common=frozenset(texts["common"]),
        concepts=tuple(texts["concepts"]),
        lessons=tuple(values.get("lessons") or ()),
        subjects=tuple(values.get("subjects") or ()),
        arxiv_id=arxiv,
        doi=values.get("doi"),
        link=values.get("link"),
        abstract=values.get("abstract") or "",
    )


def paper_values(paper: Paper) -> dict[str, object]:
    """A paper as a line of a list holds it: what ``paper_from`` reads, without empty fields."""
    values: dict[str, object] = {} if paper.id == paper.arxiv_id else {"id": paper.id}
    for key in (*_STRINGS[1:], "year", *_TEXTS, *_NUMBERS):
        value = getattr(paper, key)
        if value:
            values[key] = sorted(value) if isinstance(value, frozenset) else value
    return values


def is_arxiv_id(text: str) -> bool:
    """Whether a text is an arXiv id in one of its two forms, without a version."""
    found = _ARXIV.match(text)
    if found is None:
        return _OLD_ARXIV.match(text) is not None
    digits = len(found[3]) == (5 if found[1] + found[2] >= _FIVE_DIGITS else 4)
    return digits and found[3].strip("0") != ""


def arxiv_year(arxiv_id: str) -> int:
    """The year in which an arXiv id was given."""
    digits = int(re.sub(r"\D", "", arxiv_id.rpartition("/")[2])[:2])
    return digits + (1900 if digits > 90 else 2000)  # noqa: PLR2004 (arXiv began in 1991)


def title_key(title: str) -> str:
    """A title as it is compared: letters and digits only, lower-cased."""
    return "".join(filter(str.isalnum, title.casefold()))


def check_distinct(papers: Sequence[Paper], where: str) -> None:
    """Raise PapersError where two papers of a list have one id or one title."""
    for what, keys in (
        ("id", [paper.id for paper in papers]),
        ("title", [title_key(paper.title) for paper in papers]),
    ):
        seen: dict[str, Paper] = {}
        for key, paper in zip(keys, papers, strict=True):
            other = seen.setdefault(key, paper)
            if other is not paper:
                message = f"{where}: {other.id} and {paper.id} have one {what}: {paper.title!r}"
                raise PapersError(message, "Leave one of them out.")


def alike_titles(papers: Sequence[Paper], least: float = 96.0) -> list[tuple[Paper, Paper, float]]:
    """Pairs with titles so similar (0 to 100) that a person should look at them."""
    import numpy as np
    from rapidfuzz.fuzz import ratio
    from rapidfuzz.process import cdist

    keys = [title_key(paper.title) for paper in papers]
    scores = np.triu(cdist(keys, keys, scorer=ratio, score_cutoff=least), 1)
    # Numbers tell papers apart: Qwen2 and Qwen3 are no slip of the pen.
    digits = [re.sub(r"\D", "", key) for key in keys]
    return [
        (papers[one], papers[other], float(scores[one, other]))
        for one, other in zip(*np.nonzero(scores), strict=True)
        if digits[one] == digits[other]
    ]


def _check_fields(values: Mapping[str, Any], where: str) -> None:
    unknown = sorted(set(values) - _KEYS)
    if unknown:
        raise PapersError(f"{where}: unknown field {unknown[0]!r}", f"Known: {sorted(_KEYS)}.")
    for key in _STRINGS:
        if not isinstance(values.get(key) or "", str):
            raise PapersError(f"{where}: {key} is no text", "Write it in quotes.")
    for key in _TEXTS:
        if not _is_list(values.get(key), str):
            raise PapersError(f"{where}: {key} is no list of texts", 'Write ["...", "..."].')
    for key in _NUMBERS:
        if not _is_list(values.get(key), int):
            raise PapersError(f"{where}: {key} is no list of numbers", "Write [1, 2].")
    year = values.get("year")
    if year is not None and (not isinstance(year, int) or year not in _YEARS):
        raise PapersError(f"{where}: year {year!r} is no year", "Write it as 2024.")
    strange = {*(values.get("exact") or ()), *(values.get("generic") or ())}
    strange |= {*(values.get("common") or ())}
    strange -= {*(values.get("names") or ())}
    if strange:
        raise PapersError(f"{where}: {min(strange)!r} is none of its names", "List it in names.")


def _is_list(value: object, kind: type) -> bool:
    return value is None or (
        isinstance(value, (list, tuple)) and all(isinstance(one, kind) for one in value)
    )


def _checked_year(arxiv_id: str, year: int | None, where: str) -> int:
    if not is_arxiv_id(arxiv_id):
        hint = "Write it as 2106.09685, without a version."
        raise PapersError(f"{where}: {arxiv_id!r} is no arXiv id", hint)
    given = arxiv_year(arxiv_id)
    if year is not None and abs(year - given) > _DRIFT:
        message = f"{where}: year {year}, but {arxiv_id} was given in {given}"
        raise PapersError(message, "Correct one of them.")
    return given if year is None else year


def papers_by_id(papers: Iterable[Paper]) -> dict[str, Paper]:
    """Papers by id."""
    return {paper.id: paper for paper in papers}
