"""The concepts that a course may speak of: the lexicon's, and those that the material brings.

Names join by evidence only: the lexicon lists them for one concept, or a text spells an acronym
out. Two concepts of the lexicon never become one.
"""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.concepts.lexicon import Entry
from ingest.concepts.matching import Name
from ingest.concepts.mining import Mined
from ingest.concepts.names import name_key
from ingest.ids import content_id
from ingest.text import CJK_CHARACTER

_PARTS = re.compile(r"[\s\-]+")
_KIND_WORDS = frozenset(
    {"model", "method", "algorithm", "technique", "framework", "architecture", "mechanism"}
    | {"scaling", "interpolation", "decoding", "prompting", "tuning", "loss", "attention"}
)


@dataclass(slots=True)
class Known:
    """A concept in the making: its names, and in which company a name means it."""

    id: str
    name_zh: str = ""
    name_en: str = ""
    names: dict[str, str] = field(default_factory=dict)
    contexts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    entry: Entry | None = None
    neighbours: tuple[str, ...] = ()

    def add(self, name: str, context: Sequence[str] = ()) -> None:
        """Take a name, unless a spelling of it is there.

        The main names of a lexicon's concept are the lexicon's, also where it has none in a
        language: no translated product name takes its place.
        """
        key = name_key(name)
        self.names.setdefault(key, name)
        if context:
            self.contexts.setdefault(key, tuple(context))
        if self.entry is not None:
            return
        if CJK_CHARACTER.search(name):
            self.name_zh = self.name_zh or name
        else:
            self.name_en = self.name_en or name

    def lookups(self, shared: Container[str]) -> Iterator[Name]:
        """The names to look for in texts; ``shared`` are keys that other concepts have too."""
        for key, name in sorted(self.names.items()):
            # The concept itself, by a name of one meaning, tells as much as its neighbours do.
            # They tell which of two concepts is meant, and little of whether it is one at all.
            neighbours = (self.id, *self.neighbours) if key in shared else ()
            yield Name(self.id, name, self.contexts.get(key, ()), neighbours)


class Vocabulary:
    """All concepts, by id, with the owner of every name."""

    def __init__(self, entries: Sequence[Entry], mined: Mined) -> None:
        self.concepts: dict[str, Known] = {}
        self._owners: dict[str, set[str]] = defaultdict(set)
        neighbours = _neighbours(entries)
        for entry in entries:
            self._take_entry(entry, neighbours[entry.id])
        self._join_pairs(mined)
        stems = self._stems()
        for term in mined.terms:
            key = name_key(term)
            if self._owners.get(key):
                continue
            if len(owners := stems.get(key, ())) == 1:
                # "NTK-aware" is short for "NTK-aware scaling".
                known = self.concepts[next(iter(owners))]
                known.add(term)
                self._owners[key].add(known.id)
            else:
                self._take_new([term])

    def lookups(self) -> list[Name]:
        """Names to look for; where one has several owners, those with a condition come first."""
        shared = {key for key, owners in self._owners.items() if len(owners) > 1}
        found = [name for known in self.concepts.values() for name in known.lookups(shared)]
        return sorted(found, key=lambda name: (not name.context, name.concept, name.written))

    def _stems(self) -> dict[str, set[str]]:
        """Concepts by their English names without a last word that only says of what kind it is."""
        stems: dict[str, set[str]] = defaultdict(set)
        for known in self.concepts.values():
            for name in known.names.values():
                words = _PARTS.split(name)
                if len(words) > 1 and words[-1].lower() in _KIND_WORDS:
                    stems[name_key(name[: -len(words[-1])])].add(known.id)
        return stems

    def _take_entry(self, entry: Entry, neighbours: Iterable[str]) -> None:
        known = Known(entry.id, entry.name_zh, entry.name_en, entry=entry)
        known.neighbours = tuple(sorted(neighbours))
        contexts = dict(entry.ambiguous)
        for name in entry.names:
            known.add(name, contexts.pop(name, ()))
        for name, words in contexts.items():
            known.add(name, words)
        self._put(known)

    def _take_new(self, names: Sequence[str]) -> Known:
        key = min(name_key(name) for name in names)
        known = Known(content_id("concept", key))
        for name in names:
            known.add(name)
        self._put(known)
        return known

    def _put(self, known: Known) -> None:
        self.concepts[known.id] = known
        for key in known.names:
            self._owners[key].add(known.id)

    def _join_pairs(self, mined: Mined) -> None:
        """Give acronyms to what they abbreviate; one with several meanings needs its company."""
        fulls: dict[str, dict[str, str]] = defaultdict(dict)
        shorts: dict[str, str] = {}
        for pair in mined.pairs:
            if pair.is_sure:
                fulls[name_key(pair.other)].setdefault(name_key(pair.one), pair.one)
                shorts.setdefault(name_key(pair.other), pair.other)
        for short_key, meanings in sorted(fulls.items()):
            for full_key, full in sorted(meanings.items()):
                self._join(full_key, full, short_key, shorts[short_key], len(meanings) > 1)

    def _join(self, full_key: str, full: str, short_key: str, short: str, several: bool) -> None:
        owners, users = self._owners[full_key], self._owners[short_key]
        if len(owners) > 1 or owners & users:
            return
        context = (full,) if several or users else ()
        if owners:
            known = self.concepts[next(iter(owners))]
            known.add(short, context)
            self._owners[short_key].add(known.id)
            return
        user = self.concepts[next(iter(users))] if len(users) == 1 and not several else None
        if user is not None and not _spells_otherwise(user, full):
            # A text spells out an acronym that is known: another wording of its full name.
            user.add(full)
            self._owners[full_key].add(user.id)
            return
        known = self._take_new([full])
        known.add(short, context)
        self._owners[short_key].add(known.id)


def _neighbours(entries: Iterable[Entry]) -> Mapping[str, set[str]]:
    """Concepts that the lexicon relates to each other, both ways."""
    found: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for source, _, target in entry.relations:
            found[source].add(target)
            found[target].add(source)
    return found


def _spells_otherwise(known: Known, full: str) -> bool:
    """Whether a concept has a full English name that shares no word with another full name."""
    words = set(full.lower().replace("-", " ").split())
    others = [set(name.lower().replace("-", " ").split()) for name in known.names.values()]
    long = [other for other in others if len(other) > 1]
    return bool(long) and not any(words & other for other in long)
