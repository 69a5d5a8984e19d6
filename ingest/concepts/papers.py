"""Facts on papers that ship with us: arXiv id, title, year and the names that they introduce."""

import json
from functools import lru_cache
from pathlib import Path

from ingest.concepts.names import name_key

_FACTS = Path(__file__).parents[1] / "data" / "papers.jsonl"


@lru_cache(maxsize=1)
def papers_by_name() -> dict[str, str]:
    """The arXiv id of the paper that introduced a name, by the name's key; the oldest counts."""
    found: dict[str, str] = {}
    for line in _FACTS.read_text("utf-8").splitlines():
        facts = json.loads(line)
        for name in facts.get("names", ()):
            found.setdefault(name_key(name), facts["arxiv_id"])
    return found
