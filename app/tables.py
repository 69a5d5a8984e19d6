"""Evaluation figures as tables for people."""

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_out = Console(soft_wrap=True, highlight=False)


def figures(found: Mapping[str, Any]) -> None:
    """Print a table for each kind of figures; of an ablation, what each part is worth."""
    for title, rows in found.items():
        if title == "ablation":
            for part, judged in rows.items():
                _print(f"full search less search without {part}", judged["difference"])
        elif rows:
            _print(title, rows)


def _print(title: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    # Narrow enough that a row of retrieval figures fits a terminal of 80 columns.
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("language" if title.endswith("by language") else "type")
    for name in names:
        table.add_column(name, justify="right")
    for group, row in rows.items():
        table.add_row(escape(group), *(_cell(row.get(name)) for name in names))
    _out.print(table)


def _cell(value: float | list[float] | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return " … ".join(f"{bound:.3f}" for bound in value)
    return str(value) if isinstance(value, int) else f"{value:.3f}"
