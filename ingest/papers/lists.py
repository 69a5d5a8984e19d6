"""A user's own list of papers: BibTeX, CSV, JSON or JSON lines, as facts on papers."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.errors import PapersError
from ingest.model import Paper
from ingest.paper_facts import check_distinct, is_arxiv_id, paper_from, title_key
from ingest.papers.identifiers import identifiers

_FORMS = ".bib, .csv, .json or .jsonl"
_ENTRY = re.compile(r"@(\w+)\s*[{(]\s*([^,\s{}()]*)\s*,")
_FIELD = re.compile(r"\s*([\w-]+)\s*=\s*")
_COMMAND = re.compile(r"\\[a-zA-Z]+\s*|\\.|[{}]")
_ACCENT = re.compile(r"\\[`'^\"~=.uvHtcdb]\s*\{?\\?([a-zA-Z])\}?")
_AND = re.compile(r"\s+and\s+")
_LIST = re.compile(r"\s*[;|]\s*")
_LISTS = ("authors", "names", "concepts", "exact", "generic", "common")
_NUMBERS = ("lessons", "subjects")
# Columns and keys as other tools write them.
_ALSO = {"arxiv": "arxiv_id", "eprint": "arxiv_id", "author": "authors", "url": "link"}


def read_list(file: Path) -> list[Paper]:
    """The papers of a file; raises PapersError that names the entry and the field."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PapersError(f"{file}: {error}", f"Give {_FORMS} in UTF-8.") from error
    readers = {".bib": _bibtex, ".csv": _csv, ".json": _json, ".jsonl": _json_lines}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise PapersError(f"{file}: not a list of papers", f"Give {_FORMS}.")
    papers = [paper_from(values, f"{file}: {where}") for where, values in reader(text, str(file))]
    if not papers:
        raise PapersError(f"{file}: no papers in it", "Each needs a title, and an id if it can.")
    check_distinct(papers, str(file))
    return papers


