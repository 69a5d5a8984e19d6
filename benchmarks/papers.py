"""Related and named papers, measured: ``python -m benchmarks.papers SHARED DATA SCRATCH``."""

import json
import math
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from app.settings import load_settings
from app.wiring import make_encoders, make_layout
from benchmarks.public_sets import score
from index.course_index import CourseIndex
from index.keyword import KeywordIndex
from index.papers.queries import Asked
from index.papers.related import PaperIndex
from index.papers.signals import Signals, best
from index.papers.walk import Scores
from index.settings import PaperSettings, SearchSettings
from index.unit_vectors import unit_rows
from ingest.concepts.lexicon import load_lexicon
from ingest.model import Paper
from ingest.paper_facts import title_key
from ingest.papers.subjects import Literature, literature

_DEPTH = 10
_PARTS = (
    "similarity",
    "second_similarity",
    "words",
    "topics",
    "lessons",
    "together",
    "walk",
    "kin",
)
Run = Mapping[str, Sequence[str]]


def main(shared: Path, data: Path, scratch: Path) -> None:
    """Print all figures; ``data`` is an ingested library, ``scratch`` keeps vectors."""
    index = _open(data)
    papers = index.papers
    mentions(shared, index)
    related(shared, papers, index)
    timing("known papers", papers)
    timing("synthetic papers", _synthetic(index, 100_000))
    by_example(shared / "eval" / "public" / "csfcube_fold1", index, scratch)
    by_topic(shared / "eval" / "public" / "tutorialbank_rec", index, scratch)


def _open(data: Path) -> CourseIndex:
    settings = load_settings(data=data)
    layout = make_layout(settings)
    return CourseIndex(layout.current(), layout.roots(), make_encoders(settings), SearchSettings())


def related(shared: Path, papers: PaperIndex, index: CourseIndex) -> None:
    """nDCG@10 and recall@10 on graded queries, beside two baselines on titles, and ablations."""
    queries = _lines(shared / "eval" / "related_dev.jsonl")
    gold = {q["id"]: {r["arxiv_id"]: r["grade"] for r in q["relevant"]} for q in queries}
    _show("related", queries, _asked(papers, queries), gold)
    for name, run in _baselines(papers, index, queries).items():
        _show(name, queries, run, gold)
    for part in _PARTS:
        _show(f"without {part}", queries, _asked(_without(papers, index, part), queries), gold)


def _asked(papers: PaperIndex, queries: Sequence[Mapping[str, Any]]) -> Run:
    found = {q["id"]: papers.related(q["query"], _DEPTH) for q in queries}
    return {query: [one.paper.id for one in result.papers] for query, result in found.items()}


def _without(papers: PaperIndex, index: CourseIndex, part: str) -> PaperIndex:
    settings = replace(PaperSettings(), without=frozenset({part}))
    return _made(papers.literature, index, papers.folder, settings)


def _made(
    known: Literature,
    index: CourseIndex,
    folder: Path | None,
    settings: PaperSettings | None = None,
) -> PaperIndex:
    documents = index.records.documents
    chosen = settings or PaperSettings()
    return PaperIndex(known, index.encoders, index.graph, documents, chosen, folder)


def _baselines(
    papers: PaperIndex, index: CourseIndex, queries: Sequence[Mapping[str, Any]]
) -> dict[str, Run]:
    """The embedding of titles alone, BM25 on titles alone; the query's own paper left out."""
    known = papers.literature.papers
    titles = [paper.title for paper in known]
    vectors = index.encoders.first.embed_passages(titles)
    words = KeywordIndex.build(titles)
    rows = {paper.id: row for row, paper in enumerate(known)}
    asked = index.encoders.first.embed_queries([q["query"] for q in queries])
    scores = {
        "title embedding": [vectors @ vector for vector in asked],
        "BM25 on titles": [words.scores(q["query"]) for q in queries],
    }
    runs: dict[str, Run] = {}
    for name, all_scores in scores.items():
        run = {}
        for query, found in zip(queries, all_scores, strict=True):
            values = np.array(found, np.float64)
            if (own := query.get("query_arxiv_id")) in rows:
                values[rows[own]] = -np.inf
            run[query["id"]] = [known[row].id for row in best(values, _DEPTH)]
        runs[name] = run
    return runs


def _show(
    name: str, queries: Sequence[Mapping[str, Any]], run: Run, gold: Mapping[str, Mapping[str, int]]
) -> None:
    line = f"{name:26}"
    for label, chosen in (
        ("all", queries),
        ("zh", [q for q in queries if q["lang"] == "zh"]),
        ("en", [q for q in queries if q["lang"] == "en"]),
        ("papers", [q for q in queries if q["kind"] == "paper"]),
        ("concepts", [q for q in queries if q["kind"] != "paper"]),
    ):
        ndcg, _, recall = score(run, {q["id"]: gold[q["id"]] for q in chosen})
        line += f"  {label} {ndcg:.3f}/{recall:.3f}"
    print(line, flush=True)


def mentions(shared: Path, index: CourseIndex) -> None:
    """Papers that documents are about or name, against a list made by hand."""
    literature = index.papers.literature
    ids = {title_key(paper.title): paper.id for paper in literature.papers}
    found: dict[str, dict[str, str]] = {}
    for mention in literature.mentions:
        path = index.records.documents[mention.document_id].path
        found.setdefault(path, {})[mention.paper] = mention.role.value
    right = extra = missed = main = mains = about = told = 0
    for line in _lines(shared / "data" / "pdf_papers_dev.jsonl"):
        gold = {
            one["arxiv_id"] or ids.get(title_key(one["title"]), one["title"]): one["role"]
            for one in line["papers"]
        }
        ours = found.get(line["doc"], {})
        right += len(gold.keys() & ours.keys())
        extra += len(ours.keys() - gold.keys())
        missed += len(gold.keys() - ours.keys())
        subjects = {paper for paper, role in gold.items() if role == "main"}
        mains += len(subjects)
        main += len(subjects & ours.keys())
        about += sum(ours.get(paper) == "about" for paper in subjects)
        told += sum(role == "about" for role in ours.values())
    print(
        f"papers of documents: precision {right / (right + extra):.3f} against the list, "
        f"recall {right / (right + missed):.3f}; main papers found {main / mains:.3f}, "
        f"told as main {about / mains:.3f}; of those told as main {about / told:.3f} are"
    )


