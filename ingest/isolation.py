"""Run a reader in a child process with a time and a memory limit: a crash loses one document.

While it reads, the child may ask its parent for services; the time limit does not count those.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from ingest.errors import CourseError, ReaderCrashed, RecognitionFailed
from ingest.recognition import ReaderServices, RecognizedLine

Result = TypeVar("Result")
_starting = threading.Lock()

_LOOK_EVERY_SECONDS = 0.2
# What a child may say.
_OUTCOME, _RECOGNIZE, _PROGRESS = "outcome", "recognize", "progress"
_GRACE_SECONDS = 10
_DAMAGED = "The file may be damaged; print it to a new PDF, or leave it out."

# A fork server that has loaded the PDF library once starts a child in milliseconds; forking our
# own process would copy threads and locks in an unknown state.
CONTEXT: ForkServerContext | SpawnContext
if sys.platform == "win32":
    CONTEXT = multiprocessing.get_context("spawn")
else:
    CONTEXT = multiprocessing.get_context("forkserver")
    CONTEXT.set_forkserver_preload(
        [
            "ingest.reading",
            "ingest.readers.pdf.reader",
            "ingest.readers.markdown.reader",
            "ingest.readers.page_image",
        ]
    )


def run_isolated(
    function: Callable[..., Result],
    arguments: tuple[object, ...],
    timeout_seconds: float,
    max_memory_bytes: int,
    stop: threading.Event | None = None,
    services: ReaderServices | None = None,
) -> Result:
    """Call a module-level function in a child; raise its CourseError, or ReaderCrashed.

    When ``stop`` is set the child is ended at once. With ``services`` the function gets, as its
    last argument, a ReaderServices that asks this process.
    """
    ours, theirs = CONTEXT.Pipe()
    child = CONTEXT.Process(
        target=_serve,
        args=(theirs, function, arguments, timeout_seconds, max_memory_bytes, services is not None),
        daemon=True,
    )
    try:
        _start(child, theirs)
        outcome: Result | BaseException = _converse(ours, timeout_seconds, stop, services)
    except _HungUp as error:
        child.join(_GRACE_SECONDS)
        message = f"the reader stopped (exit code {child.exitcode})"
        raise ReaderCrashed(message, _DAMAGED) from error
    finally:
        ours.close()
        if child.pid is not None:
            child.kill()
            child.join()
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


class _HungUp(Exception):
    """The child is gone, or going."""


@contextmanager
def _hanging_up() -> Iterator[None]:
    """Tell a broken pipe to the child from an error of our own services."""
    try:
        yield
    except (EOFError, OSError) as error:
        raise _HungUp from error


def _start(child: BaseProcess, its_end: Connection) -> None:
    try:
        start_child(child)
    except (EOFError, OSError) as error:
        hint = "Try again; restart the program if it stays."
        message = f"no process for the reader could be started ({error!r})"
        raise ReaderCrashed(message, hint) from error
    its_end.close()


def start_child(child: BaseProcess) -> None:
    """Start a child; the fork server must not import from the folder that the user stands in."""
    with _starting:
        before = os.environ.get("PYTHONSAFEPATH")
        os.environ["PYTHONSAFEPATH"] = "1"
        try:
            child.start()
        finally:
            if before is None:
                del os.environ["PYTHONSAFEPATH"]
            else:
                os.environ["PYTHONSAFEPATH"] = before


def _converse(
    child: Connection,
    timeout_seconds: float,
    stop: threading.Event | None,
    services: ReaderServices | None,
) -> Any:
    """Serve the child until it hands over its outcome."""
    left = timeout_seconds
    while True:
        started = time.monotonic()
        with _hanging_up():
            while not child.poll(_LOOK_EVERY_SECONDS):
                _check(stop, left - (time.monotonic() - started), timeout_seconds)
        left -= time.monotonic() - started
        _check(stop, left, timeout_seconds)
        with _hanging_up():
            request, *values = child.recv()
        if services is None or request == _OUTCOME:
            return values[0]
        if request == _PROGRESS:
            services.progress(*values)
            continue
        answer = _recognized(services, *values)
        with _hanging_up():
            child.send(answer)


def _check(stop: threading.Event | None, left: float, timeout_seconds: float) -> None:
    """Raise ReaderCrashed when nobody waits for the child any more or its time is over."""
    if stop is not None and stop.is_set():
        raise ReaderCrashed("reading was stopped")
    if left < 0:
        hint = f"{_DAMAGED} COURSEGRAPH_READ_TIMEOUT_SECONDS sets the limit."
        raise ReaderCrashed(f"reading took over {timeout_seconds:g} s and was stopped", hint)


def _recognized(
    services: ReaderServices, picture: bytes
) -> Sequence[RecognizedLine] | RecognitionFailed:
    try:
        return services.recognize(picture)
    except RecognitionFailed as error:
        return error


class _ParentServices:
    """What a reader may ask for, asked from the parent process."""

    def __init__(self, parent: Connection) -> None:
        self._parent = parent

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        """Find the lines of text in a picture; raise RecognitionFailed."""
        with _clock_stopped():
            self._parent.send((_RECOGNIZE, picture))
            answer: Sequence[RecognizedLine] | RecognitionFailed = self._parent.recv()
        if isinstance(answer, RecognitionFailed):
            raise answer
        return answer

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell how far reading has come."""
        self._parent.send((_PROGRESS, stage, done, total))


def _serve(
    parent: Connection,
    function: Callable[..., object],
    arguments: tuple[object, ...],
    timeout_seconds: float,
    max_memory_bytes: int,
    with_services: bool,
) -> None:
    end_with_parent(timeout_seconds)
    limit_memory(max_memory_bytes)
    services = (_ParentServices(parent),) if with_services else ()
    outcome: object
    try:
        outcome = function(*arguments, *services)
    except CourseError as error:
        outcome = error
    except MemoryError:
        hint = "Split the file, or raise COURSEGRAPH_READ_MEMORY_MB."
        megabytes = max_memory_bytes // (1024 * 1024)
        outcome = ReaderCrashed(f"reading needs over {megabytes} MB of memory", hint)
    except Exception as error:
        # The boundary between processes: whatever a parser raises becomes one document's reason.
        message = f"the reader failed: {type(error).__name__}: {error}"
        hint = "Please report it with the file, if you can share it."
        outcome = ReaderCrashed(message, hint)
    try:
        parent.send((_OUTCOME, outcome))
    except BrokenPipeError:
        return  # the parent is gone
    parent.close()


@contextmanager
def _clock_stopped() -> Iterator[None]:
    """Don't count the parent's time against the child's own limit."""
    if sys.platform == "win32":
        yield
        return
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)


def end_with_parent(timeout_seconds: float = 0.0) -> None:
    """See to it that a child ends when its parent was killed, whatever its parser does."""
    # Ctrl-C reaches all processes of a terminal; the parent ends its children and speaks for all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch_parent, daemon=True).start()
    if sys.platform != "win32" and timeout_seconds:
        # A parser that hangs in C code never lets that thread run; this signal needs no thread.
        signal.setitimer(signal.ITIMER_REAL, timeout_seconds + _GRACE_SECONDS)


def _watch_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def limit_memory(max_memory_bytes: int) -> None:
    """Let this process take so much more memory than it has now."""
    if sys.platform == "win32":
        return  # no such limit there; the time limit remains
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + max_memory_bytes, hard))


def _address_space() -> int:
    """What the loaded libraries take before a file is opened; only Linux enforces the limit."""
    import resource

    sizes = Path("/proc/self/statm")
    return int(sizes.read_text().split()[0]) * resource.getpagesize() if sizes.exists() else 0
