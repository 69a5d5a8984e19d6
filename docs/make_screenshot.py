"""Make the README's picture: python docs/make_screenshot.py DATA "QUESTION" (needs chromium)."""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

REPOSITORY = Path(__file__).parents[1]
WIDTH, HEIGHT = 1280, 800
START_SECONDS = 120
ANSWER_SECONDS = 60


def main() -> None:
    """Serve a data folder, ask, open the first source, and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="data folder with an index")
    parser.add_argument("question", help="what to ask")
    parser.add_argument("--language", default="zh-CN", help="of the page: zh-CN or en-US")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "screenshot.png")
    given = parser.parse_args()
    with serving(given.data) as address, browsing(given.language) as browser:
        browser.get(address)
        take(browser, given.question, given.out)
    sys.stdout.write(f"{given.out}\n")


@contextmanager
def serving(data: Path) -> Iterator[str]:
    """Run the server on a free port and give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--data", str(data)]
    address = f"http://127.0.0.1:{port}/"
    with subprocess.Popen(command, cwd=REPOSITORY) as server:  # noqa: S603
        try:
            await_server(address, server)
            yield address
        finally:
            server.terminate()


def await_server(address: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}api/health").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit("the server does not come up")


@contextmanager
def browsing(language: str) -> Iterator[webdriver.Chrome]:
    """Run a browser with a profile of its own."""
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            f"--accept-lang={language}",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(flag)
        offline = dict(os.environ, SE_OFFLINE="true")
        service = webdriver.ChromeService(shutil.which("chromedriver"), env=offline)
        browser = webdriver.Chrome(options=options, service=service)
        try:
            metrics = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            yield browser
        finally:
            browser.quit()


def take(browser: webdriver.Chrome, question: str, out: Path) -> None:
    """Ask, open citation 1 and write the picture."""
    wait = WebDriverWait(browser, ANSWER_SECONDS)
    wait.until(lambda found: found.find_elements(By.ID, "question"))
    browser.find_element(By.ID, "question").send_keys(question + "\n")
    wait.until(lambda found: found.find_elements(By.CSS_SELECTOR, ".answer:not([aria-busy])"))
    browser.find_element(By.CSS_SELECTOR, ".cite").click()
    wait.until(lambda found: found.find_elements(By.CSS_SELECTOR, ".box, .note mark"))
    browser.save_screenshot(str(out))


if __name__ == "__main__":
    main()
