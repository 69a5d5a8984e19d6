"""The OpenAI-compatible interface, through OpenAI's own client and as Open WebUI calls it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam
from test_api import PDF, RunningServer

from app.settings import load_settings
from app.wiring import ingest
from conftest import environment, make_course
from ingest.errors import SettingsError

KEY = "sk-test"
PAGE = "http://chat.example:3000"
ASKED = "QLoRA 用什么格式量化权重？"
UNKNOWN = "How does DreamBooth learn a subject?"


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("openai")
    environment(folder / "data", models)
    settings = load_settings(
        data=folder / "data", api_key=KEY, allowed_origins=PAGE, second_embedding="none"
    )
    ingest(settings, [make_course(folder / "course")])
    with RunningServer(settings) as client:
        client.headers["Authorization"] = f"Bearer {KEY}"
        yield client


@pytest.fixture(scope="module")
def client(http: httpx.Client) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{http.base_url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def said(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["coursegraph"]
    assert client.models.retrieve("coursegraph").object == "model"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")


def test_an_answer_is_that_of_the_assistant_with_its_citations(
    client: openai.OpenAI, http: httpx.Client
) -> None:
    ours = http.post("/api/ask", json={"question": ASKED}).json()
    done = client.chat.completions.create(
        model="coursegraph", messages=said(ASKED), temperature=0.2, top_p=0.9, max_tokens=5, n=1
    )
    (choice,) = done.choices
    assert choice.message.content == ours["answer"]
    assert "[1]" in ours["answer"]
    assert choice.finish_reason == "stop"
    assert done.id.startswith("chatcmpl-")
    extra = done.model_extra or {}
    assert extra["citations"] == ours["citations"]
    assert extra["abstained"] is False
    assert (choice.message.model_extra or {})["citations"] == ours["citations"]
    assert done.usage is not None
    assert done.usage.prompt_tokens == -(-len(ASKED.encode()) // 4)
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens


def test_sources_open_where_they_point(client: openai.OpenAI, http: httpx.Client) -> None:
    questions = (ASKED, "What does the KV cache store?")
    for question, media in zip(questions, ("image/png", "text/plain"), strict=True):
        done = client.chat.completions.create(model="coursegraph", messages=said(question))
        message = done.choices[0].message
        assert message.content
        assert message.annotations
        assert len(message.annotations) == len((done.model_extra or {})["citations"])
        for n, annotation in enumerate(message.annotations, 1):
            source = annotation.url_citation
            assert message.content[source.end_index :].startswith(f"[{n}]")
            shown = http.get(source.url)
            assert shown.status_code == 200
            assert shown.headers["content-type"].startswith(media)
        assert message.annotations[0].url_citation.title.split(" ›")[0] in {
            f"{PDF} p.2",
            "kv cache.md",
        }


def test_a_stream_gives_a_chunk_a_sentence_and_citations_at_the_end(
    client: openai.OpenAI, http: httpx.Client
) -> None:
    question = "What does the KV cache store?"
    ours = http.post("/api/ask", json={"question": question}).json()
    chunks = list(
        client.chat.completions.create(
            model="coursegraph",
            messages=said(question),
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    role, *pieces, end, usage = chunks
    assert role.choices[0].delta.role == "assistant"
    texts = [chunk.choices[0].delta.content or "" for chunk in pieces]
    assert "".join(texts) == ours["answer"]
    assert len(texts) == len(ours["sentences"])
    assert all(s["text"] in t for s, t in zip(ours["sentences"], texts, strict=True))
    assert end.choices[0].finish_reason == "stop"
    assert (end.model_extra or {})["citations"] == ours["citations"]
    assert usage.choices == []
    assert usage.usage
    assert usage.usage.completion_tokens > 10
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}


def test_a_stream_is_server_sent_events_that_end_with_done(http: httpx.Client) -> None:
    body = {"model": "coursegraph", "messages": said(ASKED), "stream": True}
    response = http.post("/v1/chat/completions", json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    *events, done, empty = response.text.split("\n\n")
    assert (done, empty) == ("data: [DONE]", "")
    parsed = [json.loads(event.removeprefix("data: ")) for event in events]
    assert "usage" not in parsed[-1]
    assert parsed[-1]["citations"][0]["document"] == PDF


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_says_why_and_names_the_nearest_places(
    client: openai.OpenAI, http: httpx.Client, stream: bool
) -> None:
    ours = http.post("/api/ask", json={"question": UNKNOWN}).json()
    if stream:
        chunks = list(
            client.chat.completions.create(model="coursegraph", messages=said(UNKNOWN), stream=True)
        )
        text = "".join(c.choices[0].delta.content or "" for c in chunks)
        extra = chunks[-1].model_extra or {}
    else:
        done = client.chat.completions.create(model="coursegraph", messages=said(UNKNOWN))
        text, extra = done.choices[0].message.content or "", done.model_extra or {}
    assert (extra["abstained"], extra["citations"]) == (True, [])
    reason, heading, *lines = [line for line in text.splitlines() if line]
    assert reason == ours["reason"]
    assert heading == "Nearest places:"
    assert lines
    assert all(line.startswith("- ") for line in lines)
    assert ours["nearest"][0]["document"] in lines[0]


def test_the_last_message_of_the_user_is_the_question(client: openai.OpenAI) -> None:
    messages: list[ChatCompletionMessageParam] = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "What does the KV cache store?"},
        {"role": "assistant", "content": "Keys and values. [1]"},
        {"role": "user", "content": [{"type": "text", "text": ASKED}]},
    ]
    done = client.chat.completions.create(model="coursegraph", messages=messages)
    assert "NF4" in (done.choices[0].message.content or "")


@pytest.mark.parametrize(
    ("change", "status", "param", "code", "words"),
    [
        ({"model": "gpt-4o"}, 404, "model", "model_not_found", "Known: coursegraph"),
        ({"n": 2}, 400, "n", "bad_request", "leave n at 1"),
        ({"messages": []}, 400, "messages", "bad_request", "role user"),
        ({"messages": said(" ")}, 400, None, "bad_request", "empty"),
        ({"messages": said("x" * 3000)}, 400, None, "bad_request", "2000 characters"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            400,
            "messages",
            "bad_request",
            "image_url",
        ),
        ({"model": None}, 400, "model", "bad_request", "string"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_have_the_shape_of_openai(
    http: httpx.Client,
    change: dict[str, Any],
    status: int,
    param: str | None,
    code: str,
    words: str,
    stream: bool,
) -> None:
    body = {"model": "coursegraph", "messages": said(ASKED), "stream": stream} | change
    response = http.post("/v1/chat/completions", json=body)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (status, param, code)
    assert error["type"] == "invalid_request_error"
    assert words in error["message"]
    assert set(error) == {"message", "type", "param", "code"}


def test_unknown_routes_and_large_bodies_have_that_shape_too(http: httpx.Client) -> None:
    assert http.get("/v1/files").json()["error"]["type"] == "invalid_request_error"
    large = http.post("/v1/chat/completions", json={"model": "x" * 2_000_000})
    assert (large.status_code, set(large.json()["error"])) == (
        400,
        {"message", "type", "param", "code"},
    )
    assert set(http.get("/api/nothing").json()["error"]) == {"code", "message", "hint"}


def test_the_key_is_asked_for(client: openai.OpenAI, http: httpx.Client) -> None:
    for key in ("sk-wrong", "x"):
        stranger = client.with_options(api_key=key)
        with pytest.raises(openai.AuthenticationError) as refused:
            stranger.chat.completions.create(model="coursegraph", messages=said(ASKED))
        assert refused.value.code == "invalid_api_key"
        with pytest.raises(openai.AuthenticationError):
            stranger.models.list()
    assert httpx.get(f"{http.base_url}/v1/models").status_code == 401


def test_a_stream_that_is_left_early_harms_nobody(client: openai.OpenAI) -> None:
    for _ in range(3):
        stream = client.chat.completions.create(
            model="coursegraph", messages=said(ASKED), stream=True
        )
        assert next(iter(stream)).choices[0].delta.role == "assistant"
        stream.close()
    done = client.chat.completions.create(model="coursegraph", messages=said(ASKED))
    assert done.choices[0].message.content


TASK = """### Task:
{instruction}

