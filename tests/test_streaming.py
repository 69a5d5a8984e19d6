"""Answers while they are made: a real server, real clients, and a model that speaks when told."""

import gc
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from test_api import RunningServer

from app.assistant import Assistant
from app.settings import Settings, load_settings
from app.turns import Turns
from app.warming import start_warming
from app.wiring import ingest, make_assistant, make_writer
from conftest import environment, make_course
from endpoint import Endpoint, Spoken, served

STORES = "What does the KV cache store?"
GOOD = "The KV cache keeps the keys and values of past tokens [{n}]. "
NEXT = "It stores them so that each decoding step computes only the new token [{n}]. "
MADE_UP = "It was built in 1999 by Geoffrey Hinton [{n}]. "
TEXT = "The KV cache keeps the keys and values of past tokens."

Event = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Settings:
    folder = tmp_path_factory.mktemp("streaming")
    environment(folder / "data", models)
    settings = load_settings(data=folder / "data")
    ingest(settings, [make_course(folder / "course")])
    return settings


@pytest.fixture(scope="module")
def plain(settings: Settings) -> Assistant:
    return make_assistant(settings)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with served() as made:
        yield made


@pytest.fixture
def assistant(endpoint: Endpoint, settings: Settings, plain: Assistant) -> Iterator[Assistant]:
    given = {name.removeprefix("COURSEGRAPH_").lower(): v for name, v in endpoint.extra.items()}
    chosen = load_settings(data=settings.data, **given)
    assistant = Assistant(plain._live, writer=make_writer(chosen))
    yield assistant
    assistant.close()


