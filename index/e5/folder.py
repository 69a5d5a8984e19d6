"""The folder of the embedded model: a tokenizer and a graph.

Unpacked once into the models folder: written beside, synced, then renamed, under a lock that a
killed process gives back. A folder under its final name is therefore whole.
"""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from filelock import FileLock

from index.e5.weights import WEIGHTS_SHA256, Vocabulary, load_weights, weights_path
from index.errors import ModelError
from ingest.files import sync, sync_tree

MODEL_NAME = "multilingual-e5-small"
# Raise it when the graph or the tokenizer changes: vectors of two versions must not be mixed.
FORMAT_VERSION = 1
MODEL_DIGEST = hashlib.sha256(f"{WEIGHTS_SHA256} {FORMAT_VERSION}".encode()).hexdigest()[:12]
TOKENIZER_FILE = "tokenizer.json"
MODEL_FILE = "model.onnx"
_PARTIAL = ".partial-"
_PRIVATE_USE = "\ue000"

Report = Callable[[str], None]


def write_tokenizer(vocabulary: Vocabulary, folder: Path) -> None:
    """Write ``tokenizer.json`` with the normalisation that the model was trained with."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(vocabulary.pieces, vocabulary.unknown, False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            # The model's own map keeps the full-width tilde, which NFKC would fold.
            normalizers.Replace("～", _PRIVATE_USE),
            normalizers.Nmt(),
            normalizers.NFKC(),
            normalizers.Replace(_PRIVATE_USE, "～"),
            normalizers.Strip(left=False, right=True),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    begin, end = (vocabulary.pieces[i][0] for i in (vocabulary.begin, vocabulary.end))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        special_tokens=[(begin, vocabulary.begin), (end, vocabulary.end)],
    )
    tokenizer.save(str(folder / TOKENIZER_FILE), pretty=False)


def unpacked_folder(models_folder: Path, report: Report = lambda _: None) -> Path:
    """The folder of the embedded model; unpacks it the first time."""
    target = models_folder / f"{MODEL_NAME}-{MODEL_DIGEST}"
    if target.is_dir():
        return target
    try:
        models_folder.mkdir(parents=True, exist_ok=True)
        with FileLock(models_folder / ".lock"):
            if not target.is_dir():
                _unpack(target, report)
    except OSError as error:
        raise ModelError(
            f"Can't unpack the embedding model into {models_folder}: {error}",
            "Free about 200 MB there or choose another data folder.",
        ) from error
    return target


def _unpack(target: Path, report: Report) -> None:
    from index.e5.graph import build_graph

    for leftover in target.parent.glob(f"{_PARTIAL}*"):
        shutil.rmtree(leftover)  # of a process that was killed: the lock is ours now
    partial = target.parent / f"{_PARTIAL}{uuid4().hex}"
    partial.mkdir()
    try:
        weights = load_weights(weights_path(), report)
        report(f"unpacking {MODEL_NAME} into {target}")
        write_tokenizer(weights.vocabulary, partial)
        graph = build_graph(weights).SerializeToString(deterministic=True)
        (partial / MODEL_FILE).write_bytes(graph)
        sync_tree(partial)
        partial.rename(target)
        sync(target.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
