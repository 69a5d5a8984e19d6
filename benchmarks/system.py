"""Speed and memory of the whole: ingest, ingest again, one changed note, search, first answer."""

import itertools
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.settings import Settings, load_settings
from app.wiring import make_assistant, make_encoders, make_layout
from benchmarks.processes import measure
from index.course_index import CourseIndex
from index.passages import passage_of
from index.settings import Part
from ingest.corpus import Corpus

QUERIES = (
    "什么是反向传播？",
    "KV cache 占多少显存",
    "how does speculative decoding keep the distribution",
    "LoRA 的秩怎么选",
    "why is softmax paired with cross entropy",
    "RoPE 外推",
    "量化误差从哪里来",
    "what does the reward model optimise",
)
_ROUNDS = 5


def main(library: Path) -> None:
    """Print the figures for a folder of course material."""
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch, "data")
        settings = load_settings(data=data)
        # Unpacking the weights happens once on a machine, not once an ingest.
        make_encoders(settings).first.embed_queries(["warm up"])
        copy = Path(scratch, library.name)
        shutil.copytree(library, copy)
        ingesting(settings, copy)
        searching(settings)
        answering(settings)
        serving(settings)


def ingesting(settings: Settings, library: Path) -> None:
    """Ingest a folder, again unchanged, and with one changed note in a small and large library."""
    first = measure(_ingest(library), settings.data)
    report = json.loads(first.out)
    with Corpus(settings.corpus_file) as corpus:
        titles = {document.id: document.title for document in corpus.documents()}
        passages = [passage_of(titles[c.document_id], c) for c in corpus.chunks()]
    alone = min(embedder_alone(settings, passages, size) for size in (None, 64))
    print(f"documents read             {report['read']:>8}   passages {len(passages)}")
    print(f"ingest, wall               {first.wall:>8.1f} s")
    print(f"embedder alone, best batch {alone:>8.1f} s   ratio {first.wall / alone:.2f}  (<= 1.5)")
    print(f"peak memory                {first.peak_bytes / 1e9:>8.2f} GB  (< 2.5)")
    again = measure(_ingest(library), settings.data)
    imports = measure(["status", "--json"], settings.data)
    print(
        f"nothing changed, CPU       {again.cpu:>8.2f} s   beyond `status` "
        f"{again.cpu - imports.cpu:.2f} s  (< 3)"
    )
    note = library / "benchmark note.md"
    note.write_text("# Note\n\nOne short note.\n", "utf-8")
    large = measure(_ingest(note), settings.data)
    with tempfile.TemporaryDirectory() as small:
        shutil.copytree(settings.models_folder, Path(small, "data", "models"))
        alone_note = measure(_ingest(note), Path(small, "data"))
    print(
        f"one new note, wall         {large.wall:>8.1f} s   in an empty library "
        f"{alone_note.wall:.1f} s   ratio {large.wall / alone_note.wall:.2f}"
    )


def _ingest(path: Path) -> list[str]:
    # Each picture is recognised once in a machine's life; benchmarks/parsing.py measures that.
    return ["ingest", str(path), "--ocr", "off", "--json"]


def embedder_alone(settings: Settings, passages: Sequence[str], batch: int | None) -> float:
    """Seconds to embed passages with warm models, both encoders one after the other."""
    changed = load_settings(data=settings.data, embedding_batch_size=batch)
    encoders = make_encoders(changed).all
    for encoder in encoders:
        encoder.embed_passages(passages[:8])
    start = time.perf_counter()
    for encoder in encoders:
        encoder.embed_passages(passages)
    return time.perf_counter() - start


def searching(settings: Settings) -> None:
    """Median search, with and without reranking, beside embedding the query alone."""
    layout, encoders = make_layout(settings), make_encoders(settings)
    chosen = settings.search_settings()
    embed = median(
        [
            lambda turn, q=q: [e.embed_queries([f"{q} {turn}"]) for e in encoders.all]
            for q in QUERIES
        ]
    )
    for name, without, limit in (("search", frozenset(), 250), ("no rerank", {Part.RERANK}, 60)):
        index = CourseIndex(
            layout.current(), {}, encoders, replace(chosen, without=frozenset(without))
        )
        whole = median([lambda turn, q=q, i=index: i.search(f"{q} {turn}") for q in QUERIES])
        print(
            f"{name + ', median':<26} {whole:>8.1f} ms  (<= {limit})   "
            f"embedding the query alone {embed:.1f} ms   ratio {whole / embed:.2f}"
        )


def answering(settings: Settings) -> None:
    """Median verbatim answer beside a search alone, in turns; no question was asked before."""
    assistant = make_assistant(settings)
    took: dict[str, list[float]] = {"search": [], "ask": []}
    for turn, query in itertools.product(range(_ROUNDS + 1), QUERIES):
        for number, (name, do) in enumerate((("search", assistant.search), ("ask", assistant.ask))):
            start = time.perf_counter()
            do(query + "？" * (2 * turn + number))
            if turn:  # the first round warms up
                took[name].append((time.perf_counter() - start) * 1000)
    search, answer = (statistics.median(times) for times in took.values())
    print(
        f"{'verbatim answer, median':<26} {answer:>8.1f} ms   search alone {search:.1f} ms   "
        f"ratio {answer / search:.2f}  (<= 1.5)"
    )


def median(calls: Sequence[Callable[[int], object]]) -> float:
    """Milliseconds of the median call after one warm-up round.

    A call gets the number of its round, since a question that was just asked is remembered.
    """
    times = []
    for turn in range(_ROUNDS + 1):
        for call in calls:
            start = time.perf_counter()
            call(turn)
            if turn:
                times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def serving(settings: Settings) -> None:
    """Seconds from starting the server to the first answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    start = time.perf_counter()
    process = subprocess.Popen([*command, "--data", str(settings.data)], stderr=subprocess.DEVNULL)
    try:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/ask",
            data=json.dumps({"question": QUERIES[0]}).encode(),
            headers={"Content-Type": "application/json"},
        )
        first = answered(request, start)
        times = [timed(request) for _ in range(_ROUNDS)]
    finally:
        process.terminate()
        process.wait()
    print(f"server start to answer     {first:>8.1f} s   then {np.median(times) * 1000:.0f} ms")


def answered(request: urllib.request.Request, start: float) -> float:
    """Ask until the server is up; seconds since ``start``."""
    while True:
        try:
            urllib.request.urlopen(request, timeout=120).read()
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return time.perf_counter() - start


def timed(request: urllib.request.Request) -> float:
    """Seconds of one answer."""
    start = time.perf_counter()
    urllib.request.urlopen(request, timeout=120).read()
    return time.perf_counter() - start
