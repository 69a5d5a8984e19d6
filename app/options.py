"""Options that most commands have, and what all commands do with settings and output."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from app.settings import Settings, load_settings

Data = Annotated[Path | None, typer.Option("--data", help="Data folder (COURSEGRAPH_DATA).")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def read_settings(**overrides: object) -> Settings:
    """Settings from the environment and the command's options; logs are set up by them."""
    from app.log import configure_logging

    settings = load_settings(**overrides)
    configure_logging(settings)
    return settings


def print_shape(shape: Any, as_json: bool, show: Callable[[], object]) -> None:
    """One JSON document on stdout, or what ``show`` prints for people."""
    if as_json:
        sys.stdout.write(json.dumps(shape, ensure_ascii=False, indent=2) + "\n")
    else:
        show()
