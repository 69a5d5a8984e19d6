"""Code with its syntax coloured."""

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_FORMATTER = HtmlFormatter(nowrap=True, classprefix="c-")


def highlighted(code: str, language: str, mark: tuple[int, int] | None) -> Markup:
    """A block of code; the lines of a range are marked whole."""
    lines = _coloured(code.rstrip("\n"), language)
    position = 0
    shown = []
    for line, source in zip(lines, code.split("\n"), strict=False):
        end = position + len(source)
        inside = mark is not None and mark[0] < end and mark[1] > position
        shown.append(Markup("<mark>{}</mark>").format(line) if inside and source else line)
        position = end + 1
    return Markup('<pre tabindex="0"><code>{}</code></pre>').format(Markup("\n").join(shown))


def _coloured(code: str, language: str) -> list[Markup]:
    """Its lines; a token that goes over several is coloured in each."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return [escape(line) for line in code.split("\n")]
    coloured = highlight(code, lexer, _FORMATTER).rstrip("\n")
    return [Markup(line) for line in coloured.split("\n")]  # noqa: S704 (Pygments escapes)
