"""One file to its document record, sections and chunks. Runs in a child process."""

import os
import stat
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.chunking import make_chunks
from ingest.errors import FileTooLarge, UnreadableFile
from ingest.ids import content_id
from ingest.lessons import lesson_items
from ingest.model import (
    CatalogueEntry,
    Chunk,
    Document,
    DocumentKind,
    DocumentState,
    Language,
    LessonItem,
    ParsedDocument,
    Section,
    Source,
)
from ingest.readers import reader_for
from ingest.recognition import ALONE, ReaderServices
from ingest.sections import split_sections
from ingest.settings import MEGABYTE, ReadSettings
from ingest.text import length, whole


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document with everything that was read from it."""

    document: Document
    sections: tuple[Section, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    items: tuple[LessonItem, ...] = ()


def document_id(source: Source) -> str:
    """The id of a file's document: its place in its collection, whatever it holds."""
    return content_id("document", source.collection, source.path)


def check_file(source: Source, settings: ReadSettings) -> os.stat_result:
    """Raise what keeps a file from being read at all; return its stat."""
    try:
        found = Path(source.file).stat()
    except OSError as error:
        hint = "Check that it exists, is no broken link, and may be read."
        raise UnreadableFile(f"{source.path}: {error.strerror}", hint) from error
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableFile(f"{source.path}: not a regular file", "Leave it out of the folder.")
    if not os.access(source.file, os.R_OK):
        raise UnreadableFile(f"{source.path}: no permission to read it", "Change its permissions.")
    if found.st_size > settings.max_file_bytes:
        size, limit = found.st_size // MEGABYTE, settings.max_file_bytes // MEGABYTE
        hint = "Split it, or raise COURSEGRAPH_MAX_FILE_MB."
        raise FileTooLarge(f"{source.path}: {size} MB is over the limit of {limit} MB", hint)
    return found


def read_source(
    source: Source, sha256: str, settings: ReadSettings, services: ReaderServices = ALONE
) -> ReadDocument:
    """Read one file; raise a SourceError that says why it can't be read."""
    parsed = parse(Path(source.file), settings, services)
    identity = document_id(source)
    if parsed.kind is DocumentKind.CATALOGUE:
        # A catalogue tells which material there is; its one-liners are never evidence.
        return ReadDocument(_document(source, sha256, parsed, identity, DocumentState.INDEXED, []))
    filled = split_sections(identity, parsed.blocks)
    chunks = make_chunks(identity, filled, settings.chunk_length)
    state = DocumentState.INDEXED if chunks else DocumentState.NO_TEXT
    document = _document(source, sha256, parsed, identity, state, chunks)
    sections = tuple(found.section for found in filled)
    return ReadDocument(document, sections, tuple(chunks), lesson_items(filled))


def parse(file: Path, settings: ReadSettings, services: ReaderServices = ALONE) -> ParsedDocument:
    """Read one file as its reader gives it: blocks, before sections and chunks."""
    return _whole(reader_for(file)(file, settings, services))


def _whole(parsed: ParsedDocument) -> ParsedDocument:
    """Leave no halves of characters: escapes in YAML and JSON can name them, nothing can store."""
    return replace(
        parsed,
        title=whole(parsed.title),
        blocks=tuple(replace(block, text=whole(block.text)) for block in parsed.blocks),
        entries=tuple(_whole_entry(entry) for entry in parsed.entries),
        notices=tuple(replace(one, message=whole(one.message)) for one in parsed.notices),
        links=tuple(
            replace(one, text=whole(one.text), target=whole(one.target)) for one in parsed.links
        ),
        metadata={whole(str(key)): _whole_value(value) for key, value in parsed.metadata.items()},
    )


def _whole_entry(entry: CatalogueEntry) -> CatalogueEntry:
    return replace(
        entry,
        title=whole(entry.title),
        target=whole(entry.target),
        group=tuple(map(whole, entry.group)),
        description=whole(entry.description),
        priority=whole(entry.priority),
    )


def _whole_value(value: object) -> object:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, list):
        return [_whole_value(one) for one in value]
    if isinstance(value, dict):
        return {_whole_value(key): _whole_value(one) for key, one in value.items()}
    return value


def _document(
    source: Source,
    sha256: str,
    parsed: ParsedDocument,
    identity: str,
    state: DocumentState,
    chunks: list[Chunk],
) -> Document:
    return Document(
        id=identity,
        collection=source.collection,
        path=source.path,
        file=source.file,
        title=parsed.title,
        format=parsed.format,
        kind=parsed.kind,
        state=state,
        sha256=sha256,
        size=Path(source.file).stat().st_size,
        language=_main_language(chunks),
        page_count=parsed.page_count,
        reason="" if state is DocumentState.INDEXED else "no text was found in it",
        notices=parsed.notices,
        entries=parsed.entries,
        links=parsed.links,
        metadata=parsed.metadata,
    )


def _main_language(chunks: list[Chunk]) -> Language:
    weights: Counter[Language] = Counter()
    for chunk in chunks:
        weights[chunk.language] += length(chunk.text)
    return weights.most_common(1)[0][0] if weights else Language.MIXED
