"""Papers: the facts, where documents name them, and what they are to a document."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.corpus import Corpus
from ingest.errors import PapersError
from ingest.model import (
    Box,
    Chunk,
    Document,
    DocumentKind,
    DocumentState,
    Language,
    Link,
    NamedBy,
    Paper,
    PaperMention,
    PaperRole,
    Reference,
    Section,
    SectionKind,
    Span,
)
from ingest.paper_facts import (
    alike_titles,
    is_arxiv_id,
    load_papers,
    paper_from,
    paper_values,
    papers_by_id,
    read_papers,
    shipped_papers,
)
from ingest.papers.finding import PaperFinder
from ingest.papers.roles import mentions_of
from ingest.papers.stage import find_papers

FINDER = PaperFinder(shipped_papers())
LORA, QLORA, PPO, GRPO = "2106.09685", "2305.14314", "1707.06347", "2402.03300"


def test_the_facts_that_ship_are_sound() -> None:
    papers = shipped_papers()
    assert len(papers) >= 1213
    assert not alike_titles(papers)
    assert papers_by_id(papers)[LORA].url == "https://arxiv.org/abs/2106.09685"
    for paper in papers:
        assert paper_from(json.loads(json.dumps(_plain(paper))), "here") == paper


def _plain(paper: Paper) -> dict[str, object]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in paper_values(paper).items()}


@pytest.mark.parametrize(
    ("text", "well"),
    [
        ("2106.09685", True),
        ("1409.0473", True),
        ("cs/0112017", True),
        ("2106.9685", False),  # five digits since 2015
        ("1409.04730", False),
        ("2113.09685", False),  # no month
        ("2106.00000", False),
        ("2106.09685v2", False),
    ],
)
def test_arxiv_ids_are_checked(text: str, well: bool) -> None:
    assert is_arxiv_id(text) is well


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"arxiv_id": "2106.9685", "title": "T"}', "'2106.9685' is no arXiv id"),
        ('{"arxiv_id": "2106.09685", "title": "T", "year": 2011}', "year 2011, but"),
        ('{"arxiv_id": "2106.09685"}', "no title"),
        ('{"title": "T"}', "no arxiv_id and no id"),
        ('{"id": "x", "title": "T", "yaer": 2020}', "unknown field 'yaer'"),
        ('{"id": "x", "title": "T", "names": "T"}', "names is no list of texts"),
        ('{"id": "x", "title": "T", "exact": ["A"]}', "'A' is none of its names"),
        ("[1]", "not an object"),
        ("{", "not JSON"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "papers.jsonl"
    file.write_text('\n{"id": "a", "title": "Another"}\n' + line, "utf-8")
    with pytest.raises(PapersError, match="line 3") as raised:
        read_papers(file)
    assert says in str(raised.value)


def test_one_paper_twice_is_an_error_and_a_list_of_ones_own_comes_over_what_ships(
    tmp_path: Path,
) -> None:
    file = tmp_path / "papers.jsonl"
    file.write_text('{"id": "a", "title": "One"}\n{"id": "b", "title": "ONE."}', "utf-8")
    with pytest.raises(PapersError, match="a and b have one title"):
        read_papers(file)
    own = {"arxiv_id": LORA, "title": "LoRA", "names": ["LoRA"]}
    file.write_text(json.dumps(own) + "\n", "utf-8")
    papers = papers_by_id(load_papers(file))
    assert papers[LORA].title == "LoRA"
    assert len(papers) == len(shipped_papers())


def found(
    *texts: str,
    title: str = "笔记",
    headings: Sequence[str] = (),
    links: Sequence[Link] = (),
    references: Sequence[Reference] = (),
) -> dict[str, list[PaperMention]]:
    document, chunks = _document(texts, title, links)
    sections = [Section(f"s{n}", "d", n, 2, (h,)) for n, h in enumerate(headings)]
    mentions: dict[str, list[PaperMention]] = {}
    for one in mentions_of("d", FINDER.find(document, sections, chunks, references)):
        mentions.setdefault(one.paper, []).append(one)
    return mentions


def _document(
    texts: Sequence[str], title: str, links: Sequence[Link] = ()
) -> tuple[Document, list[Chunk]]:
    document = Document(
        "d", "c", "a.md", "", title, "md", DocumentKind.MATERIAL, DocumentState.INDEXED, "", 0,
        Language.ZH, links=tuple(links),
    )  # fmt: skip
    chunks = [
        Chunk(f"c{n}", "d", "s0", n, ("笔记",), text, Language.ZH) for n, text in enumerate(texts)
    ]
    return document, chunks


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        ("先看QLoRA怎么做。", {QLORA}),  # and not LoRA
        ("低秩适配lora在这里", {LORA}),
        ("对比GRPO/PPO的差别", {GRPO, PPO}),
        ("Qwen3-8B 的结果", {"2505.09388"}),
        ("梯度 clip 到 1，zero 初始化", set()),  # CLIP and ZeRO in another spelling are words
        ("用 CLIP 做图文对齐，再用 ZeRO-1", {"2103.00020", "1910.02054"}),
        ("状态 s1、s2 和 s3，回报 r_1", set()),
        ("s1 (Muennighoff et al., 2025) scales at test time", {"2501.19393"}),
        ("This is based on more steps", set()),
        ("Transformer 的结构", set()),  # everybody speaks of it
        ("Transformer（Vaswani et al., 2017）的结构", {"1706.03762"}),
        ("论文《Transformer》", {"1706.03762"}),
        ("在 MMLU 上得到 70 分", {"2009.03300"}),
        ("用 BERT 做编码器", set()),  # a base model in passing
        ("BERT [12] is an encoder", {"1810.04805"}),
        ("BERT 是编码器。BERT 双向。BERT 先预训练。BERT 再微调。BERT 很小。", {"1810.04805"}),
        ("GLM-4 和 GLM-4、GLM-4、GLM-4-flash、GLM-4-flash", set()),  # a product is another thing
        ("推理用 chunked prefill 提高吞吐", set()),  # words that describe a thing
        ("chunked prefill (Agrawal et al., 2023)", {"2308.16369"}),
        ("见 arXiv:2106.09685v2 一文", {LORA}),
        ("https://arxiv.org/pdf/2106.09685.pdf", {LORA}),
        ("https://huggingface.co/papers/2305.14314", {QLORA}),
        ("doi 10.48550/arXiv.2106.09685", {LORA}),
        ("提出于 LoRA: Low-Rank Adaptation\nof Large Language Models", {LORA}),
        ("Blockwise (Stern et al., 2018) decodes in parallel", {"1811.03115"}),
        ("未知的 arXiv:2401.99998 也算", {"2401.99998"}),
        ("编号 2106.09685 元", set()),  # a number alone is no id
    ],
)
def test_names_titles_and_ids_are_found(text: str, papers: set[str]) -> None:
    assert set(found(text)) == papers


def test_a_mention_quotes_the_words_where_it_stands() -> None:
    text = "前文。QLoRA 把权重量化成 4 比特。后文。"
    (mention,) = found(text)[QLORA]
    assert mention.quote == "QLoRA 把权重量化成 4 比特。"
    assert mention.named_by is NamedBy.NAME
    long = "字" * 400 + "QLoRA" + "句" * 400
    (mention,) = found(long)[QLORA]
    assert mention.quote in long
    assert "QLoRA" in mention.quote
    assert len(mention.quote) <= 240


def test_link_annotations_name_papers_that_the_text_does_not() -> None:
    link = Link("原论文", "https://arxiv.org/abs/2305.14314v3")
    (mention,) = found("见原论文。", links=[link])[QLORA]
    assert (mention.named_by, mention.quote) == (NamedBy.LINK, "见原论文。")


def test_entries_of_reference_lists_are_matched_by_title() -> None:
    entry = "[1] Hu et al. Lora: low rank adaption of large language models. ICLR 2022."
    title = "Lora: low rank adaption of large language models"
    reference = Reference("d", "s0", None, entry, title, "", "")
    (mention,) = found("正文", references=[reference])[LORA]
    assert (mention.named_by, mention.quote) == (NamedBy.REFERENCE, entry)


@pytest.mark.parametrize(
    ("title", "headings", "text", "about", "cites"),
    [
        ("QLoRA 精读", [], "QLoRA 与 LoRA、LoRA、LoRA 相比", {QLORA}, {LORA}),
        ("高效微调", ["LoRA", "QLoRA"], "先讲 LoRA，再讲 QLoRA；对照 PPO。", {LORA, QLORA}, {PPO}),
        ("高效微调", [], "LoRA: Low-Rank Adaptation of Large Language Models 一文；另见 PPO。",
         {LORA}, {PPO}),
        # A heading that names several, or one amid other words, is no section about it.
        ("服务系统", ["多 LoRA 服务", "PPO 与 QLoRA"], "LoRA、PPO 与 QLoRA 都要服务", set(),
         {LORA, PPO, QLORA}),
        ("Qwen2.5 系列", ["Qwen2.5-VL", "LoRA"], "Qwen2.5 [1] 有 Qwen2.5-VL，用 LoRA 微调",
         {"2412.15115", "2502.13923"}, {LORA}),
        # A note that has an address for each of many papers is about none of them.
        ("综述", [], "arXiv:2106.09685 arXiv:2305.14314 arXiv:1707.06347", set(),
         {LORA, QLORA, PPO}),
    ],
)  # fmt: skip
def test_a_document_is_about_some_papers_and_cites_others(
    title: str, headings: list[str], text: str, about: set[str], cites: set[str]
) -> None:
    mentions = found("开头", "说明", text, title=title, headings=headings)
    roles = {paper: {m.role for m in places} for paper, places in mentions.items()}
    assert {paper for paper, role in roles.items() if role == {PaperRole.ABOUT}} == about
    assert {paper for paper, role in roles.items() if role == {PaperRole.CITES}} == cites


def test_what_a_reference_list_holds_is_cited() -> None:
    sections = [
        Section("s0", "d", 0, 1, ("笔记",)),
        Section("s1", "d", 1, 2, ("参考资料",), kind=SectionKind.REFERENCES),
    ]
    document, (chunk,) = _document(["LoRA: Low-Rank Adaptation, arXiv:2106.09685"], "笔记")
    named = FINDER.find(document, sections, [replace(chunk, section_id="s1")], ())
    mentions = mentions_of("d", named)
    assert {m.named_by for m in mentions} == {NamedBy.REFERENCE}
    assert {m.role for m in mentions} == {PaperRole.CITES}


def test_labels_of_a_drawing_cite_nothing() -> None:
    text = "LoRA mistralai/Mistral-7B-v0.1"
    document, (chunk,) = _document([text], "笔记")
    drawn = Span(0, len(text), Box(1, 0, 0, 9, 9), confidence=0.9)
    named = FINDER.find(document, (), [replace(chunk, spans=(drawn,))], ())
    assert not named.places


def test_mentions_are_found_once_and_go_with_their_document(tmp_path: Path) -> None:
    with Corpus(tmp_path / "corpus.db") as corpus:
        document, chunks = _document(["LoRA 与 PPO"], "笔记")
        corpus.put(document, (), chunks, {"read": "1"})
        assert find_papers(corpus, shipped_papers()) == 1
        assert {one.paper for one in corpus.mentions.all()} == {LORA, PPO}
        assert find_papers(corpus, shipped_papers()) == 0
        own = (*shipped_papers(), Paper("own", "A paper of ours", names=("与",)))
        assert find_papers(corpus, own) == 1  # other facts: every document is looked at again
        assert find_papers(corpus, shipped_papers()) == 1
        corpus.put(document, (), chunks[:0], {"read": "2"})
        assert find_papers(corpus, shipped_papers()) == 1
        assert corpus.mentions.all() == []
        corpus.put(document, (), chunks, {"read": "1"})
        find_papers(corpus, shipped_papers())
        corpus.remove([document.id])
        assert corpus.mentions.all() == []
