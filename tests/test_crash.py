"""Killed, stopped and simultaneous processes: the last good index answers, the next run goes on."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pymupdf
import pytest

from app.settings import Settings, load_settings
from app.wiring import build, ingest, make_assistant, make_encoders, make_layout
from conftest import REPOSITORY, environment
from index.errors import IndexDamaged
from index.model import Mode
from ingest.corpus import Corpus
from ingest.report import no_progress

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="finds orphaned processes in /proc"
)

# Runs the real command and dies just before its n-th step of a kind (an audit event of Python).
DYING = """
import os, re, runpy, signal, sys
event, pattern, number = {step!r}
seen = 0
def die(name, arguments):
    global seen
    if name == event and re.search(pattern, " ".join(map(str, arguments))):
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
runpy.run_module("app.cli", run_name="__main__", alter_sys=True)
"""


class Process:
    """A real process, in a group of its own, with its output in files."""

    def __init__(self, command: list[str], values: dict[str, str], folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=REPOSITORY,
                env=values,
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def out(self) -> str:
        return (self._folder / "out").read_text("utf-8")

    @property
    def err(self) -> str:
        return (self._folder / "err").read_text("utf-8")

    def wait(self, seconds: float = 120) -> int:
        """The exit code."""
        return self._process.wait(seconds)

    def until_it_says(self, words: str, seconds: float = 60) -> None:
        """Wait for words on stderr."""
        until(lambda: words in self.err or self._process.poll() is not None, seconds)
        assert words in self.err, self.err

    def group(self) -> list[int]:
        """Living processes that this one started, itself included."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == self.pid and fields[0] != "Z":
                found.append(int(stat.parent.name))
        return found

    def end(self) -> None:
        """Leave nothing behind."""
        if self.group():
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(30)


