"""What stands in a verbatim answer, and in which order: over a course made for it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.assistant import Assistant
from app.citations import Citations
from app.composing import extractive
from app.contract import AnswerShape
from app.evidence import EvidenceSettings, Gathered, gather
from app.evidence.asks import Asks
from app.evidence.choosing import choose
from app.evidence.comparing import compared_in
from app.evidence.contradictions import disagree, with_contradictions
from app.evidence.duplicates import says_the_same, with_other_places, words_of
from app.evidence.ordering import Role, defines, in_reading_order, role_of, tells_what_is
from app.evidence.scoring import Weights, scored
from app.evidence.units import Unit, is_quotable, units_of
from app.model import Answer
from app.pieces import pieces_of
from app.settings import load_settings
from app.web.answers import Table, Turn, blocks
from app.wiring import ingest, make_assistant
from conftest import environment
from index.model import Hit
from ingest.model import Box, Chunk, Document, DocumentKind, DocumentState, Language, Span

# Too long to be quoted whole.
SCORES = "# 成绩\n\n| 模型 | ReadBench 得分 | 训练时长 |\n| --- | --- | --- |\n" + "".join(
    f"| Zorn-{size}B | {41 + size} 分 | 用 {size} 台机器训练了 {3 * size} 个整天，没有中断 |\n"
    for size in range(1, 25)
)
NOTES = {
    "1 代价.md": "# 代价\n\nDropout 的缺点是收敛变慢，需要训练更多轮。\n",
    "2 例子.md": "# 例子\n\n例如，Dropout 概率为 0.5 时，每一步平均有一半的神经元不参与计算。\n",
    "3 做法.md": "# 做法\n\nDropout 在训练时把神经元的输出乘以一个随机的 0/1 掩码。\n",
    "4 定义.md": "# 定义\n\nDropout 是一种正则化方法，训练时以一定概率随机丢弃神经元。\n",
    "6 集成.md": """# 集成学习

Bagging 的训练方式是并行训练多个基模型，最后投票。

Boosting 的训练方式是串行训练多个基模型。

Stacking 把多个基模型的输出交给另一个模型。
""",
    "7 比较.md": """# 两种缓存

## Redis

Redis 是一种内存数据库，支持多种数据结构。

Redis 通过单线程事件循环处理请求。

Redis 的优点是数据结构丰富。

## Memcached

Memcached 是一种内存缓存系统，只存字符串。

Memcached 通过多线程处理请求。
""",
    "成绩.md": SCORES,
    "0 参数.md": "# 参数\n\n模型参数（model parameters）是训练时学习的数值。\n",
    "8 甲.md": "# 甲\n\nMegaNet 的隐藏层维度是 4096 维。\n",
    "9 乙.md": "# 乙\n\nMegaNet 的隐藏层维度为 5120 维。\n",
    "5 小结.md": """# 正则化小结

参考：某某公开课的 Dropout 讲义

什么是 Dropout？

