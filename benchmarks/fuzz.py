"""``python -m benchmarks.fuzz --minutes 5``: mutated files of all formats; what breaks is kept.

They are read in this process, where only a SourceError may be raised, with any lines found in their
pictures; mutated PDFs are ingested as the product does it, in child processes.
Case N is always the same file: ``--first N`` begins there.
"""

import argparse
import io
import json
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from random import Random
from typing import cast

from PIL import Image

from benchmarks.mutators import (
    mutate_note,
    mutate_package,
    mutate_page,
    mutate_pdf,
    mutate_picture,
)
from benchmarks.seeds import note_seeds, other_seeds, pdf_seeds
from ingest.corpus import Corpus
from ingest.errors import SourceError
from ingest.model import DocumentState, Source
from ingest.pipeline import Ingestion
from ingest.reading import ReadDocument, read_source
from ingest.recognition import RecognizedLine
from ingest.report import Action
from ingest.rows import chunk_row, document_row, lesson_item_row, section_row
from ingest.services import DocumentServices, KeptRecognizer, Meter
from ingest.settings import MEGABYTE, OcrMode, ReadSettings

LIMITS = ReadSettings(timeout_seconds=20, max_memory_bytes=512 * MEGABYTE, ocr=OcrMode.OFF)
# An exception that the reader's process had to catch, or its end by a signal.
_BROKEN = ("the reader failed", "the reader stopped")
_BATCH = 40
_PDF_EVERY = 4
_SEEING = replace(LIMITS, ocr=OcrMode.AUTO)
_WORDS = (
    "注意力是加权求和，",
    "It sums values. ",
    "x = f(y)",
    "1",
    "• ",
    "∑",
    "|",
    "def f():",
    "第一章 ",
)
_MUTATIONS = {
    ".docx": mutate_package,
    ".pptx": mutate_package,
    ".html": mutate_page,
    ".ipynb": mutate_note,
    ".png": mutate_picture,
}


@dataclass(slots=True)
class Found:
    """What a run came across: how cases ended, and those that ended badly."""

    ends: Counter[str] = field(default_factory=Counter)
    broken: dict[str, str] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")

    def timed(self, seconds: float, name: str) -> None:
        self.slowest = max(self.slowest, (seconds, name))


def note_case(number: int, seeds: list[bytes]) -> bytes:
    """The mutated note of that number."""
    rng = Random(number)
    return mutate_note(rng, rng.choice(seeds), rng.choice(seeds))


def pdf_case(number: int, seeds: list[bytes]) -> bytes:
    """The mutated PDF of that number."""
    rng = Random(number)
    return mutate_pdf(rng, rng.choice(seeds), rng.choice(seeds))


def other_case(number: int, seeds: Mapping[str, bytes]) -> tuple[str, bytes]:
    """The mutated file of that number in one of the other formats, and its suffix."""
    rng = Random(number)
    suffix = rng.choice(sorted(seeds))
    return suffix, _MUTATIONS[suffix](rng, seeds[suffix], seeds[suffix])


def scan_case(number: int, seeds: list[bytes]) -> bytes:
    """A sound PDF: what changes is what is recognised in it."""
    return seeds[number % len(seeds)]


class RandomLines:
    """An engine that finds any lines anywhere, some of them without extent."""

    def __init__(self, number: int) -> None:
        self._rng = Random(number)

    def recognize(self, picture: bytes) -> list[RecognizedLine]:
        """Lines of one size, or of all sizes and places."""
        rng = self._rng
        with Image.open(io.BytesIO(picture)) as image:
            width, height = image.size
        running, step = rng.random() < 0.5, rng.choice((8, 20, 60))
        lines: list[RecognizedLine] = []
        for number in range(rng.choice((0, 1, 3, 12, 60))):
            text = "".join(rng.choice(_WORDS) for _ in range(rng.choice((1, 2, 8))))
            x0, y0 = rng.uniform(0, width), rng.uniform(0, height)
            if running:
                x0, y0 = width * 0.1, float(number * step)
            x1 = rng.choice((x0, rng.uniform(x0, width), width))
            y1 = rng.choice((y0 + step * 0.7, rng.uniform(y0, height), y0))
            lines.append(RecognizedLine(text, rng.choice((0.4, 0.8, 1.0)), x0, y0, x1, y1))
        return lines


def read_file(file: Path, data: bytes, number: int = 0) -> str:
    """Read a file in this process and check what would be stored; the way it ended."""
    file.write_bytes(data)
    engine = cast("KeptRecognizer", RandomLines(number))
    services = DocumentServices(engine, Meter(lambda *_: None, 1), file.name, 60.0)
    try:
        read = read_source(Source("fuzz", file.name, str(file)), "", _SEEING, services)
    except SourceError as error:
        assert error.hint, error
        assert file.name in str(error), error
        return error.code
    check(read)
    return read.document.state.value


