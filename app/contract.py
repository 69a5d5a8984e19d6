"""The JSON shapes of the public contract, for the command line and HTTP alike."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.model import Answer, Citation, Sentence
from index.model import Hit, Quote, SearchResult, Why, merge_boxes
from index.papers.model import Reason, RelatedPaper, RelatedResult, Resolved
from index.papers.related import Lineage
from ingest.model import Box, Paper


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BoxShape(_Shape):
    """A rectangle on a page, in PDF points, origin top left."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float

    @classmethod
    def of(cls, box: Box) -> "BoxShape":
        """From a record."""
        return cls(page=box.page, x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y1)


class QuoteShape(_Shape):
    """A sentence that a relation rests on."""

    document: str
    page: int | None
    quote: str

    @classmethod
    def of(cls, quote: Quote) -> "QuoteShape":
        """From a record."""
        return cls(document=quote.document.path, page=quote.page, quote=quote.text)


class WhyShape(_Shape):
    """A concept of the question, or two concepts and their relation with its sentences."""

    path: list[str]
    evidence: list[QuoteShape]

    @classmethod
    def of(cls, why: Why) -> "WhyShape":
        """From a record."""
        evidence = [QuoteShape.of(quote) for quote in why.evidence]
        return cls(path=list(why.path), evidence=evidence)


class HitShape(_Shape):
    """A passage that was found.

    ``confidence`` is there when OCR has read (some of) its text, ``why`` when the concept graph
    leads to it.
    """

    rank: int
    chunk_id: str
    document_id: str
    document: str
    title: str
    section: list[str]
    page: int | None
    pages: list[int]
    boxes: list[BoxShape]
    text: str
    confidence: float | None
    score: float
    found_by: list[str]
    why: WhyShape | None = None
    language: Literal["zh", "en", "mixed"]

    @classmethod
    def of(cls, hit: Hit) -> "HitShape":
        """From a record."""
        chunk = hit.chunk
        return cls(
            rank=hit.rank,
            chunk_id=chunk.id,
            document_id=hit.document.id,
            document=hit.document.path,
            title=hit.document.title,
            section=list(chunk.section),
            page=chunk.page,
            pages=list(chunk.pages),
            boxes=[BoxShape.of(box) for box in hit.boxes],
            text=chunk.text,
            confidence=chunk.confidence,
            score=round(hit.score, 6),
            found_by=[str(leg) for leg in hit.found_by],
            why=WhyShape.of(hit.why) if hit.why else None,
            language=chunk.language.value,
        )


class SearchShape(_Shape):
    """What a search found."""

    query: str
    hits: list[HitShape]
    took_ms: dict[str, float]

    @classmethod
    def of(cls, result: SearchResult) -> "SearchShape":
        """From a record."""
        hits = [HitShape.of(hit) for hit in result.hits]
        return cls(query=result.query, hits=hits, took_ms=dict(result.took_ms))


class SentenceShape(_Shape):
    """One sentence of an answer."""

    text: str
    citations: list[int]
    verbatim: bool
    supported: bool

    @classmethod
    def of(cls, sentence: Sentence) -> "SentenceShape":
        """From a record."""
        return cls(
            text=sentence.text,
            citations=list(sentence.citations),
            verbatim=sentence.verbatim,
            supported=sentence.supported,
        )


class CitationShape(_Shape):
    """A verbatim span of the cited page; ``confidence`` is there when OCR has read it."""

    n: int
    chunk_id: str
    document_id: str
    document: str
    title: str
    section: list[str]
    page: int | None
    quote: str
    boxes: list[BoxShape]
    confidence: float | None

    @classmethod
    def of(cls, citation: Citation) -> "CitationShape":
        """From a record."""
        return cls(
            n=citation.number,
            chunk_id=citation.chunk_id,
            document_id=citation.document_id,
            document=citation.document,
            title=citation.title,
            section=list(citation.section),
            page=citation.page,
            quote=citation.quote,
            boxes=[BoxShape.of(box) for box in merge_boxes(citation.boxes)],
            confidence=citation.confidence,
        )


class ConceptReference(_Shape):
    """A concept that an answer is about."""

    id: str
    name: str


class ReasonShape(_Shape):
    """Why a paper is related, with the sentences that bear it."""

    kind: Literal["cited_together", "shared_concept", "cites", "graph_relation", "similar_text"]
    text: str
    evidence: list[QuoteShape]

    @classmethod
    def of(cls, reason: Reason) -> "ReasonShape":
        """From a record."""
        evidence = [QuoteShape.of(quote) for quote in reason.evidence]
        return cls(kind=reason.kind.value, text=reason.text, evidence=evidence)


