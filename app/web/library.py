"""The library: what is indexed and how well, adding files, reading again, removing."""

import json
from pathlib import Path

from fastapi.concurrency import run_in_threadpool
from nicegui import ui
from starlette.requests import Request

from app.api.documents import find_document
from app.api.services import Services
from app.jobs import Job
from app.web.dialogs import confirmed
from app.web.pointing import show_source
from app.web.rendering import fill
from app.web.shell import PAGE_SECONDS, Frame, frame, html, on, send
from app.web.source import Pointed
from index.errors import NoIndex
from ingest.model import Document
from ingest.readers import READERS


def add_library(services: Services) -> None:
    """The page of the library."""

    @ui.page("/library", response_timeout=PAGE_SECONDS)
    async def library(request: Request) -> None:
        with frame(request, "library") as parts:
            page = _Library(services, parts)
            await page.draw()


class _Library:
    def __init__(self, services: Services, parts: Frame) -> None:
        self._services = services
        self._parts = parts

    async def draw(self) -> None:
        """The place to drop files on, and the table of documents."""
        words = self._parts.words
        html(fill("upload", words, kinds=",".join(sorted(READERS))), "reading")
        self._table = html(fill("documents", words, documents=()), "reading")
        await self._list()
        on("refresh", self._list, words)
        on("cite", self._open, words)
        on("again", self._read_again, words)
        on("remove", self._remove, words)

    async def _list(self, *_: object) -> None:
        documents = await run_in_threadpool(self._documents)
        self._table.content = str(fill("documents", self._parts.words, documents=documents))

    def _documents(self) -> list[Document]:
        try:
            found = self._services.assistant.index.records.documents.values()
        except NoIndex:
            return []
        # What needs attention comes first.
        return sorted(found, key=lambda one: (one.state == "indexed", one.title.casefold()))

    def _find(self, document_id: str) -> Document:
        return find_document(self._services.assistant.index.records, document_id)

    async def _open(self, document_id: str, *_: object) -> None:
        document = self._find(document_id)
        pointed = Pointed(document.id, document.title)
        await show_source(self._parts, self._services.assistant.index, pointed)

    async def _read_again(self, document_id: str) -> None:
        document = self._find(document_id)
        job = self._services.jobs.ingest(Path(document.file), force=True)
        self._follow(job, document.title)

    async def _remove(self, document_id: str) -> None:
        words, document = self._parts.words, self._find(document_id)
        question = words("remove_sure", title=document.title)
        if await confirmed(words, question, words("remove")):
            file = Path(document.file)
            uploaded = file.is_relative_to(self._services.settings.uploads_folder)
            job = self._services.jobs.remove(document_id, file if uploaded else None)
            self._follow(job, document.title)

    def _follow(self, job: Job, name: str) -> None:
        send(f"coursegraph.follow({json.dumps(job.id)}, {json.dumps(name)})")
