"""What routes need, as named dependencies."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.assistant import Assistant
from app.conversations.chat import Chat
from app.jobs import JobRunner
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running service."""

    settings: Settings
    assistant: Assistant
    jobs: JobRunner
    chat: Chat


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _assistant(request: Request) -> Assistant:
    return (await _services(request)).assistant


async def _chat(request: Request) -> Chat:
    return (await _services(request)).chat


TheServices = Annotated[Services, Depends(_services)]
TheAssistant = Annotated[Assistant, Depends(_assistant)]
TheChat = Annotated[Chat, Depends(_chat)]
