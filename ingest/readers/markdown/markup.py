"""Markdown and HTML markup to the words a reader sees; every pattern here runs in linear time.

Only single characters repeat possessively: before Python 3.11.5 a possessive group that can
backtrack inside now and then fails to match what it should (CPython issue 106052).
"""

import html
import re
from dataclasses import dataclass

# Only tags that exist: <s>, <think> and <pad> are content in notes on language models.
_TAG_NAMES = (
    "a|abbr|article|aside|audio|b|big|blockquote|body|br|button|caption|center|cite|code|col|"
    "colgroup|dd|del|details|dfn|div|dl|dt|em|figcaption|figure|font|footer|form|h[1-6]|head|"
    "header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|ol|p|picture|pre|"
    "samp|section|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|tfoot|"
    "th|thead|title|tr|u|ul|video"
)
_TAG = re.compile(rf"<(?=[/a-z])/?(?:{_TAG_NAMES})(?:[\s/][^<>]*)?>", re.IGNORECASE)
_LINE_TAG = re.compile(
    r"<br\b[^<>]*>|</(?:p|div|li|tr|h[1-6]|summary|dt|dd|table|ul|ol|pre)\s*>", re.IGNORECASE
)
_CELL_TAG = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_HTML_START = re.compile(rf"\s*(?:<[!?]|</?(?:{_TAG_NAMES}|script)(?:[\s/>]|$))", re.IGNORECASE)

# ``](`` up to its bracket; file names hold spaces and brackets of their own, so both are allowed.
_DESTINATION = r"\((<[^<>\n]*>|[^()\n]*+(?:\([^()\n]*+\)[^()\n]*+)*)\)"
_LINK_TEXT = r"[^\[\]]*+(?:\[[^\[\]]*+\](?:\([^()\n]*+\))?[^\[\]]*+)*"
_IMAGE = re.compile(rf"!\[([^\[\]]*+)\]{_DESTINATION}")
_LINK = re.compile(rf"(?<!!)\[({_LINK_TEXT})\]{_DESTINATION}")
_WIKI_LINK = re.compile(r"(?<!!)\[\[([^\[\]|\n]++)(?:\\?\|([^\[\]\n]*+))?\]\]")
_ANCHOR = re.compile(r"<a\s[^<>]*?href=[\"']([^\"'<>]*)[\"'][^<>]*>([^<>]*)</a>", re.IGNORECASE)
_LINK_TITLE = re.compile(r"\s+(?:\"[^\"]*\"|'[^']*')$")

