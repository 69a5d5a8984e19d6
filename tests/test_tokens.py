"""The tokenizer of both languages."""

import pytest

from index.tokens import stem, tokenize


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("RoPE", {"rope"}),
        ("KV cache", {"kv", "cache", "kvcache"}),
        ("KVCache", {"kvcache"}),
        ("kv-cache", {"kvcache", "kv", "cache"}),
        ("Qwen3-VL", {"qwen3vl", "qwen3", "qwen", "vl"}),
        ("INT8", {"int8", "int"}),
        ("PagedAttention", {"pagedattention", "paged", "attention"}),
        ("多头注意力机制", {"注意力", "机制"}),
        ("ＢＥＲＴ", {"bert"}),
    ],
)
def test_terms_are_kept_whole_and_split(text: str, terms: set[str]) -> None:
    assert {stem(term) for term in terms} <= set(tokenize(text))


def test_spellings_of_one_name_meet() -> None:
    # The last two have typographic hyphens, as PDFs do.
    spellings = ["KV cache", "KVCache", "kv-cache", "KV Caches", "KV‑cache", "kv‐cache"]
    assert all(stem("kvcache") in tokenize(spelling) for spelling in spellings)


def test_function_words_are_left_out() -> None:
    assert tokenize("什么是的 how is the") == []


def test_a_name_is_not_found_inside_another() -> None:
    assert "lora" not in tokenize("QLoRA")
    assert "rag" not in tokenize("fragment")


@pytest.mark.parametrize(
    ("word", "singular"),
    [("tokens", "token"), ("queries", "query"), ("batches", "batch"), ("caches", "cache")],
)
def test_plural_and_singular_meet(word: str, singular: str) -> None:
    assert stem(word) == stem(singular)


def test_chinese_right_behind_a_name_is_no_part_of_it() -> None:
    assert {"lora", "微调"} <= set(tokenize("用LoRA微调"))
    assert {"llama4", "模型", "应用"} <= set(tokenize("LLaMA4等模型都应用"))
    assert {"qwen25max"} <= set(tokenize("Qwen2.5-Max的参数"))
