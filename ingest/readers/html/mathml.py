"""MathML of web pages to LaTeX; the author's own LaTeX where the page holds it."""

from typing import Any

from ingest.readers import tex

# Deeper nesting is no formula; its text is taken as it is.
_DEEPEST = 60
_TEX = frozenset({"application/x-tex", "text/x-tex", "application/x-latex", "tex", "latex"})
_SKIPPED = frozenset({"annotation", "annotation-xml", "mphantom", "mspace", "none", "mprescripts"})


def formula(element: Any) -> str:
    """Write a ``math`` element as LaTeX."""
    for annotation in element.iter("annotation"):
        if annotation.get("encoding", "").lower() in _TEX and annotation.text:
            return " ".join(annotation.text.split())
    return " ".join(_one(element, 0).split())


def _one(element: Any, depth: int) -> str:
    name = element.tag
    if not isinstance(name, str) or name in _SKIPPED:
        return ""
    if depth > _DEEPEST:
        return "".join(element.itertext())
    if name in ("mi", "mn", "mo", "ms", "mtext"):
        text = tex.letters("".join(element.itertext()).strip())
        return tex.operator(text)
    if name in ("mtable", "mlabeledtr"):
        return tex.matrix(
            [[_one(cell, depth + 1) for cell in line.iter("mtd")] for line in element.iter("mtr")]
        )
    parts = [_one(child, depth + 1) for child in element if isinstance(child.tag, str)]
    return _joined(name, parts)


def _joined(name: str, parts: list[str]) -> str:
    first, second, third = [*parts, "", "", ""][:3]
    if name == "mfrac":
        return tex.fraction(first, second)
    if name in ("msup", "mover"):
        return tex.accent(first, second) if name == "mover" else tex.scripts(first, above=second)
    if name in ("msub", "munder"):
        return tex.scripts(first, below=second)
    if name in ("msubsup", "munderover"):
        return tex.scripts(first, second, third)
    if name == "mroot":
        return tex.root(first, second)
    inside = "".join(_spaced(part) for part in parts)
    return tex.root(inside) if name == "msqrt" else inside


def _spaced(part: str) -> str:
    """A command needs a space before the letter that follows it."""
    return f"{part} " if part.startswith("\\") and part[1:].isalpha() else part
