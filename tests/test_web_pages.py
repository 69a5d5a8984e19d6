"""Search, library, concepts, lessons and papers: a real server and a real browser."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import httpx
import pytest

from app.web.drawing import draw
from browsing import (
    NARROW,
    OUTLINE,
    WIDE,
    By,
    Keys,
    Open,
    await_text,
    chromium,
    eventually,
    finish,
    ingested,
    needs_browser,
    one,
    press,
    serving,
)
from conftest import make_course

pytestmark = needs_browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pages")
    course = make_course(folder / "course")
    (course / "README.md").write_text(OUTLINE, "utf-8")
    with serving(ingested(folder, models, course), models) as address:
        yield address


@pytest.fixture(scope="module")
def open_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    with chromium(tmp_path_factory.mktemp("profile")) as start:
        yield start


def test_a_search_marks_its_terms_and_tells_why(address: str, open_page: Open) -> None:
    browser = open_page(f"{address}search", WIDE, "zh-CN")
    one(browser, "#q").send_keys("INT8 量化" + Keys.ENTER)
    first = one(browser, ".hits li")
    marked = {mark.text for mark in first.find_elements(By.CSS_SELECTOR, "mark")}
    assert "INT8 量化" in marked
    assert {chip.text for chip in first.find_elements(By.CSS_SELECTOR, ".chip")} >= {"词语相同"}
    finish(browser, "search-wide-zh-light")
    press(browser, ".hits .heading")
    one(browser, ".box")
    finish(browser, "search-source-wide-zh-light")


def test_filters_narrow_a_search(address: str, open_page: Open) -> None:
    browser = open_page(f"{address}search?q=KV%20cache", NARROW, "en-US", "dark")
    everything = len(browser.find_elements(By.CSS_SELECTOR, ".hits > li"))
    press(browser, "[name=language] option", "English")
    eventually(browser, lambda found: "language=en" in found.current_url)
    await_text(browser, ".hits", "keys and values")
    assert 0 < len(browser.find_elements(By.CSS_SELECTOR, ".hits > li")) < everything
    finish(browser, "search-narrow-en-dark")
    press(browser, "[name=format] option", "pdf")
    await_text(browser, ".refusal", "Nothing found")
    finish(browser, "search-nothing-narrow-en-dark")


def test_files_are_added_read_again_and_removed(
    address: str, open_page: Open, tmp_path: Path
) -> None:
    browser = open_page(f"{address}library", NARROW, "en-US")
    await_text(browser, ".documents", "KV cache")
    finish(browser, "library-narrow-en-light")
    note = tmp_path / "蒸馏.md"
    note.write_text("# 知识蒸馏\n\n知识蒸馏让小模型学习大模型的输出分布。\n", "utf-8")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"not a pdf at all")
    files = browser.find_element(By.CSS_SELECTOR, "[data-files]")
    files.send_keys(f"{note}\n{broken}")
    await_text(browser, ".jobs", "broken.pdf")
    eventually(browser, lambda found: len(found.find_elements(By.CSS_SELECTOR, ".jobs .done")) == 1)
    failed = one(browser, ".jobs .failed, .jobs .partial")
    assert "broken.pdf" in failed.text
    assert len(failed.find_element(By.CSS_SELECTOR, "small").text) > 20
    await_text(browser, ".documents", "知识蒸馏")
    finish(browser, "library-uploaded-narrow-en-light")

    press(browser, ".documents .heading", "知识蒸馏")
    await_text(browser, ".note", "小模型学习大模型")
    press(browser, "[data-close-source]")
    one(browser, "[data-filter]").send_keys("蒸馏")
    eventually(browser, lambda found: len(visible(found, ".documents > li")) == 1)
    press(browser, ".documents > li:not([hidden]) summary")
    press(browser, ".documents [data-again]")
    eventually(browser, lambda found: len(found.find_elements(By.CSS_SELECTOR, ".jobs .done")) == 2)
    one(browser, "[data-filter]").send_keys(Keys.BACKSPACE, Keys.BACKSPACE, "知识蒸馏")
    press(browser, ".documents > li:not([hidden]) summary")
    press(browser, ".documents [data-remove]")
    press(browser, ".q-dialog button", "Remove")
    eventually(browser, lambda found: len(found.find_elements(By.CSS_SELECTOR, ".jobs .done")) == 3)
    eventually(
        browser, lambda found: "知识蒸馏" not in one(found, ".documents").get_property("innerText")
    )
    kept = httpx.get(f"{address}api/documents").json()
    assert "知识蒸馏" not in [document["title"] for document in kept]


def visible(browser: object, selector: str) -> list[object]:
    found = browser.find_elements(By.CSS_SELECTOR, selector)  # type: ignore[attr-defined]
    return [element for element in found if element.is_displayed()]


@pytest.mark.parametrize("page", ["search", "lessons", "practice", "papers", "library", "graph"])
@pytest.mark.parametrize(
    ("size", "language", "scheme"), [(WIDE, "en-US", "dark"), (NARROW, "zh-CN", "light")]
)
def test_every_page_stands_in_both_languages_and_schemes(
    address: str, open_page: Open, page: str, size: tuple[int, int], language: str, scheme: str
) -> None:
    browser = open_page(f"{address}{page}", size, language, scheme)
    one(browser, "main h1, main .seek")
    eventually(browser, lambda found: found.execute_script("return did_handshake === true"))
    finish(browser, f"{page}-{size[0]}-{language}-{scheme}")


def test_a_page_that_is_not_there_says_so(address: str, open_page: Open) -> None:
    browser = open_page(f"{address}nowhere", WIDE, "en-US")
    await_text(browser, ".failure h1", "no such page")
    press(browser, ".failure a", "Back")
    one(browser, ".welcome")
    assert httpx.get(f"{address}nowhere").status_code == 404


def test_pages_without_an_index_say_what_to_do(
    open_page: Open, tmp_path: Path, models: Path
) -> None:
    with serving(tmp_path / "nothing", models) as address:
        browser = open_page(f"{address}search?q=x", NARROW, "en-US")
        await_text(browser, ".error", "ingest")
        browser.get(f"{address}library")
        await_text(browser, ".refusal", "Nothing is indexed yet")
        finish(browser, "library-empty-narrow-en")


def test_a_concept_is_found_in_both_languages_and_its_relations_have_evidence(
    address: str, open_page: Open
) -> None:
    browser = open_page(f"{address}graph", WIDE, "en-US")
    assert visible(browser, ".concepts a")
    finish(browser, "graph-search-wide-en-light")
    one(browser, "#q").send_keys("键值缓存" + Keys.ENTER)
    await_text(browser, "main h1", "KV cache")
    center = one(browser, ".graph-picture a.center").rect
    boxes = [node.rect for node in visible(browser, ".graph-picture rect")]
    assert len(boxes) > 1
    assert not any(overlap(*pair) for pair in combinations(boxes, 2))
    assert center["width"] > 0
    finish(browser, "graph-wide-en-light")

    line = browser.find_element(By.CSS_SELECTOR, ".graph-picture g[role=button]")
    line.send_keys(Keys.ENTER)
    said = one(browser, ".source h2").text
    assert said == line.get_attribute("aria-label")
    assert one(browser, ".evidence blockquote").text
    finish(browser, "graph-evidence-wide-en-light")
    press(browser, ".evidence [data-cite]")
    one(browser, ".note mark, .box")

    press(browser, ".graph-picture a:not(.center)")
    eventually(browser, lambda found: "KV cache" not in one(found, "main h1").text)
    browser.get(f"{address}graph?q=no-such-thing")
    await_text(browser, ".refusal", "No concept is called")


def test_a_concept_on_a_narrow_page(address: str, open_page: Open) -> None:
    browser = open_page(f"{address}graph?concept=quantization", NARROW, "zh-CN", "dark")
    assert one(browser, "main h1").text == "量化"
    finish(browser, "graph-narrow-zh-dark")
    press(browser, ".relations button")
    assert "量化" in one(browser, ".source h2").text
    press(browser, "[data-close-source]")
    press(browser, ".places-list .pages-of button")
    one(browser, "page-picture img")
    press(browser, "[data-close-source]")
    press(browser, ".reading a.button")
    assert one(browser, "#question").get_property("value") == "什么是量化？"


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return (
        abs(one["x"] + one["width"] / 2 - other["x"] - other["width"] / 2)
        < (one["width"] + other["width"]) / 2
        and abs(one["y"] - other["y"]) < (one["height"] + other["height"]) / 2
    )


@pytest.mark.parametrize(("concepts", "deep"), [(2, 1), (19, 1), (30, 2)])
def test_no_two_names_of_a_picture_overlap(concepts: int, deep: int) -> None:
    names = {f"c{number}": "a long english name"[: 4 + number % 15] for number in range(concepts)}
    distances = {name: 0 if name == "c0" else 1 + index % deep for index, name in enumerate(names)}
    relations = [("c0", "uses", name) for name in names if name != "c0"]
    relations += [("c0", "is_a", "c1"), ("c1", "part_of", "c0")]
    drawn = draw(names, distances, relations)
    boxes = [
        {"x": n.x - n.width / 2, "y": n.y - n.height / 2, "width": n.width, "height": n.height}
        for n in drawn.nodes
    ]
    assert not any(overlap(*pair) for pair in combinations(boxes, 2))
    assert len({line.path for line in drawn.lines}) == len(relations)
    assert drawn.width < 1700


def test_lessons_are_read_and_their_progress_stays(address: str, open_page: Open) -> None:
    browser = open_page(f"{address}lessons", WIDE, "en-US")
    missing = one(browser, ".lesson-list .missing").text.split()
    assert missing == ["第11课：还没写的一课", "missing"]
    await_text(browser, ".progress", "0 of 2 done")
    press(browser, ".lesson-list [data-done]")
    await_text(browser, ".progress", "1 of 2 done")
    browser.refresh()
    await_text(browser, ".progress", "1 of 2 done")
    finish(browser, "lessons-wide-en-light")
    press(browser, ".lesson-list a", "注意力机制")
    assert one(browser, "article.note h3").text == "第09课：注意力机制"
    assert browser.find_element(By.CSS_SELECTOR, ".onward [data-done]").is_selected()
    assert "为什么要除以根号" in one(browser, ".questions").text
    assert visible(browser, ".beside .chip")
    press(browser, ".toc a", "关键问题")
    eventually(browser, lambda found: "#section-" in found.current_url)
    finish(browser, "lesson-wide-en-light")
    press(browser, ".onward a", "Next")
    one(browser, "page-picture img")
    finish(browser, "lesson-pages-wide-en-light")


def test_a_paper_leads_to_where_it_is_named_and_to_related_ones(
    address: str, open_page: Open
) -> None:
    browser = open_page(f"{address}papers", NARROW, "en-US")
    await_text(browser, ".papers", "QLoRA")
    finish(browser, "papers-narrow-en-light")
    press(browser, ".papers a", "QLoRA")
    await_text(browser, "main h1", "QLoRA: Efficient Finetuning of Quantized LLMs")
    assert len(visible(browser, ".papers li")) > 3
    assert visible(browser, ".timeline .itself")
    finish(browser, "paper-narrow-en-light")
    press(browser, "blockquote [data-cite]")
    one(browser, ".box")
    assert "QLoRA" in httpx.get(f"{address}api/papers/2305.14314").json()["title"]
    browser.get(f"{address}papers?q=attention%20memory")
    await_text(browser, ".sub", "Papers related to “attention memory”")
    finish(browser, "papers-related-narrow-en-light")
    browser.get(f"{address}papers?paper=9999.99999")
    await_text(browser, ".error", "9999.99999")


def test_links_between_lessons_lead_to_them(address: str, open_page: Open) -> None:
    (outline,) = httpx.get(f"{address}api/lessons").json()
    browser = open_page(f"{address}lesson/{outline['document_id']}", NARROW, "zh-CN", "dark")
    finish(browser, "lesson-narrow-zh-dark")
    links = {
        link.text: link.get_attribute("href")
        for link in browser.find_elements(By.CSS_SELECTOR, "article.note li a")
    }
    there = {lesson["title"]: lesson["document_id"] for lesson in outline["lessons"]}
    assert links == {
        title: f"{address}lesson/{identity}" for title, identity in there.items() if identity
    }


def test_practice_tells_what_was_missing_and_asks_again(address: str, open_page: Open) -> None:
    browser = open_page(f"{address}practice", NARROW, "zh-CN")
    await_text(browser, ".card h2", "为什么要除以根号 d_k")
    await_text(browser, "[data-due]", "今天要练：1 · 共 1 题")
    one(browser, "#answer").send_keys("因为天气很好。")
    press(browser, ".card [type=submit]")
    await_text(browser, ".card .told", "说到 0 / 1 个要点")
    finish(browser, "practice-missing-narrow-zh")
    press(browser, ".points [data-cite]")
    marks = eventually(browser, lambda found: found.find_elements(By.CSS_SELECTOR, ".note mark"))
    assert marks[0].text.startswith("因为不缩放时内积的方差")
    press(browser, "[data-close-source]")
    press(browser, "[data-grade=wrong]")
    await_text(browser, "[data-due]", "今天的都练完了")
    wrong = browser.find_element(By.CSS_SELECTOR, "[data-wrong]").get_attribute("href")
    exported = httpx.get(wrong).text
    assert exported.startswith("#separator:tab")
    assert "为什么要除以根号 d_k？\t<p>因为不缩放时" in exported
    press(browser, "[data-anyway]")
    one(browser, "#answer").send_keys("不缩放，内积的方差会随着维度增长，softmax 饱和，梯度消失。")
    press(browser, ".card [type=submit]")
    await_text(browser, ".card .told", "说到 1 / 1 个要点")
    finish(browser, "practice-told-narrow-zh")
    press(browser, "[data-grade=well]")
    await_text(browser, "[data-due]", "下次复习")
    nothing = browser.find_element(By.CSS_SELECTOR, "[data-wrong]").get_attribute("href")
    assert "为什么" not in httpx.get(nothing).text
