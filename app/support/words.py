"""Words of a written sentence that its sources have no match for, in either language."""

import re
from collections.abc import Sequence

import numpy as np

from index.embedding import Embedder
from index.tokens import STOPWORDS, tokenize
from ingest.segmentation import segmenter
from ingest.text import CJK_CHARACTER

_RUN = re.compile(rf"(?P<cjk>{CJK_CHARACTER.pattern}+)|[A-Za-z][A-Za-z'’-]+")
_SHORTEST = 2
# Words that hold sentences together say nothing of their own.
# fmt: off
_JOINING = frozenset({
    "此外", "另外", "因此", "所以", "从而", "然后", "例如", "比如", "通常", "一般", "其中", "同时",
    "而且", "并且", "如果", "因为", "由于", "但是", "然而", "也就是说", "也就是", "就是", "需要",
    "每个", "各个", "多个", "整个", "使用", "通过", "进行", "实现", "这样", "这时", "即可", "只需",
    "只要", "以及", "并不", "不再", "没有",
    "because", "while", "therefore", "thus", "however", "also", "only", "just", "without", "since",
    "uses", "using", "used", "not", "more", "than", "each", "both", "instead", "moreover", "namely",
    "one", "first", "next", "finally", "usually", "makes", "called", "means", "needs", "need", "no",
})
# fmt: on


def words(text: str) -> list[str]:
    """Words of a text that say something, each once."""
    found: list[str] = []
    for run in _RUN.finditer(text):
        if run.lastgroup == "cjk":
            found += segmenter().cut(run.group())
        else:
            found.append(run.group().lower())
    telling = (w for w in found if len(w) >= _SHORTEST and w not in STOPWORDS | _JOINING)
    return list(dict.fromkeys(telling))


def without_match(
    encoder: Embedder, text: str, sources: str, names: str, least: float
) -> list[str]:
    """Words that are not in the sources, nor in ``names``, nor ``least`` similar to a source's."""
    # Names are compared word for word only: the more words, the more chance likenesses.
    there = frozenset(tokenize(f"{sources}\n{names}"))
    left = [word for word in words(text) if there.isdisjoint(tokenize(word))]
    known = words(sources)
    if not left or not known:
        return left
    nearest = _similarities(encoder, left, known).max(axis=1)
    return [word for word, near in zip(left, nearest, strict=True) if near < least]


def _similarities(
    encoder: Embedder, left: Sequence[str], known: Sequence[str]
) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    return encoder.embed_queries(left) @ encoder.embed_passages(known).T
