"""Which file a catalogue entry means: exact names first, then names that only look different."""

import posixpath
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from ingest.model import CatalogueEntry

_DOCUMENT_SUFFIXES = frozenset(
    {"md", "markdown", "mdx", "rst", "txt", "tex", "pdf", "ipynb", "htm", "html"}
    | {"doc", "docx", "ppt", "pptx", "odt", "epub", "djvu"}
)
_SUFFIX = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,8})$")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|#")
# "#part" after a document name; a name may hold # and ? itself.
_FRAGMENT = re.compile(r"(?<=[\w)）])[#?][^/]*$")
_LICENCE_LIKE = re.compile(r"[A-Z_-]{4,}$")
# "name(1).pdf", "name (1)(1).pdf": what browsers add to a second download. "(2)" is more often
# a second part.
_COPY = re.compile(r"(?:\s*[(（]1[)）])+$")
_LIKE = str.maketrans(
    {
        **dict.fromkeys("–—―‒‐‑−－", "-"),
        **dict.fromkeys("“”„‟″＂「」『』", '"'),
        **dict.fromkeys("‘’‚‛′＇`´", "'"),
        **{"。": ".", "、": ",", "【": "[", "】": "]", "〔": "(", "〕": ")", "《": "<", "》": ">"},
        **{chr(wide): chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},
    }
)
_HYPHENS = re.compile(r"-{2,}")


@dataclass(frozen=True, slots=True)
class _Name:
    """A path taken apart so that unimportant differences vanish; digits always count."""

    folder: str
    stem: str
    copy: str
    suffix: str


# From strict to lenient; a later step sees only what the earlier ones left over.
_STEPS: tuple[Callable[[_Name], Hashable], ...] = (
    lambda name: (name.folder, name.stem, name.copy, name.suffix),
    lambda name: (name.folder, name.stem, name.suffix),
    lambda name: (name.folder, name.stem, name.copy),
    lambda name: (name.folder, name.stem),
)


def local_target(target: str) -> str | None:
    """Decode a link; None unless it leads to a document beside the note."""
    if not target or _SCHEME.match(target):
        return None
    name = unquote(target).strip()
    suffix = _SUFFIX.search(name)
    if suffix is None or suffix[1].lower() not in _DOCUMENT_SUFFIXES:
        name = _FRAGMENT.sub("", name)
        suffix = _SUFFIX.search(name)
    last = name.rsplit("/", 1)[-1]
    if not last or last in (".", ".."):
        return None
    if suffix is None:
        # Wikis and site generators leave the suffix out; LICENSE and the like are no lessons.
        return None if _LICENCE_LIKE.fullmatch(last) else name
    return name if suffix[1].lower() in _DOCUMENT_SUFFIXES else None


def match_targets(
    entries: Sequence[CatalogueEntry], paths: Sequence[str], base: str
) -> dict[int, str | None]:
    """Tell for each entry (by its position) which of ``paths`` it means, None for no file.

    ``base`` is the folder of the catalogue relative to the root of the collection.
    """
    targets = {number: _resolve(entry.target, base) for number, entry in enumerate(entries)}
    by_form = {unicodedata.normalize("NFC", path): path for path in paths}
    known = set(paths)
    chosen = {
        target: target if target in known else by_form.get(unicodedata.normalize("NFC", target))
        for target in targets.values()
    }
    for key in _STEPS:
        _match_step(chosen, paths, key)
    return {number: chosen[target] for number, target in targets.items()}


def _resolve(target: str, base: str) -> str:
    """Make a link relative to the root of the collection; a leading / already is."""
    if target.startswith("/"):
        return posixpath.normpath(target.lstrip("/"))
    return posixpath.normpath(posixpath.join(base.replace("\\", "/"), target))


def _match_step(
    chosen: dict[str, str | None], paths: Sequence[str], key: Callable[[_Name], Hashable]
) -> None:
    """Match what is left under one key, where exactly one target and one file share it."""
    taken = set(chosen.values())
    free = _by_key([path for path in paths if path not in taken], key)
    for like, wanted in _by_key([one for one, path in chosen.items() if not path], key).items():
        candidates = free.get(like, [])
        if len(wanted) == len(candidates) == 1 and _compatible(wanted[0], candidates[0]):
            chosen[wanted[0]] = candidates[0]


def _by_key(paths: Sequence[str], key: Callable[[_Name], Hashable]) -> Mapping[Hashable, list[str]]:
    groups: dict[Hashable, list[str]] = defaultdict(list)
    for path in paths:
        groups[key(_name(path))].append(path)
    return groups


def _compatible(target: str, path: str) -> bool:
    """Refuse .md for .pdf: only what one of the two lacks may differ."""
    wanted, found = _name(target), _name(path)
    return (not wanted.copy or not found.copy or wanted.copy == found.copy) and (
        not wanted.suffix or not found.suffix or wanted.suffix == found.suffix
    )


def _name(path: str) -> _Name:
    folder, last = posixpath.split(path)
    suffix = _SUFFIX.search(last)
    stem = last[: suffix.start()] if suffix else last
    copy = _COPY.search(stem)
    if copy is not None and copy.start() > 0:
        stem = stem[: copy.start()]
    return _Name(
        folder=_key(folder),
        stem=_key(stem),
        copy=_key(copy.group()) if copy is not None else "",
        suffix=suffix[1].casefold() if suffix else "",
    )


def _key(text: str) -> str:
    """Fold case, width, white space, dashes and quotes."""
    same = unicodedata.normalize("NFC", text).translate(_LIKE).casefold()
    return _HYPHENS.sub("-", "".join(same.split()))
