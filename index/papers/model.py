"""What a search for related papers gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from index.model import Quote
from ingest.model import Paper


class QueryKind(StrEnum):
    """What a query was taken for."""

    PAPER = "paper"
    CONCEPT = "concept"
    LESSON = "lesson"
    DOCUMENT = "document"
    TEXT = "text"


class Group(StrEnum):
    """How a paper stands to what was asked for."""

    BUILDS_ON = "builds_on"
    VARIANTS = "variants_and_successors"
    ALTERNATIVES = "alternatives"
    SAME_TOPIC = "same_topic"


class ReasonKind(StrEnum):
    """What leads from a query to a paper."""

    CITES = "cites"
    CITED_TOGETHER = "cited_together"
    GRAPH_RELATION = "graph_relation"
    SHARED_CONCEPT = "shared_concept"
    SIMILAR_TEXT = "similar_text"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a paper is in a list, in words, with the sentences that bear it."""

    kind: ReasonKind
    text: str
    evidence: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a query was taken for; ``id`` is empty for free text."""

    kind: QueryKind
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class RelatedPaper:
    """A paper of a list, with its reasons and the documents that name it."""

    rank: int
    paper: Paper
    score: float
    group: Group
    reasons: tuple[Reason, ...]
    lessons: tuple[int, ...]
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RelatedResult:
    """Related papers, best first, and the milliseconds it took.

    ``hint`` says where a query names nothing that is known here, and what is called alike.
    """

    query: str
    resolved: Resolved
    papers: tuple[RelatedPaper, ...]
    took_ms: Mapping[str, float]
    hint: str | None = None