class RelatedPaperShape(_Shape):
    """A related paper; ``id`` is the arXiv id where it has one."""

    rank: int
    id: str
    arxiv_id: str | None
    title: str
    year: int | None
    url: str | None
    score: float
    group: Literal["builds_on", "variants_and_successors", "alternatives", "same_topic"]
    reasons: list[ReasonShape]
    lessons: list[int]
    documents: list[str]

    @classmethod
    def of(cls, found: RelatedPaper) -> "RelatedPaperShape":
        """From a record."""
        paper = found.paper
        return cls(
            rank=found.rank,
            id=paper.id,
            arxiv_id=paper.arxiv_id,
            title=paper.title,
            year=paper.year,
            url=paper.url,
            score=round(found.score, 4),
            group=found.group.value,
            reasons=[ReasonShape.of(reason) for reason in found.reasons],
            lessons=list(found.lessons),
            documents=list(found.documents),
        )


class ResolvedShape(_Shape):
    """What a query was taken for; ``id`` is null for free text."""

    kind: Literal["paper", "concept", "lesson", "document", "text"]
    id: str | None
    title: str

    @classmethod
    def of(cls, resolved: Resolved) -> "ResolvedShape":
        """From a record."""
        return cls(kind=resolved.kind.value, id=resolved.id or None, title=resolved.title)


class RelatedShape(_Shape):
    """Papers related to a query, best first; ``hint`` where it names nothing that is known."""

    query: str
    resolved: ResolvedShape
    papers: list[RelatedPaperShape]
    took_ms: dict[str, float]
    hint: str | None = None

    @classmethod
    def of(cls, result: RelatedResult) -> "RelatedShape":
        """From a record."""
        return cls(
            query=result.query,
            resolved=ResolvedShape.of(result.resolved),
            papers=[RelatedPaperShape.of(one) for one in result.papers],
            took_ms=dict(result.took_ms),
            hint=result.hint,
        )


class PaperReference(_Shape):
    """A paper in short; ``id`` is the arXiv id where it has one."""

    id: str
    arxiv_id: str | None
    title: str
    year: int | None
    url: str | None

    @classmethod
    def of(cls, paper: Paper) -> "PaperReference":
        """From a record."""
        return cls(
            id=paper.id,
            arxiv_id=paper.arxiv_id,
            title=paper.title,
            year=paper.year,
            url=paper.url,
        )


class BuildsOnShape(PaperReference):
    """An earlier paper that another builds on, and how that is known."""

    reason: ReasonShape


class StepShape(PaperReference):
    """A paper of a timeline or reading order."""

    lessons: list[int]
    builds_on: list[BuildsOnShape]


class LineageShape(_Shape):
    """Papers around a query by year, or in an order to read."""

    query: str
    resolved: ResolvedShape
    papers: list[StepShape]

    @classmethod
    def of(cls, found: Lineage) -> "LineageShape":
        """From a record."""
        return cls(
            query=found.query,
            resolved=ResolvedShape.of(found.resolved),
            papers=[
                StepShape(
                    **PaperReference.of(step.paper).model_dump(),
                    lessons=list(step.paper.lessons),
                    builds_on=[
                        BuildsOnShape(
                            **PaperReference.of(paper).model_dump(), reason=ReasonShape.of(reason)
                        )
                        for paper, reason in step.builds_on
                    ],
                )
                for step in found.steps
            ],
        )


class AnswerShape(_Shape):
    """An answer with its citations, or a refusal with the nearest passages.

    ``notice`` says why an answer is verbatim though a language model was asked.
    ``resolved_question`` is what a question that leans on its conversation was taken to mean; null
    where it was taken as it is.
    """

    question: str
    answer: str
    abstained: bool
    reason: str | None
    sentences: list[SentenceShape]
    citations: list[CitationShape]
    concepts: list[ConceptReference] = Field(default_factory=list)
    papers: list[PaperReference] = Field(default_factory=list)
    nearest: list[HitShape]
    mode: Literal["extractive", "generative"]
    model: str | None
    notice: str | None = None
    resolved_question: str | None = None
    conversation_id: str | None = None
    took_ms: dict[str, float]

    @classmethod
    def of(cls, answer: Answer) -> "AnswerShape":
        """From a record."""
        return cls(
            question=answer.question,
            answer=answer.text,
            abstained=answer.abstained,
            reason=answer.reason,
            sentences=[SentenceShape.of(sentence) for sentence in answer.sentences],
            citations=[CitationShape.of(citation) for citation in answer.citations],
            concepts=[ConceptReference(id=c.id, name=c.name) for c in answer.concepts],
            papers=[PaperReference.of(paper) for paper in answer.papers],
            nearest=[HitShape.of(hit) for hit in answer.nearest],
            mode=answer.mode,
            model=answer.model,
            notice=answer.notice,
            resolved_question=answer.resolved_question,
            conversation_id=answer.conversation_id,
            took_ms=dict(answer.took_ms),
        )
