"""The question in a user's message."""

import re

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
