"""The assistant: a question in, an answer that cites its sources out. No LLM is needed."""

import time
from collections.abc import Sequence

from app.citations import Citations
from app.errors import BadRequest
from app.evidence import EvidenceSettings, Unit, select
from app.gate import GateSettings, reason_to_abstain
from app.model import Answer, Sentence
from index.course_index import CourseIndex
from index.live_index import LiveIndex
from index.model import Mode, SearchResult
from ingest.model import Concept, Language
from ingest.text import language_of

MOST_HITS = 100
LONGEST_QUESTION = 2000


class Assistant:
    """Searches and answers over the index in use."""

    def __init__(
        self,
        live: LiveIndex,
        evidence: EvidenceSettings | None = None,
        gate: GateSettings | None = None,
    ) -> None:
        self._live = live
        self._evidence = evidence or EvidenceSettings()
        self._gate = gate or GateSettings()

    @property
    def index(self) -> CourseIndex:
        """The open index; raises NoIndex when nothing was ingested."""
        return self._live.current()

    def search(self, query: str, limit: int = 10, mode: Mode = Mode.HYBRID) -> SearchResult:
        """Find passages; raises BadRequest for an empty query or a limit out of range."""
        if not 1 <= limit <= MOST_HITS:
            raise BadRequest(f"k is {limit}", f"Use a number from 1 to {MOST_HITS}.")
        return self.index.search(checked_text(query, "query"), limit, mode)

    def ask(self, question: str, limit: int = 8) -> Answer:
        """Answer with verbatim sentences, or say that the material does not answer."""
        start = time.perf_counter()
        question = checked_text(question, "question")
        index = self.index
        found = index.search(question, limit)
        reason = reason_to_abstain(index, question, found.hits, self._gate)
        units = [] if reason else select(index, question, found.hits, self._evidence)
        if not reason and not units:
            reason = _no_sentence(question)
        total = round((time.perf_counter() - start) * 1000, 2)
        took = {"search": found.took_ms["total"], "total": total}
        concepts = tuple(index.graph.concepts[name] for name in index.graph.named(question))
        if reason:
            nearest = found.hits[:5]
            return Answer(
                question, reason, reason=reason, nearest=nearest, concepts=concepts, took_ms=took
            )
        return _extractive(question, units, concepts, took)


def _extractive(
    question: str, units: Sequence[Unit], concepts: tuple[Concept, ...], took: dict[str, float]
) -> Answer:
    citations = Citations()
    sentences: list[Sentence] = []
    text = ""
    previous: Unit | None = None
    for unit in units:
        numbers = citations.cite(unit.hit, unit.start, unit.end)
        sentences.append(Sentence(unit.text, numbers, verbatim=True, supported=True))
        marks = "".join(f"[{number}]" for number in numbers)
        text += f"{_gap(previous, unit)}{unit.text}{marks}"
        previous = unit
    return Answer(question, text, tuple(sentences), citations.made, concepts=concepts, took_ms=took)


def _gap(previous: Unit | None, unit: Unit) -> str:
    """Neighbours in one paragraph stay in it; everything else begins a new one."""
    if previous is None:
        return ""
    if previous.hit.chunk.id != unit.hit.chunk.id:
        return "\n\n"
    between = unit.hit.chunk.text[previous.end : unit.start]
    return between if not between.strip() else "\n\n"


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
