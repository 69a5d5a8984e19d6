"""Conversations: kept with what they cite, gone on with, and exported."""

import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import openai
import pymupdf
import pytest
from test_api import PDF, RunningServer

from app.contract import AnswerShape
from app.conversations.chat import Chat
from app.conversations.export import markdown
from app.conversations.store import ConversationStore
from app.conversations.titles import title_of
from app.errors import BadRequest, ConversationsDamaged, NotFound
from app.settings import Settings, load_settings
from app.wiring import ingest, make_assistant, make_writer, remove
from conftest import Command, environment, make_course, make_pdf
from endpoint import served

FIRST, THEN = "什么是 QLoRA？", "那它和 INT8 量化比呢？"
MEANT = "QLoRA 和 INT8 量化比呢？"
# An answer as a file of format 1 holds it. It must be readable for ever: do not change it, give
# new fields of an answer a default.
KEPT = """{"question": "它呢？", "answer": "QLoRA 用 NF4。[1]", "abstained": false, "reason": null,
"sentences": [{"text": "QLoRA 用 NF4。", "citations": [1], "verbatim": true, "supported": true}],
"citations": [{"n": 1, "chunk_id": "c-1", "document_id": "d-1", "document": "a/量化.pdf",
"title": "量化", "section": ["量化", "QLoRA"], "page": 2, "quote": "QLoRA 用\\nNF4。",
"boxes": [{"page": 2, "x0": 1.0, "y0": 2.0, "x1": 3.0, "y1": 4.0}], "confidence": 0.9}],
"concepts": [{"id": "qlora", "name": "QLoRA"}], "papers": [], "nearest": [],
"mode": "extractive", "model": null, "notice": null, "resolved_question": "QLoRA 呢？",
"conversation_id": "9f8e", "took_ms": {"total": 12.5}}"""


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    folder = tmp_path_factory.mktemp("conversations")
    environment(folder / "data", models)
    ingest(settings_in(folder), [make_course(folder / "course")])
    return folder


@pytest.fixture
def settings(ingested: Path, tmp_path: Path) -> Settings:
    """Settings of a data folder of its own."""
    shutil.copytree(ingested / "data", tmp_path / "data", symlinks=True)
    return settings_in(tmp_path)


def settings_in(folder: Path) -> Settings:
    return load_settings(data=folder / "data", second_embedding="none")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ConversationStore]:
    store = ConversationStore(tmp_path / "data" / "conversations.db")
    yield store
    store.close()


def kept(**changed: Any) -> AnswerShape:
    return AnswerShape.model_validate(json.loads(KEPT) | changed)


def begin(client: httpx.Client) -> str:
    begun = client.post("/api/conversations")
    assert begun.status_code == 201
    return str(begun.json()["id"])


def ask(client: httpx.Client, question: str, conversation: str) -> Any:
    body = {"question": question, "conversation_id": conversation}
    response = client.post("/api/ask", json=body)
    assert response.status_code == 200, response.text
    return response.json()


# The store


def test_what_was_kept_by_the_first_format_is_still_read(store: ConversationStore) -> None:
    begun = store.begin()
    store.add(begun.id, kept())
    with sqlite3.connect(store._file) as connection:
        connection.execute("UPDATE turns SET answer = ?", (KEPT,))
    (turn,) = store.get(begun.id).history
    assert turn.answer == kept()
    assert turn.answer.citations[0].quote == "QLoRA 用\nNF4。"


def test_titles_and_order(store: ConversationStore) -> None:
    assert store.all() == []
    one, other = store.begin(), store.begin("Adam 与 SGD")
    assert (one.title, other.title, one.turns) == (None, "Adam 与 SGD", 0)
    for identity in (other.id, one.id):
        store.add(identity, kept(question="什么是 Adam？\n请详细"))
    store.add(one.id, kept(question="为什么？"))
    assert [(c.id, c.title, c.turns) for c in store.all()] == [
        (one.id, "什么是 Adam", 2),
        (other.id, "Adam 与 SGD", 1),
    ]
    store.rename(one.id, "  第一次\n提问 ")
    assert store.get(one.id).title == "第一次 提问"
    for title in (" ", "长" * 201):
        with pytest.raises(BadRequest, match="the title has"):
            store.rename(one.id, title)
    store.delete(one.id)
    assert [c.id for c in store.all()] == [other.id]
    with sqlite3.connect(store._file) as connection:
        assert connection.execute("SELECT count(*) FROM turns").fetchone() == (1,)


