"""Relations of concepts, each with the sentences that state it.

Three sources, the surest first: a wording that states the relation; a relation that the lexicon
expects, where a sentence names both; concepts that are named together more often than chance
explains (Dunning's log-likelihood ratio, 1993).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from ingest.concepts.mentions import Passage, Statement
from ingest.concepts.patterns import hints, stated
from ingest.model import Evidence, Relation, RelationKind

_Pair = tuple[str, str]
Expected = Mapping[_Pair, Sequence[RelationKind]]


@dataclass(frozen=True, slots=True)
class RelationSettings:
    """``significance`` is of the log-likelihood ratio; 10.83 is p < .001."""

    evidence: int = 5
    significance: float = 10.83
    fewest_together: int = 3
    most_related: int = 12
    # A sentence with more concepts is a list; it states nothing about two of them.
    most_concepts: int = 6
    longest: int = 240


@dataclass(slots=True)
class Claims:
    """Sentences for a relation, each with its strength; lower is stronger."""

    found: dict[tuple[int, int, str, str], Evidence] = field(default_factory=dict)

    def add(self, strength: int, evidence: Evidence) -> None:
        """Take in a sentence."""
        key = (strength, len(evidence.quote), evidence.chunk_id, evidence.quote)
        self.found.setdefault(key, evidence)

    def best(self, most: int) -> tuple[Evidence, ...]:
        """The strongest sentences, short ones first; of equal ones only one."""
        ordered = sorted(self.found.items(), key=lambda item: item[0])
        return distinct(evidence for _, evidence in ordered)[:most]


def distinct(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Evidence without the same words twice, white space aside; the first of equal ones stays."""
    quotes: dict[str, Evidence] = {}
    for one in evidence:
        quotes.setdefault("".join(one.quote.split()), one)
    return tuple(quotes.values())


_STATED, _HINTED, _EXPECTED, _EXPECTED_NEAR, _EXPECTED_BELOW = range(5)


def find_relations(
    passages: Sequence[Passage],
    expected: Expected,
    settings: RelationSettings,
) -> list[Relation]:
    """All relations, by source, kind and target; prerequisites form no cycle."""
    claims: dict[tuple[str, RelationKind, str], Claims] = defaultdict(Claims)
    for passage in passages:
        for statement in passage.statements:
            if len(statement.concepts) > 1 and len(statement.text) <= settings.longest:
                _read_statement(statement, expected, settings, claims)
        for one, next_one in pairwise(passage.statements):
            _read_neighbours(one, next_one, expected, settings, claims)
        _read_below_headings(passage, expected, settings, claims)
    typed = [
        Relation(source, kind, target, found.best(settings.evidence))
        for (source, kind, target), found in sorted(claims.items())
    ]
    typed = _one_way(typed, expected)
    kept = [r for r in typed if r.kind is not RelationKind.PREREQUISITE_OF]
    kept += without_cycles([r for r in typed if r.kind is RelationKind.PREREQUISITE_OF])
    joined = {frozenset((relation.source, relation.target)) for relation in kept}
    kept += _related(passages, joined, settings)
    return sorted(kept, key=lambda r: (r.source, r.kind, r.target))


def _read_statement(
    statement: Statement,
    expected: Expected,
    settings: RelationSettings,
    claims: dict[tuple[str, RelationKind, str], Claims],
) -> None:
    text = statement.chunk.text
    for one, other in pairwise(statement.found):
        pattern = stated(text[one.end : other.start], text[other.end : statement.end])
        if pattern is None or one.concept == other.concept:
            continue
        source, target = (
            (one.concept, other.concept) if pattern.forward else (other.concept, one.concept)
        )
        claims[source, pattern.kind, target].add(_STATED, statement.evidence())
    if len(statement.concepts) > settings.most_concepts:
        return
    for pair in _ordered_pairs(statement.concepts):
        for kind in expected.get(pair, ()):
            hinted = hints(kind, statement.text)
            if hinted or kind is not RelationKind.ALTERNATIVE_TO:
                strength = _HINTED if hinted else _EXPECTED
                claims[pair[0], kind, pair[1]].add(strength, statement.evidence())


def _read_neighbours(
    one: Statement,
    other: Statement,
    expected: Expected,
    settings: RelationSettings,
    claims: dict[tuple[str, RelationKind, str], Claims],
) -> None:
    """Two sentences in a row: the second often leaves out what it speaks of."""
    if not one.found or not other.found or other.end - one.start > settings.longest:
        return
    if len(one.concepts | other.concepts) > settings.most_concepts:
        return
    if one.chunk.text[one.end : other.start].strip():  # a picture stands between them
        return
    for first in one.concepts - other.concepts:
        for second in other.concepts - one.concepts:
            for pair in ((first, second), (second, first)):
                for kind in expected.get(pair, ()):
                    claims[pair[0], kind, pair[1]].add(_EXPECTED_NEAR, one.evidence(other))


