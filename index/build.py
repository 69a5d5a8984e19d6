"""The corpus to a new generation: embed what is new, write beside, swap."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.embedding import Embedder
from index.errors import IndexDamaged, NoIndex
from index.layout import FORMAT, Generation, IndexLayout, Manifest, write_manifest
from index.passages import passage_hash, passage_of
from index.records import portable, write_records
from index.settings import VectorSettings
from ingest.corpus import Corpus
from ingest.ids import digest, settings_digest
from ingest.model import Chunk, Document, Section
from ingest.report import Progress, no_progress
from ingest.rows import chunk_row, document_row, section_row

if TYPE_CHECKING:
    from index.vector import FaissStore

_Records = tuple[Sequence[Document], Sequence[Section], Sequence[Chunk]]

# Embeddings are stored after so many passages; a killed run loses no more than this.
_SAVE_EVERY = 256


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    generation: str
    chunks: int
    embedded: int
    rebuilt: bool


def build_index(
    corpus: Corpus,
    layout: IndexLayout,
    embedder: Embedder,
    settings: VectorSettings,
    progress: Progress = no_progress,
) -> BuildReport:
    """Make the current generation hold what the corpus holds; do nothing when it does already."""
    documents = corpus.documents()
    sections = corpus.sections()
    chunks = list(corpus.chunks())
    name = _generation_name((documents, sections, chunks), embedder, settings)
    layout.write_roots(corpus.collections())
    if _is_current(layout, name):
        return BuildReport(name, len(chunks), 0, rebuilt=False)
    titles = {document.id: document.title for document in documents}
    passages = [passage_of(titles[chunk.document_id], chunk) for chunk in chunks]
    hashes = [passage_hash(passage) for passage in passages]
    embedded = _embed_missing(corpus, embedder, passages, hashes, progress)
    from index.calibration import measure_floors, off_topic_questions, question_hash

    progress("index", 0, 1, name)
    with layout.new_generation(name) as generation:
        vectors = _matrix(corpus, embedder, hashes)
        store = _write(generation, (documents, sections, chunks), passages, vectors, settings)
        manifest = Manifest(
            generation=name,
            fingerprint=embedder.fingerprint,
            dimension=embedder.dimension,
            documents=len(documents),
            chunks=len(chunks),
            floors=measure_floors(corpus, embedder, store),
        )
        write_manifest(generation, manifest)
    questions = map(question_hash, off_topic_questions())
    corpus.prune_embeddings(embedder.fingerprint, {*hashes, *questions})
    progress("index", 1, 1, name)
    return BuildReport(name, len(chunks), embedded, rebuilt=True)


def _generation_name(records: _Records, embedder: Embedder, settings: VectorSettings) -> str:
    """The same content, model and settings give the same name; anything else another."""
    documents, sections, chunks = records
    parts = [str(FORMAT), embedder.fingerprint, settings_digest(asdict(settings))]
    rows = chain(
        (document_row(portable(document)) for document in documents),
        map(section_row, sections),
        map(chunk_row, chunks),
    )
    parts += [json.dumps(row, ensure_ascii=False) for row in rows]
    return digest(*parts)[:16]


def _is_current(layout: IndexLayout, name: str) -> bool:
    try:
        current = layout.current()
        return current.folder.name == name and current.manifest().generation == name
    except (NoIndex, IndexDamaged):
        return False


def _embed_missing(
    corpus: Corpus,
    embedder: Embedder,
    passages: Sequence[str],
    hashes: Sequence[str],
    progress: Progress,
) -> int:
    known = corpus.known_embeddings(embedder.fingerprint)
    missing = {key: text for key, text in zip(hashes, passages, strict=True) if key not in known}
    # Long passages first: each stored part then holds texts of like length, which pads least.
    keys = sorted(missing, key=lambda key: (-len(missing[key]), key))
    for start in range(0, len(keys), _SAVE_EVERY):
        part = keys[start : start + _SAVE_EVERY]
        vectors = embedder.embed_passages(
            [missing[key] for key in part],
            lambda done, start=start: progress("embed", start + done, len(keys), ""),  # type: ignore[misc]
        )
        corpus.add_embeddings(embedder.fingerprint, part, vectors)
    return len(keys)


def _matrix(corpus: Corpus, embedder: Embedder, hashes: Sequence[str]) -> NDArray[np.float32]:
    stored = corpus.embeddings(embedder.fingerprint, list(dict.fromkeys(hashes)))
    if not hashes:
        return np.zeros((0, embedder.dimension), np.float32)
    return np.stack([stored[key] for key in hashes])


def _write(
    generation: Generation,
    records: _Records,
    passages: Sequence[str],
    vectors: NDArray[np.float32],
    settings: VectorSettings,
) -> "FaissStore":
    from index.keyword import KeywordIndex
    from index.vector import FaissStore

    documents, sections, chunks = records
    store = FaissStore.create(vectors.shape[1], len(vectors), settings)
    store.add_vectors([c.id for c in chunks], vectors, [c.document_id for c in chunks])
    store.persist(str(generation.vectors))
    generation.keyword.mkdir()
    KeywordIndex.build(passages).save(generation.keyword)
    write_records(generation.records, documents, sections, chunks)
    return store
