"""What all readers ask of a file: that it can be read, how many pages it has, a name for it."""

from pathlib import Path

from ingest.errors import FileTooLarge, UnreadableFile
from ingest.settings import ReadSettings
from ingest.text import clean


def unreadable(file: Path, error: OSError) -> UnreadableFile:
    """The error for a file that the system does not give."""
    hint = "Check that the file is there and may be read."
    return UnreadableFile(f"{file.name}: {error.strerror}", hint)


def check_page_count(file: Path, count: int, settings: ReadSettings, unit: str = "pages") -> None:
    """Raise FileTooLarge when a file has more pages, slides or cells than the limit."""
    if count > settings.max_pages:
        hint = "Split it, or raise COURSEGRAPH_MAX_PAGES."
        message = f"{file.name}: {count} {unit} are more than {settings.max_pages}"
        raise FileTooLarge(message, hint)


def title_of(file: Path) -> str:
    """The title of a document that names none."""
    return clean(file.stem).strip() or file.stem
