"""Names, the lexicon, and the concept graph that a small bilingual course gives."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.graph import GraphIndex, Seed
from index.graph_files import called, described, write_graph
from index.reasons import why
from index.settings import GraphSearchSettings
from ingest.concepts.graph import ConceptGraph, GraphSettings, build_graph
from ingest.concepts.lexicon import Entry, expected_relations, load_lexicon
from ingest.concepts.matching import Name, NameMatcher
from ingest.concepts.mining import Mined
from ingest.concepts.names import name_key
from ingest.concepts.pairs import Pair, abbreviates, pairs
from ingest.concepts.relations import log_likelihood, without_cycles
from ingest.concepts.vocabulary import Vocabulary
from ingest.errors import LexiconError
from ingest.model import (
    Chunk,
    Document,
    DocumentKind,
    DocumentState,
    Evidence,
    Language,
    Relation,
    RelationKind,
)


@pytest.fixture(scope="module")
def lexicon() -> tuple[Entry, ...]:
    return load_lexicon()


# Names


def found(text: str, *names: str, lenient: bool = False) -> list[str]:
    matcher = NameMatcher(Name(name, name) for name in names)
    return [text[one.start : one.end] for one in matcher.find(text, lenient=lenient)]


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("GraphRAG、RAG-Fusion 与 Self-RAG", ["RAG"], []),
        ("RAG 和 RAG-based 系统，用RAG做", ["RAG"], ["RAG", "RAG", "RAG"]),
        (
            "多头注意力机制与注意力机制",
            ["注意力机制", "注意力", "多头注意力"],
            ["多头注意力", "注意力机制"],
        ),
        (
            "KV- Cache、kvcache 和 **KV** cache",
            ["KV cache"],
            ["KV- Cache", "kvcache", "KV** cache"],
        ),
        ("GPT-4 不是 GPT，GPTs 是", ["GPT"], ["GPT", "GPT"]),
        ("ＬｏＲＡ 与 QLoRA", ["LoRA"], ["ＬｏＲＡ"]),
        ("Llama 2 and Llama 3", ["Llama 3", "Llama 2"], ["Llama 2", "Llama 3"]),
        ("we react to it; ReAct agents", ["ReAct"], ["ReAct"]),
        ("用react框架", ["ReAct"], ["react"]),
        ("transformers and a transformer", ["transformer"], ["transformer", "transformer"]),
        ("奖励 {R_1, …, R_G} 与 R1，batch_size", ["R1", "batch size"], ["R1", "batch_size"]),
        ("", ["RAG"], []),
    ],
)
def test_names_are_found_whole(text: str, names: Sequence[str], expected: list[str]) -> None:
    got = found(text, *names)
    assert [one.rstrip("s") for one in got] == [one.rstrip("s") for one in expected]


def test_questions_are_typed_in_lower_case() -> None:
    assert found("what is react", "ReAct") == []
    assert found("what is react", "ReAct", lenient=True) == ["react"]


def test_a_name_of_many_meanings_needs_its_company() -> None:
    matcher = NameMatcher(
        [
            Name("sampling-temperature", "temperature", ("sampling", "采样")),
            Name("distillation-temperature", "temperature", ("蒸馏", "teacher")),
        ]
    )
    assert [f.concept for f in matcher.find("the sampling temperature")] == ["sampling-temperature"]
    assert [f.concept for f in matcher.find("temperature", "知识蒸馏")] == [
        "distillation-temperature"
    ]
    assert matcher.find("the temperature in summer") == []


TEMPERATURES = NameMatcher(
    [
        Name("sampling", "sampling"),
        Name("soft-labels", "软标签"),
        Name(
            "sampling-temperature", "temperature", ("sampling", "采样", "GPU"), ("sampling",)
        ),
        Name(
            "distillation-temperature", "temperature", ("distillation", "蒸馏", "teacher"),
            ("soft-labels",),
        ),
    ]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "around", "named", "meant"),
    [
        # Both are spoken of: the nearer company tells.
        (
            "蒸馏时 temperature 取 4，教师的分布更平。"
            + "很长的一段话，" * 20
            + "最后按概率采样。",
            "",
            (),
            "distillation-temperature",
        ),
        (
            "教师先做蒸馏。" + "很长的一段话，" * 20 + "按概率采样时 temperature 取 0.7。",
            "",
            (),
            "sampling-temperature",
        ),
        # What the lesson or the section is about.
        ("The temperature is 4.", "Lesson 3: Distillation\nLoss", (), "distillation-temperature"),
        ("The temperature is 4.", "", ("soft-labels",), "distillation-temperature"),
        ("The temperature of the 软标签 is 4.", "", (), "distillation-temperature"),
        ("The temperature is 4.", "", (), None),
        # Latin words count whole.
        ("resampling of the temperature", "", (), None),
        ("the temperature of GPUX", "", (), None),
        ("GPU4 和 temperature", "", (), "sampling-temperature"),
        ("BigGPU and temperature", "", (), "sampling-temperature"),
        ("teachers and temperature", "", (), "distillation-temperature"),
    ],
)
def test_the_company_tells_which_of_two_meanings_a_name_has(
    text: str, around: str, named: Sequence[str], meant: str | None
) -> None:
    found = TEMPERATURES.find(text, around, frozenset(named))
    mentions = [one.concept for one in found if text[one.start : one.end] == "temperature"]
    assert mentions == ([meant] if meant else [])


@pytest.mark.parametrize(
    ("section", "text", "meant"),
    [
        # The passage itself has none of the words; its section's other passage names neighbours.
        ("知识蒸馏让学生模仿软标签。", "这里的温度取 4。", "distillation-temperature"),
        ("采样按 logits 挑下一个词。", "这里的温度取 0.7。", "sampling-temperature"),
        ("西红柿和鸡蛋要先洗净。", "锅的温度要高。", None),
        ("多头注意力并行地算。", "每个注意力 head 有 64 维。", "attention-head"),
        (
            "BERT 用于分类。",
            "在上面加一个 classification 用的 head 来训练。",
            "classification-head",
        ),
        ("语言模型的输出。", "最后的 head 给词表里每个词打分，得到 logits。", "lm-head"),
    ],
)
def test_a_shared_name_is_one_concept_a_section(
    section: str, text: str, meant: str | None, lexicon: Sequence[Entry]
) -> None:
    documents, chunks = small_course(["papers.md"])
    said = [
        replace(chunks[0], text=section, section=("节",), section_id="s"),
        replace(chunks[1], text=text, section=("节",), section_id="s"),
    ]
    graph = build_graph(documents, said, (), lexicon, GraphSettings())
    shared = {
        "sampling-temperature", "distillation-temperature", "attention-head",
        "classification-head", "lm-head",
    }  # fmt: skip
    assert shared & graph.weights[chunks[1].id].keys() == ({meant} if meant else set())


def test_spellings_share_a_key() -> None:
    assert len({name_key(name) for name in ("KV cache", "kv-cache", "KVCache", "ＫＶ　cache")}) == 1
    assert name_key("LoRA") != name_key("QLoRA")


@pytest.mark.parametrize(
    ("short", "full", "expected"),
    [
        ("MoE", "Mixture of Experts", True),
        ("LLMs", "Large Language Models", True),
        ("QLoRA", "Quantized Low-Rank Adaptation", True),
        ("RLHF", "Reinforcement Learning from Human Feedback", True),
        ("GQA", "Multi Query Attention", False),
        ("PPO", "policy", False),
        ("CAS", "Direct Answer Score", False),
    ],
)
def test_acronyms_are_made_of_first_letters(short: str, full: str, expected: bool) -> None:
    assert abbreviates(short, full) is expected


def test_a_text_joins_names_in_brackets() -> None:
    text = (
        "参数高效微调（Parameter-Efficient Fine-Tuning, PEFT）冻结权重。"
        "We use a Mixture of Experts (MoE). 温度（Alice）不高。"
    )
    sure = [(pair.one, pair.other) for pair in pairs(text) if pair.is_sure]
    assert sure == [("Parameter-Efficient Fine-Tuning", "PEFT"), ("Mixture of Experts", "MoE")]
    assert Pair("参数高效微调", "PEFT", is_sure=False) in list(pairs(text))


# The lexicon

# Names that look alike and mean different things.
APART = (
    ("LoRA", "QLoRA", "AdaLoRA", "DoRA"),
    ("DPO", "PPO", "GRPO", "DAPO", "GSPO"),
    ("LLaMA", "Llama 2", "Llama 3"),
    ("BERT", "ALBERT", "RoBERTa", "DistilBERT"),
    ("注意力", "多头注意力", "多查询注意力", "分组查询注意力"),
    ("RAG", "GraphRAG", "Self-RAG", "Agentic RAG"),
    ("Qwen2.5", "Qwen3", "Qwen2.5-VL", "Qwen3-VL"),
    ("INT8", "INT4", "FP8", "FP16", "BF16"),
    ("DeepSeek-V2", "DeepSeek-V3", "DeepSeek-R1"),
    ("PTQ", "QAT", "GPTQ", "AWQ"),
    ("FlashAttention", "FlashAttention-2", "PagedAttention", "RadixAttention"),
    ("数据并行", "张量并行", "流水线并行", "专家并行"),
    ("预填充", "解码阶段"),
    ("MHA", "MQA", "GQA", "MLA"),
)


@pytest.mark.parametrize("names", APART, ids=lambda names: names[0])
def test_what_looks_alike_stays_apart(names: Sequence[str], lexicon: Sequence[Entry]) -> None:
    owners = {name_key(name): entry.id for entry in lexicon for name in entry.names}
    owned = [owners.get(name_key(name)) for name in names]
    assert None not in owned, dict(zip(names, owned, strict=True))
    assert len(set(owned)) == len(names)


def test_the_shipped_lexicon_is_bilingual_and_knows_what_it_points_to(
    lexicon: Sequence[Entry],
) -> None:
    assert len(lexicon) >= 400
    assert sum(bool(entry.name_zh) for entry in lexicon) / len(lexicon) > 0.7
    assert all(len(entry.descriptions) >= 4 for entry in lexicon)
    ids = {entry.id for entry in lexicon}
    dangling = {
        other
        for entry in lexicon
        for source, _, target in entry.relations
        for other in (source, target)
        if other not in ids
    }
    assert not dangling


def test_a_course_adds_to_the_lexicon(tmp_path: Path) -> None:
    own = tmp_path / "lexicon.yaml"
    own.write_text(
        "- id: kv-cache\n  zh: 键值存储\n- id: house-rule\n  en: house rule\n  is_a: [kv-cache]\n",
        "utf-8",
    )
    by_id = {entry.id: entry for entry in load_lexicon(own)}
    assert by_id["kv-cache"].name_zh == "键值存储"
    assert "KV cache" in by_id["kv-cache"].names
    expected = expected_relations(tuple(by_id.values()))
    assert expected["house-rule", "kv-cache"] == (RelationKind.IS_A,)
    own.write_text("- id: kv-cache\n  zh: 键值仓库\n", "utf-8")
    os.utime(own, ns=(1, 1))
    assert {entry.id: entry for entry in load_lexicon(own)}["kv-cache"].name_zh == "键值仓库"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id: kv-cache", "not a list"),
        ("- en: nameless", "entry 1 has no id"),
        ("- id: x\n  en: x\n  colour: red", "unknown key 'colour'"),
        ("- id: x\n  en: x\n  aliases: KV", "aliases is not a list"),
        ("- id: x\n  en: x\n  ambiguous: [a]", "ambiguous does not list"),
        ("- id: x", "'x' has no name"),
        ("- id: x\n  en: KV-cache", "names two lexicon entries"),
        ("- [", "can't be read"),
    ],
)
def test_a_wrong_lexicon_names_the_file_and_the_entry(
    text: str, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(LexiconError, match=words) as raised:
        load_lexicon(file)
    assert raised.value.hint


# The graph of a small course

TEXTS = {
    "07_推测解码.md": (
        "推测解码",
        [
            "推测解码（speculative decoding）是一种加速自回归解码的方法。",
            "推测解码使用草稿模型先写出几个词，再由目标模型一次验证。",
            "Medusa 是推测解码的一种变体。",
        ],
    ),
    "cache.md": (
        "KV cache",
        [
            "The KV cache keeps keys and values of earlier tokens.",
            "PagedAttention uses the KV cache in blocks.",
            "PagedAttention does not use the draft model.",
        ],
    ),
    "papers.md": (
        "KV cache 与论文",
        [
            "PagedAttention 的论文：https://arxiv.org/abs/2309.06180",
            "草稿模型先写，目标模型再验证，这里的论文是别的。",
            "Leviathan 等人提出推测解码，用来加速。",
            "读一读 ReAct: Synergizing Reasoning and Acting in Language Models 这一篇。",
            "ReAct 的动作由智能体执行，翻译要给出原文，RAG 要给出出处。",
        ],
    ),
    "attention.md": (
        "Zebra 注意力",
        [
            "Striped Zebra Attention (SZA) 把长序列切成条带。SZA 很快。",
            "我们把 SZA 与 KV 缓存放在一起：SZA 读取键值缓存。",
            "SZA 与 KV 缓存的组合在长文本上更省显存。键值缓存让 SZA 少读一遍。",
        ],
    ),
}


def small_course(files: Sequence[str] = tuple(TEXTS)) -> tuple[list[Document], list[Chunk]]:
    documents, chunks = [], []
    for path in files:
        title, texts = TEXTS[path]
        documents.append(
            Document(
                id=f"d-{path}",
                collection="course",
                path=path,
                file="",
                title=title,
                format="markdown",
                kind=DocumentKind.MATERIAL,
                state=DocumentState.INDEXED,
                sha256="",
                size=0,
                language=Language.ZH,
            )
        )
        chunks += [
            Chunk(f"c-{path}-{n}", f"d-{path}", f"s-{path}", n, (title,), text, Language.ZH)
            for n, text in enumerate(texts)
        ]
    return documents, chunks


@pytest.fixture(scope="module")
def graph(lexicon: Sequence[Entry]) -> ConceptGraph:
    return build_graph(*small_course(), (), lexicon, GraphSettings())


def relation(graph: ConceptGraph, source: str, kind: str, target: str) -> Relation | None:
    return next(
        (r for r in graph.relations if (r.source, r.kind, r.target) == (source, kind, target)), None
    )


def test_both_languages_name_one_concept(graph: ConceptGraph) -> None:
    cache = next(c for c in graph.concepts if c.id == "kv-cache")
    assert {"KV 缓存", "键值缓存"} & {cache.name_zh, *cache.aliases}
    told = {chunk for chunk, weights in graph.weights.items() if "kv-cache" in weights}
    assert {"c-cache.md-0", "c-attention.md-1", "c-attention.md-2"} <= told


def test_the_material_brings_its_own_concepts(graph: ConceptGraph) -> None:
    own = [c for c in graph.concepts if c.name_en == "Striped Zebra Attention"]
    assert len(own) == 1
    assert "SZA" in own[0].aliases


def test_a_name_without_its_kind_is_the_same_name(lexicon: Sequence[Entry]) -> None:
    vocabulary = Vocabulary(lexicon, Mined(("Bradley-Terry", "Zebra-Terry"), ()))
    owners = {key: known.id for known in vocabulary.concepts.values() for key in known.names}
    assert owners[name_key("Bradley-Terry")] == owners[name_key("Bradley-Terry model")]
    assert owners[name_key("Zebra-Terry")].startswith("c-")


def test_products_are_called_what_the_lexicon_calls_them(lexicon: Sequence[Entry]) -> None:
    known = Vocabulary(
        lexicon, Mined((), (Pair("新闪电", "FlashAttention", is_sure=True),))
    ).concepts
    # Their translations are names to find them by, and no main names.
    for concept in ("flashattention", "megatron-lm", "gpt-3", "falcon"):
        assert known[concept].name_zh == ""
        assert any(not name.isascii() for name in known[concept].names.values())


def test_only_what_the_material_names_is_in_the_graph(graph: ConceptGraph) -> None:
    ids = {concept.id for concept in graph.concepts}
    assert "medusa" in ids
    assert "adamw" not in ids


def test_sentences_state_relations(graph: ConceptGraph) -> None:
    assert relation(graph, "speculative-decoding", "uses", "draft-model")
    assert relation(graph, "medusa", "variant_of", "speculative-decoding")
    assert relation(graph, "pagedattention", "uses", "kv-cache")
    assert relation(graph, "pagedattention", "uses", "draft-model") is None  # it says "not"


def test_papers_are_named_where_the_material_names_them(graph: ConceptGraph) -> None:
    proposed = {r.source: r for r in graph.relations if r.kind is RelationKind.PROPOSED_IN}
    assert proposed["pagedattention"].target == "2309.06180"
    assert proposed["speculative-decoding"].target == "2211.17192"
    assert "提出推测解码" in proposed["speculative-decoding"].evidence[0].quote
    assert proposed["react"].target == "2210.03629"  # by its title
    assert "draft-model" not in proposed
    assert "rag" not in proposed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vLLM、SGLang 等框架都实现了它。", True),
        ("与 vLLM 相比，SGLang 复用前缀。", True),
        ("蒸馏时算 SGLang 的输出和 vLLM 的输出。", False),
        ("LoRA 直接替代 vLLM。", True),
        ("LoRA 替代 vLLM 中的缓存策略。", False),
    ],
)
def test_alternatives_are_named_as_such(
    text: str, expected: bool, lexicon: Sequence[Entry]
) -> None:
    documents, chunks = small_course(["papers.md"])
    said = [replace(chunks[0], text=text)]
    graph = build_graph(documents, said, (), lexicon, GraphSettings())
    found = [r for r in graph.relations if r.kind is RelationKind.ALTERNATIVE_TO]
    assert bool(found) is expected


def test_the_best_sentence_comes_first(lexicon: Sequence[Entry]) -> None:
    documents, chunks = small_course(["papers.md"])
    said = [
        replace(chunks[0], text="草稿模型，推测解码。"),
        replace(chunks[1], text="推测解码需要使用一个小得多的草稿模型。"),
    ]
    graph = build_graph(documents, said, (), lexicon, GraphSettings())
    uses = relation(graph, "speculative-decoding", "uses", "draft-model")
    assert uses is not None
    assert "使用" in uses.evidence[0].quote


def test_every_relation_has_verbatim_evidence(graph: ConceptGraph) -> None:
    _, chunks = small_course()
    texts = {chunk.id: chunk.text for chunk in chunks}
    assert graph.relations
    for one in graph.relations:
        assert one.evidence
        for evidence in one.evidence:
            assert evidence.quote in texts[evidence.chunk_id]


def test_a_definition_is_the_sentence_that_says_what_it_is(graph: ConceptGraph) -> None:
    decoding = next(c for c in graph.concepts if c.id == "speculative-decoding")
    assert decoding.definition is not None
    assert decoding.definition.quote.startswith("推测解码（speculative decoding）是一种")


def test_a_document_takes_exactly_its_share_away(lexicon: Sequence[Entry]) -> None:
    files = list(TEXTS)
    without = build_graph(*small_course(files[:2]), (), lexicon, GraphSettings())
    again = build_graph(*small_course(files[1::-1]), (), lexicon, GraphSettings())
    assert {c.id for c in without.concepts} == {c.id for c in again.concepts}
    assert not [c for c in without.concepts if "SZA" in c.aliases]
    assert all(e.document_id != "d-attention.md" for r in without.relations for e in r.evidence)


@pytest.mark.parametrize(
    ("seeds", "chunk", "path", "place"),
    [
        # What the passage states of the concept, what it is about, and what leads there.
        (
            ["speculative-decoding"],
            "07_推测解码.md-1",
            ("目标模型", "part_of", "推测解码"),
            "07_推测解码.md-1",
        ),
        # Most passages tell of the KV cache: that leads nowhere in particular.
        (["pagedattention"], "cache.md-1", ("分页注意力",), None),
        (["pagedattention"], "cache.md-2", ("分页注意力",), None),
        (["medusa"], "07_推测解码.md-0", ("Medusa", "is_a", "推测解码"), "07_推测解码.md-2"),
        (["medusa"], "papers.md-3", None, None),
        ([], "cache.md-0", None, None),
    ],
)
def test_the_graph_tells_why_it_leads_to_a_passage(
    graph: ConceptGraph,
    tmp_path: Path,
    seeds: Sequence[str],
    chunk: str,
    path: tuple[str, ...] | None,
    place: str | None,
) -> None:
    documents, chunks = small_course()
    rows = [one.id for one in chunks]
    index = stored(graph, rows, tmp_path)
    row = rows.index(f"c-{chunk}")
    chosen = [Seed(concept, 1.0) for concept in seeds]
    found = why(index, chosen, row, chunks[row], {one.id: one for one in documents})
    assert (found.path if found else None) == path
    quotes = [quote.text for quote in found.evidence[:1]] if found else []
    assert quotes == ([chunks[rows.index(f"c-{place}")].text] if place else [])


def stored(graph: ConceptGraph, rows: Sequence[str], folder: Path) -> GraphIndex:
    """A graph with descriptions whose vectors point each its own way, names the other way."""
    about, names = described(graph), called(graph)
    owners = [concept for concept, _ in names]
    axes = np.eye(len(owners) + 1, dtype=np.float32)
    vectors = np.stack([axes[owners.index(concept)] for concept, _ in about])
    write_graph(folder / "graph", graph, rows, vectors, axes[1:])
    return GraphIndex.load(folder / "graph", GraphSearchSettings())


def test_a_question_is_drawn_to_the_names_of_what_it_describes(
    graph: ConceptGraph, tmp_path: Path
) -> None:
    _, chunks = small_course()
    index = stored(graph, [one.id for one in chunks], tmp_path)
    concepts = [concept for concept, _ in called(graph)]
    asked = np.eye(len(concepts) + 1, dtype=np.float32)[0]
    question = "小家伙先猜后面几个字，大家伙一次批改，怎么工作？"
    first, *_ = meant = index.meant(question, [], asked)
    assert first.concept == concepts[0]
    towards = index.towards(asked, meant)
    names = np.eye(len(concepts) + 1, dtype=np.float32)[1]
    assert towards @ names > asked @ names
    assert towards @ asked > towards @ names  # what was asked still counts most
    assert index.meant(question, [concepts[0]], asked) == meant[1:]
    assert not index.meant("批改作业", [], asked)  # a name describes nothing
    beside_names = index.meant(question, concepts[1:3], asked)
    assert beside_names[0].strength == pytest.approx(first.strength / 2)
    assert index.towards(asked, []) == pytest.approx(asked)


def edge(source: str, target: str, evidence: int = 1) -> Relation:
    quotes = tuple(Evidence("d", "c", None, f"{n}") for n in range(evidence))
    return Relation(source, RelationKind.PREREQUISITE_OF, target, quotes)


def test_prerequisites_form_no_cycle() -> None:
    weakest = edge("c", "a")
    relations = [edge("a", "b", 3), edge("b", "c", 2), weakest, edge("a", "c")]
    kept = without_cycles(relations)
    assert weakest not in kept
    assert len(kept) == 3


def test_words_that_always_go_together_are_related() -> None:
    assert log_likelihood(8, 8, 8, 1000) > 50
    assert log_likelihood(1, 100, 100, 1000) == 0


# The command line

Command = Callable[..., Any]

NOTES = {
    "01 推测解码.md": "# 推测解码\n\n## 核心概念\n\n"
    "推测解码（speculative decoding）是一种加速自回归解码的方法。"
    "推测解码使用草稿模型先写出几个词，再由目标模型一次验证，结果的分布不变。\n",
    "02 KV cache.md": "# KV cache\n\n"
    "The KV cache keeps keys and values of earlier tokens, so that each step computes one token. "
    "PagedAttention uses the KV cache in blocks of fixed size.\n",
    "03 做饭.md": "# 西红柿炒蛋\n\n"
    "先把鸡蛋打散，热锅放油，炒到凝固盛出；再炒西红柿，最后一起翻匀。\n",
}


def write_notes(folder: Path, names: Sequence[str] = tuple(NOTES)) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(NOTES[name], "utf-8")
    return folder


def test_concepts_on_the_command_line(coursegraph: Command, tmp_path: Path) -> None:
    assert coursegraph("ingest", write_notes(tmp_path / "course")).code == 0
    shown = coursegraph("concepts", "show", "投机解码", "--json").json
    assert shown["id"] == "speculative-decoding"
    assert set(shown) == {
        "id", "name_zh", "name_en", "aliases", "definition", "documents", "relations", "lessons",
        "papers",
    }  # fmt: skip
    assert shown["definition"]["citation"]["document"] == "01 推测解码.md"
    assert {"document", "page", "quote"} <= set(shown["definition"]["citation"])
    uses = [r for r in shown["relations"] if r["relation"] == "uses"]
    assert [(r["target"], r["direction"]) for r in uses] == [("draft-model", "out")]
    path = coursegraph("concepts", "path", "PagedAttention", "--json").json
    assert path["steps"][-1]["id"] == "pagedattention"
    assert "kv-cache" in [step["id"] for step in path["steps"]]
    listed = coursegraph("concepts", "list", "--json").json["concepts"]
    assert {"kv-cache", "draft-model"} <= {concept["id"] for concept in listed}
    missing = coursegraph("concepts", "show", "量子计算")
    assert missing.code == 1
    assert "names no concept '量子计算'" in missing.err
    for form in ("json", "graphml"):
        out = tmp_path / f"graph.{form}"
        assert coursegraph("graph", "export", "--format", form, "--out", out).code == 0
        assert "speculative-decoding" in out.read_text("utf-8")


def test_a_hit_tells_how_it_hangs_together_with_the_question(
    coursegraph: Command, tmp_path: Path
) -> None:
    assert coursegraph("ingest", write_notes(tmp_path / "course")).code == 0
    question = "PagedAttention 怎么存？"
    hits = coursegraph("search", question, "--json").json["hits"]
    reasons = {hit["document"]: hit["why"] for hit in hits}
    assert reasons["02 KV cache.md"]["path"] == ["分页注意力", "uses", "键值缓存"]
    (evidence,) = reasons["02 KV cache.md"]["evidence"]
    assert (evidence["document"], evidence["page"]) == ("02 KV cache.md", None)
    assert evidence["quote"] in NOTES["02 KV cache.md"]
    assert reasons["03 做饭.md"] is None
    shown = coursegraph("search", question).out
    assert "分页注意力 → uses → 键值缓存, 02 KV cache.md" in shown


def test_the_same_files_give_the_same_bytes(
    coursegraph: Command, models: Path, tmp_path: Path
) -> None:
    from conftest import command_over

    names = list(NOTES)
    assert coursegraph("ingest", write_notes(tmp_path / "one" / "course")).code == 0
    first = coursegraph("graph", "export").out
    other = command_over(tmp_path / "elsewhere", models)
    folder = write_notes(tmp_path / "two" / "course", names[:1])
    assert other("ingest", folder).code == 0
    for name in names[:0:-1]:
        (folder / name).write_text(NOTES[name], "utf-8")
        assert other("ingest", folder).code == 0
    assert other("graph", "export").out == first
    (folder / names[0]).unlink()
    assert other("ingest", folder).code == 0
    third = command_over(tmp_path / "third", models)
    assert third("ingest", write_notes(tmp_path / "three" / "course", names[1:])).code == 0
    assert other("graph", "export").out == third("graph", "export").out


def test_everyday_words_lead_to_the_concept(coursegraph: Command, tmp_path: Path) -> None:
    assert coursegraph("ingest", write_notes(tmp_path / "course")).code == 0
    question = "能不能让小模型先打个草稿，再让大模型一口气检查一遍？"
    hits = coursegraph("search", question, "--json").json["hits"]
    assert hits[0]["document"] == "01 推测解码.md"
    assert "graph" in hits[0]["found_by"]
    answer = coursegraph("ask", "PagedAttention 怎么用键值缓存？", "--json").json
    assert [concept["id"] for concept in answer["concepts"]] == ["pagedattention", "kv-cache"]
    in_chinese = coursegraph("search", "键值缓存", "--mode", "lexical", "--json").json["hits"]
    assert in_chinese[0]["document"] == "02 KV cache.md"
