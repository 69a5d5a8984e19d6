"""What of a chunk is embedded and indexed: its text in the context of document and headings."""

from ingest.ids import digest
from ingest.model import Chunk
from ingest.readers.markdown.markup import plain


def context_of(title: str, chunk: Chunk) -> str:
    """Where a chunk stands: document title and headings, each named once."""
    return " > ".join(dict.fromkeys(plain(part).strip() for part in (title, *chunk.section)))


def passage_of(title: str, chunk: Chunk) -> str:
    """The searched text of a chunk, markup stripped."""
    return f"{context_of(title, chunk)}\n{plain(chunk.text)}"


def passage_hash(passage: str) -> str:
    """Key of a passage's cached embedding."""
    return digest("passage", passage)
