"""Titles of conversations, made from their first questions."""

_LONGEST = 40


def title_of(question: str) -> str:
    """The first line of a question without what ends it, cut at a word; empty for nothing."""
    lines = [line.strip() for line in question.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    title = first.rstrip("?？.。!！ ") or first
    if len(title) <= _LONGEST:
        return title
    cut = title[:_LONGEST]
    return (cut.rpartition(" ")[0] or cut).rstrip() + "…"
