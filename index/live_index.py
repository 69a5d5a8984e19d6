"""The generation in use, opened when it is needed."""

from threading import Lock

from threadpoolctl import threadpool_limits

from index.course_index import CourseIndex
from index.encoders import Encoders
from index.layout import Generation, IndexLayout
from index.rerank import Reranker
from index.settings import SearchSettings


class LiveIndex:
    """The generation in use: a new one is picked up between requests, none is cut off."""

    def __init__(
        self,
        layout: IndexLayout,
        encoders: Encoders,
        settings: SearchSettings,
        reranker: Reranker | None = None,
    ) -> None:
        self._layout = layout
        self._encoders = encoders
        self._settings = settings
        self._reranker = reranker
        self._lock = Lock()
        self._open: CourseIndex | None = None
        self._opened: tuple[Generation, dict[str, str]] | None = None

    def current(self) -> CourseIndex:
        """The open index; raises NoIndex when nothing was ingested."""
        with self._lock:
            wanted = self._layout.current(), self._layout.roots()
            if self._open is None or self._opened != wanted:
                # The old one closes when the last request that holds it lets go.
                self._open = CourseIndex(*wanted, self._encoders, self._settings, self._reranker)
                self._opened = wanted
                # Questions take many small products. Shared out to threads, each waits for a core
                # that is busy with another question: on two busy cores twelve times as long.
                threadpool_limits(1, user_api="blas")
            return self._open
