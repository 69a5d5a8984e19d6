"""What chat front ends ask beside the user: titles, tags and the like, answered without a search.

The prompts are those of Open WebUI, whose users may change their wording: a task is known by its
instruction, or by the JSON key that it wants together with the conversation that it encloses.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.api.openai_api.shapes import RequestMessage
from app.conversations.titles import title_of

_INSTRUCTION = re.compile(r"\s*### Task:\s*(.*?)(?=\n\s*#|\Z)", re.DOTALL | re.IGNORECASE)
_WRITE = r"\b(?:generate|create|suggest|write|provide)\b[^.]*"
_KINDS = {
    "title": re.compile(_WRITE + r"\btitle\b", re.IGNORECASE),
    "tags": re.compile(_WRITE + r"\btags\b", re.IGNORECASE),
    "follow_ups": re.compile(_WRITE + r"\bfollow-?ups?\b", re.IGNORECASE),
    "queries": re.compile(r"\bgenerating search queries\b", re.IGNORECASE),
    "text": re.compile(r"\bautocompletion system\b", re.IGNORECASE),
    "prompt": re.compile(r"\bimage generation task\b", re.IGNORECASE),
}
_KEY = re.compile(r'\{\s*"(title|tags|follow_ups|queries|text|prompt)"\s*:')
_HISTORY = re.compile(r"<chat_history>(.*?)</chat_history>", re.DOTALL)
_USER_TURN = re.compile(r"^USER:(.*?)(?=^(?:USER|ASSISTANT):|\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Task:
    """A request of the front end itself, about a conversation that began with a question."""

    kind: str
    question: str
    as_json: bool


def task_in(asked: str, messages: Sequence[RequestMessage]) -> Task | None:
    """The task that a message sets; None when it is a question."""
    kind = _kind(asked)
    if kind is None:
        return None
    # Only titles were ever asked for as plain text.
    return Task(kind, _first_question(asked, messages), kind != "title" or '"title"' in asked)


def fulfilled(task: Task, concepts: Sequence[str]) -> str:
    """The answer: a title from the question, tags from its concepts, and nothing made up."""
    answers: dict[str, object] = {
        "title": title_of(task.question) or "coursegraph",
        "tags": list(concepts) or ["General"],
        "follow_ups": [],
        "queries": [],
        "text": "",
        "prompt": task.question,
    }
    answer = answers[task.kind]
    return json.dumps({task.kind: answer}, ensure_ascii=False) if task.as_json else str(answer)


def _kind(asked: str) -> str | None:
    instruction = _INSTRUCTION.match(asked)
    if instruction:
        for kind, pattern in _KINDS.items():
            if pattern.search(instruction[1]):
                return kind
    key = _KEY.search(asked) if _HISTORY.search(asked) else None
    return key[1] if key else None


def _first_question(asked: str, messages: Sequence[RequestMessage]) -> str:
    history = _HISTORY.search(asked)
    turn = _USER_TURN.search(history[1]) if history else None
    if turn:
        return turn[1].strip()
    earlier = [one.text.strip() for one in messages if one.role == "user"]
    return earlier[0] if len(earlier) > 1 else ""
