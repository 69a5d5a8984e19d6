"""Figures over questions with gold pages: retrieval, citations and refusals, by question type."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.assistant import Assistant
from app.batch import read_lines
from app.contract import HitShape
from app.errors import BadRequest
from app.model import Answer
from index.model import Mode
from ingest.report import Progress

CUTOFFS = (1, 3, 5, 10)
_MRR_CUTOFF = 10

Page = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with the pages that answer it; ``every_page`` when all of them are needed."""

    id: str
    kind: str
    text: str
    pages: frozenset[Page]

    @property
    def every_page(self) -> bool:
        """Whether one page is not enough."""
        return self.kind == "multi"


def read_questions(file: Path) -> list[GoldQuestion]:
    """Read questions: ``id``, ``type``, ``question`` and ``evidence`` of ``doc`` and ``page``."""
    questions: list[GoldQuestion] = []
    for line in read_lines(file):
        try:
            pages = frozenset((e["doc"], e.get("page")) for e in line.get("evidence", []))
            questions.append(GoldQuestion(line["id"], line["type"], line["question"], pages))
        except (KeyError, TypeError) as error:
            message = f"{file}: question {line['id']!r} lacks {error}"
            raise BadRequest(message, "Each needs type, question and evidence.") from error
    return questions


def judge(
    questions: Sequence[GoldQuestion],
    assistant: Assistant,
    limit: int,
    mode: Mode,
    progress: Progress,
) -> dict[str, Any]:
    """Search and answer every question, and judge both."""
    run = []
    answers: dict[str, Answer] = {}
    for done, question in enumerate(questions, start=1):
        hits = assistant.search(question.text, limit, mode).hits
        run.append({"id": question.id, "hits": [HitShape.of(hit).model_dump() for hit in hits]})
        answers[question.id] = assistant.ask(question.text)
        progress("batch", done, len(questions), question.id)
    return {**judge_run(questions, run), **judge_answers(questions, answers)}


def judge_run(
    questions: Sequence[GoldQuestion], run: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Judge a run of hits: hit@k (share of the pages when all are needed) and MRR@10."""
    try:
        hits = {line["id"]: [_pages(hit) for hit in line["hits"]] for line in run}
    except (KeyError, TypeError) as error:
        raise BadRequest(
            f"the run lacks {error}", "Give a file that `search --out` wrote."
        ) from error
    answerable = [question for question in questions if question.pages]
    missing = [question.id for question in answerable if question.id not in hits]
    if missing:
        raise BadRequest(f"the run lacks question {missing[0]!r}", "Search for all questions.")

    def row(chosen: Sequence[GoldQuestion]) -> dict[str, float]:
        found = {f"hit@{k}": _mean(_hit(q, hits[q.id], k) for q in chosen) for k in CUTOFFS}
        return {"n": len(chosen), **found, "MRR@10": _mean(_rr(q, hits[q.id]) for q in chosen)}

    return {"retrieval": _by_kind(answerable, row)}


def judge_answers(
    questions: Sequence[GoldQuestion], answers: Mapping[str, Answer]
) -> dict[str, Any]:
    """Judge answers: gold pages cited by those that were given, and refusals."""
    answered = [q for q in questions if q.pages and not answers[q.id].abstained]

    def cited(chosen: Sequence[GoldQuestion]) -> dict[str, float]:
        shares = [_cited(question, answers[question.id]) for question in chosen]
        return {
            "n": len(chosen),
            "gold page cited": _mean(float(share > 0) for share in shares),
            "citations on gold pages": _mean(shares),
        }

    refused = [q for q in questions if answers[q.id].abstained]
    unanswerable = [q for q in questions if not q.pages]
    right = sum(not q.pages for q in refused)
    refusal = {
        "answerable": len(questions) - len(unanswerable),
        "unanswerable": len(unanswerable),
        "precision": right / len(refused) if refused else 0.0,
        "recall": right / len(unanswerable) if unanswerable else 0.0,
        "answerable refused": _mean(float(answers[q.id].abstained) for q in questions if q.pages),
    }
    return {"citations": _by_kind(answered, cited), "refusal": {"all": refusal}}


def _pages(hit: Mapping[str, Any]) -> set[Page]:
    pages: Iterable[int | None] = hit.get("pages") or [hit.get("page")]
    return {(hit["document"], page) for page in pages}


def _hit(question: GoldQuestion, hits: Sequence[set[Page]], cutoff: int) -> float:
    found = question.pages & set().union(*hits[:cutoff])
    return len(found) / len(question.pages) if question.every_page else float(bool(found))


def _rr(question: GoldQuestion, hits: Sequence[set[Page]]) -> float:
    ranks = (rank for rank, pages in enumerate(hits[:_MRR_CUTOFF], 1) if pages & question.pages)
    return 1.0 / next(ranks, float("inf"))


def _cited(question: GoldQuestion, answer: Answer) -> float:
    on_gold = [(c.document, c.page) in question.pages for c in answer.citations]
    return _mean(float(good) for good in on_gold)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def _by_kind(
    questions: Sequence[GoldQuestion],
    row: Callable[[Sequence[GoldQuestion]], dict[str, float]],
) -> dict[str, dict[str, float]]:
    kinds = list(dict.fromkeys(question.kind for question in questions))
    rows = {kind: row([q for q in questions if q.kind == kind]) for kind in kinds}
    return {**rows, "all": row(questions)} if questions else {}
