"""Personalized PageRank (Page et al. 1999; Haveliwala 2002) over a sparse graph."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Scores = NDArray[np.float64]


def transitions(moves: sparse.csc_matrix) -> sparse.csr_matrix:
    """Moves, from column to row, with the weights that leave a node adding up to 1."""
    sums = np.asarray(moves.sum(axis=0)).ravel()
    return sparse.csr_matrix(moves @ sparse.diags(1 / np.where(sums > 0, sums, 1.0)))


def walk(transition: sparse.csr_matrix, restart: Scores, damping: float, steps: int) -> Scores:
    """How often a walk that restarts at some nodes is at each; ``restart`` adds up to 1."""
    rank = restart
    for _ in range(steps):
        rank = damping * (transition @ rank) + (1 - damping) * restart
    return rank
