"""The stage that finds papers: only in documents that changed, or in all when the facts did."""

from collections.abc import Sequence

from ingest.corpus import Corpus
from ingest.ids import digest
from ingest.model import Document, Paper, Reference
from ingest.papers.finding import PaperFinder
from ingest.papers.roles import mentions_of

STAGE = "papers"
# Raised when the same document and the same facts would give other mentions.
VERSION = "3"


def find_papers(corpus: Corpus, papers: Sequence[Paper]) -> int:
    """Bring the mentions of papers up to date; tell in how many documents it looked."""
    facts = facts_digest(papers)
    keys, read = corpus.stage_keys(STAGE), corpus.stage_keys("read")
    due: list[tuple[Document, str]] = []
    for document in corpus.documents():
        key = digest(facts, read.get(document.id, ""), document.sha256)
        if keys.get(document.id) != key:
            due.append((document, key))
    finder = PaperFinder(papers) if due else None
    for document, key in due:
        assert finder is not None  # noqa: S101 (there is one where anything is due)
        references = (i for i in corpus.lesson_items(document.id) if isinstance(i, Reference))
        sections, chunks = corpus.sections(document.id), list(corpus.chunks(document.id))
        named = finder.find(document, sections, chunks, references)
        mentions = mentions_of(document.id, named)
        corpus.mentions.put(document.id, mentions, STAGE, key, named.itself)
    return len(due)


def facts_digest(papers: Sequence[Paper]) -> str:
    """Changes with the facts on papers and with how they are looked for."""
    return digest(VERSION, *map(repr, map(_facts, papers)))


def _facts(paper: Paper) -> tuple[object, ...]:
    marks = map(sorted, (paper.exact, paper.generic, paper.common))
    return paper.id, paper.title, paper.year, paper.authors, paper.names, *marks
