"""How near a passage is to any question, whatever it asks: what a similarity is measured from.

Some passages are near to every question: those in the question's own language, and those in its
everyday tone. Taken off the similarities of a question, this lets the passages rise that are near
to this question. Questions off the topic show it, as they show the noise floor (calibration.py).
See Radovanović et al. 2010 on hubs, and Lample et al. 2018 on the same cure between languages.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.model import Language
from ingest.text import spoken

Floats = NDArray[np.float32]
_ASKED_IN = (str(Language.ZH), str(Language.EN))


def counts_as(question: Language | str) -> str:
    """The language that a question counts as; mixed ones count as Chinese."""
    return str(spoken(question))


def measure_leaning(similarities: Floats, questions: Sequence[Language]) -> Floats:
    """Mean similarity of each passage (column) to the questions (rows) of a language.

    The result has a row for each language that questions count as; the mean of all stands in for
    one in which nothing was asked.
    """
    asked = np.array([counts_as(language) for language in questions])
    rows = [similarities[asked == language] for language in _ASKED_IN]
    leaning: Floats = np.stack([(found if len(found) else similarities).mean(0) for found in rows])
    return leaning


def alike_within(leaning: Floats, passages: Sequence[Language], known: Sequence[int]) -> Floats:
    """The mean leaning of each language's passages for all passages of it.

    ``leaning`` is of the passages in ``known`` only.
    """
    languages = np.array(passages)
    spread = np.zeros((len(leaning), len(languages)), np.float32)
    for language in set(passages):
        among = languages[known] == language
        spread[:, languages == language] = leaning[:, among].mean(axis=1, keepdims=True)
    return spread


def offsets(leaning: Floats, question: Language) -> Floats:
    """What to take off the similarity of each passage to a question in a language."""
    taken: Floats = leaning[_ASKED_IN.index(counts_as(question))]
    return taken
