"""Paths that a user names -> files to ingest, each in a collection."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.errors import NothingToIngest, SourceError, UnreadableFile, UnsupportedFile
from ingest.model import Source
from ingest.readers import READERS

_OTHER_OFFICE = {".doc", ".dot", ".ppt", ".pps", ".rtf", ".odt", ".odp", ".key", ".pages", ".wps"}
_WEB_PAGES = {".html", ".htm"}
_PARTS_OF_PAGES = _WEB_PAGES | {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What was looked through: documents of ``collection`` under ``prefix`` should now exist."""

    collection: str
    prefix: str

    def covers(self, collection: str, path: str) -> bool:
        """Tell whether a document belongs to what was looked through."""
        if collection != self.collection:
            return False
        return self.prefix in {"", path} or path.startswith(self.prefix + "/")


@dataclass(slots=True)
class Discovery:
    """Files found, what went wrong on the way, and how far the search reached."""

    sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    problems: list[tuple[str, SourceError | NothingToIngest]] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)
    collections: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    def add(self, source: Source) -> None:
        """Take a file in; naming it twice counts once."""
        self.sources[(source.collection, source.path)] = source


def discover(
    paths: Iterable[Path], collections: Mapping[str, str], known: Mapping[str, Sequence[str]]
) -> Discovery:
    """Find the files under each path.

    ``collections`` maps known names to their root folders, ``known`` to the paths of documents.

    A path inside a known collection belongs to it, so that naming one note updates that note.
    """
    found = Discovery(collections=dict(collections))
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 (links stay links)
        named = _shown(path)
        try:
            is_folder = stat.S_ISDIR(absolute.stat().st_mode)
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            reason = "no such file or folder" if missing else error.strerror
            hint = "Check the spelling; `coursegraph remove` forgets files that are gone."
            found.problems.append((named, NothingToIngest(f"{named}: {reason}", hint)))
            continue
        root = absolute if is_folder else absolute.parent
        collection, base = _collection_of(root, found.collections, known)
        if is_folder:
            _walk(absolute, base, collection, found, named)
        elif absolute.suffix.lower() in READERS:
            _take(absolute, base, collection, found)
        else:
            kinds = ", ".join(sorted(READERS))
            old = absolute.suffix.lower() in _OTHER_OFFICE
            hint = "Save it as .docx, .pptx or PDF." if old else f"Readable: {kinds}"
            other = UnsupportedFile(f"{named}: this kind of file is not read", hint)
            found.problems.append((named, other))
    return found


def _collection_of(
    root: Path, collections: dict[str, str], known: Mapping[str, Sequence[str]]
) -> tuple[str, Path]:
    for name, folder in collections.items():
        if root.is_relative_to(folder):
            return name, Path(folder)
    name = root.name or "root"
    if name in collections and _has_moved(Path(collections[name]), root, known.get(name, ())):
        collections[name] = str(root)
        return name, root
    # Two folders of one name are told apart by the names of the folders around them.
    around = iter(root.parents)
    while name in collections and (parent := next(around, None)) is not None:
        name = f"{name}~{parent.name}"
    collections[name] = str(root)
    return name, root


def _has_moved(old: Path, new: Path, paths: Sequence[str]) -> bool:
    """A folder that is gone and most of whose documents are in the new place."""
    if old.exists() or not paths:
        return False
    return sum((new / path).exists() for path in paths) > len(paths) / 2


def _walk(folder: Path, base: Path, collection: str, found: Discovery, named: str) -> None:
    complete, empty = True, True
    visited: set[str] = set()

    def failed(error: OSError) -> None:
        nonlocal complete
        complete = False
        place = _shown(error.filename or folder)
        problem = UnreadableFile(f"{place}: {error.strerror}", "Check the folder's permissions.")
        found.problems.append((place, problem))

    for file in _files(folder, failed, visited):
        if file.suffix.lower() in READERS and not _belongs_to_page(file):
            empty = False
            _take(file, base, collection, found)
        else:
            found.ignored.append(_shown(file))
    if empty:
        kinds = ", ".join(sorted(READERS))
        hint = f"Readable: {kinds}. What was indexed from it stays until `coursegraph remove`."
        nothing = NothingToIngest(f"{named}: no course material in this folder", hint)
        found.problems.append((named, nothing))
    elif complete:
        prefix = "" if folder == base else folder.relative_to(base).as_posix()
        found.scopes.append(Scope(collection, prefix))
        # What was ingested as a folder of its own belongs to the folder around it from now on.
        for name, root in found.collections.items():
            if name != collection and root in visited:
                found.scopes.append(Scope(name, ""))


def _files(folder: Path, failed: Callable[[OSError], None], visited: set[str]) -> Iterator[Path]:
    """Files in and under a folder, following links but going into no folder twice.

    ``visited`` takes the folders gone into, as they were come by.
    """
    # A link to a folder above would lead to everything on the disk, and back here.
    known = {str(parent) for parent in folder.resolve().parents}
    for current, folders, files in os.walk(folder, followlinks=True, onerror=failed):
        real = os.path.realpath(current)
        if real in known:
            folders[:] = []
            continue
        known.add(real)
        visited.add(current)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(current, name) for name in sorted(files) if not name.startswith("."))


def _belongs_to_page(file: Path) -> bool:
    """Tell whether a browser saved a file with a web page: its icons, banners and frames."""
    page, suffix = file.parent.name.removesuffix("_files"), file.suffix.lower()
    if page == file.parent.name or suffix not in _PARTS_OF_PAGES:
        return False
    return any((file.parent.parent / (page + kind)).exists() for kind in _WEB_PAGES)


def _take(file: Path, base: Path, collection: str, found: Discovery) -> None:
    shown = _shown(file)
    if shown == str(file):
        found.add(Source(collection, file.relative_to(base).as_posix(), str(file)))
        return
    error = UnreadableFile(f"{shown}: the name is not valid UTF-8", "Rename it and ingest again.")
    found.problems.append((shown, error))


def _shown(path: str | Path) -> str:
    """A path as text that can be stored and printed: other encodings' bytes become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")
