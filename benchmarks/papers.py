"""Related papers and mentions of papers, measured: ``python -m benchmarks.papers SHARED DATA``."""

import json
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
from index.papers.related import PaperIndex
from index.papers.signals import best
from index.settings import PaperSettings, SearchSettings
from ingest.paper_facts import title_key

_DEPTH = 10
_PARTS = ("similarity", "second_similarity", "words", "topics", "lessons", "together")
Run = Mapping[str, Sequence[str]]


def main(shared: Path, data: Path) -> None:
    """Print all figures; ``data`` is an ingested library."""
    index = _open(data)
    papers = index.papers
    mentions(shared, index)
    related(shared, papers, index)
    timing(index, papers)


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
    documents = index.records.documents
    folder = Path(index.manifest.generation)
    return PaperIndex(
        papers.literature, index.encoders, index.graph, documents, settings, _kept(papers, folder)
    )


def _kept(papers: PaperIndex, _: Path) -> Path | None:
    return papers.folder


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
    right = extra = missed = main = mains = about = 0
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
    print(
        f"papers of documents: precision {right / (right + extra):.3f} against the list, "
        f"recall {right / (right + missed):.3f}; main papers found {main / mains:.3f}, "
        f"told as main {about / mains:.3f}"
    )


def timing(index: CourseIndex, papers: PaperIndex) -> None:
    """Milliseconds for one query after load."""
    queries = ["2106.09685", "KV cache eviction", "序列并行与上下文并行", "Medusa 多头投机解码"]
    for query in queries:
        papers.related(query)
    took = [_milliseconds(lambda q=query: papers.related(q)) for query in queries * 5]
    print(f"one query at {len(papers.papers)} papers: median {np.median(took):.1f} ms, "
          f"worst {max(took):.1f} ms")  # fmt: skip


def _milliseconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1000


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
