"""Jupyter notebooks: each cell is a page; text cells are Markdown, code cells code with outputs."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.errors import DamagedFile, UnsupportedFile
from ingest.model import Block, BlockKind, Link, Notice, ParsedDocument
from ingest.readers.encoding import read_text
from ingest.readers.files import check_page_count, title_of
from ingest.readers.markdown.links import external_links
from ingest.readers.markdown.reader import parse_blocks
from ingest.readers.notebook.outputs import Outputs, joined
from ingest.readers.pages import on_page
from ingest.readers.pictures.decoding import PictureTexts
from ingest.recognition import ALONE, ReaderServices
from ingest.settings import ReadSettings
from ingest.text import clean

_OLDEST = 2
_NEWEST = 4
_EMBEDDED = re.compile(r"(!\[[^\[\]]*+\])\(data:image/[\w.+-]+;base64,([\w+/=\s]++)\)")


def read_notebook(
    file: Path, settings: ReadSettings, services: ReaderServices = ALONE
) -> ParsedDocument:
    """Read a notebook of any version that Jupyter still opens.

    Its format is JSON of a fixed shape, so it is read as that.
    """
    notebook = _load(file, settings)
    cells = _cells(notebook, file)
    check_page_count(file, len(cells), settings, "cells")
    pictures = PictureTexts(settings, services)
    reader = _CellReader(pictures)
    blocks: list[Block] = []
    for number, cell in enumerate(cells, start=1):
        services.progress("page", number, len(cells))
        blocks += [on_page(block, number) for block in reader.blocks(cell, number)]
    return ParsedDocument(
        title=_title(notebook, blocks, file),
        format="notebook",
        blocks=tuple(blocks),
        page_count=len(cells),
        notices=(*reader.notices(), *pictures.notices()),
        links=tuple(dict.fromkeys(reader.links)),
        metadata=_metadata(notebook),
    )


def _load(file: Path, settings: ReadSettings) -> Mapping[str, Any]:
    text = read_text(file, settings.max_file_bytes).text
    again = "Save it again in Jupyter, or download it again."
    if not text.strip():
        raise DamagedFile(f"{file.name}: the file is empty", again)
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        kind = DamagedFile if text.lstrip().startswith("{") else UnsupportedFile
        raise kind(f"{file.name}: not a whole notebook ({error})", again) from error
    if not isinstance(notebook, dict) or "nbformat" not in notebook:
        message = f"{file.name}: JSON, but not of a notebook"
        raise UnsupportedFile(message, "Correct its extension, or save it again in Jupyter.")
    return notebook


def _cells(notebook: Mapping[str, Any], file: Path) -> list[Mapping[str, Any]]:
    version = notebook["nbformat"]
    if not isinstance(version, int) or not _OLDEST <= version <= _NEWEST:
        hint = "Open it in Jupyter and save it in version 4."
        raise UnsupportedFile(f"{file.name}: notebook version {version!r} is not read", hint)
    groups = [notebook] if version == _NEWEST else notebook.get("worksheets")
    found: list[Mapping[str, Any]] = []
    for group in groups if isinstance(groups, list) else ():
        cells = group.get("cells") if isinstance(group, dict) else None
        found += (
            [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []
        )
    return found


def _title(notebook: Mapping[str, Any], blocks: Sequence[Block], file: Path) -> str:
    metadata = notebook.get("metadata")
    given = metadata.get("title") if isinstance(metadata, dict) else None
    if isinstance(given, str) and given.strip():
        return clean(given).strip()
    headings = (b.text for b in blocks if b.kind is BlockKind.HEADING and b.level == 1)
    return next(headings, title_of(file))


def _metadata(notebook: Mapping[str, Any]) -> dict[str, object]:
    metadata = notebook.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language") if isinstance(kernel, dict) else None
    return {"code": language} if isinstance(language, str) else {}


class _CellReader:
    """Reads cells one after the other."""

    def __init__(self, pictures: PictureTexts) -> None:
        self.links: list[Link] = []
        self._outputs = Outputs(pictures)

    def blocks(self, cell: Mapping[str, Any], page: int) -> Iterator[Block]:
        """The cell's own text, then what it printed or has attached."""
        kind = cell.get("cell_type")
        source = joined(cell.get("source", cell.get("input"))).replace("\r\n", "\n")
        if kind == "code":
            source = source.strip("\n").rstrip()
            if source:
                yield Block(BlockKind.CODE, source)
            yield from self._outputs.blocks(cell, page)
        elif kind == "heading":
            level = cell.get("level")
            depth = level if isinstance(level, int) and 1 <= level <= 6 else 1  # noqa: PLR2004
            yield from parse_blocks(f"{'#' * depth} {' '.join(source.split())}")
        elif kind == "markdown":
            yield from self._markdown(source, cell, page)
        elif source.strip():
            yield Block(BlockKind.PARAGRAPH, source.strip())

    def _markdown(self, source: str, cell: Mapping[str, Any], page: int) -> Iterator[Block]:
        embedded = [found[2] for found in _EMBEDDED.finditer(source)]
        source = _EMBEDDED.sub(r"\1()", source)
        found = parse_blocks(source)
        self.links += [replace(link, page=page) for link in external_links(found)]
        yield from found
        attached = cell.get("attachments")
        for bundle in attached.values() if isinstance(attached, dict) else ():
            forms = bundle.values() if isinstance(bundle, dict) else ()
            embedded += [joined(form) for form in forms]
        for picture in embedded:
            yield from self._outputs.picture(picture, page)

    def notices(self) -> tuple[Notice, ...]:
        """Which outputs were not read to their end."""
        if not self._outputs.shortened:
            return ()
        cells = tuple(sorted(set(self._outputs.shortened)))
        return (Notice("shortened_outputs", "Long outputs were cut after some lines.", cells),)
