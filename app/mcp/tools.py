"""The tools: a call is a record of its arguments that runs over the material."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.assistant import MOST_HITS, Assistant, checked_text
from app.concepts import concept_shape, resolve
from app.contract import AnswerShape, RelatedShape, SearchShape
from app.errors import BadRequest
from app.lessons import LessonDetail, find_lesson, lesson_detail
from app.mcp.text import answer_text, concept_text, lesson_text, related_text, search_text


@dataclass(frozen=True, slots=True)
class Material:
    """What the tools work on: the assistant, and the corpus with the lessons' items."""

    assistant: Assistant
    corpus_file: Path


@dataclass(frozen=True, slots=True)
class Reply:
    """What a tool found: the shape that the command line and HTTP give, and text to read."""

    shape: dict[str, Any]
    text: str


class Tool(BaseModel):
    """A call of a tool; its fields are the arguments. ``shape`` is that of the reply, if known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tool_name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    shape: ClassVar[type[BaseModel] | None] = None

    @abstractmethod
    def run(self, material: Material) -> Reply:
        """Do what was asked; raises CourseError."""


class Search(Tool):
    """Find passages."""

    tool_name = "search"
    title = "Search the course material"
    description = (
        "Find passages of the course material, best first, each with document, page and section. "
        "Use it to read what the material says on a topic, to compare passages, or to look further "
        "when `ask` finds no answer. It always gives the nearest passages, even where none fits: "
        "judge them yourself. Queries may be Chinese or English; both languages are searched."
    )
    shape = SearchShape

    query: str = Field(description="Words or a question, in Chinese or English.")
    k: int = Field(
        10,
        description="How many passages.",
        json_schema_extra={"minimum": 1, "maximum": MOST_HITS},
    )

    def run(self, material: Material) -> Reply:
        """Search in every way at once."""
        found = SearchShape.of(material.assistant.search(self.query, self.k))
        return Reply(found.model_dump(), search_text(found))


class Ask(Tool):
    """Answer from the material."""

    tool_name = "ask"
    title = "Ask the course material"
    description = (
        "Answer one question from the course material alone: every sentence carries [n], and each "
        "[n] is a document, a page and a verbatim quote. Use it first for a question of fact. It "
        "may say that the material does not answer (`abstained` is true, with the reason and the "
        "nearest passages): then tell the user so, and do not present knowledge of your own as "
        "the material's. Ask one thing at a time, in Chinese or English."
    )
    shape = AnswerShape

    question: str = Field(description="One whole question that is clear without the conversation.")

    def run(self, material: Material) -> Reply:
        """Answer or refuse."""
        answer = AnswerShape.of(material.assistant.ask(self.question))
        return Reply(answer.model_dump(), answer_text(answer))


class ShowConcept(Tool):
    """What is known of a concept."""

    tool_name = "concept"
    title = "Look up a concept"
    description = (
        "What the material knows of one concept: its names in Chinese and English, its definition, "
        "its relations to other concepts (is_a, part_of, uses, prerequisite_of ...) each with the "
        "sentence it rests on, the documents and lessons that tell of it. Use it for 'what is X "
        "related to' or 'where is X taught'. For a question about it use `ask`. A name that the "
        "material does not use is an error: try another name, or `search`."
    )

    name: str = Field(description="Any name, abbreviation or id of the concept.")

    def run(self, material: Material) -> Reply:
        """Look it up in the concept graph."""
        index = material.assistant.index
        shape = concept_shape(index, resolve(index, checked_text(self.name, "name")))
        return Reply(shape, concept_text(shape))


class ShowLesson(Tool):
    """What a lesson holds."""

    tool_name = "lesson"
    title = "Open a lesson"
    description = (
        "One lesson of the course outline: its place, whether it is indexed, its headings, and its "
        "definitions, key questions with answers, formulas and references, word for word. Use it "
        "to study, review or quiz on a lesson. An unknown number or title gives an error that "
        "lists the lessons there are. For one question use `ask`."
    )
    shape = LessonDetail

    number_or_title: int | str = Field(
        description="The lesson's number, its title or a part of it, or its path."
    )

    def run(self, material: Material) -> Reply:
        """Find it in the outline and read its items."""
        wanted = self.number_or_title
        if isinstance(wanted, str):
            wanted = checked_text(wanted, "number_or_title")
        index = material.assistant.index
        detail = lesson_detail(index, find_lesson(index, wanted), material.corpus_file)
        return Reply(detail.model_dump(), lesson_text(detail))


class RelatedPapers(Tool):
    """Papers related to something."""

    tool_name = "related_papers"
    title = "Find related papers"
    description = (
        "Research papers related to a paper, a concept, a document or any words, best first, in "
        "groups (builds_on, variants_and_successors, alternatives, same_topic), each with reasons: "
        "what the material says of both, with quotes, or the concept they share and its lesson. "
        "Use it for 'what should I read about X', 'what came before or after X'. It works "
        "offline on known papers only, so there may be others. For what the material itself says "
        "use `ask`. An arXiv id that is not known is an error that names the nearest papers."
    )
    shape = RelatedShape

    query: str = Field(
        description="An arXiv id, a paper's title or short name, a concept, or any words."
    )
    k: int = Field(
        10,
        description="How many papers.",
        json_schema_extra={"minimum": 1, "maximum": MOST_HITS},
    )

    def run(self, material: Material) -> Reply:
        """Find and explain them."""
        found = RelatedShape.of(material.assistant.related_papers(self.query, self.k))
        return Reply(found.model_dump(), related_text(found))


TOOLS: Sequence[type[Tool]] = (Search, Ask, ShowConcept, ShowLesson, RelatedPapers)


def call_of(tool: type[Tool], arguments: dict[str, Any]) -> Tool:
    """A call with these arguments; raises BadRequest that names the first wrong one."""
    try:
        return tool.model_validate(arguments)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else "arguments"
        known = ", ".join(tool.model_json_schema()["properties"])
        raise BadRequest(
            f"{field}: {first['msg']}", f"`{tool.tool_name}` takes: {known}."
        ) from error
