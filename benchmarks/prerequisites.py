"""Prerequisites of the graph against LectureBank's pairs of 208 NLP concepts, judged by people."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.settings import load_settings
from index.learning_path import learning_path
from ingest.concepts.graph import ConceptGraph, GraphSettings, build_graph
from ingest.concepts.lexicon import load_lexicon
from ingest.concepts.names import name_key
from ingest.corpus import Corpus

_Pair = tuple[str, str]


def main(folder: Path, data: Path) -> None:
    """Print how far learning paths over the ingested course agree with the set in a folder.

    The set holds no texts to search: it names concepts, and says of each ordered pair whether the
    first is a prerequisite of the second.
    """
    with Corpus(load_settings(data=data).corpus_file) as corpus:
        documents, chunks = corpus.documents(), list(corpus.chunks())
        graph = build_graph(
            documents, chunks, corpus.lesson_items(), load_lexicon(), GraphSettings()
        )
    known, named = _known(folder / "nlp208_concepts.tsv", graph)
    judged = _judged(folder / "nlp208_prereq.tsv", known)
    wanted = {pair for pair, is_first in judged.items() if is_first}
    paths = _paths(set(known.values()), graph)
    same, unwanted = paths & wanted, (paths & judged.keys()) - wanted
    reversed_pairs = {pair for pair in unwanted if pair[::-1] in wanted}
    print(f"lecturebank: {len(set(known.values()))} of its {named} concepts are in the graph")
    print(
        f"of {len(wanted)} prerequisites among them {len(same)} lie on our paths (recall "
        f"{len(same) / len(wanted):.3f}), {len(reversed_pairs)} the other way round; of our "
        f"{len(same) + len(unwanted)} ordered pairs {len(same) / len(same | unwanted):.3f} are "
        f"theirs (chance {len(wanted) / len(judged):.3f})"
    )


def _known(file: Path, graph: ConceptGraph) -> tuple[dict[str, str], int]:
    """Our concept of each of theirs, as far as one name has one owner; and how many there are."""
    counts = Counter(
        key for concept in graph.concepts for key in {name_key(name) for name in concept.names}
    )
    owners = {name_key(name): concept.id for concept in graph.concepts for name in concept.names}
    lines = [line.split("\t") for line in file.read_text("utf-8").splitlines()]
    known = {}
    for number, name, *_ in lines:
        keys = map(name_key, (name, name.removesuffix("s")))
        if key := next((key for key in keys if counts[key] == 1), None):
            known[number] = owners[key]
    return known, len(lines)


def _judged(file: Path, known: Mapping[str, str]) -> dict[_Pair, bool]:
    """Whether one of our concepts comes before another, as they say; one way only."""
    found: dict[_Pair, bool] = {}
    for line in file.read_text("utf-8").splitlines():
        one, other, is_first = line.split()
        if one in known and other in known and known[one] != known[other]:
            found[known[one], known[other]] = is_first == "1"
    both = {pair for pair, is_first in found.items() if is_first and found.get(pair[::-1])}
    return {pair: is_first for pair, is_first in found.items() if pair not in both}


def _paths(goals: Iterable[str], graph: ConceptGraph) -> set[_Pair]:
    """Which concept comes before which one on the learning path to it."""
    return {
        (step.concept, goal)
        for goal in goals
        for step in learning_path(goal, graph.relations, {})
        if step.concept != goal
    }
