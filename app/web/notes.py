"""Notes as web pages: Markdown to markup that is safe to show, with a quote marked in it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from app.web.code import highlighted
from app.web.formulas import formula
from app.web.marking import find_marks
from ingest.readers.markdown.front_matter import read_front_matter
from ingest.readers.markdown.rules import formula_block

# Where a link of a note leads to within the course; None where nothing is.
Lead: TypeAlias = Callable[[str], str | None]

_INLINE_FORMULA = re.compile(
    r"\$\$(?P<a>[^$]{1,2000})\$\$|\$(?![\s$])(?P<b>(?:[^$\\\n]|\\.){1,500}?)(?<!\s)\$(?!\d)"
    r"|\\\((?P<c>.{1,500}?)\\\)"
)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_AROUND_FORMULA = re.compile(r"^\s*(?:\$\$|\\\[)|(?:\$\$|\\\])[ \t]*[.,;，。；]?.*$")
_SHOWN = ("text", "code_inline", "formula_inline", "fence", "code_block", "formula")
_LOWERED = 2  # headings of a note stand below those of the page
_LOWEST = 6


def render(source: str, quote: str = "", section: Sequence[str] = ()) -> Markup:
    """A note; the words of ``quote`` are marked where they stand in its ``section``.

    Without a quote, the heading of the section is marked.
    """
    tokens = _parsed(source)
    leaves = list(_leaves(tokens))
    wanted = [leaf.content for leaf in _leaves(parser().parse(quote))]
    marks = find_marks([leaf.content for leaf in leaves], wanted, section)
    for number, (start, end) in marks.items():
        leaves[number].meta["mark"] = (start, end)
    return _rendered(tokens)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a note, and where a link to it leads."""

    id: str
    level: int
    words: Markup


def render_whole(source: str, lead: Lead) -> tuple[Markup, list[Heading]]:
    """A note to be read as a page: its headings can be led to, its links to other notes too."""
    tokens = _parsed(source)
    headings: list[Heading] = []
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            identity = f"section-{len(headings) + 1}"
            opening.attrSet("id", identity)
            headings.append(Heading(identity, int(opening.tag[1]), _rendered([inline])))
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open" and not _leads_out(child):
                child.meta["address"] = lead(unquote(str(child.attrGet("href"))))
    return _rendered(tokens), headings


def _parsed(source: str) -> list[Token]:
    lines = source.split("\n")
    body = "\n".join(lines[read_front_matter(lines).line_count :])
    return parser().parse(_COMMENT.sub("", body))


def render_inline(text: str) -> Markup:
    """A sentence with its emphasis, code and formulas."""
    return _rendered(parser().parseInline(text))


def render_plain(text: str, quote: str = "") -> Markup:
    """Text as it stands, with a quote marked."""
    marks = find_marks([text], [quote], ())
    return Markup('<div class="plain">{}</div>').format(marked(text, marks.get(0)))


def is_block(text: str) -> bool:
    """Whether a sentence is more than words: code, a table, or a formula on lines of its own."""
    kinds = {token.type for token in parser().parse(text)}
    return bool(kinds & {"fence", "formula", "table_open"})


def marked(text: str, mark: tuple[int, int] | None) -> Markup:
    """Text with a range marked."""
    if mark is None:
        return escape(text)
    start, end = mark
    return Markup("{}<mark>{}</mark>{}").format(text[:start], text[start:end], text[end:])


@cache
def parser() -> MarkdownIt:
    """CommonMark with tables and formulas; raw HTML stays text."""
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 60})
    made.enable(["table", "strikethrough"])
    interrupts: Any = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    made.block.ruler.before("fence", "formula", formula_block, interrupts)
    made.inline.ruler.before("escape", "formula_inline", _formula_inline)
    made.inline.ruler.before("html_inline", "break", _break)
    return made


def _formula_inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\":
        return False
    found = _INLINE_FORMULA.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("formula_inline", "", 0).content = found["a"] or found["b"] or found["c"]
    state.pos = found.end()
    return True


