"""What the template sections of a lesson hold: definitions, formulas, questions, references."""

from collections.abc import Iterator, Sequence

from ingest.definitions import definitions
from ingest.model import BlockKind, Formula, LessonItem, SectionKind
from ingest.questions import questions
from ingest.recognition import OMITTED
from ingest.references import references
from ingest.sections import FilledSection, page_at


def lesson_items(sections: Sequence[FilledSection]) -> tuple[LessonItem, ...]:
    """Give the items of a document's sections: definitions, formulas, questions, references."""
    items: list[LessonItem] = []
    for section in sections:
        if section.section.kind is SectionKind.CONCEPTS:
            items.extend(definitions(section))
        elif section.section.kind is SectionKind.FORMULAS:
            items.extend(formulas(section))
        elif section.section.kind is SectionKind.REFERENCES:
            items.extend(references(section))
    items.extend(questions(sections))
    order = {section.section.id: section.section.ordinal for section in sections}
    return tuple(sorted(items, key=lambda item: order[item.section_id]))


def formulas(section: FilledSection) -> Iterator[Formula]:
    """Give the formulas of a section that stand on their own, in order."""
    place = section.section
    for block in section.blocks:
        if block.kind is BlockKind.FORMULA and OMITTED not in block.text:
            yield Formula(place.document_id, place.id, page_at(block, 0), block.text)
