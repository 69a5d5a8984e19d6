import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.model import Block, BlockKind, DocumentKind
from ingest.readers.markdown.markup import links, plain, visible
from ingest.readers.markdown.reader import parse_blocks, read_markdown, read_plain_text
from ingest.settings import ReadSettings

NOTE = r"""---
title: 注意力笔记
lesson: 9
date: 2025-01-02
---
# 第 9 课 **注意力**

第一段有 **粗体**、`code` 与 $a_i$，还有 [链接](x.md)。
第二行 ![图](fig.png)

Setext heading
--------------

$$
\mathrm{softmax}(x)
$$

- 第一项
  接着写

  第二段
  ```python
  # not a heading
  x = 1
  ```
  - 内层
    1. 一步
- [ ] 待办

> 引用 **一行**
> 又一行

| a | b |
|---|---|
| `x` | [y](y.md) |

~~~text
# neither
~~~
"""


def write(folder: Path, text: str, name: str = "note.md") -> Path:
    file = folder / name
    file.write_bytes(text.encode())
    return file


def shapes(text: str) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, block.text) for block in parse_blocks(text)]


def test_a_whole_note(tmp_path: Path) -> None:
    document = read_markdown(write(tmp_path, NOTE), ReadSettings())
    assert document.title == "注意力笔记"
    assert document.format == "markdown"
    assert document.kind is DocumentKind.MATERIAL
    assert document.page_count is None
    assert document.metadata == {"title": "注意力笔记", "lesson": 9, "date": "2025-01-02"}
    assert json.dumps(dict(document.metadata))
    assert [(block.kind.value, block.level, block.text) for block in document.blocks] == [
        ("heading", 1, "第 9 课 注意力"),
        (
            "paragraph",
            0,
            "第一段有 **粗体**、`code` 与 $a_i$，还有 [链接](x.md)。\n第二行 ![图](fig.png)",
        ),
        ("heading", 2, "Setext heading"),
        ("formula", 0, "$$\n\\mathrm{softmax}(x)\n$$"),
        ("list_item", 0, "第一项\n接着写"),
        ("paragraph", 0, "第二段"),
        ("code", 0, "```python\n# not a heading\nx = 1\n```"),
        ("list_item", 1, "内层"),
        ("list_item", 2, "1. 一步"),
        ("list_item", 0, "[ ] 待办"),
        ("quote", 0, "引用 **一行**\n又一行"),
        ("table", 0, "| a | b |\n|---|---|\n| `x` | [y](y.md) |"),
        ("code", 0, "~~~text\n# neither\n~~~"),
    ]
    assert all(not block.spans for block in document.blocks)


def test_every_line_of_a_block_is_verbatim() -> None:
    for block in parse_blocks(NOTE.split("---\n", 2)[2]):
        if block.kind is not BlockKind.HEADING:
            assert all(line in NOTE for line in block.text.split("\n"))


def test_top_level_blocks_are_verbatim_spans() -> None:
    text = "a **b**\nc `d`\n\n```\n  x\n\ty\n```\n\n|a|b|\n|-|-|\n|1|2|\n\n$$\nx\n\ny\n$$\n"
    assert all(block.text in text for block in parse_blocks(text))
    assert [block.kind.value for block in parse_blocks(text)] == [
        "paragraph",
        "code",
        "table",
        "formula",
    ]


@pytest.mark.parametrize("text", [NOTE.replace("\n", "\r\n"), NOTE.rstrip("\n")])
def test_line_ends_do_not_matter(tmp_path: Path, text: str) -> None:
    settings = ReadSettings()
    other = read_markdown(write(tmp_path, text, "other.md"), settings)
    assert other.blocks == read_markdown(write(tmp_path, NOTE), settings).blocks


def test_title_from_heading_or_name(tmp_path: Path) -> None:
    settings = ReadSettings()
    assert read_markdown(write(tmp_path, "text\n\n# 标题 `x`\n"), settings).title == "标题 x"
    assert read_markdown(write(tmp_path, "## Only second\n", "03_名.md"), settings).title == "03_名"
    assert read_markdown(write(tmp_path, "", "empty.md"), settings).blocks == ()


@pytest.mark.parametrize(
    ("top", "line", "title"),
    [
        ("title: Attention: all you need\nlesson: 3", 2, "Attention: all you need"),
        ("lesson: 3\ntags: [a, b\nx: 1", 4, "Body"),
        ("a: &x [1]\nb: *x", 3, "Body"),
        ("a: " + "[" * 3000, 2, "Body"),
        ("day: !!timestamp nonsense", 2, "Body"),
    ],
)
def test_broken_front_matter_is_a_notice(tmp_path: Path, top: str, line: int, title: str) -> None:
    file = write(tmp_path, f"---\n{top}\n---\n# Body\n\ntext\n")
    document = read_markdown(file, ReadSettings())
    assert [notice.code for notice in document.notices] == ["front_matter"]
    assert f"line {line}" in document.notices[0].message
    assert document.title == title
    assert [block.text for block in document.blocks] == ["Body", "text"]