def test_conversations_that_are_not_there(store: ConversationStore) -> None:
    for act in (
        store.get,
        store.delete,
        lambda c: store.add(c, kept()),
        lambda c: store.rename(c, "x"),
    ):
        with pytest.raises(NotFound, match="no conversation 'c-none'") as failed:
            act("c-none")
        assert "conversations list" in failed.value.hint


def test_turns_written_at_once_are_all_kept(store: ConversationStore, tmp_path: Path) -> None:
    begun = store.begin()
    others = [ConversationStore(tmp_path / "data" / "conversations.db") for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(others[n % 4].add, begun.id, kept(question=str(n))) for n in range(40)]
        for one in asked:
            one.result()
    turns = store.get(begun.id).history
    assert sorted(int(turn.answer.question) for turn in turns) == list(range(40))
    for other in others:
        other.close()


def test_stores_that_can_not_be_read_say_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "conversations.db"
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(ConversationsDamaged, match="not a store of conversations") as failed:
        ConversationStore(file).all()
    assert "Move the file away" in failed.value.hint
    file.unlink()
    newer = ConversationStore(file)
    begun = newer.begin()
    newer.add(begun.id, kept())
    newer.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE turns SET answer = '{}'")
    with pytest.raises(ConversationsDamaged, match="an answer can't be read"):
        ConversationStore(file).get(begun.id)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE properties SET value = '9'")
    with pytest.raises(ConversationsDamaged, match="format 9, this version reads 1"):
        ConversationStore(file).all()
    with pytest.raises(ConversationsDamaged):
        ConversationStore(tmp_path / "conversations.db" / "x.db").all()


def test_titles() -> None:
    assert title_of("\n 什么是 PPO？\n多说点") == "什么是 PPO"
    assert title_of("what " * 20) == "what what what what what what what what…"
    assert (title_of("？？"), title_of(" ")) == ("？？", "")


# Over HTTP


def test_a_follow_up_is_answered_and_tells_how_it_was_understood(settings: Settings) -> None:
    with RunningServer(settings) as client:
        conversation = begin(client)
        first = ask(client, FIRST, conversation)
        assert (first["resolved_question"], first["conversation_id"]) == (None, conversation)
        then = ask(client, THEN, conversation)
        assert (then["question"], then["resolved_question"]) == (THEN, MEANT)
        alone = client.post("/api/ask", json={"question": MEANT}).json()
        assert then["answer"] == alone["answer"]
        assert alone["conversation_id"] is None
        assert then["took_ms"]["resolve"] >= 0
        (listed,) = client.get("/api/conversations").json()
        assert (listed["id"], listed["title"], listed["turns"]) == (conversation, "什么是 QLoRA", 2)
        detail = client.get(f"/api/conversations/{conversation}").json()
        assert [turn["answer"] for turn in detail["history"]] == [first, then]
        body = {"question": "为什么？", "conversation_id": conversation, "stream": True}
        streamed = client.post("/api/ask", json=body).text
        done = json.loads(streamed.rpartition("event: done\ndata: ")[2])
        assert done["resolved_question"] == f"{MEANT}为什么？"
        assert len(client.get(f"/api/conversations/{conversation}").json()["history"]) == 3


def test_conversations_are_renamed_exported_and_forgotten(settings: Settings) -> None:
    with RunningServer(settings) as client:
        conversation = begin(client)
        answer = ask(client, FIRST, conversation)
        path = f"/api/conversations/{conversation}"
        renamed = client.patch(path, json={"title": "四比特"})
        assert (renamed.status_code, renamed.json()["title"]) == (200, "四比特")
        export = client.get(f"{path}/export")
        assert export.headers["content-type"] == "text/markdown; charset=utf-8"
        assert export.text.startswith("# 四比特\n")
        assert all(citation["quote"] in export.text for citation in answer["citations"])
        assert client.delete(path).status_code == 204
        for gone in (
            client.get(path),
            client.get(f"{path}/export"),
            client.delete(path),
            client.patch(path, json={"title": "x"}),
            client.post("/api/ask", json={"question": "x", "conversation_id": conversation}),
        ):
            assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")
            assert conversation in gone.json()["error"]["message"]
        empty = client.post("/api/conversations", json={"title": " "})
        assert (empty.status_code, empty.json()["error"]["code"]) == (422, "bad_request")


