"""Answers as web pages: paragraphs of sentences, each followed by the numbers of its citations."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from app.contract import AnswerShape, CitationShape, HitShape, SentenceShape
from app.web import notes
from app.web.rendering import fill
from app.web.words import Words
from ingest.readers.markdown.markup import CELL_BAR

# What ``app.composing`` makes: a comparison at the beginning, of which the last row may lack cells
# while the answer is made, and rows of a table of the material with their marks in the last column.
_TABLES = re.compile(
    r"\A\|  \|[^\n]*\n\|(?: --- \|)+(?:\n\|[^\n]*)*"
    r"|^\|[^\n]*\n\|(?: --- \|)+(?:\n\|[^\n]*\|(?:\[\d+\])+ \|)+$",
    re.MULTILINE,
)
_MARKS = re.compile(r"(?:\[\d+\])+$")
_ALL_MARKS = re.compile(r"\[\d+\]")
_NUMBER = re.compile(r"\d+")


@dataclass(slots=True)
class Turn:
    """A question and how far its answer is."""

    number: int
    question: str
    text: str = ""
    sentences: list[SentenceShape] = field(default_factory=list)
    citations: dict[int, CitationShape] = field(default_factory=dict)
    answer: AnswerShape | None = None
    busy: bool = True
    stopped: bool = False
    error: str | None = None
    hint: str = ""
    suggestions: Sequence[str] = ()
    # Of concepts, in the visitor's language.
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def kept(cls, number: int, answer: AnswerShape) -> "Turn":
        """A turn as a conversation keeps it."""
        turn = cls(number, answer.question)
        turn.finish(answer)
        return turn

    def finish(self, answer: AnswerShape) -> None:
        """The whole answer is what counts."""
        self.answer, self.busy = answer, False
        self.text, self.sentences = answer.answer, list(answer.sentences)
        self.citations = {citation.n: citation for citation in answer.citations}

    def place(self, name: str) -> CitationShape | HitShape | None:
        """What a reader points at: the number of a citation, or of a nearest place ("near-1")."""
        kind, _, number = name.rpartition("-")
        if not number.isdigit():
            return None
        if kind != "near":
            return self.citations.get(int(number))
        nearest = self.answer.nearest if self.answer else []
        return nearest[int(number)] if int(number) < len(nearest) else None

    def markup(self, words: Words) -> Markup:
        """The turn as it is shown."""
        return fill("turn", words, turn=self, blocks=list(blocks(self)))


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence with its citations; ``block`` when it is code, a table or a formula."""

    markup: Markup
    citations: tuple[CitationShape, ...]
    supported: bool
    block: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the heads first."""

    rows: list[list[Shown]]


def blocks(turn: Turn) -> Iterator[Table | list[Shown]]:
    """Tables and paragraphs: sentences that stand in one of the answer's text stand together."""
    tables = list(_TABLES.finditer(turn.text))
    paragraph: list[Shown] = []
    position = below = 0
    for sentence in turn.sentences:
        start = turn.text.find(sentence.text, position)
        end = start + len(sentence.text)
        if 0 <= start < below:  # a cell of a table that was given
            position = end
            continue
        table = next((one for one in tables if one.start() <= start < one.end()), None)
        begin = table.start() if table else start
        said = _between(turn, max(position, below), begin) if start >= 0 else None
        shown = None if table else _shown(sentence, turn)
        apart = start < 0 or "\n" in turn.text[position:start] or shown is None or shown.block
        if paragraph and (said or apart or paragraph[-1].block):
            yield paragraph
            paragraph = []
        if said:
            yield [said]
        if table:
            head, _, *rows = table.group().split("\n")
            yield Table([_cells(row, turn) for row in (head, *rows)])
            below = table.end()
        if shown:
            paragraph.append(shown)
        position = end if start >= 0 else position
    if paragraph:
        yield paragraph
    if said := _between(turn, max(position, below), len(turn.text)):
        yield [said]


def _between(turn: Turn, start: int, end: int) -> Shown | None:
    """What an answer says between two sentences or below them: that sources differ, say."""
    words = _ALL_MARKS.sub("", turn.text[start:end]).strip()
    notice = turn.answer.notice if turn.answer else None
    if not any(character.isalnum() for character in words) or words == notice:
        return None
    return Shown(notes.render_inline(words), (), supported=True, block=False)


def _cells(row: str, turn: Turn) -> list[Shown]:
    inner = row.strip().removeprefix("|").removesuffix("|")
    return [_cell(cell, turn) for cell in CELL_BAR.split(inner)]


def _cell(text: str, turn: Turn) -> Shown:
    words = text.strip()
    marks = _MARKS.search(words)
    numbers = [int(number) for number in _NUMBER.findall(marks.group())] if marks else []
    words = words[: marks.start()] if marks else words
    cited = tuple(turn.citations[n] for n in numbers if n in turn.citations)
    return Shown(notes.render_inline(words), cited, supported=True, block=False)


def _shown(sentence: SentenceShape, turn: Turn) -> Shown:
    block = notes.is_block(sentence.text)
    markup = notes.render(sentence.text) if block else notes.render_inline(sentence.text)
    cited = tuple(turn.citations[n] for n in sentence.citations if n in turn.citations)
    return Shown(markup, cited, sentence.supported, block)
