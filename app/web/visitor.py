"""What a visitor's browser says of language and appearance; both can be chosen and are kept."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from starlette.requests import Request

from app.web.words import LANGUAGES, Language, Words, words_in

LANGUAGE_COOKIE = "coursegraph_language"
THEME_COOKIE = "coursegraph_theme"
Theme: TypeAlias = Literal["auto", "light", "dark"]
_THEMES: dict[str, Theme] = {"auto": "auto", "light": "light", "dark": "dark"}
_LANGUAGES: dict[str, Language] = {language: language for language in LANGUAGES}


@dataclass(frozen=True, slots=True)
class Visitor:
    """How the pages are shown."""

    language: Language
    theme: Theme

    @property
    def words(self) -> Words:
        """The words in the visitor's language."""
        return words_in(self.language)


def visitor_of(request: Request) -> Visitor:
    """What was chosen before, else what the browser prefers."""
    language = request.cookies.get(LANGUAGE_COOKIE, "")
    theme = request.cookies.get(THEME_COOKIE, "")
    return Visitor(
        _LANGUAGES.get(language) or _preferred(request.headers.get("accept-language", "")),
        _THEMES.get(theme, "auto"),
    )


def _preferred(accepted: str) -> Language:
    """The first of our languages in the order of the browser's wishes."""
    wishes = []
    for place, wish in enumerate(accepted.split(",")):
        name, _, weight = wish.partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, name.strip().lower()[:2]))
        except ValueError:
            continue
    ours = (_LANGUAGES[name] for _, _, name in sorted(wishes) if name in _LANGUAGES)
    return next(ours, "en")
