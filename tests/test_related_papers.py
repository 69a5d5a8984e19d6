"""Related papers: what a query is taken for, the groups and reasons, and the ways to ask."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from app.api import create_app
from app.api.services import Services
from app.assistant import Assistant
from app.conversations.chat import Chat
from app.conversations.store import ConversationStore
from app.errors import BadRequest
from app.jobs import JobRunner
from app.settings import Settings, load_settings
from app.wiring import ingest, make_assistant, remove
from conftest import command_over, environment
from index.errors import UnknownPaper, UnknownSource
from index.papers.model import Group, QueryKind
from index.papers.reasons import titled_after
from ingest.paper_facts import papers_by_id, shipped_papers

LORA, QLORA, PPO, GRPO = "2106.09685", "2305.14314", "1707.06347", "2402.03300"
NOTE = """# QLoRA 精读

QLoRA 把冻结的权重量化成 4 比特的 NF4，再训练 LoRA 适配器。

## 参考资料

1. [LoRA: Low-Rank Adaptation of Large Language Models](https://arxiv.org/abs/2106.09685)
2. A Paper that Nobody Knows. https://arxiv.org/abs/2401.99998
"""
OTHER = """# 强化学习

GRPO 去掉了 PPO 的价值模型，用组内相对优势代替。
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Settings:
    folder = tmp_path_factory.mktemp("papers")
    environment(folder / "data", models)
    settings = load_settings(data=folder / "data")
    course = folder / "course"
    course.mkdir()
    (course / "qlora.md").write_text(NOTE, "utf-8")
    (course / "rl.md").write_text(OTHER, "utf-8")
    ingest(settings, [course])
    return settings


@pytest.fixture(scope="module")
def assistant(settings: Settings) -> Assistant:
    return make_assistant(settings)


@pytest.fixture(scope="module")
def client(settings: Settings, assistant: Assistant) -> Iterator[httpx.Client]:
    chat = Chat(assistant, ConversationStore(settings.conversations_file))
    app = create_app(Services(settings, assistant, JobRunner(settings), chat))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize(
    ("query", "kind", "identity"),
    [
        ("2106.09685", QueryKind.PAPER, LORA),
        ("arXiv:2106.09685v2", QueryKind.PAPER, LORA),
        ("https://arxiv.org/abs/2106.09685", QueryKind.PAPER, LORA),
        ("QLoRA: Efficient Finetuning of Quantized LLMs", QueryKind.PAPER, QLORA),
        ("QLora: Eficient Fintuning of Quantised LLMs", QueryKind.PAPER, QLORA),  # slips
        ("qlora", QueryKind.PAPER, QLORA),
        ("QLorra", QueryKind.PAPER, QLORA),
        ("YaRN：大模型上下文窗口扩展", QueryKind.PAPER, "2309.00071"),
        ("Medusa 多头投机解码", QueryKind.PAPER, "2401.10774"),
        ("LoRA 和 QLoRA 的区别", QueryKind.TEXT, ""),
        ("过程奖励模型", QueryKind.CONCEPT, "process-reward-model"),
        ("KV cache eviction", QueryKind.CONCEPT, "kv-cache-eviction"),
        ("第 25 课", QueryKind.LESSON, "25"),
        ("rl.md", QueryKind.DOCUMENT, "rl.md"),
        ("怎样把微调做得更省显存", QueryKind.TEXT, ""),
    ],
)
def test_a_query_is_taken_for_what_it_names(
    assistant: Assistant, query: str, kind: QueryKind, identity: str
) -> None:
    found = assistant.related_papers(query, 5)
    assert (found.resolved.kind, found.resolved.id) == (kind, identity)
    assert len(found.papers) == 5
    assert identity not in {one.paper.id for one in found.papers}
    assert all(one.reasons for one in found.papers)


def test_kin_comes_first_and_says_why(assistant: Assistant) -> None:
    found = {one.paper.id: one for one in assistant.related_papers(QLORA, 20).papers}
    lora = found[LORA]
    assert lora.group is Group.BUILDS_ON
    cites = next(reason for reason in lora.reasons if reason.kind == "cites")
    note = NOTE
    assert cites.evidence
    assert all(quote.text in note for quote in cites.evidence)
    assert lora.documents == ("qlora.md",)
    assert 25 in lora.lessons
    back = {one.paper.id: one for one in assistant.related_papers(LORA, 20).papers}
    assert back[QLORA].group is Group.VARIANTS


def test_named_together_is_a_reason_with_its_sentence(assistant: Assistant) -> None:
    found = {one.paper.id: one for one in assistant.related_papers(GRPO, 30).papers}
    together = [r for r in found[PPO].reasons if r.kind in ("cited_together", "cites")]
    assert any(quote.text in OTHER for reason in together for quote in reason.evidence)


def test_a_document_leads_to_the_papers_that_it_names(assistant: Assistant) -> None:
    found = [one.paper.id for one in assistant.related_papers("rl.md", 10).papers]
    assert {GRPO, PPO} <= set(found)


def test_the_paper_that_brought_a_concept_is_among_the_first(assistant: Assistant) -> None:
    found = assistant.related_papers("Transformer", 3)
    assert found.resolved.kind is QueryKind.CONCEPT
    assert "1706.03762" in {one.paper.id for one in found.papers}


def test_a_topic_in_common_is_no_descent(assistant: Assistant) -> None:
    found = assistant.related_papers("2401.18059", 10).papers  # RAPTOR
    groups = {one.paper.id: one.group for one in found}
    assert list(groups.values()).count(Group.SAME_TOPIC) >= 8


def test_both_languages_find_the_same_topic(assistant: Assistant) -> None:
    zh, en = (
        {one.paper.id for one in assistant.related_papers(query, 10).papers}
        for query in ("投机解码", "speculative decoding")
    )
    assert len(zh & en) >= 6


@pytest.mark.parametrize(("query", "says"), [("2106.09686", LORA), ("2106.9", "no arXiv id")])
def test_an_unknown_id_names_the_nearest(assistant: Assistant, query: str, says: str) -> None:
    with pytest.raises(UnknownPaper) as raised:
        assistant.related_papers(f"{query}")
    assert says in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize(
    ("query", "says"), [("第 99 课", "1 to 40"), ("rll.md", "Nearest: rl.md"), ("x.pdf", "Nearest")]
)
def test_an_unknown_lesson_or_document_is_told(assistant: Assistant, query: str, says: str) -> None:
    with pytest.raises(UnknownSource) as raised:
        assistant.related_papers(query)
    assert says in str(raised.value.hint)


@pytest.mark.parametrize("query", ["投机解码综述", "a survey of speculative decoding"])
def test_a_survey_that_is_asked_for_is_among_the_first(assistant: Assistant, query: str) -> None:
    found = [one.paper.id for one in assistant.related_papers(query, 3).papers]
    assert "2401.07851" in found


def test_words_that_name_nothing_say_so(assistant: Assistant) -> None:
    assert assistant.related_papers("QLoRA 和 LoRA 的区别").hint is None
    hint = assistant.related_papers("quorra").hint
    assert hint is not None
    assert "QLoRA" in hint


def test_a_lesson_without_a_note_begins_with_what_its_papers_are_about(
    assistant: Assistant,
) -> None:
    found = assistant.related_papers("第 22 课", 10).papers
    assert "2203.02155" in {one.paper.id for one in found}  # InstructGPT


def test_a_name_of_two_things_means_the_one_whose_words_stand_there(assistant: Assistant) -> None:
    found = assistant.related_papers("mixture of experts load balancing", 5).papers
    assert "2408.15664" in {one.paper.id for one in found}  # Loss-Free Balancing


def test_an_empty_query_and_a_wrong_number_are_refused(assistant: Assistant) -> None:
    with pytest.raises(BadRequest, match="empty"):
        assistant.related_papers("  ")
    with pytest.raises(BadRequest, match="k is 0"):
        assistant.related_papers("LoRA", 0)


@pytest.mark.parametrize(
    ("one", "other", "after"),
    [
        (QLORA, LORA, True),
        (LORA, QLORA, False),
        (LORA, "2311.03285", False),  # S-LoRA
        ("2503.01840", "2401.15077", True),  # EAGLE-3, EAGLE
        (PPO, LORA, False),
    ],
)
def test_a_title_that_holds_another_name_comes_after_it(one: str, other: str, after: bool) -> None:
    papers = papers_by_id(shipped_papers())
    assert titled_after(papers[one], papers[other]) is after


def test_over_http(client: httpx.Client) -> None:
    listed: list[dict[str, Any]] = client.get("/api/papers").json()
    by_id = {paper["id"]: paper for paper in listed}
    assert {LORA, QLORA, PPO, GRPO, "2401.99998"} == set(by_id)
    place = by_id[QLORA]["documents"][0]
    assert (place["document"], place["role"]) == ("qlora.md", "about")
    assert by_id["2401.99998"]["title"].startswith("A Paper that Nobody Knows")
    found = client.get("/api/papers", params={"q": "rope"}).json()
    assert "2104.09864" in {paper["id"] for paper in found}
    related = client.get(f"/api/papers/{LORA}/related", params={"k": 3}).json()
    assert set(related) == {"query", "resolved", "papers", "took_ms", "hint"}
    assert [paper["rank"] for paper in related["papers"]] == [1, 2, 3]
    posted = client.post("/api/papers/related", json={"query": "LoRA", "k": 3}).json()
    assert [p["id"] for p in posted["papers"]] == [p["id"] for p in related["papers"]]
    assert client.get(f"/api/papers/{LORA}").json()["title"].startswith("LoRA")
    assert client.get("/api/papers/1706.99999/related").status_code == 404
    assert "Nearest" in client.get("/api/papers/1706.99999").json()["error"]["hint"]


def test_on_the_command_line(settings: Settings, models: Path, tmp_path: Path) -> None:
    run = command_over(settings.data, models)
    found = run("papers", "related", "LoRA", "-k", "2", "--json").json
    assert found["resolved"] == {
        "kind": "paper",
        "id": LORA,
        "title": "LoRA: Low-Rank Adaptation of Large Language Models",
    }
    assert len(found["papers"]) == 2
    queries, out = tmp_path / "queries.jsonl", tmp_path / "run.jsonl"
    asked = [("a", "LoRA"), (2, "投机解码"), (3, "2106.99999")]
    written = [json.dumps({"id": identity, "text": text}) + "\n" for identity, text in asked]
    queries.write_text("".join(written), "utf-8")
    assert run("papers", "related", "--queries", queries, "--out", out, "-k", "3").code == 0
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(line["id"], len(line["papers"])) for line in lines] == [("a", 3), (2, 3), (3, 0)]
    assert "Nearest" in lines[2]["error"]["hint"]
    wrong = run("papers", "related", "2106.99999")
    assert (wrong.code, wrong.out) == (1, "")
    assert "Nearest" in wrong.err
    assert QLORA in run("papers", "list").out


