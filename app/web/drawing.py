"""Where the concepts of a neighbourhood are drawn, and the lines between them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.text import CJK_CHARACTER

_HEIGHT = 34
_PADDING = 28
_WIDE, _SLIM = 15.5, 8.2  # of a Chinese and of any other character
_GAP_X, _GAP_Y = 22, 26
_FIRST_RING, _RING = 190.0, 110.0
_CLOSE = 0.62  # rings are closer than their names; those are pushed apart then
_FLAT = 0.72  # names are wider than high, so rings are ellipses
_ROUNDS = 400
_MARGIN = 24


@dataclass(frozen=True, slots=True)
class Node:
    """A concept at its place."""

    id: str
    name: str
    distance: int
    x: float
    y: float
    width: float
    height: float = _HEIGHT


@dataclass(frozen=True, slots=True)
class Line:
    """A relation from the edge of one concept to the edge of another."""

    key: str
    kind: str
    source: str
    target: str
    path: str
    near: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of a neighbourhood."""

    nodes: Sequence[Node]
    lines: Sequence[Line]
    left: float
    top: float
    width: float
    height: float


def draw(
    names: Mapping[str, str],
    distances: Mapping[str, int],
    relations: Sequence[tuple[str, str, str]],
) -> Drawing:
    """Lay concepts on rings around the one at distance 0, so that no two names overlap.

    ``relations`` are (source, kind, target), those that matter most first.
    """
    order = _around(distances, relations)
    sizes = {concept: _width(names[concept]) for concept in order}
    places = _apart(_ringed(order, distances, sizes), [sizes[concept] for concept in order])
    nodes = {
        concept: Node(concept, names[concept], distances[concept], x, y, sizes[concept])
        for concept, (x, y) in zip(order, places.tolist(), strict=True)
    }
    left = min(node.x - node.width / 2 for node in nodes.values()) - _MARGIN
    right = max(node.x + node.width / 2 for node in nodes.values()) + _MARGIN
    top = min(node.y for node in nodes.values()) - _HEIGHT / 2 - _MARGIN
    bottom = max(node.y for node in nodes.values()) + _HEIGHT / 2 + _MARGIN
    lines = _lines(nodes, relations)
    return Drawing(list(nodes.values()), lines, left, top, right - left, bottom - top)


def _width(name: str) -> float:
    wide = len(CJK_CHARACTER.findall(name))
    return wide * _WIDE + (len(name) - wide) * _SLIM + _PADDING


def _around(distances: Mapping[str, int], relations: Sequence[tuple[str, str, str]]) -> list[str]:
    """The concepts ring by ring, those that are joined beside each other."""
    joined: dict[str, list[str]] = {concept: [] for concept in distances}
    for source, _, target in relations:
        joined[source].append(target)
        joined[target].append(source)
    order: list[str] = []
    for ring in sorted(set(distances.values())):
        left = [concept for concept in distances if distances[concept] == ring]
        while left:
            # Go on with a concept joined to the last one; else with the one nearest to the ring
            # within, which is the order in which they were found.
            last = order[-1] if order and distances[order[-1]] == ring else None
            following = next((one for one in joined.get(last or "", ()) if one in left), left[0])
            left.remove(following)
            order.append(following)
    return order


def _ringed(
    order: Sequence[str], distances: Mapping[str, int], sizes: Mapping[str, float]
) -> NDArray[np.float64]:
    places = np.zeros((len(order), 2))
    radius = 0.0
    for ring in sorted(set(distances.values())):
        here = [place for place, concept in enumerate(order) if distances[concept] == ring]
        if ring == 0:
            continue
        around = sum(sizes[order[place]] + _GAP_X for place in here)
        radius = max(radius + _RING if radius else _FIRST_RING, around / (2 * math.pi) * _CLOSE)
        for number, place in enumerate(here):
            angle = 2 * math.pi * (number + 0.5 * (ring % 2)) / len(here)
            places[place] = radius * math.cos(angle), radius * _FLAT * math.sin(angle)
    return places


def _apart(places: NDArray[np.float64], widths: Sequence[float]) -> NDArray[np.float64]:
    """Push names apart that overlap; the first one stays in the middle."""
    need_x = (np.add.outer(widths, widths)) / 2 + _GAP_X
    need_y = _HEIGHT + _GAP_Y
    for _ in range(_ROUNDS):
        off = places[:, None, :] - places[None, :, :]
        over_x = need_x - np.abs(off[:, :, 0])
        over_y = need_y - np.abs(off[:, :, 1])
        both = (over_x > 0) & (over_y > 0)
        np.fill_diagonal(both, val=False)
        if not both.any():
            break
        # Up and down where that is the shorter way, which it mostly is.
        vertical = over_y <= over_x
        sign = np.where(off >= 0, 1.0, -1.0)
        ties = np.tril(np.ones_like(over_x)) * 2 - 1
        sign[:, :, 1] = np.where(off[:, :, 1] == 0, ties, sign[:, :, 1])
        push = np.zeros_like(off)
        push[:, :, 0] = np.where(both & ~vertical, over_x * sign[:, :, 0], 0)
        push[:, :, 1] = np.where(both & vertical, over_y * sign[:, :, 1], 0)
        places = places + push.sum(axis=1) * 0.3
        places -= places[0]
    return places


def _lines(nodes: Mapping[str, Node], relations: Sequence[tuple[str, str, str]]) -> list[Line]:
    """Lines that share their ends are bent away from each other."""
    seen: dict[frozenset[str], int] = {}
    lines = []
    for source, kind, target in relations:
        ends = frozenset((source, target))
        number = seen.get(ends, 0)
        seen[ends] = number + 1
        one, other = nodes[source], nodes[target]
        near = 0 in (one.distance, other.distance)
        path = _path(one, other, number)
        lines.append(Line(f"{source}|{kind}|{target}", kind, source, target, path, near))
    return lines


def _path(one: Node, other: Node, number: int) -> str:
    dx, dy = other.x - one.x, other.y - one.y
    length = math.hypot(dx, dy) or 1.0
    # 0, +1, -1, +2, …: to one side and to the other, seen from the same end each time.
    side = (number + 1) // 2 * (1 if number % 2 else -1) * (1 if one.id < other.id else -1)
    bend = 26.0 * side
    mid_x = (one.x + other.x) / 2 - dy / length * bend
    mid_y = (one.y + other.y) / 2 + dx / length * bend
    start = _border(one, mid_x, mid_y, 2)
    end = _border(other, mid_x, mid_y, 5)
    numbers = (*start, mid_x, mid_y, *end)
    return "M{:.1f} {:.1f} Q{:.1f} {:.1f} {:.1f} {:.1f}".format(*numbers)


def _border(node: Node, x: float, y: float, away: float) -> tuple[float, float]:
    """Where the line from a node's middle towards a point leaves its box."""
    dx, dy = x - node.x, y - node.y
    if not dx and not dy:
        return node.x, node.y
    wide, high = node.width / 2 + away, node.height / 2 + away
    share = min(
        wide / abs(dx) if dx else math.inf,
        high / abs(dy) if dy else math.inf,
    )
    return node.x + dx * share, node.y + dy * share
