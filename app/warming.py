"""Gets an assistant ready, so that the first question does not wait for the models."""

import gc
import threading

import structlog

from app.assistant import Assistant
from ingest.errors import CourseError

_log = structlog.get_logger(__name__)


def start_warming(assistant: Assistant) -> None:
    """Load what questions need, in a thread beside."""
    # No daemon: a process that ends in the middle of loading native code would be aborted.
    threading.Thread(target=warm, args=(assistant,)).start()


def warm(assistant: Assistant) -> None:
    """Load what questions need; a folder without an index is told in the log."""
    try:
        assistant.search("warm up", 1)
        _ = assistant.index.papers
    except CourseError as error:
        _log.warning("not ready to answer", error=str(error), hint=error.hint)
    else:
        # What was loaded stays: looking through it again and again for garbage would halt all
        # requests for a tenth of a second each time.
        gc.collect()
        gc.freeze()
        _log.info("ready to answer")
