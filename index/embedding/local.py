"""Any sentence-transformers model from a folder, or from the hub where downloads are allowed."""

import hashlib
import json
import re
import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.embedding import LlamaIndexEmbedder
from index.errors import ModelError
from index.settings import EmbeddingSettings
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from index.embedding.llamaindex import EncoderEmbedding

DTYPES = ("float32", "bfloat16", "float16")
DEFAULT_BATCH_SIZE = 16
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_QUERY_PROMPTS = ("query",)
_PASSAGE_PROMPTS = ("document", "passage", "corpus")
# Files that don't change the vectors, or belong to engines that are not run here.
_UNUSED = ["*.md", ".*", "*/.*", "onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot"]


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What goes before a query and before a passage."""

    query: str
    passage: str


class SentenceTransformerEncoder:
    """A loaded sentence-transformers model; safe to use from several threads."""

    def __init__(
        self, model: Any, prefixes: Prefixes, batch_size: int, concurrent: bool = False
    ) -> None:
        """``concurrent`` says that the model itself may be called from several threads."""
        self._model = model
        self._prefixes = prefixes
        self._batch_size = batch_size
        # A fast tokenizer sets its padding on each call, so two threads may not share it.
        self._turn: AbstractContextManager[object] = (
            nullcontext() if concurrent else threading.Lock()
        )

    def encode_passages(self, texts: list[str]) -> NDArray[np.float32]:
        """See ``Encoder``."""
        return self._encode(texts, self._prefixes.passage)

    def encode_queries(self, texts: list[str]) -> NDArray[np.float32]:
        """See ``Encoder``."""
        return self._encode(texts, self._prefixes.query)

    def _encode(self, texts: list[str], prefix: str) -> NDArray[np.float32]:
        with self._turn:
            found = self._model.encode(
                texts,
                prompt=prefix,
                batch_size=self._batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return np.asarray(found, np.float32)


def local_embedder(model: str, settings: EmbeddingSettings) -> LlamaIndexEmbedder:
    """An embedder over a folder or a hub id."""
    if settings.dtype is not None and settings.dtype not in DTYPES:
        raise SettingsError(
            f"Unknown number format {settings.dtype!r} of the embedding model.",
            "Known are: " + ", ".join(DTYPES) + ".",
        )
    folder = find_folder(model, settings.allow_download)
    prefixes = read_prefixes(folder, settings)
    return LlamaIndexEmbedder(
        lambda: _load(model, folder, prefixes, settings),
        lambda: fingerprint_of(model, folder, prefixes, settings),
        settings.dimensions or _dimension_of(folder),
        concurrent=True,
    )


def find_folder(model: str, allow_download: bool) -> Path:
    """The folder of a model; a hub id is looked up in the local cache of the hub first."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if not _HUB_ID.fullmatch(model):
        raise SettingsError(
            f"There is no model folder {model}.",
            "Give the folder of a sentence-transformers model, or a hub id such as owner/name.",
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    name = model if "/" in model else f"sentence-transformers/{model}"
    try:
        found = snapshot_download(
            name, local_files_only=not allow_download, ignore_patterns=_UNUSED
        )
    except LocalEntryNotFoundError as error:
        raise SettingsError(
            f"The model {name} is not in the local cache of the hub"
            + (" and the hub can't be reached." if allow_download else "."),
            "Allow downloads in the embedding settings, or give the folder of a model.",
        ) from error
    except (HfHubHTTPError, OSError) as error:
        raise SettingsError(
            f"The hub would not give the model {name}: {error}",
            "Check the id and the network, or give the folder of a model.",
        ) from error
    return Path(found)


def read_prefixes(folder: Path, settings: EmbeddingSettings) -> Prefixes:
    """The prompts of the model's own configuration, where the settings don't say otherwise."""
    config = _read_json(folder / "config_sentence_transformers.json")
    prompts: dict[str, str] = config.get("prompts") or {}
    default = prompts.get(config.get("default_prompt_name") or "", "")

    def choose(override: str | None, names: tuple[str, ...]) -> str:
        if override is not None:
            return override
        return next((prompts[name] for name in names if prompts.get(name)), default)

    return Prefixes(
        choose(settings.query_prefix, _QUERY_PROMPTS),
        choose(settings.passage_prefix, _PASSAGE_PROMPTS),
    )


def fingerprint_of(
    model: str, folder: Path, prefixes: Prefixes, settings: EmbeddingSettings
) -> str:
    """Name the model and hash its files with what else decides the vectors."""
    facts = {
        "files": _hash_files(folder),
        "query": prefixes.query,
        "passage": prefixes.passage,
        "dtype": settings.dtype or DTYPES[0],
        "dimensions": settings.dimensions,
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return f"sentence-transformers:{Path(model).name}:{digest[:16]}"


def _hash_files(folder: Path) -> str:
    total = hashlib.sha256()
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    for name in names:
        path = folder / name
        if not path.is_file() or any(fnmatch(name, pattern) for pattern in _UNUSED):
            continue
        with path.open("rb") as file:
            total.update(f"{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def _dimension_of(folder: Path) -> int | None:
    """The vector length that the configuration tells; ``None`` where only the model knows."""
    modules = json.loads(path.read_text()) if (path := folder / "modules.json").is_file() else []
    dimension = None
    for module in modules:
        config = _read_json(folder / module.get("path", "") / "config.json")
        for key in ("out_features", "embedding_dimension", "word_embedding_dimension"):
            if isinstance(config.get(key), int):
                dimension = config[key]
                break
    return dimension


def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _load(
    model: str, folder: Path, prefixes: Prefixes, settings: EmbeddingSettings
) -> "EncoderEmbedding":
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    from index.embedding.llamaindex import EncoderEmbedding

    logging.disable_progress_bar()  # the bars on the terminal are the caller's
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    try:
        loaded = SentenceTransformer(
            str(folder),
            device=settings.device,
            local_files_only=True,
            trust_remote_code=False,
            truncate_dim=settings.dimensions,
            model_kwargs={"dtype": settings.dtype or DTYPES[0]},
        )
    # torch asserts that it was compiled for the device.
    except (OSError, ValueError, RuntimeError, KeyError, ImportError, AssertionError) as error:
        raise ModelError(
            f"The embedding model in {folder} can't be loaded: {error}",
            "Check the device, and that the folder is a whole sentence-transformers model.",
        ) from error
    batch_size = settings.batch_size or DEFAULT_BATCH_SIZE
    return EncoderEmbedding(
        SentenceTransformerEncoder(loaded, prefixes, batch_size),
        model_name=model,
        embed_batch_size=batch_size,
    )
