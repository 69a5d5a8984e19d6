"""The optional pass of a language model over the concept graph, and its estimate."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.settings import Settings
from app.wiring import build, make_encoders, make_layout, open_for_writing
from index.build import BuildReport
from index.errors import NoIndex
from index.graph_files import read_graph
from ingest import extraction
from ingest.concepts.lexicon import load_lexicon
from ingest.corpus import Corpus
from ingest.extraction import Extraction, Plan
from ingest.report import Progress

if TYPE_CHECKING:
    from llama_index.core.llms import LLM


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of a million tokens, in whatever currency; None where they are not told."""

    input: float | None
    output: float | None


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a pass found, and the index with it."""

    found: Extraction
    relations_added: int
    build: BuildReport


def plan(settings: Settings, llm: "LLM", limit: int | None, progress: Progress) -> Plan:
    """What the model has still to read; raises NoIndex where nothing was ingested."""
    if not settings.corpus_file.exists():
        raise NoIndex("Nothing was ingested yet.", "Run `coursegraph ingest` first.")
    lexicon = load_lexicon(settings.lexicon)
    # An ingest in between would give passages without their documents.
    with open_for_writing(settings, progress) as corpus:
        return extraction.plan_extraction(corpus, lexicon, llm.metadata.model_name, limit)


def extract(settings: Settings, planned: Plan, llm: "LLM", progress: Progress) -> Extracted:
    """Read what is planned, keep the claims that hold, and build the index with them."""
    # Reading takes hours where the course is large; an ingest need not wait for it.
    with Corpus(settings.corpus_file) as corpus:
        found = extraction.extract(planned, corpus, llm, progress)
    with open_for_writing(settings, progress) as corpus:
        built = build(settings, corpus, make_encoders(settings, progress), progress)
        graph = read_graph(make_layout(settings).current().graph).graph
        return Extracted(found, graph.claimed, built)


def forget(settings: Settings, progress: Progress) -> tuple[int, BuildReport]:
    """Drop the claims of all models, and build the index without them."""
    with open_for_writing(settings, progress) as corpus:
        passages = corpus.claims.forget()
        return passages, build(settings, corpus, make_encoders(settings, progress), progress)


def estimate_shape(planned: Plan, prices: Prices) -> dict[str, Any]:
    """The JSON shape of an estimate."""
    cost = None
    if planned.passages and (prices.input is not None or prices.output is not None):
        cost = round(planned.cost(prices.input or 0.0, prices.output or 0.0), 6)
    return {
        "model": planned.model,
        "passages": len(planned.passages),
        "read_before": planned.read_before,
        "left_for_later": planned.left_for_later,
        "input_tokens": planned.input_tokens,
        "output_tokens": planned.output_tokens,
        "cost": cost,
    }


def extracted_shape(done: Extracted, estimate: dict[str, Any]) -> dict[str, Any]:
    """The JSON shape of a pass."""
    found = done.found
    return {
        "estimate": estimate,
        "read": found.read,
        "unreadable": found.unreadable,
        "claims_kept": found.kept,
        "claims_rejected": {str(fault): times for fault, times in sorted(found.rejected.items())},
        "relations_added": done.relations_added,
        "generation": done.build.generation,
    }


def estimate_line(shape: dict[str, Any]) -> str:
    """An estimate for people."""
    later = f", {shape['left_for_later']} left for later" if shape["left_for_later"] else ""
    cost = "" if shape["cost"] is None else f", cost about {shape['cost']:.4f}"
    return (
        f"{shape['model']}: {shape['passages']} passages to read, {shape['read_before']} read "
        f"before{later}; about {shape['input_tokens']} input and {shape['output_tokens']} output "
        f"tokens{cost}"
    )


def told(shape: dict[str, Any]) -> str:
    """What a pass found, for people."""
    rejected = shape["claims_rejected"]
    why = ", ".join(f"{times} {fault.replace('_', ' ')}" for fault, times in rejected.items())
    unreadable = f"{shape['unreadable']} answers held no list; they are asked again next time\n"
    return (
        f"read {shape['read']} passages, kept {shape['claims_kept']} claims, "
        f"rejected {sum(rejected.values())}"
        + (f" ({why})" if why else "")
        + "\n"
        + (unreadable if shape["unreadable"] else "")
        + f"the graph has {shape['relations_added']} relations that only a language model found\n"
    )
