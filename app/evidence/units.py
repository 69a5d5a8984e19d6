"""What of a passage can be quoted: sentences, tables or their rows, code, formulas."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from index.model import Hit
from ingest.chunking import lowest_confidence
from ingest.readers.markdown.markup import FENCED
from ingest.text import CJK_CHARACTER, length, sentences, trim

_SHORTEST = 6
_LONGEST = 400
_TABLE = r"(?:^\|[^\n]*(?:\n|\Z))+"
_FORMULA = r"^\$\$.*?\$\$[ \t]*$"
_WHOLE = re.compile(
    rf"{FENCED}|(?P<table>{_TABLE})|(?P<formula>{_FORMULA})", re.MULTILINE | re.DOTALL
)
_FENCE = re.compile(r"^(?:```+|~~~+)[^\n]*$", re.MULTILINE)
_RULER = re.compile(r"\|[ \t:|-]+$")
_CODE_LINE = re.compile(
    r"\s*(?:(?:def|class|import|from|return|if|elif|else|for|while|with|try|except|assert|yield|"
    r"print|const|let|var|func|public|void|int|float)\b.*|@\w+.*|#.*|//.*|[)\]}]+[,;:]?"
    r"|[\w.\[\]'\", *-]{1,80}\s?(?:[-+*/|&@]?=|->|:=)\s?\S.*|[\w.]{1,80}\(.*\)?[,:;]?\s*"
    r"|.*[({\[,;\\])\s*"
)
_CODE_SHARE = 0.6
# An end, an item's mark, a colon, a figure or a formula: such a line is no mere label.
_SAYS_SOMETHING = re.compile(
    r"[。！？；…:：=$]|[.!?;]\s*$|^\s*(?:[-*+•]|\d{1,2}[.、)）](?!\d))\s*\S|\d\s*[%％倍]"
)
_SAYS_NOTHING = re.compile(
    r"[?？]\s*$|^\W*(?:论文|参考|参考(?:资料|文献|文章|链接)|原文|链接|来源|出处|paper|references?|source|link)\s*[:：]"
    r"|^[^，。：:《]{0,12}[:：]?\s*(?:《[^》]*》\s*)+$"
    r"|^[^，。：:]{0,12}(?:论文|文章|博客|链接|地址|blog|paper|link)\s*[:：]\s*(?:[《\"“<\[]|https?:|$)",
    re.IGNORECASE,
)
# “本文介绍……”, a line that is a link, "(Xia et al., 2023)" twice: where to look, not what it says.
_ANNOUNCES = re.compile(
    r"^\W*(?:本文|本篇|这篇文章|今天|接下来|下面|下文|本节|首先)(?:我们)?(?:先|就|将|会|主要|简要|继续)*来?"
    r"(?:介绍|看|学习|讲|分享|聊|总结|整理|说说)"
)
_LONGEST_ANNOUNCEMENT = 40
_ADDRESS = re.compile(r"https?://\S+|www\.\S+")
_FEWEST_BESIDE_ADDRESS = 25
_CITED = re.compile(r"\([A-Z][A-Za-z-]+(?: et al\.?| and [A-Z][a-z]+)?,? (?:19|20)\d\d[a-z]?\)")
_ENDS = re.compile(r"[。！？；….!?;:：%％]\W*$")
_DIAGRAM = re.compile(r"(?:```+|~~~+)\s*mermaid\b")
# A caption tells what there is to see, and the picture is not quoted with it.
_CAPTION = re.compile(
    r"^\W*(?:图示|(?:图|表|figure|fig\.?|table)\s*\d+)\s*[:：.、]?", re.IGNORECASE
)
_LONGEST_CAPTION = 30
_LABEL = 10
_DRAWN_LABEL = 20
_FEWEST_LINES = 4
# The passage, and where in it something begins and ends.
Place: TypeAlias = tuple[str, int, int]


class UnitKind(StrEnum):
    """How a unit stands on its page."""

    SENTENCE = "sentence"
    TABLE = "table"
    ROW = "row"
    CODE = "code"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a hit's chunk that can be quoted, with how well it bears on the question.

    ``head`` is the range of the header that a row of a long table is not whole without; ``also``
    are other places that say the same, ``against`` is one that disagrees.
    """

    hit: Hit
    start: int
    end: int
    kind: UnitKind = UnitKind.SENTENCE
    score: float = 0.0
    head: tuple[int, int] | None = None
    also: tuple["Unit", ...] = ()
    against: "Unit | None" = None

    @property
    def text(self) -> str:
        """The verbatim words."""
        return self.hit.chunk.text[self.start : self.end]

    @property
    def place(self) -> Place:
        """What tells it from any other."""
        return self.hit.chunk.id, self.start, self.end


def units_of(hit: Hit) -> list[Unit]:
    """Cut a chunk into what can be quoted, in order."""
    text = hit.chunk.text
    units: list[Unit] = []
    low, high = 0, len(text)
    opened, closed = _cut_fences(text)
    if closed:
        units += _block(hit, 0, closed, UnitKind.CODE)
        low = closed
    if opened is not None:
        high = opened
    if not closed and opened is None and _is_code(text):
        return _block(hit, 0, len(text), UnitKind.CODE)
    units += _prose_and_blocks(hit, low, high)
    if opened is not None:
        units += _block(hit, opened, len(text), UnitKind.CODE)
    return units


