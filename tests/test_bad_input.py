"""Bad files, folders and names: each is told in one line, and nothing else suffers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from app.settings import load_settings
from app.wiring import ingest, make_assistant
from conftest import REPOSITORY, Command, Ran, environment, make_pdf
from index.model import Hit, Mode

NOT_UTF8 = os.fsdecode("笔记.md".encode("gbk"))
LONG_NAME = "很长的名字" * 16 + ".md"  # 243 bytes; file systems allow 255
NO_PAGES = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [] /Count 0>> endobj
trailer <</Root 1 0 R /Size 3>>
%%EOF
"""

# Good files that lie among the bad ones, each with a word that no other file has.
GOOD = {
    "gbk.md": "注意力机制的温度系数叫做玄武岩。",
    "utf16.md": "位置编码的旋转角度叫做石榴石。",
    "空格 与 标点《“：、”》！.md": "残差连接的比例叫做孔雀石。",
    "emoji 🚀 [bold].md": "The learning rate of this note is called obsidian.",
    LONG_NAME: "归一化的偏移叫做蓝宝石。",
    "broken front matter.md": "The warmup of this note is called tourmaline.",
    "some invalid bytes.md": "The batch of this note is called malachite. 注意力机制。",
    "folder.md/inside.md": "The dropout of this note is called carnelian.",
    "loop/inside.md": "The momentum of this note is called serpentine.",
    "good.pdf": "The optimizer of this page is called labradorite.",
    "one line.md": "The vocabulary of this note is called chrysoprase.",
}
WORDS = {name: text.rstrip("。.").split("。")[0].split(".")[0] for name, text in GOOD.items()}

# Bad files: the code of the error, and words of its reason.
BAD = {
    "encrypted.pdf": ("encrypted_file", "password"),
    "truncated.pdf": ("damaged_file", "truncated.pdf"),
    "no pages.pdf": ("damaged_file", "no pages"),
    "empty.pdf": ("damaged_file", "empty"),
    "text.pdf": ("unsupported_file", "not a PDF"),
    "pdf.md": ("unsupported_file", "a PDF"),
    "picture.md": ("unsupported_file", "PNG"),
    "huge.md": ("file_too_large", "limit of 200 MB"),
    "dangling.md": ("unreadable_file", "No such file"),
    "itself.md": ("unreadable_file", "symbolic links"),
    "pipe.md": ("unreadable_file", "not a regular file"),
    os.fsencode(NOT_UTF8).decode("utf-8", "replace"): ("unreadable_file", "not valid UTF-8"),
}


def write_good(folder: Path) -> None:
    for name, text in GOOD.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# 笔记\n\n{text}\n" if file.suffix == ".md" else text, "utf-8")
    (folder / "gbk.md").write_bytes(f"# 笔记\n\n{GOOD['gbk.md']}\n".encode("gbk"))
    (folder / "utf16.md").write_bytes(f"# 笔记\n\n{GOOD['utf16.md']}\n".encode("utf-16"))
    broken = f'---\ntitle: "open\nlist: [1,\n---\n\n{GOOD["broken front matter.md"]}\n'
    (folder / "broken front matter.md").write_text(broken, "utf-8")
    damaged = GOOD["some invalid bytes.md"].encode() + b"\n\nbad: \xff\xfe\xfd\n"
    (folder / "some invalid bytes.md").write_bytes(damaged)
    line = "Every sentence of this line is like the one before. " * 40_000
    (folder / "one line.md").write_text(f"{GOOD['one line.md']}\n\n{line}", "utf-8")
    make_pdf(folder / "plain.pdf", [[(GOOD["good.pdf"], 11)]])
    with pymupdf.open(folder / "plain.pdf") as document:
        document.set_metadata({"title": "A page"})
        document.save(folder / "good.pdf")
    (folder / "plain.pdf").unlink()


