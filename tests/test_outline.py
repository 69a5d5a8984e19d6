import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from ingest.model import CatalogueEntry, DocumentKind
from ingest.readers.markdown.outline import is_catalogue, is_stage, match_targets, read_catalogue
from ingest.readers.markdown.reader import parse_blocks, read_markdown
from ingest.settings import ReadSettings

SHARED = Path(__file__).parents[2] / "shared"
needs_library = pytest.mark.skipif(
    not (SHARED / "library").is_dir(), reason="needs the PDF library in ../shared"
)

COURSE = """# 📚 机器人学

> 🎯 **目标**：从零开始

## 📋 概览

| 阶段 | 主题 | 课时 | 难度 |
|:---:|:---|:---:|:---:|
| 🔴 | [第一阶段：运动学](./01_运动学/README.md) | 2节 | ⭐⭐ |
| 🟠 | [第二阶段：控制](./02_控制/README.md) | 2节 | ⭐⭐⭐ |

## 📖 详细目录

### 🔴 第一阶段：运动学 (2节)
> *坐标与旋转*

- [第01课：坐标系](./01_运动学/01_坐标系.md)
- [第02课：旋转](./01_运动学/02_旋转.md)

### 🟠 第二阶段：控制 (2节)
> 🔖 **难度：⭐⭐⭐⭐ | 推荐优先级：必学**

#### 2.1 线性

- [第03课：PID](./02_控制/03_PID.md)：比例、积分、微分
- [第04课：LQR](./02_控制/04%20LQR(1).md)

## 📝 说明

- 每课一个文件
- [许可](LICENSE)
- [网站](https://example.org/a.pdf)
- [回到顶部](#-机器人学)
"""


def entries_of(text: str) -> tuple[CatalogueEntry, ...]:
    return read_catalogue(parse_blocks(text))


def short(text: str) -> list[tuple[str, str, tuple[str, ...], int | None, str]]:
    return [
        (entry.title, entry.target, entry.group, entry.number, entry.description)
        for entry in entries_of(text)
    ]


def test_a_course_outline() -> None:
    assert is_catalogue(parse_blocks(COURSE))
    first, second = "第一阶段：运动学 (2节)", "第二阶段：控制 (2节)"
    assert entries_of(COURSE) == (
        CatalogueEntry(
            "第一阶段：运动学", "./01_运动学/README.md", ("概览",), None, "2节", difficulty=2
        ),
        CatalogueEntry(
            "第二阶段：控制", "./02_控制/README.md", ("概览",), None, "2节", difficulty=3
        ),
        CatalogueEntry("第01课：坐标系", "./01_运动学/01_坐标系.md", (first,), 1),
        CatalogueEntry("第02课：旋转", "./01_运动学/02_旋转.md", (first,), 2),
        CatalogueEntry(
            "第03课：PID",
            "./02_控制/03_PID.md",
            (second, "2.1 线性"),
            3,
            "比例、积分、微分",
            4,
            "必学",
        ),
        CatalogueEntry(
            "第04课：LQR", "./02_控制/04 LQR(1).md", (second, "2.1 线性"), 4, "", 4, "必学"
        ),
    )
    assert [is_stage(entry) for entry in entries_of(COURSE)] == [True] * 2 + [False] * 4


def test_english_numbered_list() -> None:
    text = (
        "# Intro\nWelcome.\n\n1. [Lecture 1](lec1.pdf): Linear models\n"
        "2. [Lecture 2](lec2.pdf) - Trees and *forests*\n3. [Lecture 3](lec%203.pdf)\n"
    )
    assert is_catalogue(parse_blocks(text))
    assert short(text) == [
        ("Lecture 1", "lec1.pdf", (), 1, "Linear models"),
        ("Lecture 2", "lec2.pdf", (), 2, "Trees and forests"),
        ("Lecture 3", "lec 3.pdf", (), 3, ""),
    ]


def test_numbers_from_the_list_unless_it_restarts() -> None:
    assert [entry[3] for entry in short("1. [A](a.md)\n2. [B](b.md)\n")] == [1, 2]
    text = "## X\n1. [A](a.md)\n\n## Y\n1. [B](b.md)\n"
    assert [entry[3] for entry in short(text)] == [None, None]


