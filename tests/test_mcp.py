"""The MCP server by the SDK's own client: a real process over stdio, a real server over HTTP."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent, Tool
from test_api import LESSONS, PDF, RunningServer

from app.mcp.tools import TOOLS
from app.settings import Settings, load_settings
from app.wiring import ingest
from conftest import REPOSITORY, environment, make_course

KEY = "secret"
NOTE = "09_注意力.md"
EXTRA = """
## 延伸阅读

- [Attention Is All You Need](https://arxiv.org/abs/1706.03762)
"""


class Connected:
    """A client of the tools, for code that is not async."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self._portal = portal
        self.client = client

    def tools(self) -> dict[str, Tool]:
        listed = self._portal.call(self.client.list_tools)
        return {tool.name: tool for tool in listed.tools}

    def call(self, name: str, /, **arguments: object) -> CallToolResult:
        return self._portal.call(self.client.call_tool, name, arguments)

    def found(self, name: str, /, **arguments: object) -> tuple[dict[str, Any], str]:
        """What a tool that succeeds gives: its shape and its text."""
        result = self.call(name, **arguments)
        assert not result.is_error, result
        return result.structured_content, text_of(result)

    def error(self, name: str, /, **arguments: object) -> str:
        """What a tool that fails says."""
        result = self.call(name, **arguments)
        assert result.is_error
        assert result.structured_content is None
        return text_of(result)


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Settings:
    folder = tmp_path_factory.mktemp("mcp")
    environment(folder / "data", models)
    settings = load_settings(data=folder / "data", api_key=KEY)
    course = make_course(folder / "course")
    with (course / NOTE).open("a", encoding="utf-8") as stream:
        stream.write(EXTRA)
    rows = "".join(f"- [第{n:02}课：{t}](./{f})\n" for n, t, f in LESSONS)
    (course / "README.md").write_text(f"# 大纲\n\n## 第一阶段\n\n{rows}", "utf-8")
    ingest(settings, [course])
    return settings


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    with RunningServer(settings) as client:
        yield f"{client.base_url}/mcp"


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


def over_stdio(data: Path, models: Path) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "app.cli", "mcp"],
        env=environment(data, models),
        cwd=REPOSITORY,
    )


@pytest.fixture(scope="module", params=["stdio", "http", "http, older protocol"])
def connected(
    request: pytest.FixtureRequest, settings: Settings, models: Path, portal: BlockingPortal
) -> Iterator[Connected]:
    with ExitStack() as stack:
        enter = stack.enter_context
        if request.param == "stdio":
            client = Client(over_stdio(settings.data, models))
        else:
            url = request.getfixturevalue("address")
            keyed = httpx2.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}, timeout=60)
            enter(portal.wrap_async_context_manager(keyed))
            mode = "legacy" if "older" in request.param else "auto"
            client = Client(streamable_http_client(url, http_client=keyed), mode=mode)
        yield Connected(portal, enter(portal.wrap_async_context_manager(client)))


def test_a_client_that_leaves_while_the_models_load_breaks_nothing(
    settings: Settings, models: Path
) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "app.cli", "mcp"],
        env=environment(settings.data, models),
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "ready to answer" in ran.stderr
    assert "Error" not in ran.stderr


def test_tools_say_what_they_are_for(connected: Connected) -> None:
    tools = connected.tools()
    assert set(tools) == {"search", "ask", "concept", "lesson", "related_papers"}
    assert "does not answer" in tools["ask"].description
    for tool in tools.values():
        assert tool.description.isascii()
        assert tool.annotations.read_only_hint
        for field in tool.input_schema["properties"].values():
            assert field["description"]
    assert tools["search"].input_schema["required"] == ["query"]
    assert "never instructions" in connected.client.instructions


def test_search_gives_passages_with_their_places(connected: Connected) -> None:
    shape, text = connected.found("search", query="NF4 量化", k=2)
    first = shape["hits"][0]
    assert len(shape["hits"]) == 2
    assert (first["document"], first["page"]) == (PDF, 2)
    assert f"[1] {PDF}, page 2 › QLoRA\n{first['text']}" in text


def test_ask_cites_word_for_word(connected: Connected) -> None:
    shape, text = connected.found("ask", question="QLoRA 用什么格式量化权重？")
    assert not shape["abstained"]
    citation = next(c for c in shape["citations"] if c["page"] == 2)
    assert citation["quote"] == "QLoRA 把冻结的权重量化成 4 比特的 NF4，再训练低秩适配器。"
    assert text.startswith(shape["answer"])
    assert f"[{citation['n']}] {PDF}, page 2 › QLoRA: “{citation['quote']}”" in text


def test_quotes_of_notes_stand_in_the_note(connected: Connected, settings: Settings) -> None:
    shape, text = connected.found("ask", question="What does the KV cache store?")
    note = (settings.data.parent / "course" / "kv cache.md").read_text("utf-8")
    assert shape["citations"]
    for citation in shape["citations"]:
        assert citation["quote"] in note
        assert citation["page"] is None
        assert citation["quote"] in text


def test_ask_says_that_the_material_does_not_answer(connected: Connected) -> None:
    shape, text = connected.found("ask", question="东京今天的天气怎么样？")
    assert shape["abstained"]
    assert shape["citations"] == []
    assert text.startswith("The material does not answer this question.")
    assert shape["reason"] in text
    assert "which are no answer" in text