def until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start processes that end with the test."""
    started: list[Process] = []

    def run(
        data: Path,
        *arguments: object,
        script: str | None = None,
        extra: dict[str, str] | None = None,
    ) -> Process:
        how = ["-m", "app.cli"] if script is None else ["-c", script]
        command = [sys.executable, *how, *map(str, arguments)]
        values = environment(data, data / "models") | (extra or {})
        started.append(Process(command, values, tmp_path / f"process{len(started)}"))
        return started[-1]

    yield run
    for process in started:
        process.end()


@dataclass(frozen=True)
class Course:
    """A folder that has changed since ``data`` was made, and the generation that it should give.

    The change moves known texts to other files, so that bringing the index up to date embeds
    nothing: that keeps these tests fast, and each step of a run is still taken.
    """

    folder: Path
    data: Path
    before: str
    after: str

    def copy(self, place: Path) -> Path:
        """A data folder for one test."""
        shutil.copytree(self.data, place, symlinks=True)
        return place


MOVED = "The moved sentence is about obsidian."
KEPT = "The kept sentence is about labradorite."


def settings_of(data: Path) -> Settings:
    return load_settings(data=data)


def generation(data: Path) -> str:
    return make_layout(settings_of(data)).current().folder.name


def found(data: Path, query: str) -> list[str]:
    """Documents that a search finds, best first."""
    hits = make_assistant(settings_of(data)).search(query, 5, Mode.LEXICAL).hits
    return [hit.document.path for hit in hits]


def answers_as(data: Path, moved_to: str) -> bool:
    return found(data, "obsidian") == [moved_to] and found(data, "labradorite") == ["kept.md"]


def make_data(data: Path, models: Path, *folders: Path) -> str:
    """Ingest folders at once, in this process, which has its model loaded; the generation."""
    environment(data, models)
    ingest(settings_of(data), folders)
    return generation(data)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Course:
    place = tmp_path_factory.mktemp("crash")
    folder = place / "course"
    folder.mkdir()
    (folder / "before.md").write_text(f"# Moved\n\n{MOVED}\n")
    (folder / "kept.md").write_text(f"# Kept\n\n{KEPT}\n")
    for number in range(6):
        (folder / f"{number}.md").write_text(f"# Note {number}\n\nSentence number {number}.\n")
    before = make_data(place / "data", models, folder)
    (folder / "before.md").rename(folder / "after.md")
    (folder / "0.md").unlink()
    (folder / "1.md").write_bytes((folder / "2.md").read_bytes())
    after = make_data(place / "fresh", models, folder)
    assert before != after
    return Course(folder, place / "data", before, after)


@pytest.mark.parametrize(
    ("dying", "moved_to"),
    [
        # The second reader is about to start; the first document may or may not be stored.
        pytest.param(("socket.connect", "", 2), "before.md", id="while reading"),
        pytest.param(("open", r"\.partial/keyword", 1), "before.md", id="while writing"),
        pytest.param(("open", r"\.partial/manifest", 1), "before.md", id="before the manifest"),
        pytest.param(("open", r"CURRENT\.new", 1), "before.md", id="after the rename"),
        pytest.param(("os.rename", r"CURRENT\.new", 1), "before.md", id="before CURRENT"),
        pytest.param(("open", r"/index None", 3), "after.md", id="after CURRENT"),
    ],
)
def test_a_run_killed_at_any_point_leaves_an_index_and_the_next_goes_on(
    course: Course, start: Start, tmp_path: Path, dying: tuple[str, str, int], moved_to: str
) -> None:
    data = course.copy(tmp_path / "data")
    killed = start(data, "ingest", course.folder, "--jobs", 1, script=DYING.format(step=dying))
    assert killed.wait() == -signal.SIGKILL, killed.err
    until(lambda: not killed.group(), 15)
    assert generation(data) == (course.before if moved_to == "before.md" else course.after)
    assert answers_as(data, moved_to)
    again = ingest(settings_of(data), [course.folder])
    assert not again.report.failures
    assert generation(data) == course.after
    assert answers_as(data, "after.md")
    left = sorted(path.name for path in (data / "index").iterdir())
    assert len(left) <= 4, left  # CURRENT, roots.json, the generation, and the one before
    assert not any("partial" in name or "new" in name for name in left)


# What the first encoder has made of passages; the others follow it.
EMBEDDINGS = "embeddings WHERE fingerprint LIKE 'embedded:%' AND fingerprint NOT LIKE '%#%'"


def count(data: Path, table: str) -> int:
    if not (data / "corpus.db").exists():
        return 0
    connection = sqlite3.connect(f"file:{data}/corpus.db?mode=ro", uri=True)
    try:
        rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    except sqlite3.OperationalError:  # not made yet
        return 0
    finally:
        connection.close()
    return int(rows[0])


def test_a_run_killed_while_embedding_embeds_only_the_rest(
    start: Start, models: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "course"
    folder.mkdir()
    # Cut finely, for more passages than are stored at a time.
    fine = {"COURSEGRAPH_CHUNK_LENGTH": "80"}
    sentences = [f"Word{number} is one of many words. " * 6 + "\n" for number in range(270)]
    (folder / "long.md").write_text("# Long\n\n" + "\n".join(sentences))
    data = tmp_path / "data"
    environment(data, models)
    killed = start(data, "ingest", folder, extra=fine)
    until(lambda: count(data, EMBEDDINGS) > 0, 120)
    os.kill(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    kept = count(data, EMBEDDINGS)
    assert 0 < kept < count(data, "chunks")
    assert not (data / "index" / "CURRENT").exists()
    again = start(data, "ingest", folder, "--json", extra=fine)
    assert again.wait() == 0, again.err
    assert json.loads(again.out)["index"]["embedded"] == count(data, "chunks") - kept
    assert set(found(data, "Word269")) == {"long.md"}
    fresh = tmp_path / "fresh"
    environment(fresh, models)
    ingest(load_settings(data=fresh, chunk_length=80), [folder])
    assert generation(fresh) == generation(data)
    np.testing.assert_allclose(vectors(data), vectors(fresh), atol=1e-4)


def vectors(data: Path) -> Any:
    settings = settings_of(data)
    with Corpus(settings.corpus_file) as corpus:
        print = make_encoders(settings).first.fingerprint
        known = sorted(corpus.embeddings.known(print))
        stored = corpus.embeddings.get(print, known)
    return np.stack([stored[key] for key in known])


@pytest.fixture(scope="module")
def slow(course: Course) -> Path:
    """A folder with a file that takes half a minute to read, and a quick one."""
    folder = course.folder.parent / "slow"
    folder.mkdir()
    shutil.copy(course.folder / "kept.md", folder / "quick.md")
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 72), "x")
    line = b"BT /helv 1 Tf 1 0 0 1 %d %d Tm (many words that take their time) Tj ET\n"
    stream = b"".join(line % (number % 500, number % 800) for number in range(500_000))
    document.update_stream(page.get_contents()[0], stream)
    document.save(folder / "slow.pdf")
    document.close()
    return folder


@pytest.mark.parametrize(
    ("number", "to_all", "code"),
    [
        pytest.param(signal.SIGKILL, False, -signal.SIGKILL, id="kill -9"),
        pytest.param(signal.SIGTERM, False, -signal.SIGTERM, id="terminate"),
        pytest.param(signal.SIGINT, False, 130, id="interrupt"),
        pytest.param(signal.SIGINT, True, 130, id="Ctrl-C in a terminal"),
    ],
)
def test_a_stopped_run_ends_with_all_its_readers(
    course: Course,
    slow: Path,
    start: Start,
    tmp_path: Path,
    number: signal.Signals,
    to_all: bool,
    code: int,
) -> None:
    data = course.copy(tmp_path / "data")
    process = start(data, "ingest", slow)
    process.until_it_says("reading: 1/2")
    assert len(process.group()) > 1
    before = process.err
    (os.killpg if to_all else os.kill)(process.pid, number)
    assert process.wait(10) == code
    until(lambda: not process.group(), 10)
    said = process.err.removeprefix(before)
    if number is signal.SIGINT:
        assert said == "coursegraph: stopped; what was done so far is kept\n"
    assert "Traceback" not in said
    assert answers_as(data, "before.md")
    with Corpus(settings_of(data).corpus_file) as corpus:
        assert "quick.md" in [document.path for document in corpus.documents()]


def test_a_second_run_waits_and_searches_go_on_and_a_kill_frees_the_lock(
    course: Course, slow: Path, start: Start, tmp_path: Path
) -> None:
    data = course.copy(tmp_path / "data")
    holder = start(data, "ingest", slow)
    holder.until_it_says("reading: 1/2")
    waiting = start(data, "ingest", course.folder)
    waiting.until_it_says("waiting: another coursegraph process")
    searching = start(data, "search", "obsidian", "--mode", "lexical")
    assert searching.wait() == 0, searching.err
    assert "before.md" in searching.out
    assert waiting.group()
    os.kill(holder.pid, signal.SIGKILL)
    assert waiting.wait() == 0, waiting.err
    assert found(data, "obsidian") == ["after.md"]


def test_two_runs_at_once_both_succeed(course: Course, start: Start, tmp_path: Path) -> None:
    data = course.copy(tmp_path / "data")
    other = tmp_path / "other"
    other.mkdir()
    (other / "more.md").write_bytes((course.folder / "3.md").read_bytes())
    runs = [start(data, "ingest", folder) for folder in (course.folder, other)]
    assert [run.wait() for run in runs] == [0, 0], [run.err for run in runs]
    with Corpus(settings_of(data).corpus_file) as corpus:
        paths = {document.path for document in corpus.documents()}
    assert {"after.md", "more.md"} <= paths
    assert "before.md" not in paths
    assert answers_as(data, "after.md")
    assert found(data, "Sentence number 3")[0] in ("3.md", "more.md")


def test_one_folder_twice_at_once(course: Course, start: Start, tmp_path: Path) -> None:
    data = course.copy(tmp_path / "data")
    runs = [start(data, "ingest", course.folder) for _ in range(2)]
    assert [run.wait() for run in runs] == [0, 0], [run.err for run in runs]
    assert generation(data) == course.after
    assert answers_as(data, "after.md")


class Asking(threading.Thread):
    """Asks a server without a pause and keeps what went wrong, and who was cited."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.cited: list[str] = []
        self._base = base
        self._enough = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self._base, timeout=60) as client:
            while not self._enough.is_set():
                try:
                    self._ask(client)
                except httpx.HTTPError as error:
                    self.wrong.append(repr(error))

    def _ask(self, client: httpx.Client) -> None:
        answer = client.post("/api/ask", json={"question": "What is about obsidian?"})
        searched = client.post("/api/search", json={"query": "obsidian", "k": 3})
        self.wrong += [got.text for got in (answer, searched) if got.status_code != 200]
        if not self.wrong:
            self.cited.append(searched.json()["hits"][0]["document"])

    def stop(self) -> None:
        self._enough.set()
        self.join()


