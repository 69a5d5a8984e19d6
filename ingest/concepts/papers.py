"""Facts on papers that ship with us: arXiv id, title, year and the names that they introduce."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ingest.concepts.names import name_key

_FACTS = Path(__file__).parents[1] / "data" / "papers.jsonl"


@lru_cache(maxsize=1)
def _facts() -> tuple[Mapping[str, Any], ...]:
    return tuple(map(json.loads, _FACTS.read_text("utf-8").splitlines()))


@lru_cache(maxsize=1)
def paper_titles() -> dict[str, str]:
    """Titles by arXiv id."""
    return {facts["arxiv_id"]: facts["title"] for facts in _facts()}


@lru_cache(maxsize=1)
def papers_by_name() -> dict[str, str]:
    """The arXiv id of the paper that introduced a name, by the name's key; the oldest counts."""
    found: dict[str, str] = {}
    for facts in _facts():
        for name in facts.get("names", ()):
            found.setdefault(name_key(name), facts["arxiv_id"])
    return found
