"""The words of the pages in the visitor's language; ``words.yaml`` holds them all."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

import yaml

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Words:
    """Says a word by its key."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._said = {key: pair[LANGUAGES.index(language)] for key, pair in _table().items()}

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key, its places filled in; raises KeyError for an unknown one."""
        words = self._said[key]
        return words.format(**values) if values else words

    @property
    def tag(self) -> str:
        """The language as pages name it."""
        return "zh-CN" if self.language == "zh" else "en"


@cache
def words_in(language: Language) -> Words:
    """The words of a language."""
    return Words(language)


@cache
def _table() -> Mapping[str, list[str]]:
    file = Path(__file__).with_name("words.yaml")
    table: dict[str, list[str]] = yaml.safe_load(file.read_text("utf-8"))
    return table
