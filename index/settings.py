"""How the index is built and searched; frozen values that the caller passes in."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """Which model turns text into vectors.

    ``provider`` is ``embedded``, ``sentence-transformers:<folder or hub id>`` or
    ``openai:<model>``. ``None`` leaves a choice to the model or the machine. ``dtype`` is
    ``float32``, ``bfloat16`` or ``float16``; it and ``device`` are for sentence-transformers.
    ``retry_seconds`` is the first wait of an endpoint that is busy; each next one doubles.
    """

    provider: str = "embedded"
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    query_prefix: str | None = None
    passage_prefix: str | None = None
    dimensions: int | None = None
    batch_size: int | None = None
    device: str | None = None
    dtype: str | None = None
    threads: int | None = None
    allow_download: bool = False
    timeout_seconds: float = 60.0
    max_retries: int = 4
    retry_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class VectorSettings:
    """Which FAISS index holds the vectors.

    ``kind`` is ``auto``, ``exact``, ``hnsw`` or ``ivf``; ``auto`` is exact up to ``exact_below``
    vectors and HNSW above.
    """

    kind: str = "auto"
    exact_below: int = 100_000


class Part(StrEnum):
    """Parts of a search that may be left out, to see what each is worth."""

    GRAPH = "graph"
    RERANK = "rerank"
    EXPANSION = "expansion"
    ENCODER = "second-encoder"
    DIVERSITY = "diversity"


@dataclass(frozen=True, slots=True)
class RerankSettings:
    """Which model looks at the first passages again.

    ``provider`` is ``embedded``, ``cross-encoder:<folder or hub id>`` or ``none``. The embedded one
    has its full ``weight`` for questions of ``full_tokens`` and more. A model judges
    ``batch`` passages at a time, and no further part when ``seconds`` are over.
    """

    provider: str = "embedded"
    candidates: int = 30
    weight: float = 2.0
    full_tokens: int = 12
    seconds: float = 2.0
    batch: int = 8
    max_tokens: int = 512
    device: str | None = None
    allow_download: bool = False


@dataclass(frozen=True, slots=True)
class GraphSearchSettings:
    """How the concept graph takes part in a search.

    ``described`` concepts at most are taken for what a question says without names, if their
    descriptions stand ``least_standing`` deviations above the others. The question's vector is
    drawn to their names, by ``drawn`` of its length to one that is clear. ``concept_share`` of the
    restarts of the walk go to concepts, the rest to the best ``passages`` of the fused list.
    """

    weight: float = 1.0
    described: int = 3
    least_standing: float = 3.0
    drawn: float = 0.8
    concept_share: float = 0.8
    passages: int = 10
    damping: float = 0.5
    steps: int = 12
    hub: float = 0.15
    relation_weight: float = 0.5


@dataclass(frozen=True, slots=True)
class PaperSettings:
    """What each signal counts in a list of related papers; set by hand, `docs/papers.md` says why.

    Similarities are in deviations from their mean, ``words`` are damped BM25, topics and lessons
    are cosines, and ``proposed`` is for papers that brought the concept which a query is, ``kin``
    for those that brought its variants, successors and rivals, ``sort`` for surveys where one is
    asked for. Other names of the concepts in a query count ``expansion`` among the words.
    ``topics`` of a paper that a query resolves to count whole, others that it names ``named``.
    The ``walk`` over papers, concepts and passages begins anew with ``1 - damping`` and goes so
    many ``steps``.
    """

    similarity: float = 0.4
    second_similarity: float = 0.2
    words: float = 0.8
    topics: float = 7.5
    lessons: float = 4.5
    together: float = 1.0
    walk: float = 3.0
    damping: float = 0.85
    steps: int = 6
    kin: float = 4.0
    sort: float = 5.0
    proposed: float = 5.0
    expansion: float = 0.5
    named: float = 0.5
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How legs are searched and fused.

    ``depth`` is how many passages each leg hands to the fusion. Beside the first encoder's leg, the
    second one's weighs ``second`` among Chinese texts and ``across`` between languages. The lexical
    leg weighs ``lexical`` where all is in the query's language and 1 where nothing is, by what
    share of the query the material knows, at least ``least_lexical_weight``; a query of at most
    ``few_terms`` that is no question is a name, which is found by its letters: ``few`` times as
    much. Other names of the concepts in a query count ``expansion`` in it.
    """

    depth: int = 100
    second: float = 0.25
    across: float = 0.6
    lexical: float = 1.5
    few: float = 2.0
    few_terms: int = 7
    least_lexical_weight: float = 0.1
    expansion: float = 0.3
    rerank: RerankSettings = RerankSettings()
    graph: GraphSearchSettings = GraphSearchSettings()
    papers: PaperSettings = PaperSettings()
    without: frozenset[Part] = frozenset()