@pytest.fixture
def client(
    assistant: Assistant, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[httpx.Client]:
    monkeypatch.setattr(sys.modules["test_api"], "make_assistant", lambda _: assistant)
    with RunningServer(settings) as client:
        yield client


@pytest.fixture
def number(assistant: Assistant, endpoint: Endpoint) -> int:
    """The number that the quote about keys and values has in the prompt."""
    from test_generation import number_of

    endpoint.next = [(401, {})]
    assistant.ask(STORES)
    found = number_of(endpoint, "keys and values")
    endpoint.requests.clear()
    return found


@contextmanager
def streamed(client: httpx.Client, **request: Any) -> Iterator[Iterator[Event]]:
    body = {"question": STORES, "stream": True, **request}
    with client.stream("POST", "/api/ask", json=body) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield events_of(response)


def events_of(response: httpx.Response) -> Iterator[Event]:
    name = ""
    for line in response.iter_lines():
        field, _, value = line.partition(": ")
        name = value if field == "event" else name
        if field == "data":
            yield name, json.loads(value)


def says(endpoint: Endpoint, *words: str | threading.Event, **rest: Any) -> None:
    endpoint.next.append((200, Spoken(words, **rest)))


def wait_for(holds: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_sentences_come_while_the_model_still_writes(
    client: httpx.Client, endpoint: Endpoint, number: int
) -> None:
    more = threading.Event()
    rest = NEXT.format(n=number)
    says(endpoint, GOOD[:20], GOOD[20:].format(n=number), rest[:9], more, rest[9:])
    with streamed(client) as events:
        (first, citation), (second, sentence) = next(events), next(events)
        assert (first, second) == ("citation", "sentence")
        assert citation["n"] == 1
        assert "keys and values" in citation["quote"]
        assert (sentence["text"], sentence["citations"]) == (TEXT, [1])
        assert not more.is_set()
        more.set()
        *_, (last, done) = events
    assert (last, done["mode"]) == ("done", "generative")
    first, second = (sentence["text"] for sentence in done["sentences"])
    assert (first, second[:9]) == (TEXT, NEXT[:9])


def test_what_is_not_borne_out_is_never_sent(
    client: httpx.Client, endpoint: Endpoint, number: int
) -> None:
    says(endpoint, (GOOD + MADE_UP + NEXT).format(n=number))
    with streamed(client) as events:
        told = list(events)
    sentences = [data["text"] for name, data in told if name == "sentence"]
    assert len(sentences) == 2
    assert "Hinton" not in json.dumps(told)


def test_verbatim_answers_come_in_the_same_events(client: httpx.Client) -> None:
    with streamed(client, llm="none") as events:
        *told, (last, done) = events
    assert last == "done"
    assert [data for name, data in told if name == "sentence"] == done["sentences"]
    assert [data for name, data in told if name == "citation"] == done["citations"]
    names = [name for name, _ in told]
    assert names[:2] == ["citation", "sentence"]


@pytest.mark.parametrize(
    "ending", [{"finish_reason": None}, {"error": "out of memory"}], ids=["hangs up", "says so"]
)
def test_half_a_stream_ends_in_the_verbatim_answer(
    client: httpx.Client, endpoint: Endpoint, number: int, ending: dict[str, Any]
) -> None:
    says(endpoint, GOOD.format(n=number), NEXT[:20], **ending)
    with streamed(client) as events:
        told = list(events)
    assert ("sentence", TEXT) in [(name, data.get("text")) for name, data in told]
    last, done = told[-1]
    assert (last, done["mode"]) == ("done", "extractive")
    assert "broke off" in done["notice"]
    assert all(sentence["verbatim"] for sentence in done["sentences"])
    assert len(endpoint.requests) == 1


def test_a_model_that_breaks_off_at_once_is_asked_again(
    client: httpx.Client, endpoint: Endpoint, number: int
) -> None:
    says(endpoint, "", finish_reason=None)
    says(endpoint, GOOD.format(n=number))
    answer = client.post("/api/ask", json={"question": STORES}).json()
    assert answer["mode"] == "generative", answer["notice"]
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize("path", ["/api/ask", "/v1/chat/completions"])
@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_stops_the_model(
    client: httpx.Client, endpoint: Endpoint, number: int, path: str, stream: bool
) -> None:
    never = threading.Event()
    says(endpoint, GOOD.format(n=number), NEXT[:20], never)
    asked: dict[str, Any] = {"question": STORES}
    if path.startswith("/v1"):
        asked = {"model": "coursegraph", "messages": [{"role": "user", "content": STORES}]}
    if stream:
        with client.stream("POST", path, json=asked | {"stream": True}) as response:
            assert any(TEXT in line for line in response.iter_lines())
    else:
        with pytest.raises(httpx.ReadTimeout):
            client.post(path, json=asked, timeout=1)
    assert endpoint.hung_up.wait(5)
    assert not never.is_set()
    # Nothing is left behind that would keep the next one waiting.
    says(endpoint, GOOD.format(n=number))
    assert client.post("/api/ask", json={"question": STORES}).json()["mode"] == "generative"


def test_closing_the_service_ends_requests_under_way(
    assistant: Assistant, endpoint: Endpoint, number: int
) -> None:
    says(endpoint, GOOD.format(n=number), threading.Event())
    told: list[Any] = []
    thread = threading.Thread(target=lambda: told.extend(assistant.stream(STORES)))
    thread.start()
    wait_for(lambda: bool(endpoint.requests))
    assistant.close()
    thread.join(5)
    assert endpoint.hung_up.wait(5)
    assert told[-1].mode == "extractive"
    assert "closed" in told[-1].notice


def test_openai_s_client_hears_sentences_and_may_leave(
    client: httpx.Client, endpoint: Endpoint, number: int
) -> None:
    never = threading.Event()
    says(endpoint, GOOD.format(n=number), NEXT[:20], never)
    with openai.OpenAI(base_url=f"{client.base_url}/v1", api_key="x", max_retries=0) as speaker:
        stream = speaker.chat.completions.create(
            model="coursegraph", messages=[{"role": "user", "content": STORES}], stream=True
        )
        said = next(c for chunk in stream if (c := chunk.choices[0].delta.content))
        assert said == f"{TEXT}[1]"
        stream.close()
        assert endpoint.hung_up.wait(5)
        assert [model.id for model in speaker.models.list()] == [
            "coursegraph", "coursegraph-verbatim",
        ]  # fmt: skip


def test_openai_s_client_keeps_what_it_heard_of_half_a_stream(
    client: httpx.Client, endpoint: Endpoint, number: int
) -> None:
    says(endpoint, GOOD.format(n=number), NEXT[:20], finish_reason=None)
    with openai.OpenAI(base_url=f"{client.base_url}/v1", api_key="x", max_retries=0) as speaker:
        chunks = list(
            speaker.chat.completions.create(
                model="coursegraph", messages=[{"role": "user", "content": STORES}], stream=True
            )
        )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text.startswith(f"{TEXT}[1]")
    assert "broke off" in text
    citations = (chunks[-1].model_extra or {})["citations"]
    assert [c["n"] for c in citations] == list(range(1, len(citations) + 1))
    assert f"[{len(citations)}]" in text
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_an_unexpected_failure_in_a_stream_is_an_event(
    client: httpx.Client, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("a secret of ours")
        yield

    monkeypatch.setattr(assistant._writer, "write", fails)
    with streamed(client) as events:
        ((name, data),) = events
    assert (name, data["error"]["code"]) == ("error", "internal_error")
    assert "secret" not in json.dumps(data)


def test_health_answers_while_many_wait_for_the_model(
    client: httpx.Client, endpoint: Endpoint, number: int
) -> None:
    gate = threading.Event()
    users = 50
    endpoint.next = [(200, Spoken([gate, GOOD.format(n=number)])) for _ in range(users)]
    answers: list[str] = []

    def ask() -> None:
        answer = client.post("/api/ask", json={"question": STORES}).json()
        answers.append(answer["mode"])

    threads = [threading.Thread(target=ask) for _ in range(users)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(endpoint.requests) == users, 60)
    start = time.perf_counter()
    assert client.get("/api/health").json()["status"] == "ok"
    assert time.perf_counter() - start < 1  # the limit is 0.1; this machine may be busy
    gate.set()
    for thread in threads:
        thread.join(60)
    assert answers == ["generative"] * users


def test_what_was_loaded_is_not_looked_through_for_garbage(plain: Assistant) -> None:
    before = gc.get_freeze_count()
    try:
        start_warming(plain)
        wait_for(lambda: gc.get_freeze_count() > before, 60)
    finally:
        gc.unfreeze()


def test_turns_go_round_in_the_order_of_waiting() -> None:
    turns = Turns(at_once=1)
    order: list[int] = []

    def work(number: int) -> None:
        with turns.turn():
            order.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    with turns.turn():
        for waiting, thread in enumerate(threads, start=1):
            thread.start()
            wait_for(lambda waiting=waiting: len(turns._waiting) == waiting)
        assert order == []
    for thread in threads:
        thread.join(5)
    assert order == [0, 1, 2, 3, 4]
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    work(5)  # a failure gives its turn back
    assert order[-1] == 5