def test_a_server_takes_new_generations_without_failing_a_request(
    course: Course, start: Start, tmp_path: Path
) -> None:
    data = course.copy(tmp_path / "data")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = start(data, "serve", "--port", port)
    server.until_it_says("ready to answer")
    askers = [Asking(f"http://127.0.0.1:{port}") for _ in range(2)]
    for asker in askers:
        asker.start()
    other = tmp_path / "other"
    other.mkdir()
    (other / "more.md").write_bytes((course.folder / "3.md").read_bytes())
    try:
        for arguments in (["ingest", course.folder], ["ingest", other], ["remove", other]):
            run = start(data, *arguments)
            assert run.wait() == 0, run.err
        swap_often(data)
        asked = [len(asker.cited) for asker in askers]
        until(lambda: all(len(a.cited) > n for a, n in zip(askers, asked, strict=True)))
    finally:
        for asker in askers:
            asker.stop()
    assert [asker.wrong for asker in askers] == [[], []]
    for asker in askers:
        assert (asker.cited[0], asker.cited[-1]) == ("before.md", "after.md")
        assert asker.cited == sorted(asker.cited, reverse=True)  # never back to the old one
    os.kill(server.pid, signal.SIGTERM)
    assert server.wait(15) in (0, -signal.SIGTERM)
    until(lambda: not server.group(), 10)
    assert "Traceback" not in server.err


