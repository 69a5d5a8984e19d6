"""Runs: what a search found for each question, as the pages of each passage."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app.batch import read_lines
from app.errors import BadRequest
from app.evaluation.questions import GoldQuestion, Page
from index.model import Hit

_TAG = "coursegraph"

Hits = Sequence[tuple[Page, ...]]
Run = Mapping[str, Hits]


def read_run(file: Path, questions: Iterable[GoldQuestion]) -> dict[str, Hits]:
    """The run in a file that `search --out` wrote; raises BadRequest that says what lacks."""
    run = parse_run(read_lines(file), str(file))
    check_complete(questions, run, str(file))
    return run


def parse_run(lines: Iterable[Mapping[str, Any]], name: str = "the run") -> dict[str, Hits]:
    """The run in the lines of such a file."""
    try:
        return {line["id"]: [_pages_of_line(hit) for hit in line["hits"]] for line in lines}
    except (KeyError, TypeError) as error:
        raise BadRequest(
            f"{name} lacks {error}", "Give a file that `search --out` wrote."
        ) from error


def check_complete(questions: Iterable[GoldQuestion], run: Run, name: str = "the run") -> None:
    """Raise BadRequest when an answerable question was not searched for."""
    missing = [question.id for question in questions if question.pages and question.id not in run]
    if missing:
        raise BadRequest(f"{name} lacks question {missing[0]!r}", "Search for all questions.")


def pages_of(hit: Hit) -> tuple[Page, ...]:
    """The pages that a passage stands on; of a note, the note itself and the sections."""
    return places_of(hit.document.path, hit.chunk.pages, hit.chunk.page, hit.chunk.section)


def places_of(
    document: str, pages: Sequence[int], page: int | None, headings: Sequence[str]
) -> tuple[Page, ...]:
    """Where a passage or a citation stands: its pages; of a note, the note and its headings."""
    numbers = pages or ([] if page is None else [page])
    places: Sequence[int | str | None] = numbers or [None, *reversed(headings)]
    return tuple(dict.fromkeys((document, place) for place in places))


def ranked_pages(hits: Hits, sections: bool = False) -> list[Page]:
    """Pages in the order in which the passages show them, each once.

    Of a note it is the note as a whole, or its ``sections``, the innermost first.
    """
    pages = (page for pages in hits for page in pages)
    wanted = (
        page for page in pages if isinstance(page[1], int) or isinstance(page[1], str) == sections
    )
    return list(dict.fromkeys(wanted))


def write_trec(run: Run, file: Path) -> None:
    """Write the ranked pages in TREC format: qid Q0 docid rank score tag."""
    lines: list[str] = []
    for identity, hits in run.items():
        for rank, page in enumerate(ranked_pages(hits), start=1):
            # trec_eval sorts by score and breaks ties by name, so the score has to tell the
            # rank: pages of one passage share theirs, and reranked ones need not fall.
            lines.append(f"{_word(str(identity))} Q0 {_name(page)} {rank} {1 / rank:.8f} {_TAG}\n")
    try:
        file.write_text("".join(lines), "utf-8")
    except OSError as error:
        raise BadRequest(f"{file}: {error.strerror}", "Name a file that can be written.") from error


def _pages_of_line(hit: Mapping[str, Any]) -> tuple[Page, ...]:
    return places_of(
        hit["document"], hit.get("pages") or (), hit.get("page"), hit.get("section") or ()
    )


def _name(page: Page) -> str:
    document, number = page
    return _word(document if number is None else f"{document}#{number}")


def _word(text: str) -> str:
    """Without white space, and two names never become the same one."""
    return re.sub(r"[\s%]", lambda found: quote(found[0]), text)
