"""A real server and a real browser for the tests of the web pages."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import REPOSITORY, environment

webdriver = pytest.importorskip("selenium.webdriver", reason="needs the extra dev (selenium)")
By = pytest.importorskip("selenium.webdriver.common.by").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
Stale = pytest.importorskip("selenium.common.exceptions").StaleElementReferenceException
WebDriverWait = pytest.importorskip("selenium.webdriver.support.ui").WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver on the PATH"
)
# Of the small course.
OUTLINE = """# 小课程

## 第一部分

- [第09课：注意力机制](./09_注意力.md)
- [第10课：量化](./量化（quantization）.pdf)
- [第11课：还没写的一课](./11_没有.md)
"""
AXE = Path(__file__).parent / "accessibility/node_modules/axe-core/axe.min.js"
SCREENSHOTS = Path(__file__).parent / "screenshots"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDE, NARROW = (1280, 800), (390, 844)
# What a page may say to the console: that a file is not there is told to the reader.
SECONDS = 60

Browser = Any
Open = Callable[..., Browser]


@contextmanager
def serving(data: Path, models: Path, port: int = 0, **extra: str) -> Iterator[str]:
    """Run the real command ``serve`` and give its address."""
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    variables = environment(data, models) | extra
    address = f"http://127.0.0.1:{port}/"
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=variables, stderr=subprocess.DEVNULL
    ) as server:
        try:
            deadline = time.monotonic() + 120
            while not is_up(address):
                assert server.poll() is None, "the server ended"
                assert time.monotonic() < deadline, "the server does not come up"
                time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}api/health").is_success
    except httpx.TransportError:
        return False


def ingested(folder: Path, models: Path, course: Path) -> Path:
    command = [sys.executable, "-m", "app.cli", "ingest", str(course)]
    variables = environment(folder / "data", models)
    subprocess.run(
        command, cwd=REPOSITORY, env=variables, check=True, timeout=300, capture_output=True
    )
    return folder / "data"


@contextmanager
def chromium(profile: Path) -> Iterator[Open]:
    """One browser; what it gives opens pages in some size, language and colour scheme, as new."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(CHROMEDRIVER, env=dict(os.environ, SE_OFFLINE="true"))
    browser = webdriver.Chrome(options=options, service=service)

    def start(
        address: str, size: tuple[int, int] = WIDE, language: str = "zh-CN", scheme: str = "light"
    ) -> Browser:
        browser.get("about:blank")
        browser.execute_cdp_cmd("Network.enable", {})
        browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
        headers = {"Accept-Language": language}
        browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": headers})
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature, still]})
        for kind in ("browser", "performance"):
            browser.get_log(kind)
        browser.get(address)
        browser.execute_script("sessionStorage.clear(); localStorage.clear()")
        return browser

    yield start
    browser.quit()


def eventually(browser: Browser, condition: Callable[[Browser], Any]) -> Any:
    return WebDriverWait(browser, SECONDS, 0.05, ignored_exceptions=[Stale]).until(condition)


def one(browser: Browser, selector: str) -> Browser:
    """The first element of a selector that is shown, once there is one."""

    def shown(browser: Browser) -> Browser | None:
        found = browser.find_elements(By.CSS_SELECTOR, selector)
        return next((element for element in found if element.is_displayed()), None)

    return eventually(browser, shown)


def none(browser: Browser, selector: str) -> None:
    """Wait until nothing of a selector is shown."""
    eventually(
        browser,
        lambda found: (
            not any(
                element.is_displayed() for element in found.find_elements(By.CSS_SELECTOR, selector)
            )
        ),
    )


def await_text(browser: Browser, selector: str, text: str) -> None:
    eventually(browser, lambda found: text in one(found, selector).text)


def press(browser: Browser, selector: str, text: str = "") -> None:
    """Click the first element of a selector that shows some text."""

    def found(browser: Browser) -> bool:
        for element in browser.find_elements(By.CSS_SELECTOR, selector):
            if text in element.text and element.is_displayed():
                element.click()
                return True
        return False

    eventually(browser, found)


def ask(browser: Browser, question: str) -> Browser:
    """Type a question, press Enter and wait for the whole answer."""
    finished = ".answer:not([aria-busy])"
    before = len(browser.find_elements(By.CSS_SELECTOR, finished))
    eventually(browser, lambda found: found.execute_script("return window.did_handshake === true"))
    one(browser, "#question").send_keys(question + Keys.ENTER)
    eventually(browser, lambda found: len(found.find_elements(By.CSS_SELECTOR, finished)) > before)
    none(browser, "[data-stop]")
    return browser.find_elements(By.CSS_SELECTOR, ".answer")[-1]


def finish(browser: Browser, name: str) -> None:
    """Keep a picture; no sideways scrolling, a silent console, and nothing serious for axe."""
    SCREENSHOTS.mkdir(exist_ok=True)
    browser.save_screenshot(str(SCREENSHOTS / f"{name}.png"))
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    said = browser.get_log("browser")
    assert not said, said
    issues = serious_issues(browser)
    assert not issues, "\n".join(issues)


def serious_issues(browser: Browser) -> list[str]:
    """What axe finds to be serious or worse; nothing where npm has not installed it."""
    if not AXE.is_file():
        return []
    browser.execute_script(AXE.read_text("utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run({resultTypes: ['violations']}).then((found) => done(found.violations))"
    )
    return [
        f"{issue['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for issue in found
        if issue["impact"] in ("serious", "critical")
        for node in issue["nodes"]
    ]
