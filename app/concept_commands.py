"""The commands on concepts and on their graph."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.errors import BadRequest
from app.options import AsJson, Data, print_shape, read_settings

if TYPE_CHECKING:
    from index.course_index import CourseIndex

concepts = typer.Typer(help="Concepts of the material.", no_args_is_help=True)
graph = typer.Typer(help="The concept graph.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Any name or id.")]
Price = Annotated[float | None, typer.Option(min=0, help="Of a million tokens.")]


@concepts.command("list")
def list_concepts(data: Data = None, as_json: AsJson = False) -> None:
    """All concepts, those most told of first."""
    from app import show
    from app.concepts import listed

    found = listed(_index(data))
    print_shape({"concepts": found}, as_json, lambda: show.concepts(found))


@concepts.command("show")
def show_concept(name: Name, data: Data = None, as_json: AsJson = False) -> None:
    """A concept with its definition, places and relations."""
    from app import show
    from app.concepts import concept_shape

    _print_one(name, data, as_json, concept_shape, show.concept)


@concepts.command("path")
def concept_path(name: Name, data: Data = None, as_json: AsJson = False) -> None:
    """What to learn before a concept, in order."""
    from app import show
    from app.concepts import path_shape

    _print_one(name, data, as_json, path_shape, show.path)


@graph.command("export")
def export_graph(
    form: Annotated[str, typer.Option("--format", help="json or graphml.")] = "json",
    out: Annotated[Path | None, typer.Option("--out", help="File; else stdout.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """The whole concept graph with its evidence."""
    from app.concepts import export
    from app.graphml import graphml

    if form not in ("json", "graphml"):
        raise typer.BadParameter("json or graphml", param_hint="--format")
    exported = export(_index(data))
    if form == "graphml" and not as_json:
        text = graphml(exported)
    else:
        text = json.dumps(exported, ensure_ascii=False, indent=2) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, "utf-8")


@graph.command("extract")
def extract_relations(
    llm: Annotated[str | None, typer.Option("--llm", help="COURSEGRAPH_LLM.")] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many passages.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Go on without asking.")] = False,
    price_input: Price = None,
    price_output: Price = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Let a language model read passages for relations; they add to the graph, and only add."""
    from app import bars, extraction
    from app.llm import needed_llm

    settings = read_settings(data=data, llm=llm)
    model = needed_llm(settings)
    with bars.progress() as progress:
        planned = extraction.plan(settings, model, limit, progress)
    prices = extraction.Prices(price_input, price_output)
    estimate = extraction.estimate_shape(planned, prices)
    sys.stderr.write(extraction.estimate_line(estimate) + "\n")
    if planned.passages and not yes:
        _confirm()
    with bars.progress() as progress:
        done = extraction.extract(settings, planned, model, progress)
    shape = extraction.extracted_shape(done, estimate)
    print_shape(shape, as_json, lambda: sys.stdout.write(extraction.told(shape)))


@graph.command("forget-extracted")
def forget_extracted(data: Data = None, as_json: AsJson = False) -> None:
    """Forget all that language models have read; the graph becomes what it is without them."""
    from app import bars, extraction

    settings = read_settings(data=data)
    with bars.progress() as progress:
        passages, build = extraction.forget(settings, progress)
    shape = {"passages": passages, "generation": build.generation}
    line = f"forgot what language models read in {passages} passages\n"
    print_shape(shape, as_json, lambda: sys.stdout.write(line))


def _confirm() -> None:
    """Ask on the terminal; BadRequest where nobody can answer, Abort where the answer is no."""
    if not sys.stdin.isatty():
        raise BadRequest("nothing was read: nobody confirmed the estimate", "Give --yes.")
    typer.confirm("Go on?", abort=True, err=True)


def _index(data: Path | None) -> "CourseIndex":
    from app.wiring import make_assistant

    return make_assistant(read_settings(data=data)).index


def _print_one(
    name: str,
    data: Path | None,
    as_json: bool,
    shape_of: Callable[..., dict[str, Any]],
    show: Callable[[dict[str, Any]], None],
) -> None:
    from app.concepts import resolve

    index = _index(data)
    shape = shape_of(index, resolve(index, name))
    print_shape(shape, as_json, lambda: show(shape))
