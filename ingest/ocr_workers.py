"""OCR in worker processes: a picture that takes too long or crashes the engine is left out."""

import contextlib
import queue
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from ingest.errors import CourseError, RecognitionFailed
from ingest.isolation import CONTEXT, end_with_parent, limit_memory, start_child
from ingest.ocr import engine_fingerprint, make_recognizer
from ingest.recognition import RecognizedLine, Recognizer
from ingest.settings import MEGABYTE

_MAX_MEMORY_BYTES = 3072 * MEGABYTE
_LOOK_EVERY_SECONDS = 0.2


class OcrWorkers:
    """A Recognizer over processes that each hold a loaded engine; started when first needed."""

    def __init__(self, engine: str, workers: int, threads: int, timeout_seconds: float) -> None:
        """``timeout_seconds`` is for one picture. Raises SettingsError as ``make_recognizer``."""
        self.fingerprint = engine_fingerprint(engine)
        self._arguments = engine, max(1, threads)
        self._timeout_seconds = timeout_seconds
        self._stop = threading.Event()
        self._idle: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
        for _ in range(max(1, workers)):
            self._idle.put(None)

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        """Find the lines of text in a picture; raise RecognitionFailed."""
        worker = self._next_worker()
        failed = True
        try:
            worker = worker or _Worker(*self._arguments)
            lines = worker.recognize(picture, self._timeout_seconds, self._stop)
            failed = False
            return lines
        finally:
            if failed and worker:
                worker.end()
            self._idle.put(None if failed else worker)

    def _next_worker(self) -> "_Worker | None":
        while not self._stop.is_set():
            with contextlib.suppress(queue.Empty):
                return self._idle.get(timeout=_LOOK_EVERY_SECONDS)
        raise RecognitionFailed("text recognition was stopped")

    def close(self) -> None:
        """End all workers; who waits for one gets RecognitionFailed."""
        self._stop.set()
        while not self._idle.empty():
            worker = self._idle.get()
            if worker:
                worker.end()


class _Worker:
    """One process with one engine."""

    def __init__(self, engine: str, threads: int) -> None:
        try:
            self._pipe, theirs = CONTEXT.Pipe()
            self._process: BaseProcess = CONTEXT.Process(
                target=_serve, args=(theirs, engine, threads), daemon=True
            )
            start_child(self._process)
        except (EOFError, OSError) as error:
            raise RecognitionFailed(f"no process for OCR could be started ({error!r})") from error
        theirs.close()

    def recognize(
        self, picture: bytes, timeout_seconds: float, stop: threading.Event
    ) -> Sequence[RecognizedLine]:
        deadline = time.monotonic() + timeout_seconds
        # A worker that hangs does not take a large picture; nobody may wait for that either.
        sending = threading.Thread(target=self._send, args=(picture,), daemon=True)
        sending.start()
        try:
            while not self._pipe.poll(_LOOK_EVERY_SECONDS):
                if stop.is_set():
                    raise RecognitionFailed("text recognition was stopped")
                if time.monotonic() > deadline:
                    hint = "COURSEGRAPH_OCR_TIMEOUT_SECONDS sets the limit."
                    message = f"text recognition took over {timeout_seconds:g} s"
                    raise RecognitionFailed(message, hint)
            answer: Sequence[RecognizedLine] | CourseError = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join(_LOOK_EVERY_SECONDS)
            code = self._process.exitcode
            raise RecognitionFailed(f"the OCR engine stopped (exit code {code})") from error
        if isinstance(answer, CourseError):
            raise RecognitionFailed(str(answer), answer.hint)
        return answer

    def _send(self, picture: bytes) -> None:
        # When the worker is gone, or ended meanwhile, the one who waits for its answer says so.
        with contextlib.suppress(OSError):
            self._pipe.send_bytes(picture)

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _serve(parent: Connection, engine: str, threads: int) -> None:
    """Answer one picture after the other, until the parent hangs up."""
    end_with_parent()
    limit_memory(_MAX_MEMORY_BYTES)
    recognizer: Recognizer | None = None
    while True:
        try:
            picture = parent.recv_bytes()
        except (EOFError, OSError):
            return
        answer: Sequence[RecognizedLine] | CourseError
        try:
            recognizer = recognizer or make_recognizer(engine, threads)
            answer = recognizer.recognize(picture)
        except CourseError as error:
            answer = error
        except Exception as error:
            # The boundary between processes: whatever an engine raises is one picture's reason.
            answer = RecognitionFailed(f"the OCR engine failed: {type(error).__name__}: {error}")
        parent.send(answer)
