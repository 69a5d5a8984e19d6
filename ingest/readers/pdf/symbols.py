"""Mathematical symbols: what glyphs of formula fonts stand for, and how far they reach."""

import re

INTEGRALS = frozenset("∫∬∭∮")
BIG_OPERATORS = frozenset("∑∏∐⋃⋂⨆⨄⋁⋀⨁⨂⨀") | INTEGRALS
# Names of functions are set upright, as words are.
NAMES = frozenset(
    [
        "log",
        "ln",
        "exp",
        "lg",
        "sin",
        "cos",
        "tan",
        "cot",
        "sinh",
        "cosh",
        "tanh",
        "coth",
        "arcsin",
        "arccos",
        "arctan",
        "max",
        "min",
        "sup",
        "inf",
        "lim",
        "limsup",
        "liminf",
        "argmax",
        "argmin",
        "arg",
        "det",
        "dim",
        "ker",
        "tr",
        "Tr",
        "diag",
        "rank",
        "sgn",
        "sign",
        "mod",
        "Pr",
        "Var",
        "Cov",
        "std",
        "mean",
        "softmax",
        "sigmoid",
        "relu",
        "clip",
        "KL",
        "gcd",
        "const",
    ]
)
# What may have its limits printed below.
_LIMITED = "lim sup|lim inf|limsup|liminf|argmax|argmin|max|min|sup|inf|lim|det|Pr|gcd"
LIMITED_NAME = re.compile(rf"(?<![A-Za-z])(?:{_LIMITED})(?![A-Za-z])")
EQUATION_NUMBER = re.compile(r"^[(（]\d+(?:[.\-–]\d+)*[a-z]?[)）]$")

# Accents are printed over their letter: a combining character takes their place.
ACCENTS = {
    "^": "\u0302",
    "ˆ": "\u0302",
    "~": "\u0303",
    "˜": "\u0303",
    "¯": "\u0304",
    "ˉ": "\u0304",
    "˘": "\u0306",
    "˙": "\u0307",
    "¨": "\u0308",
    "ˇ": "\u030c",
    "´": "\u0301",
    "ˊ": "\u0301",
    "`": "\u0300",
    "ˋ": "\u0300",
    "\u20d7": "\u20d7",
}
# KaTeX prints the stroke of a negated sign as a glyph of its own, after the sign.
STROKE = "\ue020"
VINCULUM = "\u0304"

# Tall delimiters are drawn in pieces, from the top down.
_PIECES = {
    "(": "⎛⎜⎝",
    ")": "⎞⎟⎠",
    "[": "⎡⎢⎣",
    "]": "⎤⎥⎦",
    "{": "⎧⎨⎩⎪",
    "}": "⎫⎬⎭",
}
PIECES = {piece: whole for whole, pieces in _PIECES.items() for piece in pieces}
FIRST_PIECES = frozenset("⎛⎞⎡⎤⎧⎫")
OPENING = {"(": ")", "[": "]", "{": "}", "⌈": "⌉", "⌊": "⌋", "⟨": "⟩", "∣": "∣", "∥": "∥"}

# The places of TeX's font of extensible symbols (cmex10), which many PDFs give as bare codes.
_EXTENSION = {
    0x00: "()[]⌊⌋⌈⌉{}⟨⟩∣∥/\\",
    0x10: "()()[]⌊⌋⌈⌉{}⟨⟩/\\",
    0x20: "()[]⌊⌋⌈⌉{}⟨⟩/\\/\\",
    0x30: "⎛⎞⎡⎤⎣⎦⎢⎥⎧⎫⎩⎭⎨⎬⎪∣",
    0x40: "⎝⎠⎜⎟⟨⟩⨆⨆∮∮⨀⨀⨁⨁⨂⨂",
    0x50: "∑∏∫⋃⋂⨄⋀⋁∑∏∫⋃⋂⨄⋀⋁",
    0x60: "∐∐\u0302\u0302\u0302\u0303\u0303\u0303[]⌊⌋⌈⌉{}",
    0x70: "√√√√",
}
EXTENSION = {
    first + place: sign for first, row in _EXTENSION.items() for place, sign in enumerate(row)
}
# Braces that lie over or under formulas come in pieces, which say nothing in a line of text.
EXTENSION |= dict.fromkeys(range(0x7A, 0x7E), "")
# Names of pieces that Adobe gave places for private use.
_ADOBE = "⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪", "⎞⎟⎠⎤⎥⎦⎫⎬⎭"
EXTENSION |= {
    first + place: sign
    for first, row in zip((0xF8EB, 0xF8F6), _ADOBE, strict=True)
    for place, sign in enumerate(row)
}
# How far they hang down from their baseline, in font sizes: one row for each height.
_SMALL_OPERATORS = frozenset((0x46, 0x48, 0x4A, 0x4C, 0x4E, *range(0x50, 0x58), 0x60))
_DEPTHS = (
    (1.0, _SMALL_OPERATORS),
    (1.2, frozenset((*range(0x10), 0x70))),
    (
        1.8,
        frozenset(
            (
                *range(0xF8EB, 0xF8FF),
                0x10,
                0x11,
                0x2E,
                0x2F,
                *range(0x30, 0x46),
                *range(0x68, 0x70),
                0x71,
            )
        ),
    ),
    (2.22, frozenset((0x49, 0x5A))),
    (2.4, frozenset((*range(0x12, 0x20), 0x72))),
    (3.0, frozenset((*range(0x20, 0x2E), 0x73))),
)
# Where nothing else is said: large operators.
_OPERATOR_DEPTH = 1.4


def depth(code: int) -> float:
    """How far down a symbol of TeX's extension font reaches, in font sizes."""
    return next((found for found, codes in _DEPTHS if code in codes), _OPERATOR_DEPTH)
