"""An idea over the years: who builds on whom, by year or in an order to read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.papers.model import Group, Reason
from index.papers.queries import PaperQueries
from index.papers.reasons import Reasons
from ingest.model import Paper

_UNKNOWN = 9999


@dataclass(frozen=True, slots=True)
class Step:
    """A paper, and the earlier ones among the others that it builds on, each with its reason."""

    paper: Paper
    builds_on: tuple[tuple[Paper, Reason], ...]


def lineage(papers: Sequence[Paper], queries: PaperQueries, reasons: Reasons) -> list[Step]:
    """Papers by year, each with what it builds on as far as the material or the facts say."""
    ordered = sorted(papers, key=lambda paper: (paper.year or _UNKNOWN, paper.id))
    steps = []
    for place, later in enumerate(ordered):
        asked = queries.of_paper(later)
        found = []
        for earlier in ordered[:place]:
            group, why = reasons.of(asked, earlier, 0.0)
            if group is Group.BUILDS_ON:
                found.append((earlier, why[0]))
        steps.append(Step(later, tuple(found)))
    return steps


def reading_order(steps: Sequence[Step], score: Mapping[str, int]) -> list[Step]:
    """What others build on first; where nothing decides, the lesson, then the nearest to the query.

    ``score`` is the rank of each paper in the list that it comes from.
    """
    left = {step.paper.id: step for step in steps}
    ordered: list[Step] = []
    while left:
        free = [
            step
            for step in left.values()
            if not any(earlier.id in left for earlier, _ in step.builds_on)
        ]
        chosen = min(
            free or left.values(),
            key=lambda step: (
                min(step.paper.lessons, default=_UNKNOWN),
                score.get(step.paper.id, _UNKNOWN),
            ),
        )
        ordered.append(left.pop(chosen.paper.id))
    return ordered
