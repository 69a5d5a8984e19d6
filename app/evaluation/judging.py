"""Searches and answers the questions, or takes a run that was kept, and judges what came out."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.assistant import Assistant
from app.errors import BadRequest
from app.evaluation.answers import AnswerJudge, JudgedAnswer
from app.evaluation.figures import answer_figures, differences, retrieval_figures
from app.evaluation.questions import GoldQuestion
from app.evaluation.runs import Hits, Run, check_complete, pages_of, parse_run
from index.model import Mode
from index.settings import Part
from ingest.report import Progress


@dataclass(frozen=True, slots=True)
class Judged:
    """A run and what is said of it, and of each answer if the questions were asked."""

    run: Run
    figures: dict[str, Any]
    answers: tuple[JudgedAnswer, ...] = ()

    def write_answers(self, file: Path) -> None:
        """Write each answer with the verdicts on it, a JSON line each."""
        lines = (json.dumps(one.line(), ensure_ascii=False) + "\n" for one in self.answers)
        try:
            file.write_text("".join(lines), "utf-8")
        except OSError as error:
            hint = "Name a file that can be written."
            raise BadRequest(f"{file}: {error.strerror}", hint) from error

    @classmethod
    def of(cls, questions: Sequence[GoldQuestion], run: Run) -> "Judged":
        """The retrieval figures of a run."""
        return cls(run, dict(retrieval_figures(questions, run)))


@dataclass(frozen=True, slots=True)
class Trial:
    """How the questions are put; ``assistant`` makes one whose search leaves some parts out."""

    assistant: Callable[[Sequence[Part]], Assistant]
    limit: int
    mode: Mode
    progress: Progress
    answers: bool = True


def parts_named(names: Iterable[str]) -> list[Part]:
    """Parts of the search from comma lists; raises BadRequest with the known ones."""
    found: dict[Part, None] = {}
    for name in ",".join(names).split(","):
        if not name.strip():
            continue
        try:
            found[Part(name.strip())] = None
        except ValueError:
            known = ", ".join(Part)
            message = f"{name.strip()!r} is no part of the search"
            raise BadRequest(message, f"Known: {known}.") from None
    return list(found)


def judge(questions: Sequence[GoldQuestion], trial: Trial, parts: Sequence[Part] = ()) -> Judged:
    """Judge the search, the answers if they are wanted, and the search without each part."""
    assistant = trial.assistant(())
    judged = Judged.of(questions, _search(questions, trial, assistant, ""))
    run, figures = judged.run, judged.figures
    if trial.answers:
        answers = _judged_answers(questions, trial, assistant)
        figures |= answer_figures(questions, {one.question.id: one.marks for one in answers})
        judged = replace(judged, answers=tuple(answers))
    if parts:
        figures["ablation"] = {part.value: _ablation(questions, trial, run, part) for part in parts}
    return judged


def judge_run(
    questions: Sequence[GoldQuestion], lines: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The retrieval figures of the lines that `search --out` wrote."""
    run = parse_run(lines)
    check_complete(questions, run)
    return Judged.of(questions, run).figures


def compare(
    questions: Sequence[GoldQuestion], run: Run, other: Run | None
) -> dict[str, dict[str, Any]]:
    """By how much a run is better than another one, if there is another one."""
    return {} if other is None else {"difference": differences(questions, run, other)}


def _ablation(
    questions: Sequence[GoldQuestion], trial: Trial, full: Run, part: Part
) -> dict[str, Any]:
    run = _search(questions, trial, trial.assistant([part]), f"without {part}, ")
    return {
        "without": retrieval_figures(questions, run)["retrieval"],
        "difference": differences(questions, full, run),
    }


def _search(
    questions: Sequence[GoldQuestion], trial: Trial, assistant: Assistant, note: str
) -> dict[str, Hits]:
    run: dict[str, Hits] = {}
    for done, question in enumerate(questions, start=1):
        found = assistant.search(question.text, trial.limit, trial.mode)
        run[question.id] = [pages_of(hit) for hit in found.hits]
        trial.progress("batch", done, len(questions), f"{note}search {question.id}")
    return run


def _judged_answers(
    questions: Sequence[GoldQuestion], trial: Trial, assistant: Assistant
) -> list[JudgedAnswer]:
    judge = AnswerJudge(assistant.index)
    answers: list[JudgedAnswer] = []
    for done, question in enumerate(questions, start=1):
        answers.append(judge.judge(question, assistant.ask(question.text)))
        trial.progress("batch", done, len(questions), f"answer {question.id}")
    return answers
