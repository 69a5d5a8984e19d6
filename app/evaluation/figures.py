"""Figures of a run, of two runs against each other, and of answers; rows by question type."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.evaluation.bootstrap import intervals
from app.evaluation.metrics import ALL_PAGES, METRICS, Metric
from app.evaluation.questions import GoldQuestion
from app.evaluation.runs import Run, places_of
from app.model import Answer

_COMPARED = ("hit@5", "MRR@10")

Row = dict[str, float | list[float]]
Rows = dict[str, Row]


def retrieval_figures(questions: Sequence[GoldQuestion], run: Run) -> dict[str, Rows]:
    """Means by type and by language, and the 95 % intervals of two of them."""
    answerable = [question for question in questions if question.pages]

    def means(chosen: Sequence[GoldQuestion]) -> Row:
        found = _means(METRICS, chosen, run)
        whole = [question for question in chosen if question.every_page]
        return {"n": len(chosen), **found, **(_means(ALL_PAGES, whole, run) if whole else {})}

    def bounds(chosen: Sequence[GoldQuestion]) -> Row:
        return {"n": len(chosen), **_bounds(_compared(chosen, run))}

    figures = {"retrieval": _by_kind(answerable, means)}
    if languages := dict.fromkeys(q.language for q in answerable if q.language):
        figures["retrieval by language"] = {
            language: means([q for q in answerable if q.language == language])
            for language in languages
            if language
        }
    return {**figures, "intervals": _by_kind(answerable, bounds)}


def differences(questions: Sequence[GoldQuestion], run: Run, other: Run) -> Rows:
    """Mean of the run less that of the other by type, with the paired 95 % interval."""
    answerable = [question for question in questions if question.pages]

    def row(chosen: Sequence[GoldQuestion]) -> Row:
        values = _compared(chosen, run) - _compared(chosen, other)
        bounds = _bounds(values)
        found: Row = {"n": len(chosen)}
        for name, mean in zip(_COMPARED, values.mean(axis=0).tolist(), strict=True):
            found |= {name: mean, f"{name} 95%": bounds[f"{name} 95%"]}
        return found

    return _by_kind(answerable, row)


def answer_figures(
    questions: Sequence[GoldQuestion], answers: Mapping[str, Answer]
) -> dict[str, Rows]:
    """Gold pages cited by the answers that were given, and refusals."""
    answered = [q for q in questions if q.pages and not answers[q.id].abstained]

    def cited(chosen: Sequence[GoldQuestion]) -> Row:
        shares = [_cited(question, answers[question.id]) for question in chosen]
        return {
            "n": len(chosen),
            "gold page cited": _mean(float(share > 0) for share in shares),
            "citations on gold pages": _mean(shares),
        }

    refused = [q for q in questions if answers[q.id].abstained]
    unanswerable = [q for q in questions if not q.pages]
    right = sum(not q.pages for q in refused)
    refusal: Row = {
        "answerable": len(questions) - len(unanswerable),
        "unanswerable": len(unanswerable),
        "precision": right / len(refused) if refused else 0.0,
        "recall": right / len(unanswerable) if unanswerable else 0.0,
        "answerable refused": _mean(float(answers[q.id].abstained) for q in questions if q.pages),
    }
    return {"citations": _by_kind(answered, cited), "refusal": {"all": refusal}}


def _means(metrics: Mapping[str, Metric], chosen: Sequence[GoldQuestion], run: Run) -> Row:
    return {
        name: _mean(metric(question, run[question.id]) for question in chosen)
        for name, metric in metrics.items()
    }


def _compared(chosen: Sequence[GoldQuestion], run: Run) -> NDArray[np.float64]:
    """What is compared, a column each; rows are questions."""
    rows = [
        [METRICS[name](question, run[question.id]) for name in _COMPARED] for question in chosen
    ]
    return np.array(rows, dtype=np.float64)


def _bounds(values: NDArray[np.float64]) -> Row:
    found = zip(_COMPARED, intervals(values), strict=True)
    return {f"{name} 95%": bounds for name, bounds in found}


def _cited(question: GoldQuestion, answer: Answer) -> float:
    on_gold = [
        not question.pages.isdisjoint(places_of(c.document, (), c.page, c.section))
        for c in answer.citations
    ]
    return _mean(float(good) for good in on_gold)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def _by_kind(
    questions: Sequence[GoldQuestion], row: Callable[[Sequence[GoldQuestion]], Row]
) -> Rows:
    kinds = list(dict.fromkeys(question.kind for question in questions))
    rows = {kind: row([q for q in questions if q.kind == kind]) for kind in kinds}
    return {**rows, "all": row(questions)} if questions else {}
