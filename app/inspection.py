"""What is read from one file, page by page: for a person who checks the parsing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import BadRequest
from app.settings import Settings
from ingest.corpus import Corpus
from ingest.isolation import run_isolated
from ingest.model import Block, Box, ParsedDocument, Source
from ingest.readers import READERS
from ingest.readers.page_image import DRAWABLE, annotate_page
from ingest.reading import check_file, parse
from ingest.report import Progress
from ingest.services import DocumentServices, KeptRecognizer, Meter

_DPI = 110
_RENDER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Inspection:
    """A file as it was read; ``pictures`` are the annotated pages, by number."""

    parsed: ParsedDocument
    pictures: dict[int, Path]
    pages: tuple[int, ...]


def inspect(
    settings: Settings, file: Path, page: int | None, folder: Path, progress: Progress
) -> Inspection:
    """Read a file as ingesting would, and draw what was found into ``folder``.

    Nothing is stored but the text of pictures, which ingesting then need not recognise again.
    """
    if file.is_dir():
        raise BadRequest(f"{file.name}: a folder", "Name one of its files.")
    if file.suffix.lower() not in READERS:
        raise BadRequest(f"{file.name}: files of this kind are not read", f"Read: {_kinds()}.")
    read = settings.read_settings()
    check_file(Source("", file.name, str(file)), read)
    with Corpus(settings.corpus_file) as corpus:
        recognizer = KeptRecognizer(corpus, read, workers=1)
        meter = Meter(progress, 1)
        services = DocumentServices(recognizer, meter, file.name, read.ocr_timeout_seconds)
        try:
            limits = read.timeout_seconds, read.max_memory_bytes
            parsed = run_isolated(parse, (file, read), *limits, services=services)
        finally:
            recognizer.close()
    pages = _pages(parsed, file, page)
    pictures: dict[int, Path] = {}
    numbered = list(enumerate(parsed.blocks, start=1))
    for number in pages if parsed.format in DRAWABLE else ():
        shown = [(place, block) for place, block in numbered if number in _pages_of(block)]
        arguments = (file, number, shown, _DPI)
        picture = run_isolated(annotate_page, arguments, _RENDER_SECONDS, read.max_memory_bytes)
        pictures[number] = folder / f"{file.name}-{number:03}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            pictures[number].write_bytes(picture)
        except OSError as error:
            hint = "Name a folder that may be written with --out."
            raise BadRequest(f"{folder}: {error.strerror}", hint) from error
    return Inspection(parsed, pictures, pages)


def _kinds() -> str:
    return ", ".join(sorted(READERS))


def _pages(parsed: ParsedDocument, file: Path, page: int | None) -> tuple[int, ...]:
    count = parsed.page_count or 0
    if page is None:
        return tuple(range(1, count + 1))
    if page > count:
        some = f"{count} page" + ("s" if count > 1 else "")
        has = f"has {some}, not {page}" if count else "has no pages"
        raise BadRequest(f"{file.name} {has}", "Leave out --page to see all of it.")
    return (page,)


def inspection_shape(found: Inspection) -> dict[str, Any]:
    """The JSON shape: blocks of the pages looked at, numbered in reading order."""
    wanted = set(found.pages)
    numbered = enumerate(found.parsed.blocks, start=1)
    return {
        "title": found.parsed.title,
        "format": found.parsed.format,
        "pages": found.parsed.page_count,
        "notices": [
            {"message": notice.message, "pages": list(notice.pages)}
            for notice in found.parsed.notices
            if not wanted or not notice.pages or wanted & set(notice.pages)
        ],
        "blocks": [
            _block_shape(number, block)
            for number, block in numbered
            if not wanted or wanted & set(_pages_of(block))
        ],
        "pictures": {str(number): str(path) for number, path in found.pictures.items()},
    }


def _pages_of(block: Block) -> Sequence[int]:
    return sorted({span.box.page for span in block.spans})


def _edges(box: Box) -> list[float]:
    return [box.x0, box.y0, box.x1, box.y1]


def _block_shape(number: int, block: Block) -> dict[str, Any]:
    confidences = [s.confidence for s in block.spans if s.confidence is not None]
    return {
        "number": number,
        "kind": str(block.kind),
        "level": block.level,
        "pages": list(_pages_of(block)),
        "origin": "ocr" if confidences else "text",
        "confidence": round(min(confidences), 3) if confidences else None,
        "area": _edges(block.area) if block.area else None,
        "text": block.text,
    }