def test_front_matter_that_is_a_list_is_told_and_kept(tmp_path: Path) -> None:
    document = read_markdown(write(tmp_path, "---\n- one\n- two\n---\n\ntext\n"), ReadSettings())
    assert [notice.code for notice in document.notices] == ["front_matter"]
    assert [block.text for block in document.blocks] == ["one", "two", "text"]


def test_rules_are_no_front_matter(tmp_path: Path) -> None:
    document = read_markdown(write(tmp_path, "---\n\nnote: text\n\n---\n\nmore\n"), ReadSettings())
    assert document.notices == ()
    assert [block.text for block in document.blocks] == ["note: text", "more"]


def test_damage_is_a_notice(tmp_path: Path) -> None:
    file = tmp_path / "note.md"
    file.write_bytes("# 标题\n\n正文里有一个坏字节".encode() + b"\xff" + "，后面照常。\n".encode())
    document = read_markdown(file, ReadSettings())
    assert [notice.code for notice in document.notices] == ["damaged_text"]
    assert document.title == "标题"


def test_gbk_note(tmp_path: Path) -> None:
    file = tmp_path / "note.md"
    file.write_bytes("# 标题\r\n\r\n- 列表".encode("gbk"))
    assert [block.text for block in read_markdown(file, ReadSettings()).blocks] == ["标题", "列表"]


def test_formulas() -> None:
    assert shapes("\\[ x \\]\n\n$$a$$ text\n\n$$ b $$ (1)\n") == [
        ("formula", 0, "\\[ x \\]"),
        ("paragraph", 0, "$$a$$ text"),
        ("formula", 0, "$$ b $$ (1)"),
    ]
    assert [
        kind for kind, _, _ in shapes("before\n$$\nx\n$$\nafter\n- y\n\n  $$\n  z\n  $$\n")
    ] == [
        "paragraph",
        "formula",
        "paragraph",
        "list_item",
        "formula",
    ]
    environment = "\\begin{align*}\na &= b\n\\end{align*}"
    assert shapes(environment) == [("formula", 0, environment)]


def test_an_unclosed_formula_swallows_nothing() -> None:
    kinds = [kind for kind, _, _ in shapes("$$\nx\n\ntext\n\n## Next\n\n$$\ny\n$$\n")]
    assert kinds == ["paragraph", "paragraph", "heading", "formula"]


def test_headings_within_code_lists_and_quotes_open_no_section() -> None:
    text = "```\n# a\n```\n\n    # b\n\n- # c\n\n> # d\n"
    assert [kind for kind, _, _ in shapes(text)] == ["code", "code", "list_item", "quote"]


def test_a_paragraph_above_a_rule_is_no_heading() -> None:
    assert shapes("one line\nanother line\n---\n")[0][0] == "paragraph"
    assert shapes("short\n---\n") == [("heading", 2, "short")]


def test_heading_keeps_its_formula() -> None:
    assert shapes("## 为什么除以 $\\sqrt{d_k}$？ ##\n") == [
        ("heading", 2, "为什么除以 $\\sqrt{d_k}$？")
    ]


def test_html() -> None:
    text = (
        "<!-- hidden -->\n\n<!-- also\n\nhidden --> shown\n\n"
        '<div align="center"><b>Hi</b> there<br>line &amp; more</div>\n\n'
        "<h2 id=x>Section</h2>\n\n<script>\nvar x = 1;\n</script>\n\n<pre>\nx = 1\n</pre>\n"
    )
    assert shapes(text) == [
        ("paragraph", 0, "shown"),
        ("paragraph", 0, "Hi there\nline & more"),
        ("heading", 2, "Section"),
        ("code", 0, "x = 1"),
    ]


def test_tags_of_language_models_are_text() -> None:
    text = "<think>\nreason\n</think>\n\n<s> starts\n"
    assert [block for _, _, block in shapes(text)] == ["<think>\nreason\n</think>", "<s> starts"]


def test_link_definitions_and_footnotes_stay() -> None:
    text = "[1]: https://arxiv.org/abs/1706.03762\n\n[^2]: A note.\n"
    assert [block for _, _, block in shapes(text)] == [part for part in text.split("\n") if part]


def test_blocks_within_quotes_lose_their_marks() -> None:
    text = "> ```\n> x = 1\n> ```\n>\n> | a | b |\n> |---|---|\n> | 1 | 2 |\n"
    assert shapes(text) == [
        ("code", 0, "```\nx = 1\n```"),
        ("table", 0, "| a | b |\n|---|---|\n| 1 | 2 |"),
    ]