def test_a_removed_document_takes_its_papers_away(tmp_path: Path, models: Path) -> None:
    environment(tmp_path / "data", models)
    settings = load_settings(data=tmp_path / "data")
    for name, text in (("a.md", NOTE), ("b.md", OTHER)):
        (tmp_path / name).write_text(text, "utf-8")
    ingest(settings, [tmp_path / "a.md", tmp_path / "b.md"])
    before = make_assistant(settings).index.papers.mentions
    remove(settings, ["a.md"])
    after = make_assistant(settings).index.papers.mentions
    assert {QLORA, PPO} <= before.keys()
    assert after.keys() == {GRPO, PPO}


def test_an_older_paper_is_not_called_after_a_newer_one() -> None:
    papers = papers_by_id(shipped_papers())
    lora, qlora = papers[LORA], papers[QLORA]
    named = replace(lora, title=f"{lora.title} and QLoRA")
    assert titled_after(qlora, named)
    assert not titled_after(named, qlora)


def test_a_lesson_is_the_note_that_teaches_it(models: Path, tmp_path: Path) -> None:
    data, course = tmp_path / "data", tmp_path / "course"
    environment(data, models)
    course.mkdir()
    (course / "README.md").write_text(
        "# 课程\n\n## 详细目录\n\n### 第四阶段：后训练\n\n"
        "- [第24课：对齐](24_align.md)\n- [第25课：参数高效微调](25_PEFT.md)\n"
        "- [第26课：强化学习](26_RL.md)\n- [第27课：合并](27_merge.md)\n",
        "utf-8",
    )
    (course / "25_PEFT.md").write_text(NOTE, "utf-8")
    (course / "26_RL.md").write_text(OTHER, "utf-8")
    settings = load_settings(data=data)
    ingest(settings, [course])
    found = make_assistant(settings).index.papers.related("第25课")
    assert (found.resolved.kind, found.resolved.id) == (QueryKind.LESSON, "25")
    lora = next(one for one in found.papers if one.paper.id == LORA)
    assert "提到了它" in lora.reasons[0].text
    assert lora.reasons[0].evidence[0].document.path == "25_PEFT.md"
    assert all("标题与查询相近" not in one.reasons[0].text for one in found.papers[:3])
