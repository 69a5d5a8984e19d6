"""Titles that are nearly a known one: a typing slip, a lost subtitle, another punctuation."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz, process

from ingest.model import Paper
from ingest.paper_facts import title_key

_SAME = 92.0
_LEAST_LETTERS = 12
_LEAST_HEAD_WORDS = 4
_HEAD = re.compile(r"[:：?？]\s")


class TitleMatcher:
    """Looks titles up among many; numbers must be the same (Qwen2 is no Qwen3)."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._ids: list[str] = []
        self._keys: list[str] = []
        for paper in papers:
            head = _HEAD.split(paper.title, maxsplit=1)[0]
            forms = [paper.title, *([head] if len(head.split()) >= _LEAST_HEAD_WORDS else [])]
            for form in dict.fromkeys(map(title_key, forms)):
                self._ids.append(paper.id)
                self._keys.append(form)
        self._exact = dict(zip(reversed(self._keys), reversed(self._ids), strict=True))

    def exact(self, title: str) -> str | None:
        """The id of the paper with this title, punctuation and case aside."""
        return self._exact.get(title_key(title))

    def best(self, title: str, least: float = _SAME) -> str | None:
        """The id of the paper with this title; None if none is so near."""
        key = title_key(title)
        if (known := self._exact.get(key)) is not None:
            return known
        if len(key) < _LEAST_LETTERS:
            return None
        for _, _, place in process.extract(
            key, self._keys, scorer=fuzz.ratio, score_cutoff=least, limit=5
        ):
            if _digits(self._keys[place]) == _digits(key):
                return self._ids[place]
        return None

    def nearest(self, title: str, most: int) -> list[str]:
        """Ids of the papers whose titles are most like some words, the nearest first."""
        found = process.extract(title_key(title), self._keys, scorer=fuzz.WRatio, limit=most * 2)
        return list(dict.fromkeys(self._ids[place] for _, _, place in found))[:most]


def _digits(key: str) -> str:
    return re.sub(r"\D", "", key)