# Left alone while the rest is stripped: code, formulas and escaped characters.
_PROTECTED = re.compile(
    r"``[ ]?(?P<code2>[^`\n]++(?:`[^`\n]++)*)``|`(?P<code>[^`\n]++)`"
    r"|\$\$(?P<display>[^$]++)\$\$|\$(?![\s$])(?P<inline>(?:[^$\\\n]++|\\.)+)\$(?!\d)"
    r"|\\\((?P<round>(?:[^\\\n]++|\\(?![()]))*)\\\)|\\\[(?P<square>(?:[^\\]++|\\(?![\[\]]))*)\\\]"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
)
# Between two cells of a row of a table, in no escape.
CELL_BAR = re.compile(r"(?<!\\)\|")
# A fenced block from fence to fence, for patterns with MULTILINE and DOTALL; one group.
FENCED = r"^(```+|~~~+)[^\n]*\n.*?^\1[ \t]*$"
_FORMULAS = frozenset({"display", "inline", "round", "square"})
_PLACEHOLDER = re.compile("\x00(\\d+)\x00")
_FENCE = re.compile(r"[ \t]*(?:>[ \t]?)*[ \t]*(`{3,}|~{3,})")
_TABLE_RULER = re.compile(r"[ \t]*\|?[ \t]*:?-+[ \t:|-]*$")
_LINE_MARK = re.compile(
    r"^[ \t]*(?:>[ \t]?)*(?:#{1,6}[ \t]+|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?)?", re.MULTILINE
)
_RULE_LINE = re.compile(r"^[ \t]*(?:[-=*_][ \t]*+){3,}$", re.MULTILINE)
_STARS = re.compile(r"(\*{1,3})(?=[^\s*])([^*\n]++)(?<=\S)\1")
_UNDERSCORES = re.compile(r"(?<![\w])(_{1,3})(?=[^\s_])([^_\n]++)(?<=\S)\1(?!\w)")
_STROKES = re.compile(r"(~~|==)(?=[^\s~=])([^~=\n]++)(?<=\S)\1")
_AUTOLINK = re.compile(r"<((?:https?|mailto):[^<>\s]++)>")
_FOOTNOTE_MARK = re.compile(r"\[\^[^\[\]\s]++\]")
_MARKED = re.compile(r"[\\`*_~=$\[\]<>|&#+\n\t\x00-]|  ")
_BLANKS = re.compile(r"[ \t]{2,}")


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands in a text, ``start`` and ``end`` around all of its markup."""

    text: str
    target: str
    start: int
    end: int


def plain(text: str, *, formula_marks: bool = False) -> str:
    """Strip Markdown markup for embedding and keywords; words, code and formulas stay.

    ``formula_marks`` keeps the dollar signs, for text that is shown.
    """
    if _MARKED.search(text) is None:
        return text.strip()
    kept: list[str] = []
    text = _without_fences(drop_comments(text.replace("\x00", "")), kept)
    text = _PROTECTED.sub(lambda found: _keep(_body(found, formula_marks), kept), text)
    text = _without_table_lines(text)
    text = _RULE_LINE.sub("", text)
    text = _LINE_MARK.sub("", text)
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _WIKI_LINK.sub(lambda found: found[2] or found[1], text)
    text = _FOOTNOTE_MARK.sub("", text)
    text = _AUTOLINK.sub(r"\1", text)
    text = html.unescape(_TAG.sub("", _LINE_TAG.sub(" ", text)))
    for _ in range(2):  # ***a** b*: markup within markup
        text = _STARS.sub(r"\2", text)
        text = _UNDERSCORES.sub(r"\2", text)
        text = _STROKES.sub(r"\2", text)
    text = _BLANKS.sub(" ", text)
    # Once for what stands in the text, once for what stood within a fence that was kept.
    return _PLACEHOLDER.sub(lambda found: kept[int(found[1])], text).strip()


def links(text: str) -> list[Link]:
    """Find the links of a text in order: Markdown, wiki and HTML ones; images are none."""
    found = [
        Link(one[1], _LINK_TITLE.sub("", one[2].strip()).strip("<>"), *one.span())
        for one in _LINK.finditer(text)
    ]
    found += [
        Link(one[2] or one[1], one[1].rstrip("\\"), *one.span())
        for one in _WIKI_LINK.finditer(text)
    ]
    found += [Link(one[2], html.unescape(one[1]), *one.span()) for one in _ANCHOR.finditer(text)]
    return sorted(found, key=lambda link: link.start)


def drop_comments(text: str) -> str:
    """Remove HTML comments; one that never ends hides the rest, as in a browser."""
    # Not a pattern: a file full of openers would make it quadratic.
    pieces: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0:
        pieces.append(text[position:start])
        end = text.find("-->", start + 4)
        if end < 0:
            return "".join(pieces)
        position = end + 3
    return "".join(pieces) + text[position:]


def is_html(text: str) -> bool:
    """Tell HTML from a text that begins with a made-up tag such as ``<think>``."""
    return _HTML_START.match(text) is not None


def visible(text: str) -> str:
    """Return what a browser shows of a piece of HTML, one line a block."""
    for name in ("script", "style"):
        text = _drop_element(text, name)
    text = _CELL_TAG.sub(" ", _LINE_TAG.sub("\n", drop_comments(text)))
    lines = html.unescape(_TAG.sub("", text)).split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())


def _drop_element(text: str, name: str) -> str:
    opener = re.compile(rf"<{name}[\s>]", re.IGNORECASE)
    closer = re.compile(rf"</{name}\s*>", re.IGNORECASE)
    pieces: list[str] = []
    position = 0
    while (start := opener.search(text, position)) is not None:
        pieces.append(text[position : start.start()])
        end = closer.search(text, start.end())
        if end is None:
            return "".join(pieces)
        position = end.end()
    return "".join(pieces) + text[position:]


def _keep(text: str, kept: list[str]) -> str:
    kept.append(text)
    return f"\x00{len(kept) - 1}\x00"


def _body(found: re.Match[str], formula_marks: bool) -> str:
    if formula_marks and found.lastgroup in _FORMULAS:
        return found.group()
    return next(group for group in found.groups() if group is not None)


def _without_fences(text: str, kept: list[str]) -> str:
    """Drop the fence lines and keep the code between them away from later steps."""
    if "```" not in text and "~~~" not in text:
        return text
    lines: list[str] = []
    code: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if not fence and mark is not None and "`" not in line[mark.end() :]:
            fence = mark[1]
        elif fence and mark is not None and mark[1].startswith(fence) and line.endswith(fence[0]):
            lines.append(_keep("\n".join(code), kept))
            code, fence = [], ""
        else:
            (code if fence else lines).append(line)
    return "\n".join([*lines, _keep("\n".join(code), kept)] if code else lines)


def _without_table_lines(text: str) -> str:
    if "|" not in text:
        return text
    lines = text.split("\n")
    rulers = {number for number, line in enumerate(lines) if _is_ruler(line)}
    in_table = bool(rulers)
    return "\n".join(
        line.replace("|", " ") if in_table or _is_row(line) else line
        for number, line in enumerate(lines)
        if number not in rulers
    )


def _is_ruler(line: str) -> bool:
    return "-" in line and "|" in line and _TABLE_RULER.match(line) is not None


def _is_row(line: str) -> bool:
    bare = line.strip()
    return len(bare) > 1 and bare.startswith("|") and bare.endswith("|")
