"""The concept graph of an ingested course against lists of concepts and sure relations."""

import json
import random
import time
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.settings import load_settings
from ingest.concepts.graph import ConceptGraph, GraphSettings, build_graph
from ingest.concepts.lexicon import load_lexicon
from ingest.concepts.names import name_key
from ingest.corpus import Corpus

_SAMPLE = 100


def main(shared: Path, data: Path) -> None:
    """Print recall of concepts, aliases and relations; list relations to read."""
    with Corpus(load_settings(data=data).corpus_file) as corpus:
        documents, chunks = corpus.documents(), list(corpus.chunks())
        items = corpus.lesson_items()
    start = time.perf_counter()
    graph = build_graph(documents, chunks, items, load_lexicon(), GraphSettings())
    took = time.perf_counter() - start
    kinds = Counter(str(relation.kind) for relation in graph.relations)
    print(
        f"graph of {len(chunks)} passages in {took:.1f} s: {len(graph.concepts)} concepts, "
        f"{len(graph.relations)} relations {dict(kinds.most_common())}"
    )
    wanted = _lines(shared / "data" / "concepts_dev.jsonl")
    material = name_key("\n".join(chunk.text for chunk in chunks))
    found = _concepts(graph, [concept for concept in wanted if concept["docs"]], material)
    paths = {document.id: document.path for document in documents}
    _relations(graph, found, _lines(shared / "data" / "relations_dev.jsonl"), set(paths.values()))
    _sample(graph, paths)


def _concepts(
    graph: ConceptGraph, wanted: Sequence[Mapping[str, Any]], material: str
) -> dict[str, str]:
    """Our concept of each wanted one, by the names they share.

    Of the wanted names only those count that the ``material`` (squashed) holds. Some of them are
    kinds and parts that are concepts of their own with us; they are told apart.
    """
    owners = {name_key(name): concept.id for concept in graph.concepts for name in concept.names}
    found: dict[str, str] = {}
    joined = unknown = elsewhere = 0
    for concept in wanted:
        unsure = {*concept["ambiguous_aliases"], *concept["aliases_not_in_texts"]}
        keys = {name_key(a) for a in concept["aliases"] if a not in unsure}
        names = keys | {name_key(n) for n in (concept["name_zh"], concept["name_en"]) if n}
        shared = Counter(owners[key] for key in sorted(names) if key in owners)
        if shared:
            ours = found[concept["id"]] = shared.most_common(1)[0][0]
            held = [key for key in keys if key in material]
            joined += sum(owners.get(key) == ours for key in held)
            unknown += sum(key not in owners for key in held)
            elsewhere += sum(owners.get(key, ours) != ours for key in held)
    merged = [ours for ours, number in Counter(found.values()).items() if number > 1]
    print(
        f"concepts found {len(found)} of {len(wanted)} = {len(found) / len(wanted):.3f} (>= .85)   "
        f"two wanted ones in one of ours: {merged}"
    )
    share = joined / (joined + unknown)
    print(
        f"their names in the material: {joined} joined, {unknown} unknown, {elsewhere} concepts of "
        f"their own; recall {share:.3f}, F1 {2 * share / (1 + share):.3f} at precision 1 (>= .9); "
        f"those counted as missed {joined / (joined + unknown + elsewhere):.3f}"
    )
    return found


def _relations(
    graph: ConceptGraph,
    found: Mapping[str, str],
    wanted: Sequence[Mapping[str, Any]],
    present: Container[str],
) -> None:
    """Only of relations that a document states which is there."""
    ours = {(r.source, str(r.kind), r.target) for r in graph.relations}
    joined = {frozenset((r.source, r.target)) for r in graph.relations}
    stated = [
        relation
        for relation in wanted
        if any(place["doc"] in present for place in relation.get("supported_by", ()))
    ]
    exact = either = 0
    for relation in stated:
        source = found.get(relation["source"], "")
        target = found.get(relation["target"], "")
        if relation["relation"] == "proposed_in":
            target = relation["target"]
        exact += (source, relation["relation"], target) in ours
        either += frozenset((source, target)) in joined
    print(
        f"relations stated in the material: {exact} of {len(stated)} = {exact / len(stated):.3f} "
        f"(>= .5), joined by any relation {either / len(stated):.3f}"
    )


def _sample(graph: ConceptGraph, paths: Mapping[str, str]) -> None:
    names = {concept.id: concept.name for concept in graph.concepts}
    chosen = random.Random(4).sample(graph.relations, min(_SAMPLE, len(graph.relations)))
    print(f"\n{len(chosen)} random relations to read")
    for number, relation in enumerate(chosen, start=1):
        evidence = relation.evidence[0]
        quote = " ".join(evidence.quote.split())
        target = names.get(relation.target, relation.target)
        place = f"{paths[evidence.document_id]} p. {evidence.page}"
        print(
            f"{number:>3} {names[relation.source]} -{relation.kind}-> {target} | {quote} [{place}]"
        )


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
