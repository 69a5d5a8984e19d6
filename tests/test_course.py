"""The bundled course: its structure, links, references, formulas, diagrams and code."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from rapidfuzz import fuzz

from conftest import REPOSITORY, Command

COURSE = REPOSITORY / "course"
SYNTAX = Path(__file__).parent / "course_syntax"
# Chinese characters that a section has at least, code aside.
SECTIONS = {
    "核心概念": 1200,
    "数学公式": 250,
    "代码示例": 20,
    "图解说明": 60,
    "关键问题": 700,
    "参考资料": 60,
}
HIT_AT_3 = 0.97
CPU_SECONDS = 20
ALIKE = 90  # of 100: titles differ in case and dashes
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
REFERENCE = re.compile(r"^- .+?\(\d{4}\)\. (?P<title>.+?)(?:\. arXiv:(?P<id>\S+?))?(?: — .+)?$")


@dataclass(frozen=True)
class Lesson:
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def front(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.text.split("---\n")[1])
        return found

    @cached_property
    def prose(self) -> str:
        """What is not code: headings, paragraphs, tables, formulas."""
        return FENCE.sub("", self.text.split("---\n", 2)[2])

    @property
    def sections(self) -> dict[str, str]:
        parts = re.split(r"^## (.+)$", self.prose, flags=re.MULTILINE)[1:]
        return dict(zip(parts[::2], parts[1::2], strict=True))

    def fences(self, language: str) -> list[str]:
        return [code for named, code in FENCE.findall(self.text) if named == language]

    @property
    def formulas(self) -> list[str]:
        text = re.sub(r"`[^`\n]*`", "", self.prose)
        shown = re.findall(r"\$\$(.+?)\$\$", text, flags=re.DOTALL)
        text = re.sub(r"\$\$.+?\$\$", "", text, flags=re.DOTALL)
        return shown + re.findall(r"(?<![\\$])\$([^$\n]+?)\$", text)


LESSONS = [Lesson(path) for path in sorted(COURSE.glob("0*/[0-9]*.md"))]
PAGES = [COURSE / "README.md", COURSE / "NOTATION.md", *sorted(COURSE.glob("0*/*.md"))]
lessons = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.path.stem)


def chinese(text: str) -> int:
    return len(re.findall(r"[\u4e00-\u9fff]", text))


def named_lessons() -> list[str]:
    outline = (COURSE / "README.md").read_text(encoding="utf-8")
    return re.findall(r"- \[第\d\d课：[^\]]+\]\(\./([^)]+\.md)\)", outline)


def test_the_lessons_are_those_of_the_outline_in_its_order() -> None:
    assert [str(lesson.path.relative_to(COURSE)) for lesson in LESSONS] == named_lessons()
    assert len(LESSONS) == 40
    for folder in {lesson.path.parent for lesson in LESSONS}:
        assert chinese((folder / "README.md").read_text(encoding="utf-8")) > 300


@lessons
def test_a_lesson_has_every_section_of_the_template(lesson: Lesson) -> None:
    assert list(lesson.sections) == list(SECTIONS)
    for name, least in SECTIONS.items():
        assert chinese(lesson.sections[name]) >= least, name
    assert chinese(lesson.prose) >= 3000
    questions = re.findall(r"^### Q(\d+)：.+[？?]$", lesson.sections["关键问题"], re.MULTILINE)
    assert [int(number) for number in questions] == list(range(1, len(questions) + 1))
    assert 6 <= len(questions) <= 10
    assert lesson.fences("python") and (lesson.fences("mermaid") or "|" in lesson.prose)
    assert all(named for named, _ in FENCE.findall(lesson.text)), "a fence names its language"


@lessons
def test_the_front_matter_is_valid(lesson: Lesson) -> None:
    front = lesson.front
    number, title = (
        re.match(r"(\d\d)_", lesson.path.name),
        re.search(r"^# 第(\d\d)课：(.+)$", lesson.text, re.MULTILINE),
    )
    assert number and title
    assert front["lesson"] == int(number[1]) == int(title[1])
    assert front["title"] == title[2]
    assert front["stage"] == int(lesson.path.parent.name[:2])
    assert front["difficulty"] in range(1, 6)
    # Earlier lessons only, so prerequisites form no cycle.
    assert all(1 <= before < front["lesson"] for before in front["prerequisites"])
    assert len(front["concepts"]) >= 6
    for concept in front["concepts"]:
        assert set(concept) == {"zh", "en", "aliases"}
        assert all(isinstance(name, str) for name in [concept["zh"], concept["en"]])
        assert all(isinstance(name, str) for name in concept["aliases"])


@lessons
def test_the_text_defines_what_the_front_matter_names(lesson: Lesson) -> None:
    for concept in lesson.front["concepts"]:
        names = [concept["zh"], concept["en"], *concept["aliases"]]
        assert any(name.lower() in lesson.prose.lower() for name in names), concept["zh"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_resolve(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if "://" not in target and not target.startswith("#"):
            assert (page.parent / target.split("#")[0]).is_file(), target


@lessons
def test_references_are_papers_as_the_facts_have_them(lesson: Lesson) -> None:
    facts = (REPOSITORY / "ingest/data/papers.jsonl").read_text(encoding="utf-8").splitlines()
    titles = {paper.get("arxiv_id"): paper["title"] for paper in map(json.loads, facts)}
    lines = [line for line in lesson.sections["参考资料"].splitlines() if line.startswith("- ")]
    assert len(lines) >= 4
    for line in lines:
        reference = REFERENCE.match(line)
        assert reference, line
        if reference["id"]:
            assert reference["id"] in titles, line
            known = titles[reference["id"]].lower()
            assert fuzz.ratio(reference["title"].lower(), known) > ALIKE, line
    # Ids in the text as well.
    assert set(re.findall(r"arXiv:(\d{4}\.\d{4,5})", lesson.text)) <= set(titles)


@lessons
def test_every_code_block_runs_and_its_claims_hold(lesson: Lesson, tmp_path: Path) -> None:
    for number, code in enumerate(lesson.fences("python"), start=1):
        assert re.search(r"^\s*assert ", code, re.MULTILINE), f"block {number} asserts nothing"
        if "import torch" in code:
            pytest.importorskip("torch")
        done = subprocess.run(  # noqa: PLW1510 (the code's own error is shown)
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            # Processor time: it does not depend on what else runs on the machine.
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS)),
        )
        assert done.returncode == 0, f"block {number}: {done.stderr[-2000:]}"


@pytest.fixture(scope="module")
def syntax_errors() -> dict[str, list[str]]:
    if not (shutil.which("node") and (SYNTAX / "node_modules").is_dir()):
        pytest.skip(f"needs node, and `npm ci` in {SYNTAX.relative_to(REPOSITORY)}")
    parts = {
        lesson.path.stem: {"formulas": lesson.formulas, "diagrams": lesson.fences("mermaid")}
        for lesson in LESSONS
    }
    done = subprocess.run(
        ["node", "check.mjs"],
        cwd=SYNTAX,
        input=json.dumps(parts),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    errors: dict[str, list[str]] = json.loads(done.stdout)
    return errors


@lessons
def test_formulas_and_diagrams_parse(lesson: Lesson, syntax_errors: dict[str, list[str]]) -> None:
    assert len(lesson.formulas) >= 10
    assert syntax_errors[lesson.path.stem] == []


@pytest.fixture(scope="module")
def questions() -> list[dict[str, Any]]:
    lines = (COURSE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_questions_have_their_answers_in_the_lessons(questions: list[dict[str, Any]]) -> None:
    assert len({question["id"] for question in questions}) == len(questions) == 120
    assert {question["lang"] for question in questions} == {"zh", "en"}
    of_lessons = {question["evidence"][0]["doc"] for question in questions}
    assert of_lessons == set(named_lessons())
    for question in questions:
        for evidence in question["evidence"]:
            lesson = Lesson(COURSE / evidence["doc"])
            held = section_text(lesson.text, evidence["section"])
            assert squeezed(evidence["quote"]) in squeezed(held), evidence


def section_text(text: str, heading: str) -> str:
    """What stands below a heading, deeper headings included; "" if there is no such heading."""
    start = re.search(rf"^(#+) {re.escape(heading)}\s*$", text, re.MULTILINE)
    if start is None:
        return ""
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", FENCE.sub(blank, rest), re.MULTILINE)
    return rest[: end.start()] if end else rest


def blank(fence: re.Match[str]) -> str:
    """As long as the code, without its comments, which look like headings."""
    return re.sub(r"[^\n]", " ", fence[0])


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_the_questions_are_answered_from_the_course(coursegraph: Command) -> None:
    assert coursegraph("ingest", COURSE, seconds=900).code == 0
    done = coursegraph("eval", COURSE / "questions.jsonl", "--no-answers", "--json")
    assert done.json["retrieval"]["all"]["hit@3"] >= HIT_AT_3
    everyday = "能不能让小模型先打个草稿，再让大模型一口气检查一遍？"
    told = coursegraph("ask", everyday, "--json").json["sentences"]
    assert any("推测解码" in sentence["text"] for sentence in told)