def test_plain_text(tmp_path: Path) -> None:
    file = write(tmp_path, "\n# not a heading\nsame\n\n \n　　第二段\n\n\n", "讲义.txt")
    document = read_plain_text(file, ReadSettings())
    assert (document.title, document.format) == ("讲义", "text")
    assert document.blocks == (
        Block(BlockKind.PARAGRAPH, "# not a heading\nsame"),
        Block(BlockKind.PARAGRAPH, "　　第二段"),
    )


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("**粗**体 *斜* `a_b` __x__ snake_case ~~del~~ ==hi==", "粗体 斜 a_b x snake_case del hi"),
        ("[a **b**](x(1).pdf) ![alt](i.png) [![img](u)](v)", "a b alt img"),
        ("[文件](my file.pdf) [[wiki|词]] <https://a.b>", "文件 词 https://a.b"),
        ("```py\n**x** = __a__\n```\nafter **b**", "**x** = __a__\nafter b"),
        ("$a_i * b_j$ 与 $$x^2$$ 与 \\(y_1\\)", "a_i * b_j 与 x^2 与 y_1"),
        ("costs $5 and $10, \\*no\\*", "costs $5 and $10, *no*"),
        ("> - [x] **done**", "done"),
        ("<s>x</s> <b>y</b> &lt; 2 <!-- c -->", "<s>x</s> y < 2"),
        ("2 * 3 * 4 [1] [2][^n]", "2 * 3 * 4 [1] [2]"),
        ("no markup at all", "no markup at all"),
        ("", ""),
    ],
)
def test_plain(marked: str, expected: str) -> None:
    assert plain(marked) == expected


def test_plain_table() -> None:
    table = plain("| a | b |\n|:--|--:|\n| `x` | [l](u) |")
    assert table.split() == ["a", "b", "x", "l"]


HOSTILE = {
    "brackets": "[" * 5_000_000,
    "stars": "*" * 5_000_000,
    "star lines": "****\n" * 60_000,
    "emphasis": "*a **b _c " * 100_000,
    "quote marks": "> " * 1_000_000,
    "quote lines": (">" * 1000 + " a\n") * 1000,
    "deep list": "".join("  " * depth + "- x\n" for depth in range(1000)),
    "deep quoted list": "".join("> " * depth + "- x\n" for depth in range(1000)),
    "inline list": "- " * 1_000_000 + "x",
    "table": "| a | b |\n|---|---|\n" + "| [x](y.md) | y |\n" * 10_000,
    "wide table": "|a" * 50_000 + "|\n" + "|-" * 50_000 + "|\n",
    "open formulas": "\\[\n" * 60_000,
    "dollars": "$a " * 300_000,
    "open comments": "<!--" * 250_000,
    "open tags": ("<a " + "a " * 1500 + "\n") * 300,
    "open scripts": "<script>" * 100_000,
    "ticks": " ".join("`" * count for count in range(1, 1400)),
    "open links": "[a](" * 250_000,
    "open images": "![" * 500_000,
    "wiki links": "[[a|" * 250_000,
    "fences": "~~~\n" * 60_000,
    "definitions": "[a]: b\n" * 60_000,
    "brackets in maths": "\\(" * 500_000,
    "blank lines": "\n" * 1_000_000,
    "tabs": "\t" * 1_000_000 + "x",
    "one long line": "字" * 5_000_000,
}


@pytest.mark.parametrize("read", [parse_blocks, plain, links, visible])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_takes_seconds(name: str, read: Callable[[str], object]) -> None:
    start = time.monotonic()
    read(HOSTILE[name])
    # About 2 s at most on an idle machine; what is quadratic takes minutes.
    assert time.monotonic() - start < 40


def test_nothing_is_lost_in_deep_nesting() -> None:
    depth = 1000
    blocks = parse_blocks("".join("  " * level + f"- item{level}\n" for level in range(depth)))
    assert [block.text for block in blocks] == [f"item{level}" for level in range(depth)]
    assert parse_blocks("> " * depth + "deep")[0].text == "deep"


def test_very_long_lines_come_back_whole() -> None:
    line = "，".join(f"第{number}句 **粗体**" for number in range(20_000))
    text = f"# 标题\n\n{line}\n\n- {line}\n\n```\n{line}\n```\n\n" + " " * 9000 + "\n\nend"
    blocks = parse_blocks(text)
    assert [block.text for block in blocks] == ["标题", line, line, f"```\n{line}\n```", "end"]


def test_long_table_is_one_block() -> None:
    text = "| a | b |\n|---|---|\n" + "| x | y |\n" * 10_000
    assert [(block.kind, block.text) for block in parse_blocks(text)] == [
        (BlockKind.TABLE, text.rstrip("\n"))
    ]
