"""Course outlines: which lessons and documents a README lists, in which order and group."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.model import Block, BlockKind, CatalogueEntry
from ingest.readers.markdown.catalogue_rows import (
    Row,
    RowLink,
    definitions_of,
    is_generic,
    rows_of,
    stars,
    without_emoji,
)
from ingest.readers.markdown.lesson_numbers import lesson_number
from ingest.readers.markdown.markup import plain
from ingest.readers.markdown.targets import match_targets
from ingest.text import length

__all__ = ["is_catalogue", "is_stage", "match_targets", "read_catalogue"]

# A catalogue is a note whose lists and tables are mostly links to local documents:
# * enough of them: five that make up a third of its rows, or three that make up half
#   (rows that lead nowhere but to the note's own headings don't count), and
# * little prose beside them: a lesson that ends with "see also" is a lesson.
# Links under headings such as "References" decide nothing, whatever their number.
_ENOUGH = ((5, 1 / 3), (3, 1 / 2))
_PROSE_PER_ENTRY = 200  # in Chinese characters, see ``text.length``
_SEE_ALSO = re.compile(
    r"参考|^相关|相关(?:笔记|链接|文档|资料|阅读|课程)|延伸|扩展阅读|拓展阅读|推荐阅读|导航|"
    r"see also|reference|related|further|bibliography|read more|navigation",
    re.IGNORECASE,
)
_PRIORITY = re.compile(r"(?:优先级|\bpriority)\s*[:：]\s*([^|｜,，;；\n]+)", re.IGNORECASE)
_RATING = re.compile(r"难度|优先级|\b(?:difficulty|priority)\b", re.IGNORECASE)
_LONGEST_PARENT = 40
_MOST = 2 / 3


@dataclass(slots=True)
class _Heading:
    """An open heading, with what the lines under it say of all its rows."""

    level: int
    text: str
    difficulty: int | None = None
    priority: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """A row with the headings (``path``) and list items (``parents``) above it."""

    row: Row
    path: tuple[str, ...]
    parents: tuple[str, ...]
    difficulty: int | None
    priority: str


def is_catalogue(blocks: Sequence[Block]) -> bool:
    """Tell a course outline from a note that has some links."""
    entries = rows = 0
    for found in _rows(blocks):
        if any(_SEE_ALSO.search(text) for text in found.path[-1:]):
            continue
        rows += not found.row.only_anchors
        entries += bool(found.row.links)
    prose = sum(
        length(block.text)
        for block in blocks
        if block.kind in (BlockKind.PARAGRAPH, BlockKind.QUOTE, BlockKind.FORMULA)
    )
    enough = any(entries >= count and entries >= share * rows for count, share in _ENOUGH)
    return enough and prose <= _PROSE_PER_ENTRY * entries


def is_stage(entry: CatalogueEntry) -> bool:
    """Tell an entry that names a whole stage (the README of a folder) from one lesson."""
    return _is_readme(entry.target)


def _is_readme(target: str) -> bool:
    return target.rsplit("/", 1)[-1].casefold() == "readme.md"


def read_catalogue(blocks: Sequence[Block]) -> tuple[CatalogueEntry, ...]:
    """Read every row that links to a local document, in the order of the note."""
    found = [one for one in _rows(blocks) if one.row.links]
    wrapper = _wrapper(found)
    # A plain list number counts as the lesson's unless lists restart or titles have their own.
    ordinals = [one.row.ordinal for one in found if one.row.ordinal is not None]
    by_list = len(set(ordinals)) == len(ordinals) and all(one.row.number is None for one in found)
    return tuple(_entry(one, link, wrapper, by_list) for one in found for link in one.row.links)


def _entry(one: _Found, link: RowLink, wrapper: str | None, by_list: bool) -> CatalogueEntry:
    row = one.row
    title, number = link.title, row.ordinal if by_list else row.number
    if not title or is_generic(title):
        # "- Lecture 3: Trees" with "- [slides](trees.pdf)" under it.
        above = (*one.path[-1:], *one.parents)[-1:]
        title = above[0] if above else title or link.target.rsplit("/", 1)[-1]
        number = lesson_number(title) if number is None else number
    return CatalogueEntry(
        title=title,
        target=link.target,
        group=_group(one, wrapper),
        number=number,
        description=link.description,
        difficulty=row.difficulty or one.difficulty,
        priority=row.priority or one.priority,
    )


def _rows(blocks: Sequence[Block]) -> Iterator[_Found]:
    """Give all rows of lists, tables and link paragraphs with what stands above them."""
    headings: list[_Heading] = []
    parents: list[str] = []
    titles = sum(block.kind is BlockKind.HEADING and block.level == 1 for block in blocks)
    # Link definitions may stand anywhere, mostly at the end.
    definitions = definitions_of("\n".join(block.text for block in blocks if "]:" in block.text))
    for block in blocks:
        if block.kind is BlockKind.HEADING:
            headings = [one for one in headings if one.level < block.level]
            headings.append(_Heading(block.level, without_emoji(block.text)))
        elif block.kind in (BlockKind.QUOTE, BlockKind.PARAGRAPH) and headings:
            _note(headings[-1], block)
        # A lone H1 is the title of the whole.
        path = tuple(one.text for one in headings if one.level > 1 or titles > 1)
        difficulty = next((one.difficulty for one in reversed(headings) if one.difficulty), None)
        priority = next((one.priority for one in reversed(headings) if one.priority), "")
        for row in rows_of(block, definitions):
            above: tuple[str, ...] = ()
            if block.kind is BlockKind.LIST_ITEM:
                # An item that has items under it is their heading, unless it is prose.
                parents = [*parents[: block.level], *[""] * (block.level - len(parents))]
                above = tuple(text for text in parents if text)
                parents.append(row.text if length(row.text) <= _LONGEST_PARENT else "")
            yield _Found(row, path, above, difficulty, priority)


def _note(heading: _Heading, block: Block) -> None:
    """Let a line such as "difficulty: ⭐⭐ | priority: must" hold for the rows under a heading."""
    if block.kind is BlockKind.QUOTE or _RATING.search(block.text):
        heading.difficulty = heading.difficulty or stars(block.text)
        found = _PRIORITY.search(plain(block.text))
        heading.priority = heading.priority or (found[1].strip() if found else "")


def _wrapper(found: Sequence[_Found]) -> str | None:
    """Find a heading that only wraps the real groups: most rows are under it, none directly."""
    # An overview of the stages stands beside the wrapper, not under it.
    paths = [
        one.path for one in found if not all(_is_readme(link.target) for link in one.row.links)
    ]
    for top, count in Counter(path[0] for path in paths if path).items():
        if count > _MOST * len(paths):
            inside = [one.path for one in found if one.path[:1] == (top,)]
            return top if all(len(path) > 1 for path in inside) else None
    return None


def _group(one: _Found, wrapper: str | None) -> tuple[str, ...]:
    path = one.path[1:] if wrapper is not None and one.path[:1] == (wrapper,) else one.path
    return (*path, *one.parents)
