"""Mutated files: each ends in a state with a reason, and this process goes on."""

import time
from itertools import count
from pathlib import Path

import pytest

from benchmarks import fuzz, seeds
from ingest.corpus import Corpus
from ingest.model import DocumentState
from ingest.pipeline import Ingestion

# Notes that broke something once; what is written here ends well now.
ONCE_BROKEN = {
    "half a character in the title": b'---\ntitle: "A\\ud800B"\nx: ["\\udc00"]\n---\n# T\n\ntext\n',
    "a line of blanks in a fence": b"# T\n\n```\nx\n" + "\u2000".encode() * 5000 + b"\n```\n",
    "blanks after a question": b"## FAQ\n\n1. Why?" + " \u2000".encode() * 30_000 + b"x\n",
}


def test_mutated_notes(tmp_path: Path) -> None:
    found = fuzz.Found()
    fuzz.fuzz_notes(count(), time.monotonic() + 3, tmp_path, found)
    assert not found.broken, "\n".join(found.broken.values())
    assert found.ends["md indexed"]


def test_mutated_files_of_other_formats_with_any_text_in_their_pictures(tmp_path: Path) -> None:
    found = fuzz.Found()
    fuzz.fuzz_others(count(), time.monotonic() + 3, tmp_path, found)
    assert not found.broken, "\n".join(found.broken.values())
    assert found.ends["pdf indexed"]
    assert found.ends["docx indexed"] or found.ends["pptx indexed"]


def test_mutated_pdfs(tmp_path: Path) -> None:
    found = fuzz.Found()
    (tmp_path / "keep").mkdir()
    fuzz.fuzz_pdfs(0, 40, tmp_path, tmp_path / "keep", found)
    assert not found.broken, "\n".join(found.broken.values())
    assert found.ends["pdf indexed"]


def test_cases_are_the_same_every_time() -> None:
    notes, pdfs, others = seeds.note_seeds(), seeds.pdf_seeds(), seeds.other_seeds()
    assert (pdfs, others) == (seeds.pdf_seeds(), seeds.other_seeds())
    for number in range(20):
        assert fuzz.note_case(number, notes) == fuzz.note_case(number, notes)
        assert fuzz.pdf_case(number, pdfs) == fuzz.pdf_case(number, pdfs)
        assert fuzz.other_case(number, others) == fuzz.other_case(number, others)


@pytest.mark.parametrize("what", ONCE_BROKEN)
def test_what_once_broke(tmp_path: Path, what: str) -> None:
    started = time.process_time()
    assert fuzz.read_file(tmp_path / "note.md", ONCE_BROKEN[what]) == "indexed"
    assert time.process_time() - started < 5


def test_half_a_character_does_not_end_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "a.md").write_bytes(ONCE_BROKEN["half a character in the title"])
    (folder / "b.md").write_bytes(b"# B\n\ntext\n")
    with Corpus(tmp_path / "corpus.db") as corpus:
        report = Ingestion(corpus, fuzz.LIMITS).run([folder])
        titles = [document.title for document in corpus.documents()]
        states = {document.state for document in corpus.documents()}
    assert not report.failures
    assert titles == ["A\ufffdB", "B"]
    assert states == {DocumentState.INDEXED}