def _read_below_headings(
    passage: Passage,
    expected: Expected,
    settings: RelationSettings,
    claims: dict[tuple[str, RelationKind, str], Claims],
) -> None:
    """A section on one concept in a document on another: its first sentence that names it."""
    if not passage.headings:
        return
    about = passage.title.union(*passage.headings[:-1])
    for statement in passage.statements:
        if len(statement.text) > settings.longest:
            continue
        for concept in statement.concepts & passage.headings[-1]:
            for other in about - statement.concepts:
                for pair in ((concept, other), (other, concept)):
                    for kind in expected.get(pair, ()):
                        claims[pair[0], kind, pair[1]].add(_EXPECTED_BELOW, statement.evidence())


def _ordered_pairs(concepts: Iterable[str]) -> Iterable[_Pair]:
    for one, other in combinations(sorted(concepts), 2):
        yield one, other
        yield other, one


def _one_way(relations: Sequence[Relation], expected: Expected) -> list[Relation]:
    """No kind both ways between two concepts: the lexicon decides, then the number of sentences."""
    known = {(r.source, r.kind, r.target): r for r in relations}

    def trust(relation: Relation) -> tuple[bool, int, str]:
        kinds = expected.get((relation.source, relation.target), ())
        return relation.kind in kinds, len(relation.evidence), relation.source

    kept = []
    for relation in relations:
        back = known.get((relation.target, relation.kind, relation.source))
        if back is None or trust(relation) > trust(back):
            kept.append(relation)
    return kept


def without_cycles(relations: Sequence[Relation], among: Iterable[Relation] = ()) -> list[Relation]:
    """Keep prerequisites with most evidence first, leaving out each that would close a cycle.

    Those ``among`` which they come stay whatever happens.
    """
    after: dict[str, set[str]] = defaultdict(set)
    for relation in among:
        after[relation.source].add(relation.target)

    def leads(start: str, goal: str) -> bool:
        stack, seen = [start], {start}
        while stack:
            here = stack.pop()
            if here == goal:
                return True
            new = after[here] - seen
            seen |= new
            stack.extend(new)
        return False

    kept = []
    for relation in sorted(relations, key=lambda r: (-len(r.evidence), r.source, r.target)):
        if not leads(relation.target, relation.source):
            after[relation.source].add(relation.target)
            kept.append(relation)
    return kept


def _related(
    passages: Sequence[Passage], joined: set[frozenset[str]], settings: RelationSettings
) -> list[Relation]:
    """Pairs that one sentence names significantly often, and that no other relation joins."""
    singles: Counter[str] = Counter()
    together: dict[_Pair, list[Statement]] = defaultdict(list)
    total = 0
    for passage in passages:
        for statement in passage.statements:
            concepts = sorted(statement.concepts)
            total += 1
            singles.update(concepts)
            if len(concepts) <= settings.most_concepts and len(statement.text) <= settings.longest:
                for pair in combinations(concepts, 2):
                    together[pair].append(statement)
    scored: list[tuple[float, _Pair]] = []
    for pair, statements in together.items():
        if (
            len({s.text for s in statements}) < settings.fewest_together
            or frozenset(pair) in joined
        ):
            continue
        ratio = log_likelihood(len(statements), singles[pair[0]], singles[pair[1]], total)
        if ratio >= settings.significance:
            scored.append((ratio, pair))
    partners: Counter[str] = Counter()
    kept = []
    for _, pair in sorted(scored, key=lambda item: (-item[0], item[1])):
        if max(partners[pair[0]], partners[pair[1]]) < settings.most_related:
            partners.update(pair)
            claims = Claims()
            for statement in together[pair]:
                claims.add(_EXPECTED, statement.evidence())
            kept.append(
                Relation(pair[0], RelationKind.RELATED_TO, pair[1], claims.best(settings.evidence))
            )
    return kept


def log_likelihood(together: int, one: int, other: int, total: int) -> float:
    """Dunning's ratio for a pair seen ``together``; 0 when it is rarer than by chance."""
    expected = one * other / total
    if together <= expected:
        return 0.0
    table = (
        (together, expected),
        (one - together, one - expected),
        (other - together, other - expected),
        (total - one - other + together, total - one - other + expected),
    )
    return 2 * sum(
        seen * math.log(seen / chance) for seen, chance in table if seen > 0 and chance > 0
    )
