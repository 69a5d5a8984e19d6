"""Elements of a web page to blocks, in one walk that needs no recursion however deep they nest."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from ingest.model import Block, BlockKind, Link
from ingest.readers.attributes import whole_number
from ingest.readers.html import mathml
from ingest.readers.html.code import code_text
from ingest.readers.html.tables import data_rows
from ingest.readers.html.tree import classes, is_contents, is_formula_source, walk
from ingest.readers.markdown_table import table_block
from ingest.readers.pictures.decoding import PictureTexts
from ingest.readers.raised import lowered, raised
from ingest.text import clean

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3",
    "h4", "h5", "h6", "header", "hr", "html", "li", "main", "menu", "ol", "p", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_LISTS = frozenset({"ul", "ol", "menu", "dl"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_KINDS = {"figcaption": BlockKind.CAPTION, "caption": BlockKind.CAPTION}
_ENDNOTES = ("footnotes", "endnotes")
_WEB = ("http://", "https://")
_CJK = "\u3000-\u303f\u3040-\u30ff\u3400-\u9fff\uff00-\uffef"
_WRAPPED = re.compile(rf"(?<=[{_CJK}])[ \t\r]*\n\s*(?=[{_CJK}])")
_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_AROUND_BREAK = re.compile(r" *\n *")
_DISPLAYED = re.compile(r"\$\$[^$]+\$\$|\\\[.+\\\]", re.DOTALL)
_DATA = re.compile(r"data:image/[\w.+-]+;base64,", re.IGNORECASE)
_FORMULA_PICTURE = re.compile(r"\b(?:math|tex|latex|equation)", re.IGNORECASE)


class Walker:
    """Collects blocks and links; what is open around the place is kept in counters."""

    def __init__(self, pictures: PictureTexts, page: int | None = None) -> None:
        self.blocks: list[Block] = []
        self.links: list[Link] = []
        self._pictures = pictures
        self._page = page
        self._text: list[str] = []
        self._marks: list[tuple[Any, int]] = []  # open links and scripts, and where they begin
        self._counts: list[int | None] = []  # one a list: the number of its last item
        self._quotes = self._notes = 0
        self._kind: BlockKind | None = None
        self._level = 0
        self._fresh = False
        self._label = ""

    def walk(self, root: Any) -> None:
        """Walk through an element; its own kind counts, its tail does not."""
        opened: set[Any] = set()
        for event, element, events in walk(root):
            name = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                if self._whole(name, element):
                    events.skip_subtree()
                    continue
                opened.add(element)
                self._open(name, element)
                self._add(element.text)
                continue
            if element in opened:
                opened.discard(element)
                self._close(name, element)
            if element is not root:
                self._add(element.tail)
        self._flush()

    def _add(self, text: str | None) -> None:
        if text:
            self._text.append(_SPACES.sub(" ", _WRAPPED.sub("", text)))

    def _flush(self) -> None:
        """End a block: what was collected becomes one."""
        text = re.sub(" {2,}", " ", clean("".join(self._text)))
        text = _AROUND_BREAK.sub("\n", text).strip()
        self._text.clear()
        # A link may go on in the next block; its words there are its own.
        self._marks = [(element, 0) for element, _ in self._marks]
        if not text:
            return
        kind = self._kind or self._kind_here()
        if kind is BlockKind.HEADING:
            text = " ".join(text.split())
        elif _DISPLAYED.fullmatch(text):
            kind = BlockKind.FORMULA
        level = self._level if kind is BlockKind.HEADING else 0
        if kind is BlockKind.LIST_ITEM:
            text, level = self._label + text, max(len(self._counts) - 1, 0)
        self.blocks.append(Block(kind, text, level))
        self._fresh = False

    def _kind_here(self) -> BlockKind:
        if self._notes:
            return BlockKind.FOOTNOTE
        if self._fresh:
            return BlockKind.LIST_ITEM
        return BlockKind.QUOTE if self._quotes else BlockKind.PARAGRAPH

    def _open(self, name: str, element: Any) -> None:
        if name in _BLOCKS:
            self._flush()
        if name in _HEADINGS and not self._counts and not self._quotes:
            # In a list or a quote it is emphasis: it must not open a section.
            self._kind, self._level = BlockKind.HEADING, int(name[1])
        elif name in _KINDS:
            self._kind = _KINDS[name]
        elif name in _LISTS:
            self._counts.append(_first_number(element) if name == "ol" else None)
        elif name in ("li", "dd"):
            self._open_item()
        elif name == "blockquote":
            self._quotes += 1
        elif name in ("a", "sup", "sub"):
            self._marks.append((element, len(self._text)))
        self._notes += _is_endnotes(element)

    def _open_item(self) -> None:
        self._fresh, self._label = True, ""
        if self._counts and (count := self._counts[-1]) is not None:
            self._counts[-1] = count + 1
            self._label = f"{count + 1}. "

    def _close(self, name: str, element: Any) -> None:
        if name in _BLOCKS:
            self._flush()
        if name in _HEADINGS or name in _KINDS:
            self._kind, self._level = None, 0
        elif name in _LISTS and self._counts:
            self._counts.pop()
            self._fresh = False
        elif name in ("li", "dd"):
            self._fresh = False
        elif name == "blockquote":
            self._quotes -= 1
        elif name in ("a", "sup", "sub"):
            self._close_mark(name, element)
        self._notes -= _is_endnotes(element)

    def _close_mark(self, name: str, element: Any) -> None:
        start = next((place for one, place in self._marks if one is element), 0)
        self._marks = [mark for mark in self._marks if mark[0] is not element]
        text = "".join(self._text[start:])
        if name == "a":
            self._link(text, element.get("href", "").strip())
        else:
            self._text[start:] = [raised(text) if name == "sup" else lowered(text)]

    def _link(self, text: str, target: str) -> None:
        words = " ".join(clean(text).split())
        if words and target.lower().startswith(_WEB):
            self.links.append(Link(words, target, self._page))

    def _whole(self, name: str, element: Any) -> bool:
        """Take what is read as a whole; tell whether it was."""
        reader = _WHOLE.get(name)
        if reader is not None:
            return reader(self, element)
        if element.get("data-tex"):
            self._formula(element.get("data-tex"), displayed=False)
            return True
        return name in _LISTS and not self._counts and is_contents(element)

    def _formula(self, text: str, *, displayed: bool) -> None:
        text = " ".join(text.split())
        if displayed and text:
            self._flush()
            self.blocks.append(Block(BlockKind.FORMULA, f"$${text}$$"))
        elif text:
            self._text.append(f"${text}$")

    def _math(self, element: Any) -> bool:
        self._formula(mathml.formula(element), displayed=element.get("display") == "block")
        return True

    def _script(self, element: Any) -> bool:
        if is_formula_source(element):
            self._formula(element.text or "", displayed="display" in element.get("type", ""))
        return True

    def _break(self, element: Any) -> bool:
        del element
        self._text.append("\n")
        return True

    def _code(self, element: Any) -> bool:
        self._flush()
        text = clean(code_text(element)).strip("\n").rstrip()
        if text.strip():
            self.blocks.append(Block(BlockKind.CODE, text))
        return True

    def _picture(self, element: Any) -> bool:
        source, alternative = element.get("src", ""), element.get("alt", "").strip()
        names = " ".join(classes(element))
        if alternative and _FORMULA_PICTURE.search(names) and "fallback" not in names:
            self._formula(alternative, displayed=False)
        elif (start := _DATA.match(source)) is not None:
            self._flush()
            try:
                data = base64.b64decode(source[start.end() :])
            except (binascii.Error, ValueError) as error:
                self._pictures.fail(f"it is damaged ({error})", self._page)
            else:
                self.blocks += self._pictures.read(data, self._page)
        return True

    def _table(self, element: Any) -> bool:
        rows = data_rows(element)
        if rows is None:
            return False
        self._flush()
        for caption in element.iter("caption"):
            self._words(caption, BlockKind.CAPTION)
        cells = [["" if cell is None else self._cell(cell) for cell in row] for row in rows]
        block = table_block(cells)
        self.blocks += [] if block is None else [block]
        return True

    def _words(self, element: Any, kind: BlockKind) -> None:
        text = self._cell(element)
        self.blocks += [Block(kind, text)] if text else []

    def _cell(self, element: Any) -> str:
        inner = Walker(self._pictures, self._page)
        inner.walk(element)
        self.links += inner.links
        return " ".join(" ".join(block.text.split()) for block in inner.blocks)


_WHOLE: dict[str, Callable[[Walker, Any], bool]] = {
    "math": Walker._math,
    "script": Walker._script,
    "br": Walker._break,
    "pre": Walker._code,
    "img": Walker._picture,
    "table": Walker._table,
}


def _first_number(element: Any) -> int:
    return whole_number(element.get("start"), 1) - 1


def _is_endnotes(element: Any) -> bool:
    role = element.get("role", "")
    return role == "doc-endnotes" or any(name in _ENDNOTES for name in classes(element))
