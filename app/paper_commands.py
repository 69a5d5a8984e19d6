"""The commands on papers."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.options import AsJson, Data, print_shape, read_settings

papers = typer.Typer(help="Papers that the material names, and their kin.", no_args_is_help=True)

Query = Annotated[str, typer.Argument(help="A paper, a concept or any words.")]
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


@papers.command("timeline")
def timeline(query: Query, limit: Limit = 10, data: Data = None, as_json: AsJson = False) -> None:
    """An idea over the years: the papers around a query, and who builds on whom."""
    _print_lineage(query, limit, data, as_json, to_read=False)


@papers.command("order")
def reading_order(
    query: Query, limit: Limit = 10, data: Data = None, as_json: AsJson = False
) -> None:
    """The papers around a query in an order to read them: what others build on comes first."""
    _print_lineage(query, limit, data, as_json, to_read=True)


@papers.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(help="BibTeX, CSV, JSON or JSON lines.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Add papers of a list to those that are known; the index is brought up to date."""
    from app import bars, paper_lists, show

    with bars.progress() as progress:
        done = paper_lists.import_papers(read_settings(data=data), file, progress)
    shape = {
        "new": [paper.id for paper in done.new],
        "known": [paper.id for paper in done.known],
        "alike": [[one.id, other.id] for one, other in done.alike],
    }
    print_shape(shape, as_json, lambda: show.imported(done))


@papers.command("fetch")
def fetch(
    query: Annotated[str, typer.Argument(help="An arXiv id, or words.")],
    limit: Limit = 10,
    add: Annotated[bool, typer.Option("--add", help="Add them to the known papers.")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Look papers up in the network, if a setting allows it; --add imports what was found."""
    from app import bars, paper_lists, show
    from app.paper_sources import as_lines, fetched, make_source

    settings = read_settings(data=data)
    found = fetched(make_source(settings), query, limit)
    if add and found:
        file = settings.data / "fetched.jsonl"
        file.write_text(as_lines(found), "utf-8")
        with bars.progress() as progress:
            paper_lists.import_papers(settings, file, progress)
        file.unlink()
    shape = {"papers": [paper_lists.plain_values(paper) for paper in found], "added": add}
    print_shape(shape, as_json, lambda: show.fetched(found))


@papers.command("export")
def export_list(
    query: Annotated[
        str | None, typer.Argument(help="Papers related to this; else those that are named.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="bibtex, ris or markdown.")] = "bibtex",
    limit: Limit = 10,
    out: Annotated[Path | None, typer.Option("--out", help="File; else stdout.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Papers for other programs: those that the material names, or those related to a query."""
    from app.paper_lists import exported
    from app.wiring import make_assistant

    assistant = make_assistant(read_settings(data=data))
    index = assistant.index.papers
    if query is None:
        found = [paper for paper in index.literature.papers if paper.id in index.mentions]
    else:
        found = [one.paper for one in assistant.related_papers(query, limit).papers]
    text = exported(found, form)
    if out is not None:
        out.write_text(text, "utf-8")
    shape = {"papers": [paper.id for paper in found], "format": form, "text": text}
    print_shape(shape, as_json, lambda: out is not None or sys.stdout.write(text))


def _print_lineage(
    query: str, limit: int, data: Path | None, as_json: bool, *, to_read: bool
) -> None:
    from app import show
    from app.contract import LineageShape
    from app.wiring import make_assistant

    assistant = make_assistant(read_settings(data=data))
    found = LineageShape.of(assistant.lineage(query, limit, to_read=to_read))
    print_shape(found.model_dump(), as_json, lambda: show.lineage(found))
