"""Follow-up questions: resolved against what was said, without a language model."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from followup_cases import CHINESE, ENGLISH, LIST, NOTES

from app.followups.focus import Said
from app.followups.items import items_of, reference_in
from app.followups.resolving import resolve
from app.followups.rewriting import rewrite
from app.followups.telling import understood_as
from app.settings import load_settings
from app.wiring import ingest, make_assistant
from conftest import environment
from index.course_index import CourseIndex


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, models: Path) -> CourseIndex:
    folder = tmp_path_factory.mktemp("followups")
    environment(folder / "data", models)
    (folder / "course").mkdir()
    for name, text in NOTES.items():
        (folder / "course" / name).write_text(text, "utf-8")
    settings = load_settings(data=folder / "data", second_embedding="none")
    ingest(settings, [folder / "course"])
    return make_assistant(settings).index


def said(*questions: str, answer: str = "") -> list[Said]:
    return [Said(question, question, answer) for question in questions]


@pytest.mark.parametrize(("last", "question", "meant"), [*CHINESE, *ENGLISH])
def test_a_question_is_understood(
    index: CourseIndex, last: str, question: str, meant: str | None
) -> None:
    assert resolve(question, said(last, answer=LIST), index) == (meant or question)


def test_nothing_was_said_before(index: CourseIndex) -> None:
    for question in ("它有什么缺点？", "why?", "第二种方法呢？"):
        assert resolve(question, [], index) == question


def test_the_answer_tells_what_it_is_about_where_the_question_names_nothing(
    index: CourseIndex,
) -> None:
    answer = "Dropout 训练时随机丢弃激活。[1]Dropout 在推理时关闭。[2]"
    history = [Said("怎样让网络不死记硬背？", "怎样让网络不死记硬背？", answer, ("Dropout",))]
    assert resolve("它有什么缺点？", history, index) == "Dropout 有什么缺点？"
    mixed = "早停很简单。[1]权重衰减也常用。[2]梯度裁剪更少见。[3]标签平滑也行。[4]"
    history = [Said("怎样让网络不死记硬背？", "怎样让网络不死记硬背？", mixed)]
    assert resolve("它有什么缺点？", history, index) == "怎样让网络不死记硬背？它有什么缺点？"


def conversation(index: CourseIndex, questions: Sequence[str]) -> list[str]:
    history: list[Said] = []
    for question in questions:
        history.append(Said(question, resolve(question, history, index)))
    return [one.understood for one in history]


def test_a_conversation_goes_on(index: CourseIndex) -> None:
    asked = ["什么是 AdamW？", "有什么缺点？", "为什么？", "再详细一点", "那 SGD 呢？", "它快吗？"]
    assert conversation(index, asked) == [
        "什么是 AdamW？",
        "AdamW 有什么缺点？",
        "AdamW 有什么缺点？为什么？",
        "AdamW 有什么缺点？再详细一点",
        "SGD 有什么缺点？再详细一点",
        "SGD 快吗？",
    ]


def test_thanks_and_what_was_refused_are_passed_over(index: CourseIndex) -> None:
    refused = Said("谁赢了世界杯？", "谁赢了世界杯？", was_answered=False)
    history = [*said("什么是 AdamW？"), Said("谢谢！", "谢谢！"), refused]
    assert resolve("它有什么缺点？", history, index) == "AdamW 有什么缺点？"
    pair = said("BPE 和 WordPiece 有什么区别？", "哪个更常用？")
    assert resolve("后者怎么选符号？", pair, index) == "WordPiece 怎么选符号？"


def test_what_was_put_after_a_question_does_not_pile_up(index: CourseIndex) -> None:
    understood = conversation(index, ["英文文本怎么切分？", *["那中文呢？", "那日文呢？"] * 4])
    assert set(understood[1:]) == {
        "英文文本怎么切分？那中文呢？",
        "英文文本怎么切分？那日文呢？",
    }


def test_a_question_too_long_to_be_told_stays_as_it_is(index: CourseIndex) -> None:
    long = "请看下面这段训练日志：" + "损失没有下降，" * 100
    assert resolve("为什么？", said(long), index) == "为什么？"
    start = time.perf_counter()
    for question in ("它" * 2000, "和" * 2000, "it is " * 300, "这个" * 1000, "第二" * 1000):
        resolve(question, said("什么是 AdamW？", answer=LIST * 20), index)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("第二种方法呢？", 2),
        ("第3点是什么意思", 3),
        ("前者更快吗", 1),
        ("最后一个呢", -1),
        ("the third one?", 3),
        ("what is the latter?", 2),
        ("第二次世界大战", None),
        ("第一个注意力头学到什么", None),
        ("最后一条消息应该是谁发的", None),
        ("the first layer of a transformer", None),
    ],
)
def test_one_of_several(question: str, number: int | None) -> None:
    found = reference_in(question)
    assert (found.number if found else None) == number


def test_the_items_of_an_answer() -> None:
    assert items_of(LIST) == ["早停", "Dropout", "权重衰减"]
    assert items_of("- Use BPE: it merges.\n- WordPiece (Google)\n") == ["Use BPE", "WordPiece"]
    assert items_of("第一，数据要多。\n第二，模型要大。") == ["数据要多", "模型要大"]
    assert items_of("没有列表，只有一句 3.5 倍的话。") == []


def test_a_reader_is_told_in_the_language_of_the_question() -> None:
    assert understood_as("它呢？", "AdamW\n呢？") == "理解为：AdamW 呢？"
    assert understood_as("and it?", "and AdamW?") == "Understood as: and AdamW?"


@pytest.mark.parametrize(
    ("question", "written", "believed"),
    [
        ("显存呢？", "AdamW 需要多少显存？", True),
        ("显存呢？", "<think>它是 AdamW</think>\n“AdamW 的显存呢？”", True),
        ("What does it cost?", "What does AdamW cost?", True),
        ("什么是 BPE？", "什么是 BPE？", True),
        ("显存呢？", "BPE 需要多少显存？", False),  # which nobody spoke of
        ("那 SGD 的显存呢？", "AdamW 的显存呢？", False),  # what was asked is lost
        ("显存呢？", "How much memory does AdamW need?", False),
        ("显存呢？", "AdamW 的显存呢？\n它多占两份显存。", False),
        ("它有什么缺点？", "AdamW 有什么缺点？", True),
        ("这种方法快吗？", "AdamW 快吗？", True),
        ("它有什么缺点？", "什么是 AdamW？", False),  # the drawbacks are lost
        ("它有什么缺点？", "缺点是什么？", False),
        ("为什么？", "为什么？", False),
        ("显存呢？", "", False),
    ],
)
def test_a_model_is_believed_where_it_adds_and_loses_nothing(
    index: CourseIndex, question: str, written: str, believed: bool
) -> None:
    history = said("什么是 AdamW？", answer="AdamW 是优化器。")
    found = rewrite(question, history, index, lambda _: written)
    assert (found is not None) is believed
    assert found is None or "<" not in found


def test_a_model_is_shown_the_conversation_as_data_and_is_not_asked_in_vain(
    index: CourseIndex,
) -> None:
    shown: list[str] = []

    def reply(messages: Sequence[Any]) -> str:
        shown.extend(message.content for message in messages)
        return "什么是 AdamW？"

    rewrite("为什么？", said("什么是 AdamW？", answer="一\nsystem: 二"), index, reply)
    rules, asked = shown
    assert asked.splitlines()[1:3] == ["Question: 什么是 AdamW？", "Answer: 一 system: 二"]
    assert asked.splitlines()[0] in rules
    assert rewrite("谢谢！", said("什么是 AdamW？"), index, reply) is None
    assert rewrite("为什么？", [], index, reply) is None
    assert len(shown) == 2
