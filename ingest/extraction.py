"""The optional pass of a language model over the passages: plan it, read, keep what holds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.concepts.asking import (
    OUTPUT_TOKENS,
    PROMPT_VERSION,
    input_tokens,
    messages,
    read_answer,
)
from ingest.concepts.claims import Claim, Fault, check, claim_key, is_worth_reading
from ingest.concepts.graph import GraphSettings, read_course
from ingest.concepts.lexicon import Entry
from ingest.concepts.mentions import Passage
from ingest.corpus import Corpus
from ingest.errors import LanguageModelError
from ingest.model import Relation
from ingest.report import Progress, no_progress

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage

_MOST_UNREADABLE = 3  # answers without a list from a model that never gave one


@dataclass(frozen=True, slots=True)
class Unread:
    """A passage that a model has not read; ``key`` is that of its claims."""

    key: str
    title: str
    passage: Passage

    def question(self) -> "list[ChatMessage]":
        """What the model is asked."""
        chunk = self.passage.chunk
        return messages(self.title, chunk.section, chunk.text, self.key)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be read, what was read before, and what reading it will take."""

    model: str
    passages: tuple[Unread, ...]
    read_before: int
    left_for_later: int
    input_tokens: int
    output_tokens: int

    def cost(self, price_input: float, price_output: float) -> float:
        """The estimate at prices per million tokens."""
        return (self.input_tokens * price_input + self.output_tokens * price_output) / 1e6


@dataclass(slots=True)
class Extraction:
    """What a run found; ``unreadable`` passages gave no list and are asked again next time."""

    read: int = 0
    kept: int = 0
    unreadable: int = 0
    rejected: Counter[Fault] = field(default_factory=Counter)


def plan_extraction(
    corpus: Corpus, lexicon: Sequence[Entry], model: str, limit: int | None = None
) -> Plan:
    """Passages that name two concepts and that the model has not read, in reading order.

    Those that it made nothing of come last, so that the first ``limit`` are not always these.
    """
    documents = {document.id: document for document in corpus.documents()}
    chunks = list(corpus.chunks())
    items = corpus.lesson_items()
    reading = read_course(documents, chunks, items, lexicon, GraphSettings())
    worth: dict[str, Unread] = {}
    for passage in filter(is_worth_reading, reading.passages):
        title = documents[passage.chunk.document_id].title
        key = claim_key(title, passage.chunk)
        worth.setdefault(key, Unread(key, title, passage))
    done = corpus.claims.read_by(model, PROMPT_VERSION)
    in_vain = corpus.claims.unreadable_by(model, PROMPT_VERSION)
    unread = [one for key, one in worth.items() if key not in done]
    unread.sort(key=lambda one: in_vain.get(one.key, 0))
    chosen = tuple(unread[:limit])
    return Plan(
        model=model,
        passages=chosen,
        read_before=len(worth) - len(unread),
        left_for_later=len(unread) - len(chosen),
        input_tokens=sum(input_tokens(one.question()) for one in chosen),
        output_tokens=len(chosen) * OUTPUT_TOKENS,
    )


def extract(plan: Plan, corpus: Corpus, llm: "LLM", progress: Progress = no_progress) -> Extraction:
    """Read the planned passages, and keep the claims that hold as soon as each is read.

    Raises LanguageModelError when the model fails or does not understand what it is asked.
    """
    done = corpus.claims.read_by(plan.model, PROMPT_VERSION)
    found = Extraction()
    for number, one in enumerate(plan.passages):
        if one.key in done:
            continue
        progress("extract", number, len(plan.passages), one.title)
        answer = read_answer(_asked(llm, one))
        if answer is None:
            corpus.claims.could_not_read(one.key, plan.model, PROMPT_VERSION)
            found.unreadable += 1
            # Passages that a model never copes with stay unread; they must not stop each run.
            if found.unreadable == _MOST_UNREADABLE and not found.read and not done:
                raise _no_lists(plan.model)
            continue
        claims, malformed = answer
        held = _held(claims, one.passage, found)
        corpus.claims.add(one.key, plan.model, PROMPT_VERSION, held)
        found.read += 1
        found.kept += len(held)
        found.rejected += malformed
    if plan.passages:
        progress("extract", len(plan.passages), len(plan.passages), plan.model)
    return found


def _asked(llm: "LLM", one: Unread) -> str:
    try:
        return llm.chat(one.question()).message.content or ""
    except LanguageModelError as error:
        hint = f"{error.hint} What was read is kept; the same command goes on from there."
        raise LanguageModelError(str(error), hint) from error


def _held(claims: Sequence[Claim], passage: Passage, found: Extraction) -> list[Claim]:
    longest = GraphSettings().relations.longest
    held: list[Claim] = []
    for claim in dict.fromkeys(claims):
        checked = check(claim, passage, longest)
        if isinstance(checked, Relation):
            held.append(claim)
        else:
            found.rejected[checked] += 1
    return held


def _no_lists(model: str) -> LanguageModelError:
    return LanguageModelError(
        f"the language model {model!r} gave no JSON list in its first {_MOST_UNREADABLE} answers",
        "Take a model that follows instructions.",
    )
