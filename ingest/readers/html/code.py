"""Code blocks of web pages: their lines, whatever elements colour or number them."""

from typing import Any

from ingest.readers.html.tree import walk

_LINES = frozenset({"div", "p", "li", "tr", "pre"})


def code_text(element: Any) -> str:
    """The text of a code block, with a break after each element that is a line."""
    pieces: list[str] = []
    for event, one, _ in walk(element):
        if event == "start":
            pieces.append("\n" if one.tag == "br" else one.text or "")
            continue
        if one is element:
            continue
        last = next((piece for piece in reversed(pieces) if piece), "\n")
        if one.tag in _LINES and not last.endswith("\n"):
            pieces.append("\n")
        pieces.append(one.tail or "")
    return "".join(pieces)
