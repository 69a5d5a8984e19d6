"""Figures over questions with gold pages: retrieval, citations and refusals, by question type."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.assistant import Assistant
from app.batch import read_lines
from app.contract import HitShape
from app.errors import BadRequest
from app.metrics import Page, Values, differences, grouped, intervals, means, rank_values
from app.model import Answer
from index.model import Mode
from ingest.report import Progress

Run = Mapping[str, Sequence[Mapping[str, Any]]]
_ALL = "all"


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with the pages that answer it; ``every_page`` when all of them are needed."""

    id: str
    kind: str
    text: str
    pages: frozenset[Page]
    language: str = ""

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
            language = str(line.get("lang", ""))
            question = GoldQuestion(line["id"], line["type"], line["question"], pages, language)
        except (KeyError, TypeError) as error:
            message = f"{file}: question {line['id']!r} lacks {error}"
            raise BadRequest(message, "Each needs type, question and evidence.") from error
        questions.append(question)
    return questions


def read_run(file: Path) -> Run:
    """The hits of each question, as ``search --out`` has written them."""
    try:
        return {line["id"]: line["hits"] for line in read_lines(file)}
    except (KeyError, TypeError) as error:
        message = f"{file}: the run lacks {error}"
        raise BadRequest(message, "Give a file that `search --out` wrote.") from error


def search_all(
    questions: Sequence[GoldQuestion],
    assistant: Assistant,
    limit: int,
    mode: Mode,
    progress: Progress,
) -> Run:
    """Search for every question."""
    run = {}
    for done, question in enumerate(questions, start=1):
        hits = assistant.search(question.text, limit, mode).hits
        run[question.id] = [HitShape.of(hit).model_dump() for hit in hits]
        progress("batch", done, len(questions), question.id)
    return run


def judge_run(questions: Sequence[GoldQuestion], run: Run) -> dict[str, Any]:
    """Judge hits by type and by language: hit@k, MRR and nDCG, with intervals."""
    answerable, rows = _rows(questions, run)
    if not answerable:
        return {"retrieval": {}}
    by_kind = _with_all([q.kind for q in answerable], rows)
    figures: dict[str, Any] = {
        "retrieval": {key: {"n": len(part), **means(part)} for key, part in by_kind.items()}
    }
    languages = [q.language for q in answerable]
    if all(languages):
        by_language = grouped(languages, rows)
        figures["languages"] = {
            k: {"n": len(part), **means(part)} for k, part in by_language.items()
        }
    figures["intervals"] = {
        key: {name: list(interval) for name, interval in intervals(part).items()}
        for key, part in by_kind.items()
    }
    return figures


def compare(questions: Sequence[GoldQuestion], run: Run, other: Run) -> dict[str, Any]:
    """What a run gains over another one, by type, with paired intervals."""
    answerable, rows = _rows(questions, run)
    _, others = _rows(questions, other)
    kinds = [q.kind for q in answerable]
    mine, theirs = _with_all(kinds, rows), _with_all(kinds, others)
    return {
        key: {"n": len(part)}
        | {name: list(found) for name, found in differences(part, theirs[key]).items()}
        for key, part in mine.items()
    }


def trec_lines(run: Run, tag: str) -> Iterator[str]:
    """A run in TREC's format; a document is a page of a file, without white space."""
    for question, hits in run.items():
        for rank, hit in enumerate(hits, start=1):
            place = "_".join(f"{hit['document']}#{hit['page']}".split())
            yield f"{question} Q0 {place} {rank} {hit['score']:.6f} {tag}\n"


def answer_all(
    questions: Sequence[GoldQuestion], assistant: Assistant, progress: Progress
) -> dict[str, Answer]:
    """Answer every question."""
    answers = {}
    for done, question in enumerate(questions, start=1):
        answers[question.id] = assistant.ask(question.text)
        progress("batch", done, len(questions), question.id)
    return answers


def judge_answers(
    questions: Sequence[GoldQuestion], answers: Mapping[str, Answer]
) -> dict[str, Any]:
    """Judge answers: gold pages cited by those that were given, and refusals."""
    answered = [q for q in questions if q.pages and not answers[q.id].abstained]
    rows = [_cited(question, answers[question.id]) for question in answered]
    by_kind = _with_all([q.kind for q in answered], rows) if answered else {}
    refused = [q for q in questions if answers[q.id].abstained]
    unanswerable = [q for q in questions if not q.pages]
    right = sum(not q.pages for q in refused)
    answerable = len(questions) - len(unanswerable)
    refusal = {
        "answerable": answerable,
        "unanswerable": len(unanswerable),
        "precision": right / len(refused) if refused else 0.0,
        "recall": right / len(unanswerable) if unanswerable else 0.0,
        "answerable refused": (len(refused) - right) / answerable if answerable else 0.0,
    }
    citations = {key: {"n": len(part), **means(part)} for key, part in by_kind.items()}
    return {"citations": citations, "refusal": {_ALL: refusal}}


def _rows(
    questions: Sequence[GoldQuestion], run: Run
) -> tuple[list[GoldQuestion], list[dict[str, float]]]:
    answerable = [question for question in questions if question.pages]
    missing = [question.id for question in answerable if question.id not in run]
    if missing:
        raise BadRequest(f"the run lacks question {missing[0]!r}", "Search for all questions.")
    try:
        hits = [[_pages(hit) for hit in run[question.id]] for question in answerable]
    except (KeyError, TypeError, AttributeError) as error:
        message = f"the run lacks {error}"
        raise BadRequest(message, "Give a file that `search --out` wrote.") from error
    pairs = zip(answerable, hits, strict=True)
    return answerable, [rank_values(q.pages, q.every_page, found) for q, found in pairs]


def _with_all(kinds: Sequence[str], rows: Sequence[Values]) -> dict[str, list[Values]]:
    return {**grouped(kinds, rows), _ALL: list(rows)}


def _pages(hit: Mapping[str, Any]) -> set[Page]:
    pages: Iterable[int | None] = hit.get("pages") or [hit.get("page")]
    return {(hit["document"], page) for page in pages}


def _cited(question: GoldQuestion, answer: Answer) -> dict[str, float]:
    on_gold = [(c.document, c.page) in question.pages for c in answer.citations]
    share = sum(on_gold) / len(on_gold) if on_gold else 0.0
    return {"gold page cited": float(share > 0), "citations on gold pages": share}
