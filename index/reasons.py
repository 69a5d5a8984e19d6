"""Why the graph leads to a passage: a concept of the question, or one related to it."""

from collections.abc import Iterator, Mapping, Sequence

from index.graph import GraphIndex, Seed
from index.model import Quote, Why
from ingest.model import Chunk, Document, Evidence, Relation, RelationKind

_MOST = 2  # sentences that are shown of a relation
_TELL_LITTLE = (RelationKind.PREREQUISITE_OF, RelationKind.RELATED_TO)
# How much an option tells, the concept that the question is about, and a relation of it.
_Option = tuple[float, str, Relation | None]


def why(
    graph: GraphIndex,
    seeds: Sequence[Seed],
    row: int,
    chunk: Chunk,
    documents: Mapping[str, Document],
) -> Why | None:
    """The path from a question's concepts to a passage that most tells; None if there is none."""
    told = graph.told(row)
    options = [option for seed in seeds for option in _options(graph, seed, told, chunk)]
    worth, concept, relation = max(options, key=_rank, default=(0.0, "", None))
    if not worth:
        return None
    if relation is None:
        return Why((graph.concepts[concept].name,))
    source, target = (graph.concepts[end].name for end in (relation.source, relation.target))
    nearest = sorted(relation.evidence, key=lambda one: _distance(one, chunk))
    quotes = (Quote(documents[one.document_id], one.page, one.quote) for one in nearest[:_MOST])
    return Why((source, str(relation.kind), target), tuple(quotes))


def _options(
    graph: GraphIndex, seed: Seed, told: Mapping[str, float], chunk: Chunk
) -> Iterator[_Option]:
    """The concept itself, and its relations to others that the passage tells of."""
    own = seed.strength * told.get(seed.concept, 0.0)
    yield own, seed.concept, None
    for relation in graph.relations_of(seed.concept):
        other = relation.target if relation.source == seed.concept else relation.source
        if other in told:
            worth = seed.strength * graph.relation_weight * told[other]
            # What the passage states says more than that it tells of both.
            is_stated = any(one.chunk_id == chunk.id for one in relation.evidence)
            yield worth + (own if is_stated else 0.0), seed.concept, relation


def _rank(option: _Option) -> tuple[float, bool]:
    """What most tells; of two relations to one concept the one that says more of it."""
    worth, _, relation = option
    return worth, relation is None or relation.kind not in _TELL_LITTLE


def _distance(evidence: Evidence, chunk: Chunk) -> tuple[bool, bool]:
    """Sentences of the passage come first, then those of its document."""
    return evidence.chunk_id != chunk.id, evidence.document_id != chunk.document_id
