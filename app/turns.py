"""Turns: how many answers are worked on at once; the others wait in the order they came."""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock


class Turns:
    """Lets a few threads work at a time.

    More of them would finish no sooner: they share the cores, and the interpreter, in which the
    service must stay able to answer.
    """

    def __init__(self, at_once: int | None = None) -> None:
        """As many ``at_once`` as there are cores, if not told."""
        self._free = at_once or os.cpu_count() or 1
        self._waiting: deque[Event] = deque()
        self._lock = Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and pass it on afterwards."""
        self._take()
        try:
            yield
        finally:
            self._pass_on()

    def _take(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = Event()
            self._waiting.append(mine)
        mine.wait()

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                # It goes from hand to hand, so that none who come later take it.
                self._waiting.popleft().set()
            else:
                self._free += 1
