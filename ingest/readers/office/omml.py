"""Formulas of Office files (OMML) to LaTeX."""

from collections.abc import Callable
from typing import Any

from ingest.readers import tex

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_DEFAULT_ACCENT = "\u0302"
_DEFAULT_OPERATOR = "∫"


def formula(element: Any) -> str:
    """Write an ``m:oMath`` element, or any part of one, as LaTeX."""
    return " ".join(_inside(element).split())


def lines(element: Any) -> str:
    """Write all the formulas of an ``m:oMathPara``, one a line."""
    return " \\\\ ".join(formula(one) for one in element.iter(f"{MATH}oMath"))


def _inside(element: Any) -> str:
    return "".join(_one(child) for child in element if isinstance(child.tag, str))


def _one(element: Any) -> str:
    namespace, _, name = element.tag.rpartition("}")
    if f"{namespace}}}" != MATH:
        return ""  # how it looks
    writer = _WRITERS.get(name)
    if writer is not None:
        return writer(element)
    return "" if name.endswith("Pr") else _inside(element)


def _part(element: Any, name: str) -> str:
    found = element.find(MATH + name)
    return "" if found is None else _inside(found)


def _setting(element: Any, name: str, default: str = "") -> str:
    """A value among an element's properties, such as the sign of an operator."""
    found = element.find(f"{MATH}{element.tag.rpartition('}')[2]}Pr/{MATH}{name}")
    value: str = default if found is None else found.get(f"{MATH}val", "")
    return value


def _fraction(element: Any) -> str:
    above, below = _part(element, "num"), _part(element, "den")
    kind = _setting(element, "type")
    if kind == "lin":
        return f"{tex.group(above)}/{tex.group(below)}"
    return f"\\binom{{{above}}}{{{below}}}" if kind == "noBar" else tex.fraction(above, below)


def _scripts(element: Any) -> str:
    return tex.scripts(_part(element, "e"), _part(element, "sub"), _part(element, "sup"))


def _before(element: Any) -> str:
    return tex.scripts("{}", _part(element, "sub"), _part(element, "sup")) + _part(element, "e")


def _operator(element: Any) -> str:
    sign = tex.operator(_setting(element, "chr", _DEFAULT_OPERATOR))
    return f"{tex.scripts(sign, _part(element, 'sub'), _part(element, 'sup'))} " + _part(
        element, "e"
    )


def _delimited(element: Any) -> str:
    opening = _setting(element, "begChr", "(")
    closing = _setting(element, "endChr", ")")
    between = _setting(element, "sepChr", "|")
    return opening + between.join(_inside(one) for one in element.findall(f"{MATH}e")) + closing


def _matrix(element: Any) -> str:
    return tex.matrix(
        [_inside(cell) for cell in line.findall(f"{MATH}e")]
        for line in element.findall(f"{MATH}mr")
    )


def _lines(element: Any) -> str:
    inside = tex.rows([[_inside(line)] for line in element.findall(f"{MATH}e")])
    return f"\\begin{{aligned}} {inside} \\end{{aligned}}"


def _function(element: Any) -> str:
    return f"{_part(element, 'fName')} {_part(element, 'e')}"


_WRITERS: dict[str, Callable[[Any], str]] = {
    "t": lambda element: tex.letters(element.text or ""),
    "f": _fraction,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sPre": _before,
    "rad": lambda element: tex.root(_part(element, "e"), _part(element, "deg")),
    "nary": _operator,
    "d": _delimited,
    "func": _function,
    "limLow": lambda element: tex.scripts(_part(element, "e"), below=_part(element, "lim")),
    "limUpp": lambda element: tex.scripts(_part(element, "e"), above=_part(element, "lim")),
    "acc": lambda e: tex.accent(_part(e, "e"), _setting(e, "chr", _DEFAULT_ACCENT)),
    "groupChr": lambda e: tex.accent(_part(e, "e"), _setting(e, "chr", "⏟")),
    "bar": lambda element: f"\\overline{{{_part(element, 'e')}}}",
    "m": _matrix,
    "eqArr": _lines,
    "phant": lambda element: "",
}
