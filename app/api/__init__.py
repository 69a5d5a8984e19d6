"""The HTTP service: one router a noun; ``create_app`` joins them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.routing import Route

from app.api import (
    ask,
    concepts,
    conversations,
    documents,
    errors,
    health,
    jobs,
    lessons,
    papers,
    search,
    uploads,
)
from app.api.cross_origin import CrossOrigin
from app.api.guard import Guard
from app.api.openai_api import routes as openai_routes
from app.api.services import Services
from app.mcp import HttpEndpoint, Material, make_server

_THREADS = 256
_ABOUT = """Cited answers from your own course material.

Every sentence of an answer cites a document, a page and a verbatim quote; where the material
does not answer, `abstained` is true and `nearest` holds the closest passages.
"""


def create_app(services: Services, on_start: Callable[[], None] = lambda: None) -> FastAPI:
    """Make the service from its parts; ``on_start`` runs when the server starts."""
    material = Material(services.assistant, services.settings.corpus_file)
    tools = HttpEndpoint(make_server(material))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Requests wait in threads for their turn or for a language model; each waits for little.
        current_default_thread_limiter().total_tokens = _THREADS
        on_start()
        async with tools.running():
            yield
        services.jobs.close()
        services.chat.store.close()
        services.assistant.close()

    app = FastAPIOffline(
        redoc_url=None,
        title="coursegraph",
        version=version("coursegraph"),
        description=_ABOUT,
        lifespan=lifespan,
    )
    app.state.services = services
    app.add_middleware(Guard, settings=services.settings)
    if services.settings.origins:
        # Outside the guard: a browser asks first, and sends no key with that.
        app.add_middleware(CrossOrigin, origins=services.settings.origins)
    errors.install(app)
    wrong: dict[int | str, dict[str, Any]] = {
        code: {"model": errors.ErrorShape} for code in (401, 403, 404, 422, 503)
    }
    nouns = (
        health,
        search,
        ask,
        conversations,
        documents,
        uploads,
        jobs,
        lessons,
        concepts,
        papers,
    )
    for routes in nouns:
        app.include_router(routes.router, responses=wrong)
    app.include_router(openai_routes.router)
    app.router.routes.append(Route("/mcp", tools))
    return app
