"""What the pages show of documents: safe markup, formulas, and quotes where they stand."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from starlette.requests import Request

from app.web.formulas import formula
from app.web.notes import is_block, render, render_inline, render_plain
from app.web.visitor import visitor_of
from conftest import NOTE_EN, NOTE_ZH, REPOSITORY

WEB = REPOSITORY / "app" / "web"


class _Elements(HTMLParser):
    """The elements and attributes that a browser would see."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: dict[str, list[str]] = {}
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")


def marks(markup: str) -> list[str]:
    """The words that are marked, without the markup in them."""
    return [re.sub(r"<[^>]*>", "", found) for found in re.findall(r"<mark>(.*?)</mark>", markup)]


def test_a_note_is_drawn_without_its_front_matter() -> None:
    shown = render(NOTE_ZH)
    assert "title:" not in shown
    assert "<h3>第09课：注意力机制</h3>" in shown
    assert "<strong>缩放点积注意力</strong>" in shown
    assert "<msqrt>" in shown
    assert '<span class="c-n">scores</span>' in shown


def test_a_table_keeps_breaks_and_a_diagram_its_source() -> None:
    shown = render("| a | b |\n|-|-|\n| x<br>y | `c` |\n\n```mermaid\ngraph TD; A-->B\n```\n")
    assert "<td>x<br>y</td><td><code>c</code></td>" in shown
    assert '<mermaid-diagram tabindex="0"><pre>graph TD; A--&gt;B' in shown


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,AAAA)",
        '[x](https://e.org/"onmouseover="alert(1))',
        "![x](https://e.org/track.png)",
        "`<b>`",
        "```html\n<script>alert(1)</script>\n```",
        "```<script>\nx\n```",
        "```mermaid\n<img src=x onerror=alert(1)>\n```",
        r"$\text{<script>alert(1)</script>}$",
        r"$\href{javascript:alert(1)}{x}$",
        r"$\style{position:fixed}{x} \class{a}{y}$",
        "$$\n<img src=x onerror=alert(1)>\n$$",
        "| <script>x</script> |\n|-|\n| <b> |",
    ],
)
def test_nothing_of_a_document_becomes_markup(hostile: str) -> None:
    for shown in (render(hostile, hostile), render_inline(hostile), render_plain(hostile, hostile)):
        found = _Elements(shown)
        assert not found.names & {"script", "img", "b", "iframe"}
        assert not [name for name in found.attributes if name.startswith("on") or name == "style"]
        assert all(value.startswith("http") for value in found.attributes.get("href", ()))
        assert "src" not in found.attributes


@pytest.mark.parametrize("hostile", ["[" * 5000, "> " * 3000, "*" * 5000, "$" * 5001, "`" * 4000])
def test_a_note_full_of_openers_is_drawn(hostile: str) -> None:
    assert render(hostile) is not None


@pytest.mark.parametrize(
    ("latex", "drawn"),
    [
        (r"\frac{QK^\top}{\sqrt{d_k}}", "<mfrac>"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "<mtr>"),
        (r"\arg\max_\theta", ">arg<"),
        (r"\Big\lfloor x \Big\rfloor", "⌊"),
        ("{", '<code class="formula">{</code>'),
        (r"\nosuchcommand x", '<code class="formula">\\nosuchcommand x</code>'),
    ],
)
def test_formulas(latex: str, drawn: str) -> None:
    assert drawn in formula(latex)


def test_every_formula_of_the_course_is_drawn() -> None:
    notes = sorted((REPOSITORY / "course").glob("0[1-3]_*/*.md"))
    assert len(notes) > 15
    for note in notes:
        shown = render(note.read_text("utf-8"))
        assert 'class="formula"' not in shown, note.name


def test_a_quote_is_marked_across_emphasis_and_formulas() -> None:
    quote = (
        "**缩放点积注意力**（scaled dot-product attention）是用查询与键的内积给值加权求和的运算。"
    )
    found = marks(render(NOTE_ZH, quote, ["注意力机制", "核心概念"]))
    assert "".join(found) == quote.replace("**", "")
    whole = marks(render(NOTE_ZH, "它除以 $\\sqrt{d_k}$，是为了让内积的方差保持为 1。"))
    assert whole[0].startswith("它除以")
    assert whole[-1].endswith("保持为 1。")


def test_the_quote_of_the_section_is_marked_not_an_earlier_one() -> None:
    note = "# A\n\n同一句话。\n\n# B\n\n同一句话。\n"
    assert re.search(r"<h3>B</h3><p><mark>同一句话。</mark>", render(note, "同一句话。", ["B"]))
    assert re.search(r"<h3>A</h3><p><mark>同一句话。</mark>", render(note, "同一句话。", ["A"]))


def test_without_a_quote_the_heading_is_marked() -> None:
    assert marks(render(NOTE_EN, "", ["KV cache", "Grouped-query attention"])) == [
        "Grouped-query attention"
    ]


def test_code_is_marked_by_whole_lines_and_a_stranger_nowhere() -> None:
    shown = render("```python\na = 1\nb = 2\nc = 3\n```", "```python\nb = 2\n```")
    assert marks(shown) == ["b = 2"]
    assert marks(render(NOTE_EN, "something else altogether")) == []


def test_blocks_are_told_from_sentences() -> None:
    assert is_block("```\nx\n```")
    assert is_block("| a |\n|-|\n| b |")
    assert not is_block("它除以 $d$。")


def _keys(file: Path) -> Iterator[str]:
    text = file.read_text("utf-8")
    if file.suffix == ".html":
        yield from re.findall(r"""\bt\(\s*["']([a-z_]+)["']\s*[,)]""", text)
    else:
        yield from re.findall(r"""\bwords\(\s*["']([a-z_]+)["']""", text)


def test_every_word_is_said_in_both_languages_and_stands_in_one_place() -> None:
    table = yaml.safe_load((WEB / "words.yaml").read_text("utf-8"))
    for key, pair in table.items():
        assert len(pair) == 2, key
        assert all(pair), key
        places = [set(re.findall(r"\{(\w+)\}", words)) for words in pair]
        assert places[0] == places[1], key
    files = [*WEB.glob("*.py"), *WEB.glob("templates/*.html"), *WEB.glob("static/*.js")]
    used = {key for file in files for key in _keys(file)}
    assert used - set(table) == set()
    for file in files:
        if file.suffix != ".py":
            assert not re.search(r"[\u4e00-\u9fff]", file.read_text("utf-8")), file.name


@pytest.mark.parametrize(
    ("accepted", "cookie", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "", "en"),
        ("fr-FR,zh-TW;q=0.4,en;q=0.2", "", "zh"),
        ("fr", "", "en"),
        ("", "", "en"),
        ("de;q=x,*", "coursegraph_language=zh", "zh"),
        ("zh", "coursegraph_language=nonsense", "zh"),
    ],
)
def test_the_language_follows_the_browser_until_one_is_chosen(
    accepted: str, cookie: str, language: str
) -> None:
    headers = [(b"accept-language", accepted.encode()), (b"cookie", cookie.encode())]
    assert visitor_of(Request({"type": "http", "headers": headers})).language == language