def test_table_with_links_in_several_columns() -> None:
    text = (
        "## Schedule\n\n| Week | Date | Topic | Slides | Notes | Reading |\n|-|-|-|-|-|-|\n"
        "| 1 | Jan 3 | Introduction | [slides](s/l1.pdf) | [notes](n/l1.md) | [P](http://x) |\n"
        "| 2 | Jan 10 | Search (part 1) | [slides](s/l2.pdf) | | |\n"
        "| 3 | Jan 17 | No class | | | |\n"
        "| 4 | Jan 24 | CSPs | [pdf](s/l4.pdf) | | |\n"
    )
    assert is_catalogue(parse_blocks(text))
    assert [entry[:4] for entry in short(text)] == [
        ("Introduction", "s/l1.pdf", ("Schedule",), 1),
        ("Introduction", "n/l1.md", ("Schedule",), 1),
        ("Search (part 1)", "s/l2.pdf", ("Schedule",), 2),
        ("CSPs", "s/l4.pdf", ("Schedule",), 4),
    ]


def test_columns_in_any_order() -> None:
    text = (
        "| Description | Priority | Document | Difficulty |\n|:--|--|--|:-:|\n"
        "| about \\| a | must | [A](a.pdf) | ★★ |\n| about b | may | [B](b.pdf) | 4 |\n"
        "| about c | may | [C](c.pdf) | |\n"
    )
    assert [
        (entry.title, entry.description, entry.difficulty, entry.priority)
        for entry in entries_of(text)
    ] == [("A", "about | a", 2, "must"), ("B", "about b", 4, "may"), ("C", "about c", None, "may")]


def test_nested_lists_are_groups() -> None:
    text = (
        "# Book\n\n- [Preface](preface.md)\n- [One](one/README.md)\n  - [A](one/a.md)\n"
        "- Two\n  - [B](two/b.md)\n- 第十二讲 极限\n  - [课件](12.pdf)、[讲义](12.md)\n"
    )
    assert short(text) == [
        ("Preface", "preface.md", (), None, ""),
        ("One", "one/README.md", (), None, ""),
        ("A", "one/a.md", ("One",), None, ""),
        ("B", "two/b.md", ("Two",), None, ""),
        ("第十二讲 极限", "12.pdf", ("第十二讲 极限",), 12, ""),
        ("第十二讲 极限", "12.md", ("第十二讲 极限",), 12, ""),
    ]


def test_words_before_a_link() -> None:
    text = (
        "## Bootcamp\n- Day 1 — [Setup](d1.md) — install things\n"
        "- **第二十三讲**：[导数](b/3.pdf)：定义\n- [ ] Lecture 3: Trees ([slides](t.pdf))\n"
    )
    group = ("Bootcamp",)
    assert short(text) == [
        ("Setup", "d1.md", group, 1, "install things"),
        ("导数", "b/3.pdf", group, 23, "定义"),
        ("Lecture 3: Trees", "t.pdf", group, 3, ""),
    ]


def test_link_forms() -> None:
    text = (
        '- [x](a (1).pdf)\n- [y](b[1].pdf "title")\n- [C#](C#.pdf)\n- [q](d.md#part-2)\n'
        "- [z](<../up/e f.pdf>)\n- [[02 next|Next one]]\n- [r][ref]\n- ![i](i.pdf)\n"
        '- [code](run.py)\n- [img](a.png)\n- <a href="g%20h.md">G</a>\n\n[ref]: <r s.md>\n'
    )
    assert [(entry.title, entry.target) for entry in entries_of(text)] == [
        ("x", "a (1).pdf"),
        ("y", "b[1].pdf"),
        ("C#", "C#.pdf"),
        ("q", "d.md"),
        ("z", "../up/e f.pdf"),
        ("Next one", "02 next"),
        ("r", "r s.md"),
        ("G", "g h.md"),
    ]


