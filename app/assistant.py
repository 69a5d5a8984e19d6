"""The assistant: a question in, an answer that cites its sources out. No LLM is needed."""

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

import structlog

from app.citations import Citations
from app.composing import extractive
from app.errors import BadRequest
from app.evidence import EvidenceSettings, Gathered, gather, quotes
from app.gate import GateSettings, reason_to_abstain
from app.generation import Writer, Written
from app.model import Answer, Event, Piece, answer_of, with_answer
from app.pieces import pieces_of
from app.refusal import refusal
from app.terms import terms_line
from app.turns import Turns
from index.course_index import CourseIndex
from index.live_index import LiveIndex
from index.model import Hit, Mode, SearchResult
from index.papers.model import RelatedResult
from index.papers.related import Lineage
from ingest.errors import LanguageModelError
from ingest.model import Language
from ingest.text import language_of

_log = structlog.get_logger(__name__)
MOST_HITS = 100
LONGEST_QUESTION = 2000
NO_MODEL = "none"


class Assistant:
    """Searches and answers over the index in use."""

    def __init__(
        self,
        live: LiveIndex,
        evidence: EvidenceSettings | None = None,
        gate: GateSettings | None = None,
        writer: Writer | None = None,
        turns: Turns | None = None,
    ) -> None:
        """With a ``writer``, answers are in its words; without, or if it fails, verbatim."""
        self._live = live
        self._evidence = evidence or EvidenceSettings()
        self._gate = gate or GateSettings()
        self._writer = writer
        self._turns = turns or Turns()

    @property
    def index(self) -> CourseIndex:
        """The open index; raises NoIndex when nothing was ingested."""
        return self._live.current()

    @property
    def model(self) -> str | None:
        """The language model that writes answers; None where there is none."""
        return None if self._writer is None else self._writer.model

    def search(self, query: str, limit: int = 10, mode: Mode = Mode.HYBRID) -> SearchResult:
        """Find passages; raises BadRequest for an empty query or a limit out of range."""
        check_limit(limit)
        query = checked_text(query, "query")
        with self._turns.turn():
            return self.index.search(query, limit, mode)

    def related_papers(self, query: str, limit: int = 10) -> RelatedResult:
        """Find related papers; raises BadRequest as ``search`` does.

        UnknownPaper and UnknownSource tell what is not here, with what is nearest.
        """
        check_limit(limit)
        query = checked_text(query, "query")
        with self._turns.turn():
            return self.index.papers.related(query, limit)

    def lineage(self, query: str, limit: int = 10, *, to_read: bool = False) -> Lineage:
        """The papers around a query by year, or in an order to read; raises as the above."""
        check_limit(limit)
        query = checked_text(query, "query")
        with self._turns.turn():
            return self.index.papers.lineage(query, limit, to_read=to_read)

    def ask(self, question: str, limit: int = 8, llm: str | None = None) -> Answer:
        """Answer with cited sentences, or say that the material does not answer.

        ``llm`` is "none" for verbatim sentences, or the configured language model, the default.
        """
        return answer_of(self.stream(question, limit, llm))

    def stream(
        self, question: str, limit: int = 8, llm: str | None = None, *, keep: bool = False
    ) -> Generator[Event, None, None]:
        """Search at once; then give the answer piece by piece as it is made, and last as a whole.

        The whole is what counts: where a language model fails after some pieces, it is the verbatim
        answer. With ``keep``, for readers from whom nothing can be taken back, it is the pieces and
        then the verbatim answer. None says that a piece is still waited for. Closing it stops the
        work.
        """
        start = time.perf_counter()
        question = checked_text(question, "question")
        writer = self.writer_named(llm)
        with self._turns.turn():
            index = self.index
            found = index.search(question, limit)
            reason = reason_to_abstain(index, question, found.hits, self._gate)
            evidence = Gathered() if reason else gather(index, question, found.hits, self._evidence)
            if not evidence:
                reason = refusal(index, question, reason or _no_sentence(question), self._gate)
        if reason:
            told = _told(Answer(question, reason, reason=reason, nearest=found.hits[:5]))
        elif writer is None:
            told = _told(_verbatim(index, question, evidence))
        else:
            told = self._written(index, question, found.hits, evidence, writer, keep)
        return with_answer(told, lambda answer: _finished(answer, index, found, start))

    def close(self) -> None:
        """Let go of the language model."""
        if self._writer is not None:
            self._writer.close()

    def writer_named(self, llm: str | None) -> Writer | None:
        """The writer that a request chooses; raises BadRequest for one that is not configured."""
        if llm == NO_MODEL:
            return None
        if llm is None or (self._writer is not None and llm == self._writer.name):
            return self._writer
        known = [NO_MODEL] if self._writer is None else [NO_MODEL, self._writer.name]
        raise BadRequest(f"llm {llm!r} is not configured", f"Known: {', '.join(known)}.")

    def _written(
        self,
        index: CourseIndex,
        question: str,
        hits: Sequence[Hit],
        evidence: Gathered,
        writer: Writer,
        keep: bool,
    ) -> Generator[Event, None, None]:
        """What the writer makes of more quotes; the verbatim answer where it fails."""
        settings = writer.settings
        more = replace(self._evidence, sentences=settings.quotes, floor=settings.floor)
        with self._turns.turn():
            told = quotes(index, question, hits, more)
        given: list[Piece] = []
        try:
            with closing(writer.write(index, question, told)) as events:
                for event in events:
                    if isinstance(event, Written):
                        yield _generative(question, event, writer.model)
                        continue
                    if event is not None:
                        given.append(event)
                    yield event
        except LanguageModelError as error:
            _log.warning("answering verbatim", llm=writer.name, error=str(error), hint=error.hint)
            notice = _notice(question, error)
            if not given:
                yield from _told(replace(_verbatim(index, question, evidence), notice=notice))
            elif keep:
                yield replace(_gone_on(question, given, evidence, notice), model=writer.model)
            else:
                yield replace(_verbatim(index, question, evidence), notice=notice)


