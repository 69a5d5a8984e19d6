"""Entries of a lesson's reference list: title, link and arXiv id as far as they are written."""

import re
from collections.abc import Iterator

from ingest.model import Block, BlockKind, Reference
from ingest.readers.markdown.links import arxiv_id, links_in
from ingest.readers.markdown.markup import CELL_BAR, plain
from ingest.sections import FilledSection, page_at

_ENTRY_MARK = re.compile(r"\s{0,4}(?:\[\^?\w{1,12}\]:?|\d{1,3}[.、．)）]|[-*+•])\s{1,4}")
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>，。；）】]{1,200}")
_YEAR = re.compile(r"[(（](?:19|20)\d\d[a-z]?[)）]")
# Words that a link shows in place of a title.
_SHOWN = re.compile(
    r"(?:\W|\d|link|paper|pdf|arxiv|abs|html|code|github|url|doi|blog|official|here|download"
    r"|链接|论文|原文|代码|地址|博客|官方|下载|点击|此处)*\Z",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"《([^《》\n]{2,300})》|[“\"]([^“”\"\n]{8,300})[”\"]")
_EMPHASISED = re.compile(r"(?<![*_\w])([*_]{1,3})([^*_\n]{8,300})\1(?![*_\w])")
# A title ends at a full stop, a dash, or what tells where to find the paper.
_TITLE_END = re.compile(
    r"(?<=[^\s.]{2})\.(?:\s|$)|[。;；\n]|\s{1,4}[—–-]{1,4}\s|\s{0,4}——"
    r"|[,.，]?\s{0,4}[\[(（]?\s{0,4}<?(?:arxiv|https?:|doi\b)",
    re.IGNORECASE,
)


def references(section: FilledSection) -> Iterator[Reference]:
    """Give the entries of a section of references, in order."""
    place = section.section
    deepest: int | None = None  # what is nested below an entry is a remark on it
    for block in section.blocks:
        is_item = block.kind is BlockKind.LIST_ITEM
        if is_item and deepest is not None and block.level > deepest:
            continue
        found = list(_entries(block))
        deepest = block.level if is_item and found else None
        for entry, start in found:
            page = page_at(block, start)
            yield _reference(entry, place.document_id, place.id, page)


def _entries(block: Block) -> Iterator[tuple[str, int]]:
    """Entries of a block with their places in it; a label such as "论文：" is none."""
    if block.kind is BlockKind.LIST_ITEM:
        if not block.text.rstrip("* ").endswith((":", "：")):
            yield block.text.strip(), 0
        return
    if block.kind not in (BlockKind.PARAGRAPH, BlockKind.QUOTE, BlockKind.TABLE):
        return
    position = 0
    for line in block.text.split("\n"):
        if _is_entry(line, block.kind):
            yield line.strip(), position
        position += len(line) + 1


def _is_entry(line: str, kind: BlockKind) -> bool:
    found = arxiv_id(line) or _DOI.search(line) or links_in(line)
    if kind is BlockKind.TABLE:
        return bool(found)
    return bool(found or _YEAR.search(line) or _ENTRY_MARK.match(line))


def _reference(entry: str, document_id: str, section_id: str, page: int | None) -> Reference:
    links = links_in(entry)
    target = links[0].target if links else ""
    if not target and (doi := _DOI.search(entry)) is not None:
        target = f"https://doi.org/{doi.group().rstrip('.,;')}"
    return Reference(document_id, section_id, page, entry, _title(entry), target, arxiv_id(entry))


def _title(entry: str) -> str:
    """The title by its marks, or what stands where a title stands; empty if there is neither."""
    mark = _ENTRY_MARK.match(entry)
    entry = entry[mark.end() :] if mark else entry
    for link in links_in(entry):
        if link.text != link.target and _SHOWN.match(link.text) is None:
            return link.text
    for pattern in (_QUOTED, _EMPHASISED):
        if (found := pattern.search(entry)) is not None and _is_title(found[found.lastindex or 0]):
            return plain(found[found.lastindex or 0]).strip(" .,，")
    cells = [cell.strip() for cell in CELL_BAR.split(entry.strip("| "))]
    if len(cells) > 1:
        return next((plain(cell) for cell in cells if _is_title(cell) and not links_in(cell)), "")
    year = _YEAR.search(entry)
    rest = entry[year.end() :].lstrip(" .,:，。：") if year else entry
    end = _TITLE_END.search(rest)
    title = plain(rest[: end.start()] if end else rest).strip(" .,:，：—-")
    return title if _SHOWN.match(title) is None and (year or _is_title(title)) else ""


def _is_title(text: str) -> bool:
    """Several words, or Chinese; an abbreviation or a number alone is no title."""
    return len(text.split()) > 1 or bool(re.search(r"[\u4e00-\u9fff]{2}|[A-Za-z]{5}", text))
