"""Start the service."""

import ipaddress
from collections.abc import Callable

import uvicorn

from app.api import create_app
from app.api.services import Services
from app.assistant import Assistant
from app.conversations.chat import Chat
from app.conversations.store import ConversationStore
from app.jobs import JobRunner
from app.settings import Settings
from app.warming import start_warming
from app.web.pages import add_pages
from app.wiring import make_assistant, make_writer
from ingest.errors import SettingsError


def serve(settings: Settings, announce: Callable[[], None]) -> None:
    """Serve until stopped, announced when it starts.

    Raises SettingsError off loopback without an API key.
    """
    if settings.api_key is None and not is_loopback(settings.host):
        message = f"{settings.host} can be reached from other machines, and no API key is set"
        raise SettingsError(message, "Set COURSEGRAPH_API_KEY, or listen on 127.0.0.1.")
    assistant = make_assistant(settings, writer=make_writer(settings))
    chat = Chat(assistant, ConversationStore(settings.conversations_file))
    services = Services(settings, assistant, JobRunner(settings), chat)
    app = create_app(services, on_start=lambda: _start(assistant, announce))
    add_pages(app, services)
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
    start_warming(assistant)