def _json(text: str, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise PapersError(f"{file}: not JSON ({error})") from error
    rows = found.get("papers") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise PapersError(f"{file}: no list of papers", 'Write [{"arxiv_id": ..., "title": ...}].')
    for number, values in enumerate(rows, start=1):
        yield f"paper {number}", _named(values, f"{file}: paper {number}")


def _json_lines(text: str, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                values = json.loads(line)
            except ValueError as error:
                raise PapersError(f"{file}, line {number}: not JSON ({error})") from error
            yield f"line {number}", _named(values, f"{file}, line {number}")


def _csv(text: str, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    rows = csv.DictReader(io.StringIO(text))
    if "title" not in [name.strip().lower() for name in rows.fieldnames or ()]:
        hint = "Name the columns in the first row: arxiv_id, title, year, authors, names."
        raise PapersError(f"{file}: no column title", hint)
    for number, row in enumerate(rows, start=2):
        values: dict[str, Any] = {}
        for column, cell in row.items():
            key = (column or "").strip().lower()
            if isinstance(cell, str) and cell.strip():
                values[key] = cell.strip()
        if values:
            yield f"line {number}", _named(values, f"{file}, line {number}")


def _bibtex(text: str, file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in _ENTRY.finditer(text):
        kind, key = entry[1].lower(), entry[2]
        if kind in ("comment", "string", "preamble"):
            continue
        fields = dict(_fields(text, entry.end(), f"{file}: {key}"))
        values: dict[str, Any] = {"id": key, "title": _plain(fields.get("title", ""))}
        if year := re.search(r"\d{4}", fields.get("year", fields.get("date", ""))):
            values["year"] = int(year[0])
        if authors := fields.get("author"):
            values["authors"] = [_person(one) for one in _AND.split(authors.strip())]
        if fields.get("doi"):
            values["doi"] = _plain(fields["doi"]).removeprefix("https://doi.org/")
        if fields.get("abstract"):
            values["abstract"] = _plain(fields["abstract"])
        arxiv = f"arxiv:{fields.get('eprint', '')} " + " ".join(
            fields.get(name, "") for name in ("journal", "note", "url", "howpublished")
        )
        found = next((one.arxiv_id for one in identifiers(arxiv) if one.arxiv_id), None)
        if found:
            values["arxiv_id"] = values["id"] = found
        elif fields.get("url"):
            values["link"] = fields["url"].strip()
        yield key or "an entry", values


def _fields(text: str, start: int, where: str) -> Iterator[tuple[str, str]]:
    """Names and values of an entry that goes on at ``start``; braces may be nested."""
    place = start
    while (found := _FIELD.match(text, place)) is not None:
        value, place = _value(text, found.end(), where)
        yield found[1].lower(), value
        rest = re.compile(r"\s*,?").match(text, place)
        place = rest.end() if rest else place


def _value(text: str, start: int, where: str) -> tuple[str, int]:
    opener = text[start : start + 1]
    if opener not in ("{", '"'):
        bare = re.compile(r"[^,}\s]*").match(text, start)
        assert bare is not None  # noqa: S101 (the pattern matches nothing, too)
        return bare[0], bare.end()
    depth = 0
    for place in range(start, len(text)):
        letter = text[place]
        if letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
        closed = letter == "}" if opener == "{" else letter == '"' and place > start
        if closed and depth == 0:
            return text[start + 1 : place], place + 1
    raise PapersError(f"{where}: a brace or quote is not closed", "Close it.")


def _plain(value: str) -> str:
    """BibTeX without its commands and braces."""
    return " ".join(_COMMAND.sub("", _ACCENT.sub(r"\1", value)).split())


def _person(name: str) -> str:
    family, _, given = _plain(name).partition(",")
    return f"{given.strip()} {family}".strip()


def _named(values: object, where: str) -> dict[str, Any]:
    """Values under the names that facts have, with an id; cells become lists and numbers."""
    if not isinstance(values, Mapping):
        raise PapersError(f"{where}: not an object", 'Write {"arxiv_id": ..., "title": ...}.')
    found = {_ALSO.get(str(key), str(key)): value for key, value in values.items()}
    for key in _LISTS:
        if isinstance(found.get(key), str):
            found[key] = [part for part in _LIST.split(found[key].strip()) if part]
    for key in _NUMBERS:
        if isinstance(found.get(key), str):
            found[key] = [_number(part, key, where) for part in _LIST.split(found[key].strip())]
    if isinstance(found.get("year"), str):
        found["year"] = _number(found["year"], "year", where)
    arxiv = found.get("arxiv_id")
    if isinstance(arxiv, str):
        named = next((one.arxiv_id for one in identifiers(f"arxiv:{arxiv}") if one.arxiv_id), None)
        found["arxiv_id"] = found["id"] = named or arxiv
    doi = found.get("doi")
    if not found.get("id") and isinstance(doi, str):
        found["id"] = f"doi:{doi.casefold()}"
    if not found.get("id") and isinstance(found.get("title"), str):
        found["id"] = f"title:{title_key(found['title'])[:60]}"
    return found


def _number(text: str, field: str, where: str) -> int:
    try:
        return int(text.strip())
    except ValueError as error:
        raise PapersError(f"{where}: {field} {text!r} is no number", "Write it as 2024.") from error


def merged(own: Mapping[str, Paper], new: Paper, known: Mapping[str, Paper]) -> Paper:
    """A paper of a list over what is known of it: by its id, or by the same title."""
    before = own.get(new.id) or known.get(new.id)
    if before is None:
        same = {title_key(paper.title): paper for paper in (*known.values(), *own.values())}
        before = same.get(title_key(new.title))
    if before is None:
        return new
    arxiv_id = before.arxiv_id or (new.arxiv_id if is_arxiv_id(new.arxiv_id or "") else None)
    return replace(
        before,
        title=new.title,
        year=new.year or before.year,
        authors=new.authors or before.authors,
        names=tuple(dict.fromkeys((*before.names, *new.names))),
        exact=before.exact | new.exact,
        generic=before.generic | new.generic,
        common=before.common | new.common,
        concepts=tuple(dict.fromkeys((*before.concepts, *new.concepts))),
        lessons=tuple(sorted({*before.lessons, *new.lessons})),
        subjects=tuple(sorted({*before.subjects, *new.subjects})),
        arxiv_id=arxiv_id,
        doi=new.doi or before.doi,
        link=new.link or before.link,
        abstract=new.abstract or before.abstract,
    )
