"""Vectors of papers: made when they are first needed, and kept beside the generations."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from index.encoders import Encoders
from ingest.ids import digest

Floats = NDArray[np.float32]
_log = structlog.get_logger(__name__)
_PATTERN = "papers-*.npz"


def paper_vectors(encoders: Encoders, texts: Sequence[str], folder: Path | None) -> list[Floats]:
    """A matrix of each encoder with a row a text; ``folder`` keeps them for the next process."""
    name = f"papers-{digest(*encoders.fingerprints, *texts)[:16]}.npz"
    file = None if folder is None else folder / name
    if file is not None and file.exists():
        with np.load(file) as kept:
            return [kept[f"arr_{n}"].astype(np.float32) for n in range(len(encoders.all))]
    made = [encoder.embed_passages(texts).astype(np.float16) for encoder in encoders.all]
    if file is not None:
        _keep(file, made)
    return [matrix.astype(np.float32) for matrix in made]


def _keep(file: Path, matrices: Sequence[NDArray[np.float16]]) -> None:
    """Write beside, then rename; where nothing can be written they are made again next time."""
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            np.savez(stream, *matrices)
        for old in file.parent.glob(_PATTERN):
            old.unlink(missing_ok=True)
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        _log.warning("vectors of papers are not kept", file=str(file), error=str(error))