### Guidelines:
- Use the chat's primary language; default to English if multilingual

### Output:
{output}

### Chat History:
<chat_history>
USER: What does the KV cache store
for every past token?
ASSISTANT: The KV cache stores the keys and values of past tokens.[1]
</chat_history>"""
TITLE = "Generate a concise, 3-5 word title with an emoji summarizing the chat history."


@pytest.mark.parametrize(
    ("instruction", "output", "expected"),
    [
        (
            TITLE,
            'JSON format: { "title": "your concise title" }',
            {"title": "What does the KV cache store"},
        ),
        (
            "Generate 1-3 broad tags categorizing the main themes.",
            "",
            {"tags": ["KV cache", "token"]},
        ),
        (
            "Suggest 3-5 relevant follow-up questions that the user might ask.",
            "",
            {"follow_ups": []},
        ),
        ("Determine the necessity of generating search queries.", "", {"queries": []}),
        (
            "给这段对话起一个标题。",
            '{ "title": "标题" }',
            {"title": "What does the KV cache store"},
        ),
    ],
)
def test_tasks_of_a_front_end_are_done_without_a_search(
    client: openai.OpenAI, instruction: str, output: str, expected: object
) -> None:
    prompt = TASK.format(instruction=instruction, output=output)
    done = client.chat.completions.create(model="coursegraph", messages=said(prompt))
    found = json.loads(done.choices[0].message.content or "")
    assert found == expected
    assert (done.model_extra or {})["citations"] == []


def test_a_plain_title_comes_from_the_first_question(client: openai.OpenAI) -> None:
    long = "Please explain in detail how grouped-query attention shrinks the cache"
    messages: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": long},
        {"role": "assistant", "content": "It shares key heads. [1]"},
        {"role": "user", "content": "### Task: Generate a concise title for this conversation"},
    ]
    chunks = client.chat.completions.create(model="coursegraph", messages=messages, stream=True)
    title = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert title == "Please explain in detail how…"


def test_a_question_inside_a_template_of_the_front_end_is_found(client: openai.OpenAI) -> None:
    template = "### Task:\nRespond to the user query using the provided context.\n\n<context>\n{}"
    context = template.format("无关的内容。" * 500 + "\n</context>\n\n")
    for wrapped in (f"{context}<user_query>\n{ASKED}\n</user_query>", context + ASKED):
        done = client.chat.completions.create(model="coursegraph", messages=said(wrapped))
        assert "NF4" in (done.choices[0].message.content or "")


def test_pages_of_named_origins_may_call(http: httpx.Client) -> None:
    body = {"model": "coursegraph", "messages": said(ASKED)}
    wanted = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    asked = httpx.options(
        f"{http.base_url}/v1/chat/completions", headers={"Origin": PAGE, **wanted}
    )
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == PAGE
    assert "authorization" in asked.headers["access-control-allow-headers"].lower()
    done = http.post("/v1/chat/completions", json=body, headers={"Origin": PAGE})
    assert (done.status_code, done.headers["access-control-allow-origin"]) == (200, PAGE)
    wrong = http.post(
        "/v1/chat/completions", json=body, headers={"Origin": PAGE, "Authorization": "Bearer x"}
    )
    assert (wrong.status_code, wrong.headers["access-control-allow-origin"]) == (401, PAGE)


def test_pages_of_other_origins_and_other_routes_may_not(http: httpx.Client) -> None:
    body = {"model": "coursegraph", "messages": said(ASKED)}
    other = {"Origin": "http://elsewhere.example"}
    refused = http.post("/v1/chat/completions", json=body, headers=other)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    assert "access-control-allow-origin" not in refused.headers
    ask = http.post("/api/ask", json={"question": ASKED}, headers={"Origin": PAGE})
    assert ask.status_code == 403


@pytest.mark.parametrize("wrong", ["*", "chat.example", "https://chat.example/path"])
def test_origins_are_named_in_full(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SettingsError, match="allowed_origins"):
        load_settings(data=tmp_path, allowed_origins=f"http://localhost:3000, {wrong}")


def test_without_a_key_any_is_taken_and_without_an_index_the_error_says_what_to_run(
    tmp_path: Path, models: Path
) -> None:
    environment(tmp_path / "data", models)
    with RunningServer(load_settings(data=tmp_path / "data")) as http:
        base = f"{http.base_url}/v1"
        with openai.OpenAI(base_url=base, api_key="none", max_retries=0) as client:
            assert [model.id for model in client.models.list()] == ["coursegraph"]
            with pytest.raises(openai.InternalServerError) as failed:
                client.chat.completions.create(model="coursegraph", messages=said(ASKED))
    assert (failed.value.status_code, failed.value.code) == (503, "no_index")
    assert failed.value.type == "server_error"
    assert "coursegraph ingest" in failed.value.message
