"""Raised and lowered text: 10² must not read as 102."""

_PLAIN = "0123456789+-=()n"
_RAISED = str.maketrans(_PLAIN + "i", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ")
_LOWERED = str.maketrans(_PLAIN[:-1], "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


def raised(text: str) -> str:
    """Write superscript in Unicode's own characters, or after a ``^``."""
    if _all_in(text, _RAISED):
        return text.translate(_RAISED)
    # A word in small print above the line (1st, TM, a note's mark) is best left as it is.
    return f"^{text}" if len(text) == 1 and text.isalnum() else text


def lowered(text: str) -> str:
    """Write subscript in Unicode's own characters, or after a ``_``."""
    if _all_in(text, _LOWERED):
        return text.translate(_LOWERED)
    return f"_{text}" if text.isalnum() else text


def _all_in(text: str, table: dict[int, int]) -> bool:
    return bool(text) and all(ord(letter) in table for letter in text)
