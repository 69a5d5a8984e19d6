"""What a refusal says besides its reason: where was looked, and which part can be answered."""

import re

from app.evidence.subject import Subject
from app.gate import GateSettings, reason_to_abstain
from index.course_index import CourseIndex
from ingest.model import Language
from ingest.text import language_of

_END = re.compile(r"[?？;；。]+\s*")
_SHORTEST = 4  # characters of a question
_HITS = 8


def refusal(index: CourseIndex, question: str, reason: str, settings: GateSettings) -> str:
    """The reason, what was searched, and the parts of a compound question that have answers."""
    documents = len(index.records.documents)
    parts = _answerable(index, question, settings)
    if language_of(question) is Language.EN:
        told = "".join(f" It does answer this part: “{part}”" for part in parts)
        return f"{reason}{told} Searched: {documents} documents."
    told = "".join(f"能回答的是其中这一问：“{part}”。" for part in parts)
    return f"{reason}{told}查了 {documents} 份资料。"


def _answerable(index: CourseIndex, question: str, settings: GateSettings) -> list[str]:
    parts = _parts(index, question)
    if len(parts) < 2:  # noqa: PLR2004
        return []
    return [
        part
        for part in parts
        if reason_to_abstain(index, part, index.search(part, _HITS).hits, settings) is None
    ]


def _parts(index: CourseIndex, question: str) -> list[str]:
    """The questions in a question; one that names nothing is about what the first one names."""
    parts = [part.strip() for part in _END.split(question) if len(part.strip()) >= _SHORTEST]
    mentions = index.graph.mentions(parts[0]) if parts else ()
    about = parts[0][mentions[0].start : mentions[0].end] if mentions else ""
    named = (part if Subject(index, part).names else f"{about} {part}".strip() for part in parts)
    mark = "?" if language_of(question) is Language.EN else "？"
    return [f"{part}{mark}" for part in named]