def swap_often(data: Path) -> None:
    """Build generations in quick succession, which the command is too slow for."""
    settings = settings_of(data)
    encoders = make_encoders(settings)
    with Corpus(settings.corpus_file) as corpus:
        documents = corpus.documents()
        for number in range(12):
            corpus.mark(documents[0].id, documents[0].state, f"mark {number}", {})
            build(settings, corpus, encoders, no_progress)


@pytest.mark.parametrize("name", ["vectors.faiss", "records.db", "keyword/vocab.index.json"])
def test_a_cut_index_is_told_and_the_next_run_builds_it_again(
    course: Course, tmp_path: Path, name: str
) -> None:
    data = course.copy(tmp_path / "data")
    ingest(settings_of(data), [course.folder])
    file = make_layout(settings_of(data)).current().folder / name
    os.truncate(file, file.stat().st_size - 9)
    with pytest.raises(IndexDamaged, match=f"{name} is damaged") as damaged:
        found(data, "obsidian")
    assert "coursegraph ingest" in damaged.value.hint
    again = ingest(settings_of(data), [course.folder])
    assert again.build is not None
    assert (again.build.rebuilt, again.build.generation) == (True, course.after)
    assert answers_as(data, "after.md")


FULL_DISK = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
runpy.run_module("app.cli", run_name="__main__", alter_sys=True)
"""


def test_a_full_disk_is_one_line_and_the_old_index_answers(
    course: Course, start: Start, tmp_path: Path
) -> None:
    data = course.copy(tmp_path / "data")
    run = start(data, "ingest", course.folder, script=FULL_DISK)
    assert run.wait() == 1, run.err
    assert run.err.splitlines()[-1].startswith("coursegraph: the corpus store can't be used: ")
    assert "has space" in run.err
    assert "Traceback" not in run.err
    assert generation(data) == course.before
    assert answers_as(data, "before.md")
