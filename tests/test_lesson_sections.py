"""A lesson's template sections: kinds by heading, and the definitions, questions, … in them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import REPOSITORY, make_pdf
from ingest.corpus import Corpus
from ingest.lessons import lesson_items
from ingest.model import (
    Block,
    BlockKind,
    Definition,
    Document,
    Formula,
    LessonItem,
    Link,
    Question,
    Reference,
    Section,
    SectionKind,
)
from ingest.pipeline import Ingestion
from ingest.readers.markdown.reader import parse_blocks, read_markdown
from ingest.section_names import section_kind
from ingest.sections import split_sections
from ingest.settings import OcrMode, ReadSettings

LESSONS = sorted((REPOSITORY / "course").glob("0*/[0-9]*.md"))
KINDS = [kind for kind in SectionKind if kind is not SectionKind.OTHER]


def items(text: str) -> tuple[LessonItem, ...]:
    return lesson_items(split_sections("note", parse_blocks(text)))


def definitions(text: str) -> dict[str, str]:
    note = f"## 核心概念\n\n{text}"
    return {found.term: found.text for found in items(note) if isinstance(found, Definition)}


def questions(text: str) -> list[tuple[str, str]]:
    note = f"## 关键问题\n\n{text}"
    return [(found.text, found.answer) for found in items(note) if isinstance(found, Question)]


def references(text: str) -> list[Reference]:
    return [found for found in items(f"## 参考资料\n\n{text}") if isinstance(found, Reference)]


@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        (
            SectionKind.CONCEPTS,
            "核心概念 | 一、核心概念 | 1.1 核心概念： | 🧠 核心概念 | **核心概念**"
            " | 核心概念（Core Concepts） | 核心概念 Core Concepts | Key concepts | CORE CONCEPTS"
            " | Definitions",
        ),
        (
            SectionKind.FORMULAS,
            "2️⃣ 数学公式 | 3、数学公式 | Mathematics | 数学公式与推导 | Formulas:",
        ),
        (SectionKind.CODE, "① 代码示例 | 代码示例：手写注意力 | Code example | Code"),
        (SectionKind.FIGURES, "（三）图解说明 | 图解 | Figures & Diagrams | Illustrated"),
        (
            SectionKind.QUESTIONS,
            "❓ 关键问题 | 5. FAQ | Q&A | 关键问题（常见面试题和思考题） | Key Questions 关键问题",
        ),
        (
            SectionKind.REFERENCES,
            "第六部分：参考资料 | VI. References | 参考文献 | Further Reading"
            " | Part II: References",
        ),
        (
            SectionKind.OTHER,
            "参考资料库设计 | 概念漂移 | Concept drift | 代码生成模型 | 注意力（核心概念） | codex"
            " | 核心概念与数学公式 | 问题定义 | 问题：怎样压缩？ | 。。 | 一、 | Code of conduct",
        ),
    ],
)
def test_a_heading_tells_its_kind(kind: SectionKind, headings: str) -> None:
    names = headings.split(" | ")
    assert {name: section_kind(name) for name in names} == dict.fromkeys(names, kind)


def test_a_subsection_is_of_its_template_sections_kind() -> None:
    note = "# 课\n## 核心概念\n### 注意力\n#### 细节\nx\n## 实验\n### 参考资料\ny\n## 关键问题\n"
    found = [s.section.kind.value for s in split_sections("note", parse_blocks(note))]
    assert found == [
        "other",
        "concepts",
        "concepts",
        "concepts",
        "other",
        "references",
        "questions",
    ]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem[:2])
def test_a_bundled_lesson_gives_what_its_author_wrote(lesson: Path) -> None:
    document = read_markdown(lesson, ReadSettings())
    sections = split_sections("lesson", document.blocks)
    found = lesson_items(sections)
    tops = [s.section.kind for s in sections if s.section.level == 2]
    assert tops == KINDS
    source = lesson.read_text("utf-8")
    assert all(item.text in source for item in found if not isinstance(item, Question))
    assert all(part in source for part in _answers(found))

    terms = {item.term.casefold() for item in found if isinstance(item, Definition)}
    concepts = document.metadata["concepts"]
    assert isinstance(concepts, list)
    named = [[one["zh"], one["en"], *one["aliases"]] for one in concepts]
    defined = sum(any(name.casefold() in terms for name in names) for names in named)
    assert defined >= 0.94 * len(named)

    asked = [item for item in found if isinstance(item, Question)]
    assert len(asked) == len(re.findall(r"^### Q\d+：", source, re.MULTILINE))
    assert all(len(item.answer) > 100 for item in asked)
    listed = [item for item in found if isinstance(item, Reference)]
    entries = source.partition("## 参考资料")[2].count("\n- ")
    assert len(listed) == entries > 10
    assert all(item.title for item in listed)
    assert sum(bool(item.arxiv_id) for item in listed) == source.count("arXiv:")
    assert [item for item in found if isinstance(item, Formula)]


def _answers(found: tuple[LessonItem, ...]) -> list[str]:
    answers = [item.answer for item in found if isinstance(item, Question)]
    return [part for answer in answers for part in answer.split("\n\n")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- **向量**：有大小和方向的量。它很常见。", {"向量": "**向量**：有大小和方向的量。"}),
        (
            "- **KV cache:** keys and values kept.",
            {"KV cache": "**KV cache:** keys and values kept."},
        ),
        ("1. **秩** — 线性无关的列数", {"秩": "1. **秩** — 线性无关的列数"}),
        ("- 秩（rank）：线性无关的列数", {"秩": "秩（rank）：线性无关的列数"}),
        ("- `softmax`：归一化", {"softmax": "`softmax`：归一化"}),
        ("**RoPE**\n用旋转编码位置。更多。", {"RoPE": "**RoPE**\n用旋转编码位置。"}),
        ("说来话长。秩（rank）是列数。它有用。", {"秩": "秩（rank）是列数。"}),
        (
            "**A 型**（a type）是甲；**B 型**，又称次型（b type），是指乙。"
            "伸缩的倍数称为**C 型**。",
            {
                "A 型": "**A 型**（a type）是甲；",
                "B 型": "**B 型**，又称次型（b type），是指乙。",
                "C 型": "伸缩的倍数称为**C 型**。",
            },
        ),
        (
            "A **vector** is a list. Grouped-query attention (GQA) refers to sharing. It is not.",
            {
                "vector": "A **vector** is a list.",
                "Grouped-query attention": "Grouped-query attention (GQA) refers to sharing.",
            },
        ),
        ("### 1. 注意力（attention）\n\n注意力是加权求和。", {"注意力": "注意力是加权求和。"}),
        ("### 温度\n\n**定义**：除 logits 的数。", {"温度": "**定义**：除 logits 的数。"}),
        (
            "| 术语 | 英文 | 定义 |\n|---|---|---|\n| **秩** | rank | 列数 |\n| 迹 | tr | 对角和 |",
            {"秩": "列数", "迹": "对角和"},
        ),
        ("| 方法 | 速度 |\n|---|---|\n| 甲 | 快 |", {}),
        ("- **注意**：不要混淆。\n- **优点**：快。\n- 它是否收敛？", {}),
        ("**秩**是否重要，因人而异。**迹**是因为对角线。", {}),
        ("```\n**秩**：线性\n```", {}),
    ],
)
def test_a_definition_is_a_term_and_its_sentence(text: str, expected: dict[str, str]) -> None:
    assert definitions(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "### Q1：什么是秩？\n\n{列数}\n\n#### 细节\n\n{又问}\n\n### Q2. 求迹\n\n对角和。",
        "### 基础题\n\n#### 什么是秩？\n\n{列数}\n\n##### 细节\n\n{又问}\n\n"
        "### 提高题\n\n#### 求迹\n\n对角和。",
        "Q1: 什么是秩？\n\nA: {列数}\n\n细节\n\n{又问}\n\n**Q2：求迹**\n\n**答：**对角和。",
        "**Q：什么是秩？**\n{列数}\n\n细节\n\n{又问}\n\n**Q：求迹**\n\n对角和。",
        "**1. 什么是秩？** {列数}\n\n细节\n\n{又问}\n\n2. **求迹？**\n   对角和。",
    ],
)
def test_questions_and_answers_in_any_way_of_asking(text: str) -> None:
    (first, second) = questions(text.format(列数="列数。\n\n为什么重要？", 又问="1. 还有吗？"))
    assert first[0] == "什么是秩？"
    assert first[1].split("\n\n") == ["列数。", "为什么重要？", "细节", "1. 还有吗？"]
    assert (second[0].rstrip("？"), second[1]) == ("求迹", "对角和。")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "1. 什么是秩？\n   列数。\n2. 推导迹。\n\n   - 对角和",
            [("什么是秩？", "列数。"), ("推导迹。", "对角和")],
        ),
        ("- What is rank?\n- Why?\n", [("What is rank?", ""), ("Why?", "")]),
        ("- [ ] 什么是秩？", [("什么是秩？", "")]),
        ("Q：什么是秩？ A：列数。", [("什么是秩？", "列数。")]),
        (
            "<details>\n<summary>什么是秩？</summary>\n列数。\n</details>\n\n"
            "<details><summary>什么是迹？</summary>\n\n对角和。\n\n</details>\n",
            [("什么是秩？", "列数。"), ("什么是迹？", "对角和。")],
        ),
        (
            "**Q1: 什么是秩？**\n\n<details><summary>点击查看答案</summary>\n\n列数。\n</details>",
            [("什么是秩？", "列数。")],
        ),
        ("以下问题供复习。\n\n### 说明\n\n请先读正文。", [("说明", "请先读正文。")]),
        ("没有问题。", []),
        ("", []),
    ],
)
def test_questions_in_other_forms(text: str, expected: list[tuple[str, str]]) -> None:
    assert questions(text) == expected


def test_reference_entries() -> None:
    found = references(
        "以下按主题排列。\n\n"
        "- Su 等 (2021). RoFormer: Enhanced Transformer. arXiv:2104.09864 — 旋转位置编码。\n"
        "- [Attention Is All You Need](https://arxiv.org/abs/1706.03762v5)，Vaswani 等\n"
        "  - 附录里有细节\n"
        "- 论文：\n"
        "  - 《深度学习》，人民邮电出版社\n"
        '  - Kaplan et al., "Scaling Laws for Neural Models", doi:10.1000/xyz.1\n'
        "- 代码：<https://github.com/a/b>\n\n"
        "[1] Hu (2021). LoRA. https://openreview.net/forum?id=nZeVKeeFYf9.\n"
        "[2] He (2015). Deep Residual Learning.\n\n"
        "| 论文 | 链接 |\n|---|---|\n"
        "| Layer Normalization | [arXiv](https://arxiv.org/abs/1607.06450) |\n"
    )
    assert [(one.title, one.target, one.arxiv_id) for one in found] == [
        (
            "RoFormer: Enhanced Transformer",
            "https://arxiv.org/abs/2104.09864",
            "2104.09864",
        ),
        ("Attention Is All You Need", "https://arxiv.org/abs/1706.03762v5", "1706.03762"),
        ("深度学习", "", ""),
        ("Scaling Laws for Neural Models", "https://doi.org/10.1000/xyz.1", ""),
        ("", "https://github.com/a/b", ""),
        ("LoRA", "https://openreview.net/forum?id=nZeVKeeFYf9", ""),
        ("Deep Residual Learning", "", ""),
        ("Layer Normalization", "https://arxiv.org/abs/1607.06450", "1607.06450"),
    ]
    assert found[0].text.endswith("旋转位置编码。")


def test_formulas_are_those_of_formula_sections() -> None:
    note = "## 概述\n\n$$a$$\n\n## 数学公式\n\n### 甲\n\n设：\n\n$$\nb\n$$\n\n\\[ c \\]\n"
    found = [item.text for item in items(note) if isinstance(item, Formula)]
    assert found == ["$$\nb\n$$", "\\[ c \\]"]


NOTE = """# 课

