"""Ways to run the embedded embedding model: speed, distance to float32, recall.

    python -m benchmarks.embedding FOLDER_OF_PDFS QUESTIONS.jsonl [--passages 32] [--rounds 3]

A question is {"question", "type", "evidence": [{"doc", "page"}]}. The variants take turns in
every round, so that other work on the machine falls on all of them; the best round counts.
"""

import argparse
import json
import random
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from benchmarks.bert_folder import write_bert_folder
from index.e5.folder import MODEL_FILE, write_tokenizer
from index.e5.graph import build_graph
from index.e5.runner import OnnxEncoder
from index.e5.weights import PackagedWeights, load_weights, weights_path

CHUNK = 450
TYPES = ("fact", "paraphrase", "en")
REFERENCE = "torch float32"
Encode = Callable[[list[str], str], NDArray[np.float32]]
Chunk = tuple[str, int, str]


def read_chunks(folder: Path) -> list[Chunk]:
    chunks = []
    for path in sorted(folder.glob("*.pdf")):
        with pymupdf.open(path) as document:
            for number, page in enumerate(document, start=1):
                text = re.sub(r"\s*\n\s*", " ", page.get_text()).strip()
                starts = range(0, max(1, len(text) - 50), CHUNK)
                chunks += [(path.name, number, text[at : at + CHUNK]) for at in starts if text]
    return chunks


def encoder_of(model: Any) -> Encode:
    def encode(texts: list[str], prefix: str) -> NDArray[np.float32]:
        return model.encode(
            texts, prompt=prefix, batch_size=8, normalize_embeddings=True, show_progress_bar=False
        )

    return encode


def runner_of(encoder: OnnxEncoder) -> Encode:
    def encode(texts: list[str], prefix: str) -> NDArray[np.float32]:
        return encoder.text_vectors([prefix + text for text in texts])

    return encode


def torch_variants(weights: PackagedWeights, folder: Path) -> dict[str, Encode]:
    folder.mkdir()
    write_bert_folder(weights, folder)

    def load(dtype: str) -> SentenceTransformer:
        kwargs = {"dtype": dtype}
        return SentenceTransformer(
            str(folder), device="cpu", local_files_only=True, model_kwargs=kwargs
        )

    integers = load("float32")
    integers[0].model = torch.ao.quantization.quantize_dynamic(
        integers[0].model, {torch.nn.Linear}, dtype=torch.qint8
    )
    models = {
        REFERENCE: load("float32"),
        "torch bfloat16": load("bfloat16"),
        "torch dynamic int8": integers,
    }
    return {name: encoder_of(model) for name, model in models.items()}


def onnx_variants(weights: PackagedWeights, folder: Path) -> dict[str, Encode]:
    made = {}
    for name, quantize in {"onnx float32": False, "onnx int7 (chosen)": True}.items():
        target = folder / name
        target.mkdir()
        write_tokenizer(weights.vocabulary, target)
        graph = build_graph(weights, quantize).SerializeToString(deterministic=True)
        (target / MODEL_FILE).write_bytes(graph)
        made[name] = runner_of(OnnxEncoder(target))
    return made


def measure_speed(
    variants: dict[str, Encode], texts: list[str], question: str, rounds: int
) -> dict[str, tuple[float, float]]:
    passages, queries = ({name: [] for name in variants} for _ in range(2))
    for encode in variants.values():
        encode(texts[:2], "passage: ")
    for _ in range(rounds):
        for name, encode in variants.items():
            start = time.perf_counter()
            encode(texts, "passage: ")
            passages[name].append(len(texts) / (time.perf_counter() - start))
            for _ in range(10):
                start = time.perf_counter()
                encode([question], "query: ")
                queries[name].append(1000 * (time.perf_counter() - start))
    return {name: (max(passages[name]), min(queries[name])) for name in variants}


def page_ranks(
    chunks: list[Chunk],
    passages: NDArray[np.float32],
    questions: list[dict[str, Any]],
    queries: NDArray[np.float32],
) -> NDArray[np.int64]:
    """The best rank of a gold page for each question, from 0."""
    ranks = []
    for question, query in zip(questions, queries, strict=True):
        order: dict[tuple[str, int], int] = {}
        for at in np.argsort(-(passages @ query), kind="stable"):
            order.setdefault(chunks[at][:2], len(order))
        gold = [(found["doc"], found["page"]) for found in question["evidence"]]
        ranks.append(min(order.get(page, len(order)) for page in gold))
    return np.array(ranks)


def print_speeds(variants: dict[str, Encode], texts: list[str], query: str, rounds: int) -> None:
    speeds = measure_speed(variants, texts, query, rounds)
    exact = variants[REFERENCE](texts, "passage: ")
    print(f"{len(texts)} passages of {np.mean([len(text) for text in texts]):.0f} characters")
    for name, encode in variants.items():
        cosine = (encode(texts, "passage: ") * exact).sum(axis=1)
        rate, wait = speeds[name]
        print(
            f"{name:20} {rate:6.1f} passages/s {wait:7.1f} ms a query   "
            f"cosine mean {cosine.mean():.4f} min {cosine.min():.4f}",
            flush=True,
        )


def print_recall(
    variants: dict[str, Encode], chunks: list[Chunk], questions: list[dict[str, Any]]
) -> None:
    print(f"recall of gold pages over {len(chunks)} chunks, {len(questions)} questions")
    kinds = np.array([row["type"] for row in questions])
    for name, encode in variants.items():
        passages = encode([text for _, _, text in chunks], "passage: ")
        queries = encode([row["question"] for row in questions], "query: ")
        ranks = page_ranks(chunks, passages, questions, queries)
        hits = " ".join(f"@{k} {(ranks < k).mean():.3f}" for k in (1, 5, 10))
        by_type = " ".join(f"{kind} {(ranks[kinds == kind] < 5).mean():.3f}" for kind in TYPES)
        mrr = np.where(ranks < 10, 1 / (ranks + 1), 0).mean()
        print(f"{name:20} {hits} MRR@10 {mrr:.3f}   @5: {by_type}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--passages", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()

    chunks = read_chunks(arguments.folder)
    lines = arguments.questions.read_text(encoding="utf-8").splitlines()
    questions = [row for row in map(json.loads, lines) if row["type"] in TYPES]
    long = [text for _, _, text in chunks if len(text) >= 300]
    sample = random.Random(1).sample(long, min(arguments.passages, len(long)))
    weights = load_weights(weights_path())
    with tempfile.TemporaryDirectory() as name:
        variants = torch_variants(weights, Path(name) / "bert")
        variants |= onnx_variants(weights, Path(name))
        print_speeds(variants, sample, questions[0]["question"], arguments.rounds)
        # torch's float32 has the same vectors, and its int8 is slower and farther from them.
        worth = {name: encode for name, encode in variants.items() if name.startswith("onnx")}
        print_recall(worth, chunks, questions)


if __name__ == "__main__":
    main()
