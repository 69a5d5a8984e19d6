"""What the pipeline does for its readers: kept text recognition, and progress page by page."""

import os
import threading
import time
from collections.abc import Sequence

from ingest.corpus import Corpus
from ingest.errors import RecognitionFailed
from ingest.ids import bytes_digest
from ingest.ocr_workers import OcrWorkers
from ingest.recognition import RecognizedLine
from ingest.report import Progress
from ingest.settings import OcrMode, ReadSettings

_STAGES = {"picture": ": pictures"}


class KeptRecognizer:
    """Recognises each picture once ever: what an engine found stays in the corpus.

    ``new`` counts the pictures that the engine had to read, ``kept`` the others.
    """

    def __init__(self, corpus: Corpus, settings: ReadSettings, workers: int) -> None:
        self.new = self.kept = 0
        self._corpus = corpus
        self._lock = threading.Lock()
        self._being_read: dict[str, threading.Lock] = {}
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
        with self._lock:
            alone = self._being_read.setdefault(key, threading.Lock())
        with alone:  # two documents may show the same picture
            kept = self._corpus.recognition(fingerprint, key)
            with self._lock:
                self.new += kept is None
                self.kept += kept is not None
            if kept is not None:
                return kept
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
        self._progress("page", page, pages, f"{path}{_STAGES.get(stage, '')}")


class DocumentServices:
    """ReaderServices for one document; ``failed`` counts the pictures that could not be read."""

    def __init__(
        self, recognizer: KeptRecognizer, meter: Meter, path: str, seconds_a_page: float
    ) -> None:
        self.failed = 0
        self._recognizer = recognizer
        self._meter = meter
        self._path = path
        self._limit = seconds_a_page
        self._spent = 0.0

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        """Find the lines of text in a picture; raise RecognitionFailed."""
        started = time.monotonic()
        try:
            self._check_time()
            lines = self._recognizer.recognize(picture)
        except RecognitionFailed:
            self.failed += 1
            raise
        finally:
            self._spent += time.monotonic() - started
        # An engine may give a line without extent; no reader can place it.
        return [line for line in lines if line.x1 > line.x0 and line.y1 > line.y0]

    def _check_time(self) -> None:
        if self._spent > self._limit:
            hint = "COURSEGRAPH_OCR_TIMEOUT_SECONDS sets the limit."
            message = f"text recognition took over {self._limit:g} s for one page"
            raise RecognitionFailed(message, hint)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell how far reading has come; each page has the whole time for its pictures."""
        self._spent = 0.0
        self._meter.page_done(self._path, stage, done, total)
