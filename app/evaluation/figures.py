"""Figures of a run, of two runs against each other, and of answers; rows by question type."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set

import numpy as np
from numpy.typing import NDArray

from app.evaluation.bootstrap import intervals
from app.evaluation.metrics import ALL_PAGES, METRICS, Metric
from app.evaluation.questions import GoldQuestion
from app.evaluation.runs import Run

_COMPARED = ("hit@5", "MRR@10")

Row = dict[str, float | list[float]]
Rows = dict[str, Row]
Figures = dict[str, Rows]
# What an answer is worth, by name of the figure; None for a refusal.
Marks = Mapping[str, float] | None


def retrieval_figures(questions: Sequence[GoldQuestion], run: Run) -> Figures:
    """Means by type and by language, and the 95 % intervals of two of them."""
    answerable = [question for question in questions if question.pages]

    def means(chosen: Sequence[GoldQuestion]) -> Row:
        found = _means(METRICS, chosen, run)
        whole = [question for question in chosen if question.every_page]
        return {"n": len(chosen), **found, **(_means(ALL_PAGES, whole, run) if whole else {})}

    def bounds(chosen: Sequence[GoldQuestion]) -> Row:
        return {"n": len(chosen), **_bounds(_compared(chosen, run))}

    figures = {"retrieval": _by_kind(answerable, means)}
    if languages := _by_language(answerable, means):
        figures["retrieval by language"] = languages
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


def answer_figures(questions: Sequence[GoldQuestion], marked: Mapping[str, Marks]) -> Figures:
    """What the answers that were given are worth, and what was refused."""
    answerable = [question for question in questions if question.pages]

    def answers(chosen: Sequence[GoldQuestion]) -> Row:
        found = [marked[question.id] for question in chosen]
        given = [marks for marks in found if marks is not None]
        told = [marks["key facts"] for marks in given if "key facts" in marks]
        row: Row = {"n": len(chosen), "answered": len(given)}
        for name in dict.fromkeys(name for marks in given for name in marks):
            row[name] = _mean(marks[name] for marks in given if name in marks)
        if told:
            asked = sum(bool(question.facts) for question in chosen)
            row["key facts of all"] = sum(told) / asked
        return row

    def refusals(chosen: Sequence[GoldQuestion]) -> Row:
        return _refusals(
            chosen, {question.id for question in chosen if marked[question.id] is None}
        )

    return {
        "answers": _by_kind(answerable, answers),
        "answers by language": _by_language(answerable, answers),
        "refusal": {"all": refusals(questions)} if questions else {},
        "refusal by language": _by_language(questions, refusals),
    }


def _refusals(chosen: Sequence[GoldQuestion], refused: Set[str]) -> Row:
    """How often a refusal is right, and how many of the unanswerable questions are refused.

    A share of nothing is left out.
    """
    unanswerable = [question for question in chosen if not question.pages]
    answerable = [question for question in chosen if question.pages]
    right = sum(question.id in refused for question in unanswerable)
    return {
        "answerable": len(answerable),
        "unanswerable": len(unanswerable),
        **({"precision": right / len(refused)} if refused else {}),
        **({"recall": right / len(unanswerable)} if unanswerable else {}),
        "answerable refused": _mean(float(question.id in refused) for question in answerable),
    }


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


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def _by_kind(
    questions: Sequence[GoldQuestion], row: Callable[[Sequence[GoldQuestion]], Row]
) -> Rows:
    kinds = list(dict.fromkeys(question.kind for question in questions))
    rows = {kind: row([q for q in questions if q.kind == kind]) for kind in kinds}
    return {**rows, "all": row(questions)} if questions else {}


def _by_language(
    questions: Sequence[GoldQuestion], row: Callable[[Sequence[GoldQuestion]], Row]
) -> Rows:
    languages = dict.fromkeys(q.language for q in questions if q.language)
    return {
        language: row([q for q in questions if q.language == language])
        for language in languages
        if language
    }
