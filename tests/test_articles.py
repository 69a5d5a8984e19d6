"""Research papers as input: what they are, their reference lists in ten styles, and the edges."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from made_papers import ABSTRACT, STYLES, Work, make_paper, works_of

from ingest.corpus import Corpus
from ingest.model import NamedBy, PaperRole, Source
from ingest.paper_facts import shipped_papers, title_key
from ingest.papers.articles import Article, read_article
from ingest.papers.bibliography import split_entries
from ingest.papers.finding import PaperFinder
from ingest.papers.matching_titles import TitleMatcher
from ingest.papers.roles import mentions_of
from ingest.papers.stage import find_papers
from ingest.papers.subjects import literature
from ingest.reading import ReadDocument, read_source
from ingest.settings import OcrMode, ReadSettings

TITLE = "Adapters in the Small: What Little Matrices Learn"
AUTHORS = "Jane Q. Doe, Li Wei and Ada Nowak"
STAMP = "arXiv:2401.99997v2 [cs.CL] 3 Feb 2024"
PAPERS = shipped_papers()
FINDER = PaperFinder(PAPERS)


@dataclass(frozen=True)
class Made:
    """A made paper as it was read, its works and its entries as they were written."""

    read: ReadDocument
    works: list[Work]
    entries: list[str]
    article: Article


def read(file: Path) -> ReadDocument:
    return read_source(Source("c", file.name, str(file)), "x", ReadSettings(ocr=OcrMode.OFF))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    folder, titles = tmp_path_factory.mktemp("made"), TitleMatcher(PAPERS)
    found = {}
    for number, style in enumerate(STYLES):
        works = works_of(PAPERS, 101 * number, 24)
        file = folder / f"{style}.pdf"
        entries = make_paper(file, style, TITLE, AUTHORS, works, STAMP if number % 2 else "")
        document = read(file)
        article = read_article(document.document, document.sections, document.chunks, titles)
        assert article is not None, style
        found[style] = Made(document, works, entries, article)
    return found


def squash(text: str) -> str:
    return "".join(text.split())


def test_reference_lists_of_ten_styles_are_split_and_matched(made: dict[str, Made]) -> None:
    whole = right = titled = matched = wrong = 0
    for style, paper in made.items():
        split = {squash(entry.text): entry for _, entry in paper.article.entries}
        named = FINDER.find(paper.read.document, paper.read.sections, paper.read.chunks, ())
        ours = {
            mention.paper
            for mention in mentions_of("d", named)
            if mention.named_by is NamedBy.REFERENCE
        }
        known = {title_key(one.title): one.id for one in PAPERS}
        gold = {known[title_key(work.title)] for work in paper.works}
        here = sum(squash(entry) in split for entry in paper.entries)
        print(style, len(paper.entries), here, len(gold & ours), sorted(ours - gold))
        whole, right = whole + len(paper.entries), right + here
        matched, wrong = matched + len(gold & ours), wrong + len(ours - gold)
        for entry, work in zip(paper.entries, paper.works, strict=True):
            if (one := split.get(squash(entry))) is not None:
                titled += title_key(one.title) == title_key(work.title)
    assert right >= 0.95 * whole
    assert titled >= 0.95 * whole
    assert matched >= 0.9 * whole
    assert wrong <= 0.01 * whole


@pytest.mark.parametrize("style", STYLES)
def test_a_paper_says_what_it_is(made: dict[str, Made], style: str) -> None:
    paper = made[style].article.paper
    assert paper.title == TITLE
    assert paper.authors == ("Jane Q. Doe", "Li Wei", "Ada Nowak")
    assert paper.abstract == ABSTRACT
    stamped = list(STYLES).index(style) % 2
    assert (paper.arxiv_id, paper.year) == (("2401.99997", 2024) if stamped else (None, None))
    assert [s.path[-1] for s in made[style].read.sections][-4:] == [
        "1 Introduction",
        "2 Method",
        "3 Results",
        "References",
    ]


def test_titles_with_slips_are_matched(tmp_path: Path) -> None:
    works = works_of(PAPERS, 300, 12)
    slips = [
        Work(w.authors, w.title.replace("e", "", 1).replace("-", " "), w.year, w.venue)
        for w in works
    ]
    make_paper(tmp_path / "slips.pdf", "acl", TITLE, AUTHORS, slips)
    document = read(tmp_path / "slips.pdf")
    named = FINDER.find(document.document, document.sections, document.chunks, ())
    known = {title_key(one.title): one.id for one in PAPERS}
    gold = {known[title_key(work.title)] for work in works}
    assert len(gold & named.places.keys()) >= 0.9 * len(gold)


def test_a_paper_cites_what_it_lists_and_goes_with_its_file(tmp_path: Path) -> None:
    works = works_of(PAPERS, 0, 8)
    file = tmp_path / "paper.pdf"
    make_paper(file, "plain", TITLE, AUTHORS, works, STAMP)
    document = read(file)
    with Corpus(tmp_path / "corpus.db") as corpus:
        corpus.put(
            document.document, document.sections, document.chunks, {"read": "1"}, document.items
        )
        find_papers(corpus, PAPERS)
        mentions, articles = corpus.mentions.all(), corpus.mentions.articles()
        roles = {mention.paper: mention.role for mention in mentions}
        assert roles.pop("2401.99997") is PaperRole.ABOUT
        assert set(roles.values()) == {PaperRole.CITES}
        assert len(roles) == 8
        known = literature(PAPERS, mentions, (), articles)
        (own,) = (paper for paper in known.papers if paper.id == "2401.99997")
        assert (own.title, own.abstract) == (TITLE, ABSTRACT)
        corpus.remove([document.document.id])
        assert (corpus.mentions.all(), corpus.mentions.articles()) == ([], [])


def test_notes_and_slides_are_no_papers(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text("# 笔记\n\n## Abstract\n\n摘要\n\n## References\n\n1. LoRA. 2021.\n", "utf-8")
    document = read(note)
    titles = TitleMatcher(PAPERS)
    assert read_article(document.document, document.sections, document.chunks, titles) is None


@pytest.mark.parametrize(
    "text",
    ["A" * 20000, "Ab, A. " * 3000, "[1] " + "A. " * 5000, '"' * 9000, ". " * 9000,
     ("Ab, C., " * 40 + "\n") * 50, "Abc-Def" * 3000, "A B " * 5000],
)  # fmt: skip
def test_odd_lists_take_no_time(text: str) -> None:
    start = time.perf_counter()
    split_entries(text)
    assert time.perf_counter() - start < 2
