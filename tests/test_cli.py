"""The command itself: light, documented, and one document of JSON."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from app.cli import cli
from app.settings import Settings
from conftest import REPOSITORY, Command, environment

HEAVY = ("torch", "faiss", "llama_index", "sentence_transformers", "transformers", "onnxruntime")


def commands(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """All commands with their names; those of a group, too."""
    for part, inner in getattr(command, "commands", {}).items():
        full = f"{name} {part}".strip()
        yield from commands(inner, full) if hasattr(inner, "commands") else [(full, inner)]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["status"], ["status", "--json"], ["conversations", "list"]]
)
def test_light_commands_import_nothing_heavy(
    arguments: list[str], data: Path, models: Path
) -> None:
    script = (
        "import sys\n"
        "from app.cli import main\n"
        f"sys.argv = ['coursegraph', *{arguments!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as stop:\n    assert not stop.code\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "sys.stderr.write('heavy: ' + ' '.join(heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env=environment(data, models),
        check=True,
    )
    assert done.stderr.strip().endswith("heavy:")


def test_every_command_and_option_has_help() -> None:
    for name, command in commands(typer.main.get_command(cli)):
        assert command.help, name
        for parameter in command.params:
            assert parameter.help, (name, parameter.name)


def test_every_command_and_setting_is_documented() -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    settings = (REPOSITORY / "docs" / "settings.md").read_text("utf-8")
    for name, _ in commands(typer.main.get_command(cli)):
        group, _, last = name.partition(" ")
        # `concepts list` / `show NAME`: of a group, the line names its commands.
        rows = [row for row in readme.splitlines() if row.startswith(f"| `coursegraph {group}")]
        assert any(re.search(rf"\b{last}\b", row) for row in rows), name
    for name, field in Settings.model_fields.items():
        assert f"COURSEGRAPH_{name.upper()}" in settings, name
        assert field.description, name


def test_the_docker_image_is_made_and_run_by_the_steps_of_the_makefile() -> None:
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    dockerfile = (REPOSITORY / "Dockerfile").read_text("utf-8")
    run = makefile.split("run: setup\n")[1].split("\n\n")[0].replace("$(BIN)/", "")
    ingest, serve = (line.strip() for line in run.splitlines())
    assert "RUN make setup INSTALL=.\n" in dockerfile
    assert f"{ingest} && exec {serve}" in dockerfile


def test_an_unknown_setting_is_refused_with_the_known_ones(coursegraph: Command) -> None:
    done = coursegraph("status", extra={"COURSEGRAPH_COLOUR": "red"})
    assert done.code == 1
    assert "COURSEGRAPH_COLOUR" in done.err
    assert "COURSEGRAPH_DATA" in done.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COURSEGRAPH_PORT", "many"),
        ("COURSEGRAPH_VECTOR_INDEX", "magic"),
        ("COURSEGRAPH_THREADS", "0"),
    ],
)
def test_a_wrong_setting_is_named(coursegraph: Command, name: str, value: str) -> None:
    done = coursegraph("status", extra={name: value})
    assert done.code == 1
    assert name in done.err


def test_doctor_says_what_to_do(coursegraph: Command, course: Path) -> None:
    before = coursegraph("doctor", "--json")
    assert before.code == 1
    hints = [check["hint"] for check in before.json["checks"] if not check["well"]]
    assert any("coursegraph ingest" in hint for hint in hints)
    coursegraph("ingest", course)
    after = coursegraph("doctor", "--json")
    assert after.code == 0, after.out


def test_json_output_is_one_document_and_logs_go_to_stderr(
    coursegraph: Command, course: Path
) -> None:
    for arguments in (["ingest", course], ["status"], ["search", "KV cache"], ["ask", "KV cache"]):
        done = coursegraph(*arguments, "--json")
        assert isinstance(json.loads(done.out), dict)
