"""Questions with the pages, or the sections of notes, that answer them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.batch import read_lines
from app.errors import BadRequest

# A document with a page, with the heading of a section, or as a whole.
Page = tuple[str, int | str | None]


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with the pages that answer it; ``every_page`` when all of them are needed.

    ``facts`` are short key facts that a full answer tells.
    """

    id: str
    kind: str
    text: str
    pages: frozenset[Page]
    language: str | None = None
    facts: tuple[str, ...] = ()

    @property
    def names_sections(self) -> bool:
        """Whether a note as a whole is not enough."""
        return any(isinstance(place, str) for _, place in self.pages)

    @property
    def every_page(self) -> bool:
        """Whether one page is not enough."""
        return self.kind == "multi"


def read_questions(file: Path) -> list[GoldQuestion]:
    """Read questions: ``id``, ``type``, ``question``, ``evidence``, maybe ``lang``, ``keyfacts``.

    Raises BadRequest that says what a line lacks.
    """
    questions: list[GoldQuestion] = []
    for line in read_lines(file):
        try:
            pages = frozenset(
                (e["doc"], e.get("page") or e.get("section")) for e in line.get("evidence", [])
            )
            language = str(line["lang"]) if line.get("lang") else None
            facts = _facts(file, line)
            asked = line["id"], line["type"], line["question"]
            question = GoldQuestion(*asked, pages, language, facts)
        except (KeyError, TypeError) as error:
            message = f"{file}: question {line['id']!r} lacks {error}"
            raise BadRequest(message, "Each needs type, question and evidence.") from error
        questions.append(question)
    return questions


def _facts(file: Path, line: Mapping[str, Any]) -> tuple[str, ...]:
    facts = line.get("keyfacts", [])
    if not isinstance(facts, list) or not all(isinstance(f, str) and f.strip() for f in facts):
        message = f"{file}: 'keyfacts' of question {line['id']!r} is no list of texts"
        raise BadRequest(message, 'Give short texts: "keyfacts": ["4-bit NF4"].')
    return tuple(facts)
