"""Concepts that a query names, what each counts, and which is meant by an ambiguous name."""

import re
from collections.abc import Iterable, Mapping, Sequence

from ahocorasick_rs import AhoCorasick, Implementation

from ingest.concepts.names import name_key, squash, stands_alone
from ingest.model import Concept
from ingest.papers.subjects import Topic

_NARROWS = 0.4
_JOINS = re.compile(r"\s*(?:[,，、/&+]|与|和|及|以及|或|and|or|vs\.?)\s*", re.IGNORECASE)


class TopicNames:
    """Looks for names of concepts in texts; safe to use from several threads."""

    def __init__(self, topics: Iterable[Topic], concepts: Iterable[Concept]) -> None:
        self._by_name: dict[str, dict[str, Sequence[str]]] = {}
        for topic in topics:
            beside = dict(topic.ambiguous)
            for name in topic.names:
                meanings = self._by_name.setdefault(name_key(name), {})
                meanings.setdefault(topic.id, beside.get(name, ()))
        for concept in concepts:
            for name in concept.names:
                self._by_name.setdefault(name_key(name), {concept.id: ()})
        self._by_name.pop("", None)
        self._meanings = list(self._by_name.values())
        self._search = AhoCorasick(list(self._by_name), implementation=Implementation.ContiguousNFA)

    def called(self, key: str) -> str | None:
        """The concept of a name's key."""
        return next(iter(self._by_name.get(key, ())), None)

    def spans(self, text: str) -> list[tuple[int, int, str]]:
        """Start, end and concept of each name that is not inside a longer one."""
        key, places = squash(text)
        spans = []
        for number, low, high in self._search.find_matches_as_indexes(key, overlapping=True):
            start, end = places[low], places[high - 1] + 1
            topic = _meant(self._meanings[number], text)
            if topic is not None and stands_alone(text, start, end):
                spans.append((start, -end, topic))
        found: list[tuple[int, int, str]] = []
        for start, end, topic in sorted(spans):
            if not found or -end > found[-1][1]:
                found.append((start, -end, topic))
        return found

    def weighed(self, text: str) -> dict[str, float]:
        """Concepts of a text: the last of a phrase is what it is about, those before narrow it.

        熵崩溃 in 强化学习训练中的熵崩溃, distillation in "on-policy distillation"; 与 joins equals.
        """
        weights: dict[str, float] = {}
        spans = self.spans(text)
        for place, (_, end, topic) in enumerate(spans):
            after = spans[place + 1] if place + 1 < len(spans) else None
            joined = after is None or _JOINS.fullmatch(text[end : after[0]]) is not None
            weight = 1.0 if joined else _NARROWS
            weights[topic] = max(weights.get(topic, 0.0), weight)
        return weights


def _meant(meanings: Mapping[str, Sequence[str]], text: str) -> str | None:
    """Which concept a name means in a text: of an ambiguous one, that whose words stand there."""
    folded = text.casefold()
    sure = (topic for topic, beside in meanings.items() if not beside)
    told = (t for t, beside in meanings.items() if any(w.casefold() in folded for w in beside))
    return next(told, None) or next(sure, None)
