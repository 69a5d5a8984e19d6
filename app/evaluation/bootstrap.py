"""Bootstrap intervals: how far a mean may be off because of the questions that were chosen."""

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
_SEED = 20240601
_BOUNDS = (0.025, 0.975)


def intervals(values: NDArray[np.float64]) -> list[list[float]]:
    """The 95 % percentile interval of each column's mean; rows are questions.

    Give differences of two runs for a paired interval: a question is drawn with both its values.
    """
    # Seeded anew each time: an interval does not depend on which others were asked for.
    generator = np.random.default_rng(_SEED)
    number = len(values)
    # One resample at a time: all at once need gigabytes for a public test set.
    means = [values[generator.integers(number, size=number)].mean(axis=0) for _ in range(RESAMPLES)]
    bounds: NDArray[np.float64] = np.quantile(np.array(means), _BOUNDS, axis=0)
    found: list[list[float]] = bounds.T.tolist()
    return found
