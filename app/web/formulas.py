"""LaTeX to MathML, which browsers draw themselves; what can't be read stays as it was written."""

import html
import re
import xml.etree.ElementTree as ET
from functools import lru_cache
from xml.sax.saxutils import escape

from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element

_UNREADABLE = (
    exceptions.DenominatorNotFoundError,
    exceptions.DoubleSubscriptsError,
    exceptions.DoubleSuperscriptsError,
    exceptions.ExtraLeftOrMissingRightError,
    exceptions.InvalidAlignmentError,
    exceptions.InvalidStyleForGenfracError,
    exceptions.InvalidWidthError,
    exceptions.LimitsMustFollowMathOperatorError,
    exceptions.MissingEndError,
    exceptions.MissingSuperScriptOrSubscriptError,
    exceptions.NoAvailableTokensError,
    exceptions.NumeratorNotFoundError,
    LookupError,
    ValueError,
    TypeError,
    RecursionError,
)
_LONGEST = 4000
# Documents are untrusted: no links, styles or markup of theirs come through.
_ELEMENT_NAMES = """
math mrow mi mo mn mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover
mtable mtr mtd mphantom mpadded menclose mstyle mmultiscripts mprescripts none
"""
_ATTRIBUTE_NAMES = """
display displaystyle scriptlevel mathvariant stretchy fence form separator largeop movablelimits
accent accentunder linethickness columnalign rowspacing columnspacing rowlines columnlines width
height depth lspace rspace minsize maxsize symmetric notation linebreak
"""
_ELEMENTS = frozenset(_ELEMENT_NAMES.split())
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
# What the converter does not know, in words that it does.
_REWORDED = (
    (re.compile(r"\\(begin|end)\{(?:aligned|split|gathered)\}"), r"\\\1{align*}"),
    (re.compile(r"\\(arg)(?![a-zA-Z])"), r"\\operatorname{\1}"),
)
_SIGNS = {
    r"\lfloor": "⌊", r"\rfloor": "⌋", r"\lceil": "⌈", r"\rceil": "⌉", r"\langle": "⟨",
    r"\rangle": "⟩", r"\{": "{", r"\}": "}", r"\|": "‖", r"\lVert": "‖", r"\rVert": "‖",
}  # fmt: skip


@lru_cache(maxsize=4096)
def formula(latex: str, *, block: bool = False) -> str:
    """A formula as markup that is safe to show, whatever stands in it."""
    source = latex.strip()
    written = f'<code class="formula">{escape(source)}</code>'
    if not source or len(source) > _LONGEST:
        return written
    worded = source
    for pattern, words in _REWORDED:
        worded = pattern.sub(words, worded)
    try:
        math = convert_to_element(worded, display="block" if block else "inline")
        _make_safe(math)
    except _UNREADABLE:
        return written
    math.set("aria-label", source)
    return ET.tostring(math, encoding="unicode")


def _make_safe(math: ET.Element) -> None:
    """Keep known markup only; raises ValueError where a command was left over."""
    for element in math.iter():
        if element.tag not in _ELEMENTS:
            raise ValueError(element.tag)
        for name in set(element.attrib) - _ATTRIBUTES - {"xmlns"}:
            del element.attrib[name]
        text = html.unescape(element.text or "")
        element.text = _SIGNS.get(text, text)
        if element.text.startswith("\\") and len(element.text) > 1:
            raise ValueError(element.text)
