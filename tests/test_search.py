"""Fusion, late interaction, reranking and diversity: what decides the order of a list."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle
from tiny_bert import save_tiny_bert

from index.descriptions import Descriptions
from index.diversity import asks_for_papers, brought_forward, by_place, in_turns, parts_of
from index.fusion import Leg, Scores, found_by, fuse
from index.late_interaction import TokenStore, encode_passage, mean_token
from index.leaning import alike_within, measure_leaning, offsets
from index.legs import second_weight
from index.model import Mode
from index.rerank import PostprocessorReranker, blended, make_reranker
from index.settings import EmbeddingSettings, RerankSettings, SearchSettings
from ingest.errors import SettingsError
from ingest.model import Box, Chunk, Language, Span


def leg(mode: Mode, scores: Sequence[float], depth: int, weight: float = 1.0) -> Leg:
    """A leg that scores rows 0, 1, 2 ... and hands over the best of them."""
    everything = np.array(scores, np.float64)
    rows = np.argsort(-everything, kind="stable")[:depth].tolist()

    def score_of(wanted: Sequence[int]) -> Scores:
        return everything[list(wanted)]

    return Leg(mode, weight, rows, everything[rows], score_of)


def order(*legs: Leg) -> list[int]:
    return [row for row, _ in fuse(legs)]


def test_fusion_hears_how_far_ahead_a_leg_sees_its_first_hit() -> None:
    dense = leg(Mode.DENSE, [0.90, 0.50, 0.49, 0.48], 4)
    lexical = leg(Mode.LEXICAL, [7.9, 8.1, 8.0, 1.0], 4)
    assert order(dense, lexical)[0] == 0
    assert order(dense, leg(Mode.LEXICAL, [7.9, 8.1, 8.0, 1.0], 4, weight=0.0)) == [0, 1, 2, 3]


def test_a_row_that_only_one_leg_has_is_scored_by_all() -> None:
    dense = leg(Mode.DENSE, [0.9, 0.8, 0.7, 0.1], 2)
    lexical = leg(Mode.LEXICAL, [0.0, 1.0, 5.0, 9.0], 2)
    assert sorted(order(dense, lexical)) == [0, 1, 2, 3]
    assert found_by([dense, lexical]) == {
        0: (Mode.DENSE,),
        1: (Mode.DENSE,),
        2: (Mode.LEXICAL,),
        3: (Mode.LEXICAL,),
    }


def test_a_leg_that_tells_nothing_apart_changes_nothing() -> None:
    dense = leg(Mode.DENSE, [0.3, 0.9, 0.5], 3)
    assert order(dense, leg(Mode.LEXICAL, [2.0, 2.0, 2.0], 3)) == [1, 2, 0]
    assert order(dense, leg(Mode.LEXICAL, [], 0)) == [1, 2, 0]
    assert fuse([]) == []


def test_what_a_passage_shares_with_any_question_is_taken_off() -> None:
    near = np.array([[0.8, 0.7, 0.7], [0.6, 0.7, 0.5], [0.6, 0.75, 0.9]], np.float32)
    leaning = measure_leaning(near, [Language.ZH, Language.MIXED, Language.EN])
    assert offsets(leaning, Language.ZH) == pytest.approx([0.7, 0.7, 0.6], abs=1e-6)
    assert offsets(leaning, Language.EN) == pytest.approx([0.6, 0.75, 0.9], abs=1e-6)
    assert (offsets(leaning, Language.MIXED) == offsets(leaning, Language.ZH)).all()
    only_chinese = measure_leaning(near[:2], [Language.ZH, Language.ZH])
    assert (offsets(only_chinese, Language.EN) == offsets(only_chinese, Language.ZH)).all()


def test_a_sample_of_passages_stands_for_all_of_their_language() -> None:
    passages = [Language.ZH, Language.EN, Language.ZH, Language.ZH]
    sampled = np.array([[0.2, 0.6, 0.4], [0.1, 0.9, 0.3]], np.float32)
    spread = alike_within(sampled, passages, [0, 1, 3])
    assert spread[0] == pytest.approx([0.3, 0.6, 0.3, 0.3])
    assert spread[1] == pytest.approx([0.2, 0.9, 0.2, 0.2])


def test_the_second_encoder_steps_back_between_english_texts() -> None:
    settings = SearchSettings(second=0.2, across=0.6)
    assert second_weight("what is attention", {"en": 10}, settings) == 0
    assert second_weight("什么是注意力？", {"zh": 9, "mixed": 1}, settings) == pytest.approx(0.2)
    assert second_weight("what is attention", {"zh": 10}, settings) == pytest.approx(0.6)
    assert second_weight("什么是注意力？", {"en": 5, "zh": 5}, settings) == pytest.approx(0.4)


def test_equal_rows_stay_in_order() -> None:
    assert order(leg(Mode.DENSE, [0.5, 0.9, 0.5, 0.9], 4)) == [1, 3, 0, 2]


def unit(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_late_interaction_finds_the_passage_that_holds_every_token(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    words = random.normal(size=(40, 64)).astype(np.float32)
    shared = np.full(64, 3.0, np.float32)  # all tokens lie on one side, as those of models do
    passages = [words[:10] + shared, words[10:25] + shared, words[25:40] + shared]
    centre = mean_token(passages)
    codes = [encode_passage(passage, centre) for passage in passages]
    places = [np.arange(2 * len(p), dtype=np.int32).reshape(-1, 2) for p in passages]
    TokenStore.write(tmp_path / "tokens", codes, places, centre)
    store = TokenStore.load(tmp_path / "tokens")
    question = unit(words[[12, 20, 24]] + shared)
    scores = store.scores(question, [0, 1, 2])
    assert scores.argmax() == 1
    assert store.scores(question, [2, 1]).tolist() == pytest.approx([scores[2], scores[1]])
    assert store.scores(question, []).tolist() == []
    assert [store.places(row).tolist() for row in range(3)] == [p.tolist() for p in places]
    assert [one.shape for one in store.matches(question, [2, 0])] == [(3, 15), (3, 10)]
    # A vector and its own signs: the square root of 2 / pi, for many dimensions.
    assert scores[1] == pytest.approx(0.8, abs=0.05)


def test_an_empty_token_store_opens(tmp_path: Path) -> None:
    TokenStore.write(tmp_path / "tokens", [], [], np.zeros(64, np.float32))
    assert TokenStore.load(tmp_path / "tokens").scores(np.ones((2, 64), np.float32), []).size == 0


def test_blending_moves_a_row_by_how_much_it_stands_out() -> None:
    ranked = [(4, 1.0), (2, 0.9), (9, 0.0)]
    assert [row for row, _ in blended(ranked, [0.1, 0.9, 0.1], 1.0)] == [2, 4, 9]
    assert [row for row, _ in blended(ranked, [0.5, 0.5, 0.5], 1.0)] == [4, 2, 9]


class ByLength(BaseNodePostprocessor):
    """Prefers short texts, and takes its time."""

    seconds: float = 0.0

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        import time

        assert query_bundle is not None
        time.sleep(self.seconds)
        return [NodeWithScore(node=n.node, score=-len(n.node.get_content())) for n in nodes]


def texts(rows: Sequence[int]) -> list[str]:
    return ["x" * (10 - row) for row in rows]


def test_any_postprocessor_reranks() -> None:
    reranker = PostprocessorReranker(ByLength, RerankSettings(batch=2))
    ranked = [(1, 0.9), (3, 0.8), (2, 0.7)]
    assert [row for row, _ in reranker.rerank("q", ranked, texts)] == [3, 2, 1]


def test_what_is_not_judged_in_time_stays_below_in_its_order() -> None:
    settings = RerankSettings(batch=2, seconds=0.01)
    reranker = PostprocessorReranker(lambda: ByLength(seconds=0.05), settings)
    ranked = [(1, 0.9), (3, 0.8), (5, 0.7), (2, 0.6)]
    assert [row for row, _ in reranker.rerank("q", ranked, texts)] == [3, 1, 5, 2]


def test_a_cross_encoder_from_a_folder_reranks(tiny_cross_encoder: Path) -> None:
    settings = RerankSettings(f"cross-encoder:{tiny_cross_encoder}")
    reranker = make_reranker(settings)
    assert reranker is not None
    found = reranker.rerank("graph", [(0, 0.2), (1, 0.1)], lambda rows: ["graph model", "word"])
    assert sorted(row for row, _ in found) == [0, 1]
    assert found == reranker.rerank(
        "graph", [(0, 0.2), (1, 0.1)], lambda _: ["graph model", "word"]
    )


@pytest.fixture(scope="module")
def tiny_cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A randomly initialised BERT that judges pairs, saved by sentence-transformers."""
    from sentence_transformers import CrossEncoder

    folder = tmp_path_factory.mktemp("cross-encoder")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "graph", "model", "word"]
    save_tiny_bert(folder / "bert", words, judges=True)
    CrossEncoder(str(folder / "bert"), device="cpu").save_pretrained(str(folder / "saved"))
    return folder / "saved"


