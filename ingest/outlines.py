"""Course outlines against what is there: which lessons and documents exist, which are missing."""

import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ingest.model import CatalogueEntry, Document, DocumentKind, DocumentState
from ingest.readers.markdown.outline import is_stage, match_targets


@dataclass(frozen=True, slots=True)
class Lesson:
    """One row of an outline and the document that it means, if that is there."""

    entry: CatalogueEntry
    target: str
    document: Document | None

    @property
    def state(self) -> str:
        """``missing``, or the state of the document."""
        return str(self.document.state) if self.document else "missing"


@dataclass(frozen=True, slots=True)
class Outline:
    """A catalogue with its rows in order."""

    catalogue: Document
    lessons: tuple[Lesson, ...]

    @property
    def missing(self) -> int:
        """How many rows name a document that is not there."""
        return sum(lesson.document is None for lesson in self.lessons)


def top_first(found: Iterable[Outline]) -> list[Outline]:
    """Outlines by how near to the top of their course they stand, of any collection."""
    return sorted(found, key=lambda outline: outline.catalogue.path.count("/"))


def outlines(documents: Iterable[Document]) -> list[Outline]:
    """Resolve every catalogue against the documents of its collection."""
    everything = list(documents)
    found: list[Outline] = []
    for catalogue in everything:
        if catalogue.kind is DocumentKind.CATALOGUE:
            others = [d for d in everything if d.collection == catalogue.collection]
            found.append(_resolve(catalogue, others))
    # The outline of a whole course stands above those of its parts.
    return sorted(found, key=lambda outline: _place(outline.catalogue))


def _place(catalogue: Document) -> tuple[str, int, str]:
    return catalogue.collection, catalogue.path.count("/"), catalogue.path


def _resolve(catalogue: Document, documents: Sequence[Document]) -> Outline:
    by_path = {d.path: d for d in documents if d.state is not DocumentState.FAILED}
    base = str(PurePosixPath(catalogue.path).parent)
    # A stage's own page is no lesson; a catalogue of nothing else lists just those.
    entries = [e for e in catalogue.entries if not is_stage(e)] or list(catalogue.entries)
    matched = match_targets(entries, list(by_path), "" if base == "." else base)
    lessons = []
    for number, entry in enumerate(entries):
        path = matched.get(number)
        target = path or posixpath.normpath(posixpath.join(base, entry.target))
        lessons.append(Lesson(entry, target, by_path[path] if path else None))
    return Outline(catalogue, tuple(lessons))