def check(read: ReadDocument) -> None:
    """What was read can be stored and sent, hangs together, and says why it is empty."""
    document = read.document
    rows: list[object] = [document_row(document)]
    rows += [section_row(section) for section in read.sections]
    rows += [chunk_row(chunk) for chunk in read.chunks]
    rows += [lesson_item_row(item, number) for number, item in enumerate(read.items)]
    json.dumps(rows, ensure_ascii=False, allow_nan=False).encode()
    assert bool(read.chunks) == (document.state is DocumentState.INDEXED) or document.entries
    assert bool(document.reason) == (document.state is not DocumentState.INDEXED)
    sections = {section.id for section in read.sections}
    assert len(sections) == len(read.sections)
    assert len({chunk.id for chunk in read.chunks}) == len(read.chunks)
    assert {chunk.section_id for chunk in read.chunks} <= sections
    assert {item.section_id for item in read.items} <= sections
    for chunk in read.chunks:
        assert chunk.text.strip()
        assert all(0 <= span.start < span.end <= len(chunk.text) for span in chunk.spans)


def fuzz_notes(numbers: Iterator[int], until: float, keep: Path, found: Found) -> None:
    """Read mutated notes until a time."""
    seeds = note_seeds()
    _fuzz(lambda number: (".md", note_case(number, seeds)), numbers, until, keep, found)


def fuzz_others(numbers: Iterator[int], until: float, keep: Path, found: Found) -> None:
    """Read mutated files of the other formats, and PDFs with any text in their pictures.

    The PDFs are sound: a damaged one may end the process that reads it.
    """
    pdfs, seeds = pdf_seeds(), other_seeds()

    def case(number: int) -> tuple[str, bytes]:
        if number % _PDF_EVERY:
            return other_case(number, seeds)
        return ".pdf", scan_case(number // _PDF_EVERY, pdfs)

    _fuzz(case, numbers, until, keep, found)


def _fuzz(
    case: Callable[[int], tuple[str, bytes]],
    numbers: Iterator[int],
    until: float,
    keep: Path,
    found: Found,
) -> None:
    for number in numbers:
        if time.monotonic() > until:
            return
        suffix, data = case(number)
        name = f"case{number}{suffix}"
        started = time.process_time()  # other work on the machine does not count
        try:
            end = read_file(keep / f"case{suffix}", data, number)
        except Exception:  # whatever else is raised is what a fuzzer looks for
            end = "broken"
            found.broken[name] = traceback.format_exc()
        seconds = time.process_time() - started
        found.timed(seconds, name)
        if seconds > LIMITS.timeout_seconds:
            found.broken[name] = f"took {seconds:.1f} s"
        if name in found.broken:
            (keep / name).write_bytes(data)
        found.ends[f"{suffix[1:]} {end}"] += 1


def fuzz_pdfs(first: int, cases: int, place: Path, keep: Path, found: Found) -> None:
    """Ingest a batch of mutated PDFs, two at a time; every one must have an end and a reason."""
    seeds = pdf_seeds()
    folder = place / f"pdfs{first}"
    folder.mkdir()
    for number in range(first, first + cases):
        (folder / f"pdf{number}.pdf").write_bytes(pdf_case(number, seeds))
    started = time.monotonic()
    with Corpus(place / f"{first}.db") as corpus:
        report = Ingestion(corpus, LIMITS).run([folder], jobs=2)
        states = {document.path: document for document in corpus.documents()}
    found.timed((time.monotonic() - started) / cases, f"pdfs from {first}, each")
    outcomes = {outcome.path: outcome for outcome in report.outcomes}
    assert set(outcomes) == set(states) == {file.name for file in folder.iterdir()}
    for name, outcome in outcomes.items():
        assert outcome.action in (Action.READ, Action.FAILED), outcome
        is_well = states[name].state is DocumentState.INDEXED
        assert bool(states[name].reason) != is_well, outcome
        assert outcome.action is Action.READ or (outcome.code and name in outcome.reason), outcome
        found.ends[f"pdf {outcome.code or states[name].state.value}"] += 1
        if any(words in outcome.reason for words in _BROKEN):
            found.broken[name] = outcome.reason
            (keep / name).write_bytes((folder / name).read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument(
        "--first", type=int, default=int(time.time()), help="number of the first case"
    )
    parser.add_argument(
        "--keep", type=Path, default=Path(tempfile.gettempdir()) / "coursegraph-fuzz"
    )
    chosen = parser.parse_args()
    chosen.keep.mkdir(parents=True, exist_ok=True)
    found = Found()
    end = time.monotonic() + 60 * chosen.minutes
    with tempfile.TemporaryDirectory() as place:
        number, notes, others = chosen.first, count(chosen.first), count(chosen.first)
        while time.monotonic() < end:
            fuzz_notes(notes, min(end, time.monotonic() + 10), chosen.keep, found)
            fuzz_others(others, min(end, time.monotonic() + 10), chosen.keep, found)
            fuzz_pdfs(number, _BATCH, Path(place), chosen.keep, found)
            number += _BATCH
    print(
        f"{sum(found.ends.values())} cases from {chosen.first}: {dict(sorted(found.ends.items()))}"
    )
    print(f"slowest: {found.slowest[0]:.1f} s, {found.slowest[1]}")
    for name, what in found.broken.items():
        print(f"\n{chosen.keep / name}\n{what}")
    sys.exit(bool(found.broken))


if __name__ == "__main__":
    main()
