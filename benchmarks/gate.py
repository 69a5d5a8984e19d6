"""The gate's weights, and what it refuses: ``python -m benchmarks.gate DATA QUESTIONS [...]``.

Each pair is a data folder and questions over it in the format of ``coursegraph eval``. Fitted are
logistic weights to the signs of all questions, and to those of the answerable ones once more with
the passages of their documents left out. Figures are those of the gate as it is.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from app.evaluation import GoldQuestion, read_questions
from app.evidence.subject import Subject
from app.gate import GateSettings, Signs, reason_to_abstain, signs_of
from app.settings import load_settings
from app.wiring import make_assistant
from index.course_index import CourseIndex

_HITS, _ENOUGH = 8, 40
_NAMES = [*(field.name for field in fields(Signs)), "english_nearest"]


@dataclass(frozen=True)
class Judged:
    """A question, whether the passages looked at hold its answer, and what the gate says."""

    signs: Signs
    is_answerable: bool
    is_refused: bool


def main(arguments: Sequence[str]) -> None:
    """Print what is refused of each file, and the weights that fit all of them."""
    everything: list[Judged] = []
    for data, file in zip(arguments[::2], arguments[1::2], strict=True):
        index = make_assistant(load_settings(data=Path(data))).index
        questions = read_questions(Path(file))
        judged = [one for question in questions for one in _judged(index, question, False)]
        left_out = [one for question in questions for one in _judged(index, question, True)]
        print(f"{file}\n  {_figures(judged)}\n  documents left out: {_figures(left_out)}")
        everything += [*judged, *left_out]
    signs = np.array([_values(one.signs) for one in everything])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3))
    model.fit(signs, [one.is_answerable for one in everything])
    scale, fitted = model[0], model[-1]
    weights = fitted.coef_[0] / scale.scale_
    print(f"base {fitted.intercept_[0] - weights @ scale.mean_:.2f}")
    for name, weight in zip(_NAMES, weights, strict=True):
        print(f"{name} {weight:.2f}")


def _judged(index: CourseIndex, question: GoldQuestion, leave_out: bool) -> Iterator[Judged]:
    if leave_out and not question.pages:
        return
    left_out = {document for document, _ in question.pages} if leave_out else set()
    found = index.search(question.text, _ENOUGH if leave_out else _HITS).hits
    hits = [hit for hit in found if hit.document.path not in left_out][:_HITS]
    signs = signs_of(index, question.text, hits, Subject(index, question.text))
    if signs is not None:
        refused = reason_to_abstain(index, question.text, hits, GateSettings()) is not None
        yield Judged(signs, bool(question.pages) and not leave_out, refused)


def _values(signs: Signs) -> list[float]:
    return [*map(float, astuple(signs)), signs.nearest * signs.is_english]


def _figures(judged: Sequence[Judged]) -> str:
    answerable = [one for one in judged if one.is_answerable]
    others = [one for one in judged if not one.is_answerable]
    return ", ".join(
        f"{sum(one.is_refused for one in group)} of {len(group)} {name} refused"
        for name, group in (("answerable", answerable), ("unanswerable", others))
    )


if __name__ == "__main__":
    main(sys.argv[1:])
