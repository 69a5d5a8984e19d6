"""Ingesting with the real command: incremental, exact, and honest about every file."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from conftest import NOTE_EN, Command, environment, make_pdf


def hits(coursegraph: Command, query: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = coursegraph("search", query, "--json").json["hits"]
    return found


def generation(data: Path) -> str:
    return (data / "index" / "CURRENT").read_text().strip()


def contents(data: Path) -> list[tuple[str, str]]:
    """Ids and text of every passage in the generation in use."""
    with sqlite3.connect(data / "index" / generation(data) / "records.db") as connection:
        rows = connection.execute("SELECT id, record FROM chunks ORDER BY row").fetchall()
    return [(chunk_id, json.loads(record)["text"]) for chunk_id, record in rows]


def test_a_folder_becomes_searchable(coursegraph: Command, course: Path) -> None:
    done = coursegraph("ingest", course, "--json")
    assert done.code == 0, done.err
    assert done.json["read"] == 3
    best = hits(coursegraph, "缩放点积注意力为什么除以根号 d_k？")[0]
    assert best["document"] == "09_注意力.md"
    assert best["page"] is None
    page = hits(coursegraph, "QLoRA 用什么格式量化权重")[0]
    assert page["document"] == "量化（quantization）.pdf"
    assert page["page"] == 2
    assert page["boxes"]


def test_nothing_changed_means_nothing_done(coursegraph: Command, course: Path, data: Path) -> None:
    coursegraph("ingest", course)
    before = generation(data)
    again = coursegraph("ingest", course, "--json").json
    assert (again["read"], again["unchanged"]) == (0, 3)
    assert again["index"] == {**again["index"], "rebuilt": False, "embedded": 0}
    assert generation(data) == before


def test_what_an_earlier_version_kept_is_completed(
    coursegraph: Command, course: Path, data: Path
) -> None:
    coursegraph("ingest", course)
    with closing(sqlite3.connect(data / "corpus.db")) as corpus, corpus:  # before format 11
        gone = corpus.execute("DELETE FROM embeddings WHERE fingerprint LIKE '%#places'")
        assert gone.rowcount > 0
    shutil.rmtree(data / "index")
    done = coursegraph("ingest", course, "--json").json
    assert done["index"] == {**done["index"], "rebuilt": True, "embedded": 0}
    answer = coursegraph("ask", "QLoRA 用什么格式量化权重", "--json").json
    assert any("NF4" in citation["quote"] for citation in answer["citations"])


def test_one_changed_note_costs_that_note(coursegraph: Command, course: Path) -> None:
    coursegraph("ingest", course)
    note = course / "kv cache.md"
    note.write_text(NOTE_EN.replace("grows linearly", "rises linearly"), "utf-8")
    done = coursegraph("ingest", note, "--json").json
    assert (done["read"], done["unchanged"], done["removed"]) == (1, 0, 0)
    assert done["index"]["embedded"] == 1
    assert any("rises linearly" in str(hit["text"]) for hit in hits(coursegraph, "KV cache size"))


def test_a_renamed_file_leaves_no_trace_of_its_old_name(coursegraph: Command, course: Path) -> None:
    coursegraph("ingest", course)
    (course / "kv cache.md").rename(course / "缓存.md")
    done = coursegraph("ingest", course, "--json").json
    assert (done["read"], done["removed"]) == (1, 1)
    assert {hit["document"] for hit in hits(coursegraph, "KV cache")} >= {"缓存.md"}
    assert "kv cache.md" not in {hit["document"] for hit in hits(coursegraph, "KV cache")}


def test_removing_equals_a_fresh_build_without(
    coursegraph: Command, course: Path, data: Path, tmp_path: Path
) -> None:
    coursegraph("ingest", course)
    removed = coursegraph("remove", course / "kv cache.md", "--json")
    assert removed.json["removed"] == ["kv cache.md"]
    after, name = contents(data), generation(data)
    shutil.rmtree(data)
    (course / "kv cache.md").rename(tmp_path / "elsewhere.md")
    coursegraph("ingest", course)
    assert contents(data) == after
    assert generation(data) == name


def test_order_of_ingestion_does_not_matter(coursegraph: Command, course: Path, data: Path) -> None:
    coursegraph("ingest", course)
    at_once, name = contents(data), generation(data)
    shutil.rmtree(data)
    for file in sorted(course.iterdir(), reverse=True):
        coursegraph("ingest", file)
    assert contents(data) == at_once
    assert generation(data) == name


def test_a_copied_file_is_told_and_does_not_fill_the_list(
    coursegraph: Command, course: Path
) -> None:
    shutil.copy(course / "kv cache.md", course / "kv cache copy.md")
    coursegraph("ingest", course)
    texts = [hit["text"] for hit in hits(coursegraph, "KV cache")]
    assert len(texts) == len(set(texts))
    files = {f["document"]: f for f in coursegraph("status", "--json").json["files"]}
    assert files["kv cache copy.md"]["same_content_as"] == ["kv cache.md"]


def test_folders_of_one_name_and_files_of_one_name_stay_apart(
    coursegraph: Command, tmp_path: Path
) -> None:
    for place, text in (("a", "Alpha is the first letter."), ("b", "Beta is the second letter.")):
        folder = tmp_path / place / "notes"
        folder.mkdir(parents=True)
        (folder / "note.md").write_text(f"# {place}\n\n{text}\n")
        assert coursegraph("ingest", folder).code == 0
    status = coursegraph("status", "--json").json
    assert status["documents"] == 2
    assert len(status["collections"]) == 2


def test_a_folder_around_one_that_was_ingested_takes_it_over(
    coursegraph: Command, course: Path, data: Path
) -> None:
    (course / "week1").mkdir()
    (course / "kv cache.md").rename(course / "week1" / "kv cache.md")
    coursegraph("ingest", course / "week1")
    coursegraph("ingest", course)
    status = coursegraph("status", "--json").json
    assert list(status["collections"]) == ["course"]
    assert status["documents"] == 3
    name = generation(data)
    shutil.rmtree(data)
    coursegraph("ingest", course)
    assert generation(data) == name


def test_remove_refuses_what_it_can_not_tell_apart(
    coursegraph: Command, course: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kv cache.md").write_text("# Another note\n\nOf the same name.\n")
    coursegraph("ingest", course, other)
    for name in ("kv cache.md", "", "nothing.md"):
        assert coursegraph("remove", name).code == 1, name
    assert coursegraph("status", "--json").json["documents"] == 4
    assert coursegraph("remove", other / "kv cache.md").code == 0


def test_packages_of_the_folder_one_stands_in_are_not_imported(
    course: Path, data: Path, models: Path, tmp_path: Path
) -> None:
    decoy = tmp_path / "decoy"
    for package in ("ingest", "app"):
        (decoy / package).mkdir(parents=True)
        (decoy / package / "__init__.py").write_text("raise SystemExit('the wrong package')\n")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "app.cli", "ingest", str(course), "--json"],
        capture_output=True,
        text=True,
        cwd=decoy,
        env=environment(data, models),
        check=False,
    )
    assert (done.returncode, json.loads(done.stdout)["read"]) == (0, 3), done.stderr


def test_a_folder_that_has_moved_keeps_its_ids(
    coursegraph: Command, course: Path, data: Path, tmp_path: Path
) -> None:
    coursegraph("ingest", course)
    name = generation(data)
    moved = tmp_path / "elsewhere" / "course"
    moved.parent.mkdir()
    course.rename(moved)
    done = coursegraph("ingest", moved, "--json").json
    assert done["index"]["embedded"] == 0
    assert generation(data) == name
    assert coursegraph("status", "--json").json["collections"] == {"course": str(moved)}


def test_a_dry_run_changes_nothing(coursegraph: Command, course: Path, data: Path) -> None:
    done = coursegraph("ingest", course, "--dry-run", "--json").json
    assert done["read"] == 3
    assert done["index"] is None
    assert not (data / "index").exists()
    assert coursegraph("status", "--json").json["documents"] == 0


def test_force_reads_again(coursegraph: Command, course: Path) -> None:
    coursegraph("ingest", course)
    again = coursegraph("ingest", course, "--force", "--json").json
    assert again["read"] == 3
    assert again["index"]["rebuilt"] is False


def test_a_damaged_new_version_leaves_the_good_one(coursegraph: Command, course: Path) -> None:
    coursegraph("ingest", course)
    pdf = course / "量化（quantization）.pdf"
    pdf.write_bytes(pdf.read_bytes()[:40])
    done = coursegraph("ingest", course, "--json")
    assert done.code == 3
    assert done.json["failed"] == 1
    assert hits(coursegraph, "QLoRA NF4")[0]["page"] == 2
    states = {f["document"]: f["state"] for f in coursegraph("status", "--json").json["files"]}
    assert states[pdf.name] == "stale"
    make_pdf(pdf, [[("又好了：NF4 是四比特的正态浮点数。", 11)]])
    assert coursegraph("ingest", course).code == 0


def test_an_index_of_another_model_is_refused_and_embedded_again(
    coursegraph: Command, course: Path
) -> None:
    coursegraph("ingest", course)
    other = {"COURSEGRAPH_EMBEDDING_QUERY_PREFIX": "question: "}
    refused = coursegraph("search", "KV cache", extra=other)
    assert refused.code == 1
    assert "coursegraph ingest" in refused.err
    done = coursegraph("ingest", course, "--json", extra=other).json
    assert done["read"] == 0
    assert done["index"]["embedded"] > 0
    assert coursegraph("search", "KV cache", extra=other).code == 0


def test_image_only_pages_are_told(coursegraph: Command, tmp_path: Path) -> None:
    import pymupdf

    folder = tmp_path / "scans"
    folder.mkdir()
    document = pymupdf.open()
    page = document.new_page()
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.IRect(0, 0, 200, 200))
    picture.set_rect(picture.irect, (200, 10, 10))
    page.insert_image(pymupdf.Rect(50, 50, 400, 400), pixmap=picture)
    document.save(folder / "scan.pdf")
    done = coursegraph("ingest", folder, "--json")
    assert done.code == 0
    (file,) = coursegraph("status", "--json").json["files"]
    assert file["state"] == "no_text"
    assert file["notices"][0]["pages"] == [1]


def test_a_catalogue_is_listed_but_is_no_evidence(coursegraph: Command, course: Path) -> None:
    rows = "\n".join(
        f"| [{title}]({target}) | 月球上的奶酪理论 |"
        for title, target in (
            ("注意力", "09_%E6%B3%A8%E6%84%8F%E5%8A%9B.md"),
            ("KV cache", "kv%20cache.md"),
            ("量化", "量化（quantization）(1).pdf"),
            ("尚未写完", "10_missing.md"),
        )
    )
    (course / "README.md").write_text(
        f"# 课程目录\n\n| 文档 | 内容 |\n|---|---|\n{rows}\n", "utf-8"
    )
    coursegraph("ingest", course)
    (outline,) = coursegraph("status", "--json").json["outlines"]
    assert (outline["entries"], outline["missing"]) == (4, ["10_missing.md"])
    assert all("奶酪" not in str(hit["text"]) for hit in hits(coursegraph, "月球上的奶酪理论"))
