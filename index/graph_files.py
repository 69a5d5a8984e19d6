"""The concept graph as files of a generation: records as JSON, weights and vectors as arrays."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ingest.concepts.graph import ConceptGraph
from ingest.concepts.matching import Name
from ingest.model import Concept, Evidence, Relation, RelationKind

Floats = NDArray[np.float32]
_RECORDS, _ARRAYS = "graph.json", "graph.npz"
_NAMES = 4  # in both languages and spelled out, where a concept has that many


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """A graph with how much each row tells of each concept, and vectors of texts about concepts.

    ``weights`` has a column a concept, in the order of the graph's concepts.
    """

    graph: ConceptGraph
    weights: sparse.csr_matrix
    descriptions: Floats
    called: Floats


def described(graph: ConceptGraph) -> list[tuple[str, str]]:
    """Concept and text of every description, in the order of the stored vectors."""
    return [(concept.id, text) for concept in graph.concepts for text in concept.descriptions]


def called(graph: ConceptGraph) -> list[tuple[str, str]]:
    """Concept and main names of everything with descriptions, in the order of stored vectors."""
    return [
        (concept.id, " ".join(concept.names[:_NAMES]))
        for concept in graph.concepts
        if concept.descriptions
    ]


def write_graph(
    folder: Path,
    graph: ConceptGraph,
    chunk_ids: Sequence[str],
    description_vectors: Floats,
    name_vectors: Floats,
) -> None:
    """Write a graph, with vectors in the order of ``described`` and of ``called``."""
    folder.mkdir()
    numbers = {concept.id: number for number, concept in enumerate(graph.concepts)}
    triples = [
        (row, numbers[concept], weight)
        for row, chunk_id in enumerate(chunk_ids)
        for concept, weight in graph.weights.get(chunk_id, {}).items()
    ]
    rows, columns, weights = zip(*triples, strict=True) if triples else ((), (), ())
    np.savez(
        folder / _ARRAYS,
        rows=np.array(rows, np.int32),
        columns=np.array(columns, np.int32),
        weights=np.array(weights, np.float32),
        shape=np.array([len(chunk_ids), len(numbers)]),
        descriptions=description_vectors.astype(np.float16),
        called=name_vectors.astype(np.float16),
    )
    records = {
        "concepts": [asdict(concept) for concept in graph.concepts],
        "relations": [asdict(relation) for relation in graph.relations],
        "names": [asdict(name) for name in graph.names],
        "claimed": graph.claimed,
    }
    text = json.dumps(records, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    (folder / _RECORDS).write_text(text + "\n", "utf-8")


def read_graph(folder: Path) -> StoredGraph:
    """Read what ``write_graph`` has written."""
    records = json.loads((folder / _RECORDS).read_text("utf-8"))
    graph = ConceptGraph(
        concepts=tuple(map(_concept_from, records["concepts"])),
        relations=tuple(map(_relation_from, records["relations"])),
        names=tuple(map(_name_from, records["names"])),
        claimed=records["claimed"],
    )
    with np.load(folder / _ARRAYS) as arrays:
        triples = (arrays["weights"], (arrays["rows"], arrays["columns"]))
        weights = sparse.csr_matrix(triples, shape=tuple(arrays["shape"]), dtype=np.float32)
        vectors = (arrays[key].astype(np.float32) for key in ("descriptions", "called"))
        return StoredGraph(graph, weights, *vectors)


def _concept_from(values: Mapping[str, Any]) -> Concept:
    definition = values["definition"]
    return Concept(
        **{
            **values,
            "aliases": tuple(values["aliases"]),
            "descriptions": tuple(values["descriptions"]),
            "papers": tuple(values["papers"]),
            "definition": Evidence(**definition) if definition else None,
        }
    )


def _relation_from(values: Mapping[str, Any]) -> Relation:
    evidence = tuple(Evidence(**one) for one in values["evidence"])
    return Relation(values["source"], RelationKind(values["kind"]), values["target"], evidence)


def _name_from(values: Mapping[str, Any]) -> Name:
    return Name(
        values["concept"], values["written"], tuple(values["context"]), tuple(values["neighbours"])
    )
