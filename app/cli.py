"""The command line: thin commands, each around one plain function."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from app import concept_commands, conversation_commands, paper_commands
from app.exits import FAILED, PARTIAL
from app.options import AsJson, Data, print_shape, read_settings
from ingest.errors import CourseError

cli = typer.Typer(
    name="coursegraph",
    help="Ask your own course material: cited answers from notes and PDFs, offline.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

cli.add_typer(concept_commands.concepts, name="concepts")
cli.add_typer(concept_commands.graph, name="graph")
cli.add_typer(paper_commands.papers, name="papers")
cli.add_typer(conversation_commands.conversations, name="conversations")

Ocr = Annotated[str | None, typer.Option("--ocr", help="Text in pictures: auto, off or force.")]
Limit = Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")]
ModeName = Annotated[str, typer.Option("--mode", help="hybrid, dense, lexical or graph.")]
Queries = Annotated[
    Path | None, typer.Option("--queries", help='Batch input: {"id","text"} a line.')
]
Out = Annotated[Path | None, typer.Option("--out", help="Batch output, one JSON object a line.")]
RunFile = Annotated[
    Path | None, typer.Option("--run", help="Judge this search run instead of searching.")
]
Against = Annotated[Path | None, typer.Option("--against", help="Compare with this search run.")]
Ablate = Annotated[
    list[str] | None,
    typer.Option("--ablate", help="Also search without each of these parts: graph,rerank,..."),
]
Trec = Annotated[Path | None, typer.Option("--trec", help="Write the ranked pages for trec_eval.")]
Details = Annotated[
    Path | None, typer.Option("--details", help="Write each answer with the verdicts on it.")
]
NoAnswers = Annotated[bool, typer.Option("--no-answers", help="Judge only what search finds.")]


def main() -> None:
    """Run the command line; a known error is one line that says what and what next."""
    try:
        cli()
    except CourseError as error:
        fail(error)


def fail(error: CourseError) -> NoReturn:
    """Print an error as one line and leave."""
    hint = f" — {error.hint}" if error.hint else ""
    sys.stderr.write(f"coursegraph: {error}{hint}\n")
    sys.exit(FAILED)


@cli.command()
def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and folders; the bundled course if none.")
    ] = None,
    data: Data = None,
    force: Annotated[bool, typer.Option("--force", help="Read unchanged files too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Files read at the same time.")] = 2,
    ocr: Ocr = None,
    as_json: AsJson = False,
) -> None:
    """Read new and changed files and bring the index up to date."""
    from app import bars, show, wiring

    settings = read_settings(data=data, ocr=ocr)
    with bars.progress() as progress:
        update = wiring.ingest(
            settings,
            paths or [wiring.bundled_course()],
            jobs=jobs,
            force=force,
            dry_run=dry_run,
            progress=progress,
        )
    shape = show.update_shape(update)
    print_shape(shape, as_json, lambda: show.update(update, dry_run))
    if update.report.failures:
        raise typer.Exit(PARTIAL if update.report.succeeded else FAILED)


@cli.command()
def remove(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or document paths.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Forget files; the index becomes that of a fresh build without them."""
    from app import bars, show, wiring

    settings = read_settings(data=data)
    with bars.progress() as progress:
        removed, build = wiring.remove(settings, paths, progress)
    shape = {"removed": removed, "generation": build.generation, "chunks": build.chunks}
    print_shape(shape, as_json, lambda: show.removed(removed))


@cli.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A file of any kind that is read.")],
    page: Annotated[int | None, typer.Option("--page", min=1, help="Only this page.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the annotated pages.")
    ] = None,
    ocr: Ocr = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what is read from a file and from where, with a picture of each page to check it."""
    from app import bars, show
    from app.inspection import inspect as look
    from app.inspection import inspection_shape

    settings = read_settings(data=data, ocr=ocr)
    folder = out or settings.data / "inspect"
    with bars.progress() as progress:
        found = look(settings, file, page, folder, progress)
    shape = inspection_shape(found)
    print_shape(shape, as_json, lambda: show.inspection(shape))


@cli.command()
def status(data: Data = None, as_json: AsJson = False) -> None:
    """Tell what is indexed, what could not be read, and which lessons are missing."""
    from app import show
    from app.status import status as look

    found = look(read_settings(data=data))
    print_shape(found, as_json, lambda: show.status(found))


@cli.command()
def doctor(data: Data = None, as_json: AsJson = False) -> None:
    """Check that everything is well, and say what to do where it is not."""
    from app import show
    from app.status import doctor as look

    checks = look(read_settings(data=data))
    shape = [
        {"name": c.name, "well": c.well, "found": c.found, "hint": c.hint or None} for c in checks
    ]
    print_shape({"checks": shape}, as_json, lambda: show.checks(checks))
    if not all(check.well for check in checks):
        raise typer.Exit(FAILED)


@cli.command()
def search(
    query: Annotated[str | None, typer.Argument(help="Words or a question.")] = None,
    limit: Limit = 10,
    mode: ModeName = "hybrid",
    queries: Queries = None,
    out: Out = None,
    no_rerank: Annotated[
        bool, typer.Option("--no-rerank", help="Leave the fused order as it is.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Find passages."""
    from app import bars, batch, show, wiring
    from app.contract import SearchShape
    from index.settings import Part

    without = (Part.RERANK,) if no_rerank else ()
    assistant = wiring.make_assistant(read_settings(data=data), without)
    if queries is not None:
        with bars.progress() as progress:
            done = batch.search(assistant, queries, _needed(out), limit, mode, progress)
        return print_shape(
            {"queries": done, "out": str(out)}, as_json, lambda: show.batch(done, out)
        )
    result = assistant.search(query or "", limit, batch.mode_named(mode))
    shape = SearchShape.of(result).model_dump()
    return print_shape(shape, as_json, lambda: show.hits(result.hits))


