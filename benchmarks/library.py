"""The library ingested with text recognition, twice, and the questions on text in pictures."""

import json
import tempfile
from pathlib import Path
from typing import Any

from app.evaluation import judge_run, read_questions
from benchmarks.processes import measure


def main(shared: Path, data: Path | None) -> None:
    """Ingest into a data folder that is given, or one for this run."""
    if data is not None:
        figures(shared, data)
        return
    with tempfile.TemporaryDirectory() as folder:
        figures(shared, Path(folder))


def figures(shared: Path, data: Path) -> None:
    """Print what two runs did, and hit@5 of the questions whose evidence is in pictures."""
    library = shared / "library"
    for title in ("library, first run", "again, all files read anew"):
        again = ["--force"] if title.startswith("again") else []
        ran = measure(["ingest", str(library), "--ocr", "auto", "--json", *again], data)
        report = json.loads(ran.out)
        pages = sum(found.get("pages") or 0 for found in report["files"])
        print(
            f"{title:28} {report['read']} documents, {pages} pages, "
            f"{report['recognized']} OCR calls, {report['recognized_before']} kept, "
            f"{report['failed']} failed   {ran.wall:.0f} s   {ran.peak_bytes / 1e9:.2f} GB"
        )
        for found in report["files"]:
            if found.get("reason"):
                print(f"    {found['document']}: {found['reason']}")
    print("second run's OCR calls must be 0")
    _questions(shared / "eval" / "course_dev.jsonl", data)


def _questions(file: Path, data: Path) -> None:
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    groups = {
        "type image": {line["id"] for line in lines if line["type"] == "image"},
        "evidence in a picture": {line["id"] for line in lines if _in_picture(line)},
    }
    queries, run = data / "benchmark_queries.jsonl", data / "benchmark_run.jsonl"
    wanted = set().union(*groups.values())
    texts = [{"id": line["id"], "text": line["question"]} for line in lines if line["id"] in wanted]
    queries.write_text("".join(json.dumps(text) + "\n" for text in texts), "utf-8")
    measure(["search", "--queries", str(queries), "--out", str(run), "-k", "10"], data)
    hits = [json.loads(line) for line in run.read_text("utf-8").splitlines()]
    questions = read_questions(file)
    for title, ids in groups.items():
        judged = judge_run([q for q in questions if q.id in ids], hits)["retrieval"]["all"]
        line = "  ".join(f"{name} {value:.3f}" for name, value in judged.items() if name != "n")
        print(f"{title:28} {judged['n']} questions   {line}   (hit@5 >= .85)")


def _in_picture(line: dict[str, Any]) -> bool:
    return any(found.get("source") == "image" for found in line["evidence"])