[论文](https://arxiv.org/abs/1706.03762) 与 [另一课](02.md)，<https://a.example/x>，见 https://b.example/p_(1)。
又见 [**定义**][d] 与 arXiv:2104.09864v2；`https://code.example` 不算，
![图](https://c.example/i.png) 也不算。

```
https://fence.example
```

[d]: https://d.example/page "title"

<a href="https://e.example">e</a> | https://b.example/p_(1)
"""


def test_links_that_lead_out_of_a_note(tmp_path: Path) -> None:
    file = tmp_path / "note.md"
    file.write_text(NOTE, "utf-8")
    assert read_markdown(file, ReadSettings()).links == (
        Link("论文", "https://arxiv.org/abs/1706.03762"),
        Link("https://a.example/x", "https://a.example/x"),
        Link("https://b.example/p_(1)", "https://b.example/p_(1)"),
        Link("定义", "https://d.example/page"),
        Link("arXiv:2104.09864v2", "https://arxiv.org/abs/2104.09864"),
        Link("d", "https://d.example/page"),
        Link("e", "https://e.example"),
    )


Ingest = Callable[[Path], tuple[list[Document], list[Section], list[LessonItem]]]


@pytest.fixture
def ingest(tmp_path: Path) -> Ingest:
    """Read a folder into a corpus, and give what the corpus holds then."""

    def run(folder: Path) -> tuple[list[Document], list[Section], list[LessonItem]]:
        with Corpus(tmp_path / "corpus.db") as corpus:
            report = Ingestion(corpus, ReadSettings(ocr=OcrMode.OFF)).run([folder])
            assert not report.failures
            return corpus.documents(), corpus.sections(), corpus.lesson_items()

    return run


def test_the_corpus_keeps_items_with_their_pages(ingest: Ingest, tmp_path: Path) -> None:
    folder = tmp_path / "course"
    folder.mkdir()
    (folder / "b.md").write_text(
        "# 课\n\n## 核心概念\n\n**秩**（rank）是列数。\n\n## 数学公式\n\n$$r$$\n\n"
        "## 关键问题\n\n### Q1：为何？\n\n因为。\n\n"
        "## 参考资料\n\n- He (2015). Deep Nets. arXiv:1512.03385\n",
        "utf-8",
    )
    pages = [
        [("课程讲义", 24), ("这是开头的一段说明文字，它没有定义。", 11)],
        [("核心概念", 18), ("量化（quantization）是用低比特整数表示权重的方法。", 11)],
    ]
    make_pdf(folder / "a.pdf", pages)
    documents, sections, found = ingest(folder)
    ids = {document.path: document.id for document in documents}
    definition, *others = found
    assert isinstance(definition, Definition)
    assert (definition.term, definition.page) == ("量化", 2)
    assert definition.document_id == ids["a.pdf"]
    assert [type(item) for item in others] == [Definition, Formula, Question, Reference]
    assert {item.document_id for item in others} == {ids["b.md"]}
    by_id = {section.id: section for section in sections}
    kinds = [by_id[item.section_id].kind for item in others]
    assert kinds == [kind for kind in KINDS if kind not in (SectionKind.CODE, SectionKind.FIGURES)]
    (folder / "b.md").unlink()
    assert ingest(folder)[2] == [definition]


def test_items_of_a_hostile_note_take_no_time() -> None:
    pieces = [
        *(
            "**",
            "（",
            "是",
            "Q1：",
            "？",
            "https://",
            "[a](",
            "《",
            " arXiv:",
            "称为",
            "，",
            "1. ",
            ")",
        ),
        *("\u2000", "？\u2000", "\n\u2000\n", "**a**\u2000\u2000", "|", ",", " - "),
    ]
    for kind in ("核心概念", "关键问题", "参考资料"):
        heading = parse_blocks(f"## {kind}\n")
        for piece in pieces:
            text = piece * (20_000 // len(piece))
            for body in (text, f"1. **什么**{text}x", f"x{text}"):
                block = Block(BlockKind.PARAGRAPH, body)
                lesson_items(split_sections("note", (*heading, block)))
