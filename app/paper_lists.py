"""A user's own papers in the data folder, and lists of papers for other programs."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import BadRequest
from app.settings import Settings
from app.wiring import build, make_encoders, open_for_writing
from ingest.files import replace_text
from ingest.model import Paper
from ingest.paper_facts import alike_titles, paper_values, papers_by_id, read_papers, shipped_papers
from ingest.papers.lists import merged, read_list
from ingest.report import Progress


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: new papers, those that add to known ones, and titles to look at."""

    new: tuple[Paper, ...]
    known: tuple[Paper, ...]
    alike: tuple[tuple[Paper, Paper], ...]


def import_papers(settings: Settings, file: Path, progress: Progress) -> Imported:
    """Add a list to the user's own papers, and bring mentions and index up to date."""
    wanted = read_list(file)
    shipped = papers_by_id(shipped_papers())
    with open_for_writing(settings, progress) as corpus:
        before = read_papers(settings.papers_file) if settings.papers_file.exists() else ()
        own = papers_by_id(before)
        new: list[Paper] = []
        known: list[Paper] = []
        for one in wanted:
            paper = merged(own, one, shipped)
            (known if paper.id in own or paper.id in shipped else new).append(paper)
            own[paper.id] = paper
        rows = [plain_values(paper) for _, paper in sorted(own.items())]
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        replace_text(settings.papers_file, "".join(lines))
        if corpus.documents():
            build(settings, corpus, make_encoders(settings, progress), progress)
    everything = tuple((shipped | own).values())
    fresh = {paper.id for paper in new}
    alike = (pair[:2] for pair in alike_titles(everything, 90.0))
    return Imported(tuple(new), tuple(known), tuple(p for p in alike if {p[0].id, p[1].id} & fresh))


def plain_values(paper: Paper) -> dict[str, object]:
    """A paper as JSON holds it."""
    values = paper_values(paper)
    return {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}


def exported(papers: Sequence[Paper], form: str) -> str:
    """Papers as BibTeX, RIS or Markdown; raises BadRequest for another form."""
    forms: Mapping[str, Callable[[Paper], str]] = {
        "bibtex": _bibtex,
        "ris": _ris,
        "markdown": _markdown,
    }
    if form not in forms:
        raise BadRequest(f"format {form!r} is not known", f"Known: {', '.join(forms)}.")
    return "".join(forms[form](paper) for paper in papers)


def _bibtex(paper: Paper) -> str:
    fields = {
        "title": f"{{{_braced(paper.title)}}}",
        "author": " and ".join(map(_braced, paper.authors)),
        "year": str(paper.year or ""),
        "eprint": paper.arxiv_id or "",
        "archivePrefix": "arXiv" if paper.arxiv_id else "",
        "doi": paper.doi or "",
        "url": paper.url or "",
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@misc{{{_key(paper)},\n{lines}}}\n\n"


def _braced(text: str) -> str:
    return re.sub(r"([&%#_$])", r"\\\1", text)


def _key(paper: Paper) -> str:
    """A key that people can read and that no other paper has."""
    return re.sub(r"[^\w.:/-]+", "-", f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else paper.id)


def _ris(paper: Paper) -> str:
    lines: Iterable[tuple[str, str]] = (
        ("TY", "UNPB" if paper.arxiv_id else "GEN"),
        ("ID", _key(paper)),
        ("TI", paper.title),
        *(("AU", author) for author in paper.authors),
        ("PY", str(paper.year or "")),
        ("DO", paper.doi or ""),
        ("UR", paper.url or ""),
    )
    return "".join(f"{tag}  - {value}\r\n" for tag, value in lines if value) + "ER  - \r\n\r\n"


def _markdown(paper: Paper) -> str:
    title = re.sub(r"([\[\]*_`<>])", r"\\\1", paper.title)
    authors = f"{', '.join(paper.authors)}. " if paper.authors else ""
    linked = f"[{title}]({paper.url})" if paper.url else title
    return f"- {authors}{linked}{f' ({paper.year})' if paper.year else ''}\n"
