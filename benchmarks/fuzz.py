"""``python -m benchmarks.fuzz --minutes 5``: mutated PDFs and notes; whatever breaks is kept.

Notes are read in this process, where only a SourceError may be raised; PDFs are ingested as the
product does it, in child processes. Case N is always the same file: ``--first N`` begins there.
"""

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pymupdf

from benchmarks.mutators import mutate_note, mutate_pdf
from ingest.corpus import Corpus
from ingest.errors import SourceError
from ingest.model import DocumentState, Source
from ingest.pipeline import Ingestion
from ingest.reading import ReadDocument, read_source
from ingest.report import Action
from ingest.rows import chunk_row, document_row, lesson_item_row, section_row
from ingest.settings import MEGABYTE, OcrMode, ReadSettings

LIMITS = ReadSettings(timeout_seconds=20, max_memory_bytes=512 * MEGABYTE, ocr=OcrMode.OFF)
# An exception that the reader's process had to catch, or its end by a signal.
_BROKEN = ("the reader failed", "the reader stopped")
_BATCH = 40


@dataclass(slots=True)
class Found:
    """What a run came across: how cases ended, and those that ended badly."""

    ends: Counter[str] = field(default_factory=Counter)
    broken: dict[str, str] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")

    def timed(self, seconds: float, name: str) -> None:
        self.slowest = max(self.slowest, (seconds, name))


def note_seeds() -> list[bytes]:
    """The notes of the bundled course."""
    course = Path(__file__).parents[1] / "course"
    return [file.read_bytes()[:30_000] for file in sorted(course.rglob("*.md"))]


def pdf_seeds() -> list[bytes]:
    """Small PDFs that hold a bit of everything, some packed and some plain."""
    made: list[bytes] = []
    for packed in (False, True):
        document = pymupdf.open()
        for number in range(2):
            page = document.new_page()
            page.insert_text(
                (72, 72), f"第 {number} 课 注意力 Attention", fontsize=20, fontname="china-s"
            )
            body = "缩放点积注意力（attention）是加权求和。It sums values.\n" * 6
            page.insert_text((72, 120), body, fontsize=11, fontname="china-s")
            for line in range(4):
                page.draw_line((72, 400 + 30 * line), (400, 400 + 30 * line))
                page.draw_line((72 + 109 * line, 400), (72 + 109 * line, 490))
                page.insert_text((80 + 90 * (line % 3), 420 + 30 * (line // 2)), f"cell {line}")
            page.draw_rect((72, 520, 400, 580), fill=(0.9, 0.9, 1))
            page.insert_text((80, 550), "x = f(y)  # code", fontname="cour")
            link = {"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(72, 60, 200, 80)}
            page.insert_link({**link, "uri": "https://arxiv.org/abs/1706.03762"})
            picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 40, 40))
            picture.clear_with(90)
            page.insert_image((420, 400, 500, 480), pixmap=picture)
        document.set_toc([[1, "第一", 1], [2, "第二", 2]])
        document.set_metadata({"title": "Seed", "creationDate": "D:20260101000000"})
        made.append(document.tobytes(deflate=packed, no_new_id=True, use_objstms=packed))
        document.close()
    return made


def note_case(number: int, seeds: list[bytes]) -> bytes:
    """The mutated note of that number."""
    rng = Random(number)
    return mutate_note(rng, rng.choice(seeds), rng.choice(seeds))


def pdf_case(number: int, seeds: list[bytes]) -> bytes:
    """The mutated PDF of that number."""
    rng = Random(number)
    return mutate_pdf(rng, rng.choice(seeds), rng.choice(seeds))


def read_note(file: Path, data: bytes) -> str:
    """Read a note in this process and check what would be stored; the way it ended."""
    file.write_bytes(data)
    try:
        read = read_source(Source("fuzz", file.name, str(file)), "", LIMITS)
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
    for number in numbers:
        if time.monotonic() > until:
            return
        data = note_case(number, seeds)
        started = time.process_time()  # other work on the machine does not count
        try:
            end = read_note(keep / "note.md", data)
        except Exception:  # whatever else is raised is what a fuzzer looks for
            end, name = "broken", f"note{number}.md"
            found.broken[name] = traceback.format_exc()
            (keep / name).write_bytes(data)
        seconds = time.process_time() - started
        found.timed(seconds, f"note{number}.md")
        if seconds > LIMITS.timeout_seconds:
            found.broken[f"note{number}.md"] = f"took {seconds:.1f} s"
            (keep / f"note{number}.md").write_bytes(data)
        found.ends[f"note {end}"] += 1


def fuzz_pdfs(first: int, count: int, place: Path, keep: Path, found: Found) -> None:
    """Ingest a batch of mutated PDFs, two at a time; every one must have an end and a reason."""
    seeds = pdf_seeds()
    folder = place / f"pdfs{first}"
    folder.mkdir()
    for number in range(first, first + count):
        (folder / f"pdf{number}.pdf").write_bytes(pdf_case(number, seeds))
    started = time.monotonic()
    with Corpus(place / f"{first}.db") as corpus:
        report = Ingestion(corpus, LIMITS).run([folder], jobs=2)
        states = {document.path: document for document in corpus.documents()}
    found.timed((time.monotonic() - started) / count, f"pdfs from {first}, each")
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
        number, notes = chosen.first, iter(range(chosen.first, chosen.first + 10**9))
        while time.monotonic() < end:
            fuzz_notes(notes, min(end, time.monotonic() + 10), chosen.keep, found)
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
