"""Reference texts (Markdown with LaTeX) and readings of a page brought to one plain form."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

Rows = tuple[tuple[str, ...], ...]

_FORMULA = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_TABULAR = re.compile(
    r"(?:\\begin\{table\}\s*)?\\begin\{tabular\}\{.*?\}\n(.*?)\\end\{tabular\}"
    r"(?:(?P<rest>.*?)\\end\{table\})?",
    re.DOTALL,
)
_RULE = re.compile(r"\\(?:hline|cline\{[^}]*\})")
_SPAN = re.compile(r"\\multi(?:row|column)\{[^{}]*\}\{[^{}]*\}\{((?:[^{}]|\{[^{}]*\})*)\}")
_ROW_END = re.compile(r"\\\\")
_PLACE = re.compile("\ue000(\\d+)\ue001")
_TAG = re.compile(r"<[^<>]+>")
# What Markdown and LaTeX use as marks, and bullets, count for nobody and against nobody.
_MARKS = str.maketrans("", "", "{}^_$\\#*|`•◦▪●○■‣·▸►\u200b\ufffd")
# Quotes and dashes are a matter of typesetting.
_TYPOGRAPHY = str.maketrans("‘’‚“”„–—−‐‑", "'''\"\"\"-----")
_UPRIGHT = r"text|textbf|textit|mathrm|mathbf|mathit|mathcal|mathbb|mathsf|mathfrak|boldsymbol|bm"
_WORDLESS = re.compile(
    rf"\\(?:{_UPRIGHT}|operatorname\*?|left|right|[bB]igg?[lr]?|quad|qquad|displaystyle|limits"
    r"|begin|end|frac|dfrac|tfrac|overline|underline|tag|label|nonumber|mbox|mathop)(?![a-zA-Z])"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_GREEK = """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho
sigma tau upsilon phi chi psi omega""".split()  # noqa: SIM905
_SYMBOLS = {
    "times": "×", "cdot": "⋅", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "neq": "≠",
    "in": "∈", "sum": "∑", "prod": "∏", "int": "∫", "infty": "∞", "partial": "∂", "nabla": "∇",
    "to": "→", "rightarrow": "→", "leftarrow": "←", "uparrow": "↑", "downarrow": "↓",
    "approx": "≈", "sim": "~", "pm": "±", "ldots": "...", "dots": "...", "cdots": "⋯",
    "otimes": "⊗", "oplus": "⊕", "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩",
    "forall": "∀", "exists": "∃", "langle": "⟨", "rangle": "⟩", "sqrt": "√", "prime": "′",
    "triangleq": "≜", "propto": "∝", "mid": "|", "ell": "ℓ", "circ": "∘", "equiv": "≡",
    "varepsilon": "ε", "varphi": "φ", "textgreater": ">", "textless": "<", "ast": "*",
    "hat": "^", "tilde": "~", "bar": "¯", "widehat": "^", "widetilde": "~",
}  # fmt: skip


def _greek() -> dict[str, str]:
    found = {}
    for name in _GREEK:
        for case in (name, name.capitalize()):
            kind = "SMALL" if case.islower() else "CAPITAL"
            letter = "LAMDA" if name == "lambda" else name.upper()
            found[case] = unicodedata.lookup(f"GREEK {kind} LETTER {letter}")
    return found


_NAMED = _SYMBOLS | _greek()


@dataclass(frozen=True, slots=True)
class Reading:
    """A page or document as blocks of plain text in order, and its tables."""

    blocks: tuple[str, ...]
    tables: tuple[Rows, ...] = ()

    @property
    def text(self) -> str:
        """All blocks, one after the other."""
        return "\n\n".join(self.blocks)


def comparable(text: str) -> str:
    """Bring a text to the form in which readings are compared: formulas linear, no markup.

    Case does not count either: small capitals are set in either case.
    """
    return evenly_set(linear(text).translate(_MARKS).casefold())


def evenly_set(text: str) -> str:
    """One sign for all quotes, one for all dashes."""
    return text.translate(_TYPOGRAPHY)


def linear(text: str) -> str:
    """Write LaTeX commands as the signs that they print; braces and scripts stay."""
    text = _WORDLESS.sub("", text)
    return _COMMAND.sub(lambda found: _NAMED.get(found.group(1), found.group(1)), text)


def read_markdown(text: str) -> Reading:
    """Read Markdown, with LaTeX formulas and tables in it, into plain blocks."""
    kept: list[str] = []

    def keep(text: str) -> str:
        kept.append(text)
        return f"\ue000{len(kept) - 1}\ue001"

    def put_back(text: str) -> str:
        return _PLACE.sub(lambda found: kept[int(found.group(1))], text)

    text = _FORMULA.sub(lambda found: keep(linear(found.group(1) or found.group(2))), text)
    tabulars: list[str] = []

    def keep_table(found: re.Match[str]) -> str:
        tabulars.append(found.group(1))
        return f"\n\n\ue002{len(tabulars) - 1}\n\n{found.group('rest') or ''}\n\n"

    text = _TABULAR.sub(keep_table, text)
    blocks: list[str] = []
    tables: list[Rows] = []
    for block in _blocks(MarkdownIt("commonmark").enable("table").parse(text)):
        table = block
        if isinstance(block, str) and block.startswith("\ue002"):
            table = _tabular_rows(tabulars[int(block[1:])])
        if isinstance(table, str):
            blocks.append(put_back(table))
        else:
            rows = tuple(tuple(put_back(cell) for cell in row) for row in table)
            tables.append(rows)
            blocks.append("\n".join(" ".join(row) for row in rows))
    return Reading(tuple(block for block in blocks if block.strip()), tuple(tables))


def _blocks(tokens: Iterable[Token]) -> Iterable[str | Rows]:
    rows: list[tuple[str, ...]] | None = None
    cells: list[str] = []
    number = ""
    for token in tokens:
        if token.type == "list_item_open":
            number = f"{token.info}. " if token.info else ""  # it is printed, so it is text
        elif token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and rows is not None:
            rows.append(tuple(cells))
        elif token.type == "table_close" and rows is not None:
            yield tuple(rows)
            rows = None
        elif token.type == "inline":
            text, number = number + _inline(token), ""
            if rows is None:
                yield text
            else:
                cells.append(text)
        elif token.type in ("fence", "code_block"):
            yield token.content
        elif token.type == "html_block":
            yield _TAG.sub(" ", token.content)


def _inline(token: Token) -> str:
    pieces = []
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            pieces.append(child.content)
        elif child.type in ("softbreak", "hardbreak") or child.content.startswith("<br"):
            pieces.append("\n")
        elif child.type == "image":
            pieces.append(child.content)
    return "".join(pieces)


def _tabular_rows(body: str) -> Rows:
    body = _SPAN.sub(r"\1", _RULE.sub("", body))
    rows = []
    for line in _ROW_END.split(body):
        cells = tuple(linear(cell.strip()).replace("**", "") for cell in line.split("&"))
        if any(cells):
            rows.append(cells)
    return tuple(rows)