@pytest.mark.parametrize("provider", ["embedded", "none"])
def test_no_model_is_needed_by_default(provider: str) -> None:
    assert make_reranker(RerankSettings(provider)) is None


@pytest.mark.parametrize("provider", ["cross-encoder", "magic", "cross-encoder:/no/such/folder"])
def test_a_wrong_reranker_says_what_is_known(provider: str) -> None:
    with pytest.raises(SettingsError) as raised:
        make_reranker(RerankSettings(provider))
    assert raised.value.hint


def chunk(number: int, text: str, page: int | None, document: str = "d-1") -> Chunk:
    spans = () if page is None else (Span(0, len(text), Box(page, 0, 0, 9, 9)),)
    return Chunk(f"c-{number}", document, f"s-{number}", number, (), text, Language.ZH, spans)


def test_each_page_comes_once_before_any_comes_again() -> None:
    ranked = [
        (0, 0.9, chunk(0, "一", 1)),
        (1, 0.8, chunk(1, "二", 1)),
        (2, 0.7, chunk(2, "一", 5)),  # a copy of the first
        (3, 0.6, chunk(3, "三", 2)),
        (4, 0.5, chunk(4, "四", 1, "d-2")),
    ]
    first, others = by_place(ranked)
    assert ([row for row, _, _ in first], [row for row, _, _ in others]) == ([0, 3, 4], [1])