def test_a_language_model_understands_where_it_can_be_believed(settings: Settings) -> None:
    with served() as endpoint:
        given = {name.removeprefix("COURSEGRAPH_").lower(): v for name, v in endpoint.extra.items()}
        llm = load_settings(data=settings.data, second_embedding="none", **given)
        store = ConversationStore(settings.conversations_file)
        chat = Chat(make_assistant(llm, writer=make_writer(llm)), store)
        conversation = chat.begin(FIRST, llm="none").conversation_id
        asked = partial(chat.ask, conversation_id=conversation)
        endpoint.script = {
            "Next question: 那显存呢": "QLoRA 的显存呢？",
            "Next question: 它": "什么？",
        }
        assert asked("那显存呢？").resolved_question == "QLoRA 的显存呢？"
        assert asked("它有什么缺点？").resolved_question == "QLoRA 有什么缺点？"
        endpoint.failing = {"Next question": (500, {"error": {"message": "busy"}})}
        assert asked("它有什么优点？").resolved_question == "QLoRA 有什么优点？"
        requests = len(endpoint.requests)
        assert asked("它快吗？", llm="none").resolved_question == "QLoRA 快吗？"
        assert len(endpoint.requests) == requests
        store.close()


def test_thanks_are_not_searched_for(settings: Settings) -> None:
    with RunningServer(settings) as client:
        conversation = begin(client)
        ask(client, FIRST, conversation)
        thanked = ask(client, "谢谢！", conversation)
        assert (thanked["abstained"], thanked["citations"], thanked["nearest"]) == (True, [], [])
        assert thanked["answer"] == "好的，随时可以提问。"
        assert ask(client, THEN, conversation)["resolved_question"] == MEANT


def test_two_questions_asked_at_once_are_both_kept(settings: Settings) -> None:
    with RunningServer(settings) as client:
        conversation = begin(client)
        ask(client, FIRST, conversation)
        together = threading.Barrier(4)

        def one(question: str) -> Any:
            with httpx.Client(base_url=client.base_url, timeout=120) as own:
                together.wait()
                return ask(own, question, conversation)

        questions = ["它怎么训练？", "为什么？", "What does the KV cache store?", "有什么缺点？"]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(one, questions))
        history = client.get(f"/api/conversations/{conversation}").json()["history"]
    told = [turn["answer"] for turn in history[1:]]
    assert sorted(answer["question"] for answer in told) == sorted(questions)
    assert all(answer in told for answer in answers)


def test_a_conversation_outlives_restart_changed_and_removed_documents(
    models: Path, tmp_path: Path
) -> None:
    environment(tmp_path / "data", models)
    settings = settings_in(tmp_path)
    ingest(settings, [make_course(tmp_path / "course")])
    with RunningServer(settings) as client:
        conversation = begin(client)
        for question in (FIRST, THEN):
            ask(client, question, conversation)
        before = client.get(f"/api/conversations/{conversation}").json()
    with RunningServer(settings) as client:
        assert client.get(f"/api/conversations/{conversation}").json() == before
        cited = next(
            c for t in before["history"] for c in t["answer"]["citations"] if c["page"] == 2
        )
        # A page is put before what was cited, and the words around it change.
        make_pdf(
            tmp_path / "course" / PDF,
            [
                [("前言", 20), ("这一页是后来加上的，讲的是别的事情。", 11)],
                [("量化", 20), ("量化是用低比特整数表示权重和激活的压缩方法。", 11)],
                [("QLoRA", 20), ("新的一句放在最前面。", 11), (cited["quote"], 11)],
            ],
        )
        ingest(settings, [tmp_path / "course"])
        assert client.get(f"/api/conversations/{conversation}").json() == before
        marks = {"highlight": cited["chunk_id"], "quote": cited["quote"]}
        page = f"/api/documents/{cited['document_id']}/pages/2.png"
        moved = client.get(page, params=marks)
        assert moved.status_code == 307
        shown = client.get(page, params=marks, follow_redirects=True)
        assert shown.url.path.endswith("/pages/3.png")
        plain = client.get(f"/api/documents/{cited['document_id']}/pages/3.png")
        assert pymupdf.Pixmap(shown.content).digest != pymupdf.Pixmap(plain.content).digest
        there = client.get(page.replace("2.png", "3.png"), params=marks)
        assert (there.status_code, there.content) == (200, shown.content)
        lost = client.get(page, params={**marks, "quote": "没有写过的一句话。"})
        assert lost.status_code == 404
        assert "no longer has the words" in lost.json()["error"]["message"]

        remove(settings, [PDF])
        assert client.get(f"/api/conversations/{conversation}").json() == before
        gone = client.get(page, params=marks)
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")
        assert "it was removed" in gone.json()["error"]["message"]
        export = client.get(f"/api/conversations/{conversation}/export").text
        assert f"`{PDF}`, 第 2 页" in export
        assert ask(client, "有什么缺点？", conversation)["resolved_question"]