def write_bad(folder: Path) -> None:
    with pymupdf.open(folder / "good.pdf") as document:
        document.save(
            folder / "encrypted.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret"
        )
    whole = (folder / "good.pdf").read_bytes()
    (folder / "truncated.pdf").write_bytes(whole[:60])
    (folder / "no pages.pdf").write_bytes(NO_PAGES)
    (folder / "empty.pdf").touch()
    (folder / "empty.md").touch()
    (folder / "text.pdf").write_text("This is a note with the wrong ending.\n")
    (folder / "pdf.md").write_bytes(whole)
    (folder / "picture.md").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20)
    with (folder / "huge.md").open("wb") as stream:
        # Sparse: takes no disk, but reading or hashing it would take far longer than a test may.
        stream.truncate(300 * 1024**3)
    (folder / "dangling.md").symlink_to("nowhere.md")
    (folder / "itself.md").symlink_to("itself.md")
    os.mkfifo(folder / "pipe.md")
    shutil.copy(folder / "emoji 🚀 [bold].md", folder / NOT_UTF8)
    (folder / "loop" / "back").symlink_to("../loop", target_is_directory=True)
    (folder / "loop" / "above").symlink_to("../..", target_is_directory=True)
    (folder.parent / "outside.md").write_text("# Outside\n\nMust not come in by a link.\n")
    (folder / "slides.key").write_bytes(b"PK\x03\x04")


Run = Callable[..., Ran]


def runner(data: Path, models: Path) -> Run:
    """Run the real command over one data folder, like the fixture, but for a whole module."""
    values = environment(data, models)

    def run(*arguments: object, extra: dict[str, str] | None = None) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=300,
            cwd=REPOSITORY,
            env=values | (extra or {}),
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


def search(data: Path, query: str) -> tuple[Hit, ...]:
    """Search in this process, which has everything loaded."""
    return make_assistant(load_settings(data=data)).search(query, 5, Mode.LEXICAL).hits


@dataclass(frozen=True)
class Mixed:
    """A folder of good and bad files with what the commands said about it."""

    folder: Path
    run: Run
    ingest: Ran
    status: Any
    status_text: str
    hits: dict[str, tuple[Hit, ...]]

    def line(self, name: str) -> dict[str, Any]:
        """The line of a file in the report; there must be one only."""
        (line,) = [file for file in self.ingest.json["files"] if same(file["document"], name)]
        found: dict[str, Any] = line
        return found


def same(document: str, name: str) -> bool:
    return document == name or document.endswith("/" + name)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Mixed:
    place = tmp_path_factory.mktemp("mixed")
    folder = place / "course"
    folder.mkdir()
    write_good(folder)
    write_bad(folder)
    run = runner(place / "data", models)
    ingested = run("ingest", folder, "--json")
    return Mixed(
        folder,
        run,
        ingested,
        run("status", "--json").json,
        run("status").out,
        {name: search(place / "data", words) for name, words in WORDS.items()},
    )


def test_a_run_with_bad_files_is_partial(mixed: Mixed) -> None:
    assert mixed.ingest.code == 3, mixed.ingest.err
    assert "Traceback" not in mixed.ingest.err
    report = mixed.ingest.json
    assert report["failed"] == len(BAD)
    assert report["read"] == len(GOOD) + 1  # and the empty note
    assert report["ignored"] == 1
    assert report["index"]["rebuilt"] is True


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_has_one_line_with_reason_and_hint(mixed: Mixed, name: str) -> None:
    code, reason = BAD[name]
    line = mixed.line(name)
    assert line["action"] == "failed"
    assert line["code"] == code
    assert reason in line["reason"]
    assert name in line["reason"]
    assert "\n" not in line["reason"]
    assert line["hint"]


@pytest.mark.parametrize("name", [name for name in BAD if "\ufffd" not in name])
def test_status_tells_the_same_of_a_bad_file(mixed: Mixed, name: str) -> None:
    (file,) = [file for file in mixed.status["files"] if file["document"] == name]
    assert file["state"] == "failed"
    assert BAD[name][1] in file["reason"]
    assert mixed.line(name)["hint"] in file["reason"]
    lines = [line for line in mixed.status_text.splitlines() if line.startswith("failed")]
    assert len([line for line in lines if line.split(maxsplit=1)[1].startswith(name)]) == 1


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_among_bad_ones_is_found(mixed: Mixed, name: str) -> None:
    line = mixed.line(name)
    assert (line["action"], line["chunks"] > 0) == ("read", True)
    best = mixed.hits[name][0]
    assert best.document.path == name
    assert WORDS[name] in best.chunk.text


