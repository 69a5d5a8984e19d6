"""How a reader is told what a question was taken to mean."""

from ingest.model import Language
from ingest.text import language_of, one_line

SIGNS = {Language.EN: "Understood as: ", Language.ZH: "理解为："}


def understood_as(question: str, resolved: str) -> str:
    """A line in the language of the question."""
    return f"{SIGNS.get(language_of(question), SIGNS[Language.ZH])}{one_line(resolved)}"
