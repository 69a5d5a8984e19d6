"""Public test sets of retrieval, through the product's own index: one passage a document."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from app.settings import load_settings
from app.wiring import make_encoders, make_layout
from index.build import build_index
from index.course_index import CourseIndex
from index.kept_questions import KeptQuestions
from index.model import Mode
from ingest.concepts.lexicon import load_lexicon
from ingest.corpus import Corpus
from ingest.model import Chunk, Document, DocumentKind, DocumentState
from ingest.text import language_of

# Name, qrels, ids of the queries, which documents (by the start of their ids).
SETS = (
    ("xquad", "qrels.tsv", "ids500_zh.txt", "en-"),
    ("xquad", "qrels.tsv", "ids500_en.txt", "zh-"),
    ("xquad", "qrels_both.tsv", "ids500_zh.txt", ""),
    ("cmrc2018_dev", "qrels.tsv", "", ""),
    ("csl_zh", "qrels.tsv", "", ""),
    ("clapnq_dev", "qrels.tsv", "", ""),
    ("musique_dev100", "qrels.tsv", "", ""),
    ("tutorialbank_rec", "qrels.tsv", "", ""),
    ("terms_zh_en", "qrels.tsv", "", "en-"),
    ("terms_zh_en", "qrels.tsv", "", "zh-"),
)
_DEPTH = 10


def main(public: Path, scratch: Path) -> None:
    """Print nDCG@10, recall@5 and recall@10 of each set and way of searching."""
    modes = (Mode.LEXICAL, Mode.DENSE, Mode.HYBRID)
    print(f"{'nDCG@10 / recall@5 / recall@10':34}" + "".join(f"{mode:>24}" for mode in modes))
    for name, qrels, ids, start in SETS:
        index = _index(public / name / "corpus.jsonl", start, scratch)
        gold = _gold(public / name / qrels, public / name / ids if ids else None, start)
        queries = {q["id"]: q["text"] for q in _lines(public / name / "queries.jsonl")}
        cells = []
        for mode in modes:
            run = {
                query: [
                    hit.document.path for hit in index.search(queries[query], _DEPTH, mode).hits
                ]
                for query in gold
            }
            cells.append(" / ".join(f"{value:.3f}" for value in score(run, gold)))
        label = f"{name} {ids[6:9].strip('_.')} -> {start.strip('-') or 'all'}"
        print(f"{label:34}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


def score(
    run: Mapping[str, Sequence[str]], gold: Mapping[str, Mapping[str, int]]
) -> tuple[float, float, float]:
    """Mean nDCG@10, recall@5 and recall@10 (as shared/eval/public/score.py has them)."""
    totals = [0.0, 0.0, 0.0]
    for query, grades in gold.items():
        is_graded = max(grades.values()) > 1
        ideal = sorted(grades.values(), reverse=True)[:_DEPTH]
        found = [grades.get(document, 0) for document in run[query][:_DEPTH]]
        totals[0] += _gain(found, is_graded) / _gain(ideal, is_graded)
        for place, cutoff in ((1, 5), (2, 10)):
            totals[place] += len(set(run[query][:cutoff]) & grades.keys()) / len(grades)
    return totals[0] / len(gold), totals[1] / len(gold), totals[2] / len(gold)


def _gain(grades: Sequence[int], is_graded: bool) -> float:
    return sum(
        (2**grade - 1 if is_graded else grade) / math.log2(rank + 2)
        for rank, grade in enumerate(grades)
    )


def _gold(qrels: Path, ids: Path | None, start: str) -> dict[str, dict[str, int]]:
    wanted = set(ids.read_text("utf-8").split()) if ids else None
    gold: dict[str, dict[str, int]] = {}
    for line in qrels.read_text("utf-8").splitlines():
        query, document, grade = line.split("\t")
        is_wanted = wanted is None or query in wanted
        if int(grade) > 0 and is_wanted and document.startswith(start):
            gold.setdefault(query, {})[document] = int(grade)
    return gold


def _lines(file: Path) -> Iterable[dict[str, str]]:
    return (json.loads(line) for line in file.read_text("utf-8").splitlines())


def _index(corpus_file: Path, start: str, scratch: Path) -> CourseIndex:
    data = scratch / f"{corpus_file.parent.name}{start}"
    settings = load_settings(data=data)
    encoders = make_encoders(settings)
    with Corpus(settings.corpus_file) as corpus:
        if not corpus.documents():
            for line in _lines(corpus_file):
                if line["id"].startswith(start):
                    corpus.put(*_document(line), {})
        vectors = settings.vector_settings()
        with KeptQuestions(settings.questions_file) as questions:
            build_index(corpus, make_layout(settings), encoders, questions, vectors, load_lexicon())
    generation = make_layout(settings).current()
    return CourseIndex(generation, {}, encoders, settings.search_settings())


def _document(line: Mapping[str, str]) -> tuple[Document, tuple[()], list[Chunk]]:
    text = line["text"] or line.get("title") or "-"
    document = Document(
        id=f"d-{line['id']}",
        collection="public",
        path=line["id"],
        file="",
        title=line.get("title") or "",
        format="text",
        kind=DocumentKind.MATERIAL,
        state=DocumentState.INDEXED,
        sha256="",
        size=len(text),
        language=language_of(text),
    )
    chunk = Chunk(f"c-{line['id']}", document.id, f"s-{line['id']}", 0, (), text, document.language)
    return document, (), [chunk]
