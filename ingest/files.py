"""Files that a crash leaves either as they were or as they should be."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows can't open folders
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Wait until a folder and all that is in it is on the disk."""
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)


def replace_text(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    beside = file.with_name(file.name + ".new")
    beside.write_text(text, "utf-8")
    sync(beside)
    beside.replace(file)
    sync(file.parent)