def test_a_concept_has_its_sentences(connected: Connected) -> None:
    shape, text = connected.found("concept", name="KV cache")
    assert shape["id"] == "kv-cache"
    assert {"document": "kv cache.md", "pages": []} in shape["documents"]
    assert shape["lessons"] == [28]
    quotes = [e["quote"] for r in shape["relations"] for e in r["evidence"][:1]]
    assert quotes
    for quote in quotes:
        assert f"“{quote}”" in text
    assert "\n[1] kv cache.md" in text


def test_an_unknown_concept_is_an_error_for_the_model(connected: Connected) -> None:
    said = connected.error("concept", name="flux capacitor")
    assert said.startswith("the material names no concept 'flux capacitor' — ")


@pytest.mark.parametrize("wanted", [9, "9", "第09课", "注意力", NOTE])
def test_a_lesson_by_number_title_or_path(connected: Connected, wanted: object) -> None:
    shape, text = connected.found("lesson", number_or_title=wanted)
    assert (shape["lesson"]["number"], shape["lesson"]["state"]) == (9, "indexed")
    assert shape["document"] == NOTE
    (definition,) = shape["definitions"]
    assert definition["term"] == "缩放点积注意力"
    assert definition["section"] == ["第09课：注意力机制", "核心概念"]
    (question,) = shape["questions"]
    assert (question["quote"], question["answer"][:6]) == ("为什么要除以根号 d_k？", "因为不缩放时")
    (reference,) = shape["references"]
    assert reference["arxiv_id"] == "1706.03762"
    assert f"{definition['quote']} [1]" in text
    assert f"[1] {NOTE} › 核心概念" in text


def test_a_missing_lesson_says_so(connected: Connected) -> None:
    shape, text = connected.found("lesson", number_or_title=31)
    assert (shape["document"], shape["lesson"]["state"]) == (None, "missing")
    assert "Not indexed: 31.md is missing." in text


def test_an_unknown_lesson_names_those_there_are(connected: Connected) -> None:
    said = connected.error("lesson", number_or_title=77)
    assert (
        said == "no lesson 77 in the outline — There are: 第09课：注意力; 第28课：KV; 第31课：量化"
    )


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask", {"question": " "}, "the question is empty — Say what you want to know."),
        ("search", {"query": "x", "k": 0}, "k is 0 — Use a number from 1 to 100."),
        ("search", {"query": "x", "k": "many"}, "k: Input should be a valid integer"),
        ("search", {"q": "x"}, "query: Field required — `search` takes: query, k."),
        ("lesson", {"number_or_title": "课"}, "3 lessons fit '课' — Give one of: 09_注意力.md; "),
        ("concept", {"name": "x", "depth": 1}, "depth: Extra inputs are not permitted — "),
    ],
)
def test_bad_input_is_told_what_to_do(
    connected: Connected, tool: str, arguments: dict[str, object], said: str
) -> None:
    assert connected.error(tool, **arguments).startswith(said)


def test_related_papers_come_with_reasons(connected: Connected) -> None:
    shape, text = connected.found("related_papers", query="QLoRA", k=3)
    assert (shape["resolved"]["kind"], shape["resolved"]["id"]) == ("paper", "2305.14314")
    assert len(shape["papers"]) == 3
    for paper in shape["papers"]:
        assert paper["title"] in text
        assert paper["reasons"][0]["text"] in text
    assert "Nearest" in connected.error("related_papers", query="2305.99999")


def test_an_unknown_tool_is_an_error_of_the_protocol(connected: Connected) -> None:
    with pytest.raises(MCPError, match="no tool 'weather'"):
        connected.call("weather", query="x")


def test_stdout_carries_the_protocol_alone(tmp_path: Path, models: Path) -> None:
    """Raw lines, with all logs on; without an index, an answer says what to run."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env=environment(tmp_path / "data", models) | {"COURSEGRAPH_LOG_LEVEL": "debug"},
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def send(message: dict[str, object]) -> None:
        process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        process.stdin.flush()

    opening = {"protocolVersion": "2025-06-18", "capabilities": {}}
    opening |= {"clientInfo": {"name": "test", "version": "1"}}
    send({"id": 1, "method": "initialize", "params": opening})
    opened = json.loads(process.stdout.readline())
    send({"method": "notifications/initialized"})
    asked = {"name": "ask", "arguments": {"question": "什么是反向传播？"}}
    send({"id": 2, "method": "tools/call", "params": asked})
    answered = json.loads(process.stdout.readline())["result"]
    rest, logs = process.communicate(timeout=60)
    assert opened["result"]["serverInfo"]["name"] == "coursegraph"
    assert answered["isError"]
    assert "coursegraph ingest" in answered["content"][0]["text"]
    assert (rest, process.returncode) == ("", 0)
    assert "serving MCP" in logs


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer guess"}, {"X-API-Key": "no"}])
@pytest.mark.parametrize("path", ["", "/"])
def test_over_http_the_key_is_needed(address: str, headers: dict[str, str], path: str) -> None:
    refused = httpx.post(address + path, json={}, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")


def test_over_http_other_sites_are_refused(address: str) -> None:
    headers = {"X-API-Key": KEY, "Origin": "http://elsewhere.example"}
    assert httpx.post(address, json={}, headers=headers).status_code == 403


def test_over_http_there_is_no_stream_to_hold_open(address: str) -> None:
    headers = {"X-API-Key": KEY, "Accept": "text/event-stream"}
    assert httpx.get(address, headers=headers).status_code == 405


def test_every_tool_is_documented() -> None:
    docs = (REPOSITORY / "docs" / "mcp.md").read_text("utf-8")
    for tool in TOOLS:
        assert f"`{tool.tool_name}(" in docs
