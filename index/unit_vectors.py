"""Vectors of unit length."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def unit_rows(vectors: Floats) -> Floats:
    """Each row at unit length; rows of zeros stay as they are."""
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    unit: Floats = (vectors / lengths).astype(np.float32)
    return unit