@cli.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="A question.")] = None,
    limit: Limit = 8,
    llm: Annotated[
        str | None,
        typer.Option("--llm", help="none, openai-like:<model> or gguf:<path> (COURSEGRAPH_LLM)."),
    ] = None,
    conversation: Annotated[
        str | None, typer.Option("--conversation", help="An id, or new: what was said counts.")
    ] = None,
    queries: Queries = None,
    out: Out = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question with cited sentences, or say that the material does not."""
    from app import bars, batch, show, wiring
    from app.contract import AnswerShape
    from app.conversations.chat import ask_once

    if queries is not None and conversation is not None:
        raise typer.BadParameter("--queries are asked one by one: leave out --conversation")
    settings = read_settings(data=data, llm=llm)
    assistant = wiring.make_assistant(settings, writer=wiring.make_writer(settings))
    if queries is not None:
        with bars.progress() as progress:
            done = batch.ask(assistant, queries, _needed(out), limit, progress)
        return print_shape(
            {"queries": done, "out": str(out)}, as_json, lambda: show.batch(done, out)
        )
    answer = ask_once(assistant, settings.conversations_file, question or "", limit, conversation)
    shape = AnswerShape.of(answer).model_dump()
    return print_shape(shape, as_json, lambda: show.answer(answer))


@cli.command("eval")
def evaluate(
    questions: Annotated[Path, typer.Argument(help="Questions with gold pages, JSON lines.")],
    run: RunFile = None,
    against: Against = None,
    ablate: Ablate = None,
    trec: Trec = None,
    no_answers: NoAnswers = False,
    details: Details = None,
    limit: Limit = 10,
    mode: ModeName = "hybrid",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Retrieval, citation and refusal figures by question type and language."""
    from app import bars, batch, evaluation, tables, wiring

    parts = evaluation.parts_named(ablate or [])
    if run is not None and parts:
        raise typer.BadParameter("--ablate searches anew: leave out --run")
    if details is not None and (no_answers or run is not None):
        raise typer.BadParameter("--details needs answers: leave out --run and --no-answers")
    gold = evaluation.read_questions(questions)
    other = None if against is None else evaluation.read_run(against, gold)
    if run is not None:
        judged = evaluation.Judged.of(gold, evaluation.read_run(run, gold))
    else:
        assistant = partial(wiring.make_assistant, read_settings(data=data))
        with bars.progress() as progress:
            leg = batch.mode_named(mode)
            trial = evaluation.Trial(assistant, limit, leg, progress, answers=not no_answers)
            judged = evaluation.judge(gold, trial, parts)
    figures = judged.figures | evaluation.compare(gold, judged.run, other)
    print_shape(figures, as_json, lambda: tables.figures(figures))
    if trec is not None:
        evaluation.write_trec(judged.run, trec)
    if details is not None:
        judged.write_answers(details)


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option("--host", help="COURSEGRAPH_HOST.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="COURSEGRAPH_PORT.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Serve the web page and the HTTP API."""
    from app.server import serve as run

    settings = read_settings(data=data, host=host, port=port)
    address = {"url": f"http://{settings.host}:{settings.port}/"}
    run(
        settings,
        lambda: print_shape(address, as_json, lambda: sys.stderr.write(address["url"] + "\n")),
    )


@cli.command()
def mcp(data: Data = None) -> None:
    """Serve the tools to a language model's client over stdin and stdout (MCP)."""
    from app.mcp import serve_stdio

    serve_stdio(read_settings(data=data))


def _needed(out: Path | None) -> Path:
    if out is None:
        raise typer.BadParameter("--queries needs --out FILE")
    return out


if __name__ == "__main__":
    main()
