"""The commands on papers."""

from pathlib import Path
from typing import Annotated

import typer

from app.options import AsJson, Data, print_shape, read_settings

papers = typer.Typer(help="Papers that the material names, and their kin.", no_args_is_help=True)

Limit = Annotated[int, typer.Option("-k", min=1, max=100, help="How many papers.")]


@papers.command("list")
def list_papers(
    words: Annotated[
        str, typer.Argument(help="In title, names, authors or id; else those that are named.")
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that no document names.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Papers with the documents that name them, those about them first."""
    from app import show
    from app.papers import listed
    from app.wiring import make_assistant

    found = listed(make_assistant(read_settings(data=data)).index, words, everything=everything)
    shape = {"papers": [paper.model_dump() for paper in found]}
    print_shape(shape, as_json, lambda: show.papers(found))


@papers.command("related")
def related_papers(
    query: Annotated[
        str | None,
        typer.Argument(help="A paper's id, title or name, a concept, a document, or any words."),
    ] = None,
    limit: Limit = 10,
    queries: Annotated[
        Path | None, typer.Option("--queries", help='Batch input: {"id","text"} a line.')
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Batch output, one JSON object a line.")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Papers related to a query, each with its reasons."""
    from app import bars, batch, show
    from app.contract import RelatedShape
    from app.wiring import make_assistant

    assistant = make_assistant(read_settings(data=data))
    if queries is not None:
        if out is None:
            raise typer.BadParameter("--queries needs --out FILE")
        with bars.progress() as progress:
            done = batch.related(assistant, queries, out, limit, progress)
        shape = {"queries": done, "out": str(out)}
        print_shape(shape, as_json, lambda: show.batch(done, out))
        return
    found = RelatedShape.of(assistant.related_papers(query or "", limit))
    print_shape(found.model_dump(), as_json, lambda: show.related(found))
