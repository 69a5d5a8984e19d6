"""The literature as a file of a generation."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.kept_mentions import mention_from
from ingest.model import RelationKind
from ingest.paper_facts import paper_from, paper_values
from ingest.papers.subjects import Literature, Topic

NAME = "papers.json"


def write_literature(folder: Path, literature: Literature) -> None:
    """Write the literature into a folder of its own."""
    folder.mkdir()
    values = {
        "papers": [paper_values(paper) for paper in literature.papers],
        "topics": [asdict(topic) for topic in literature.topics],
        "topics_of": literature.topics_of,
        "relations": literature.relations,
        "mentions": [asdict(mention) for mention in literature.mentions],
    }
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    (folder / NAME).write_text(text + "\n", "utf-8")


def read_literature(folder: Path) -> Literature:
    """Read what ``write_literature`` has written."""
    file = folder / NAME
    values = json.loads(file.read_text("utf-8"))
    return Literature(
        papers=tuple(paper_from(one, str(file)) for one in values["papers"]),
        topics=tuple(map(_topic, values["topics"])),
        topics_of=values["topics_of"],
        relations=tuple((a, RelationKind(kind), b) for a, kind, b in values["relations"]),
        mentions=tuple(map(mention_from, values["mentions"])),
    )


def _topic(values: Mapping[str, Any]) -> Topic:
    ambiguous = tuple((name, tuple(words)) for name, words in values.get("ambiguous", ()))
    return Topic(**{**values, "names": tuple(values["names"]), "ambiguous": ambiguous})
