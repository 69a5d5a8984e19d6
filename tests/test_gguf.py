"""Language models in GGUF files: a real file, though of random weights, run by llama.cpp itself."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from llama_index.core.llms import ChatMessage
from tiny_gguf import write_gguf

from app.assistant import Assistant
from app.listening import Listener
from app.llm import local, make_llm, named
from app.llm.endpoint import EndpointLLM
from app.settings import load_settings
from app.wiring import ingest, make_assistant, make_writer
from conftest import environment, make_course
from ingest.errors import LanguageModelError, SettingsError

ASKED = [ChatMessage(role="user", content="What is a KV cache?")]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(tmp_path_factory.mktemp("model") / "tiny.gguf")


def llm_of(file: Path) -> EndpointLLM:
    made = make_llm(load_settings(llm=f"gguf:{file}", threads=1))
    assert made is not None
    return made


@pytest.fixture(scope="module")
def llm(file: Path) -> Iterator[EndpointLLM]:
    with closing(llm_of(file)) as made:
        yield made


def test_it_answers_whole_and_in_words(llm: EndpointLLM) -> None:
    assert llm.metadata.model_name == "tiny"
    whole = llm.chat(ASKED, max_tokens=8).message.content
    assert whole
    with closing(Listener(llm)) as listener, closing(listener.words(ASKED, 60)) as words:
        heard = list(itertools.islice(filter(None, words), 2))
    assert len(heard) == 2  # it would go on to a thousand


def test_nobody_else_may_ask_it(llm: EndpointLLM) -> None:
    llm.chat(ASKED, max_tokens=1)
    body = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
    refused = httpx.post(f"{llm.api_base}/chat/completions", json=body)
    assert refused.status_code == 401
    assert llm.api_base.startswith("http://127.0.0.1:")


def test_it_comes_back_after_it_has_died_and_goes_when_its_parent_does(llm: EndpointLLM) -> None:
    assert isinstance(llm, local.LocalLLM)
    llm.chat(ASKED, max_tokens=1)
    killed = llm._server._process
    assert killed is not None
    killed.kill()
    killed.wait()
    assert llm.chat(ASKED, max_tokens=1).message is not None
    again = llm._server._process
    assert again is not None
    assert again.stdin is not None
    again.stdin.close()
    again.wait(10)


def test_an_answer_of_nonsense_gives_way_to_the_verbatim_one(
    file: Path, tmp_path: Path, models: Path
) -> None:
    environment(tmp_path / "data", models)
    settings = load_settings(
        data=tmp_path / "data",
        llm=f"gguf:{file}",
        second_embedding="none",
        threads=1,
        llm_timeout_seconds=10,  # random words have no end
    )
    ingest(settings, [make_course(tmp_path / "course")])
    assistant: Assistant = make_assistant(settings, writer=make_writer(settings))
    with closing(assistant):
        answer = assistant.ask("What does the KV cache store?", llm="gguf:tiny.gguf")
    assert (answer.mode, answer.abstained) == ("extractive", False)
    assert answer.sentences
    assert "without the language model" in str(answer.notice)


def test_files_that_can_t_be_used_are_named(file: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.gguf: No such file"):
        llm_of(tmp_path / "absent.gguf")
    other = tmp_path / "other.gguf"
    other.write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(SettingsError, match="is not a GGUF file") as caught:
        llm_of(other)
    assert "converted" in str(caught.value.hint)
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(file.read_bytes()[:-5000])
    with (
        closing(llm_of(cut)) as broken,
        pytest.raises(LanguageModelError, match=r"cut\.gguf can't be loaded: ") as failed,
    ):
        broken.chat(ASKED)
    assert "whole" in str(failed.value.hint)


def test_without_the_package_the_extra_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="needs the package 'xllamacpp'") as caught:
        llm_of(file)
    assert "coursegraph[gguf]" in str(caught.value.hint)


def test_requests_name_a_model_without_its_folder() -> None:
    assert named("gguf:/home/me/models/tiny.gguf") == "gguf:tiny.gguf"
    assert named("openai-like:org/model") == "openai-like:org/model"
