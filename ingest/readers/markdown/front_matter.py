"""The YAML block on top of a note."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from ingest.model import Notice

_MOST_LINES = 400
# Explicit tags ("!!bool maybe") make PyYAML stumble in ways that are no YAMLError.
_YAML_ERRORS = (
    yaml.YAMLError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
)
_KEY = re.compile(r"[\w-]+[ \t]*:(?:[ \t]|$)")
_TITLE = re.compile(r"title[ \t]*:[ \t]*(.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands on top of a note; ``line_count`` lines of the file belong to it."""

    line_count: int = 0
    metadata: Mapping[str, object] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


class _Loader(yaml.SafeLoader):
    """Plain values only: dates stay text, and aliases (which can explode) are refused."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (the name is yaml's)
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_mark()
            raise yaml.MarkedYAMLError(problem="aliases are not read", problem_mark=mark)
        return super().compose_node(parent, index)  # type: ignore[no-any-return,arg-type,unused-ignore]


def read_front_matter(lines: list[str]) -> FrontMatter:
    """Read the block between ``---`` lines at the top; a broken one becomes a notice."""
    end = _closing_line(lines)
    # A rule on top of a note is followed by a blank line; the note may have a second one.
    if end is None or not lines[1].strip():
        return FrontMatter()
    body = "\n".join(lines[1:end])
    try:
        value = yaml.load(body, _Loader)  # noqa: S506 (derived from SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        # The mark counts from 0 and the opening --- is line 1 of the file.
        return _broken(body, end, error.problem or "not YAML", (mark.line if mark else 0) + 2)
    except _YAML_ERRORS as error:
        return _broken(body, end, str(error).split("\n", 1)[0], 2)
    if not isinstance(value, dict):
        # No names, so it may be text between two rules: it stays in the note.
        notice = _notice("it must hold names and values", 2)
        return FrontMatter(notices=(notice,) if isinstance(value, list) else ())
    metadata = {str(key): _simple(item) for key, item in value.items()}
    return FrontMatter(end + 1, metadata)


def _closing_line(lines: list[str]) -> int | None:
    if not lines or lines[0].rstrip() != "---":
        return None
    for number, line in enumerate(lines[1:_MOST_LINES], start=1):
        if line.rstrip() in ("---", "..."):
            return number
    return None


def _broken(body: str, end: int, problem: str, line: int) -> FrontMatter:
    """Say where the block is broken; an unquoted title, the usual reason, is still found."""
    notice = _notice(problem, line)
    if not any(_KEY.match(row) for row in body.split("\n")):
        return FrontMatter(notices=(notice,))
    title = next((found[1] for row in body.split("\n") if (found := _TITLE.match(row))), "")
    metadata = {"title": title.strip().strip("\"'")} if title else {}
    return FrontMatter(end + 1, metadata, (notice,))


def _notice(problem: str, line: int) -> Notice:
    return Notice("front_matter", f"the front matter can't be read (line {line}): {problem}")


def _simple(value: object) -> object:
    """Turn a YAML value into one that JSON knows."""
    if isinstance(value, dict):
        return {str(key): _simple(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_simple(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