def test_navigation_is_no_entry_but_topics_that_sound_like_it_are() -> None:
    text = (
        "- [Next](a.md)\n- [上一课：旋转](b.md)\n- [← Back to top](c.md)\n- [Next: D](d.md)\n"
        "- [Next-token prediction](e.md)\n- [下一代架构](f.md)\n- [Backpropagation](g.md)\n"
        "- [Top-k sampling](h.md)\n"
    )
    assert [entry.target for entry in entries_of(text)] == ["e.md", "f.md", "g.md", "h.md"]


def test_a_line_a_link() -> None:
    text = "# Course\n[Lecture 1](1.pdf) intro\n[Lecture 2](2.pdf) more\n[Lecture 3](3.pdf)\n"
    assert is_catalogue(parse_blocks(text))
    assert [entry[3:] for entry in short(text)] == [(1, "intro"), (2, "more"), (3, "")]


PROSE = "键值缓存把每一层算过的键和值留下来，新的词元只需要算自己的那一份。" * 3
LINKS = "".join(f"- [笔记{number}](n{number}.md)\n" for number in range(6))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# 笔记\n\n只有文字。\n",
        f"# 笔记\n\n{PROSE}\n\n- 参见 [第3课](03.md)\n- 另见 [论文](p.pdf)\n- 其他\n",
        # A lesson with a long list of further reading is a lesson.
        f"# 笔记\n\n{PROSE}\n\n## 相关笔记\n\n{LINKS}",
        f"# 笔记\n\n{(PROSE + chr(10) * 2) * 20}\n\n## 目录\n\n{LINKS}",
        # A bibliography leads nowhere on this disk.
        "# Papers\n\n" + "".join(f"- [P{n}](https://arxiv.org/abs/{n})\n" for n in range(20)),
        # A table of contents neither.
        "# Notes\n\n" + "".join(f"- [Part {n}](#part-{n})\n" for n in range(20)),
        "[上一课](01.md)\n[下一课](03.md)\n[返回](README.md)\n",
        "- point\n" * 20 + LINKS,
    ],
)
def test_notes_are_no_catalogues(text: str) -> None:
    assert not is_catalogue(parse_blocks(text))


@pytest.mark.parametrize("text", [LINKS, f"# 课程\n\n{PROSE}\n\n{LINKS}", "- point\n" * 10 + LINKS])
def test_lists_of_links_are_catalogues(text: str) -> None:
    assert is_catalogue(parse_blocks(text))


def test_reader_sets_kind_and_entries(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(COURSE, encoding="utf-8")
    document = read_markdown(file, ReadSettings())
    assert document.kind is DocumentKind.CATALOGUE
    assert document.entries == entries_of(COURSE)
    assert document.blocks == parse_blocks(COURSE)


def match(targets: list[str], paths: list[str], base: str = "") -> list[str | None]:
    entries = [CatalogueEntry(title="", target=target) for target in targets]
    found = match_targets(entries, paths, base)
    assert list(found) == list(range(len(targets)))
    return list(found.values())


def test_targets_are_relative_to_the_catalogue() -> None:
    paths = ["course/a/1.md", "course/README.md", "other/2.md"]
    assert match(["./a/1.md", "README.md", "../other/2.md", "/other/2.md"], paths, "course") == [
        "course/a/1.md",
        "course/README.md",
        "other/2.md",
        "other/2.md",
    ]
    assert match(["a/1.md", "../../../course/a/1.md"], paths) == [None, None]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("Flash attention-原理.pdf", "FlashAttention-原理.pdf"),
        ("学习率（learning rate）.pdf", "学习率(Learning Rate).pdf"),
        ("为什么？.pdf", "为什么?.pdf"),
        ("插值(1).pdf", "插值.pdf"),
        ("分割.pdf", "分割 (1)(1).pdf"),
        ("RAG——进阶.pdf", "RAG-进阶.pdf"),
        ("如何回答“为什么”.pdf", '如何回答"为什么".pdf'),
        ("01_intro", "01_intro.md"),
        ("01_intro.md", "01_intro"),
        ("A/B.MD", "a/b.md"),
        (unicodedata.normalize("NFD", "Café é.md"), unicodedata.normalize("NFC", "Café é.md")),
    ],
)
def test_names_that_only_look_different(target: str, path: str) -> None:
    assert match([target], [path, "zz.pdf"]) == [path]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("1.pdf", "2.pdf"),
        ("LoRA1.pdf", "LoRA.pdf"),
        ("提示压缩1.pdf", "提示压缩2.pdf"),
        ("Agent(1).pdf", "Agent(2).pdf"),
        ("Agent.pdf", "Agent(2).pdf"),
        ("a.md", "a.pdf"),
        ("x/a.md", "y/a.md"),
        ("lora.pdf", "qlora.pdf"),
    ],
)
def test_names_that_are_different(target: str, path: str) -> None:
    assert match([target], [path]) == [None]


