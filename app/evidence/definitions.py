"""What the concept graph quotes as the definition of a concept, as a unit among the others."""

from collections.abc import Sequence

from app.evidence.ordering import tells_what_is
from app.evidence.units import Unit
from index.course_index import CourseIndex
from index.model import Hit
from ingest.readers.markdown.markup import plain


def definition_of(index: CourseIndex, concept: str, hits: Sequence[Hit]) -> Unit | None:
    """The definition of a concept where it has one that begins with the concept."""
    known = index.graph.concepts[concept]
    evidence = known.definition
    if evidence is None or not tells_what_is(plain(evidence.quote), known.names):
        return None
    hit = next((hit for hit in hits if hit.chunk.id == evidence.chunk_id), None)
    if hit is None:
        chunk = index.records.chunk(evidence.chunk_id)
        document = index.records.documents.get(evidence.document_id)
        if chunk is None or document is None:
            return None
        hit = Hit(len(hits) + 1, chunk, document, 0.0, ())
    start = hit.chunk.text.find(evidence.quote)
    return Unit(hit, start, start + len(evidence.quote)) if start >= 0 else None
