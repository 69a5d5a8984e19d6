"""Figures over questions with gold pages: retrieval, citations and refusals."""

from app.evaluation.judging import (
    Judged,
    Trial,
    compare,
    judge,
    judge_run,
    parts_named,
)
from app.evaluation.questions import GoldQuestion, read_questions
from app.evaluation.runs import read_run, write_trec

__all__ = [
    "GoldQuestion",
    "Judged",
    "Trial",
    "compare",
    "judge",
    "judge_run",
    "parts_named",
    "read_questions",
    "read_run",
    "write_trec",
]
