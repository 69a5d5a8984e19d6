"""Paragraph styles of a Word document: what a paragraph is, by its style and its own settings."""

import re
from dataclasses import dataclass, replace
from typing import Any

from ingest.model import BlockKind
from ingest.readers.attributes import whole_number

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VALUE = f"{WORD}val"
_BODY_LEVEL = 9
_NAMED = {
    "caption": BlockKind.CAPTION,
    "image caption": BlockKind.CAPTION,
    "quote": BlockKind.QUOTE,
    "intense quote": BlockKind.QUOTE,
    "block text": BlockKind.QUOTE,
    "html preformatted": BlockKind.CODE,
    "macro": BlockKind.CODE,
    "代码": BlockKind.CODE,
}
_HEADING = re.compile(r"heading ([1-9])")
_LISTED = re.compile(r"list(?: bullet| number| continue)?(?: ([1-9]))?")
_MONOSPACED = (
    "consolas",
    "courier",
    "menlo",
    "monaco",
    "mono",
    "cascadia code",
    "fira code",
    "source code",
    "lucida console",
)


@dataclass(frozen=True, slots=True)
class Style:
    """What a paragraph is; ``numbering`` is its list and its depth in it.

    ``level`` is the depth of a heading, 0 of a title, or how deep a style for lists begins.
    """

    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    numbering: tuple[str, int] | None = None
    is_title: bool = False
    is_contents: bool = False


class Styles:
    """Styles with all that they inherit."""

    def __init__(self, root: Any | None) -> None:
        found = () if root is None else root.iter(f"{WORD}style")
        self._elements = {style.get(f"{WORD}styleId"): style for style in found}
        self._default = next(
            (
                name
                for name, style in self._elements.items()
                if style.get(f"{WORD}type") == "paragraph" and style.get(f"{WORD}default") == "1"
            ),
            None,
        )
        self._resolved: dict[str | None, Style] = {}

    def of(self, paragraph: Any) -> Style:
        """The style of a ``w:p``, with what the paragraph itself sets."""
        settings = paragraph.find(f"{WORD}pPr")
        if settings is None:
            return self._resolve(self._default, ())
        named = settings.find(f"{WORD}pStyle")
        style = self._resolve(self._default if named is None else named.get(_VALUE), ())
        return _with_settings(style, settings)

    def _resolve(self, name: str | None, below: tuple[str | None, ...]) -> Style:
        if name not in self._resolved:
            element = self._elements.get(name)
            if element is None or name in below:
                return Style()
            parent = element.find(f"{WORD}basedOn")
            inherited = (
                Style() if parent is None else self._resolve(parent.get(_VALUE), (*below, name))
            )
            style = _with_name(inherited, element)
            settings = element.find(f"{WORD}pPr")
            self._resolved[name] = style if settings is None else _with_settings(style, settings)
        return self._resolved[name]


def _with_name(style: Style, element: Any) -> Style:
    """Word's own styles have English names in the file, whatever language Word speaks."""
    found = element.find(f"{WORD}name")
    name = "" if found is None else found.get(_VALUE, "").lower()
    if name == "title":
        return replace(style, kind=BlockKind.HEADING, level=0, is_title=True)
    heading = _HEADING.fullmatch(name)
    if heading is not None:
        return replace(style, kind=BlockKind.HEADING, level=int(heading[1]), is_title=False)
    if name.startswith(("toc ", "table of figures", "index ")):
        return replace(style, kind=BlockKind.PARAGRAPH, is_contents=True)
    listed = _LISTED.fullmatch(name)
    if listed is not None:
        # Each depth is a style of its own.
        return replace(style, level=int(listed[1] or 1) - 1)
    is_code = "code" in name.split() or is_monospaced(element.find(f"{WORD}rPr"))
    kind = BlockKind.CODE if is_code else _NAMED.get(name.removeprefix("table ").strip())
    return style if kind is None else replace(style, kind=kind)


def _with_settings(style: Style, settings: Any) -> Style:
    outline = settings.find(f"{WORD}outlineLvl")
    if outline is not None and not style.is_title:
        level = whole_number(outline.get(_VALUE), _BODY_LEVEL)
        if 0 <= level < _BODY_LEVEL:
            style = replace(style, kind=BlockKind.HEADING, level=level + 1)
        elif style.kind is BlockKind.HEADING:
            style = replace(style, kind=BlockKind.PARAGRAPH, level=0)
    numbered = settings.find(f"{WORD}numPr")
    if numbered is None:
        return style
    inherited, depth = style.numbering or ("0", 0)
    number = _value(numbered, "numId", inherited)
    level = max(whole_number(_value(numbered, "ilvl", str(depth)), 0), 0)
    return replace(style, numbering=None if number == "0" else (number, level))


def _value(element: Any, name: str, default: str) -> str:
    found = element.find(WORD + name)
    value: str = default if found is None else found.get(_VALUE, default)
    return value


def is_monospaced(settings: Any | None) -> bool:
    """Tell whether run settings name a font in which code is printed."""
    fonts = None if settings is None else settings.find(f"{WORD}rFonts")
    name = "" if fonts is None else (fonts.get(f"{WORD}ascii") or "").lower()
    return any(part in name for part in _MONOSPACED)
