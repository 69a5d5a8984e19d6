"""Make the README's pictures: python docs/make_screenshot.py DATA "QUESTION" CONCEPT (chromium)."""

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
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import httpx
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

REPOSITORY = Path(__file__).parents[1]
WIDTH, HEIGHT = 1280, 800
START_SECONDS = 120
ANSWER_SECONDS = 60
REST_SECONDS = 1
COLOURS = 96
FOLDER = REPOSITORY / "docs"


def main() -> None:
    """Serve a data folder, show an answer with its source and a concept, and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="data folder with an index")
    parser.add_argument("question", help="what to ask")
    parser.add_argument("concept", help="whose neighbours to show")
    parser.add_argument("--language", default="en-US", help="of the page: zh-CN or en-US")
    given = parser.parse_args()
    with serving(given.data) as address, browsing(given.language) as browser:
        browser.get(address)
        take_answer(browser, given.question)
        save(browser, FOLDER / "screenshot.png")
        browser.get(f"{address}graph?q={quote(given.concept)}")
        await_all(browser, ".graph-picture a.center")
        save(browser, FOLDER / "screenshot-graph.png")


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


def take_answer(browser: webdriver.Chrome, question: str) -> None:
    """Ask and open the first citation."""
    await_all(browser, "#question")
    browser.find_element(By.ID, "question").send_keys(question + "\n")
    await_all(browser, ".answer:not([aria-busy]) .cite")
    browser.execute_script("document.querySelector('.answer .cite').click()")
    await_all(browser, ".box, .note mark")


def await_all(browser: webdriver.Chrome, selector: str) -> None:
    """Wait until something is there, and has come to rest."""
    wait = WebDriverWait(browser, ANSWER_SECONDS)
    wait.until(lambda found: found.find_elements(By.CSS_SELECTOR, selector))
    time.sleep(REST_SECONDS)


def save(browser: webdriver.Chrome, file: Path) -> None:
    """Write what is shown, in few colours so that it stays small."""
    picture = Image.open(BytesIO(browser.get_screenshot_as_png())).convert("RGB")
    picture.quantize(COLOURS).save(file, optimize=True)
    sys.stdout.write(f"{file} {file.stat().st_size // 1024} kB\n")


if __name__ == "__main__":
    main()
