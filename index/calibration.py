"""How near is near: the similarity that questions off the topic reach in this material anyway.

Cosines mean different things for every model, language and corpus. Their distance from this noise
floor, in spreads of it, can be compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.embedding import Embedder
from ingest.corpus import Corpus
from ingest.ids import digest
from ingest.model import Language
from ingest.text import language_of

if TYPE_CHECKING:
    from index.vector import FaissStore

# Middle half of a normal distribution, in standard deviations.
_QUARTILES_TO_DEVIATION = 1.349
_LEAST_SPREAD = 0.005


@dataclass(frozen=True, slots=True)
class Floor:
    """Median and robust standard deviation of the best similarity of off-topic questions."""

    middle: float
    spread: float

    def distance(self, similarity: float) -> float:
        """How many spreads a similarity lies above the floor."""
        return (similarity - self.middle) / self.spread


@lru_cache(maxsize=1)
def off_topic_questions() -> tuple[str, ...]:
    """Everyday questions in both languages."""
    lines = Path(__file__).with_name("off_topic.txt").read_text("utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def question_hash(question: str) -> str:
    """Key of a question's cached embedding."""
    return digest("question", question)


def measure_floors(
    corpus: Corpus, embedder: Embedder, store: "FaissStore"
) -> dict[str, tuple[float, float]]:
    """Floor of each language for a store; the questions' embeddings are cached in the corpus."""
    from llama_index.core.vector_stores.types import VectorStoreQuery

    questions = off_topic_questions()
    hashes = [question_hash(question) for question in questions]
    cached = corpus.embeddings(embedder.fingerprint, hashes)
    if len(cached) < len(hashes):
        vectors = embedder.embed_queries(questions)
        corpus.add_embeddings(embedder.fingerprint, hashes, vectors)
        cached = dict(zip(hashes, vectors, strict=True))
    best: dict[Language, list[float]] = {}
    for question, key in zip(questions, hashes, strict=True):
        query = VectorStoreQuery(query_embedding=cached[key].tolist(), similarity_top_k=1)
        best.setdefault(language_of(question), []).extend(store.query(query).similarities or [])
    return {str(language): _floor(found) for language, found in best.items() if found}


def _floor(similarities: list[float]) -> tuple[float, float]:
    low, middle, high = np.percentile(similarities, (25, 50, 75))
    return float(middle), max(float(high - low) / _QUARTILES_TO_DEVIATION, _LEAST_SPREAD)


def floor_for(floors: Mapping[str, tuple[float, float]], language: Language) -> Floor | None:
    """The floor for questions of a language; mixed ones count as Chinese."""
    found = floors.get(str(Language.EN if language is Language.EN else Language.ZH))
    return Floor(*found) if found else None
