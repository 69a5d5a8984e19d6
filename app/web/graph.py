"""The graph explorer: a concept, what it is related to, the evidence, and what to learn first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from nicegui import ui
from starlette.requests import Request

from app import concepts
from app.api.services import Services
from app.errors import NotFound
from app.web.drawing import Drawing, draw
from app.web.naming import name_of
from app.web.pointing import show_source
from app.web.rendering import fill
from app.web.shell import PAGE_SECONDS, Frame, fill_in, frame, on, send, told_of
from app.web.source import Pointed
from app.web.words import Words
from index.course_index import CourseIndex
from ingest.errors import CourseError
from ingest.model import Concept, Evidence, Relation, RelationKind

_MOST_LISTED = 60
_MOST_DRAWN = (19, 30)  # concepts, for one step and for two
_MOST_LINES = 60
_DEEPEST = 2
_LONGEST_NAME = 26  # in the picture


@dataclass(frozen=True, slots=True)
class Shown:
    """A concept's page: what the contract says of it, drawn and in the visitor's words."""

    concept: Concept
    shape: dict[str, Any]
    path: Sequence[dict[str, Any]]
    drawing: Drawing
    hidden: int
    relations: Sequence[tuple[str, Sequence[Relation]]]
    places: Sequence[dict[str, Any]]


def add_graph(services: Services) -> None:
    """The page of the concept graph."""

    @ui.page("/graph", response_timeout=PAGE_SECONDS)
    async def graph(request: Request, concept: str = "", q: str = "", depth: int = 1) -> None:
        with frame(request, "graph") as parts:
            page = _Graph(services, parts)
            await page.draw(concept.strip(), q.strip(), min(max(depth, 1), _DEEPEST))


class _Graph:
    def __init__(self, services: Services, parts: Frame) -> None:
        self._services = services
        self._parts = parts
        self._evidence: Sequence[Evidence] = ()

    async def draw(self, concept: str, query: str, depth: int) -> None:
        """A concept, those that fit a query, or those most told of."""
        words = self._parts.words

        def make() -> Markup:
            try:
                return self._markup(concept, query, depth)
            except CourseError as error:
                return fill("graph_search", words, query=query or concept, found=None, names={},
                            error=told_of(error, words))  # fmt: skip

        await fill_in(words, make, "reading wider")
        on("relation", self._relation, words)
        on("cite", self._cite, words)

    @property
    def _index(self) -> CourseIndex:
        return self._services.assistant.index

    def _markup(self, wanted: str, query: str, depth: int) -> Markup:
        index, words = self._index, self._parts.words
        if query and not wanted:
            found = index.graph.by_name(query)
            wanted = found[0] if found else ""
        if wanted:
            concept = concepts.resolve(index, wanted)
            return fill("graph", words, depth=depth, says=self._says, name=self._name,
                        one=shown(index, concept, depth, words))  # fmt: skip
        listed = concepts.listed(index, query)[:_MOST_LISTED]
        names = {one["id"]: self._name(one["id"]) for one in listed}
        return fill("graph_search", words, query=query, found=listed, names=names, error=None)

    def _name(self, concept_id: str) -> str:
        return name_in(self._index, concept_id, self._parts.words)

    def _says(self, relation: Relation) -> str:
        return self._parts.words(
            f"says_{relation.kind}",
            one=self._name(relation.source),
            other=self._name(relation.target),
        )

    async def _relation(self, key: str) -> None:
        source, kind, target = key.split("|")
        relation = next(
            (
                found
                for found in self._index.graph.relations_of(source)
                if (found.source, found.kind, found.target) == (source, kind, target)
            ),
            None,
        )
        if relation is None:
            raise NotFound(f"no relation {key!r}", "Reload the page.")
        self._evidence = relation.evidence
        documents = self._index.records.documents
        self._parts.source.content = str(
            fill("evidence", self._parts.words, says=self._says(relation), documents=documents,
                 evidence=relation.evidence)
        )  # fmt: skip
        send("coursegraph.openSource()")

    async def _cite(self, kind: str, which: str) -> None:
        """Open a piece of evidence, a definition, or a page of a document."""
        index = self._index
        if kind == "evidence":
            pointed = _at(index, self._evidence[int(which)])
        elif kind == "definition":
            definition = index.graph.concepts[which].definition
            if definition is None:
                raise NotFound(f"no definition of {which!r}")
            pointed = _at(index, definition)
        else:
            document_id, _, page = kind.partition("@")
            pointed = Pointed(document_id, page=int(page) if page else None)
        await show_source(self._parts, index, pointed)


def shown(index: CourseIndex, concept: Concept, depth: int, words: Words) -> Shown:
    """Everything that the page of a concept shows."""
    most = _MOST_DRAWN[depth - 1]
    around = concepts.neighbourhood(index, concept.id, depth, most)
    distances = {one["id"]: one["distance"] for one in around["concepts"]}
    names = {one: _short(name_in(index, one, words)) for one in distances}
    lines = [(one["source"], one["relation"], one["target"]) for one in around["relations"]]
    weights = {
        line: len(one["evidence"]) for line, one in zip(lines, around["relations"], strict=True)
    }
    lines.sort(key=lambda line: (concept.id not in line, -weights[line]))
    own = index.graph.relations_of(concept.id)
    neighbours = {end for relation in own for end in (relation.source, relation.target)}
    known = neighbours & set(index.graph.concepts)
    shape = concepts.concept_shape(index, concept)
    return Shown(
        concept=concept,
        shape=shape,
        path=concepts.path_shape(index, concept)["steps"][:-1],
        drawing=draw(names, distances, lines[:_MOST_LINES]),
        hidden=len(known - set(distances)),
        relations=_grouped(index, own),
        places=_places(index, shape["documents"]),
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def name_in(index: CourseIndex, concept_id: str, words: Words) -> str:
    """The name of a concept in the visitor's language; a paper has its own."""
    concept = index.graph.concepts.get(concept_id)
    return name_of(concept, words) if concept else concept_id


def _places(index: CourseIndex, told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The documents with their titles; a path that two collections have leads to the first."""
    documents = {one.path: one for one in reversed(index.records.documents.values())}
    return [
        {"id": one.id, "title": one.title, "pages": place["pages"]}
        for place in told
        if (one := documents.get(place["document"])) is not None
    ]


def _grouped(
    index: CourseIndex, relations: Sequence[Relation]
) -> list[tuple[str, Sequence[Relation]]]:
    groups: dict[str, list[Relation]] = {}
    for relation in sorted(relations, key=lambda one: (-len(one.evidence), one.source, one.target)):
        ends = (relation.source, relation.target)
        if all(end in index.graph.concepts for end in ends):
            groups.setdefault(str(relation.kind), []).append(relation)
    return [(str(kind), groups[kind]) for kind in RelationKind if kind in groups]


def _at(index: CourseIndex, evidence: Evidence) -> Pointed:
    document = index.records.documents[evidence.document_id]
    return Pointed(
        document_id=document.id,
        title=document.title,
        page=evidence.page,
        quote=evidence.quote,
        chunk_id=evidence.chunk_id,
    )
