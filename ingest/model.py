"""Records that flow through the house: frozen, framework-free, equal by value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Language(StrEnum):
    """Main language of a text."""

    ZH = "zh"
    EN = "en"
    MIXED = "mixed"


class BlockKind(StrEnum):
    """What a block is on the page."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    QUOTE = "quote"
    CODE = "code"
    TABLE = "table"
    FORMULA = "formula"
    FIGURE = "figure"  # what is written inside a picture or drawing
    CAPTION = "caption"  # stands beside its figure or table
    FOOTNOTE = "footnote"


class DocumentKind(StrEnum):
    """Material answers questions; a catalogue only tells which material there is."""

    MATERIAL = "material"
    CATALOGUE = "catalogue"


class DocumentState(StrEnum):
    """What became of a file."""

    INDEXED = "indexed"
    NO_TEXT = "no_text"  # read, but nothing in it is text (scans, drawings)
    STALE = "stale"  # the last good version stays; the newer one can't be read
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page: 1-based page, PDF points, origin top left.

    Slides and notebook cells are pages without geometry: their boxes are empty.
    """

    page: int
    x0: float = 0.0
    y0: float = 0.0
    x1: float = 0.0
    y1: float = 0.0

    @property
    def empty(self) -> bool:
        """Whether only the page is known."""
        return self.x0 == self.x1 or self.y0 == self.y1


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``[start, end)`` of a text are printed in ``box``.

    ``confidence`` (0 to 1) is there where the text was recognised in a picture of the page;
    None means that the file itself holds the text.
    """

    start: int
    end: int
    box: Box
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, list item, table, code block, formula or heading, in reading order.

    ``level`` is the depth of a heading (1 is the top) or the nesting of a list item (0 is the top).
    ``spans`` are in order and do not overlap; they are empty for inputs without pages.
    ``area`` is the whole picture or drawing that the text is written in.
    """

    kind: BlockKind
    text: str
    level: int = 0
    spans: tuple[Span, ...] = ()
    area: Box | None = None


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One row of a course outline or document list, as its author wrote it.

    ``target`` is the decoded link; ``description`` may be wrong and is never evidence.
    """

    title: str
    target: str
    group: tuple[str, ...] = ()
    number: int | None = None
    description: str = ""
    difficulty: int | None = None
    priority: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to somewhere outside the document: what is printed, and where it leads."""

    text: str
    target: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know about a document that was read all the same."""

    code: str
    message: str
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a reader hands over."""

    title: str
    format: str
    blocks: tuple[Block, ...]
    page_count: int | None = None
    kind: DocumentKind = DocumentKind.MATERIAL
    entries: tuple[CatalogueEntry, ...] = ()
    notices: tuple[Notice, ...] = ()
    links: tuple[Link, ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to ingest: ``path`` is relative to the root of its collection, with ``/``."""

    collection: str
    path: str
    file: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file in the corpus."""

    id: str
    collection: str
    path: str
    file: str
    title: str
    format: str
    kind: DocumentKind
    state: DocumentState
    sha256: str
    size: int
    language: Language
    page_count: int | None = None
    reason: str = ""
    notices: tuple[Notice, ...] = ()
    entries: tuple[CatalogueEntry, ...] = ()
    links: tuple[Link, ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict)


class SectionKind(StrEnum):
    """What a lesson's section is for, by its heading; other headings say nothing."""

    CONCEPTS = "concepts"
    FORMULAS = "formulas"
    CODE = "code"
    FIGURES = "figures"
    QUESTIONS = "questions"
    REFERENCES = "references"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it; ``path`` holds the headings from the top down."""

    id: str
    document_id: str
    ordinal: int
    level: int
    path: tuple[str, ...]
    page: int | None = None
    kind: SectionKind = SectionKind.OTHER


@dataclass(frozen=True, slots=True)
class LessonItem:
    """Something that a template section of a lesson holds; its texts are verbatim."""

    document_id: str
    section_id: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Definition(LessonItem):
    """A term, without its markup, and the sentence that defines it."""

    term: str
    text: str


@dataclass(frozen=True, slots=True)
class Formula(LessonItem):
    """A formula that stands on its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Question(LessonItem):
    """A question and what the lesson answers; an exercise may have no answer."""

    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Reference(LessonItem):
    """An entry of a reference list; title, link and arXiv id are empty where it gives none."""

    text: str
    title: str
    target: str
    arxiv_id: str