def test_what_was_mended_on_reading_is_told(mixed: Mixed) -> None:
    (front,) = mixed.line("broken front matter.md")["notices"]
    assert "front matter" in front["message"]
    (damaged,) = mixed.line("some invalid bytes.md")["notices"]
    assert "can't be decoded" in damaged["message"]
    empty = mixed.line("empty.md")
    assert (empty["action"], empty["chunks"]) == ("read", 0)
    assert "no text" in empty["reason"]


def test_links_lead_into_a_folder_once_and_never_above(mixed: Mixed) -> None:
    documents = [file["document"] for file in mixed.status["files"]]
    assert len(documents) == len(set(documents)) == len(GOOD) + len(BAD)  # less one, and empty.md
    assert not any("outside" in name or "back" in name for name in documents)


def test_mended_files_are_read_in_the_next_run(mixed: Mixed) -> None:
    again = mixed.run("ingest", mixed.folder, "--json")
    assert again.code == 3
    assert again.json["read"] == 0
    assert all(file["reason"] for file in again.json["files"] if file["action"] == "failed")
    (mixed.folder / NOT_UTF8).rename(mixed.folder / "renamed.md")
    for name in BAD:
        if "\ufffd" not in name:
            file = mixed.folder / name
            file.unlink()
            like = "good.pdf" if file.suffix == ".pdf" else "emoji 🚀 [bold].md"
            shutil.copy(mixed.folder / like, file)
    mended = mixed.run("ingest", mixed.folder, "--json")
    assert mended.code == 0, mended.out
    assert mended.json["read"] == len(BAD)
    states = mixed.run("status", "--json").json["states"]
    assert (states["failed"], states["stale"]) == (0, 0)
    index = mended.json["index"]
    assert index["chunks"] == mixed.ingest.json["index"]["chunks"] + len(BAD)
    assert index["embedded"] == 0  # texts that were embedded before


def write_bomb(file: Path) -> None:
    """A small file that takes a long time and a lot of memory: 300,000 lines on a page."""
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 72), "x")
    line = b"BT /helv 1 Tf 1 0 0 1 %d %d Tm (attention is all you need, again and again) Tj ET\n"
    stream = b"".join(line % (number % 500, number % 800) for number in range(300_000))
    document.update_stream(page.get_contents()[0], stream)
    document.save(file, deflate=True)
    document.close()


@dataclass(frozen=True)
class Indexed:
    """A folder with one note that is indexed; tests leave both as they found them."""

    folder: Path
    data: Path
    run: Run

    @property
    def note(self) -> Path:
        return self.folder / "note.md"

    def is_found(self) -> bool:
        return [hit.document.path for hit in search(self.data, "chrysoprase")] == ["note.md"]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Indexed:
    place = tmp_path_factory.mktemp("one")
    data = place / "data"
    found = Indexed(place / "indexed", data, runner(data, models))
    found.folder.mkdir()
    found.note.write_text(f"# Note\n\n{GOOD['one line.md']}\n")
    ingest(load_settings(data=data), [found.folder])
    return found


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("bomb") / "bomb.pdf"
    write_bomb(file)
    return file


@pytest.mark.parametrize(
    ("limit", "value", "told"),
    [
        ("COURSEGRAPH_READ_TIMEOUT_SECONDS", "5", "over 5 s"),
        ("COURSEGRAPH_READ_MEMORY_MB", "256", ""),
    ],
)
def test_a_file_over_the_limits_is_the_only_one_lost(
    indexed: Indexed, bomb: Path, tmp_path: Path, limit: str, value: str, told: str
) -> None:
    folder = tmp_path / "course"
    folder.mkdir()
    shutil.copy(bomb, folder)
    shutil.copy(indexed.note, folder)
    done = indexed.run("ingest", folder, "--json", extra={limit: value})
    assert done.code == 3, done.err
    lines = {file["document"]: file for file in done.json["files"]}
    assert lines["note.md"]["action"] == "read"
    assert lines["bomb.pdf"]["action"] == "failed"
    assert told in lines["bomb.pdf"]["reason"]
    assert lines["bomb.pdf"]["hint"]
    assert "Traceback" not in done.err
    assert indexed.is_found()
    assert indexed.run("remove", folder).code == 0


