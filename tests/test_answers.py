"""Extractive answers through the real command."""

import re
from pathlib import Path

import pymupdf
import pytest

from conftest import Command, Ran, command_over, make_course


def squeeze(text: str) -> str:
    return "".join(text.split())


def source_text(course: Path, citation: dict[str, object]) -> str:
    """What is printed on the cited page, or the whole note."""
    file = course / str(citation["document"])
    if citation["page"] is None:
        return file.read_text("utf-8")
    with pymupdf.open(file) as document:
        text: str = document[int(str(citation["page"])) - 1].get_text()
    return text


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course(tmp_path_factory.mktemp("answers") / "course")


@pytest.fixture(scope="module")
def ingested(course: Path, models: Path) -> Command:
    run = command_over(course.parent / "data", models)
    assert run("ingest", course).code == 0
    return run


@pytest.mark.parametrize(
    ("question", "document", "words"),
    [
        ("缩放点积注意力为什么要除以根号 d_k？", "09_注意力.md", "方差"),
        ("What does the KV cache store?", "kv cache.md", "keys and values"),
        ("QLoRA 用什么格式量化权重？", "量化（quantization）.pdf", "NF4"),
    ],
)
def test_every_sentence_is_verbatim_and_cited(
    ingested: Command, course: Path, question: str, document: str, words: str
) -> None:
    answer = ingested("ask", question, "--json").json
    assert not answer["abstained"]
    assert words in answer["answer"]
    assert answer["citations"][0]["document"] == document
    assert answer["mode"] == "extractive"
    numbers = {citation["n"]: citation for citation in answer["citations"]}
    for sentence in answer["sentences"]:
        assert sentence["verbatim"]
        assert sentence["citations"]
        quotes = "".join(numbers[number]["quote"] for number in sentence["citations"])
        assert squeeze(quotes) == squeeze(sentence["text"])
    for citation in answer["citations"]:
        assert squeeze(citation["quote"]) in squeeze(source_text(course, citation))
        assert bool(citation["boxes"]) == (citation["page"] is not None)
    marks = {int(mark) for mark in re.findall(r"\[(\d+)\]", answer["answer"])}
    assert marks >= set(numbers)


def test_what_the_material_does_not_say_is_refused(ingested: Command) -> None:
    answer = ingested("ask", "MoCo v3 用了什么动量系数？", "--json").json
    assert answer["abstained"]
    assert answer["reason"]
    assert answer["sentences"] == answer["citations"] == []
    assert answer["nearest"]


def test_names_that_no_passage_has_together_are_refused(ingested: Command) -> None:
    answer = ingested(
        "ask", "怎样用缩放点积注意力、KV cache 和 QLoRA 训练扩散模型？", "--json"
    ).json
    assert answer["abstained"], answer["answer"]


def test_a_refusal_is_in_the_language_of_the_question(ingested: Command) -> None:
    answer = ingested("ask", "How does DreamBooth learn a subject?", "--json").json
    assert answer["abstained"]
    assert answer["reason"].isascii()


def test_ordinary_english_words_in_a_chinese_question_are_no_unknown_names(
    ingested: Command,
) -> None:
    answer = ingested("ask", "请 explain 一下 KV cache 存了什么 keys and values", "--json").json
    assert not answer["abstained"], answer["reason"]


def test_people_see_the_answer_with_its_sources(ingested: Command) -> None:
    shown: Ran = ingested("ask", "QLoRA 用什么格式量化权重？")
    assert "[1]" in shown.out
    assert "量化（quantization）.pdf p.2" in shown.out


def test_batch_mode(ingested: Command, tmp_path: Path) -> None:
    queries, out = tmp_path / "queries.jsonl", tmp_path / "answers.jsonl"
    queries.write_text('{"id": "1", "text": "QLoRA 量化"}\n{"id": "2", "text": "KV cache"}\n')
    assert ingested("ask", "--queries", queries, "--out", out).code == 0
    assert out.read_text("utf-8").count('"abstained"') == 2
    assert ingested("search", "--queries", queries, "--out", out, "-k", 2).code == 0
    assert not out.with_name(out.name + ".partial").exists()
    assert out.read_text("utf-8").count('"took_ms"') == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "   "], "empty"),
        (["search", "x", "--mode", "magic"], "magic"),
        (["ask", "x", "--llm", "oracle"], "oracle"),
        (["ask", "字" * 3000], "3000 characters"),
        (["eval", "missing.jsonl"], "missing.jsonl"),
        (["search", "--queries", __file__, "--out", "/tmp/x"], "line 1"),
    ],
)
def test_bad_requests_are_one_clear_line(
    ingested: Command, arguments: list[str], message: str
) -> None:
    done = ingested(*arguments)
    assert done.code == 1
    line = done.err.strip().splitlines()[-1]
    assert line.startswith("coursegraph: ")
    assert message in line
    assert "Traceback" not in done.err


def test_asking_before_ingesting_says_what_to_run(coursegraph: Command) -> None:
    done = coursegraph("ask", "KV cache")
    assert done.code == 1
    assert "coursegraph ingest" in done.err


def test_evaluation_prints_figures_by_type(ingested: Command, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        '{"id": "q1", "type": "fact", "question": "QLoRA 用什么格式量化权重？",'
        ' "evidence": [{"doc": "量化（quantization）.pdf", "page": 2}]}\n'
        '{"id": "q2", "type": "unanswerable", "question": "MoCo v3 的动量？", "evidence": []}\n'
    )
    figures = ingested("eval", questions, "--json").json
    assert figures["retrieval"]["fact"]["hit@1"] == 1
    assert figures["answers"]["fact"]["gold page cited"] == 1
    assert figures["refusal"]["all"]["recall"] == 1
    assert "hit@5" in ingested("eval", questions).out
