"""``python -m benchmarks.load DATA``: many users at once over an ingested data folder.

The server takes its settings from the environment, a language model too.
"""

import argparse
import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from benchmarks.system import QUERIES

_PAUSE = 0.05  # seconds between two looks at the health
_HEALTHY = 100  # ms


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer: seconds to the first sentence and to the end; what went wrong, if anything."""

    first: float | None
    whole: float
    error: str | None


def main() -> None:
    """Print the figures of one user alone, then of many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=4, help="questions a user asks")
    chosen = parser.parse_args()
    with serving(chosen.data) as address:
        numbers = itertools.count()
        alone, quiet = load(address, 1, 2 * len(QUERIES), numbers)
        report("one user", alone, *quiet)
        many, busy = load(address, chosen.users, chosen.rounds, numbers)
        report(f"{chosen.users} users", many, *busy)
    share = np.median(wholes(many)) / (np.median(wholes(alone)) * chosen.users)
    print(f"an answer among {chosen.users}: {share:.2f} of as many answers one after the other")


@contextmanager
def serving(data: Path) -> Iterator[str]:
    """The address of a server that has answered once, so that its models are loaded."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        while not is_up(address):
            if process.poll() is not None:
                sys.exit(f"the server ended with code {process.returncode}")
            time.sleep(0.1)
        with listening(address) as client:
            heard = ask(client, QUERIES[0])
        if heard.error:
            sys.exit(heard.error)
        yield address
    finally:
        process.terminate()
        process.wait()


def is_up(address: str) -> bool:
    """Whether a server answers."""
    try:
        return httpx.get(f"{address}/api/health").is_success
    except httpx.TransportError:
        return False


def load(
    address: str, users: int, rounds: int, numbers: Iterator[int]
) -> tuple[list[Heard], tuple[list[float], list[float]]]:
    """What users hear who ask all at once, and what the health takes meanwhile."""
    with ThreadPoolExecutor(users) as pool, listening(address) as client:
        # A question that was just asked is remembered, so each one has a number.
        asked = [[f"{QUERIES[n % len(QUERIES)]} {n}" for n in _take(numbers, rounds)]
                 for _ in range(users)]  # fmt: skip
        futures = [pool.submit(_ask_all, client, questions) for questions in asked]
        health = _health(client, futures)
        return [heard for future in futures for heard in future.result()], health


def _take(numbers: Iterator[int], count: int) -> list[int]:
    return list(itertools.islice(numbers, count))


def _ask_all(client: httpx.Client, questions: Sequence[str]) -> list[Heard]:
    return [ask(client, question) for question in questions]


def listening(address: str) -> httpx.Client:
    """A client that all users share: to make one each would take longer than to answer."""
    limits = httpx.Limits(max_connections=None)
    return httpx.Client(base_url=address, timeout=600, limits=limits)


def _health(
    client: httpx.Client, futures: Sequence[Future[list[Heard]]]
) -> tuple[list[float], list[float]]:
    """Seconds that the health takes, and how late this process itself gets to look."""
    times, late = [], []
    while not all(future.done() for future in futures):
        start = time.perf_counter()
        client.get("/api/health").raise_for_status()
        answered = time.perf_counter()
        time.sleep(_PAUSE)
        times.append(answered - start)
        late.append(time.perf_counter() - answered - _PAUSE)
    return times, late


def ask(client: httpx.Client, question: str) -> Heard:
    """Ask one question and listen to the end."""
    start = time.perf_counter()
    first, event = None, ""
    error: str | None = "the stream has no end"
    request = {"question": question, "stream": True}
    try:
        with client.stream("POST", "/api/ask", json=request) as response:
            response.raise_for_status()
            for line in response.iter_lines():
                name, _, value = line.partition(": ")
                event = value if name == "event" else event
                if name != "data":
                    continue
                if event == "sentence" and first is None:
                    first = time.perf_counter() - start
                if event == "done":
                    error = None
                if event == "error":
                    error = json.loads(value)["error"]["message"]
    except httpx.HTTPError as caught:
        error = f"{type(caught).__name__}: {caught}"
    return Heard(first, time.perf_counter() - start, error)


def wholes(answers: Sequence[Heard]) -> list[float]:
    """Seconds of whole answers."""
    return [heard.whole for heard in answers]


def report(
    name: str, answers: Sequence[Heard], health: Sequence[float], late: Sequence[float]
) -> None:
    """Print one load."""
    errors = [heard.error for heard in answers if heard.error]
    firsts = [heard.first for heard in answers if heard.first is not None]
    print(f"{name}: {len(answers)} questions, {len(errors)} errors (0)", *sorted(set(errors))[:5])
    _print_times("whole answer", wholes(answers))
    _print_times("first sentence", firsts)
    if firsts:
        ratios = [heard.first / heard.whole for heard in answers if heard.first is not None]
        print(f"  first / whole          {np.median(ratios):>8.2f}")
    _print_times(f"health (< {_HEALTHY} ms)", health)
    _print_times("machine's own delay", late)
    print(f"  machine load           {os.getloadavg()[0]:>8.1f}")


def _print_times(name: str, seconds: Sequence[float]) -> None:
    if seconds:
        half, most = np.percentile(seconds, (50, 95)) * 1000
        print(
            f"  {name:<22} p50 {half:>8.1f} ms   p95 {most:>8.1f} ms   "
            f"worst {max(seconds) * 1000:>8.1f} ms   of {len(seconds)}"
        )


if __name__ == "__main__":
    main()
