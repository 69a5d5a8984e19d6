"""Blocks to sections: every block under the path of headings above it."""

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.ids import content_id
from ingest.model import Block, BlockKind, Section, SectionKind
from ingest.section_names import section_kind


@dataclass(frozen=True, slots=True)
class FilledSection:
    """A section with its heading (None before the first heading) and its blocks."""

    section: Section
    heading: Block | None
    blocks: tuple[Block, ...]


def split_sections(document_id: str, blocks: Iterable[Block]) -> list[FilledSection]:
    """Cut blocks at headings; a heading's path holds the headings of lower level above it.

    A section below one of the lesson's template sections is of its kind.
    """
    open_headings: list[Block] = []
    filled: list[FilledSection] = []
    heading: Block | None = None
    body: list[Block] = []
    seen: dict[tuple[str, ...], int] = {}

    def close() -> None:
        if heading is None and not body:
            return
        path = tuple(found.text for found in open_headings)
        occurrence = seen[path] = seen.get(path, -1) + 1
        first = heading or body[0]
        section = Section(
            id=content_id("section", document_id, *path, str(occurrence)),
            document_id=document_id,
            ordinal=len(filled),
            level=heading.level if heading else 0,
            path=path,
            page=first.spans[0].box.page if first.spans else None,
            kind=_nearest_kind(path),
        )
        filled.append(FilledSection(section, heading, tuple(body)))

    for block in blocks:
        if block.kind is not BlockKind.HEADING:
            body.append(block)
            continue
        close()
        heading, body = block, []
        open_headings = [found for found in open_headings if found.level < block.level]
        open_headings.append(block)
    close()
    return filled


def _nearest_kind(path: tuple[str, ...]) -> SectionKind:
    kinds = (section_kind(heading) for heading in reversed(path))
    return next((kind for kind in kinds if kind is not SectionKind.OTHER), SectionKind.OTHER)


def page_at(block: Block, position: int) -> int | None:
    """The page that a character of a block is printed on; None for inputs without pages."""
    spans = block.spans
    return next((span.box.page for span in spans if span.end > position), None) if spans else None
