"""Ids made from content: the same files give the same ids on any machine, in any order."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

_ID_LENGTH = 16


def digest(*parts: str) -> str:
    """Hash text parts; no two different lists of parts share an input."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        state.update(len(data).to_bytes(8, "big"))
        state.update(data)
    return state.hexdigest()


def content_id(kind: str, *parts: str) -> str:
    """Make a short stable id such as ``c-5f0c...``; the prefix is the first letter of the kind."""
    return f"{kind[0]}-{digest(kind, *parts)[:_ID_LENGTH]}"


def file_digest(file: Path) -> str:
    """Hash a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def bytes_digest(data: bytes) -> str:
    """Hash bytes."""
    return hashlib.sha256(data).hexdigest()


def settings_digest(settings: Mapping[str, object]) -> str:
    """Hash settings independently of their order."""
    return digest(*(f"{name}={settings[name]!r}" for name in sorted(settings)))
