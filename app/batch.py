"""Batch mode: JSON lines in, JSON lines out; the output appears whole or not at all."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.assistant import Assistant
from app.contract import AnswerShape, HitShape
from app.errors import BadRequest
from index.model import Mode


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
        lines = file.read_text("utf-8-sig").splitlines()
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


def search(assistant: Assistant, queries: Path, out: Path, limit: int, mode: str) -> int:
    """Search for each query; returns how many there were."""
    leg = mode_named(mode)

    def run(text: str) -> dict[str, Any]:
        result = assistant.search(text, limit, leg)
        hits = [HitShape.of(hit).model_dump() for hit in result.hits]
        return {"hits": hits, "took_ms": result.took_ms["total"]}

    return _run(queries, out, run)


def ask(assistant: Assistant, queries: Path, out: Path, limit: int) -> int:
    """Answer each question; returns how many there were."""
    return _run(queries, out, lambda text: AnswerShape.of(assistant.ask(text, limit)).model_dump())


def _run(queries: Path, out: Path, answer: Callable[[str], dict[str, Any]]) -> int:
    items = list(read_lines(queries))
    beside = out.with_name(out.name + ".partial")
    with beside.open("w", encoding="utf-8") as stream:
        for item in items:
            text = item.get("text", item.get("question"))
            if not isinstance(text, str):
                raise BadRequest(f'{queries}: query {item["id"]!r} has no "text"')
            line = {"id": item["id"], **answer(text)}
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
    beside.replace(out)
    return len(items)
