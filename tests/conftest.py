"""Shared parts: a small bilingual course, real PDFs made on the spot, and the real command."""

import os

# The tests run side by side on few cores, where threads of small products wait for each other. Read
# by numpy when it is imported.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymupdf
import pytest

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared"

NOTE_ZH = """---
title: 注意力机制
---
# 第09课：注意力机制

## 核心概念

**缩放点积注意力**（scaled dot-product attention）是用查询与键的内积给值加权求和的运算。\
它除以 $\\sqrt{d_k}$，是为了让内积的方差保持为 1。

## 代码示例

```python
scores = q @ k.T / d ** 0.5
```

## 关键问题

### Q1：为什么要除以根号 d_k？

因为不缩放时内积的方差随维度线性增长，softmax 会饱和，梯度会消失。
"""

NOTE_EN = """# KV cache

The KV cache stores the keys and values of past tokens, so that each decoding step computes only
the new token. Its size grows linearly with the sequence length.

## Grouped-query attention

Grouped-query attention (GQA) lets several query heads share one key head, which shrinks the KV
cache by the group size.
"""


@dataclass(frozen=True)
class Ran:
    """What a run of the command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)


def environment(data: Path, models: Path) -> dict[str, str]:
    """Environment of a child process: its own data folder, the session's unpacked weights."""
    data.mkdir(parents=True, exist_ok=True)
    if not (data / "models").exists():
        (data / "models").symlink_to(models)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("COURSEGRAPH_")}
    return clean | {"COURSEGRAPH_DATA": str(data), "NO_COLOR": "1", "COLUMNS": "200"}


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpacked weights of the embedded model, made once a session."""
    from app.settings import load_settings
    from app.wiring import make_encoders

    # The parallel workers of one run share the folder; unpacking is safe for several processes.
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "weights"
    settings = load_settings(data=folder)
    make_encoders(settings).first.embed_queries(["warm up"])
    return settings.models_folder


Command = Callable[..., Ran]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An empty data folder."""
    return tmp_path / "data"


@pytest.fixture
def coursegraph(data: Path, models: Path) -> Command:
    """Run the real command in a process of its own, over an empty data folder."""
    return command_over(data, models)


def command_over(data: Path, models: Path) -> Command:
    """The real command over a data folder."""

    def run(*arguments: object, extra: dict[str, str] | None = None, seconds: float = 300) -> Ran:
        command = [sys.executable, "-m", "app.cli", *map(str, arguments)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds,
            cwd=REPOSITORY,
            env=environment(data, models) | (extra or {}),
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A small bilingual course: two notes and a PDF of two pages."""
    return make_course(tmp_path / "course")


def make_course(folder: Path) -> Path:
    """Write the small course into a folder."""
    folder.mkdir(parents=True)
    (folder / "09_注意力.md").write_text(NOTE_ZH, "utf-8")
    (folder / "kv cache.md").write_text(NOTE_EN, "utf-8")
    make_pdf(
        folder / "量化（quantization）.pdf",
        [
            [
                ("量化", 20),
                ("量化是用低比特整数表示权重和激活的压缩方法。", 11),
                ("INT8 量化把每个权重存成 8 位整数。", 11),
            ],
            [
                ("QLoRA", 20),
                ("QLoRA 把冻结的权重量化成 4 比特的 NF4，再训练低秩适配器。", 11),
            ],
        ],
    )
    return folder


def make_pdf(file: Path, pages: Sequence[Sequence[tuple[str, float]]]) -> Path:
    """Write a PDF: each page is a list of lines with their font sizes."""
    document = pymupdf.open()
    for lines in pages:
        page = document.new_page(width=595, height=842)
        y = 72.0
        for text, size in lines:
            page.insert_text((72, y), text, fontsize=size, fontname="china-s")
            y += size * 2
    document.save(file)
    document.close()
    return file


@pytest.fixture(scope="session")
def shared() -> Iterator[Path]:
    """The folder of real material; tests that use it skip where it is not."""
    if not (SHARED / "library").is_dir():
        pytest.skip(f"needs {SHARED}/library")
    yield SHARED
