"""The chat page: a real server and a real browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from browsing import (
    AXE,
    NARROW,
    OUTLINE,
    WIDE,
    Browser,
    By,
    Keys,
    Open,
    ask,
    await_text,
    chromium,
    eventually,
    finish,
    ingested,
    needs_browser,
    none,
    one,
    press,
    serving,
)
from conftest import make_course, make_pdf
from endpoint import served

pytestmark = needs_browser

# The sentence that is asked for stands far below the first screen.
LONG = "# 知识蒸馏\n\n" + "这一段说别的事情。\n\n" * 60
LONG += "## 温度\n\n知识蒸馏的温度让软标签更平滑，学生由此学到类别之间的相似度。\n"
RELATED = "# 对齐\n\nGRPO 在 PPO 的基础上改进而来。DPO 是 PPO 的替代方案。\n"
# Nothing in it is long enough to be a sentence, so no question has an answer.
LIST = "# 购物清单\n\n**米**、面。\n"
ENSEMBLES = """# 集成学习

Bagging 的训练方式是并行训练多个基模型，最后投票。

Boosting 的训练方式是串行训练多个基模型，后一个纠正前一个。
"""
DIMENSIONS = ("MegaNet 的隐藏层维度是 4096 维。", "MegaNet 的隐藏层维度为 5120 维。")
QUOTE = "量化是用低比特整数表示权重和激活的压缩方法。"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    folder = tmp_path_factory.mktemp("chat")
    course = make_course(folder / "course")
    (course / "README.md").write_text(OUTLINE, "utf-8")
    (course / "蒸馏.md").write_text(LONG, "utf-8")
    (course / "对齐.md").write_text(RELATED, "utf-8")
    (course / "12_集成.md").write_text(ENSEMBLES, "utf-8")
    for name, dimension in zip("甲乙", DIMENSIONS, strict=True):
        (course / f"{name}.md").write_text(f"# {name}\n\n{dimension}\n", "utf-8")
    return ingested(folder, models, course)


@pytest.fixture(scope="module")
def address(data: Path, models: Path) -> Iterator[str]:
    with serving(data, models) as address:
        yield address


@pytest.fixture(scope="module")
def open_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    with chromium(tmp_path_factory.mktemp("profile")) as start:
        yield start


def test_a_cited_page_is_shown_beside_with_the_quote_in_a_box(
    address: str, open_page: Open
) -> None:
    browser = open_page(address)
    answer = ask(browser, "什么是量化？")
    assert QUOTE in answer.text
    marker = answer.find_element(By.CSS_SELECTOR, ".cite[aria-label*='第 1 页']")
    marker.send_keys(Keys.NULL)  # the focus comes by keyboard
    assert "压缩方法" in one(browser, ".card-quote").text
    marker.send_keys(Keys.ENTER)
    picture = one(browser, "page-picture img")
    assert picture.get_property("naturalWidth") > 500
    box, page = one(browser, ".box").rect, picture.rect
    # The quote is the second line of the page, 72 points from the left of 595.
    assert abs((box["x"] - page["x"]) / page["width"] - 72 / 595) < 0.02
    assert abs((box["y"] - page["y"]) / page["height"] - 103 / 842) < 0.02
    assert one(browser, ".source output").text == "1 / 2"
    finish(browser, "source-page-wide-zh-light")

    width = picture.rect["width"]
    press(browser, "[data-zoom='1']")
    press(browser, "[data-zoom='1']")
    eventually(browser, lambda found: one(found, "page-picture img").rect["width"] > width * 1.4)
    press(browser, "[data-turn='1']")
    one(browser, "page-picture[data-shown='2']")
    assert not one(browser, "[data-turn='1']").is_enabled()
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    none(browser, ".source")
    assert browser.switch_to.active_element == marker


def test_sources_that_differ_are_introduced_as_such(address: str, open_page: Open) -> None:
    answer = ask(open_page(address), "MegaNet 的隐藏层维度是多少？")
    shown = [found.text for found in answer.find_elements(By.CSS_SELECTOR, ".answer > p")]
    assert shown[0] == "资料的说法不同："
    assert {line.partition("。")[0] + "。" for line in shown[1:3]} == set(DIMENSIONS)


@pytest.mark.parametrize(("size", "name"), [(WIDE, "table-wide"), (NARROW, "table-narrow")])
def test_a_comparison_is_a_table_with_marks(
    address: str, open_page: Open, size: tuple[int, int], name: str
) -> None:
    browser = open_page(address, size)
    answer = ask(browser, "Bagging 和 Boosting 的训练方式有什么区别？")
    heads = answer.find_elements(By.CSS_SELECTOR, "thead th")
    assert [head.text for head in heads] == ["", "Bagging", "Boosting"]
    cells = answer.find_elements(By.CSS_SELECTOR, "tbody td")
    assert ["并行" in cells[0].text, "串行" in cells[1].text] == [True, True]
    # A sentence of the table is not shown again below it.
    shown = "".join(found.text for found in answer.find_elements(By.CSS_SELECTOR, "table, p"))
    assert shown.count("后一个纠正前一个") == 1
    finish(browser, name)
    cells[1].find_element(By.CSS_SELECTOR, ".cite").click()
    await_text(browser, ".note mark", "串行")


@pytest.mark.parametrize(
    ("size", "scheme", "name"), [(WIDE, "dark", "wide-en-dark"), (NARROW, "light", "narrow-en")]
)
def test_a_cited_note_is_shown_with_the_quote_marked(
    address: str, open_page: Open, size: tuple[int, int], scheme: str, name: str
) -> None:
    browser = open_page(address, size, "en-US", scheme)
    answer = ask(browser, "What does the KV cache store?")
    assert "keys and values" in answer.text
    assert answer.find_element(By.CSS_SELECTOR, ".chip").text == "KV cache"
    finish(browser, f"answer-{name}")
    answer.find_element(By.CSS_SELECTOR, ".cite").click()
    mark = one(browser, ".note mark")
    assert mark.text.startswith("The KV cache stores the keys and values of past tokens")
    marks = browser.find_elements(By.CSS_SELECTOR, ".note mark")
    assert marks[-1].text == "the new token."
    body = browser.find_element(By.CSS_SELECTOR, ".source .body").rect
    assert body["y"] <= mark.rect["y"] <= body["y"] + body["height"]
    finish(browser, f"source-note-{name}")


def test_a_long_note_opens_at_the_quote(address: str, open_page: Open) -> None:
    browser = open_page(address)
    answer = ask(browser, "知识蒸馏的温度有什么作用？")
    answer.find_element(By.CSS_SELECTOR, ".cite").click()
    await_text(browser, ".note mark", "知识蒸馏的温度让软标签更平滑")
    body = browser.find_element(By.CSS_SELECTOR, ".source .body").rect

    def is_in_view(found: Browser) -> bool:
        mark = one(found, ".note mark").rect
        return bool(body["y"] <= mark["y"] <= body["y"] + body["height"])

    eventually(browser, is_in_view)
    finish(browser, "source-long-note-wide-zh")


def test_a_reader_chooses_between_a_language_model_and_verbatim_sentences(
    open_page: Open, data: Path, models: Path
) -> None:
    with served() as endpoint, serving(data, models, **endpoint.extra) as address:
        endpoint.script["量化"] = "量化用低比特整数表示权重和激活。[1]"
        browser = open_page(address, NARROW)
        answer = ask(browser, "什么是量化？")
        await_text(browser, ".after", "由 reader 撰写")
        assert "量化用低比特整数表示权重和激活。" in answer.text
        finish(browser, "written-narrow-zh")
        asked = len(endpoint.requests)
        press(browser, "[data-way] option", "摘录原文")
        answer = ask(browser, "INT8 量化怎么存权重？")
        assert "撰写" not in answer.text
        assert "INT8 量化把每个权重存成 8 位整数。" in answer.text
        assert len(endpoint.requests) == asked


def test_code_and_formulas_are_drawn(address: str, open_page: Open) -> None:
    browser = open_page(address, NARROW, "zh-CN", "dark")
    answer = ask(browser, "scores = q @ k.T / d 的代码")
    assert answer.find_element(By.CSS_SELECTOR, "pre").text == "scores = q @ k.T / d ** 0.5"
    answer.find_element(By.CSS_SELECTOR, ".block .cite").click()
    assert "scores = q @ k.T" in one(browser, ".note pre mark").text
    assert browser.find_elements(By.CSS_SELECTOR, ".note math msqrt")
    finish(browser, "source-code-narrow-zh-dark")


def test_the_first_page_gives_examples_in_the_language_of_the_browser(
    address: str, open_page: Open
) -> None:
    browser = open_page(address)
    await_text(browser, ".examples", "「注意力机制」讲了什么？")
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "zh-CN"
    finish(browser, "welcome-wide-zh")
    press(browser, "[data-language]")
    await_text(browser, ".examples", "What does “注意力机制” cover?")
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en-US"
    browser.refresh()
    await_text(browser, ".welcome h1", "Ask your course material")
    light = browser.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    press(browser, "[data-theme-choice] option", "Dark")
    eventually(
        browser,
        lambda found: (
            one(found, "body").value_of_css_property("background-color") != light
            and one(found, ".welcome")
        ),
    )
    press(browser, ".examples button")
    await_text(browser, ".turn .asked", "What does “注意力机制” cover?")
    none(browser, "[data-stop]")


def test_a_narrow_page_has_a_menu(address: str, open_page: Open) -> None:
    browser = open_page(address, NARROW, "en-US")
    assert not browser.find_element(By.CSS_SELECTOR, ".sidebar").is_displayed()
    finish(browser, "welcome-narrow-en")
    press(browser, "[data-menu]")
    assert one(browser, ".sidebar [aria-current=page]").text == "Chat"
    finish(browser, "menu-narrow-en")
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    none(browser, ".sidebar")


def test_a_follow_up_tells_how_it_was_understood(address: str, open_page: Open) -> None:
    browser = open_page(address)
    assert not ask(browser, "什么是量化？").find_elements(By.CSS_SELECTOR, ".understood")
    answer = ask(browser, "有什么缺点？")
    assert answer.find_element(By.CSS_SELECTOR, ".understood").text == "理解为：量化有什么缺点？"
    finish(browser, "follow-up-wide-zh")
    browser.refresh()
    eventually(browser, lambda found: len(found.find_elements(By.CSS_SELECTOR, ".answer")) == 2)
    one(browser, ".answer .cite").click()
    one(browser, ".box")
    kept = browser.current_url.rpartition("/")[2]
    assert httpx.delete(f"{address}api/conversations/{kept}").status_code == 204
    assert kept in ask(browser, "为什么？").find_element(By.CSS_SELECTOR, ".error").text
    press(browser, ".error button")
    none(browser, "[data-stop]")
    eventually(browser, lambda found: kept not in found.current_url)


def test_conversations_are_listed_renamed_exported_and_deleted(
    address: str, open_page: Open
) -> None:
    browser = open_page(address, WIDE, "en-US")
    ask(browser, "What does the KV cache store?")
    kept = browser.current_url.rpartition("/")[2]
    await_text(browser, ".conversations .here", "What does the KV cache store")
    press(browser, ".conversations .here summary")
    exported = one(browser, ".conversations .here [download]").get_attribute("href")
    assert "keys and values" in httpx.get(exported).text
    press(browser, ".conversations .here [data-rename]")
    field = one(browser, ".q-dialog input")
    field.send_keys(Keys.CONTROL, "a", Keys.NULL, "About <b>caches</b>")
    finish(browser, "rename-wide-en")
    press(browser, ".q-dialog button", "Save")
    await_text(browser, ".conversations .here", "About <b>caches</b>")
    press(browser, ".conversations .here summary")
    press(browser, ".conversations .here [data-delete]")
    press(browser, ".q-dialog button", "Delete")
    one(browser, ".welcome")
    assert kept not in [found["id"] for found in httpx.get(f"{address}api/conversations").json()]
    browser.get(f"{address}chat/{kept}")
    assert kept in one(browser, ".failure h1").text


def test_an_answer_is_copied_with_its_sources(address: str, open_page: Open) -> None:
    browser = open_page(address)
    browser.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": address},
    )
    ask(browser, "什么是量化？")
    press(browser, "[data-copy]")
    await_text(browser, ".q-notification", "已复制")
    copied = browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert f"{QUOTE}[1]" in copied.replace(" [", "[")
    assert "**[1]** `量化（quantization）.pdf`, 第 1 页" in copied


def test_the_concept_graph_suggests_what_to_ask_next(address: str, open_page: Open) -> None:
    browser = open_page(address, NARROW)
    ask(browser, "PPO 有什么替代方案？")
    suggested = one(browser, ".suggestions button").text
    assert "近端策略优化" in suggested
    finish(browser, "suggestions-narrow-zh")
    press(browser, ".suggestions button")
    eventually(browser, lambda found: found.find_elements(By.CSS_SELECTOR, ".asked")[1:])
    none(browser, "[data-stop]")
    assert browser.find_elements(By.CSS_SELECTOR, ".asked")[-1].text == suggested
    last = browser.find_elements(By.CSS_SELECTOR, ".turn")[-1]
    again = last.find_elements(By.CSS_SELECTOR, ".suggestions button")
    assert suggested not in [button.text for button in again]


def test_an_answer_can_be_stopped(address: str, open_page: Open) -> None:
    browser = open_page(address)
    box = one(browser, "#question")
    box.send_keys("什么是量化？", Keys.SHIFT, Keys.ENTER, Keys.NULL, "好吗")
    assert not browser.find_elements(By.CSS_SELECTOR, ".asked")
    eventually(browser, lambda found: found.execute_script("return window.did_handshake === true"))
    # In one go: the answer would come too soon.
    browser.execute_script(
        "for (const id of ['.primary', '[data-stop]']) document.querySelector(id).click()"
    )
    await_text(browser, ".answer", "已停止。")
    assert one(browser, "[type=submit]").is_displayed()


def test_a_cited_page_that_moved_is_found_and_one_that_is_gone_is_told(
    open_page: Open, tmp_path: Path, models: Path
) -> None:
    course = make_course(tmp_path / "course")
    pdf = course / "量化（quantization）.pdf"
    with serving(ingested(tmp_path, models, course), models) as address:
        browser = open_page(address)
        cited = ask(browser, "什么是量化？").find_element(By.CSS_SELECTOR, ".cite")
        moved = [("前面加一句。", 11), (QUOTE, 11)]
        make_pdf(pdf, [[("前言", 20), ("新的一页。", 11)], [("量化", 20), *moved], [("尾页", 11)]])
        ingested(tmp_path, models, course)
        cited.click()
        await_text(browser, ".source output", "2 / 3")
        one(browser, ".box")
        press(browser, "[data-turn='1']")
        await_text(browser, ".source output", "3 / 3")
        press(browser, "[data-close-source]")
        pdf.unlink()
        ingested(tmp_path, models, course)
        cited.click()
        await_text(browser, ".source .body", "已经不在索引里了")
        assert one(browser, ".source blockquote").text.startswith("量化是用低比特")


def test_a_refusal_names_the_nearest_places(open_page: Open, tmp_path: Path, models: Path) -> None:
    course = tmp_path / "course"
    course.mkdir()
    (course / "购物清单.md").write_text(LIST, "utf-8")
    with serving(ingested(tmp_path, models, course), models) as address:
        browser = open_page(address)
        answer = ask(browser, "购物清单上为什么没有肉？")
        assert answer.find_element(By.CSS_SELECTOR, ".refusal p").text
        assert answer.find_element(By.CSS_SELECTOR, ".places small").text == "米、面。"
        answer.find_element(By.CSS_SELECTOR, ".places button").click()
        assert one(browser, ".note mark")
        marks = browser.find_elements(By.CSS_SELECTOR, ".note mark")
        assert "".join(mark.text for mark in marks) == "米、面。"
        finish(browser, "refusal-wide-zh")


def test_without_an_index_it_says_what_to_run(
    open_page: Open, tmp_path: Path, models: Path
) -> None:
    with serving(tmp_path / "nothing", models) as address:
        browser = open_page(address, NARROW, "en-US")
        assert one(browser, ".welcome pre").text == "coursegraph ingest"
        finish(browser, "empty-narrow-en")
        assert one(browser, ".welcome a.button").get_attribute("href") == f"{address}library"
        answer = ask(browser, "anything")
        assert "ingest" in answer.find_element(By.CSS_SELECTOR, ".error .aside").text


def test_a_key_is_asked_for_once(open_page: Open, data: Path, models: Path) -> None:
    with serving(data, models, COURSEGRAPH_API_KEY="a long secret") as address:
        for path in ("", "chat/x", "_nicegui_ws/socket.io/?EIO=4&transport=polling"):
            assert httpx.get(f"{address}{path}").status_code in (303, 401)
        browser = open_page(address, NARROW)
        finish(browser, "sign-in-narrow-zh")
        one(browser, "#key").send_keys("wrong" + Keys.ENTER)
        await_text(browser, ".wrong", "密钥不对")
        browser.get_log("browser")  # that the answer was a 401
        one(browser, "#key").send_keys("a long secret" + Keys.ENTER)
        await_text(browser, ".examples", "讲了什么")
        (cookie,) = browser.get_cookies()
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Strict"
        assert "secret" not in cookie["value"]
        answer = ask(browser, "什么是量化？")
        answer.find_element(By.CSS_SELECTOR, ".cite[aria-label*='第 1 页']").click()
        assert one(browser, "page-picture img").get_property("naturalWidth") > 500
        browser.refresh()
        one(browser, ".answer")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
def test_no_other_page_may_connect(address: str, headers: dict[str, str]) -> None:
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    where = f"{address}_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    assert httpx.get(where, headers=handshake | headers).status_code == 403


def test_a_server_that_goes_away_comes_back(open_page: Open, data: Path, models: Path) -> None:
    with serving(data, models) as address:
        browser = open_page(address)
        one(browser, ".examples")
        eventually(browser, lambda found: found.execute_script("return did_handshake === true"))
    one(browser, "#popup[aria-hidden=false]")
    one(browser, "#question").send_keys("什么是量化？" + Keys.ENTER)
    with serving(data, models, port=httpx.URL(address).port or 0):
        # The page is made anew, and keeps what the server has not taken yet.
        eventually(
            browser,
            lambda found: (
                "量化" in one(found, "#question").get_property("value")
                and found.execute_script("return window.did_handshake === true")
            ),
        )
        assert "压缩方法" in ask(browser, "").text


def test_nothing_is_fetched_from_elsewhere(address: str, open_page: Open) -> None:
    browser = open_page(address)
    ask(browser, "什么是量化？")
    one(browser, ".cite").click()
    one(browser, ".box")
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = {
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    }
    assert any(url.endswith(".png?dpi=120") for url in urls)
    assert [url for url in urls if not url.startswith((address, "data:", "about:"))] == []


def test_axe_is_there() -> None:
    if not AXE.is_file():
        pytest.skip("needs `npm ci --prefix tests/accessibility`; pages are not looked at by axe")