def test_notes_without_pages_are_told_apart_by_section() -> None:
    ranked = [(n, 1.0 - n, chunk(n, f"节{n}", None)) for n in range(3)]
    assert [row for row, _, _ in by_place(ranked)[0]] == [0, 1, 2]


def test_the_sides_of_a_comparison_have_their_turns() -> None:
    ranked = [(n, 9.0 - n / 4, chunk(n, f"页{n}", n)) for n in range(6)]
    sides = [{0, 1, 2, 3}, {4, 5}]
    assert [row for row, _, _ in in_turns(ranked, sides)][:3] == [0, 4, 1]
    assert in_turns(ranked, sides[:1]) == ranked
    far_ahead = [(0, 9.0, chunk(0, "页", 1)), (1, 8.0, chunk(1, "页页", 2)), (4, 2.0, ranked[4][2])]
    assert [row for row, _, _ in in_turns(far_ahead, sides)] == [0, 1, 4]


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("PPO 为什么要价值网络？优势怎么算？", ["PPO 为什么要价值网络", "优势怎么算"]),
        ("What does PPO clip, and how is GRPO trained?",
         ["What does PPO clip", "how is GRPO trained"]),
        ("门控网络先选专家，那负载怎么均衡？", ["门控网络先选专家", "那负载怎么均衡"]),
        ("GRPO 的优势怎么算？为什么？", []),  # the second part says nothing alone
        ("查询、键和值各是什么？", []),
    ],
)  # fmt: skip
def test_a_question_that_asks_several_things_is_cut(question: str, parts: list[str]) -> None:
    assert parts_of(question) == parts


def test_the_best_passage_of_each_part_is_among_the_first() -> None:
    ranked = [(n, 9.0 - n, chunk(n, f"页{n}", n)) for n in range(9)]
    assert [row for row, _, _ in brought_forward(ranked, [7, 1, 7, 99])] == [
        0,
        1,
        2,
        7,
        3,
        4,
        5,
        6,
        8,
    ]
    assert brought_forward(ranked, []) == ranked


