"""Hostile PDFs end within their limits, with a reason, and cost no other document anything."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import hostile_pdfs as made
import pytest

from conftest import make_pdf
from ingest.corpus import Corpus
from ingest.model import Document, DocumentState
from ingest.pipeline import Ingestion
from ingest.report import Action, Outcome
from ingest.settings import MEGABYTE, OcrMode, ReadSettings

Make = Callable[[], bytes]
MEMORY = 512 * MEGABYTE

# What is read of a file that is read all the same; nothing of those where nothing can be.
READ: dict[Make, str] = {
    made.deep_page_tree: "The hostile page says no more",
    made.deep_arrays: "",
    made.deep_dictionaries: "",
    made.forms_that_call_each_other: "The hostile page says b",
    made.glyphs_that_draw_themselves: "The hostile page says itself",
    made.outline_loop: "The hostile page says no more",
    made.deep_outline: "The hostile page says no more",
    made.huge_page: "The far corner says so",
    made.page_beyond_all_bounds: "The hostile page says infinite",
    made.text_of_impossible_sizes: "The hostile page says impossible",
    made.code_of_no_size: "The hostile page says code",
    made.million_glyphs: "glyphs and more",
    made.many_drawings: "The hostile page says dots",
    made.grid_of_rules: "The hostile page says grid",
    made.many_annotations: "The hostile page says no more",
    made.many_objects: "The hostile page says no more",
    made.many_fonts: "word1999",
    made.picture_bomb: "",
    made.chain_of_filters: "",
    made.map_bomb: "",
    made.halves_of_characters: "ostil",
    made.cross_references_that_lie: "The hostile page says no more",
    made.cross_references_in_a_circle: "The hostile page says no more",
    made.no_cross_references: "The hostile page says no more",
    made.object_streams_that_lie: "The hostile page says no more",
    made.lengths_that_lie: "The hostile page says lies",
    made.cut_in_half: "glyphs and more",
    made.scripts_and_attachments: "The hostile page says no more",
    made.encrypted_for_its_owner: "The hostile page says no secret",
}
FAILED: dict[Make, tuple[str, str]] = {
    made.page_tree_loop: ("damaged_file", "cycle"),
    made.page_tree_of_one_page_many_times: ("damaged_file", "pages can't be found"),
    made.page_count_that_lies: ("damaged_file", "pages can't be found"),
    made.many_pages: ("file_too_large", "3001 pages"),
    made.nothing_but_noise: ("damaged_file", "can't be decoded"),
    made.encrypted_for_its_reader: ("encrypted_file", "password"),
}
# These would take minutes to years, or more memory than there is.
ENDLESS: tuple[Make, ...] = (
    made.forms_that_double,
    made.drawings_and_words,
    made.stream_bomb,
)
NOTE = "The note beside them says chrysoprase."
PAGE = "The page beside them says labradorite."


@dataclass(frozen=True)
class Ingested:
    """What became of a folder of hostile files and two good ones."""

    folder: Path
    seconds: float
    outcomes: dict[str, Outcome]
    documents: dict[str, Document]
    texts: dict[str, str]

    def outcome(self, make: Make) -> Outcome:
        return self.outcomes[f"{make.__name__}.pdf"]


def ingest(place: Path, makes: Sequence[Make], settings: ReadSettings) -> Ingested:
    """Write the files and ingest their folder as the product does."""
    folder = place / "course"
    folder.mkdir()
    for make in makes:
        (folder / f"{make.__name__}.pdf").write_bytes(make())
    (folder / "a note.md").write_text(f"# Note\n\n{NOTE}\n")
    make_pdf(folder / "the page.pdf", [[(PAGE, 11)]])
    files = set(folder.iterdir())
    started = time.monotonic()
    with Corpus(place / "corpus.db") as corpus:
        report = Ingestion(corpus, settings).run([folder], jobs=2)
        seconds = time.monotonic() - started
        documents = {document.path: document for document in corpus.documents()}
        texts = dict.fromkeys(documents, "")
        by_id = {document.id: path for path, document in documents.items()}
        for chunk in corpus.chunks():
            texts[by_id[chunk.document_id]] += chunk.text + "\n"
    assert set(folder.iterdir()) == files
    outcomes = {outcome.path: outcome for outcome in report.outcomes}
    return Ingested(folder, seconds, outcomes, documents, texts)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    settings = ReadSettings(timeout_seconds=60, max_memory_bytes=MEMORY, ocr=OcrMode.OFF)
    return ingest(tmp_path_factory.mktemp("hostile"), [*READ, *FAILED], settings)


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    settings = ReadSettings(timeout_seconds=2, max_memory_bytes=MEMORY, ocr=OcrMode.AUTO)
    return ingest(tmp_path_factory.mktemp("endless"), [*ENDLESS, made.picture_bomb], settings)


def test_every_hostile_file_is_tried() -> None:
    assert {*READ, *FAILED, *ENDLESS} == set(made.HOSTILE)


@pytest.mark.parametrize("make", READ, ids=lambda make: make.__name__)
def test_what_can_be_read_is_read(hostile: Ingested, make: Make) -> None:
    outcome = hostile.outcome(make)
    document = hostile.documents[outcome.path]
    assert outcome.action is Action.READ, outcome.reason
    assert READ[make] in hostile.texts[outcome.path]
    assert document.state in (DocumentState.INDEXED, DocumentState.NO_TEXT)
    assert bool(document.reason) == (document.state is DocumentState.NO_TEXT)


@pytest.mark.parametrize("make", FAILED, ids=lambda make: make.__name__)
def test_what_cant_be_read_says_why(hostile: Ingested, make: Make) -> None:
    code, reason = FAILED[make]
    outcome = hostile.outcome(make)
    assert (outcome.action, outcome.code) == (Action.FAILED, code)
    assert outcome.reason.startswith(f"{outcome.path}: ")
    assert reason in outcome.reason
    assert outcome.hint
    assert hostile.documents[outcome.path].state is DocumentState.FAILED


@pytest.mark.parametrize("make", ENDLESS, ids=lambda make: make.__name__)
def test_what_has_no_end_is_ended(endless: Ingested, make: Make) -> None:
    outcome = endless.outcome(make)
    assert (outcome.action, outcome.code) == (Action.FAILED, "reader_crashed")
    assert outcome.reason in (
        f"{outcome.path}: reading took over 2 s and was stopped",
        f"{outcome.path}: reading needs over 512 MB of memory",
    )
    assert "COURSEGRAPH_READ_" in outcome.hint


def test_a_picture_too_large_to_decode_costs_only_itself(endless: Ingested) -> None:
    outcome = endless.outcome(made.picture_bomb)
    assert outcome.action is Action.READ
    assert any("10,000,000,000 pixels" in notice.message for notice in outcome.notices)


def test_limits_hold(endless: Ingested) -> None:
    assert endless.seconds < 2 * len(ENDLESS) + 20  # two at a time; the rest is starting them


def test_the_documents_beside_them_are_read(hostile: Ingested, endless: Ingested) -> None:
    for ingested in (hostile, endless):
        assert NOTE in ingested.texts["a note.md"]
        assert PAGE in ingested.texts["the page.pdf"]


def test_scripts_and_attachments_are_left_alone(hostile: Ingested) -> None:
    outcome = hostile.outcome(made.scripts_and_attachments)
    (notice,) = outcome.notices
    assert "Attached files are not read: evil.exe." in notice.message
    assert "alert" not in hostile.texts[outcome.path]


@pytest.mark.parametrize(
    "make", [made.cross_references_that_lie, made.no_cross_references, made.cut_in_half]
)
def test_a_repaired_file_says_so(hostile: Ingested, make: Make) -> None:
    assert "repaired" in {notice.code for notice in hostile.outcome(make).notices}


def test_a_hopeless_outline_costs_only_itself(hostile: Ingested) -> None:
    (notice,) = hostile.outcome(made.deep_outline).notices
    assert notice.code == "unreadable_outline"
