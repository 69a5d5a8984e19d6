"""Research papers made on the spot: ten styles of references, one and two columns, real entries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pymupdf

from ingest.model import Paper


@dataclass(frozen=True)
class Work:
    """A cited work as a style needs it."""

    authors: tuple[tuple[str, str], ...]  # given and family names
    title: str
    year: int
    venue: str
    arxiv_id: str = ""


def _initials(given: str) -> str:
    return " ".join(f"{name[0]}." for name in given.split())


def _acl(number: int, work: Work) -> str:
    names = ", ".join(f"{given} {family}" for given, family in work.authors)
    return f"{names}. {work.year}. {work.title}. In {work.venue}."


def _apa(number: int, work: Work) -> str:
    names = ", ".join(f"{family}, {_initials(given)}" for given, family in work.authors)
    return f"{names} ({work.year}). {work.title}. {work.venue}, 12(3), 101-118."


def _ieee(number: int, work: Work) -> str:
    names = ", ".join(f"{_initials(given)} {family}" for given, family in work.authors)
    return f'[{number}] {names}, "{work.title}," in {work.venue}, {work.year}, pp. 1-12.'


def _plain(number: int, work: Work) -> str:
    names = ", ".join(f"{given} {family}" for given, family in work.authors)
    arxiv = f"arXiv preprint arXiv:{work.arxiv_id}" if work.arxiv_id else work.venue
    return f"[{number}] {names}. {work.title}. {arxiv}, {work.year}."


def _dotted(number: int, work: Work) -> str:
    names = ", ".join(f"{family} {given[0]}" for given, family in work.authors)
    return f"{number}. {names}. {work.title}. {work.venue}. {work.year};12:101-18."


def _springer(number: int, work: Work) -> str:
    names = ", ".join(f"{family}, {_initials(given)}" for given, family in work.authors)
    return f"{number}. {names}: {work.title}. In: {work.venue}, pp. 1-12 ({work.year})"


def _mla(number: int, work: Work) -> str:
    given, family = work.authors[0]
    return f'{family}, {given}, et al. "{work.title}." {work.venue}, vol. 12, {work.year}.'


def _alpha(number: int, work: Work) -> str:
    names = ", ".join(f"{given} {family}" for given, family in work.authors)
    label = "".join(family[0] for _, family in work.authors) + str(work.year)[2:]
    return f"[{label}] {names}. {work.title}. {work.venue}, {work.year}."


def _chinese(number: int, work: Work) -> str:
    names = ", ".join(f"{family.upper()} {given[0]}" for given, family in work.authors)
    return f"[{number}] {names}, et al. {work.title}[C]//{work.venue}. {work.year}: 1-12."


def _icml(number: int, work: Work) -> str:
    names = ", ".join(f"{family}, {_initials(given)}" for given, family in work.authors[:-1])
    given, family = work.authors[-1]
    last = f"{family}, {_initials(given)}"
    names = f"{names}, and {last}" if names else last
    return f"{names} {work.title}. {work.venue}, {work.year}. URL https://arxiv.org/abs/{work.arxiv_id}."


Style = Callable[[int, Work], str]
STYLES: dict[str, tuple[Style, int]] = {  # with the number of columns
    "acl": (_acl, 2),
    "apa": (_apa, 1),
    "ieee": (_ieee, 2),
    "plain": (_plain, 1),
    "dotted": (_dotted, 1),
    "springer": (_springer, 1),
    "mla": (_mla, 1),
    "alpha": (_alpha, 1),
    "gbt7714": (_chinese, 1),
    "icml": (_icml, 2),
}
_PEOPLE = (
    ("Edward J", "Hu"), ("Yelong", "Shen"), ("Ashish", "Vaswani"), ("Noam", "Shazeer"),
    ("Tri", "Dao"), ("Wei-Lin", "Chiang"), ("Zhe", "Zhou"), ("Anna", "Rogers"),
    ("José", "Pereira"), ("Mikel", "Artetxe"), ("Omar", "Khattab"), ("Jie", "Tang"),
)  # fmt: skip
_VENUES = (
    "Proceedings of ICLR",
    "Advances in Neural Information Processing Systems",
    "Journal of Machine Learning Research",
    "Proceedings of the 58th Annual Meeting of the ACL",
)
ABSTRACT = (
    "We study how small adapters change what a large network can learn. On twelve tasks, our "
    "method needs a tenth of the memory and loses less than one point of accuracy. We also show "
    "where it fails, and why."
)


def works_of(papers: Sequence[Paper], start: int, number: int) -> list[Work]:
    """Works made of known papers, each with two or three authors and a venue."""
    works = []
    for place in range(number):
        paper = papers[(start + 37 * place) % len(papers)]
        people = tuple(_PEOPLE[(start + place + n) % len(_PEOPLE)] for n in range(2 + place % 2))
        venue = _VENUES[(start + place) % len(_VENUES)]
        works.append(Work(people, paper.title, paper.year or 2020, venue, paper.arxiv_id or ""))
    return works


def make_paper(
    file: Path, style: str, title: str, authors: str, works: Sequence[Work], stamp: str = ""
) -> list[str]:
    """Write a paper; give the entries of its reference list as they were written."""
    write, columns = STYLES[style]
    entries = [write(number, work) for number, work in enumerate(works, start=1)]
    document = pymupdf.open()
    first = document.new_page(width=595, height=842)
    _box(first, (72, 60, 523, 110), title, 17, align=1)
    _box(first, (72, 112, 523, 134), authors, 10.5, align=1)
    first.insert_text((270, 152), "Abstract", fontsize=12, fontname="times-bold")
    _box(first, (100, 162, 495, 260), ABSTRACT, 9.5)
    if stamp:
        first.insert_text((20, 500), stamp, fontsize=16, rotate=90)
    y = 270.0
    for heading, text in (
        ("1  Introduction", "Large networks are adapted to many tasks. " * 12),
        ("2  Method", "We add a small matrix beside each layer and train it alone. " * 10),
        ("3  Results", "All twelve tasks improve with the size of the matrix. " * 10),
    ):
        first.insert_text((72, y + 14), heading, fontsize=12.5, fontname="times-bold")
        _box(first, (72, y + 22, 523, y + 130), text, 9.5)
        y += 135
    _references(document, entries, columns)
    document.save(file)
    document.close()
    return entries


def _references(document: pymupdf.Document, entries: Sequence[str], columns: int) -> None:
    """Set the list with hanging indents, column by column and page by page."""
    width = 451 / columns - (10 if columns > 1 else 0)
    page = document.new_page(width=595, height=842)
    page.insert_text((72, 74), "References", fontsize=12.5, fontname="times-bold")
    column, y = 0, 90.0
    for entry in entries:
        lines = _lines(entry, width - 12)
        if y + 11 * len(lines) > 780:
            column, y = column + 1, 90.0 if column + 1 < columns else 60.0
            if column == columns:
                page = document.new_page(width=595, height=842)
                column = 0
        x = 72 + column * (width + 20)
        for place, line in enumerate(lines):
            page.insert_text(
                (x + (12 if place else 0), y), line, fontsize=9, fontname="times-roman"
            )
            y += 11
        y += 3


def _lines(text: str, width: float) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if pymupdf.get_text_length(longer, fontname="times-roman", fontsize=9) > width and line:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def _box(
    page: pymupdf.Page, box: tuple[float, ...], text: str, size: float, align: int = 0
) -> None:
    page.insert_textbox(
        pymupdf.Rect(*box), text, fontsize=size, fontname="times-roman", align=align
    )
