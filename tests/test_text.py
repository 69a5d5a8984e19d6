"""Cleaning, language and sentences."""

import pytest

from ingest.model import Language
from ingest.text import clean, language_of, length, sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_clean_removes_what_nobody_sees_and_undoes_encoding_accidents() -> None:
    assert clean("\u200b⼀⽤\u00ad\ufeffＡＢ１２ ﬁne\u3000x") == "一用AB12 fine x"


def test_clean_keeps_what_means_something() -> None:
    meaningful = "x² ½ ① ，（）：“” ℝ α"
    assert clean(meaningful) == meaningful


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("反向传播（backpropagation, BP）是一种求梯度的算法", Language.ZH),
        ("Back-propagation computes gradients", Language.EN),
        ("用 vLLM serve the model with PagedAttention 部署", Language.MIXED),
        ("3.14 = 22 / 7", Language.MIXED),
    ],
)
def test_language(text: str, language: Language) -> None:
    assert language_of(text) is language


def test_length_counts_three_letters_as_one_ideograph() -> None:
    assert length("注意力abc") == 4


def test_sentences_of_both_languages() -> None:
    text = (
        "量化（quantization）是压缩。“真的吗？”是的！The loss is 3.14 today. See Fig. 3, e.g. here."
    )
    assert cut(text) == [
        "量化（quantization）是压缩。",
        "“真的吗？”",
        "是的！",
        "The loss is 3.14 today.",
        "See Fig. 3, e.g. here.",
    ]


def test_emphasis_marks_stay_with_what_they_mark() -> None:
    assert cut("前一句。**粗体句。**后一句。") == ["前一句。", "**粗体句。**", "后一句。"]


def test_formulas_are_not_cut() -> None:
    assert cut("其中 $a. B; C$ 是常数。下一句。") == ["其中 $a. B; C$ 是常数。", "下一句。"]


def test_wrapped_lines_are_one_sentence_but_items_are_not() -> None:
    wrapped = "The KV cache stores the keys and values of past tokens, so that each\nstep is cheap."
    assert cut(wrapped) == [wrapped]
    assert cut("first item\nsecond item") == ["first item", "second item"]


def test_sentences_cover_everything_but_white_space() -> None:
    text = "一。二！ three. Four?\n\n五；六"
    assert "".join("".join(cut(text)).split()) == "".join(text.split())
