"""How headings are numbered, and which numbering stands above which."""

import re

_CHINESE = "[一二三四五六七八九十百]{1,4}"
# From the top down; each further dot in an Arabic number ranks one lower.
_SCHEMES = (
    re.compile(rf"^第\s*(?:{_CHINESE}|\d+)\s*[章篇部讲课]|^(?:chapter|part|lesson)\s+\w+", re.I),
    re.compile(rf"^第\s*(?:{_CHINESE}|\d+)\s*节"),
    re.compile(rf"^(?:{_CHINESE}[、.．]|[IVX]+[.、]\s)"),
    re.compile(rf"^[（(]{_CHINESE}[)）]"),
)
_ARABIC = re.compile(r"^(\d{1,2}(?:[.．]\d{1,2}){0,4})(?:[.．、]\s*|\s+|(?=[^\d\s.．%)）]))")
_BRACKETED = re.compile(r"^[（(]?\d{1,2}[)）]|^[①-⑳]")
_FIRST_ARABIC = len(_SCHEMES) + 1
_LOWEST = 12


def numbering_rank(text: str) -> int:
    """Return how low the numbering of a heading ranks (1 is the top); 0 without one."""
    text = text.lstrip()
    for place, scheme in enumerate(_SCHEMES):
        if scheme.match(text):
            return place + 1
    found = _ARABIC.match(text)
    if found:
        return _FIRST_ARABIC + len(re.findall(r"[.．]", found.group(1)))
    return _LOWEST if _BRACKETED.match(text) else 0
