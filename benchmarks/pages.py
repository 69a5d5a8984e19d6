"""``python -m benchmarks.pages DATA``: how fast the web pages are, in a real browser.

First one visitor: the first paint of each page, when it can be used, the first text of an answer
and the cited page after a click. Then many visitors in tabs of their own, and the server's memory.
"""

import argparse
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from benchmarks.load import serving
from benchmarks.processes import resident, tree
from benchmarks.system import QUERIES

PAGES = ("/", "/search?q=attention", "/lessons", "/practice", "/graph", "/papers", "/library")
_SECONDS = 60
_ROUNDS = 5
_MEGABYTE = 1024**2
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
)
_PAINTED = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_READY = "return window.did_handshake === true && document.querySelector('main *') !== null"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="data folder with an index")
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--questions", type=int, default=200)
    given = parser.parse_args()
    with serving(given.data) as address, browsing() as browser:
        for page in PAGES:
            opened(browser, address, page)
        asked(browser, address)
        crowd(browser, address, given.visitors, given.questions)


@contextmanager
def browsing() -> Iterator[Any]:
    """A headless Chromium."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in _FLAGS:
        options.add_argument(flag)
    service = webdriver.ChromeService(
        shutil.which("chromedriver"), env=dict(os.environ, SE_OFFLINE="true")
    )
    browser = webdriver.Chrome(options=options, service=service)
    browser.execute_cdp_cmd("Network.enable", {})
    try:
        yield browser
    finally:
        browser.quit()


def opened(browser: Any, address: str, page: str) -> None:
    """First paint and readiness, with an empty cache and then with a warm one."""
    figures = []
    for cold in (True, False):
        painted, ready = [], []
        for _ in range(_ROUNDS):
            if cold:
                browser.execute_cdp_cmd("Network.clearBrowserCache", {})
            browser.get("about:blank")
            start = time.perf_counter()
            browser.get(f"{address}{page}")
            until(lambda: browser.execute_script(_READY))
            ready.append(time.perf_counter() - start)
            until(lambda: browser.execute_script(_PAINTED) is not None)
            painted.append(browser.execute_script(_PAINTED) / 1000)
        figures.append(f"paint {told(painted)}, ready {told(ready)}")
    print(f"{page:22} cold: {figures[0]}; warm: {figures[1]}")


def asked(browser: Any, address: str) -> None:
    """The first text of an answer, and the cited place after a click."""
    first, shown = [], []
    for query in QUERIES:
        browser.get(f"{address}/")
        until(lambda: browser.execute_script(_READY))
        start = time.perf_counter()
        browser.find_element(By.ID, "question").send_keys(query + Keys.ENTER)
        until(lambda: seen(browser, ".answer .cite, .answer .refusal"))
        first.append(time.perf_counter() - start)
        until(lambda: seen(browser, ".answer:not([aria-busy])"))
        time.sleep(1)  # a reader reads
        if not seen(browser, ".answer .cite"):
            continue
        start = time.perf_counter()
        browser.execute_script("document.querySelector('.answer .cite').click()")
        until(lambda: seen(browser, ".source .box, .source mark, .source .note"))
        shown.append(time.perf_counter() - start)
    print(f"first text {told(first)}; source after a click {told(shown)}")


def crowd(browser: Any, address: str, visitors: int, questions: int) -> None:
    """Visitors in tabs of their own ask in turn; the server's memory before and after."""
    before = server_memory()
    tabs = []
    for _ in range(visitors):
        browser.switch_to.new_window("tab")
        browser.get(f"{address}/")
        tabs.append(browser.current_window_handle)
    open_memory = server_memory()
    took, memory = [], []
    for number in range(questions):
        browser.switch_to.window(tabs[number % visitors])
        until(lambda: browser.execute_script(_READY))
        before_it = len(browser.find_elements(By.CSS_SELECTOR, ".answer:not([aria-busy])"))
        start = time.perf_counter()
        query = QUERIES[number % len(QUERIES)]
        browser.find_element(By.ID, "question").send_keys(query + Keys.ENTER)
        until(lambda n=before_it: len(  # type: ignore[misc]
            browser.find_elements(By.CSS_SELECTOR, ".answer:not([aria-busy])")) > n)  # fmt: skip
        took.append(time.perf_counter() - start)
        if (number + 1) % (questions // 4 or 1) == 0:
            memory.append(server_memory())
    print(
        f"{visitors} visitors, {questions} questions: whole answer {told(took)}; server "
        f"{before:.0f} MB, with all tabs {open_memory:.0f} MB, then at each quarter "
        f"{', '.join(f'{one:.0f}' for one in memory)} MB"
    )


def seen(browser: Any, selector: str) -> bool:
    """Whether something of a selector is there."""
    return bool(browser.execute_script("return document.querySelector(arguments[0])", selector))


def until(condition: Any) -> None:
    """Wait for a condition, looking often."""
    deadline = time.perf_counter() + _SECONDS
    while not condition():
        if time.perf_counter() > deadline:
            raise SystemExit("a page does not become what it should")
        time.sleep(0.005)


def told(seconds: list[float]) -> str:
    """Median and 95 % in milliseconds."""
    if not seconds:
        return "-"
    return f"{np.median(seconds) * 1000:.0f}/{np.percentile(seconds, 95) * 1000:.0f} ms"


def server_memory() -> float:
    """Resident memory of the server in megabytes."""
    for pid in tree(os.getpid()):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"app.cli" in command and b"serve" in command:
            return resident(pid) / _MEGABYTE
    raise SystemExit("the server is gone")


if __name__ == "__main__":
    main()
