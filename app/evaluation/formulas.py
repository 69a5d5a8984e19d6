"""Formulas of a text in one spelling, whether typed in TeX, in Unicode or in ASCII."""

import re
import unicodedata

_OPERATOR = "=<>≤≥≈+*/^_√·×|-"
# Letters, digits, brackets and operators without Chinese or prose between them.
_RUN = re.compile(rf"[A-Za-z0-9Α-ωϵ′'(){{}}\[\],.:\\ {re.escape(_OPERATOR)}]+")
_RELATION = re.compile(r"[=<>≤≥≈]")
_NEEDED = re.compile(r"[A-Za-zΑ-ω]\s*[√(^_*·×/+\-|]|[√^]")
_PROSE = re.compile(r"[A-Za-z]{3,}\s+[A-Za-z]{3,}")
_ONLY_A_NUMBER = re.compile(r"\s*[-+]?\d[\d.,eE^\-\s]*[%A-Za-z]{0,2}\s*")
_ROOT = re.compile(r"\\sqrt\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_DRESS = re.compile(
    r"\\(?:left|right|text|mathrm|mathbf|mathbb|mathcal|operatorname|big|Big|[,;:! ])"
)
_SAME = {
    "≤": "<=", "≥": ">=", r"\leq": "<=", r"\geq": ">=", r"\le": "<=", r"\ge": ">=", "≈": "~",
    r"\approx": "~", r"\cdot": "*", r"\times": "*", "·": "*", "×": "*", "−": "-", "–": "-",
    "√": "sqrt", "根号": "sqrt", "∑": "sum", "ϵ": "epsilon", "∞": "infty", r"\mid": "|",
}  # fmt: skip
GREEK = {
    chr(code): unicodedata.name(chr(code)).rpartition(" ")[2].lower()
    for code in range(ord("α"), ord("ω") + 1)
} | {"λ": "lambda", "ς": "sigma"}
_LEFT_OUT = re.compile(r"[\s\\${}()\[\]_*]+")


def formulas_in(text: str) -> list[str]:
    """The formulas of a text as it writes them; `lr = 0.1` is a figure and none of them."""
    found = (
        run.group().strip(" ,.:") for run in _RUN.finditer(unicodedata.normalize("NFKC", text))
    )
    return [run for run in found if _is_formula(run)]


def squeezed(text: str) -> str:
    """A text with formulas in one spelling: no brackets, blanks or commands, Greek by name."""
    text = unicodedata.normalize("NFKC", text)
    while (once := _FRACTION.sub(r"\1/\2", _ROOT.sub(r"√\1", text))) != text:
        text = once
    text = _DRESS.sub("", text)
    for written, same in _SAME.items():
        text = text.replace(written, same)
    for letter, name in GREEK.items():
        text = text.replace(letter, name)
    return _LEFT_OUT.sub("", text).casefold()


def _is_formula(run: str) -> bool:
    if _PROSE.search(run):
        return False
    sides = _RELATION.split(run)
    if len(sides) == 1:
        return _NEEDED.search(run) is not None and ("√" in run or "^" in run)
    return all(side.strip() for side in sides) and not _ONLY_A_NUMBER.fullmatch(sides[-1])
