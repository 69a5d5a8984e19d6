"""Markdown and plain-text notes to blocks; every block is a verbatim piece of its note."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it.token import Token

from ingest.model import Block, BlockKind, DocumentKind, Notice, ParsedDocument
from ingest.readers.encoding import Text, read_text
from ingest.readers.markdown.front_matter import read_front_matter
from ingest.readers.markdown.links import external_links
from ingest.readers.markdown.markup import drop_comments, is_html, plain, visible
from ingest.readers.markdown.outline import is_catalogue, read_catalogue
from ingest.readers.markdown.rules import make_parser
from ingest.recognition import ALONE, ReaderServices
from ingest.settings import ReadSettings

# What a line is shows at its ends; the middle of a very long one is put back afterwards, so that
# no rule of the parser ever scans megabytes.
_LONGEST_LINE = 4000
_KEPT_END = 1000
_CUT = re.compile("\ufdd0(\\d+)\ufdd1")

# "text\n---" is a heading to Markdown; more than this is a paragraph above a rule.
_LONGEST_UNDERLINED = 120
_HEADING_IN_HTML = re.compile(
    r"\s*<h([1-6])\b[^<>]*>((?:[^<]|<(?!/h)){1,1000})</h\1\s*>\s*", re.IGNORECASE
)
_BULLET = re.compile(r"[>\s]*(?:[-*+](?:[ \t]+|$))?")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def read_markdown(
    file: Path, settings: ReadSettings, services: ReaderServices = ALONE
) -> ParsedDocument:
    """Read a Markdown note; a course outline also gets its entries."""
    source = read_text(file, settings.max_file_bytes)
    front = read_front_matter(source.text.split("\n"))
    body = source.text.split("\n", front.line_count)[-1] if front.line_count else source.text
    blocks = parse_blocks(body)
    catalogue = is_catalogue(blocks)
    return ParsedDocument(
        title=_title(front.metadata.get("title"), blocks, file),
        format="markdown",
        blocks=blocks,
        kind=DocumentKind.CATALOGUE if catalogue else DocumentKind.MATERIAL,
        entries=read_catalogue(blocks) if catalogue else (),
        notices=(*_damage(source), *front.notices),
        links=external_links(blocks),
        metadata=front.metadata,
    )


def read_plain_text(
    file: Path, settings: ReadSettings, services: ReaderServices = ALONE
) -> ParsedDocument:
    """Read a plain-text note: paragraphs between blank lines."""
    source = read_text(file, settings.max_file_bytes)
    pieces = (piece.strip("\n").rstrip() for piece in _BLANK_LINES.split(source.text))
    return ParsedDocument(
        title=file.stem,
        format="text",
        blocks=tuple(Block(BlockKind.PARAGRAPH, piece) for piece in pieces if piece.strip()),
        notices=_damage(source),
    )


def parse_blocks(text: str) -> tuple[Block, ...]:
    """Cut Markdown into blocks in reading order."""
    shortened, cuts = _shorten(text)
    blocks = tuple(_walk(make_parser().parse(shortened)))
    if not cuts:
        return blocks
    return tuple(
        Block(block.kind, _CUT.sub(lambda cut: cuts[int(cut[1])], block.text), block.level)
        for block in blocks
    )


def _shorten(text: str) -> tuple[str, list[str]]:
    """Replace the middle of very long lines by a mark."""
    cuts: list[str] = []
    if len(text) <= _LONGEST_LINE:
        return text, cuts
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if len(line) > _LONGEST_LINE and line.isspace():
            lines[number] = ""
        elif len(line) > _LONGEST_LINE:
            # The marks are noncharacters; no text may hold them, so a copy is a stray.
            safe = line.replace("\ufdd0", "\ufffd").replace("\ufdd1", "\ufffd")
            cuts.append(safe[_KEPT_END:-_KEPT_END])
            lines[number] = f"{safe[:_KEPT_END]}\ufdd0{len(cuts) - 1}\ufdd1{safe[-_KEPT_END:]}"
    return "\n".join(lines), cuts


def _walk(tokens: Sequence[Token]) -> Iterator[Block]:
    """Turn parser tokens into blocks, keeping track of the lists and quotes around them."""
    lists = quotes = 0
    fresh = False  # a list item was opened and has no text yet
    marker = ""
    for index, token in enumerate(tokens):
        name = token.type
        if name in ("bullet_list_open", "ordered_list_open"):
            lists += 1
        elif name in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
        elif name == "list_item_open":
            # The bullet goes; a number says which step it is, so it stays.
            fresh, marker = True, f"{token.info}{token.markup} " if token.info else ""
        elif name == "list_item_close":
            fresh = False
        elif name in ("blockquote_open", "blockquote_close"):
            quotes += token.nesting
        elif name == "inline" and token.level and tokens[index - 1].type == "heading_open":
            yield from _heading(tokens[index - 1], token.content, lists, quotes, fresh, marker)
            fresh = False
        elif name == "inline" and tokens[index - 1].type == "paragraph_open":
            yield _paragraph(token.content, lists, quotes, fresh, marker)
            fresh = False
        elif token.nesting == 0 or name == "table_open":
            fresh = fresh and name == "hr"
            yield from _leaf(token, lists, quotes)


def _heading(
    opening: Token, text: str, lists: int, quotes: int, fresh: bool, marker: str
) -> Iterator[Block]:
    underlined = opening.markup in ("=", "-")
    if not text.strip():
        return
    if lists or quotes or (underlined and ("\n" in text or len(text) > _LONGEST_UNDERLINED)):
        # Within a list or a quote it is emphasis: it must not open a section.
        yield _paragraph(text, lists, quotes, fresh, marker)
        return
    words = plain(text, formula_marks=True)
    if words:
        yield Block(BlockKind.HEADING, words, int(opening.tag[1]))


def _paragraph(text: str, lists: int, quotes: int, fresh: bool, marker: str) -> Block:
    if fresh:
        return Block(BlockKind.LIST_ITEM, marker + text, lists - 1)
    return Block(BlockKind.QUOTE if quotes else BlockKind.PARAGRAPH, text)


def _leaf(token: Token, lists: int, quotes: int) -> Iterator[Block]:
    """Give the blocks of a token that has no text of its own kind inside."""
    content = token.content.rstrip("\n")
    if not content.strip():
        return
    if token.type in ("fence", "code_block"):
        yield Block(BlockKind.CODE, content)
    elif token.type == "formula":
        yield Block(BlockKind.FORMULA, content)
    elif token.type == "table_open":
        yield Block(BlockKind.TABLE, content)
    elif token.type == "html_block":
        yield from _html(content, quotes)
    elif token.type == "deep":
        kind, level = (BlockKind.LIST_ITEM, lists) if lists else (BlockKind.QUOTE, 0)
        lines = (line[_end_of_marks(line) :] for line in content.split("\n"))
        yield from (Block(kind, line, level) for line in lines if line.strip())


def _html(content: str, quotes: int) -> Iterator[Block]:
    kind = BlockKind.QUOTE if quotes else BlockKind.PARAGRAPH
    if not is_html(content):
        yield Block(kind, drop_comments(content))
        return
    heading = _HEADING_IN_HTML.fullmatch(content)
    text = visible(content)
    if not text:
        return
    if heading is not None and not quotes:
        yield Block(BlockKind.HEADING, " ".join(text.split()), int(heading[1]))
    elif content.lstrip()[:4].lower() == "<pre":
        yield Block(BlockKind.CODE, text)
    else:
        yield Block(kind, text)


def _end_of_marks(line: str) -> int:
    position = 0
    while (found := _BULLET.match(line, position)) is not None and found.end() > position:
        position = found.end()
    return position


def _title(given: object, blocks: Sequence[Block], file: Path) -> str:
    if isinstance(given, str | int | float) and str(given).strip():
        return str(given).strip()
    for block in blocks:
        if block.kind is BlockKind.HEADING and block.level == 1:
            return block.text
    return file.stem


def _damage(source: Text) -> tuple[Notice, ...]:
    if not source.damaged:
        return ()
    count = source.text.count("\ufffd")
    return (
        Notice(
            "damaged_text",
            f"{count} places can't be decoded as {source.encoding}; they are shown as \ufffd",
        ),
    )
