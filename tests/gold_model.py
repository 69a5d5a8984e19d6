"""Records of the gold set."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.model import BlockKind as Kind

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """A block: its text, or the rows of a table."""

    kind: Kind
    text: str = ""
    level: int = 0
    rows: Rows = ()

    @property
    def content(self) -> str:
        """All that is read, cell after cell."""
        return self.text or " ".join(" ".join(row) for row in self.rows)


@dataclass(frozen=True, slots=True)
class GoldPage:
    """A page, drawn by ``make`` or printed from ``html``, and what stands on it in order."""

    name: str
    expected: tuple[Expected, ...]
    make: Callable[[Path], None] | None = None
    html: str = ""
    pages: int = 1
    needs_ocr: bool = False
    links: tuple[tuple[str, str], ...] = ()


def heading(text: str, level: int = 1) -> Expected:
    return Expected(Kind.HEADING, text, level)


def paragraph(text: str) -> Expected:
    return Expected(Kind.PARAGRAPH, text)


def item(text: str, level: int = 0) -> Expected:
    return Expected(Kind.LIST_ITEM, text, level)


def table(*rows: tuple[str, ...]) -> Expected:
    return Expected(Kind.TABLE, rows=rows)


def block(kind: Kind, text: str) -> Expected:
    return Expected(kind, text)