def _break(state: StateInline, silent: bool) -> bool:
    found = _BREAK.match(state.src, state.pos) if state.src[state.pos] == "<" else None
    if found is None:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = found.end()
    return True


def _leaves(tokens: Sequence[Token]) -> Iterator[Token]:
    """The tokens that show words, in order."""
    for token in tokens:
        if token.children:
            yield from _leaves(token.children)
        elif token.type in _SHOWN:
            yield token


def _rendered(tokens: Sequence[Token]) -> Markup:
    return Markup("".join(_markup(tokens)))  # noqa: S704 (every rule escapes what it shows)


def _markup(tokens: Sequence[Token]) -> Iterator[str]:
    hidden: list[bool] = []
    for token in tokens:
        if token.type == "inline":
            yield from _markup(token.children or ())
        elif token.type == "link_open":
            hidden.append(not _leads_out(token) and not token.meta.get("address"))
            yield "<span>" if hidden[-1] else _link(token)
        elif token.type == "link_close":
            yield "</span>" if hidden.pop() else "</a>"
        elif token.type in _LEAVES:
            yield _LEAVES[token.type](token)
        elif not token.hidden and token.tag:
            yield _tag(token)


def _tag(token: Token) -> str:
    name = token.tag
    if token.type.startswith("heading"):
        name = f"h{min(_LOWEST, int(name[1]) + _LOWERED)}"
    if token.nesting < 0:
        return f"</{name}></div>" if name == "table" else f"</{name}>"
    start = token.attrGet("start")
    numbered = f' start="{int(start)}"' if name == "ol" and start is not None else ""
    wide = '<div class="wide" tabindex="0">' if name == "table" else ""
    anchor = f' id="{token.attrGet("id")}"' if token.attrGet("id") else ""
    return f"{wide}<{name}{numbered}{anchor}>"


def _leads_out(token: Token) -> bool:
    return urlsplit(str(token.attrGet("href"))).scheme in ("http", "https")


def _link(token: Token) -> str:
    if address := token.meta.get("address"):
        return Markup('<a href="{}">').format(address)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">').format(
        token.attrGet("href")
    )


def _text(token: Token) -> str:
    return marked(token.content, token.meta.get("mark"))


def _code(token: Token) -> str:
    return Markup("<code>{}</code>").format(_whole(escape(token.content), token))


def _fence(token: Token) -> str:
    name = (token.info.split() or [""])[0].lower()
    if name == "mermaid":
        return Markup('<mermaid-diagram tabindex="0"><pre>{}</pre></mermaid-diagram>').format(
            token.content
        )
    return highlighted(token.content, name, token.meta.get("mark"))


def _formula(token: Token) -> str:
    inside = "\n".join(
        _AROUND_FORMULA.sub("", line) if number in (0, token.content.count("\n")) else line
        for number, line in enumerate(token.content.split("\n"))
    )
    if "$$" in inside:
        inside = inside.replace("$$", "")
    drawn = Markup(formula(inside, block=True))  # noqa: S704 (made safe there)
    return Markup('<div class="wide" tabindex="0">{}</div>').format(_whole(drawn, token))


def _formula_in_line(token: Token) -> str:
    return _whole(Markup(formula(token.content)), token)  # noqa: S704 (made safe there)


def _whole(shown: Markup, token: Token) -> Markup:
    """What can't be marked in part is marked as a whole."""
    return Markup("<mark>{}</mark>").format(shown) if "mark" in token.meta else shown


def _image(token: Token) -> str:
    """Pictures of notes are not fetched; their words are shown."""
    return Markup('<span class="picture">{}</span>').format(token.content)


_LEAVES: dict[str, Callable[[Token], str]] = {
    "text": _text,
    "code_inline": _code,
    "formula_inline": _formula_in_line,
    "fence": _fence,
    "code_block": _fence,
    "formula": _formula,
    "image": _image,
    "softbreak": lambda _: "\n",
    "hardbreak": lambda _: "<br>",
    "hr": lambda _: "<hr>",
}
