"""The web page: a real server and a real browser."""

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

from conftest import REPOSITORY, environment, make_course, make_pdf

webdriver = pytest.importorskip("selenium.webdriver", reason="needs the extra dev (selenium)")
By = pytest.importorskip("selenium.webdriver.common.by").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
Stale = pytest.importorskip("selenium.common.exceptions").StaleElementReferenceException
WebDriverWait = pytest.importorskip("selenium.webdriver.support.ui").WebDriverWait

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver on the PATH"
)
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

OUTLINE = """# 小课程

## 第一部分

- [第09课：注意力机制](./09_注意力.md)
- [第10课：量化](./量化（quantization）.pdf)
- [第11课：还没写的一课](./11_没有.md)
- [第12课：危险的笔记](./12_危险.md)
"""

HOSTILE = """# 危险的笔记

<img src=x onerror="window.hacked = 1"> 和 <script>window.hacked = 2</script> 都只是文字。

- [点我](javascript:window.hacked=3) 也只是文字，[这个](https://example.org/) 才是链接。

| 名字 | 值 |
| --- | --- |
| **粗** | `a` |
"""

# Nothing in it is long enough to be a sentence, so no question has an answer.
LIST = "# 购物清单\n\n米、面。\n"

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


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    folder = tmp_path_factory.mktemp("page")
    course = make_course(folder / "course")
    (course / "README.md").write_text(OUTLINE, "utf-8")
    (course / "12_危险.md").write_text(HOSTILE, "utf-8")
    return ingested(folder, models, course)


@pytest.fixture(scope="module")
def address(data: Path, models: Path) -> Iterator[str]:
    with serving(data, models) as address:
        yield address


