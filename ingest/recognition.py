"""Text recognition (OCR): the ports, and what comes back from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.errors import RecognitionFailed

OMITTED = "[…]"
"""Stands in a text for a formula that was seen in a picture and can't be read."""


@dataclass(frozen=True, slots=True)
class RecognizedLine:
    """A line of text found in a picture: pixels from its top left, confidence from 0 to 1."""

    text: str
    confidence: float
    x0: float
    y0: float
    x1: float
    y1: float


class Recognizer(Protocol):
    """An OCR engine."""

    @property
    def fingerprint(self) -> str:
        """Changes when the same picture could give other text."""

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        """Find the lines of text in a PNG or JPEG picture, in any order."""


class ReaderServices(Protocol):
    """What a reader may ask for while it reads."""

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        """Find the lines of text in a PNG picture; raise RecognitionFailed."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell how far reading has come, in pages."""


class NoServices:
    """A reader on its own: nothing is recognised, nobody is told."""

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        """Raise RecognitionFailed."""
        del picture
        raise RecognitionFailed("no text recognition is at hand")

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell nobody."""


ALONE = NoServices()
