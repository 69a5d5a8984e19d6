"""Start the service."""

import ipaddress
import threading
from collections.abc import Callable

import structlog
import uvicorn

from app.api import create_app
from app.api.services import Services
from app.assistant import Assistant
from app.jobs import JobRunner
from app.settings import Settings
from app.wiring import make_assistant, make_writer
from ingest.errors import CourseError, SettingsError

_log = structlog.get_logger(__name__)


def serve(settings: Settings, announce: Callable[[], None]) -> None:
    """Serve until stopped, announced when it starts.

    Raises SettingsError off loopback without an API key.
    """
    if settings.api_key is None and not is_loopback(settings.host):
        message = f"{settings.host} can be reached from other machines, and no API key is set"
        raise SettingsError(message, "Set COURSEGRAPH_API_KEY, or listen on 127.0.0.1.")
    assistant = make_assistant(settings, writer=make_writer(settings))
    services = Services(settings, assistant, JobRunner(settings))
    app = create_app(services, on_start=lambda: _start(assistant, announce))
    uvicorn.run(app, host=settings.host, port=settings.port, log_config=None, access_log=False)


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _start(assistant: Assistant, announce: Callable[[], None]) -> None:
    announce()
    # The first question should not wait for the model. No daemon: a process that ends in the
    # middle of loading native code would be aborted.
    threading.Thread(target=_warm, args=(assistant,)).start()


def _warm(assistant: Assistant) -> None:
    try:
        assistant.search("warm up", 1)
    except CourseError as error:
        _log.warning("not ready to answer", error=str(error), hint=error.hint)
    else:
        _log.info("ready to answer")
