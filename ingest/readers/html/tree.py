"""Web pages to element trees, and what of them a reader doesn't see."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

_TAGS = frozenset({
    "audio", "button", "canvas", "dialog", "embed", "head", "iframe", "input", "link", "map",
    "meta", "nav", "noscript", "object", "option", "script", "select", "style", "svg", "template",
    "textarea", "title", "video",
})  # fmt: skip
_ROLES = frozenset({"navigation", "search", "contentinfo", "dialog", "menu", "menubar", "toolbar"})
# Widely used names for what is beside the text: measures, line numbers, marks to jump by, and
# formulas drawn a second time.
_CLASSES = frozenset({
    "sr-only", "visually-hidden", "screen-reader-text", "headerlink", "anchor-link",
    "footnote-back", "katex-html", "MathJax_Preview", "MathJax_SVG", "MathJax_SVG_Display",
    "MathJax_CHTML", "MathJax_Display", "CodeMirror-measure", "CodeMirror-gutter-wrapper",
    "CodeMirror-linenumber", "gutter", "linenos", "lineno", "linenumber", "line-numbers-rows",
    "hljs-ln-numbers", "prompt", "jp-InputPrompt", "jp-OutputPrompt",
})  # fmt: skip
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# With the selector that makes an arrow text and no emoji.
_JUMP_MARKS = frozenset("¶#§↩↑^🔗\ufe0e")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SECTIONS = frozenset({"article", "main", "section", "aside", "blockquote"})
# The part marked as the main one is believed when it holds this share of the page's text.
_MAIN_SHARE = 0.4
_FEWEST_JUMPS = 3


def parse(text: str) -> tuple[Any | None, bool]:
    """Parse a page or a piece of one; None when there is nothing in it.

    Also tells whether its elements nest too deeply for the parser, which drops what is inside.
    """
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
    )
    data = _NOT_XML.sub("", text).encode("utf-8")
    if not data.strip():
        return None, False
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return None, False  # comments only: the parser takes all else
    return root, any(one.type_name == "ERR_RESOURCE_LIMIT" for one in parser.error_log)


def is_unseen(element: Any) -> bool:
    """Tell whether a browser hides an element, or it stands beside the text."""
    if element.tag in _TAGS:
        return not is_formula_source(element)
    return _is_beside(element) or _is_hidden(element)


def _is_hidden(element: Any) -> bool:
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    # Hidden MathML says what the picture of a formula shows.
    style = element.get("style", "")
    return bool(_HIDDEN_STYLE.search(style)) and element.find(".//math") is None


def _is_beside(element: Any) -> bool:
    names = classes(element)
    if element.get("role") in _ROLES or not _CLASSES.isdisjoint(names):
        return True
    if element.tag in ("footer", "aside"):
        return all(one.tag not in _SECTIONS for one in element.iterancestors())
    if element.tag == "a" and is_jump(element):
        return _JUMP_MARKS.issuperset(_text(element))
    return bool(element.tag == "span" and "MathJax" in names)


def classes(element: Any) -> list[str]:
    """The names of an element's classes."""
    names: list[str] = element.get("class", "").split()
    return names


def is_formula_source(element: Any) -> bool:
    """Tell a formula from a program: MathJax keeps its LaTeX in a script."""
    kind: str = element.get("type", "") if element.tag == "script" else ""
    return kind.startswith("math/tex")


def is_jump(link: Any) -> bool:
    """Tell whether a link stays on the page."""
    return bool(link.get("href", "").startswith("#"))


def is_contents(element: Any) -> bool:
    """Tell a table of contents: a list of links that stay on the page, and nothing else."""
    jumps = list(element.iter("a"))
    if len(jumps) < _FEWEST_JUMPS or not all(map(is_jump, jumps)):
        return False
    words = "".join(letter for letter in _text(element) if letter.isalpha())
    linked = "".join(letter for jump in jumps for letter in _text(jump) if letter.isalpha())
    return bool(words == linked)


def _text(element: Any) -> str:
    text: str = "".join(element.itertext())
    return "".join(text.split())


def walk(root: Any) -> Iterator[tuple[str, Any, Any]]:
    """Start and end of each element that is seen, with the walk, to skip what is inside.

    The tail of an unseen element is seen: its end comes without its start.
    """
    events = etree.iterwalk(root, events=("start", "end"))
    for event, element in events:
        if event == "start" and is_unseen(element):
            events.skip_subtree()
            continue
        yield event, element, events


def main_part(root: Any) -> Any:
    """The element that holds the text of a page."""
    body = root.find("body")
    whole = root if body is None else body
    marked = [one for one in whole.iter() if one.tag == "main" or one.get("role") == "main"]
    candidates = marked or list(whole.iter("article"))
    if len(candidates) != 1 or is_unseen(candidates[0]):
        return whole
    enough = _seen_length(candidates[0]) >= _MAIN_SHARE * _seen_length(whole)
    return candidates[0] if enough else whole


def _seen_length(root: Any) -> int:
    return sum(
        len((element.text if event == "start" else element.tail) or "")
        for event, element, _ in walk(root)
    )
