"""How much nearer a model finds passages in the question's own language, whatever they say.

Without this, English pages rise over Chinese ones for every English question. What questions off
the topic are near to shows it, as it shows the noise floor (see calibration.py).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.model import Language

LANGUAGES = tuple(Language)
Leaning = Mapping[str, Mapping[str, float]]
Codes = NDArray[np.uint8]


def language_codes(languages: Sequence[Language]) -> Codes:
    """Languages as numbers, one a row."""
    return np.array([LANGUAGES.index(language) for language in languages], np.uint8)


def counts_as(question: Language) -> str:
    """The language that a question counts as; mixed ones count as Chinese."""
    return str(Language.EN if question is Language.EN else Language.ZH)


def measure_leaning(
    similarities: NDArray[np.float32], questions: Sequence[Language], passages: Codes
) -> dict[str, dict[str, float]]:
    """Mean similarity of questions (rows) to passages (columns), by the language of each."""
    asked = language_codes(questions)
    found: dict[str, dict[str, float]] = {}
    for language in sorted(set(questions)):
        rows = similarities[asked == LANGUAGES.index(language)]
        found[str(language)] = {
            str(other): float(rows[:, passages == number].mean())
            for number, other in enumerate(LANGUAGES)
            if (passages == number).any()
        }
    return found


def offsets(leaning: Leaning, question: Language, passages: Codes) -> NDArray[np.float64]:
    """What to take off the similarity of each passage."""
    asked = leaning.get(counts_as(question), {})
    by_number = np.array([asked.get(str(language), 0.0) for language in LANGUAGES])
    taken: NDArray[np.float64] = by_number[passages]
    return taken
