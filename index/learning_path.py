"""What to learn first: the concepts before one, in an order that a course could teach them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.model import Relation, RelationKind

# A kind comes before what is of that kind; a part is learned with the whole.
_BEFORE_SOURCE = (RelationKind.IS_A, RelationKind.VARIANT_OF)


@dataclass(frozen=True, slots=True)
class Step:
    """A concept to learn, and the relations that ask for it."""

    concept: str
    because: tuple[Relation, ...]


def learning_path(
    goal: str, relations: Iterable[Relation], lessons: Mapping[str, int], depth: int = 3
) -> list[Step]:
    """Steps to a concept, itself the last; what the outline teaches earlier comes earlier.

    ``lessons`` are the lesson in which each concept is first taught, where it is known. Steps at
    most ``depth`` relations away are taken.
    """
    needs: dict[str, list[tuple[str, Relation]]] = {}
    for relation in relations:
        if relation.kind is RelationKind.PREREQUISITE_OF:
            needs.setdefault(relation.target, []).append((relation.source, relation))
        elif relation.kind in _BEFORE_SOURCE:
            needs.setdefault(relation.source, []).append((relation.target, relation))
    wanted = _within(goal, needs, depth)
    return _ordered(goal, wanted, needs, lessons)


def _within(
    goal: str, needs: Mapping[str, Sequence[tuple[str, Relation]]], depth: int
) -> dict[str, list[Relation]]:
    """Concepts up to so many relations before the goal, each with what asks for it."""
    because: dict[str, list[Relation]] = {goal: []}
    level = [goal]
    for _ in range(depth):
        following = []
        for concept in level:
            for earlier, relation in needs.get(concept, ()):
                if earlier not in because:
                    because[earlier] = []
                    following.append(earlier)
                because[earlier].append(relation)
        level = following
    return because


def _ordered(
    goal: str,
    because: Mapping[str, Sequence[Relation]],
    needs: Mapping[str, Sequence[tuple[str, Relation]]],
    lessons: Mapping[str, int],
) -> list[Step]:
    """Each concept after what it needs; where nothing decides, by lesson, then by id."""
    left = set(because)
    steps: list[Step] = []
    while left:
        free = [
            concept
            for concept in left
            if not any(
                earlier in left and earlier != concept for earlier, _ in needs.get(concept, ())
            )
        ]
        # Kinds may run in a circle with prerequisites; the goal stays last all the same.
        candidates = [c for c in free or left if c != goal] or [goal]
        chosen = min(candidates, key=lambda c: (lessons.get(c, len(because) * 1000), c))
        left.remove(chosen)
        steps.append(Step(chosen, tuple(because[chosen])))
        if chosen == goal:
            break
    return steps