Dropout 是一种正则化方法，训练时以一定的概率随机丢弃神经元。
""",
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Assistant:
    folder = tmp_path_factory.mktemp("composing")
    environment(folder / "data", models)
    course = folder / "course"
    course.mkdir()
    for name, text in NOTES.items():
        (course / name).write_text(text, "utf-8")
    settings = load_settings(data=folder / "data")
    ingest(settings, [course])
    return make_assistant(settings)


@pytest.fixture(scope="module")
def dropout(assistant: Assistant) -> Answer:
    return assistant.ask("什么是 Dropout？")


def test_what_is_said_twice_is_shown_once_with_both_places(dropout: Answer) -> None:
    told = [one for one in dropout.sentences if "是一种正则化方法" in one.text]
    assert len(told) == 1
    cited = [dropout.citations[number - 1] for number in told[0].citations]
    assert {citation.document for citation in cited} == {"4 定义.md", "5 小结.md"}
    # The first one is the sentence's own place.
    assert cited[0].quote == told[0].text
    assert told[0].text + "[1][2]" in dropout.text


def test_names_of_the_other_language_are_told_below(assistant: Assistant, dropout: Answer) -> None:
    answer = assistant.ask("What is Dropout?")
    below = answer.text.rpartition("\n\n")[2]
    assert below.startswith("Names in these quotes: ")
    assert "= regularization" in below
    assert "".join(piece.text for piece in pieces_of(answer)) == answer.text
    *_, last = blocks(turn_of(answer))
    assert not isinstance(last, Table)
    assert "= regularization" in last[-1].markup
    assert last[-1].citations == ()
    # Who asks in the language of the quotes knows their names.
    assert "=" not in dropout.text


def test_an_answer_is_read_from_definition_to_trade_off(dropout: Answer) -> None:
    places = [dropout.text.find(part) for part in ("是一种正则化方法", "0/1 掩码", "缺点")]
    assert -1 not in places
    assert places == sorted(places)


def test_references_and_questions_of_the_material_are_no_answer(dropout: Answer) -> None:
    assert "公开课" not in dropout.text
    assert "？" not in dropout.text


def test_a_comparison_is_a_table_whose_cells_are_cited(assistant: Assistant) -> None:
    answer = assistant.ask("Bagging 和 Boosting 的训练方式有什么区别？")
    head, ruler, row = answer.text.split("\n")[:3]
    assert (head, ruler) == ("|  | Bagging | Boosting |", "| --- | --- | --- |")
    assert row.startswith(
        "| 训练方式 | Bagging 的训练方式是并行训练多个基模型，最后投票。[1] | Boosting"
    )
    assert row.endswith("[2] |")
    assert [one.text in row for one in answer.sentences[:2]] == [True, True]
    assert answer.citations[1].quote == "Boosting 的训练方式是串行训练多个基模型。"
    # What stands in the table is not said again below it.
    assert answer.text.count("最后投票") == 1
    assert "".join(piece.text for piece in pieces_of(answer)) == answer.text


def test_rows_of_a_long_table_are_a_table_below_their_header(assistant: Assistant) -> None:
    answer = assistant.ask("Zorn-7B 的 ReadBench 得分是多少？")
    lines = answer.text.split("\n")
    head = next(number for number, line in enumerate(lines) if line.startswith("| 模型 |"))
    assert lines[head] == "| 模型 | ReadBench 得分 | 训练时长 |[1] |"
    assert lines[head + 1] == "| --- | --- | --- | --- |"
    row = "| Zorn-7B | 48 分 | 用 7 台机器训练了 21 个整天，没有中断 |"
    [told] = [one for one in answer.sentences if one.text == row]
    assert f"{row}[{told.citations[0]}] |" in lines[head + 2 :]
    assert "".join(piece.text for piece in pieces_of(answer)) == answer.text
    [table] = [block for block in blocks(turn_of(answer)) if isinstance(block, Table)]
    assert [cell.markup for cell in table.rows[0]] == ["模型", "ReadBench 得分", "训练时长", ""]
    [shown] = [cells for cells in table.rows if cells[0].markup == "Zorn-7B"]
    assert [citation.quote for citation in shown[-1].citations] == [row]


def test_rows_without_a_header_have_an_empty_one() -> None:
    text = "".join(f"| 第 {number} 步 | {'先想清楚再动手' * 4} |\n" for number in range(15))
    [first, second, *_] = units(text)
    answer = extractive("步骤", Gathered((first, second)))
    assert answer.text == (
        f"|  |  |  |\n| --- | --- | --- |\n{first.text}[1] |\n{second.text}[2] |"
    )
    [table] = blocks(turn_of(answer))
    assert isinstance(table, Table)
    assert len(table.rows) == 3


def test_a_cell_without_anything_says_so(assistant: Assistant) -> None:
    answer = assistant.ask("Bagging、Boosting 和 Stacking 的训练方式各是什么？")
    row = answer.text.split("\n")[2]
    assert row.endswith("| 材料未提及 |"), answer.text


def test_an_open_comparison_has_rows_for_what_both_sides_have(assistant: Assistant) -> None:
    answer = assistant.ask("Redis 和 Memcached 有什么区别？")
    rows = [line.split(" | ") for line in answer.text.split("\n") if line.startswith("| ")]
    assert [row[0].strip("| ") for row in rows] == ["", "---", "是什么", "怎么做"]
    assert all("Redis" in row[1] and "Memcached" in row[2] for row in rows[2:])


def test_sides_may_be_written_with_a_slash(assistant: Assistant) -> None:
    hits = assistant.search("Redis Memcached").hits
    told = gather(assistant.index, "Redis/Memcached 有什么区别？", hits, EvidenceSettings())
    assert told.table is not None
    assert told.table.sides == ("Redis", "Memcached")


def test_little_stands_below_a_table(assistant: Assistant) -> None:
    hits = assistant.search("Redis 和 Memcached 有什么区别？").hits
    few = replace(EvidenceSettings(), beside_table=1, floor=0.0)
    told = gather(assistant.index, "Redis 和 Memcached 有什么区别？", hits, few)
    assert told.table is not None
    assert len(told.units) == 1


@pytest.mark.parametrize(
    ("question", "sides", "respects"),
    [
        ("Redis 和 Memcached 有什么区别？", ["Redis", "Memcached"], ()),
        ("Redis vs Memcached", ["Redis", "Memcached"], ()),
        ("Redis、Memcached 和 Bagging 的区别", ["Redis", "Memcached", "Bagging"], ()),
        ("How does Redis differ from Memcached?", ["Redis", "Memcached"], ()),
        ("对比 Bagging、Boosting 和 Stacking", ["Bagging", "Boosting", "Stacking"], ()),
        (
            "Redis 和普通 Memcached 的内存占用、速度各是多少？",
            ["Redis", "Memcached"],
            ("内存占用", "速度"),
        ),
        ("Redis 与 Memcached 在数据结构上有何差别", ["Redis", "Memcached"], ("数据结构",)),
        ("What is the difference between Redis and Memcached?", ["Redis", "Memcached"], ()),
    ],
)
def test_sides_and_respects_are_read_from_the_question(
    assistant: Assistant, question: str, sides: list[str], respects: tuple[str, ...]
) -> None:
    compared = compared_in(assistant.index, question)
    assert compared is not None
    assert [side.written for side in compared.sides] == sides
    assert compared.respects == respects


@pytest.mark.parametrize(
    "question",
    [
        "什么是 Dropout？",
        "Redis 有什么不同的数据结构？",
        "把 Bagging 放到不同机器上训练，再用 Boosting 怎么样？",
        "Redis 和 Memcached 分别有什么用？",
    ],
)
def test_other_questions_compare_nothing(assistant: Assistant, question: str) -> None:
    assert compared_in(assistant.index, question) is None


def test_both_sides_of_a_contradiction_are_shown(assistant: Assistant) -> None:
    answer = assistant.ask("MegaNet 的隐藏层维度是多少？")
    one, other = (s.text for s in answer.sentences[:2])
    assert {one, other} == {"MegaNet 的隐藏层维度是 4096 维。", "MegaNet 的隐藏层维度为 5120 维。"}
    assert answer.text.startswith(f"资料的说法不同：\n\n{one}[1]\n\n{other}[2]")
    assert {c.document for c in answer.citations[:2]} == {"8 甲.md", "9 乙.md"}
    assert "".join(piece.text for piece in pieces_of(answer)) == answer.text


def test_a_question_for_a_number_prefers_sentences_that_have_one(assistant: Assistant) -> None:
    hits = assistant.search("Dropout").hits
    told = [unit for hit in hits for unit in units_of(hit) if "Dropout" in unit.text]

    def lead(question: str, number: float) -> float:
        found = scored(assistant.index, question, told, replace(Weights(), number=number))
        with_number = next(unit.score for unit in found if "0.5" in unit.text)
        return with_number - next(unit.score for unit in found if "缺点" in unit.text)

    assert lead("Dropout 的概率取多少？", 0.1) > lead("Dropout 的概率取多少？", 0.0)
    assert lead("什么是 Dropout？", 0.1) == lead("什么是 Dropout？", 0.0)


DISAGREEING = [
    ("GPT-3 有 1750 亿个参数。", "GPT-3 有 1700 亿个参数。"),
    ("GPT-3 有 1750 亿模型参数。", "GPT-3 has 170 billion model parameters."),
    ("MegaNet 在 15 万亿个 token 上预训练。", "MegaNet 在 12 万亿个 token 上预训练。"),
    ("MegaNet 的词表大小为 32000。", "MegaNet 的词表大小是 50257。"),
    ("MegaNet 用 8 个注意力头，效果最好。", "MegaNet 用 16 个注意力头。"),
    ("LoRA 会增加推理时的延迟。", "LoRA 不会增加推理时的延迟。"),
    ("LoRA 会增加推理时的延迟。", "LoRA 会减少推理时的延迟。"),
    ("MegaNet was trained for 3 epochs.", "MegaNet was trained for 5 epochs."),
]
AGREEING = [
    ("GPT-3 有 1750 亿个参数。", "GPT-3 有 175B 个参数。"),
    ("GPT-3 有 1750 亿个参数。", "GPT-2 有 15 亿个参数。"),
    ("MegaNet 在 15 万亿个 token 上预训练。", "MegaNet 在 14.8 万亿个 token 上预训练。"),
    ("MegaNet 在 15 万亿个 token 上预训练。", "MegaNet 在 3 万亿个 token 上微调。"),
    ("MegaNet 的词表大小为 32000。", "MegaNet 的隐藏层大小为 4096。"),
    ("例如，MegaNet 可以用 8 个注意力头。", "例如，MegaNet 可以用 16 个注意力头。"),
    ("第一阶段 MegaNet 训练 3 轮。", "第二阶段 MegaNet 训练 5 轮。"),
    ("MegaNet 用 8 张卡训练了 3 天。", "MegaNet 用 16 张卡训练了 3 天。"),
    ("隐藏层维度是 4096 维。", "隐藏层维度是 5120 维。"),
    ("LoRA 不会增加推理时的延迟。", "Adapter 会增加推理时的延迟。"),
    ("LoRA 会增加推理时的延迟。", "LoRA 不会改变预训练模型的权重。"),
    ("如果 MegaNet 训练 3 轮，就会欠拟合。", "如果 MegaNet 训练 9 轮，就会过拟合。"),
    ("MegaNet was trained for 3 epochs.", "MegaNet was evaluated on 5 tasks."),
]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [*((*pair, True) for pair in DISAGREEING), *((*pair, False) for pair in AGREEING)],
)
def test_sentences_disagree_only_where_all_else_is_alike(
    assistant: Assistant, one: str, other: str, expected: bool
) -> None:
    [first], [second] = units(one), units(other, "b.md")
    assert disagree(assistant.index, first, second) is expected
    assert disagree(assistant.index, second, first) is expected


def test_within_one_document_nothing_disagrees(assistant: Assistant) -> None:
    [first], [second] = units(DISAGREEING[0][0]), units(DISAGREEING[0][1], section="t")
    assert not disagree(assistant.index, first, second)


def test_two_sentences_are_told_of_once(assistant: Assistant) -> None:
    [first], [second] = units(DISAGREEING[0][0]), units(DISAGREEING[0][1], "b.md")
    [told] = with_contradictions(assistant.index, [first, second], [first, second])
    assert (told.text, told.against) == (first.text, second)
    english = extractive("How many parameters does it have?", Gathered((told,))).text
    assert english == f"The sources differ here:\n\n{first.text}[1]\n\n{second.text}[2]"


def document(name: str) -> Document:
    return Document(
        id=name,
        collection="c",
        path=name,
        file=name,
        title=name,
        format="markdown",
        kind=DocumentKind.MATERIAL,
        state=DocumentState.INDEXED,
        sha256="0",
        size=1,
        language=Language.ZH,
    )


def turn_of(answer: Answer) -> Turn:
    return Turn.kept(1, AnswerShape.of(answer))


Make = Callable[..., list[Unit]]
CELLS = [("方法", 1), ("耗时", 1), ("甲", 1), ("380ms", 1), ("乙", 2), ("220ms", 2)]


def units(text: str, name: str = "a.md", rank: int = 1, section: str = "s") -> list[Unit]:
    chunk = Chunk(
        id=f"{name} {section}",
        document_id=name,
        section_id=section,
        ordinal=0,
        section=(section,),
        text=text,
        language=Language.ZH,
    )
    return units_of(Hit(rank, chunk, document(name), 1.0, ()))


@pytest.mark.parametrize(
    ("text", "other", "again"),
    [
        ("模型在 15 万亿个词元上预训练。", "模型在 15 万亿个词元上做预训练。", True),
        ("模型在 15 万亿个词元上预训练。", "模型在 14 万亿个词元上预训练。", False),
        ("这种方法需要额外训练奖励模型。", "这种方法不需要额外训练奖励模型。", False),
        ("这种方法需要额外训练奖励模型。", "学习率在训练初期逐步上升。", False),
    ],
)
def test_only_what_tells_the_same_is_another_place(text: str, other: str, again: bool) -> None:
    [unit], [elsewhere] = units(text), units(other, "b.md")
    [found] = with_other_places([unit], [unit, elsewhere])
    assert [one.hit.document.id for one in found.also] == (["b.md"] if again else [])


def test_the_same_page_is_no_other_place() -> None:
    one, two = units("奖励模型给每个回答打一个分数。\n\n奖励模型给每个回答打一个分数。")
    assert says_the_same(words_of(one), words_of(two))
    assert with_other_places([one], [two])[0].also == ()


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Dropout 是一种正则化方法。", Role.DEFINITION),
        ("Dropout (random dropping) is a regularisation method.", Role.DEFINITION),
        ("训练时 Dropout 把输出乘以掩码。", Role.MECHANISM),
        ("Dropout 的缺点是收敛慢。", Role.TRADE_OFF),
        ("One drawback of Dropout is slow convergence.", Role.TRADE_OFF),
        ("例如 Dropout 率取 0.5。", Role.EXAMPLE),
        ("```python\ndropout(x)\n```", Role.EXAMPLE),
    ],
)
def test_what_a_run_of_sentences_does(text: str, role: Role) -> None:
    assert role_of(units(text), ["Dropout"]) is role


def test_a_definition_is_of_what_was_asked() -> None:
    assert not defines("LoRA 比较的是两组结果，即高于平均的为正。", ["LoRA"])
    assert defines("LoRA（低秩适配），即只训练两个小矩阵的方法。", ["LoRA"])
    assert defines("LoRA 是一种微调方法。", ["LoRA"])
    assert not defines("LoRA 是一种微调方法。", ["DPO"])
    for kin in ("AdaLoRA", "LoRA+", "秩稳定 LoRA", "LoRA 的合并", "LoRA（低秩适配）的合并"):
        assert not defines(f"{kin} 是一种微调方法。", ["LoRA"])
    assert not defines("实验表明在很多任务上效果最好的是一种叫 LoRA 的方法。", ["LoRA"])


def test_only_what_begins_with_a_concept_is_shown_as_its_definition() -> None:
    assert tells_what_is("4-bit NormalFloat (NF4): Quantile Quantization，一种数据类型。", ["NF4"])
    assert tells_what_is("LoRA：在旁边训练两个小矩阵。", ["LoRA"])
    assert not tells_what_is("训练两套 LoRA：一套压缩思维，一套解码答案。", ["LoRA"])
    assert not tells_what_is("（LoRA 是对比两组结果的好坏）。", ["LoRA"])


def test_a_sentence_that_points_back_comes_with_the_one_before_or_not_at_all() -> None:
    first, second, third = units("先训练奖励模型。\n\n它给回答打分。\n\n策略按分数更新。")
    ranked = [replace(first, score=0.1), replace(second, score=1.0), replace(third, score=0.9)]
    assert [one.text for one in choose(ranked, [], EvidenceSettings(sentences=2))] == [
        first.text,
        second.text,
    ]
    with_one = choose([*ranked[1:]], [], EvidenceSettings(sentences=1))
    assert [one.text for one in with_one] == [second.text]
    [better, *_] = units("奖励模型是单独训练的。", "b.md")
    crowded = choose([*ranked, replace(better, score=1.2)], [], EvidenceSettings(sentences=2))
    assert [one.text for one in crowded] == [better.text, third.text]


def test_another_passage_is_heard_before_the_first_one_is_copied_out() -> None:
    one, two = units("先训练奖励模型。\n\n策略按分数更新。")
    [other] = units("数据由人来标注。", "b.md")
    ranked = [replace(one, score=1.0), replace(two, score=0.9), replace(other, score=0.895)]

    def taken(spread: float) -> list[str]:
        settings = EvidenceSettings(sentences=2, spread=spread)
        return [unit.hit.document.id for unit in choose(ranked, [], settings)]

    assert taken(0.01) == ["a.md", "b.md"]
    assert taken(0.0) == ["a.md", "a.md"]


def test_runs_are_read_from_definition_to_example() -> None:
    notes = [(name, NOTES[name]) for name in sorted(NOTES) if name[0] in "1234"]
    found = [unit for name, text in notes for unit in units(text.partition("\n\n")[2], name)]
    ordered = in_reading_order(found, [], frozenset(), ["Dropout"])
    assert [unit.hit.document.id[0] for unit in ordered] == ["4", "3", "1", "2"]


def test_steps_stay_in_order_and_the_section_with_the_number_leads() -> None:
    steps = units("1. 先收集数据。\n\n2. 再训练奖励模型。\n\n3. 最后做强化学习。")
    shuffled = [steps[2], steps[0], steps[1]]
    assert in_reading_order(shuffled, [], frozenset({Asks.HOW}), []) == steps
    [other] = units("训练数据共有 3 万条。", "b.md", rank=2)
    counted = replace(other, score=9.0)
    asked = frozenset({Asks.NUMBER})
    assert in_reading_order([*steps, counted], [], asked, [])[0] == counted
    assert in_reading_order([*steps, counted], [], frozenset(), [])[-1] == counted


@pytest.mark.parametrize(
    ("text", "quotable"),
    [
        ("什么是混合专家模型（MoE）？", False),
        ("Does it trade entropy for performance?", False),
        ("论文：An Efficient Method for Everything", False),
        ("References: Smith et al., A Study of Things", False),
        ("参考文章：《一种用于一切的高效方法》", False),
        ("作者团队的Blog：《效率不是全部》", False),
        ("举例：《一种方法》《另一种方法》", False),
        ("图示：MegaNet 的训练流程", False),
        ("```mermaid\nflowchart LR\n  a --> b\n```", False),
        ("Figure 3: dense and sparse attention", False),
        ("图 3：它在三个数据集上都好于基线，因为它在训练时把每一步的计算量都固定下来。", True),
        ("本文：《一种方法》提出了新的注意力机制。", True),
        ("0.7 Preferred-FT", False),
        ("论文提出了一种新的注意力机制。", True),
        ("1. 先收集人类偏好数据", True),
    ],
)
def test_what_can_be_quoted(text: str, quotable: bool) -> None:
    [unit] = units(text)
    assert is_quotable(unit) == quotable


def test_a_table_over_two_pages_is_cited_row_by_row() -> None:
    text = "| 方法 | 耗时 |\n| --- | --- |\n| 甲 | 380ms |\n| 乙 | 220ms |"
    places = [(text.index(cell), cell, page) for cell, page in CELLS]
    spans = tuple(Span(at, at + len(cell), Box(page)) for at, cell, page in places)
    chunk = replace(units(text)[0].hit.chunk, spans=spans)
    citations = Citations()
    citations.cite(Hit(1, chunk, document("a.pdf"), 1.0, ()), 0, len(text))
    assert [(made.page, made.quote) for made in citations.made] == [
        (1, "| 方法 | 耗时 |\n| --- | --- |\n| 甲 | 380ms |"),
        (2, "| 乙 | 220ms |"),
    ]
