"""The command that judges a search: by itself, against another run, and part by part."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.batch import mode_named
from app.errors import BadRequest
from app.evaluation import (
    Run,
    answer_all,
    compare,
    judge_answers,
    judge_run,
    read_questions,
    read_run,
    search_all,
    trec_lines,
)
from app.settings import Settings
from app.wiring import make_assistant
from index.settings import Part
from ingest.report import Progress


@dataclass(frozen=True, slots=True)
class Request:
    """What to judge; without ``run`` the questions are searched for."""

    questions: Path
    settings: Settings
    run: Path | None = None
    against: Path | None = None
    ablate: Sequence[Part] = ()
    trec: Path | None = None
    answers: bool = True
    limit: int = 10
    mode: str = "hybrid"


def parts_named(names: str | None) -> tuple[Part, ...]:
    """Parts of a search by names with commas between; raises BadRequest with the known ones."""
    try:
        return tuple(Part(name.strip()) for name in (names or "").split(",") if name.strip())
    except ValueError as error:
        raise BadRequest(f"{error} of a search", f"Known: {', '.join(Part)}.") from None


def evaluate(request: Request, progress: Progress) -> dict[str, Any]:
    """All figures that are asked for."""
    gold = read_questions(request.questions)
    mode = mode_named(request.mode)

    def search(without: Sequence[Part] = ()) -> Run:
        assistant = make_assistant(request.settings, without)
        return search_all(gold, assistant, request.limit, mode, progress)

    run = read_run(request.run) if request.run else search()
    figures = judge_run(gold, run)
    if request.answers:
        assistant = make_assistant(request.settings)
        figures |= judge_answers(gold, answer_all(gold, assistant, progress))
    if request.against:
        figures[f"gain over {request.against.name}"] = compare(gold, run, read_run(request.against))
    for part in request.ablate:
        figures[f"gain by {part}"] = compare(gold, run, search((part,)))
    if request.trec:
        _write(request.trec, "".join(trec_lines(run, "coursegraph")))
    return figures


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise BadRequest(f"{file}: {error.strerror}", "Name a file that can be written.") from error
