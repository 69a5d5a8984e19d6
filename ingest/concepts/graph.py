"""The concept graph of a course: a pure function of its records and the lexicon."""

import math
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ingest.concepts.claims import Claim, claimed_relations, with_claims
from ingest.concepts.defining import best_definitions
from ingest.concepts.lexicon import Entry, expected_relations
from ingest.concepts.matching import Name, NameMatcher
from ingest.concepts.mentions import Passage, read_passages
from ingest.concepts.mining import MiningSettings, mine
from ingest.concepts.names import name_key
from ingest.concepts.papers import papers_by_name
from ingest.concepts.proposals import proposals
from ingest.concepts.relations import RelationSettings, find_relations
from ingest.concepts.vocabulary import Known, Vocabulary
from ingest.model import Chunk, Concept, Definition, Document, Evidence, LessonItem, Relation

_HEADING, _OUTER_HEADING, _TITLE, _DEFINITION = 2.0, 0.7, 1.0, 2.0


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """What a term and a relation need."""

    mining: MiningSettings = field(default_factory=MiningSettings)
    relations: RelationSettings = field(default_factory=RelationSettings)


@dataclass(frozen=True, slots=True)
class ConceptGraph:
    """Concepts that the material names, how they are related, and how much passages tell of them.

    ``weights`` are by chunk id, then by concept id; ``names`` are those to look for in questions;
    ``claimed`` counts the relations that are there only because a language model claims them.
    """

    concepts: tuple[Concept, ...] = ()
    relations: tuple[Relation, ...] = ()
    names: tuple[Name, ...] = ()
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    claimed: int = 0


@dataclass(frozen=True, slots=True)
class CourseReading:
    """The concepts that a course may speak of, and where it names them."""

    definitions: tuple[Definition, ...]
    vocabulary: Vocabulary
    names: Sequence[Name]
    passages: Sequence[Passage]


def read_course(
    documents: Mapping[str, Document],
    chunks: Sequence[Chunk],
    items: Iterable[LessonItem],
    entries: Sequence[Entry],
    settings: GraphSettings,
) -> CourseReading:
    """Find the names of concepts in all passages; ``documents`` are by id."""
    definitions = tuple(item for item in items if isinstance(item, Definition))
    vocabulary = Vocabulary(entries, mine(chunks, definitions, settings.mining))
    names = vocabulary.lookups()
    passages = list(read_passages(documents, chunks, NameMatcher(names)))
    return CourseReading(definitions, vocabulary, names, passages)


def build_graph(
    documents: Iterable[Document],
    chunks: Sequence[Chunk],
    items: Iterable[LessonItem],
    entries: Sequence[Entry],
    settings: GraphSettings,
    claims: Mapping[str, Sequence[Claim]] = MappingProxyType({}),
) -> ConceptGraph:
    """Find concepts, their definitions and their relations; equal input gives an equal graph.

    ``claims`` of language models, by chunk id, add to the relations that are found without them.
    """
    by_id = {document.id: document for document in documents}
    reading = read_course(by_id, chunks, items, entries, settings)
    vocabulary, passages = reading.vocabulary, reading.passages
    owners = {key: known.id for known in vocabulary.concepts.values() for key in known.names}
    defined = best_definitions(passages, reading.definitions, owners)
    weights = {passage.chunk.id: _weights(passage, defined) for passage in passages}
    present = {concept for found in weights.values() for concept in found}
    # Labels of a drawing run into each other: they name concepts, and state nothing.
    written = [passage.as_written() for passage in passages]
    found = find_relations(written, expected_relations(entries), settings.relations)
    claimed = claimed_relations(written, claims, settings.relations.longest)
    relations = with_claims(found, claimed, settings.relations)
    added = len(relations) - len(found)
    papers = _papers(vocabulary, present)
    relations += proposals(by_id.values(), written, owners, papers, settings.relations)
    relations.sort(key=lambda relation: (relation.source, relation.kind, relation.target))
    return ConceptGraph(
        concepts=tuple(
            _concept(known, defined.get(known.id), papers.get(known.id, ()))
            for _, known in sorted(vocabulary.concepts.items())
            if known.id in present
        ),
        relations=tuple(relations),
        names=tuple(name for name in reading.names if name.concept in present),
        weights=weights,
        claimed=added,
    )


def _papers(vocabulary: Vocabulary, present: Container[str]) -> dict[str, tuple[str, ...]]:
    """ArXiv ids of the papers that brought each concept, as the lexicon or its names tell."""
    by_name = papers_by_name()
    found: dict[str, tuple[str, ...]] = {}
    for known in vocabulary.concepts.values():
        own = known.entry.papers if known.entry else ()
        unsure = {name_key(name) for name, _ in known.entry.ambiguous} if known.entry else set()
        named = (by_name[key] for key in known.names if key in by_name and key not in unsure)
        if known.id in present and (papers := tuple(dict.fromkeys((*own, *named)))):
            found[known.id] = own or papers[:1]
    return found


def _concept(known: Known, definition: Evidence | None, papers: tuple[str, ...]) -> Concept:
    entry = known.entry
    main = {name_key(known.name_zh), name_key(known.name_en)}
    aliases = tuple(sorted(name for key, name in known.names.items() if key not in main))
    return Concept(
        id=known.id,
        name_zh=known.name_zh,
        name_en=known.name_en,
        aliases=aliases,
        descriptions=entry.descriptions if entry else (),
        definition=definition,
        papers=papers,
    )


def _weights(passage: Passage, defined: Mapping[str, Evidence]) -> dict[str, float]:
    """How much a passage tells of each concept: mentions, headings, title, its definition."""
    weights: dict[str, float] = defaultdict(float)
    for concept, times in passage.counts.items():
        weights[concept] += math.log1p(times)
        definition = defined.get(concept)
        if definition is not None and definition.chunk_id == passage.chunk.id:
            weights[concept] += _DEFINITION
    for distance, heading in enumerate(reversed(passage.headings)):
        for concept in heading:
            weights[concept] += _OUTER_HEADING if distance else _HEADING
    for concept in passage.title:
        weights[concept] += _TITLE
    return dict(sorted(weights.items()))
