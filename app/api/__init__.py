"""The HTTP service: one router a noun; ``create_app`` joins them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from app.api import ask, documents, errors, health, jobs, lessons, search, uploads
from app.api.security import SameOrigin, require_key
from app.api.services import Services

_UI = Path(__file__).parents[1] / "ui"
_ABOUT = """Cited answers from your own course material.

Every sentence of an answer cites a document, a page and a verbatim quote; where the material
does not answer, `abstained` is true and `nearest` holds the closest passages.
"""


def create_app(services: Services, on_start: Callable[[], None] = lambda: None) -> FastAPI:
    """Make the service from its parts; ``on_start`` runs when the server starts."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        on_start()
        yield
        services.jobs.close()

    app = FastAPIOffline(
        redoc_url=None,
        title="coursegraph",
        version=version("coursegraph"),
        description=_ABOUT,
        lifespan=lifespan,
    )
    app.state.services = services
    app.add_middleware(SameOrigin)
    errors.install(app)
    app.include_router(health.router)
    guarded = [Depends(require_key)]
    for router in (search, ask, documents, uploads, jobs, lessons):
        app.include_router(router.router, dependencies=guarded)
    app.mount("/", StaticFiles(directory=_UI, html=True), name="pages")
    return app
