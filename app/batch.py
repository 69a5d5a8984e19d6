"""Batch mode: JSON lines in, JSON lines out; the output appears whole or not at all."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.assistant import Assistant, checked_text
from app.contract import AnswerShape, HitShape, RelatedShape
from app.errors import BadRequest
from index.errors import UnknownPaper, UnknownSource
from index.model import Mode
from ingest.report import Progress


def mode_named(name: str) -> Mode:
    """A search mode by name; raises BadRequest with the known ones."""
    try:
        return Mode(name)
    except ValueError:
        known = ", ".join(Mode)
        raise BadRequest(f"mode {name!r} is not known", f"Known: {known}.") from None


def read_lines(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON lines file; raises BadRequest that names the line."""
    try:
        # Not splitlines(): U+2028 and its like may stand inside a JSON string.
        lines = file.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{file}: {error}", "Give a JSON lines file in UTF-8.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            raise BadRequest(f"{file}, line {number}: not JSON ({error})") from error
        if not isinstance(found, dict) or "id" not in found:
            raise BadRequest(f'{file}, line {number}: needs an object with "id"')
        yield found


def search(
    assistant: Assistant, queries: Path, out: Path, limit: int, mode: str, progress: Progress
) -> int:
    """Search for each query; returns how many there were."""
    leg = mode_named(mode)

    def run(text: str) -> dict[str, Any]:
        result = assistant.search(text, limit, leg)
        hits = [HitShape.of(hit).model_dump() for hit in result.hits]
        return {"hits": hits, "took_ms": result.took_ms["total"]}

    return _run(queries, out, run, progress)


def ask(assistant: Assistant, queries: Path, out: Path, limit: int, progress: Progress) -> int:
    """Answer each question; returns how many there were."""

    def run(text: str) -> dict[str, Any]:
        return AnswerShape.of(assistant.ask(text, limit)).model_dump()

    return _run(queries, out, run, progress)


def related(assistant: Assistant, queries: Path, out: Path, limit: int, progress: Progress) -> int:
    """Find papers related to each query; returns how many there were.

    A query for a paper, lesson or document that is not here has no papers, and says so.
    """

    def run(text: str) -> dict[str, Any]:
        try:
            return RelatedShape.of(assistant.related_papers(text, limit)).model_dump()
        except (UnknownPaper, UnknownSource) as error:
            told = {"code": error.code, "message": str(error), "hint": error.hint}
            return {"query": text, "papers": [], "error": told}

    return _run(queries, out, run, progress)


def _run(
    queries: Path, out: Path, answer: Callable[[str], dict[str, Any]], progress: Progress
) -> int:
    items = [(line["id"], _text(queries, line)) for line in read_lines(queries)]
    beside = out.with_name(out.name + ".partial")
    try:
        with beside.open("w", encoding="utf-8") as stream:
            for done, (identity, text) in enumerate(items, start=1):
                line = {"id": identity, **answer(text)}
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")
                progress("batch", done, len(items), str(identity))
        beside.replace(out)
    except OSError as error:
        raise BadRequest(f"{out}: {error.strerror}", "Name a file that can be written.") from error
    finally:
        beside.unlink(missing_ok=True)
    return len(items)


def _text(queries: Path, line: dict[str, Any]) -> str:
    """The query of a line; all are checked before the first is run."""
    text = line.get("text", line.get("question", line.get("query")))
    if not isinstance(text, str):
        raise BadRequest(f'{queries}: query {line["id"]!r} has no "text"')
    return checked_text(text, f"query {line['id']!r}")