@pytest.fixture
def open_page(tmp_path: Path) -> Iterator[Open]:
    """Open a page in a fresh browser of some size, language and colour scheme."""
    browsers: list[Browser] = []

    def start(
        address: str, size: tuple[int, int] = WIDE, language: str = "zh-CN", scheme: str = "light"
    ) -> Browser:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        profile = tmp_path / f"profile{len(browsers)}"
        for flag in (*FLAGS, f"--user-data-dir={profile}", f"--accept-lang={language}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(CHROMEDRIVER, env=dict(os.environ, SE_OFFLINE="true"))
        browser = webdriver.Chrome(options=options, service=service)
        browsers.append(browser)
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        browser.get(address)
        return browser

    yield start
    for browser in browsers:
        browser.quit()


def eventually(browser: Browser, condition: Callable[[Browser], Any]) -> Any:
    return WebDriverWait(browser, 60, ignored_exceptions=[Stale]).until(condition)


def one(browser: Browser, selector: str) -> Browser:
    """The first element of a selector that is shown, once there is one."""

    def shown(browser: Browser) -> Browser | None:
        found = browser.find_elements(By.CSS_SELECTOR, selector)
        return next((element for element in found if element.is_displayed()), None)

    return eventually(browser, shown)


def await_text(browser: Browser, selector: str, text: str) -> None:
    eventually(browser, lambda found: text in one(found, selector).text)


def press(browser: Browser, selector: str, text: str) -> None:
    """Click the first element of a selector that shows some text."""

    def found(browser: Browser) -> bool:
        for element in browser.find_elements(By.CSS_SELECTOR, selector):
            if text in element.text:
                element.click()
                return True
        return False

    eventually(browser, found)


def ask(browser: Browser, question: str) -> Browser:
    """Type a question, press Enter and wait for the whole answer."""
    before = len(browser.find_elements(By.CSS_SELECTOR, ".answer"))
    one(browser, "#question").send_keys(question + Keys.ENTER)
    finished = ".answer:not([aria-busy])"
    eventually(browser, lambda found: len(found.find_elements(By.CSS_SELECTOR, finished)) > before)
    return browser.find_elements(By.CSS_SELECTOR, ".answer")[-1]


def finish(browser: Browser, name: str) -> None:
    """Keep a picture; nothing may scroll sideways and the console must be silent."""
    SCREENSHOTS.mkdir(exist_ok=True)
    browser.save_screenshot(str(SCREENSHOTS / f"{name}.png"))
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.get_log("browser") == []


def test_a_cited_page_is_shown_as_a_picture(address: str, open_page: Open) -> None:
    browser = open_page(address)
    answer = ask(browser, "什么是量化？")
    assert "量化是用低比特整数表示权重和激活的压缩方法。" in answer.text
    marker = answer.find_element(By.CSS_SELECTOR, ".marker[aria-label*='第 1 页']")
    assert "压缩方法" in marker.get_attribute("title")
    marker.click()
    picture = one(browser, "#source-body img")
    assert picture.get_property("naturalWidth") > 500
    assert picture.get_attribute("src").startswith("blob:")
    assert one(browser, "#page").text == "1 / 2"
    finish(browser, "page-wide-zh-light")

    one(browser, "#next").click()
    eventually(
        browser, lambda found: one(found, "#source-body img").get_attribute("alt")[-3] == "2"
    )
    assert not one(browser, "#next").is_enabled()
    one(browser, "#source-title").send_keys(Keys.ESCAPE)
    assert not browser.find_element(By.ID, "source").is_displayed()
    assert browser.switch_to.active_element == marker


@pytest.mark.parametrize(
    ("size", "scheme", "name"), [(WIDE, "dark", "wide-en-dark"), (NARROW, "light", "narrow-en")]
)
def test_a_cited_note_is_shown_with_the_quote_marked(
    address: str, open_page: Open, size: tuple[int, int], scheme: str, name: str
) -> None:
    browser = open_page(address, size, "en-US", scheme)
    answer = ask(browser, "What does the KV cache store?")
    answer.find_element(By.CSS_SELECTOR, ".marker[title*='keys and values']").click()
    mark = one(browser, "#source-body mark")
    assert mark.text.startswith("The KV cache stores the keys and values of past tokens")
    assert mark.text.endswith("only the new token.")
    body = browser.find_element(By.ID, "source-body").rect
    assert body["y"] <= mark.rect["y"] <= body["y"] + body["height"]
    finish(browser, f"note-{name}")


def test_a_code_block_is_quoted_whole(address: str, open_page: Open) -> None:
    browser = open_page(address, NARROW, "zh-CN", "dark")
    answer = ask(browser, "scores = q @ k.T / d 的代码")
    assert answer.find_element(By.CSS_SELECTOR, "pre").text == "scores = q @ k.T / d ** 0.5"
    answer.find_element(By.CSS_SELECTOR, ".marker[title*='scores']").click()
    assert "scores = q @ k.T" in one(browser, "#source-body pre mark").text
    finish(browser, "code-narrow-zh-dark")


def test_the_outline_gives_examples_and_opens_lessons(address: str, open_page: Open) -> None:
    browser = open_page(address)
    await_text(browser, ".examples", "「注意力机制」讲了什么？")
    await_text(browser, "#outline .missing", "还没写的一课")
    one(browser, "#language").click()
    await_text(browser, ".examples", "What does “注意力机制” cover?")
    await_text(browser, "#outline .missing", "missing")
    press(browser, "#outline button", "注意力机制")
    assert one(browser, ".note h3").text == "第09课：注意力机制"
    assert "title:" not in one(browser, ".note").text
    finish(browser, "lesson-wide-en")


def test_markup_of_a_document_stays_text(address: str, open_page: Open) -> None:
    browser = open_page(address, NARROW)
    one(browser, "#menu").click()
    await_text(browser, "#outline", "危险的笔记")
    finish(browser, "outline-narrow-zh")
    press(browser, "#outline button", "危险的笔记")
    note = one(browser, ".note")
    assert "<script>window.hacked = 2</script>" in note.text
    assert one(browser, ".note td strong").text == "粗"
    links = [link.get_attribute("href") for link in note.find_elements(By.CSS_SELECTOR, "a")]
    assert links == ["https://example.org/"]
    assert not note.find_elements(By.CSS_SELECTOR, "img, script")
    assert browser.execute_script("return window.hacked") is None
    finish(browser, "hostile-narrow-zh")


def test_a_follow_up_tells_how_it_was_understood(address: str, open_page: Open) -> None:
    browser = open_page(address)
    assert not ask(browser, "什么是量化？").find_elements(By.CSS_SELECTOR, ".understood")
    answer = ask(browser, "有什么缺点？")
    assert answer.find_element(By.CSS_SELECTOR, ".understood").text == "理解为：量化有什么缺点？"
    finish(browser, "follow-up-wide-zh")
    (kept,) = [
        one
        for one in httpx.get(f"{address}api/conversations").json()
        if one["title"] == "什么是量化" and one["turns"] == 2
    ]
    assert httpx.delete(f"{address}api/conversations/{kept['id']}").status_code == 204
    assert kept["id"] in ask(browser, "为什么？").find_element(By.CSS_SELECTOR, ".error").text
    assert ask(browser, "").find_elements(By.CSS_SELECTOR, ".marker, .refusal")


def test_an_answer_can_be_stopped(address: str, open_page: Open) -> None:
    browser = open_page(address)
    one(browser, "#question").send_keys("什么是量化？", Keys.SHIFT, Keys.ENTER, Keys.NULL, "好吗")
    assert not browser.find_elements(By.CSS_SELECTOR, ".asked")
    press_both = "for (const id of ['send', 'stop']) document.getElementById(id).click()"
    browser.execute_script(press_both)  # in one go: the answer would come too soon
    await_text(browser, ".answer", "已停止。")
    assert one(browser, "#send").is_displayed()


def test_a_cited_page_that_moved_is_found_and_one_that_is_gone_is_told(
    open_page: Open, tmp_path: Path, models: Path
) -> None:
    course = make_course(tmp_path / "course")
    pdf = course / "量化（quantization）.pdf"
    with serving(ingested(tmp_path, models, course), models) as address:
        browser = open_page(address)
        marker = ".marker[title='量化是用低比特整数表示权重和激活的压缩方法。']"
        cited = ask(browser, "什么是量化？").find_element(By.CSS_SELECTOR, marker)
        moved = [("前面加一句。", 11), ("量化是用低比特整数表示权重和激活的压缩方法。", 11)]
        make_pdf(pdf, [[("前言", 20), ("新的一页。", 11)], [("量化", 20), *moved], [("尾页", 11)]])
        ingested(tmp_path, models, course)
        cited.click()
        await_text(browser, "#page", "2 / 3")
        one(browser, "#next").click()
        await_text(browser, "#page", "3 / 3")
        one(browser, "#close").click()
        pdf.unlink()
        ingested(tmp_path, models, course)
        cited.click()
        await_text(browser, "#source-body", "已经不在索引里了")
        assert one(browser, "#source-body blockquote").text.startswith("量化是用低比特")


def test_a_refusal_names_the_nearest_places(open_page: Open, tmp_path: Path, models: Path) -> None:
    course = tmp_path / "course"
    course.mkdir()
    (course / "购物清单.md").write_text(LIST, "utf-8")
    with serving(ingested(tmp_path, models, course), models) as address:
        browser = open_page(address)
        answer = ask(browser, "购物清单上为什么没有肉？")
        assert answer.find_element(By.CSS_SELECTOR, ".refusal").text
        answer.find_element(By.CSS_SELECTOR, ".places button").click()
        assert one(browser, "#source-body mark").text == "米、面。"
        finish(browser, "refusal-wide-zh")


def test_without_an_index_it_says_what_to_run(
    open_page: Open, tmp_path: Path, models: Path
) -> None:
    with serving(tmp_path / "nothing", models) as address:
        browser = open_page(address, NARROW, "en-US")
        assert one(browser, "#welcome pre").text == "coursegraph ingest"
        finish(browser, "empty-narrow-en")
        answer = ask(browser, "anything")
        assert "ingest" in answer.find_element(By.CSS_SELECTOR, ".error .hint").text


def test_a_key_is_asked_for_once(open_page: Open, data: Path, models: Path) -> None:
    with serving(data, models, COURSEGRAPH_API_KEY="a long secret") as address:
        browser = open_page(address, NARROW)
        one(browser, "#key-value").send_keys("wrong" + Keys.ENTER)
        eventually(browser, lambda found: one(found, "#key-value").get_property("value") == "")
        one(browser, "#key-value").send_keys("a long secret" + Keys.ENTER)
        await_text(browser, ".examples", "讲了什么")
        answer = ask(browser, "什么是量化？")
        answer.find_element(By.CSS_SELECTOR, ".marker[aria-label*='第 1 页']").click()
        assert one(browser, "#source-body img").get_property("naturalWidth") > 500
        browser.refresh()
        await_text(browser, ".examples", "讲了什么")


def test_a_server_that_goes_away_comes_back(open_page: Open, data: Path, models: Path) -> None:
    with serving(data, models) as address:
        browser = open_page(address)
        one(browser, ".examples")
    answer = ask(browser, "什么是量化？")
    assert "连不上服务" in answer.text
    assert one(browser, "#offline").text
    assert one(browser, "#question").get_property("value") == "什么是量化？"
    with serving(data, models, port=httpx.URL(address).port or 0):
        eventually(browser, lambda found: not found.find_element(By.ID, "offline").is_displayed())
        assert "压缩方法" in ask(browser, "").text
