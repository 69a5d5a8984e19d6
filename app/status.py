"""What is indexed, and is everything well. Light: no model, FAISS or LlamaIndex is loaded."""

import importlib.util
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.settings import Settings
from app.wiring import make_encoders, make_layout
from index.errors import IndexDamaged, NoIndex
from ingest.corpus import Corpus
from ingest.errors import CourseError
from ingest.model import Document, DocumentState
from ingest.ocr import engine_fingerprint
from ingest.outlines import outlines
from ingest.settings import OcrMode

_LEAST_FREE_BYTES = 2 * 1024**3


def status(settings: Settings) -> dict[str, Any]:
    """Documents with their states, outlines with what is missing, and the index in use."""
    documents: list[Document] = []
    counts: dict[str, int] = {}
    collections: dict[str, str] = {}
    if settings.corpus_file.exists():
        with Corpus(settings.corpus_file) as corpus:
            documents = corpus.documents()
            counts = corpus.chunk_counts()
            collections = corpus.collections()
    same: dict[str, list[str]] = {}
    for document in documents:
        same.setdefault(document.sha256, []).append(document.path if document.sha256 else "")
    states = dict.fromkeys(DocumentState, 0)
    for document in documents:
        states[document.state] += 1
    return {
        "data": str(settings.data),
        "collections": collections,
        "documents": len(documents),
        "states": {str(state): number for state, number in states.items()},
        "chunks": sum(counts.values()),
        "files": [_file(document, counts, same) for document in documents],
        "outlines": [
            {
                "document": outline.catalogue.path,
                "collection": outline.catalogue.collection,
                "title": outline.catalogue.title,
                "entries": len(outline.lessons),
                "missing": [row.target for row in outline.lessons if row.document is None],
            }
            for outline in outlines(documents)
        ],
        "index": _index(settings),
        "embedding": settings.embedding,
    }


def _file(
    document: Document, counts: dict[str, int], same: dict[str, list[str]]
) -> dict[str, object]:
    return {
        "id": document.id,
        "document": document.path,
        "collection": document.collection,
        "title": document.title,
        "kind": str(document.kind),
        "state": str(document.state),
        "reason": document.reason or None,
        "pages": document.page_count,
        "chunks": counts.get(document.id, 0),
        "language": str(document.language),
        "notices": [{"message": n.message, "pages": list(n.pages)} for n in document.notices],
        "same_content_as": [p for p in same[document.sha256] if p not in ("", document.path)],
    }


def _index(settings: Settings) -> dict[str, object] | None:
    try:
        manifest = make_layout(settings).current().manifest()
    except NoIndex:
        return None
    except IndexDamaged as error:
        return {"damaged": str(error)}
    return {
        "generation": manifest.generation,
        "chunks": manifest.chunks,
        "documents": manifest.documents,
        "embedder": " + ".join(manifest.fingerprints),
    }


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that doctor looked at; ``hint`` says what to do when it is not well."""

    name: str
    well: bool
    found: str
    hint: str = ""


def doctor(settings: Settings) -> list[Check]:
    """Look at everything that could keep the product from working."""
    return list(_checks(settings))


def _checks(settings: Settings) -> Iterator[Check]:
    for package in ("torch", "sentence_transformers", "faiss", "llama_index.core", "pymupdf"):
        there = importlib.util.find_spec(package.split(".", maxsplit=1)[0]) is not None
        hint = "" if there else "Run `make setup`, or install the package again."
        yield Check(package, there, "installed" if there else "missing", hint)
    folder = settings.data if settings.data.exists() else settings.data.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    enough = free >= _LEAST_FREE_BYTES
    yield Check(
        "disk", enough, f"{free / 1024**3:.1f} GB free at {folder}", "" if enough else "Free some."
    )
    if settings.ocr is not OcrMode.OFF:
        yield _guarded("ocr", lambda: engine_fingerprint(settings.ocr_engine))
    yield _guarded("corpus", lambda: _corpus_state(settings))
    yield _guarded("index", lambda: _index_state(settings))


def _guarded(name: str, look: Any) -> Check:
    try:
        return Check(name, True, look())
    except CourseError as error:
        return Check(name, False, str(error), error.hint)


def _corpus_state(settings: Settings) -> str:
    if not settings.corpus_file.exists():
        raise NoIndex("nothing is ingested yet", "Run `coursegraph ingest`.")
    with Corpus(settings.corpus_file) as corpus:
        documents = corpus.documents()
    bad = [d.path for d in documents if d.state in (DocumentState.FAILED, DocumentState.STALE)]
    if bad:
        hint = "`coursegraph status` tells why; mend or remove them and run `coursegraph ingest`."
        raise CourseError(f"{len(bad)} of {len(documents)} documents can't be read: {bad[0]}", hint)
    return f"{len(documents)} documents"


def _index_state(settings: Settings) -> str:
    fingerprints = make_encoders(settings).fingerprints
    manifest = make_layout(settings).current().check_encoders(fingerprints)
    return f"generation {manifest.generation}, {manifest.chunks} chunks"
