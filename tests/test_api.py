"""The HTTP service: a real server on a real port."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pymupdf
import pytest
import uvicorn

from app.api import create_app
from app.api.errors import STATUS, status_of
from app.api.services import Services
from app.conversations.chat import Chat
from app.conversations.store import ConversationStore
from app.jobs import JobRunner
from app.server import is_loopback, serve
from app.settings import Settings, load_settings
from app.wiring import bundled_course, ingest, make_assistant
from conftest import environment, make_course
from ingest.errors import CourseError, SettingsError
from ingest.readers.markdown.reader import read_markdown
from ingest.settings import ReadSettings


class RunningServer(uvicorn.Server):
    """A server in a thread."""

    def __init__(self, settings: Settings) -> None:
        assistant = make_assistant(settings)
        chat = Chat(assistant, ConversationStore(settings.conversations_file))
        app = create_app(Services(settings, assistant, JobRunner(settings), chat))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        super().__init__(uvicorn.Config(app, port=self.port, log_config=None))

    def __enter__(self) -> httpx.Client:
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        while not self.started:
            assert self.thread.is_alive(), "the server did not start"
            time.sleep(0.02)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=120)
        return self.client

    def __exit__(self, *exc: object) -> None:
        self.client.close()
        self.should_exit = True
        self.thread.join()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Settings:
    folder = tmp_path_factory.mktemp("service")
    environment(folder / "data", models)
    settings = load_settings(data=folder / "data")
    ingest(settings, [make_course(folder / "course")])
    return settings


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[httpx.Client]:
    with RunningServer(settings) as client:
        yield client


def document_id(client: httpx.Client, name: str) -> str:
    found: str = next(d["id"] for d in client.get("/api/documents").json() if d["document"] == name)
    return found


PDF = "量化（quantization）.pdf"


def test_health_and_status(client: httpx.Client) -> None:
    assert client.get("/api/health").json() == {"status": "ok", "indexed": True}
    status = client.get("/api/status").json()
    assert (status["documents"], status["states"]["indexed"]) == (3, 3)


def test_search(client: httpx.Client) -> None:
    request = {"query": "NF4 量化", "k": 2, "mode": "lexical"}
    found = client.post("/api/search", json=request).json()
    assert found["hits"][0]["document"] == PDF
    assert found["hits"][0]["found_by"] == ["lexical"]


def test_ask_cites_and_the_citation_opens_to_its_page(client: httpx.Client) -> None:
    answer = client.post("/api/ask", json={"question": "QLoRA 用什么格式量化权重？"}).json()
    assert {c["document"] for c in answer["citations"]} == {PDF}
    citation = next(c for c in answer["citations"] if c["page"] == 2)
    place = f"/api/documents/{citation['document_id']}/pages/{citation['page']}.png"
    plain = client.get(place)
    marked = client.get(
        place, params={"highlight": citation["chunk_id"], "quote": citation["quote"]}
    )
    assert plain.headers["content-type"] == marked.headers["content-type"] == "image/png"
    before, after = pymupdf.Pixmap(plain.content), pymupdf.Pixmap(marked.content)
    box, zoom = citation["boxes"][0], before.width / 595
    inside = (int((box["x0"] + 1) * zoom), int((box["y0"] + 1) * zoom))
    assert before.pixel(*inside) != after.pixel(*inside)
    assert before.pixel(5, 5) == after.pixel(5, 5)


def test_streaming_gives_the_same_answer_in_parts(client: httpx.Client) -> None:
    question = {"question": "What does the KV cache store?"}
    whole = client.post("/api/ask", json=question).json()
    with client.stream("POST", "/api/ask", json={**question, "stream": True}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        text = "".join(response.iter_text())
    events = [
        (part.split("\n")[0].removeprefix("event: "), json.loads(part.split("\ndata: ")[1]))
        for part in text.strip().split("\n\n")
    ]
    assert events[-1][0] == "done"
    assert [data for name, data in events if name == "sentence"] == whole["sentences"]
    assert [data for name, data in events if name == "citation"] == whole["citations"]
    assert events[-1][1]["answer"] == whole["answer"]


def test_documents_and_files(client: httpx.Client) -> None:
    note = document_id(client, "09_注意力.md")
    detail = client.get(f"/api/documents/{note}").json()
    assert ["第09课：注意力机制", "核心概念"] in [s["path"] for s in detail["sections"]]
    assert detail["chunks"]
    file = client.get(f"/api/documents/{note}/file")
    assert "缩放点积注意力" in file.text
    assert file.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/ask", {"question": " "}, 422, "bad_request"),
        ("POST", "/api/ask", {"question": "x", "colour": 1}, 422, "bad_request"),
        ("POST", "/api/search", {"query": "x", "mode": "magic"}, 422, "bad_request"),
        ("POST", "/api/search", {"query": "x", "k": 0}, 422, "bad_request"),
        ("GET", "/api/documents/d-none", None, 404, "not_found"),
        ("GET", "/api/jobs/none", None, 404, "not_found"),
        ("GET", "/api/nothing", None, 404, "http_404"),
        ("DELETE", "/api/documents/d-none", None, 404, "not_found"),
    ],
)
def test_errors_have_one_shape(
    client: httpx.Client, method: str, path: str, body: object, status: int, code: str
) -> None:
    response = client.request(method, path, json=body)
    assert response.status_code == status
    error = response.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert set(error) == {"code", "message", "hint"}


def test_pages_that_are_not_there(client: httpx.Client) -> None:
    pdf, note = document_id(client, PDF), document_id(client, "kv cache.md")
    assert client.get(f"/api/documents/{pdf}/pages/3.png").status_code == 404
    assert client.get(f"/api/documents/{note}/pages/1.png").status_code == 404
    wrong = client.get(f"/api/documents/{pdf}/pages/1.png", params={"highlight": "c-none"})
    assert wrong.status_code == 404


def test_requests_from_other_sites_change_nothing(client: httpx.Client) -> None:
    headers = {"Origin": "http://elsewhere.example"}
    refused = client.post("/api/ask", json={"question": "x"}, headers=headers)
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "forbidden"


def test_concepts_and_the_graph_around_them(client: httpx.Client) -> None:
    found = client.get("/api/concepts", params={"q": "cache"}).json()
    assert "kv-cache" in [concept["id"] for concept in found]
    shape = client.get("/api/concepts/kv-cache").json()
    assert {"document": "kv cache.md", "pages": []} in shape["documents"]
    steps = client.get("/api/concepts/kv-cache/path").json()["steps"]
    assert steps[-1]["id"] == "kv-cache"
    around = client.get("/api/graph", params={"center": "kv-cache", "depth": 1}).json()
    assert around["concepts"][0] == {"id": "kv-cache", "name": shape["name_zh"], "distance": 0}
    gone = client.get("/api/concepts/nothing-such")
    assert gone.status_code == 404
    assert gone.json()["error"]["code"] == "not_found"


def finished(client: httpx.Client, job: dict[str, object]) -> dict[str, object]:
    for _ in range(600):
        found: dict[str, object] = client.get(f"/api/jobs/{job['id']}").json()
        if found["state"] not in {"queued", "running"}:
            return found
        time.sleep(0.2)
    raise AssertionError(found)


def test_upload_ask_and_delete_without_a_restart(client: httpx.Client) -> None:
    note = "# 推测解码\n\n推测解码先让小模型起草若干个词，再由大模型一次验证。\n".encode()
    job = client.post("/api/documents", files={"file": ("../推测 解码.md", note)})
    assert job.status_code == 202
    done = finished(client, job.json())
    assert done["state"] == "done", done
    answer = client.post("/api/ask", json={"question": "推测解码怎么起草和验证？"}).json()
    assert answer["citations"][0]["document"] == "推测 解码.md"
    identity = document_id(client, "推测 解码.md")
    removed = finished(client, client.delete(f"/api/documents/{identity}").json())
    assert removed["state"] == "done", removed
    assert "推测 解码.md" not in {d["document"] for d in client.get("/api/documents").json()}


def test_uploads_that_can_not_be_read_are_refused(client: httpx.Client) -> None:
    for name, status in (("virus.exe", 415), (".hidden.md", 422), ("", 422)):
        response = client.post("/api/documents", files={"file": (name, b"x")})
        assert response.status_code == status, name


def test_lessons(tmp_path: Path, models: Path) -> None:
    environment(tmp_path / "data", models)
    settings = load_settings(data=tmp_path / "data")
    course = make_course(tmp_path / "course")
    rows = "".join(f"- [第{n:02}课：{t}](./{f})\n" for n, t, f in LESSONS)
    (course / "README.md").write_text(f"# 大纲\n\n## 第一阶段\n\n{rows}", "utf-8")
    ingest(settings, [course])
    with RunningServer(settings) as client:
        (outline,) = client.get("/api/lessons").json()
    assert outline["missing"] == 1
    assert [(row["number"], row["state"]) for row in outline["lessons"]] == [
        (9, "indexed"),
        (28, "indexed"),
        (31, "missing"),
    ]
    assert all(row["group"] == ["第一阶段"] for row in outline["lessons"])


LESSONS = [(9, "注意力", "09_注意力.md"), (28, "KV", "kv%20cache.md"), (31, "量化", "31.md")]


def test_the_bundled_outline_has_forty_lessons() -> None:
    parsed = read_markdown(bundled_course() / "README.md", ReadSettings())
    numbers = [entry.number for entry in parsed.entries if entry.number]
    assert numbers == list(range(1, 41))


def test_a_changed_file_is_not_shown_as_what_was_cited(tmp_path: Path, models: Path) -> None:
    environment(tmp_path / "data", models)
    settings = load_settings(data=tmp_path / "data")
    course = make_course(tmp_path / "course")
    ingest(settings, [course])
    with RunningServer(settings) as client:
        identity = document_id(client, PDF)
        assert client.get(f"/api/documents/{identity}/pages/1.png").status_code == 200
        with (course / PDF).open("ab") as stream:
            stream.write(b"%changed")
        changed = client.get(f"/api/documents/{identity}/pages/1.png")
        assert (changed.status_code, changed.json()["error"]["code"]) == (409, "document_changed")
        (course / PDF).unlink()
        assert client.get(f"/api/documents/{identity}/file").status_code == 404


def test_a_key_is_needed_where_one_is_set(tmp_path: Path, models: Path) -> None:
    environment(tmp_path / "data", models)
    settings = load_settings(data=tmp_path / "data", api_key="secret")
    with RunningServer(settings) as client:
        assert client.get("/api/health").status_code == 200
        assert client.get("/api/documents").status_code == 401
        wrong = client.get("/api/documents", headers={"Authorization": "Bearer guess"})
        assert wrong.json()["error"]["code"] == "unauthorized"
        for headers in ({"Authorization": "Bearer secret"}, {"X-API-Key": "secret"}):
            assert client.get("/api/documents", headers=headers).json() == []
        empty = client.post("/api/ask", json={"question": "x"}, headers={"X-API-Key": "secret"})
        assert (empty.status_code, empty.json()["error"]["code"]) == (503, "no_index")


def test_other_hosts_are_served_only_with_a_key(client: httpx.Client) -> None:
    rebound = client.get("/api/status", headers={"Host": "evil.example"})
    assert (rebound.status_code, rebound.json()["error"]["code"]) == (403, "forbidden")


def test_a_key_is_asked_for_before_a_body_is_read(tmp_path: Path, models: Path) -> None:
    environment(tmp_path / "data", models)
    settings = load_settings(data=tmp_path / "data", api_key="secret")
    with RunningServer(settings) as client:
        broken = {"Content-Type": "multipart/form-data; boundary=x"}
        assert client.post("/api/documents", content=b"?", headers=broken).status_code == 401


def test_bodies_have_a_limit(client: httpx.Client) -> None:
    large = client.post("/api/ask", json={"question": "x" * 2_000_000})
    assert large.status_code == 422
    assert "limit" in large.json()["error"]["message"]


def test_errors_of_a_stream_have_their_status(client: httpx.Client) -> None:
    assert client.post("/api/ask", json={"question": " ", "stream": True}).status_code == 422


def test_off_loopback_needs_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> None:
        raise AssertionError

    monkeypatch.setenv("COURSEGRAPH_API_KEY", "")
    with pytest.raises(SettingsError, match="no API key"):
        serve(load_settings(data=tmp_path, host="0.0.0.0"), never)
    with pytest.raises(SettingsError, match="blank"):
        load_settings(data=tmp_path, api_key="  ")
    assert [
        is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "10.0.0.1", "me.example")
    ] == [
        True,
        True,
        True,
        False,
        False,
    ]


def all_errors(kind: type[CourseError]) -> set[type[CourseError]]:
    return {kind}.union(*(all_errors(child) for child in kind.__subclasses__()))


def test_every_error_has_a_status_and_a_code_of_its_own() -> None:
    kinds = all_errors(CourseError)
    assert all(400 <= status_of(kind("x")) < 600 for kind in kinds)
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert set(STATUS) <= kinds


def test_openapi_has_examples(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    for name in ("AskRequest", "SearchRequest"):
        assert schema["components"]["schemas"][name]["examples"]
    assert client.get("/docs").status_code == 200
