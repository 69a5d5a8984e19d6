"""Colours of headings that are set alike otherwise: which ones stand below which."""

from collections.abc import Sequence
from itertools import pairwise


def color_depths(runs: Sequence[Sequence[int]]) -> dict[int, int]:
    """Return how deep each colour is; a run has the colours of headings in order, under one other.

    A colour that takes turns with another, or comes in its place, is an ornament.
    """
    depths: dict[int, int] = {}
    for color in dict.fromkeys(color for run in runs for color in run):
        above = [depths[other] for other in depths if _is_below(color, other, runs)]
        depths[color] = max(above) + 1 if above else 0
    return depths


def _is_below(color: int, parent: int, runs: Sequence[Sequence[int]]) -> bool:
    """Tell whether headings of one colour part what is under those of another.

    None comes before the first of the other colour; somewhere two follow each other, and
    somewhere the other colour comes back.
    """
    found = [[shown for shown in run if shown in (color, parent)] for run in runs]
    found = [run for run in found if run]
    steps = [step for run in found for step in pairwise(run)]
    led = all(run[0] == parent for run in found)
    return led and (color, color) in steps and (color, parent) in steps