def test_bad_paths_fail_in_one_line_and_lose_nothing(indexed: Indexed, tmp_path: Path) -> None:
    before = indexed.run("status", "--json").json
    (tmp_path / "empty").mkdir()
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "slides.key").write_bytes(b"PK\x03\x04")
    (tmp_path / "dangling").symlink_to("nowhere")
    paths = {
        tmp_path / "missing": "no such file or folder",
        tmp_path / "missing" / "note.md": "no such file or folder",
        tmp_path / "dangling": "no such file or folder",
        tmp_path / ("x" * 300): "file name too long",
        tmp_path / "empty": "no course material",
        tmp_path / "others": "no course material",
        tmp_path / "others" / "slides.key": "this kind of file is not read",
    }
    slides = tmp_path / "others" / "slides.key"
    one = indexed.run("ingest", slides)
    assert (one.code, one.out, one.err.count("\n")) == (1, "", 1)
    assert one.err.startswith(f"coursegraph: {slides}: {paths[slides]} — Save it as .docx")
    together = indexed.run("ingest", *paths)
    assert (together.code, together.out, together.err.count("\n")) == (1, "", 1)
    for path, reason in paths.items():
        assert f"{path}: {reason}".lower() in together.err.lower()
    with_good = indexed.run("ingest", *paths, indexed.folder, "--json")
    assert with_good.code == 3
    assert with_good.json["unchanged"] == 1
    failed = {file["document"]: file for file in with_good.json["files"] if file["hint"]}
    assert set(failed) == set(map(str, paths))
    assert indexed.run("status", "--json").json == before
    assert indexed.is_found()


def test_only_bad_files_is_a_failure_that_status_explains(
    coursegraph: Command, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "text.pdf").write_text("This is a note with the wrong ending.\n")
    (folder / "no pages.pdf").write_bytes(NO_PAGES)
    done = coursegraph("ingest", folder, "--json")
    assert done.code != 0
    assert "Traceback" not in done.err
    assert [file["action"] for file in done.json["files"]] == ["failed", "failed"]
    status = coursegraph("status", "--json").json
    assert status["states"]["failed"] == 2
    assert search(data, "note") == ()


def test_an_emptied_folder_does_not_wipe_what_was_indexed(indexed: Indexed) -> None:
    note = indexed.note
    away = indexed.folder.parent / "away.md"
    note.rename(away)
    emptied = indexed.run("ingest", indexed.folder)
    assert emptied.code == 1
    assert "coursegraph remove" in emptied.err
    indexed.folder.rmdir()
    assert indexed.run("ingest", indexed.folder).code == 1
    assert indexed.is_found()
    indexed.folder.mkdir()
    away.rename(note)
    assert indexed.run("ingest", indexed.folder, "--json").json["unchanged"] == 1


def test_a_file_that_comes_back_unchanged_is_well_again(indexed: Indexed) -> None:
    note = indexed.note
    content = note.read_bytes()
    note.unlink()
    note.symlink_to("nowhere.md")
    gone = indexed.run("ingest", indexed.folder, "--json")
    assert (gone.code, gone.json["failed"]) == (1, 1)
    assert indexed.run("status", "--json").json["states"]["stale"] == 1
    assert indexed.is_found()
    note.unlink()
    note.write_bytes(content)
    assert indexed.run("ingest", indexed.folder).code == 0
    assert indexed.run("status", "--json").json["states"]["indexed"] == 1


def test_naming_a_path_twice_is_no_mistake(indexed: Indexed) -> None:
    done = indexed.run("ingest", indexed.note, indexed.folder, indexed.folder, "--json")
    assert (done.code, done.json["unchanged"], done.json["failed"]) == (0, 1, 0)


def test_what_may_not_be_read_is_told(coursegraph: Command, tmp_path: Path) -> None:
    folder = tmp_path / "course"
    (folder / "locked").mkdir(parents=True)
    (folder / "note.md").write_text(f"# Note\n\n{GOOD['one line.md']}\n")
    shutil.copy(folder / "note.md", folder / "locked.md")
    (folder / "locked.md").chmod(0)
    if os.access(folder / "locked.md", os.R_OK):
        pytest.skip("root may read everything")
    (folder / "locked").chmod(0)
    try:
        done = coursegraph("ingest", folder, "--json")
    finally:
        (folder / "locked").chmod(0o700)
    assert done.code == 3
    failed = [file for file in done.json["files"] if file["action"] == "failed"]
    assert len(failed) == 2
    assert all("permission" in (file["reason"] + file["hint"]).lower() for file in failed)
