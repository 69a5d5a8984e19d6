"""The curated lexicon: concepts of the field with their names, descriptions and relations.

Some YAML files ship with us; the owner of a course may add one of the same form.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ingest.concepts.names import name_key
from ingest.errors import LexiconError
from ingest.model import RelationKind

SHIPPED = Path(__file__).parents[1] / "data" / "lexicon"
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Written at the later concept; a relation of the graph points from what comes first.
_PREREQUISITES = "prerequisites"
_RELATIONS = (
    RelationKind.IS_A,
    RelationKind.PART_OF,
    RelationKind.VARIANT_OF,
    RelationKind.USES,
    RelationKind.IMPROVES_ON,
    RelationKind.ALTERNATIVE_TO,
    RelationKind.EVALUATED_BY,
)
_LISTS = ("aliases", "plain_zh", "plain_en", "papers", _PREREQUISITES, *_RELATIONS)
_KEYS = frozenset({"id", "zh", "en", "ambiguous", *_LISTS})


@dataclass(frozen=True, slots=True)
class Entry:
    """A concept as the lexicon has it.

    ``aliases`` are all its names; one in ``ambiguous`` counts only in a passage that holds one
    of the words given for it. ``descriptions`` say in everyday words what somebody means who
    does not know the name. ``relations`` are expected: they hold where the material states them.
    """

    id: str
    name_zh: str
    name_en: str
    aliases: tuple[str, ...]
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...] = ()
    descriptions: tuple[str, ...] = ()
    relations: tuple[tuple[str, RelationKind, str], ...] = ()
    papers: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name once, the main ones first."""
        found = (self.name_zh, self.name_en, *self.aliases)
        return tuple(dict.fromkeys(name for name in found if name))


def load_lexicon(extra: Path | None = None) -> tuple[Entry, ...]:
    """Read what ships and, over it, a course's own file; entries are in the order of their ids.

    An entry of ``extra`` with a known id adds to that entry; its main names replace the old
    ones. Raises LexiconError with file and entry.
    """
    # A service reads the owner's file again once it has changed.
    changed = extra.stat().st_mtime_ns if extra is not None and extra.exists() else 0
    return _load(extra, changed)


@lru_cache(maxsize=4)
def _load(extra: Path | None, _changed: int) -> tuple[Entry, ...]:
    found: dict[str, dict[str, Any]] = {}
    for file in [*sorted(SHIPPED.glob("*.yaml")), *([extra] if extra else [])]:
        for values in _read(file):
            known = found.get(values["id"])
            found[values["id"]] = values if known is None else _joined(known, values)
    entries = tuple(_entry(values) for _, values in sorted(found.items()))
    _check_names(entries)
    return entries


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        found = yaml.load(file.read_text("utf-8"), Loader=_Loader)  # noqa: S506 (a safe loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LexiconError(f"{file}: can't be read ({error})", "Correct the file.") from error
    if not isinstance(found, list):
        raise LexiconError(f"{file}: not a list of entries", "Begin each entry with `- id: ...`.")
    for number, values in enumerate(found, start=1):
        _check(values, f"{file}: entry {number}")
    return found


def _check(values: object, where: str) -> None:
    if not isinstance(values, dict) or not isinstance(values.get("id"), str):
        raise LexiconError(f"{where} has no id", "Give it one, such as `id: kv-cache`.")
    where = f"{where} ({values['id']})"
    unknown = sorted(set(values) - _KEYS)
    if unknown:
        raise LexiconError(f"{where}: unknown key {unknown[0]!r}", f"Known: {sorted(_KEYS)}.")
    for key in _LISTS:
        listed = values.get(key) or []
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            raise LexiconError(f"{where}: {key} is not a list of texts", "Quote its items.")
    ambiguous = values.get("ambiguous") or {}
    if not isinstance(ambiguous, dict) or not all(map(_is_texts, ambiguous.values())):
        hint = "Write `ambiguous: {name: [word, word]}`."
        raise LexiconError(f"{where}: ambiguous does not list words for names", hint)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _joined(one: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    joined = {**one, **{key: more[key] for key in ("zh", "en") if more.get(key)}}
    replaced = [str(one[key]) for key in ("zh", "en") if one.get(key) and more.get(key)]
    joined["aliases"] = [*replaced, *(one.get("aliases") or []), *(more.get("aliases") or [])]
    joined["ambiguous"] = {**(one.get("ambiguous") or {}), **(more.get("ambiguous") or {})}
    for key in _LISTS[1:]:
        joined[key] = [*(one.get(key) or []), *(more.get(key) or [])]
    return joined


def _entry(values: Mapping[str, Any]) -> Entry:
    name = values["id"]
    relations = [
        (name, kind, target) for kind in _RELATIONS for target in values.get(kind.value) or []
    ]
    relations += [
        (first, RelationKind.PREREQUISITE_OF, name) for first in values.get(_PREREQUISITES) or []
    ]
    return Entry(
        id=name,
        name_zh=str(values.get("zh") or ""),
        name_en=str(values.get("en") or ""),
        aliases=tuple(dict.fromkeys(values.get("aliases") or [])),
        ambiguous=tuple(
            (alias, tuple(words))
            for alias, words in sorted((values.get("ambiguous") or {}).items())
        ),
        descriptions=(*(values.get("plain_zh") or []), *(values.get("plain_en") or [])),
        relations=tuple(relations),
        papers=tuple(values.get("papers") or []),
    )


def _check_names(entries: Iterable[Entry]) -> None:
    owners: dict[str, Entry] = {}
    for entry in entries:
        if not entry.names:
            raise LexiconError(f"lexicon entry {entry.id!r} has no name", "Give it zh or en.")
        always = set(entry.names) - {alias for alias, _ in entry.ambiguous}
        for name in sorted(always):
            other = owners.setdefault(name_key(name), entry)
            if other is not entry:
                hint = "Take it out of one of them, or list it there under `ambiguous`."
                message = f"{name!r} names two lexicon entries, {other.id!r} and {entry.id!r}"
                raise LexiconError(message, hint)


def expected_relations(
    entries: Sequence[Entry],
) -> dict[tuple[str, str], tuple[RelationKind, ...]]:
    """Kinds of relations between two concepts, by source and target."""
    known = {entry.id for entry in entries}
    found: dict[tuple[str, str], dict[RelationKind, None]] = {}
    for entry in entries:
        for source, kind, target in entry.relations:
            if source in known and target in known and source != target:
                found.setdefault((source, target), {})[kind] = None
    return {pair: tuple(kinds) for pair, kinds in found.items()}
