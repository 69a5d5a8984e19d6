"""One row of a course outline: a list item, a table row or a line that begins with a link."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.model import Block, BlockKind
from ingest.readers.markdown.lesson_numbers import lesson_number, whole_number
from ingest.readers.markdown.markup import CELL_BAR, Link, links, plain
from ingest.readers.markdown.targets import local_target
from ingest.text import length

# Link texts that say what is behind the link but not what it is about.
_GENERIC = re.compile(
    r"(?:slides?|notes?|pdf|html?|md|link|here|download|ppt|handouts?|notebook|reading|materials?|"
    r"lecture notes|open|view|课件|讲义|笔记|链接|下载|文档|资料|查看|点击|打开|正文|详情|阅读)\d*",
    re.IGNORECASE,
)
# "Next", "上一课：…", "Back to top", but not "Next-token prediction" or 下一代架构.
_NAVIGATION = re.compile(
    r"\W*(?:[上下]一(?:课|讲|章|节|页|篇)|返回|回到|"
    r"(?:prev(?:ious)?|next)(?:\s+(?:lecture|lesson|chapter|section|page))?\s*(?:[:：].*|\W*)$|"
    r"back(?:\s+to\s.*|\W*)$|(?:home|top)\W*$)",
    re.IGNORECASE,
)
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u231a-\u23ff\u25a0-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3]"
)
_STAR = re.compile("[⭐★]")
_ORDINAL = re.compile(r"(\d{1,3})[.)]\s+")
_CHECKBOX = re.compile(r"\[[ xX]\]\s+")
_EDGES = " \t\r\n:：-–—|,，、;；.。·~>()（）[]"

_COLUMN_ROLES = {
    "difficulty": re.compile(r"难度|难易|difficulty|^level$|^stars?$", re.IGNORECASE),
    "priority": re.compile(r"优先级|priority|重要|importance", re.IGNORECASE),
    "description": re.compile(
        r"内容|描述|简介|说明|摘要|要点|description|summary|content|about|abstract", re.IGNORECASE
    ),
    "topic": re.compile(r"主题|课题|题目|标题|名称|topic|title|^name$|subject", re.IGNORECASE),
    "number": re.compile(
        r"^(?:#|№|no\.?|nr\.?|序号|编号|周次|课次|节次|讲次|周|"
        r"(?:week|lecture|lesson|lec|session|class|unit)\s*(?:#|no\.?|number)?)$",
        re.IGNORECASE,
    ),
}
_LONGEST_PREFIX = 30
_LINK_FIRST = re.compile(r"[^\w\[]{0,8}\[[^\[\]]+\]\(")
_REFERENCE_LINK = re.compile(r"\[([^\[\]\n]++)\]\[([^\[\]\n]*+)\]")
_DEFINITION = re.compile(
    r"^[ ]{0,3}\[([^\[\]\n^][^\[\]\n]*+)\]:[ \t]*(<[^<>\n]+>|\S+)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class RowLink:
    """A link to a local document, and what its row says of it."""

    title: str
    target: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row; ``links`` is empty when it leads to no local document."""

    text: str
    links: tuple[RowLink, ...] = ()
    number: int | None = None
    ordinal: int | None = None
    difficulty: int | None = None
    priority: str = ""
    only_anchors: bool = False


def rows_of(block: Block, definitions: Mapping[str, str]) -> Iterator[Row]:
    """Give the rows of a block; prose has none."""
    text = _resolve(block.text, definitions)
    if block.kind is BlockKind.TABLE:
        yield from _table_rows(text)
    elif block.kind is BlockKind.LIST_ITEM:
        yield _line_row(text)
    elif block.kind is BlockKind.PARAGRAPH and "\n" in text and "](" in text:
        lines = text.split("\n")
        if all(_LINK_FIRST.match(line) for line in lines):
            yield from (_line_row(line) for line in lines)


def definitions_of(text: str) -> dict[str, str]:
    """Find link definitions such as ``[intro]: lectures/01.pdf``."""
    return {found[1].casefold(): found[2].strip("<>") for found in _DEFINITION.finditer(text)}


def without_emoji(text: str) -> str:
    """Remove emoji and the white space that they leave."""
    return " ".join(_EMOJI.sub(" ", text).split())


def is_generic(title: str) -> bool:
    """Tell a title such as "slides" that says nothing of the lesson."""
    return _GENERIC.fullmatch(title) is not None


def stars(text: str) -> int | None:
    """Count the stars of a difficulty; None when there are none."""
    return len(_STAR.findall(text)) or None


def _resolve(text: str, definitions: Mapping[str, str]) -> str:
    if not definitions:
        return text

    def inline(found: re.Match[str]) -> str:
        target = definitions.get((found[2] or found[1]).casefold())
        return found.group() if target is None else f"[{found[1]}](<{target}>)"

    return _REFERENCE_LINK.sub(inline, text)


