"""What the pipeline does for its readers: kept text recognition, and progress page by page."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.corpus import Corpus
from ingest.errors import RecognitionFailed
from ingest.ids import bytes_digest
from ingest.ocr_workers import OcrWorkers
from ingest.recognition import RecognizedLine
from ingest.report import Progress
from ingest.settings import OcrMode, ReadSettings

_PAGE_STAGES = {"page": "page", "picture": "pictures of page"}


@dataclass(frozen=True, slots=True)
class Services:
    """ReaderServices for one document."""

    recognize: Callable[[bytes], Sequence[RecognizedLine]]
    progress: Callable[[str, int, int], None]


class KeptRecognizer:
    """Recognises each picture once ever: what an engine found stays in the corpus.

    ``new`` counts the pictures that the engine had to read, ``kept`` the others.
    """

    def __init__(self, corpus: Corpus, settings: ReadSettings, workers: int) -> None:
        self.new = self.kept = 0
        self._corpus = corpus
        self._counting = threading.Lock()
        self._workers: OcrWorkers | None = None
        if settings.ocr is not OcrMode.OFF:
            threads = max(1, (os.cpu_count() or 1) // workers)
            self._workers = OcrWorkers(
                settings.ocr_engine, workers, threads, settings.ocr_timeout_seconds
            )

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        """Find the lines of text in a picture; raise RecognitionFailed."""
        if self._workers is None:
            raise RecognitionFailed("text recognition is off", "Set COURSEGRAPH_OCR=auto.")
        key, fingerprint = bytes_digest(picture), self._workers.fingerprint
        lines: Sequence[RecognizedLine] | None = self._corpus.recognition(fingerprint, key)
        with self._counting:
            if lines is None:
                self.new += 1
            else:
                self.kept += 1
        if lines is None:
            lines = self._workers.recognize(picture)
            self._corpus.add_recognition(fingerprint, key, lines)
        return lines

    def close(self) -> None:
        """End the engine's processes; who waits for one gets RecognitionFailed."""
        if self._workers:
            self._workers.close()


class Meter:
    """Tells how many files are done, and which page of which file is being read."""

    def __init__(self, progress: Progress, files: int) -> None:
        self._progress = progress
        self._files = files
        self._done = 0

    def file_done(self, path: str) -> None:
        """One more file is read."""
        self._done += 1
        self._progress("read", self._done, self._files, path)

    def page_done(self, path: str, stage: str, page: int, pages: int) -> None:
        """A stage of reading a file has come to a page."""
        place = f"{path}: {_PAGE_STAGES.get(stage, stage)} {page} of {pages}"
        self._progress("read", self._done, self._files, place)
