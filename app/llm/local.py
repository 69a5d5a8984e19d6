"""A language model in a GGUF file, run by llama.cpp in a process of its own."""

import json
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import IO, Any

from anyio.to_thread import run_sync
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import ChatMessage, ChatResponse

from app.llm.endpoint import EndpointLLM, client_settings
from app.settings import Settings
from ingest.errors import LanguageModelError, SettingsError

_RUNTIME = "xllamacpp"
_MAGIC = b"GGUF"
_COMPLAINT = re.compile(r"^\S+ E (.+)", re.MULTILINE)
_NOWHERE = "http://127.0.0.1"  # until it has started


class LocalServer:
    """Starts the server of a GGUF file when it is needed, and again if it has died."""

    def __init__(self, file: Path, threads: int | None) -> None:
        self.key = secrets.token_urlsafe()
        self._file = file
        self._threads = threads
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._address = _NOWHERE

    def address(self) -> str:
        """Where it listens, once the model is loaded; raises LanguageModelError."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._address = self._started()
            return self._address

    def close(self) -> None:
        """End it, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            with process:  # closes its pipes and waits
                process.kill()

    def _started(self) -> str:
        self.close()
        with tempfile.TemporaryFile() as complaints:
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "app.llm.local_server"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
            told = {"file": str(self._file), "key": self.key, "threads": self._threads}
            address = _first_line(process, json.dumps(told))
            if not address:
                process.wait()
                raise self._failure(process.returncode, complaints)
        return address

    def _failure(self, code: int, complaints: IO[bytes]) -> LanguageModelError:
        complaints.seek(0)
        said = complaints.read().decode(errors="replace")
        why = _COMPLAINT.search(said)
        last = said.strip().rpartition("\n")[2] or f"its process ended with code {code}"
        return LanguageModelError(
            f"The language model {self._file} can't be loaded: {why[1] if why else last}",
            "Check that the file is whole and that there is memory for it.",
        )


class LocalLLM(EndpointLLM):
    """The model behind a local server, which is an endpoint like any other once it has started."""

    _server: LocalServer = PrivateAttr()

    def __init__(self, server: LocalServer, **settings: Any) -> None:
        super().__init__(**settings)
        self._server = server

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer, once the model is loaded."""
        self._turn_to(self._server.address())
        return super().chat(messages, **kwargs)

    async def prepare(self) -> None:
        """Wait for the model to be loaded."""
        self._turn_to(await run_sync(self._server.address, abandon_on_cancel=True))

    def close(self) -> None:
        """End the server."""
        self._server.close()

    def _turn_to(self, address: str) -> None:
        self.api_base = f"{address}/v1"
        self._client.base_url = self._aclient.base_url = self.api_base


def make_local(named: str, settings: Settings) -> LocalLLM:
    """The model in a file; raises SettingsError where there is none."""
    file = Path(named).expanduser()
    if find_spec(_RUNTIME) is None:
        raise ModuleNotFoundError(name=_RUNTIME)
    try:
        with file.open("rb") as stream:
            magic = stream.read(len(_MAGIC))
    except OSError as error:
        hint = "Set COURSEGRAPH_LLM or --llm to gguf:<path of a GGUF file>."
        raise SettingsError(f"the language model {file}: {error.strerror}", hint) from error
    if magic != _MAGIC:
        hint = "Such files end in .gguf; those of other programs have to be converted."
        raise SettingsError(f"the language model {file} is not a GGUF file", hint)
    server = LocalServer(file.absolute(), settings.threads)
    return LocalLLM(server, **client_settings(file.stem, _NOWHERE, server.key, settings))


def _first_line(process: "subprocess.Popen[bytes]", told: str) -> str:
    """What it answers to a line; nothing where it has died."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("the pipes of the process are missing")
    with suppress(BrokenPipeError):  # then it has nothing to say either
        process.stdin.write(told.encode() + b"\n")
        process.stdin.flush()
    return process.stdout.readline().decode().strip()