def test_the_second_encoder_gives_a_text_the_same_vector_in_any_company() -> None:
    from index.embedding import make_embedder

    encoder = make_embedder(EmbeddingSettings("embedded-use"), Path("unused"))
    assert not encoder.has_tokens
    alone = encoder.embed_passages(["一个小模型先猜，大模型再检查"])
    among = encoder.embed_passages(["x", "一个小模型先猜，大模型再检查", "a long text " * 200])
    assert (alone[0] == among[1]).all()
    near = encoder.embed_queries(["a small model guesses and a big one checks"])[0]
    far = encoder.embed_queries(["the weather in Paris tomorrow"])[0]
    assert alone[0] @ near > alone[0] @ far + 0.2


def test_token_vectors_come_with_the_same_passage_vectors(models: Path) -> None:
    from index.embedding import make_embedder

    embedder = make_embedder(EmbeddingSettings(), models)
    passages = ["旋转位置编码", "KV cache keeps keys and values"]
    vectors, tokens = embedder.embed_passage_tokens(passages)
    assert np.allclose(vectors, embedder.embed_passages(passages), atol=1e-6)
    assert [len(found) for found in tokens] == [
        len(embedder.embed_passage_tokens([text])[1][0]) for text in passages
    ]
    vector, words = embedder.embed_query_tokens("旋转")
    assert np.allclose(vector, embedder.embed_queries(["旋转"])[0], atol=1e-6)
    assert 1 <= len(words) <= 3  # without prefix and end marks


def test_a_description_is_found_past_what_all_of_its_language_share() -> None:
    texts = ["小家伙先猜几个词", "大家伙一次核对", "a small one guesses"]
    # Two dimensions tell the languages apart, the weaker two what is meant.
    chinese, english = [1.0, 0.0], [0.0, 1.0]
    guess, check = [0.2, 0.0], [0.0, 0.2]
    rows = [chinese + guess, chinese + check, english + guess]
    vectors = np.array(rows, np.float32)
    descriptions = Descriptions(texts, np.array([3, 7, 3]), vectors)
    asked = np.array(english + check, np.float32)
    assert int((vectors @ asked).argmax()) == 2  # only the language is the same
    concepts, standing = descriptions.standing("who verifies it", asked)
    assert concepts.tolist() == [3, 7]
    assert standing[1] > standing[0]


def test_where_nothing_is_described_nothing_is_found() -> None:
    descriptions = Descriptions([], np.zeros(0, np.int64), np.zeros((0, 4), np.float32))
    concepts, standing = descriptions.standing("谁来核对？", np.ones(4, np.float32))
    assert len(concepts) == len(standing) == 0


def test_lists_of_references_stand_behind_what_says_something() -> None:
    listed = "Ho (2020). Denoising Diffusion. arXiv:2006.11239\nSong (2021). Score-Based Models."
    told = "看完 2020 年的论文再读。\nWhat to look at before doing it.\nDoing it."
    rows = [
        (0, 3.0, replace(chunk(0, listed, None), section=("第39课", "参考资料"))),
        (1, 2.0, replace(chunk(1, "扩散模型逐步加噪。", None), section=("第39课", "核心概念"))),
        (2, 1.0, replace(chunk(2, told, None), section=("论文",))),
    ]
    first, others = by_place(rows, references=False)
    assert [row for row, _, _ in first] == [1, 2]
    assert [row for row, _, _ in others] == [0]
    assert [row for row, _, _ in by_place(rows)[0]] == [0, 1, 2]


def test_a_list_of_references_does_not_hide_the_page_it_ends_on() -> None:
    listed = replace(chunk(0, "Ho (2020). Denoising Diffusion.", 7), section=("References",))
    rows = [(0, 2.0, listed), (1, 1.0, chunk(1, "扩散模型逐步加噪。", 7))]
    first, others = by_place(rows, references=False)
    assert [row for row, _, _ in first] == [1]
    assert [row for row, _, _ in others] == [0]


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("扩散模型是哪篇论文提出的？", True),
        ("Which paper proposed diffusion?", True),
        ("扩散模型的paper在哪里？", True),
        ("Whom do they cite?", True),
        ("What is diffusion?", False),
        ("Which city is the example about?", False),
    ],
)
def test_who_asks_for_papers_gets_lists_of_them(question: str, asks: bool) -> None:
    assert asks_for_papers(question) is asks
