"""A conversation as Markdown, with its citations as numbered notes at the end."""

import re
from collections.abc import Iterator, Mapping, Sequence

from app.contract import AnswerShape, CitationShape
from app.conversations.store import ConversationDetail
from app.followups.telling import understood_as
from ingest.model import Language
from ingest.text import language_of, one_line

_MARK = re.compile(r"\[(\d{1,3})\]")
_ZH = {
    "untitled": "对话",
    "nearest": "最接近的地方：",
    "notes": "出处",
    "page": "第 {} 页",
    "recognized": "文字识别自图片",
}
_EN = {
    "untitled": "Conversation",
    "nearest": "Nearest places:",
    "notes": "Sources",
    "page": "page {}",
    "recognized": "text recognised in a picture",
}


def markdown(conversation: ConversationDetail) -> str:
    """Questions as headings, answers with their marks, and a note for every quote.

    Answers number their citations each from 1; here the numbers run through, and a quote that two
    answers cite is one note.
    """
    first = conversation.history[0].answer.question if conversation.history else ""
    words = _EN if language_of(first or conversation.title or "") is Language.EN else _ZH
    notes: dict[str, tuple[int, CitationShape]] = {}
    blocks = [f"# {one_line(conversation.title or words['untitled'])}", conversation.created[:10]]
    for turn in conversation.history:
        blocks += _turn(turn.answer, _numbers(turn.answer, notes), words)
    if notes:
        blocks.append(f"## {words['notes']}")
        blocks += [_note(number, citation, words) for number, citation in notes.values()]
    return "\n\n".join(blocks) + "\n"


def answer_markdown(answer: AnswerShape) -> str:
    """One answer with its notes, to be pasted elsewhere."""
    words = _EN if language_of(answer.question) is Language.EN else _ZH
    notes: dict[str, tuple[int, CitationShape]] = {}
    numbers = _numbers(answer, notes)
    quotes = [_note(number, citation, words) for number, citation in notes.values()]
    return "\n\n".join([_renumbered(answer, numbers), *quotes]) + "\n"


def _numbers(answer: AnswerShape, notes: dict[str, tuple[int, CitationShape]]) -> dict[int, int]:
    """The number of the note for each number of an answer's citation; new ones are noted."""
    numbers = {}
    for citation in answer.citations:
        key = f"{citation.document_id} {citation.page} {citation.quote}"
        numbers[citation.n] = notes.setdefault(key, (len(notes) + 1, citation))[0]
    return numbers


def _turn(
    answer: AnswerShape, numbers: Mapping[int, int], words: Mapping[str, str]
) -> Iterator[str]:
    yield f"## {one_line(answer.question)}"
    if answer.resolved_question:
        yield f"*{understood_as(answer.question, answer.resolved_question)}*"
    if answer.notice:
        yield f"*{one_line(answer.notice)}*"
    yield _renumbered(answer, numbers)
    if answer.nearest:
        places = [_place(hit.document, hit.page, hit.section, words) for hit in answer.nearest]
        yield "\n".join([words["nearest"], "", *(f"- {place}" for place in dict.fromkeys(places))])


def _renumbered(answer: AnswerShape, numbers: Mapping[int, int]) -> str:
    """The answer's text with the notes' numbers; what is quoted keeps its own brackets."""

    def mark(found: re.Match[str]) -> str:
        return f"[{numbers.get(int(found[1]), found[1])}]"

    pieces: list[str] = []
    position = 0
    for sentence in answer.sentences:
        start = answer.answer.find(sentence.text, position)
        if start < 0:
            continue
        pieces += [_MARK.sub(mark, answer.answer[position:start]), sentence.text]
        position = start + len(sentence.text)
    return "".join([*pieces, _MARK.sub(mark, answer.answer[position:])])


def _note(number: int, citation: CitationShape, words: Mapping[str, str]) -> str:
    place = _place(citation.document, citation.page, citation.section, words)
    read = f" ({words['recognized']})" if citation.confidence is not None else ""
    quote = "\n".join(f"> {line}".rstrip() for line in citation.quote.splitlines())
    return f"**[{number}]** {place}{read}\n\n{quote}"


def _place(
    document: str, page: int | None, section: Sequence[str], words: Mapping[str, str]
) -> str:
    on_page = f", {words['page'].format(page)}" if page is not None else ""
    return " › ".join([f"`{document}`{on_page}", *map(one_line, section)])
