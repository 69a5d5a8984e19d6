"""Relations that a language model claims to read in a passage.

A claim counts as far as the passage bears it out: its quote stands there word for word, and names
both concepts. Claims add relations and sentences; they replace and remove nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingest.concepts.matching import Found
from ingest.concepts.mentions import Passage, Statement
from ingest.concepts.names import name_key
from ingest.concepts.relations import RelationSettings, distinct, without_cycles
from ingest.ids import digest
from ingest.model import Chunk, Evidence, Relation, RelationKind

# A paper is no concept that a sentence could name.
CLAIMED_KINDS = tuple(kind for kind in RelationKind if kind is not RelationKind.PROPOSED_IN)
_BOTH_WAYS = frozenset({RelationKind.ALTERNATIVE_TO, RelationKind.RELATED_TO})
_Key = tuple[str, RelationKind, str]


class Fault(StrEnum):
    """Why a claim is rejected."""

    MALFORMED = "malformed"
    UNKNOWN_RELATION = "unknown_relation"
    QUOTE_NOT_IN_PASSAGE = "quote_not_in_passage"
    QUOTE_TOO_LONG = "quote_too_long"
    NAME_NOT_IN_QUOTE = "name_not_in_quote"
    UNKNOWN_CONCEPT = "unknown_concept"
    SAME_CONCEPT = "same_concept"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a language model said: two names, how they are related, and the words that say so."""

    source: str
    relation: str
    target: str
    quote: str


def claim_key(title: str, chunk: Chunk) -> str:
    """Key of the claims on a passage: they hold wherever the same words stand."""
    return digest("claims", title, *chunk.section, chunk.text)


def is_worth_reading(passage: Passage) -> bool:
    """Whether any claim on a passage could hold: text of the page that names two concepts."""
    return passage.chunk.confidence is None and len(passage.counts) > 1


def check(claim: Claim, passage: Passage, longest: int) -> Relation | Fault:
    """The relation that a claim states with its evidence, or why it does not count."""
    kind = next((kind for kind in CLAIMED_KINDS if kind == claim.relation), None)
    if kind is None:
        return Fault.UNKNOWN_RELATION
    place = _place(claim.quote, passage.chunk.text)
    if place is None:
        return Fault.QUOTE_NOT_IN_PASSAGE
    start, end = place
    if end - start > longest:
        return Fault.QUOTE_TOO_LONG
    # The mentions are those of the passage: a quote can't cut 注意力 out of 多头注意力.
    named = [
        found
        for statement in passage.statements
        for found in statement.found
        if found.start >= start and found.end <= end
    ]
    quoted = passage.chunk.text[start:end]
    source = _meant(claim.source, named, passage.chunk, quoted)
    target = _meant(claim.target, named, passage.chunk, quoted)
    for meant in (source, target):
        if isinstance(meant, Fault):
            return meant
    if source == target:
        return Fault.SAME_CONCEPT
    return Relation(source, kind, target, (_evidence(passage, start, end, longest),))


def _place(quote: str, text: str) -> tuple[int, int] | None:
    """Where a quote stands in a text, white space aside."""
    places = [place for place, character in enumerate(text) if not character.isspace()]
    wanted = "".join(quote.split())
    start = "".join(text[place] for place in places).find(wanted)
    if not wanted or start < 0:
        return None
    return places[start], places[start + len(wanted) - 1] + 1


def _meant(name: str, named: Iterable[Found], chunk: Chunk, quoted: str) -> str | Fault:
    """The one concept that a quote mentions by a name."""
    key = name_key(name)
    if not key or key not in name_key(quoted):
        return Fault.NAME_NOT_IN_QUOTE
    concepts = set()
    for found in named:
        mention = name_key(chunk.text[found.start : found.end])
        if key in (mention, mention + "s"):
            concepts.add(found.concept)
    return concepts.pop() if len(concepts) == 1 else Fault.UNKNOWN_CONCEPT


def _evidence(passage: Passage, start: int, end: int, longest: int) -> Evidence:
    """The whole sentences that a quote is from, or the quote itself where they are too long."""
    touched = [s for s in passage.statements if s.start < end and s.end > start]
    low = min([start, *(statement.start for statement in touched)])
    high = max([end, *(statement.end for statement in touched)])
    if high - low > longest:
        low, high = start, end
    return Statement(passage.chunk, low, high, ()).evidence()


def claimed_relations(
    passages: Iterable[Passage], claims: Mapping[str, Sequence[Claim]], longest: int
) -> list[Relation]:
    """What the kept claims on passages, by chunk id, state of the concepts known now."""
    checked = (
        check(claim, passage, longest)
        for passage in passages
        for claim in claims.get(passage.chunk.id, ())
    )
    return [found for found in checked if isinstance(found, Relation)]


def with_claims(
    relations: Sequence[Relation], claimed: Iterable[Relation], settings: RelationSettings
) -> list[Relation]:
    """Relations with what is claimed added; evidence of claims comes last."""
    known = {(r.source, r.kind, r.target): r for r in relations}
    quoted: dict[_Key, list[Evidence]] = defaultdict(list)
    for claim in claimed:
        key = claim.source, claim.kind, claim.target
        back = claim.target, claim.kind, claim.source
        if key in known or back not in known:
            quoted[key] += claim.evidence
        elif claim.kind in _BOTH_WAYS:
            quoted[back] += claim.evidence
    new = [
        Relation(*key, _joined((), evidence, settings.evidence))
        for key, evidence in sorted(quoted.items())
        if key not in known
    ]
    more = [
        Relation(*key, _joined(found.evidence, quoted.get(key, ()), settings.evidence))
        for key, found in known.items()
    ]
    return sorted(more + _acceptable(new, more), key=lambda r: (r.source, r.kind, r.target))


def _joined(first: Sequence[Evidence], then: Iterable[Evidence], most: int) -> tuple[Evidence, ...]:
    """Evidence without the same words twice, the shortest of what is added first."""
    added = sorted(then, key=lambda e: (len(e.quote), e.chunk_id, e.quote))
    return distinct((*first, *added))[: max(most, len(first))]


def _acceptable(new: Sequence[Relation], known: Sequence[Relation]) -> list[Relation]:
    """New relations that go one way, close no cycle, and say more than that two are related."""
    by_key = {(r.source, r.kind, r.target): r for r in new}
    one_way = []
    for relation in new:
        back = by_key.get((relation.target, relation.kind, relation.source))
        if back is None or _trust(relation) > _trust(back):
            one_way.append(relation)
    ordered = RelationKind.PREREQUISITE_OF
    kept = [r for r in one_way if r.kind not in (ordered, RelationKind.RELATED_TO)]
    before = [r for r in known if r.kind is ordered]
    kept += without_cycles([r for r in one_way if r.kind is ordered], before)
    joined = {frozenset((r.source, r.target)) for r in (*known, *kept)}
    loose = [r for r in one_way if r.kind is RelationKind.RELATED_TO]
    return kept + [r for r in loose if frozenset((r.source, r.target)) not in joined]


def _trust(relation: Relation) -> tuple[int, str]:
    return len(relation.evidence), relation.source
