"""The built package: it holds everything and works with the source folder gone."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conftest import REPOSITORY, environment


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


def test_it_holds_course_data_and_pages(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "app/course/README.md" in names
    assert sum(name.startswith("app/course/01_") for name in names) == 7
    assert {"index/stopwords.txt", "index/off_topic.txt", "app/web/words.yaml"} <= names
    assert {"app/web/static/page.js", "app/web/templates/turn.html"} <= names
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)


def test_it_works_with_the_source_folder_gone(wheel: Path, tmp_path: Path, models: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    env = environment(tmp_path / "data", models) | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "app.cli"]

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [*command, *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=env,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = [sys.executable, "-c", "import app, ingest, index; print(app.__file__)"]
    found = subprocess.run(where, capture_output=True, text=True, cwd=tmp_path, env=env, check=True)
    assert found.stdout.startswith(os.fspath(site))
    # The whole course is what is read if no path is named; one stage of it is enough to ask.
    planned = json.loads(run("ingest", "--dry-run", "--json"))
    assert "02_自动微分与计算图.md" in json.dumps(planned, ensure_ascii=False)
    stage = next((site / "app" / "course").glob("01_*"))
    run("ingest", str(stage), "--json")
    assert "反向传播" in run("ask", "什么是反向传播？")
