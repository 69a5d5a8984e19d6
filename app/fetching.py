"""Pages from the network: at a pace that was agreed, and kept."""

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from threading import Lock

import httpx

from app.errors import PaperSourceError
from ingest.files import replace_text
from ingest.ids import digest

_KEPT_SECONDS = 30 * 24 * 3600
_TRIES = 3
_LONGEST_WAIT = 30.0


class Fetcher:
    """Gets pages one by one, never faster than agreed, each once in a month."""

    def __init__(
        self,
        folder: Path,
        interval: float,
        headers: Mapping[str, str],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._interval = interval
        self._client = httpx.Client(timeout=30, headers=dict(headers), follow_redirects=True)
        self._clock, self._sleep = clock, sleep
        self._next = 0.0
        self._turn = Lock()

    def get(self, url: str, parameters: Mapping[str, str]) -> str | None:
        """What a page holds; None where there is no such page."""
        full = str(httpx.URL(url, params=dict(parameters)))
        file = self._folder / f"{digest(full)[:32]}.json"
        kept = _kept(file)
        if kept is not None:
            return kept
        with self._turn:
            response = self._ask(full)
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        self._folder.mkdir(parents=True, exist_ok=True)
        replace_text(file, json.dumps({"url": full, "text": response.text}, ensure_ascii=False))
        return response.text

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _ask(self, url: str) -> httpx.Response:
        host = httpx.URL(url).host
        for attempt in range(1, _TRIES + 1):
            self._wait()
            try:
                response = self._client.get(url)
            except httpx.TransportError as error:
                hint = "Known papers are found without it: everything else works offline."
                raise PaperSourceError(f"{host} can't be reached: {error}", hint) from error
            if response.is_success or response.status_code == HTTPStatus.NOT_FOUND:
                return response
            busy = response.status_code in (HTTPStatus.TOO_MANY_REQUESTS, 500, 502, 503, 504)
            if not busy or attempt == _TRIES:
                break
            asked = response.headers.get("retry-after", "")
            self._sleep(min(float(asked) if asked.isdigit() else 2.0**attempt, _LONGEST_WAIT))
        hint = "Try again later, or check COURSEGRAPH_PAPER_SOURCE_KEY."
        raise PaperSourceError(f"{host} answered with status {response.status_code}", hint)

    def _wait(self) -> None:
        now = self._clock()
        if self._next > now:
            self._sleep(self._next - now)
        self._next = self._clock() + self._interval


def _kept(file: Path) -> str | None:
    """A page that was fetched before, unless it is old; a damaged one is fetched again."""
    try:
        if time.time() - file.stat().st_mtime > _KEPT_SECONDS:
            return None
        text = json.loads(file.read_text("utf-8"))["text"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return text if isinstance(text, str) else None
