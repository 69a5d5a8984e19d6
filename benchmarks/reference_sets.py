"""Reference sets: readoc (Markdown of whole documents) and olmocr (tests of single facts)."""

import json
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from benchmarks.markup import Reading, Rows, comparable, evenly_set, read_markdown
from benchmarks.readings import Reader
from benchmarks.similarity import best_tables, normalised, order, positions, similarity

_LONG = 40
_FLOAT = re.compile(r"(?:figure|table|algorithm)[ivx\d]+[:.]")
_SAME_CELL = 0.9
_SAME_FORMULA = 90.0


@dataclass(frozen=True, slots=True)
class Score:
    """How near one reading of one document comes to its reference."""

    document: str
    subset: str
    text: float
    order: float
    neighbours: float
    found: float
    tables: float | None


def score_document(
    document: Mapping[str, Any], readings: Mapping[str, Reading]
) -> dict[str, Score]:
    """Compare readings with the reference Markdown of their document.

    Order is judged on the blocks that all of the readings hold, so that none gains from a loss,
    and without figures and tables: the references have them where the source names them, not
    where they are printed.
    """
    expected = read_markdown(document["markdown"])
    blocks = [normalised(comparable(block)) for block in expected.blocks]
    tables = [_comparable_table(table) for table in expected.tables]
    texts = {name: normalised(comparable(found.text)) for name, found in readings.items()}
    places = {name: positions(blocks, text) for name, text in texts.items()}
    floats = {normalised(comparable(" ".join(map(" ".join, table)))) for table in expected.tables}
    common = [
        None not in known and not (block in floats or _FLOAT.match(block))
        for block, *known in zip(blocks, *places.values(), strict=True)
    ]
    scores = {}
    for name, found in readings.items():
        tau, neighbours = order(compress(places[name], common))
        long = [place for place, block in zip(places[name], blocks, strict=True) if _is_long(block)]
        others = [_comparable_table(table) for table in found.tables]
        scores[name] = Score(
            document["id"],
            document["subset"],
            similarity("".join(blocks), texts[name]),
            tau,
            neighbours,
            sum(place is not None for place in long) / len(long),
            best_tables(tables, others) if tables else None,
        )
    return scores


def _is_long(block: str) -> bool:
    return len(block) > _LONG


def _comparable_table(table: Rows) -> Rows:
    return tuple(tuple(comparable(cell) for cell in row) for row in table)


def readoc(folder: Path) -> list[dict[str, Any]]:
    """The documents of readoc, with ``file`` added."""
    lines = (folder / "docs.jsonl").read_text("utf-8").splitlines()
    documents = [json.loads(line) for line in lines]
    return [document | {"file": folder / document["pdf"]} for document in documents]


def olmocr(folder: Path) -> dict[Path, list[dict[str, Any]]]:
    """The unit tests of olmocr's sample by file."""
    tests: dict[Path, list[dict[str, Any]]] = {}
    for line in (folder / "tests.jsonl").read_text("utf-8").splitlines():
        test = json.loads(line)
        tests.setdefault(folder / "pdfs" / test["pdf"], []).append(test)
    return tests


def passes(test: Mapping[str, Any], reading: Reading) -> bool:
    """Run one unit test of olmocr's on a reading."""
    kind = test["type"]
    if kind == "table":
        return any(_table_holds(test, table) for table in reading.tables)
    if kind == "math":
        formula = normalised(comparable(test["math"]))
        text = normalised(comparable(reading.text))
        return fuzz.partial_ratio(formula, text) >= _SAME_FORMULA
    text = _even(reading.text)
    if not test.get("case_sensitive", True):
        text = text.casefold()
    if "last_n" in test:
        text = text[-test["last_n"] :]
    if kind == "order":
        before, after = _find(test, test["before"], text), _find(test, test["after"], text)
        return before is not None and after is not None and before < after
    wanted = test["text"] if test.get("case_sensitive", True) else test["text"].casefold()
    return (_find(test, wanted, text) is not None) == (kind == "present")


def _even(text: str) -> str:
    """One space for any white space; one sign for all quotes and dashes."""
    text = evenly_set(unicodedata.normalize("NFKC", text))
    return " ".join(re.sub(r"[*_`]", "", text).split())


def _find(test: Mapping[str, Any], wanted: str, text: str) -> int | None:
    """Where a text stands, with at most ``max_diffs`` changes."""
    wanted = _even(wanted)
    at = text.find(wanted)
    changes = int(test.get("max_diffs", 0))
    if at >= 0 or not changes:
        return at if at >= 0 else None
    best = fuzz.partial_ratio_alignment(wanted, text)
    if best is None:
        return None
    # The alignment is as long as what is wanted; what is there may be a little shorter or longer.
    ends = range(best.dest_end - changes, best.dest_end + changes + 1)
    pieces = (text[best.dest_start : end] for end in ends)
    near = any(Levenshtein.distance(wanted, piece) <= changes for piece in pieces)
    return best.dest_start if near else None


def _table_holds(test: Mapping[str, Any], table: Rows) -> bool:
    return any(
        _same(cell, test["cell"]) and _beside(test, table, row, column)
        for row, cells in enumerate(table)
        for column, cell in enumerate(cells)
    )


def _beside(test: Mapping[str, Any], table: Rows, row: int, column: int) -> bool:
    """Whether what the test wants beside a cell is there."""
    above = [cells[column] for cells in table[:row] if column < len(cells)]
    below = [cells[column] for cells in table[row + 1 :] if column < len(cells)]
    where: dict[str, Sequence[str]] = {
        "up": above[-1:],
        "down": below[:1],
        "left": table[row][max(column - 1, 0) : column],
        "right": table[row][column + 1 : column + 2],
        "top_heading": above,
        "left_heading": table[row][:column],
    }
    return all(
        any(_same(cell, test[side]) for cell in cells)
        for side, cells in where.items()
        if test.get(side)
    )


def _same(cell: str, wanted: str) -> bool:
    return similarity(_even(wanted), _even(cell)) >= _SAME_CELL


def run_tests(
    tests: Mapping[Path, Sequence[Mapping[str, Any]]], readings: Mapping[Path, Reading]
) -> tuple[Counter[str], list[str]]:
    """Count the tests passed by kind, and name those that failed."""
    passed: Counter[str] = Counter()
    failed: list[str] = []
    for file, wanted in tests.items():
        for test in wanted:
            if passes(test, readings[file]):
                passed[test["type"]] += 1
            else:
                failed.append(test["id"])
    return passed, failed


def seconds(reader: Reader, files: Iterable[Path]) -> float:
    """Seconds to read files once."""
    start = time.perf_counter()
    for file in files:
        reader(file)
    return time.perf_counter() - start
