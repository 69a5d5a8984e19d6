"""Runs the packaged encoder with ONNX Runtime, without torch.

A text is one run on one thread, and texts run side by side. So nothing is padded, and a vector
depends neither on the texts that happen to share its batch nor on the number of threads.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index.e5.folder import MODEL_FILE, TOKENIZER_FILE
from index.errors import ModelError

INPUT = "input_ids"
TOKENS = "token_embeddings"
MAX_TOKENS = 512

FloatArray = NDArray[np.float32]
_ERRORS_ONLY = 3


class OnnxEncoder:
    """Tokenizer and network of one folder; safe to use from several threads."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        try:
            self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
            self._session = onnxruntime.InferenceSession(
                folder / MODEL_FILE, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the bindings of both libraries raise bare exceptions
            raise ModelError(
                f"The embedding model in {folder} can't be loaded: {error}",
                "Delete the folder; it is unpacked again on the next run.",
            ) from error
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self._workers = ThreadPoolExecutor(threads or physical_cores(), "embedding")

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of each text, special tokens included, cut at ``MAX_TOKENS``."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The characters that each token stands for; none for special tokens."""
        spans: list[tuple[int, int]] = self.tokenizer.encode(text).offsets
        return spans

    def token_vectors(self, tokens: Sequence[Sequence[int]]) -> list[FloatArray]:
        """A vector for each token of each text; their mean stands for the text."""
        if len(tokens) == 1:
            return [self._run(tokens[0])]
        return list(self._workers.map(self._run, tokens))

    def text_vectors(self, texts: Sequence[str]) -> FloatArray:
        """One row a text: the mean of its token vectors, of unit length."""
        return self.pooled(self.token_vectors(self.token_ids(texts)))

    @staticmethod
    def pooled(texts: Sequence[FloatArray]) -> FloatArray:
        """One row a text: the mean of its token vectors, of unit length."""
        means = np.stack([vectors.mean(axis=0) for vectors in texts])
        unit: FloatArray = means / np.linalg.norm(means, axis=1, keepdims=True)
        return unit

    def _run(self, ids: Sequence[int]) -> FloatArray:
        inputs = {INPUT: np.asarray([ids], np.int64)}
        found: list[FloatArray] = self._session.run([TOKENS], inputs)
        vectors: FloatArray = found[0][0]
        return vectors


def physical_cores() -> int:
    """Cores that this process may use; two hardware threads of one core count once."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    usable = os.sched_getaffinity(0)
    siblings = set()
    for number in usable:
        path = Path(f"/sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list")
        siblings.add(path.read_text().strip() if path.is_file() else str(number))
    return len(siblings)
