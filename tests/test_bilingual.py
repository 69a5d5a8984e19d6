"""Two languages in one course: the notes of one must not get in the way of the other's."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.assistant import Assistant
from app.settings import Settings, load_settings
from app.wiring import ingest, make_assistant

# A title, the text, and what is asked of it.
CHINESE = """
# 学习率预热
训练开始时学习率从零线性升到最大值，这一段叫预热（warmup）。
随机初始化的参数梯度方差很大，一开始步子太大会让损失发散。
? 为什么训练一开始要用很小的学习率？

# 梯度裁剪
梯度裁剪把梯度的整体范数限制在阈值以内，常用阈值是 1.0。
它防止偶尔出现的尖峰破坏参数。
? 梯度裁剪常用的阈值是多少？

# 分词
字节对编码反复合并语料中最常见的相邻符号，直到词表达到预定大小。
词表越大，序列越短。
? BPE 是怎么得到词表的？

# 残差连接
残差连接把子层的输入加到输出上，梯度可以沿恒等通路直接传到浅层，所以能训练很深的网络。
? 很深的网络为什么还能训练得动？

# 知识蒸馏
学生模型拟合教师模型的软标签。
温度升高时概率分布更平，错误选项之间的相对大小也能被学到。
? 蒸馏时温度升高有什么作用？

# 混合专家
路由器给每个词元选出得分最高的两个专家。
负载均衡损失防止所有词元挤到同一个专家。
? 怎么避免所有 token 都去同一个专家？

# 量化
对称量化用一个缩放因子把浮点权重映射到整数，零点固定为零。
离群值会让缩放因子变得过大。
? 离群值对量化有什么影响？

# 检索增强
检索增强生成先从知识库找出相关段落，再把段落放进提示词。
它能减少幻觉，知识也容易更新。
? 怎样让模型少编造、知识又容易更新？
"""
ENGLISH = """
# Learning rate schedules
Cosine decay lowers the learning rate along half a cosine wave, and ends at a tenth of its peak.
A warmup of a few thousand steps comes before it.
? Where does cosine decay end?

# Gradient checkpointing
Gradient checkpointing keeps only some activations and computes the others again in the backward
pass, which costs about a third more compute.
? How can memory be traded for compute in the backward pass?

# Rotary embeddings
Rotary position embedding turns each pair of query and key dimensions by an angle that grows
with the position, so that their product depends on the distance alone.
? Why does RoPE depend on relative distance only?

# Layer normalization
Pre-norm puts the normalization before each sublayer and trains stably without warmup; post-norm
puts it after the residual sum.
? What is the difference between pre-norm and post-norm?

# Speculative decoding
A small draft model proposes several tokens and the large model verifies all of them in one
forward pass. The output distribution stays the same.
? How does a draft model speed up generation?

# Expert parallelism
Expert parallelism places the experts of a layer on different devices, and an all-to-all
exchange moves each token to its expert.
? Which communication moves tokens to their experts?

# Weight-only quantization
GPTQ quantizes the columns of a weight matrix one after another and corrects the remaining
columns by the inverse Hessian.
? What does GPTQ use the inverse Hessian for?

# Evaluation
Perplexity is the exponential of the mean negative log likelihood of held-out text. Models with
different vocabularies cannot be compared by it.
? When can perplexities not be compared?
"""


@dataclass(frozen=True)
class Course:
    """The notes of one language, and of each what is asked of it."""

    notes: Mapping[str, str]
    questions: Mapping[str, str]

    @classmethod
    def of(cls, text: str) -> "Course":
        notes, questions = {}, {}
        for block in text.strip().split("\n\n"):
            head, *lines, asked = block.split("\n")
            title = head.removeprefix("# ")
            notes[title], questions[title] = "\n".join(lines), asked.removeprefix("? ")
        return cls(notes, questions)

    def write(self, folder: Path) -> Path:
        folder.mkdir()
        for title, text in self.notes.items():
            (folder / f"{title}.md").write_text(f"# {title}\n\n{text}\n", "utf-8")
        return folder

    def ranks(self, assistant: Assistant) -> dict[str, int]:
        """At which place each question finds its note."""
        return {
            question: [hit.document.title for hit in assistant.search(question).hits].index(title)
            for title, question in self.questions.items()
        }


COURSES = {"zh": Course.of(CHINESE), "en": Course.of(ENGLISH)}


@pytest.fixture
def settings(tmp_path: Path, models: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(models)
    return load_settings(data=data)


@pytest.mark.parametrize(("first", "second"), [("zh", "en"), ("en", "zh")])
def test_adding_the_notes_of_another_language_loses_nothing(
    first: str, second: str, settings: Settings, tmp_path: Path
) -> None:
    asked, added = COURSES[first], COURSES[second]
    ingest(settings, [asked.write(tmp_path / first)])
    before = asked.ranks(make_assistant(settings))
    assert max(before.values()) < 3
    ingest(settings, [added.write(tmp_path / second)])
    assistant = make_assistant(settings)
    after = asked.ranks(assistant)
    lost = {question: after[question] for question in after if after[question] > before[question]}
    assert not lost
    assert max(added.ranks(assistant).values()) < 3