def is_quotable(unit: Unit) -> bool:
    """Neither a scrap nor longer than anybody reads as a quote."""
    if not _SHORTEST <= length(unit.text) <= _LONGEST or _is_label(unit):
        return False
    if unit.kind is UnitKind.SENTENCE:
        return not _says_nothing(unit.text)
    # The source of a diagram is not what anybody sees of it.
    return not _DIAGRAM.match(unit.text)


def _says_nothing(text: str) -> bool:
    """A question answers none; a reference or a caption only says where to look."""
    is_caption = _CAPTION.match(text) is not None and "。" not in text
    if is_caption and length(text) < _LONGEST_CAPTION:
        return True
    if _ANNOUNCES.match(text) and length(text) < _LONGEST_ANNOUNCEMENT:
        return True
    if _ADDRESS.search(text) and length(_ADDRESS.sub("", text)) < _FEWEST_BESIDE_ADDRESS:
        return True
    return _SAYS_NOTHING.search(text) is not None or len(_CITED.findall(text)) > 1


def _is_label(unit: Unit) -> bool:
    """A few words that say nothing by themselves: a heading, or a box of a diagram."""
    if unit.kind is not UnitKind.SENTENCE or _SAYS_SOMETHING.search(unit.text):
        return False
    return length(unit.text) < (_DRAWN_LABEL if is_drawn(unit) else _LABEL)


def is_scrap(unit: Unit) -> bool:
    """Whether a unit was recognised in a picture and ends nowhere, as labels and cells do."""
    is_sentence = unit.kind is UnitKind.SENTENCE
    return is_sentence and not _ENDS.search(unit.text) and is_drawn(unit)


def is_drawn(unit: Unit) -> bool:
    """Whether some of a unit was recognised in a picture."""
    return lowest_confidence(unit.hit.chunk.spans, unit.start, unit.end) is not None


def _prose_and_blocks(hit: Hit, start: int, end: int) -> Iterator[Unit]:
    position = start
    for whole in _WHOLE.finditer(hit.chunk.text, start, end):
        yield from _sentences(hit, position, whole.start())
        if whole["table"]:
            yield from _table(hit, whole.start(), whole.end())
        else:
            kind = UnitKind.FORMULA if whole["formula"] else UnitKind.CODE
            yield from _block(hit, whole.start(), whole.end(), kind)
        position = whole.end()
    yield from _sentences(hit, position, end)


def _sentences(hit: Hit, start: int, end: int) -> Iterator[Unit]:
    for low, high in sentences(hit.chunk.text[start:end]):
        yield Unit(hit, start + low, start + high)


def _block(hit: Hit, start: int, end: int, kind: UnitKind) -> list[Unit]:
    found = trim(hit.chunk.text, start, end)
    return [Unit(hit, *found, kind)] if found else []


def _table(hit: Hit, start: int, end: int) -> list[Unit]:
    """The table, or the rows of one that is too long to be quoted whole."""
    text = hit.chunk.text
    whole = _block(hit, start, end, UnitKind.TABLE)
    if not whole or is_quotable(whole[0]):
        return whole
    lines: list[tuple[int, int]] = []
    position = start
    for line in text[start:end].splitlines(keepends=True):
        lines.append((position, position + len(line.rstrip())))
        position += len(line)
    rulers = [n for n, (low, high) in enumerate(lines[:2]) if _RULER.match(text[low:high])]
    if not rulers:
        return [Unit(hit, low, high, UnitKind.ROW) for low, high in lines]
    head = (lines[0][0], lines[rulers[0]][1])
    return [Unit(hit, low, high, UnitKind.ROW, head=head) for low, high in lines[rulers[0] + 1 :]]


def _cut_fences(text: str) -> tuple[int | None, int]:
    """Where a code block begins that the chunk's end cuts off, and where one cut off before ends.

    A block that is longer than a chunk is spread over several; fences come in pairs otherwise.
    """
    fences = list(_FENCE.finditer(text))
    if len(fences) % 2 == 0:
        return None, 0
    first, last = fences[0], fences[-1]
    # An opening fence may name a language; a bare one closes if code stands before it.
    if not first.group().strip("`~") and _is_code(text[: first.start()], fewest=1):
        return None, first.end()
    return last.start(), 0


def _is_code(text: str, fewest: int = _FEWEST_LINES) -> bool:
    """Tell the middle of a long code block, which has no fences, by its lines."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < fewest:
        return False
    looking = [line for line in lines if _CODE_LINE.fullmatch(line) and not _is_chinese(line)]
    return len(looking) >= _CODE_SHARE * len(lines)


def _is_chinese(line: str) -> bool:
    """Chinese before any mark of a comment is prose."""
    return CJK_CHARACTER.match(line.lstrip(" \t-*>")) is not None


def with_heads(units: Sequence[Unit]) -> list[Unit]:
    """Rows with the header of their table before them, each header once."""
    taken: dict[Place, Unit] = {}
    for unit in units:
        if unit.head is not None:
            head = Unit(unit.hit, *unit.head, UnitKind.ROW, unit.score)
            taken.setdefault(head.place, head)
        taken.setdefault(unit.place, unit)
    return list(taken.values())
