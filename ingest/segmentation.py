"""The Chinese word segmenter, loaded once a process."""

from functools import lru_cache

import rjieba


@lru_cache(maxsize=1)
def segmenter() -> rjieba.Jieba:
    """The shared segmenter."""
    return rjieba.Jieba()