def timing(name: str, papers: PaperIndex) -> None:
    """Milliseconds for one query after load."""
    queries = ["2106.09685", "KV cache eviction", "序列并行与上下文并行", "Medusa 多头投机解码"]
    for query in queries:
        papers.related(query)
    took = [_milliseconds(lambda q=query: papers.related(q)) for query in queries * 5]
    print(
        f"one query at {len(papers.papers)} {name}: median {np.median(took):.1f} ms, "
        f"worst {max(took):.1f} ms",
        flush=True,
    )


def _synthetic(index: CourseIndex, number: int) -> PaperIndex:
    """Known papers, and many more of their words, topics and lessons with random vectors."""
    known, chance = index.papers.literature, random.Random(7)
    words = [word for paper in known.papers for word in paper.title.split()]
    topics, papers = dict(known.topics_of), list(known.papers)
    for place in range(number - len(papers)):
        like = known.papers[place % len(known.papers)]
        title = " ".join(chance.choices(words, k=9))
        papers.append(replace(like, id=f"made-{place}", title=title, names=(), arxiv_id=None))
        topics[f"made-{place}"] = known.topics_of.get(like.id, {})
    more = replace(known, papers=tuple(papers), topics_of=topics)
    made = _made(more, index, None)
    random_numbers = np.random.default_rng(7)
    vectors = [
        unit_rows(random_numbers.standard_normal((len(papers), encoder.dimension), np.float32))
        for encoder in index.encoders.all
    ]
    made._made = Signals(more, vectors, PaperSettings())  # embedding them would take an hour
    return made


def by_example(folder: Path, index: CourseIndex, scratch: Path) -> None:
    """CSFCube: rank a pool by an example paper; NDCG at a fifth of the pool, by facet."""
    rows = _lines(folder / "corpus.jsonl")
    papers = [Paper(row["id"], row["title"] or row["id"], abstract=row["text"]) for row in rows]
    made = _made(literature(papers, (), load_lexicon()), index, _folder(scratch / "csfcube"))
    numbers = {paper.id: row for row, paper in enumerate(made.literature.papers)}
    gold = _grades(folder / "qrels.tsv")
    figures: dict[str, dict[str, list[float]]] = {}
    for query in _lines(folder / "queries.jsonl"):
        asked = made.queries.of_paper(made.papers[query["doc_id"]])
        for name, scores in _ways(made, asked).items():
            pool = gold[query["id"]].keys() - {query["doc_id"]}
            ranked = sorted(pool, key=lambda one: (-scores[numbers[one]], one))
            depth = max(1, round(len(pool) * 0.2))
            value = _ndcg([gold[query["id"]][one] for one in ranked], depth)
            for facet in ("all", query["facet"]):
                figures.setdefault(name, {}).setdefault(facet, []).append(value)
    for name, facets in figures.items():
        told = "  ".join(f"{facet} {np.mean(values):.3f}" for facet, values in facets.items())
        print(f"csfcube NDCG%20 {name:16} {told}", flush=True)


def by_topic(folder: Path, index: CourseIndex, scratch: Path) -> None:
    """TutorialBank: resources for a topic."""
    rows = _lines(folder / "corpus.jsonl")
    papers = [Paper(row["id"], row["text"] or row["id"]) for row in rows]
    made = _made(literature(papers, (), load_lexicon()), index, _folder(scratch / "tutorialbank"))
    gold = _grades(folder / "qrels.tsv")
    runs: dict[str, dict[str, list[str]]] = {}
    for query in _lines(folder / "queries.jsonl"):
        if query["id"] in gold:
            asked = made.queries.take_apart(query["text"])
            for name, scores in _ways(made, asked).items():
                found = [made.literature.papers[row].id for row in best(scores, _DEPTH)]
                runs.setdefault(name, {})[query["id"]] = found
    for name, run in runs.items():
        print("tutorialbank nDCG@10 / recall@5 / recall@10", name, score(run, gold), flush=True)


def _ways(made: PaperIndex, asked: Asked) -> dict[str, Scores]:
    """Scores of all papers: ours, and those of BM25, the first encoder and their fusion."""
    parts, signals = made.score_parts(asked), made._signals
    words = signals.words(asked.text, ())
    near = signals.similarity(0, made._vectors(asked)[0])
    fused = sum(1 / (60 + np.argsort(np.argsort(-one))) for one in (words, near))
    ours = np.sum(list(parts.values()), axis=0)
    return {"related": ours, "BM25": words, "dense": near, "BM25 + dense": np.asarray(fused)}


def _ndcg(grades: Sequence[int], depth: int) -> float:
    def gain(found: Sequence[int]) -> float:
        return sum((2**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(found[:depth]))

    return gain(grades) / (gain(sorted(grades, reverse=True)) or 1.0)


def _grades(file: Path) -> dict[str, dict[str, int]]:
    gold: dict[str, dict[str, int]] = {}
    for line in file.read_text("utf-8").splitlines():
        query, document, grade = line.split("\t")
        gold.setdefault(query, {})[document] = int(grade)
    return gold


def _folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _milliseconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1000


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
