"""Pieces of LaTeX that Office formulas and MathML are written in."""

import unicodedata
from collections.abc import Iterable, Sequence

_OPERATORS = {
    "∑": "\\sum",
    "∏": "\\prod",
    "∫": "\\int",
    "∬": "\\iint",
    "∮": "\\oint",
    "⋃": "\\bigcup",
    "⋂": "\\bigcap",
}
_ACCENTS = {
    "^": "\\hat",
    "\u0302": "\\hat",
    "~": "\\tilde",
    "\u0303": "\\tilde",
    "\u0304": "\\bar",
    "\u0305": "\\bar",
    "¯": "\\bar",
    "‾": "\\bar",
    "\u0307": "\\dot",
    "˙": "\\dot",
    "\u0308": "\\ddot",
    "¨": "\\ddot",
    "\u20d7": "\\vec",
    "→": "\\vec",
    "⏞": "\\overbrace",
    "⏟": "\\underbrace",
}
# Function application, invisible times and comma: they are not printed.
_INVISIBLE = dict.fromkeys(map(ord, "\u2061\u2062\u2063\u2064"))


def letters(text: str) -> str:
    """Plain letters for mathematical alphanumerics such as U+1D465; others stay."""
    text = text.translate(_INVISIBLE)
    return "".join(
        unicodedata.normalize("NFKC", letter) if "\U0001d400" <= letter <= "\U0001d7ff" else letter
        for letter in text
    )


def group(text: str) -> str:
    """Braces around more than one letter."""
    text = text.strip()
    return text if len(text) == 1 else f"{{{text}}}"


def operator(sign: str) -> str:
    """The command for a large operator; others stay as they are."""
    return _OPERATORS.get(sign.strip(), sign)


def scripts(base: str, below: str = "", above: str = "") -> str:
    """A base with what stands below and above it."""
    base = base.strip()
    lower = f"_{group(below)}" if below.strip() else ""
    upper = f"^{group(above)}" if above.strip() else ""
    simple = len(base) <= 1 or base.startswith("\\") or base.isalpha()
    return (base if simple or base.endswith((")", "]", "}")) else f"{{{base}}}") + lower + upper


def fraction(above: str, below: str) -> str:
    """A fraction."""
    return f"\\frac{{{above.strip()}}}{{{below.strip()}}}"


def root(body: str, degree: str = "") -> str:
    """A square root, or a root of another degree."""
    return f"\\sqrt{f'[{degree.strip()}]' if degree.strip() else ''}{{{body.strip()}}}"


def accent(body: str, sign: str) -> str:
    """A body under its accent."""
    command = _ACCENTS.get(sign.strip() or sign)
    return f"{command}{{{body.strip()}}}" if command else scripts(body, above=sign)


def rows(lines: Iterable[Sequence[str]]) -> str:
    """The inside of a matrix or of lines that are aligned."""
    return " \\\\ ".join(" & ".join(cell.strip() for cell in line) for line in lines)


def matrix(lines: Iterable[Sequence[str]]) -> str:
    """A matrix without its brackets."""
    return f"\\begin{{matrix}} {rows(lines)} \\end{{matrix}}"
