"""Cuts a passage into what can be quoted, and tells what of it is worth quoting.

All of it looks at the text alone. A passage is cut once for choosing quotes and again for what may
contradict them, and comes up for one question after the other: what was found is kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ingest.readers.markdown.markup import FENCED
from ingest.text import CJK_CHARACTER, length, sentences, trim

_KEPT_PASSAGES = 1024
_KEPT_CUTS = 16384
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


class UnitKind(StrEnum):
    """How a unit stands on its page."""

    SENTENCE = "sentence"
    TABLE = "table"
    ROW = "row"
    CODE = "code"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Cut:
    """The range in its text of what can be quoted.

    ``head`` is the range of the header that a row of a long table is not whole without.
    """

    start: int
    end: int
    kind: UnitKind = UnitKind.SENTENCE
    head: tuple[int, int] | None = None


@lru_cache(_KEPT_PASSAGES)
def cuts_of(text: str) -> tuple[Cut, ...]:
    """What of a passage can be quoted, in order."""
    opened, closed = _cut_fences(text)
    if not closed and opened is None and _is_code(text):
        return tuple(_block(text, 0, len(text), UnitKind.CODE))
    end = len(text) if opened is None else opened
    return (
        *_block(text, 0, closed, UnitKind.CODE),
        *_prose_and_blocks(text, closed, end),
        *_block(text, end, len(text), UnitKind.CODE),
    )


@lru_cache(_KEPT_CUTS)
def is_worth_quoting(text: str, kind: UnitKind) -> bool:
    """Neither a scrap nor longer than anybody reads as a quote."""
    if not _SHORTEST <= length(text) <= _LONGEST:
        return False
    if kind is UnitKind.SENTENCE:
        return not _is_label(text, _LABEL) and not _says_nothing(text)
    # The source of a diagram is not what anybody sees of it.
    return not _DIAGRAM.match(text)


@lru_cache(_KEPT_CUTS)
def may_be_drawn_label(text: str) -> bool:
    """Whether a text would be a box of a diagram, if it stood in a picture."""
    return _is_label(text, _DRAWN_LABEL)


def ends_nowhere(text: str) -> bool:
    """Whether a text lacks the mark that a sentence ends with."""
    return _ENDS.search(text) is None


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


def _is_label(text: str, below: int) -> bool:
    """A few words that say nothing by themselves: a heading, or a box of a diagram."""
    return length(text) < below and not _SAYS_SOMETHING.search(text)


def _prose_and_blocks(text: str, start: int, end: int) -> Iterator[Cut]:
    position = start
    for whole in _WHOLE.finditer(text, start, end):
        yield from _sentences(text, position, whole.start())
        if whole["table"]:
            yield from _table(text, whole.start(), whole.end())
        else:
            kind = UnitKind.FORMULA if whole["formula"] else UnitKind.CODE
            yield from _block(text, whole.start(), whole.end(), kind)
        position = whole.end()
    yield from _sentences(text, position, end)


def _sentences(text: str, start: int, end: int) -> Iterator[Cut]:
    for low, high in sentences(text[start:end]):
        yield Cut(start + low, start + high)


def _block(text: str, start: int, end: int, kind: UnitKind) -> list[Cut]:
    found = trim(text, start, end)
    return [Cut(*found, kind)] if found else []


def _table(text: str, start: int, end: int) -> list[Cut]:
    """The table, or the rows of one that is too long to be quoted whole."""
    whole = _block(text, start, end, UnitKind.TABLE)
    if not whole or is_worth_quoting(text[whole[0].start : whole[0].end], UnitKind.TABLE):
        return whole
    lines: list[tuple[int, int]] = []
    position = start
    for line in text[start:end].splitlines(keepends=True):
        lines.append((position, position + len(line.rstrip())))
        position += len(line)
    rulers = [n for n, (low, high) in enumerate(lines[:2]) if _RULER.match(text[low:high])]
    if not rulers:
        return [Cut(low, high, UnitKind.ROW) for low, high in lines]
    return [Cut(low, high, UnitKind.ROW, head=lines[0]) for low, high in lines[rulers[0] + 1 :]]


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
