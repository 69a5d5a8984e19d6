"""How files are read and cut; frozen values that the caller passes in."""

from dataclasses import dataclass
from enum import StrEnum

MEGABYTE = 1024 * 1024


class OcrMode(StrEnum):
    """When text is recognised in pictures."""

    AUTO = "auto"  # where the page shows more than its text layer holds
    OFF = "off"
    FORCE = "force"  # whole pages, in place of their text layers


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """Limits for one file.

    ``chunk_length`` is in Chinese characters; other letters count a third (see ``text.length``).
    ``ocr_timeout_seconds`` is for the pictures of one page, and for each of them.
    """

    chunk_length: int = 400
    max_file_bytes: int = 200 * MEGABYTE
    max_pages: int = 3000
    timeout_seconds: float = 300.0
    max_memory_bytes: int = 2048 * MEGABYTE
    ocr: OcrMode = OcrMode.AUTO
    ocr_engine: str = "embedded"
    ocr_timeout_seconds: float = 120.0
