"""Templates to markup; whatever is put into them is escaped."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.web import notes
from app.web.words import Words
from ingest.readers.markdown.markup import plain

STATIC = Path(__file__).with_name("static")


def fill(template: str, words: Words, **values: object) -> Markup:
    """A template with its values, in the language of the words."""
    made = _environment().get_template(f"{template}.html").render(t=words, **values)
    return Markup(made)  # noqa: S704 (the environment escapes)


@cache
def asset(name: str) -> str:
    """The address of a file of ours, another one once the file is another."""
    digest = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/web/{name}?v={digest}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals["asset"] = asset
    made.filters["inline"] = notes.render_inline
    made.filters["block"] = notes.render
    made.filters["plain"] = plain
    return made