def _finished(answer: Answer, index: CourseIndex, found: SearchResult, start: float) -> Answer:
    """The whole answer with the concepts of the question, the papers behind it, and its time."""
    concepts = (index.graph.concepts[name] for name in index.graph.named(found.query))
    total = round((time.perf_counter() - start) * 1000, 2)
    took = {"search": found.took_ms["total"], "total": total}
    papers = index.papers.behind({citation.chunk_id for citation in answer.citations})
    return replace(answer, concepts=tuple(concepts), papers=tuple(papers), took_ms=took)


def _verbatim(index: CourseIndex, question: str, evidence: Gathered) -> Answer:
    """The verbatim answer, below it what the asker's language calls the concepts of the other."""
    answer = extractive(question, evidence)
    terms = terms_line(index, question, (sentence.text for sentence in answer.sentences))
    return replace(answer, text=f"{answer.text}\n\n{terms}") if terms else answer


def _told(answer: Answer) -> Generator[Event, None, None]:
    yield from pieces_of(answer)
    yield answer


def _generative(question: str, written: Written, model: str) -> Answer:
    found = written.text, written.sentences, written.citations
    return Answer(question, *found, mode="generative", model=model)


def _gone_on(question: str, given: Sequence[Piece], evidence: Gathered, notice: str) -> Answer:
    """The pieces that a reader has, and the verbatim answer after them."""
    had = Citations(citation for piece in given for citation in piece.citations)
    verbatim = extractive(question, evidence, had)
    text = "".join(piece.text for piece in given)
    return replace(
        verbatim,
        text=f"{text}\n\n{notice}\n\n{verbatim.text}",
        sentences=(*(piece.sentence for piece in given), *verbatim.sentences),
        mode="generative",
        notice=notice,
    )


def check_limit(limit: int) -> None:
    """Raise BadRequest for a number of results out of range."""
    if not 1 <= limit <= MOST_HITS:
        raise BadRequest(f"k is {limit}", f"Use a number from 1 to {MOST_HITS}.")


def checked_text(text: str, field: str) -> str:
    """A question or query without white space around it; raises BadRequest that names the field."""
    text = text.strip()
    if not text:
        raise BadRequest(f"the {field} is empty", "Say what you want to know.")
    if len(text) > LONGEST_QUESTION:
        hint = f"Use at most {LONGEST_QUESTION} characters."
        raise BadRequest(f"the {field} has {len(text)} characters", hint)
    return text


def _no_sentence(question: str) -> str:
    if language_of(question) is Language.EN:
        return "The material has passages near this, but no sentence that answers it."
    return "资料里有相近的段落，但没有一句话能回答这个问题。"


def _notice(question: str, error: LanguageModelError) -> str:
    if language_of(question) is Language.EN:
        return f"These are verbatim sentences, without the language model. {error}"
    return f"以下是资料原句，没有采用语言模型的回答。{error}"
