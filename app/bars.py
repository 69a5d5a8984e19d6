"""How far long work is, for people."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ingest import report as reports

_STAGES = {
    "wait": "waiting",
    "read": "reading",
    "page": "page",
    "model": "model",
    "embed": "embedding",
    "index": "index",
    "batch": "questions",
    "extract": "passages",
}


@contextmanager
def progress() -> Iterator[reports.Progress]:
    """Progress bars on stderr when it is a terminal, else a line a stage; one line for Ctrl-C."""
    console = Console(stderr=True)
    try:
        with _bars(console) if console.is_terminal else nullcontext(_plain_progress()) as report:
            yield report
    except KeyboardInterrupt:
        sys.stderr.write("coursegraph: stopped; what was done so far is kept\n")
        raise


@contextmanager
def _bars(console: Console) -> Iterator[reports.Progress]:
    columns = (
        TextColumn("{task.description:>9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int, name: str) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(_STAGES.get(stage, stage), total=total, name="")
            bars.update(tasks[stage], completed=done, total=total, name=escape(name[-50:]))

        yield report


def _plain_progress() -> reports.Progress:
    seen: set[str] = set()

    def report(stage: str, done: int, total: int, name: str) -> None:
        if stage == "page":
            return  # a line a page would be too much
        if stage not in seen or (done == total and total > 1):
            seen.add(stage)
            shown = f"{done}/{total}" if total > 1 else name
            sys.stderr.write(f"{_STAGES.get(stage, stage)}: {shown}\n")

    return report
