"""Listens to a language model: its words as they come, until it ends or nobody listens any more."""

from collections.abc import Generator
from concurrent.futures import CancelledError
from contextlib import ExitStack
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING

from anyio import fail_after
from anyio.from_thread import BlockingPortal, start_blocking_portal

from ingest.errors import LanguageModelError

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage

_PATIENCE = 0.25  # seconds of silence after which the listener may leave


class Listener:
    """Asks one language model; safe to use from several threads.

    Requests run on an event loop of their own, since only there one that waits can be dropped.
    """

    def __init__(self, llm: "LLM") -> None:
        self._llm = llm
        self._lock = Lock()
        self._running = ExitStack()
        self._portal: BlockingPortal | None = None

    def words(
        self, asked: "list[ChatMessage]", seconds: float
    ) -> Generator[str | None, None, None]:
        """The model's words as they come, None while it is silent; closing drops the request.

        Raises LanguageModelError; the time limit holds for all retries of the request together.
        """
        heard: SimpleQueue[str | None] = SimpleQueue()
        reading = self._loop().start_task_soon(self._read, asked, seconds, heard)
        try:
            is_over = False
            while not is_over:
                try:
                    words = [heard.get(timeout=_PATIENCE)]
                except Empty:
                    yield None
                    continue
                while not heard.empty():
                    words.append(heard.get())
                is_over = words[-1] is None
                yield "".join(filter(None, words))
            reading.result()
        except CancelledError as error:
            raise LanguageModelError("The language model was closed.") from error
        finally:
            reading.cancel()

    def close(self) -> None:
        """Drop all requests and end the loop; it begins again when it is needed."""
        with self._lock, self._running.pop_all():
            portal, self._portal = self._portal, None
            if portal is not None:
                portal.call(portal.stop, True)

    def _loop(self) -> BlockingPortal:
        with self._lock:
            if self._portal is None:
                self._portal = self._running.enter_context(start_blocking_portal())
            return self._portal

    async def _read(
        self, asked: "list[ChatMessage]", seconds: float, heard: "SimpleQueue[str | None]"
    ) -> None:
        try:
            with fail_after(seconds):
                async for answer in await self._llm.astream_chat(asked):
                    if answer.delta:
                        heard.put(answer.delta)
        except TimeoutError as error:
            message = f"The language model did not answer within {seconds:g} seconds."
            raise LanguageModelError(message, "See COURSEGRAPH_LLM_TIMEOUT_SECONDS.") from error
        finally:
            heard.put(None)
