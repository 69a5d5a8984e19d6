"""Papers that brought concepts, and those that brought variants, successors and rivals of them."""

from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np

from index.pagerank import Scores
from ingest.model import Paper, RelationKind
from ingest.papers.subjects import Literature

_NEAR = {
    RelationKind.VARIANT_OF: 1.0,
    RelationKind.IMPROVES_ON: 1.0,
    RelationKind.ALTERNATIVE_TO: 0.6,
}


class Kin:
    """Finds papers by the concepts that they brought; safe to use from several threads."""

    def __init__(
        self, literature: Literature, proposed_by: Callable[[Paper], Collection[str]]
    ) -> None:
        self._papers = len(literature.papers)
        self._brought: dict[str, list[int]] = {}
        for row, paper in enumerate(literature.papers):
            for topic in proposed_by(paper):
                self._brought.setdefault(topic, []).append(row)
        self._near: dict[str, dict[str, float]] = {}
        for source, kind, target in literature.relations:
            for one, other in ((source, target), (target, source)):
                near = self._near.setdefault(one, {})
                near[other] = max(near.get(other, 0.0), _NEAR.get(kind, 0.0))

    def bringing(self, topic: str) -> Sequence[int]:
        """Rows of the papers that brought a concept."""
        return self._brought.get(topic, ())

    def beside(self, topics: Iterable[str]) -> Scores:
        """For each paper how near a concept that it brought is to one of some."""
        found = np.zeros(self._papers)
        for topic in topics:
            for other, share in self._near.get(topic, {}).items():
                for row in self.bringing(other):
                    found[row] = max(found[row], share)
        return found
