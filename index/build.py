"""The corpus to a new generation: embed what is new, write beside, swap."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.calibration import measure_floors, off_topic_questions
from index.encoders import Encoders
from index.errors import IndexDamaged, NoIndex
from index.graph_files import called, described, write_graph
from index.kept_embeddings import KeptEmbeddings
from index.kept_questions import KeptQuestions
from index.late_interaction import TokenStore
from index.layout import FORMAT, Generation, IndexLayout, Manifest, write_manifest
from index.leaning import alike_within, measure_leaning
from index.papers.files import write_literature
from index.passages import passage_hash, passage_of
from index.records import portable, write_records
from index.settings import VectorSettings
from ingest.concepts.claims import Claim
from ingest.concepts.graph import GraphSettings, build_graph
from ingest.concepts.lexicon import Entry
from ingest.corpus import Corpus
from ingest.ids import digest, settings_digest
from ingest.model import Chunk, Document, Language, Paper, Section
from ingest.paper_facts import paper_values
from ingest.papers.subjects import Literature, literature
from ingest.report import Progress, no_progress
from ingest.rows import chunk_row, document_row, section_row
from ingest.text import language_of

_SAMPLED = 40  # passages of a language whose tokens are compared with off-topic questions
_Records = tuple[Sequence[Document], Sequence[Section], Sequence[Chunk]]


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
    encoders: Encoders,
    questions: KeptQuestions,
    settings: VectorSettings,
    lexicon: Sequence[Entry] = (),
    progress: Progress = no_progress,
    papers: Sequence[Paper] = (),
) -> BuildReport:
    """Make the current generation hold what the corpus holds; do nothing when it does already.

    ``papers`` are the facts that the corpus' mentions of papers were found with.
    """
    records = (corpus.documents(), corpus.sections(), list(corpus.chunks()))
    documents, _, chunks = records
    claims = corpus.claims.by_chunk(documents, chunks)
    known = literature(papers, corpus.mentions.all(), lexicon, corpus.mentions.articles())
    name = _generation_name(records, encoders, settings, lexicon, claims, known)
    layout.write_roots(corpus.collections())
    if _is_current(layout, name):
        return BuildReport(name, len(chunks), 0, rebuilt=False)
    titles = {document.id: document.title for document in documents}
    passages = [passage_of(titles[chunk.document_id], chunk) for chunk in chunks]
    hashes = [passage_hash(passage) for passage in passages]
    kept = _kept_embeddings(corpus, encoders, questions)
    embedded, *_ = [one.add(passages, hashes, progress) for one in kept]
    progress("index", 0, 1, name)
    graph = build_graph(documents, chunks, corpus.lesson_items(), lexicon, GraphSettings(), claims)
    descriptions, names = (
        questions.vectors(encoders.first, [text for _, text in texts(graph)], progress)
        for texts in (described, called)
    )
    with layout.new_generation(name) as generation:
        matrices = _write_embedded(generation, kept, hashes, chunks, settings)
        _write_texts(generation, records, passages)
        rows = [chunk.id for chunk in chunks]
        write_graph(generation.graph, graph, rows, descriptions, names)
        write_literature(generation.papers, known)
        languages = [chunk.language for chunk in chunks]
        floors, leanings = _measure(generation, questions, encoders, matrices, languages)
        np.save(generation.leanings, leanings)
        write_manifest(generation, _manifest(name, encoders, documents, chunks, floors))
    for one in kept:
        one.prune(set(hashes))
    progress("index", 1, 1, name)
    return BuildReport(name, len(chunks), embedded, rebuilt=True)


def _kept_embeddings(
    corpus: Corpus, encoders: Encoders, questions: KeptQuestions
) -> list[KeptEmbeddings]:
    first, *others = encoders.all
    centre = questions.mean_token(first, off_topic_questions()) if first.has_tokens else None
    return [KeptEmbeddings(corpus, first, centre), *(KeptEmbeddings(corpus, o) for o in others)]


def _manifest(
    name: str,
    encoders: Encoders,
    documents: Sequence[Document],
    chunks: Sequence[Chunk],
    floors: dict[str, tuple[float, float]],
) -> Manifest:
    return Manifest(
        generation=name,
        fingerprints=list(encoders.fingerprints),
        dimension=encoders.first.dimension,
        documents=len(documents),
        chunks=len(chunks),
        languages=dict(Counter(str(chunk.language) for chunk in chunks)),
        floors=floors,
    )


def _generation_name(
    records: _Records,
    encoders: Encoders,
    settings: VectorSettings,
    lexicon: Sequence[Entry],
    claims: Mapping[str, Sequence[Claim]],
    known: Literature,
) -> str:
    """The same content, models and settings give the same name; anything else another."""
    documents, sections, chunks = records
    parts = [str(FORMAT), *encoders.fingerprints, settings_digest(asdict(settings))]
    parts += [repr(entry) for entry in lexicon]
    rows = chain(
        (document_row(portable(document)) for document in documents),
        map(section_row, sections),
        map(chunk_row, chunks),
    )
    parts += [json.dumps(row, ensure_ascii=False) for row in rows]
    parts += [repr(paper_values(paper)) for paper in known.papers]
    parts += [repr(mention) for mention in known.mentions]
    parts += [repr((chunk, *said)) for chunk, said in sorted(claims.items())]
    return digest(*parts)[:16]


def _is_current(layout: IndexLayout, name: str) -> bool:
    try:
        current = layout.current()
        return current.folder.name == name and current.manifest().generation == name
    except (NoIndex, IndexDamaged):
        return False


def _measure(
    generation: Generation,
    questions: KeptQuestions,
    encoders: Encoders,
    matrices: Sequence[NDArray[np.float32]],
    languages: Sequence[Language],
) -> tuple[dict[str, tuple[float, float]], NDArray[np.float32]]:
    """What questions off the topic come near to: noise floors, and leanings of all passages."""
    asked = [language_of(question) for question in off_topic_questions()]
    near = [
        questions.vectors(encoder, off_topic_questions()) @ vectors.T
        for encoder, vectors in zip(encoders.all, matrices, strict=True)
    ]
    leanings = [measure_leaning(one, asked) for one in near]
    if generation.tokens.is_dir():
        store = TokenStore.load(generation.tokens)
        sample = _sample(languages)
        rows = [
            store.scores(encoders.first.embed_query_tokens(question)[1], sample)
            for question in off_topic_questions()
        ]
        leanings.append(alike_within(measure_leaning(np.stack(rows), asked), languages, sample))
    return measure_floors(near[0]), np.stack(leanings)


def _sample(languages: Sequence[Language]) -> list[int]:
    """Rows of each language, evenly spread: a mean needs no more."""
    chosen: set[int] = set()
    for language in set(languages):
        rows = [row for row, found in enumerate(languages) if found == language]
        places = np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLED)).astype(int)
        chosen.update(rows[place] for place in places)
    return sorted(chosen)


def _write_embedded(
    generation: Generation,
    kept: Sequence[KeptEmbeddings],
    hashes: Sequence[str],
    chunks: Sequence[Chunk],
    settings: VectorSettings,
) -> list[NDArray[np.float32]]:
    """Write what the encoders make of the passages; give the vectors of each encoder."""
    matrices = [one.matrix(hashes) for one in kept]
    for number, vectors in enumerate(matrices):
        _write_vectors(generation.vectors_of(number), vectors, chunks, settings)
    centre = kept[0].centre
    if centre is not None:
        codes, places = kept[0].token_codes(hashes), kept[0].token_places(hashes)
        TokenStore.write(generation.tokens, codes, places, centre)
    return matrices


def _write_vectors(
    file: Path, vectors: NDArray[np.float32], chunks: Sequence[Chunk], settings: VectorSettings
) -> None:
    from index.vector import FaissStore

    store = FaissStore.create(vectors.shape[1], len(vectors), settings)
    store.add_vectors([c.id for c in chunks], vectors, [c.document_id for c in chunks])
    store.persist(str(file))


def _write_texts(generation: Generation, records: _Records, passages: Sequence[str]) -> None:
    from index.keyword import KeywordIndex

    generation.keyword.mkdir()
    KeywordIndex.build(passages).save(generation.keyword)
    write_records(generation.records, *records)
