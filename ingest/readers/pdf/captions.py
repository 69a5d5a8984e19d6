"""Captions of figures and tables, known by their labels: Figure 3: ..., 表 2 ..."""

import re

from ingest.text import length

_LABEL = re.compile(
    r"^\s*(?:table|tab\.|表格?|figure|fig\.|图表?|附图|附表)\s*"
    r"(?:[A-Z]?\d{1,3}(?:[.\-–]\d{1,3})*[a-z]?|[IVX]{1,5}|[一二三四五六七八九十]{1,3})"
    r"(?P<mark>\s*[.:：|｜—–]|\s+|$)(?P<rest>.*)$",
    re.IGNORECASE | re.DOTALL,
)
# After a label without a mark, a sentence tells about the figure, while a caption is short.
_SHORT = 40.0
_SENTENCE = re.compile(
    r"^(?:[是中里的所给展显表列对比描说为和与]|shows?\b|lists?\b|gives?\b|presents?\b|is\b|are\b"
    r"|illustrates?\b|summari|depicts?\b|compares?\b|reports?\b|and\b|in\b|\()",
    re.IGNORECASE,
)
_SENTENCE_END = tuple("。；;！!？?，,")


def is_caption(text: str) -> bool:
    """Tell whether a text is the caption of a figure or table, or begins one."""
    found = _LABEL.match(text)
    if not found:
        return False
    if found.group("mark").strip():
        return True
    rest = found.group("rest")
    return (
        length(rest) <= _SHORT
        and not rest.rstrip().endswith(_SENTENCE_END)
        and not _SENTENCE.match(rest)
    )


def is_label(text: str) -> bool:
    """Tell whether a caption is only the label, whose title stands below."""
    found = _LABEL.match(text)
    return found is not None and not found.group("rest").strip()