class RelationKind(StrEnum):
    """How a concept is related to another one, read from the source to the target."""

    IS_A = "is_a"
    PART_OF = "part_of"
    VARIANT_OF = "variant_of"
    USES = "uses"
    IMPROVES_ON = "improves_on"
    ALTERNATIVE_TO = "alternative_to"
    PREREQUISITE_OF = "prerequisite_of"
    EVALUATED_BY = "evaluated_by"
    PROPOSED_IN = "proposed_in"
    RELATED_TO = "related_to"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A verbatim span of a chunk that a claim rests on."""

    document_id: str
    chunk_id: str
    page: int | None
    quote: str


@dataclass(frozen=True, slots=True)
class Concept:
    """Something that the material speaks of, under all its names.

    ``descriptions`` say in everyday words what somebody means who does not know the names; they
    are the lexicon's and no evidence. ``papers`` are arXiv ids.
    """

    id: str
    name_zh: str
    name_en: str
    aliases: tuple[str, ...]
    descriptions: tuple[str, ...] = ()
    definition: Evidence | None = None
    papers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The main name, Chinese if there is one."""
        return self.name_zh or self.name_en

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, the main ones first."""
        return tuple(name for name in (self.name_zh, self.name_en, *self.aliases) if name)


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed relation of two concepts, or of a concept and a paper, with its evidence."""

    source: str
    kind: RelationKind
    target: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that the material may name; ``id`` is its arXiv id where it has one.

    Of the ``names``, ``exact`` ones are other words in another spelling, ``generic`` ones count
    only where a text cites something, and ``common`` ones (benchmarks, base models) not when they
    are named in passing. ``concepts`` of the lexicon are what it is about, the main ones first;
    ``lessons`` teach it; ``subjects`` are numbers of broader fields.
    """

    id: str
    title: str
    year: int | None = None
    authors: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    exact: frozenset[str] = frozenset()
    generic: frozenset[str] = frozenset()
    common: frozenset[str] = frozenset()
    concepts: tuple[str, ...] = ()
    lessons: tuple[int, ...] = ()
    subjects: tuple[int, ...] = ()
    arxiv_id: str | None = None
    doi: str | None = None
    link: str | None = None
    abstract: str = ""

    @property
    def url(self) -> str | None:
        """Where it can be read; None where the facts give no place."""
        if self.arxiv_id:
            return f"https://arxiv.org/abs/{self.arxiv_id}"
        return f"https://doi.org/{self.doi}" if self.doi else self.link


class PaperRole(StrEnum):
    """What a paper is to a document that names it."""

    ABOUT = "about"
    CITES = "cites"


class NamedBy(StrEnum):
    """What a document names a paper by, the surest first."""

    ID = "id"
    LINK = "link"
    REFERENCE = "reference"
    TITLE = "title"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class PaperMention:
    """A document names a paper: where, in which words, and what the paper is to it.

    ``title`` and ``link`` are there where the facts do not know the paper.
    """

    document_id: str
    paper: str
    role: PaperRole
    named_by: NamedBy
    quote: str
    page: int | None = None
    chunk_id: str = ""
    section_id: str = ""
    title: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage that is searched and cited."""

    id: str
    document_id: str
    section_id: str
    ordinal: int
    section: tuple[str, ...]
    text: str
    language: Language
    spans: tuple[Span, ...] = ()

    @property
    def confidence(self) -> float | None:
        """The lowest confidence of text recognised in pictures; None if there is no such text."""
        return min((s.confidence for s in self.spans if s.confidence is not None), default=None)

    @property
    def pages(self) -> tuple[int, ...]:
        """Pages that the chunk is printed on, in order; empty for notes."""
        return tuple(sorted({span.box.page for span in self.spans}))

    @property
    def page(self) -> int | None:
        """The page that most of the chunk is printed on, the first of equals; None for notes."""
        printed: dict[int, int] = {}
        for span in self.spans:
            printed[span.box.page] = printed.get(span.box.page, 0) + span.end - span.start
        return max(sorted(printed), key=lambda page: printed[page], default=None)
