"""The question in a user's message, and what was said before it."""

import re
from collections.abc import Sequence

from app.api.openai_api.shapes import RequestMessage
from app.followups.focus import REMEMBERED, Said
from app.followups.resolving import resolve
from app.followups.telling import SIGNS
from index.course_index import CourseIndex

_ABOVE = re.compile(rf"\A> (?:{'|'.join(SIGNS.values())})(?P<understood>[^\n]+)\n\n")
_TEMPLATE = re.compile(r"\s*### Task:", re.IGNORECASE)
_END_OF_CONTEXT = "</context>"
_ASKED = ("<user_query>", "</user_query>")


def question_in(message: str) -> str:
    """What was asked, without the context that a front end wrote around it.

    Open WebUI does so when a file or a knowledge base of its own is attached to a chat.
    """
    if not _TEMPLATE.match(message) or _END_OF_CONTEXT not in message:
        return message
    asked = message.rpartition(_ASKED[0])[2].partition(_ASKED[1])[0]
    if _ASKED[0] not in message:
        asked = message.rpartition(_END_OF_CONTEXT)[2]
    return asked.strip() or message


def said_before(messages: Sequence[RequestMessage], index: CourseIndex) -> list[Said]:
    """The questions before the last one, each as it was understood then, with their answers."""
    asked: list[tuple[str, list[str]]] = []
    for message in messages:
        if message.role == "user":
            asked.append((question_in(message.text).strip(), []))
        elif message.role == "assistant" and asked:
            asked[-1][1].append(message.text)
    history: list[Said] = []
    for question, answers in asked[-REMEMBERED - 1 : -1]:
        told = next(filter(None, map(_ABOVE.match, answers)), None)
        understood = told["understood"] if told else resolve(question, history, index)
        answer = "\n\n".join(_ABOVE.sub("", one) for one in answers)
        history.append(Said(question, understood, answer))
    return history
