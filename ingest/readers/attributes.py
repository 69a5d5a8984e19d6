"""Numbers in attributes of XML and HTML, which programs write in ways of their own."""

import re

_WHOLE = re.compile(r"\s*([+-]?[0-9]{1,9})(?:\.[0-9]*)?\s*")


def whole_number(text: str | None, default: int) -> int:
    """Read a whole number, "2.0" too; what is none, or is huge, is the default."""
    found = _WHOLE.fullmatch(text or "")
    return int(found[1]) if found else default