def _local_links(text: str) -> list[tuple[Link, str]]:
    return [
        (link, target)
        for link in links(text)
        if not _NAVIGATION.match(link.text) and (target := local_target(link.target)) is not None
    ]


def _line_row(line: str) -> Row:
    """Read ``3. [Title](target): description`` and its relatives."""
    ordinal = _ORDINAL.match(line)
    text = _CHECKBOX.sub("", line[ordinal.end() :] if ordinal else line, count=1)
    found = _local_links(text)
    prefix = _bare(text[: found[0][0].start]) if found else ""
    if not found or length(prefix) > _LONGEST_PREFIX:
        return Row(_bare(text), only_anchors=_only_anchors(text))
    description = _bare(_remove(text, [link for link in links(text) if _drops(link)], found[0][0]))
    titles = [_title(link.text, prefix, description) for link, _ in found]
    return Row(
        text=titles[0],
        links=tuple(
            RowLink(title, target, "" if description == title else description)
            for title, (_, target) in zip(titles, found, strict=True)
        ),
        number=lesson_number(titles[0], prefix),
        ordinal=int(ordinal[1]) if ordinal else None,
        difficulty=stars(text),
    )


def _drops(link: Link) -> bool:
    return local_target(link.target) is not None or is_generic(link.text)


def _remove(text: str, removed: list[Link], first: Link) -> str:
    """Give what stands behind the first link, without the others."""
    pieces = []
    position = first.end
    for link in removed:
        if link.start >= position:
            pieces.append(text[position : link.start])
            position = link.end
    return "".join(pieces) + text[position:]


def _table_rows(text: str) -> Iterator[Row]:
    lines = text.split("\n")
    roles = [_role(cell) for cell in _cells(lines[0])]
    for line in lines[2:]:
        cells = _cells(line)
        yield _table_row(cells, (roles + [""] * len(cells))[: len(cells)])


def _role(header: str) -> str:
    name = _bare(header)
    return next((role for role, words in _COLUMN_ROLES.items() if words.search(name)), "")


def _cells(line: str) -> list[str]:
    bare = line.strip().removeprefix("|")
    if bare.endswith("|") and not bare.endswith("\\|"):
        bare = bare[:-1]
    return [cell.replace("\\|", "|").strip() for cell in CELL_BAR.split(bare)]


def _table_row(cells: list[str], roles: list[str]) -> Row:
    found = [(number, *one) for number, cell in enumerate(cells) for one in _local_links(cell)]
    if not found:
        return Row(_bare(" ".join(cells)), only_anchors=_only_anchors(" ".join(cells)))
    linked = {column for column, _, _ in found}
    by_role = {role: cells[column] for column, role in reversed(list(enumerate(roles))) if role}
    free = [
        (_bare(cell), roles[column])
        for column, cell in enumerate(cells)
        if column not in linked and roles[column] not in ("difficulty", "priority")
    ]
    number = whole_number(_bare(by_role.get("number", "")))
    words = [
        (text, role)
        for text, role in free
        if text and not (role == "number" and number is not None)
    ]
    topic = next((text for text, role in words if role == "topic"), words[0][0] if words else "")
    titles = [_title(link.text, topic, "") for _, link, _ in found]
    described = [text for text, role in words if role == "description"]
    described = described or [text for text, _ in words]
    return Row(
        text=titles[0],
        links=tuple(
            RowLink(title, target, "; ".join(text for text in described if text != title))
            for title, (_, _, target) in zip(titles, found, strict=True)
        ),
        number=lesson_number(titles[0], *(text for text, _ in words)) if number is None else number,
        difficulty=_difficulty(by_role.get("difficulty"), cells),
        priority=_bare(by_role.get("priority", "")),
    )


def _difficulty(cell: str | None, cells: list[str]) -> int | None:
    if cell is None:
        return stars(" ".join(cells))
    return stars(cell) or whole_number(_bare(cell))


def _only_anchors(text: str) -> bool:
    found = links(text)
    return bool(found) and all(link.target.startswith("#") for link in found)


def _bare(text: str) -> str:
    """Words without markup, emoji, stars, and the punctuation that joined them to a link."""
    words = without_emoji(_STAR.sub("", plain(text)))
    trimmed = words.strip(_EDGES)
    # A bracket belongs to the words when its partner is still there.
    for opening, closing in ("()", "（）", "[]"):
        if trimmed.count(opening) == trimmed.count(closing) + 1 and words.rstrip().endswith(
            closing
        ):
            trimmed += closing
    return trimmed


def _title(link_text: str, *instead: str) -> str:
    own = without_emoji(plain(link_text))
    if own and not is_generic(own):
        return own
    return next((text for text in instead if text), own)
