"""Run a reader in a child process with a time and a memory limit: a crash loses one document."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeVar

from ingest.errors import CourseError, ReaderCrashed

Result = TypeVar("Result")
_starting = threading.Lock()

_LOOK_EVERY_SECONDS = 0.2
_GRACE_SECONDS = 10
_DAMAGED = "The file may be damaged; print it to a new PDF, or leave it out."

# A fork server that has loaded the PDF library once starts a child in milliseconds; forking our
# own process would copy threads and locks in an unknown state.
_context: ForkServerContext | SpawnContext
if sys.platform == "win32":
    _context = multiprocessing.get_context("spawn")
else:
    _context = multiprocessing.get_context("forkserver")
    _context.set_forkserver_preload(
        [
            "ingest.reading",
            "ingest.readers.pdf",
            "ingest.readers.markdown",
            "ingest.readers.page_image",
        ]
    )


def run_isolated(
    function: Callable[..., Result],
    arguments: tuple[object, ...],
    timeout_seconds: float,
    max_memory_bytes: int,
    stop: threading.Event | None = None,
) -> Result:
    """Call a module-level function in a child; raise its CourseError, or ReaderCrashed.

    When ``stop`` is set the child is ended at once.
    """
    receiver, sender = _context.Pipe(duplex=False)
    child = _context.Process(
        target=_serve,
        args=(sender, function, arguments, timeout_seconds, max_memory_bytes),
        daemon=True,
    )
    _start(child)
    sender.close()
    try:
        _wait(receiver, timeout_seconds, stop)
        outcome: Result | BaseException = receiver.recv()
    except (EOFError, OSError):
        child.join()
        raise ReaderCrashed(f"the reader stopped (exit code {child.exitcode})", _DAMAGED) from None
    finally:
        receiver.close()
        child.kill()
        child.join()
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _start(child: BaseProcess) -> None:
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


def _wait(receiver: Connection, timeout_seconds: float, stop: threading.Event | None) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not receiver.poll(_LOOK_EVERY_SECONDS):
        if stop is not None and stop.is_set():
            raise ReaderCrashed("reading was stopped")
        if time.monotonic() > deadline:
            hint = f"{_DAMAGED} COURSEGRAPH_READ_TIMEOUT_SECONDS sets the limit."
            raise ReaderCrashed(f"reading took over {timeout_seconds:g} s and was stopped", hint)


def _serve(
    sender: Connection,
    function: Callable[..., object],
    arguments: tuple[object, ...],
    timeout_seconds: float,
    max_memory_bytes: int,
) -> None:
    _end_with_parent(timeout_seconds)
    _limit_memory(max_memory_bytes)
    try:
        sender.send(function(*arguments))
    except CourseError as error:
        sender.send(error)
    except MemoryError:
        hint = "Split the file, or raise COURSEGRAPH_READ_MEMORY_MB."
        megabytes = max_memory_bytes // (1024 * 1024)
        sender.send(ReaderCrashed(f"reading needs over {megabytes} MB of memory", hint))
    except BrokenPipeError:
        return  # the parent is gone
    except Exception as error:
        # The boundary between processes: whatever a parser raises becomes one document's reason.
        message = f"the reader failed: {type(error).__name__}: {error}"
        hint = "Please report it with the file, if you can share it."
        sender.send(ReaderCrashed(message, hint))
    sender.close()


def _end_with_parent(timeout_seconds: float) -> None:
    """See to it that the child ends when the parent was killed, whatever its parser does."""
    # Ctrl-C reaches all processes of a terminal; the parent ends its children and speaks for all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch_parent, daemon=True).start()
    if sys.platform != "win32":
        # A parser that hangs in C code never lets that thread run; this signal needs no thread.
        signal.setitimer(signal.ITIMER_REAL, timeout_seconds + _GRACE_SECONDS)


def _watch_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _limit_memory(max_memory_bytes: int) -> None:
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
