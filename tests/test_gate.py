"""The gate: questions on the topic of the notes that they do not answer."""

from pathlib import Path

import pytest

from app.assistant import Assistant
from app.evidence.counted import counted, is_counted, measured
from app.settings import load_settings
from app.wiring import ingest, make_assistant

NOTES = {
    "DistillNet": """
DistillNet 是一种蒸馏方法，学生网络有 12 层，教师网络有 48 层。
训练一共用了 8 张 A100 显卡。它用余弦退火调整学习率，学习率最高为 0.001。
""",
    "PageStore": """
PageStore keeps the cache in pages of 16 tokens and lifts the throughput of a GPU by 2.4x.
Its 3 human users wrote it for fun.
It was written for long prompts.
""",
    "TinyTune": """
TinyTune 只挑难题来微调。

| 方法 | 样本数 |
| --- | --- |
| TinyTune | 817 |
""",
    "Llama": """
Llama 2的上下文长度是 4096，Llama 3的上下文长度是 8192，都用 RoPE 编码位置。
调度器按先来先服务的顺序执行请求，称为FCFS，与 TinyTune 无关。
An Agentic Document Workflow reads a document step by step and keeps what it has read.
""",
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Assistant:
    folder = tmp_path_factory.mktemp("gate")
    for title, text in NOTES.items():
        (folder / f"{title}.md").write_text(f"# {title}\n\n{text}\n", "utf-8")
    data = folder / "data"
    data.mkdir()
    (data / "models").symlink_to(models)
    settings = load_settings(data=data)
    ingest(settings, [folder / f"{title}.md" for title in NOTES])
    return make_assistant(settings)


@pytest.mark.parametrize(
    "question",
    [
        "DistillNet 的学生网络有多少层？",
        "DistillNet 训练用了多少张显卡？",
        "How many tokens does a page of PageStore hold?",
        "TinyTune 用了多少条样本？",
        "DistillNet 用什么调整学习率？",
        "PageStore 把吞吐提升了多少？",
        "DistillNet 用什么调整学习率，学习率最高是多少？",  # one of both is said
        "请 explain 一下 DistillNet 的学生网络有多少层？",
    ],
)
def test_what_the_notes_say_is_answered(question: str, assistant: Assistant) -> None:
    assert not assistant.ask(question).abstained


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("DistillNet 训练花了多少美元？", "没有给出这个数字"),
        ("DistillNet 训练了多少步？", "没有给出这个数字"),
        ("How many hours did PageStore take?", "does not give this number"),
        ("DistillNet 的准确率是多少？", "没有给出这个数字"),
        ("TinyTune 的学习率是多少？", "没有给出这个数字"),  # that of DistillNet is told
        ("How many human annotators did PageStore have?", "does not give this number"),
        ("What acceptance rate does PageStore reach?", "does not give this number"),
        ("TinyTune 里 warmness 一般设成多少？", "没有提到 warmness"),
        ("怎么用 page_limit 限制 PageStore？", "没有提到 page_limit"),
        ("TinyTune+ 和 TinyTune 用的样本一样多吗？", "没有提到 TinyTune+"),
        ("DistillNet 和 SharpNet 有什么区别？", "没有提到 SharpNet"),
        ("DeepDistillNet 是怎么蒸馏的？", "没有提到 DeepDistillNet"),
        ("PageStore/Sharpstore 哪个更快？", "没有提到 Sharpstore。"),
        ("Llama 9 的上下文长度是多少？", "没有提到 Llama 9。"),
        ("How long is the context of Llama 3.7?", "never mentions Llama 3.7."),
        ("How does Toolformer keep its cache in pages?", "never mentions Toolformer"),
    ],
)
def test_a_number_or_a_name_that_they_lack_is_refused(
    question: str, reason: str, assistant: Assistant
) -> None:
    answer = assistant.ask(question)
    assert answer.reason
    assert reason in answer.reason
    assert answer.nearest


def test_a_refusal_says_where_was_looked_and_which_part_has_an_answer(
    assistant: Assistant,
) -> None:
    reason = assistant.ask("DistillNet 比 SharpNet 好在哪？学生网络有多少层？").reason
    assert reason is not None
    assert "能回答的是其中这一问：“学生网络有多少层？”" in reason
    assert reason.endswith(f"查了 {len(NOTES)} 份资料。")
    english = assistant.ask("How many hours did PageStore take?").reason
    assert (english or "").endswith(f"Searched: {len(NOTES)} documents.")
    assert "this part" not in (english or "")


@pytest.mark.parametrize(
    "question",
    [
        "Llama 3 的上下文长度是多少？",
        "Llama 3 有 8 层吗？上下文长度是多少？",
        "First-Come-First-Served 调度是什么顺序？",
        "ADW 怎么读 document？",
        "DistillNet/PageStore 分别是做什么的？",
        "How long is the context of Llama 2?",
    ],
)
def test_a_name_in_another_form_is_known(question: str, assistant: Assistant) -> None:
    reason = assistant.ask(question).reason or ""
    assert "没有提到" not in reason
    assert "never mentions" not in reason


def test_plain_words_beside_a_name_do_not_make_it_unknown(assistant: Assistant) -> None:
    answer = assistant.ask("How large are the pages of PageStore-style caches, how many tokens?")
    assert "never mentions" not in (answer.reason or "")


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("一共用了多少个专家？", [("专家",)]),
        ("要几张卡、花几个小时？", [("卡",), ("小时",)]),
        ("只要保护百分之几的显著权重？", [("percent",)]),
        ("有多少参数，用了多少万亿 token？", [("参数",), ("token",)]),
        (
            "How many GPU hours did it take, and how much memory?",
            [("gpu hours", "hours"), ("memory",)],
        ),
        ("How many of the pages fit?", []),
        ("想多翻几个分区", []),
        ("用了哪几种结构？", []),
        ("利用率从多少提升到多少？", []),
        ("停了多少回？", []),
    ],
)
def test_what_is_counted(question: str, things: list[tuple[str, ...]]) -> None:
    assert counted(question) == things


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("GPT-4 的成功率能到多少？", ["成功率"]),
        ("学习率和批大小分别是多少？", ["学习率", "批大小"]),
        ("What win rate did it get, and at which learning rate?", ["胜率", "学习率"]),
        ("为什么成功率会降低？", []),
        ("一共有几层？", []),
    ],
)
def test_what_is_measured(question: str, named: list[str]) -> None:
    assert [names[0] for names in measured(question)] == named


@pytest.mark.parametrize(
    ("thing", "text", "expected"),
    [
        ("层", "共有 12 层", True),
        ("参数", "模型规模为 7B", True),
        ("参数", "参数很多，难以训练", False),
        ("美元", "成本约 $5.6M", True),
        ("秒", "| DDP | 143s |", True),
        ("time", "adds 6.7% to the cost", True),
        ("分", "MATH 上为 94.3", True),
        ("percent", "只占 0.1%", True),
        ("样本", "| 样本 | 步数 |\n| --- | --- |\n| 少量 | 300 |", True),
        ("样本", "样本要有代表性。" + "说明" * 20 + "第 3 节", False),
    ],
)
def test_a_number_beside_it(thing: str, text: str, expected: bool) -> None:
    assert is_counted([thing], text) is expected