def test_two_entries_share_a_file_only_by_its_exact_name() -> None:
    assert match(["a.pdf", "./a.pdf"], ["a.pdf"]) == ["a.pdf", "a.pdf"]
    assert match(["a.pdf", "A.pdf"], ["a.pdf"]) == ["a.pdf", None]
    assert match(["A b.pdf", "ab.pdf"], ["AB.pdf"]) == [None, None]
    assert match(["a(1).pdf", "a.pdf"], ["a.pdf"]) == [None, "a.pdf"]
    # Two files for one entry: rather none than the wrong one.
    assert match(["a"], ["a.md", "a.pdf"]) == [None]


def test_many_rows() -> None:
    rows = "".join(f"| [D{number}](d{number}.pdf) | about {number} |\n" for number in range(10_000))
    entries = entries_of("| Document | Description |\n|-|-|\n" + rows)
    assert len(entries) == 10_000
    paths = [f"D {number}.pdf" for number in range(0, 10_000, 2)]
    assert sum(path is not None for path in match_targets(entries, paths, "").values()) == 5_000


@pytest.mark.library
@needs_library
def test_the_course_outline_is_read_completely() -> None:
    document = read_markdown(SHARED / "seeds" / "course_outline.md", ReadSettings())
    assert document.kind is DocumentKind.CATALOGUE
    stages = [entry for entry in document.entries if is_stage(entry)]
    lessons = [entry for entry in document.entries if not is_stage(entry)]
    assert len(stages) == 6
    assert [entry.difficulty for entry in stages] == [2, 3, 3, 4, 4, 5]
    assert [entry.number for entry in lessons] == list(range(1, 41))
    assert list(Counter(entry.group for entry in lessons).values()) == [6, 8, 6, 7, 7, 6]
    assert all(len(entry.group) == 1 for entry in document.entries)


@pytest.mark.library
@needs_library
def test_the_library_outline_is_read_completely() -> None:
    file = SHARED / "seeds" / "library_outline.md"
    document = read_markdown(file, ReadSettings())
    assert document.kind is DocumentKind.CATALOGUE
    rows = re.findall(r"^\| \[.*\]\(.*\.pdf\) \|.+\|$", file.read_text("utf-8"), re.MULTILINE)
    assert len(document.entries) == len(rows) == 99
    topics = Counter(entry.group[0] for entry in document.entries)
    assert list(topics.values()) == [9, 8, 14, 8, 13, 3, 4, 11, 4, 4, 11, 3, 7]
    assert len({entry.group for entry in document.entries}) == 25
    assert all(
        entry.difficulty and entry.priority and entry.description for entry in document.entries
    )
    assert all(entry.number is None for entry in document.entries)


@pytest.mark.library
@needs_library
def test_every_pdf_of_the_library_has_its_entry() -> None:
    document = read_markdown(SHARED / "library" / "README.md", ReadSettings())
    paths = [f"library/{file.name}" for file in (SHARED / "library").glob("*.pdf")]
    found = match_targets(document.entries, paths, "library")
    matched = [path for path in found.values() if path is not None]
    assert sorted(matched) == sorted(paths)
    assert len(paths) == 62
    assert sum(path is None for path in found.values()) == len(document.entries) - 62