def test_openai_clients_send_the_conversation_themselves(settings: Settings) -> None:
    with RunningServer(settings) as http:
        with openai.OpenAI(base_url=f"{http.base_url}/v1", api_key="none") as client:
            first = client.chat.completions.create(
                model="coursegraph", messages=[{"role": "user", "content": FIRST}]
            )
            said = first.choices[0].message.content or ""
            assert "理解为" not in said
            then = client.chat.completions.create(
                model="coursegraph",
                messages=[
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": FIRST},
                    {"role": "assistant", "content": said},
                    {"role": "user", "content": "有什么缺点？"},
                    {"role": "assistant", "content": "> 理解为：QLoRA 有什么缺点？\n\n没有。"},
                    {"role": "user", "content": THEN},
                ],
            )
        alone = http.post("/api/ask", json={"question": MEANT}).json()
        assert http.get("/api/conversations").json() == []
    message = then.choices[0].message
    assert message.content == f"> 理解为：{MEANT}\n\n{alone['answer']}"
    for annotation in message.annotations or []:
        cited = annotation.url_citation
        sentence = message.content[cited.start_index : cited.end_index]
        assert any(sentence == one["text"] for one in alone["sentences"])


# Exported


def test_an_export_numbers_quotes_through_and_keeps_their_own_brackets(
    store: ConversationStore,
) -> None:
    begun = store.begin()
    other = (
        kept()
        .citations[0]
        .model_copy(update={"quote": "见 [1]。", "page": None, "confidence": None, "n": 1})
    )
    same = kept().citations[0].model_copy(update={"n": 2})
    second = kept(
        question="why?",
        answer="见 [1]。[1]\n\nQLoRA 用 NF4。[2]",
        sentences=[
            {"text": "见 [1]。", "citations": [1], "verbatim": True, "supported": True},
            {"text": "QLoRA 用 NF4。", "citations": [2], "verbatim": True, "supported": True},
        ],
        citations=[other.model_dump(), same.model_dump()],
        resolved_question=None,
        notice="没有采用语言模型的回答。",
    )
    for answer in (kept(), second):
        store.add(begun.id, answer)
    found = store.get(begun.id)
    assert (
        markdown(found)
        == f"""# 它呢

{found.created[:10]}

## 它呢？

*理解为：QLoRA 呢？*

QLoRA 用 NF4。[1]

## why?

*没有采用语言模型的回答。*

见 [1]。[2]

QLoRA 用 NF4。[1]

## 出处

**[1]** `a/量化.pdf`, 第 2 页 › 量化 › QLoRA (文字识别自图片)

> QLoRA 用
> NF4。

**[2]** `a/量化.pdf` › 量化 › QLoRA

> 见 [1]。
"""
    )


def test_an_empty_conversation_is_exported_too(store: ConversationStore) -> None:
    begun = store.begin("First talk")
    assert markdown(store.get(begun.id)) == f"# First talk\n\n{begun.created[:10]}\n"


# The command line


def test_the_commands(settings: Settings, coursegraph: Command, tmp_path: Path) -> None:
    coursegraph = partial(coursegraph, extra={"COURSEGRAPH_SECOND_EMBEDDING": "none"})
    assert settings.data == tmp_path / "data"
    first = coursegraph("ask", FIRST, "--conversation", "new", "--json")
    conversation = first.json["conversation_id"]
    then = coursegraph("ask", THEN, "--conversation", conversation)
    assert then.out.startswith(f"理解为：{MEANT}\n")
    assert f"--conversation {conversation}" in then.out
    listed = coursegraph("conversations", "list")
    assert conversation in listed.out
    assert "2 turns" in listed.out
    assert coursegraph("conversations", "rename", conversation, "四比特").code == 0
    file = tmp_path / "talk.md"
    assert coursegraph("conversations", "export", conversation, "--out", file).code == 0
    assert file.read_text("utf-8").startswith("# 四比特\n")
    exported = coursegraph("conversations", "export", conversation, "--json")
    assert exported.json["history"][0]["answer"] == first.json
    unknown = coursegraph("ask", FIRST, "--conversation", "c-none")
    assert (unknown.code, unknown.out) == (1, "")
    assert "no conversation 'c-none' — `coursegraph conversations list`" in unknown.err
    assert coursegraph("conversations", "delete", conversation).code == 0
    assert coursegraph("conversations", "list", "--json").json == {"conversations": []}
    both = coursegraph("ask", "--queries", file, "--out", file, "--conversation", "new")
    assert both.code == 2
