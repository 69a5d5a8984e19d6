"""A scripted OpenAI-compatible endpoint on a real socket."""

import json
import select
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Spoken:
    """An answer word by word; where an event stands, it is waited for."""

    words: Iterable[str | threading.Event]
    finish_reason: str | None = "stop"
    error: str | None = None


def is_gone(connection: socket.socket) -> bool:
    """Whether the other side has closed a connection."""
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""


class Endpoint:
    """An OpenAI-compatible chat endpoint; ``script`` answers by a word of the passage."""

    key = "sk-secret-0123456789"

    def __init__(self) -> None:
        self.script: dict[str, Any] = {}
        self.failing: dict[str, tuple[int, Any]] = {}
        self.requests: list[dict[str, Any]] = []
        # The next answers, whatever is asked; bytes are sent as they are, and then it hangs up.
        self.next: list[tuple[int, Any]] = []
        self.seconds = 0.0
        # Set when a client leaves before its answer has ended.
        self.hung_up = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append(content)
                key = self.headers.get("Authorization", "")
                time.sleep(endpoint.seconds)
                status, answer = endpoint.answer(self.path, key, content)
                if isinstance(answer, bytes):
                    self.wfile.write(answer)
                    self.close_connection = True
                    return
                if isinstance(answer, Spoken) or (content.get("stream") and is_completion(answer)):
                    try:
                        self.stream(answer)
                    except OSError:
                        endpoint.hung_up.set()
                    return
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def stream(self, answer: Any) -> None:
                if not isinstance(answer, Spoken):
                    answer = Spoken([answer["choices"][0]["message"]["content"] or ""])
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for word in answer.words:
                    while isinstance(word, threading.Event) and not word.wait(0.02):
                        if is_gone(self.connection):
                            raise ConnectionResetError
                    if isinstance(word, str):
                        self.send(chunk(content=word))
                if answer.error is not None:
                    self.send({"error": {"message": answer.error}})
                elif answer.finish_reason is not None:
                    self.send(chunk(answer.finish_reason))
                    self.wfile.write(b"data: [DONE]\n\n")

            def send(self, data: dict[str, Any]) -> None:
                self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())

            def log_message(self, *_: Any) -> None:
                """Keep the test output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def answer(self, path: str, key: str, content: dict[str, Any]) -> tuple[int, Any]:
        passage = content["messages"][-1]["content"]
        if self.next:
            return self.next.pop(0)
        for word, failure in self.failing.items():
            if word in passage:
                return failure
        if key != f"Bearer {self.key}":
            return 401, {"error": {"message": f"Incorrect API key provided: {key}"}}
        if path != "/v1/chat/completions" or content["model"] != "reader":
            return 404, {"error": {"message": "no such model"}}
        text: Any = next((a for word, a in self.script.items() if word in passage), [])
        message = {
            "role": "assistant",
            "content": text if isinstance(text, str) else json.dumps(text),
        }
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        shape = {"id": "1", "object": "chat.completion", "created": 1, "model": "reader"}
        return 200, shape | {"choices": [choice]}

    @property
    def extra(self) -> dict[str, str]:
        return {
            "COURSEGRAPH_LLM": "openai-like:reader",
            "COURSEGRAPH_LLM_BASE_URL": f"http://127.0.0.1:{self.server.server_port}/v1",
            "COURSEGRAPH_LLM_API_KEY": self.key,
            "COURSEGRAPH_LLM_RETRIES": "1",
        }


def is_completion(answer: Any) -> bool:
    """Whether an answer can be streamed as well."""
    choices = answer.get("choices") if isinstance(answer, dict) else None
    return bool(choices) and isinstance(choices[0]["message"]["content"], str | None)


def chunk(finish_reason: str | None = None, **delta: str) -> dict[str, Any]:
    """A chunk of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    shape = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "reader"}
    return shape | {"choices": [choice]}


@contextmanager
def served() -> Iterator[Endpoint]:
    """An endpoint that answers until the end of the block."""
    made = Endpoint()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()
