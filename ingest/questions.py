"""Questions of a lesson with their answers, in whichever way the lesson asks them.

A section of questions asks in one way: by headings, by marks ("Q:", "问："), in bold, by numbers,
or in plain sentences. The first question decides; whatever else looks like a question below it is
part of an answer.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.model import Block, BlockKind, Question, SectionKind
from ingest.section_names import section_kind
from ingest.sections import FilledSection, page_at

_BOLD = r"(?:\*\*|__)"
# White space is bounded in all patterns, so that a run of it costs no more than its length.
_GAP = r"\s{0,4}"
_MARK_END = rf"{_GAP}{_BOLD}?{_GAP}[：:]{_GAP}{_BOLD}?{_GAP}"
_Q_MARK = re.compile(
    rf"{_GAP}{_BOLD}?{_GAP}(?:Q(?:uestion)?{_GAP}\d{{0,3}}|问题?{_GAP}\d{{0,3}})"
    rf"{_GAP}{_BOLD}?{_GAP}[：:.、．)）]{_GAP}{_BOLD}?{_GAP}",
    re.IGNORECASE,
)
_A_MARK = (
    rf"{_BOLD}?{_GAP}(?:A(?:ns(?:wer)?)?{_GAP}\d{{0,3}}|(?:参考)?答案?|解答|回答|解析){_MARK_END}"
)
_OPENING_A_MARK = re.compile(
    r"\s{0,4}(?:(?:点击|展开|查看|显示|click to |show |the ){0,4}"
    rf"(?:参考答案|答案|answer){_GAP}(?=\n|$)|{_A_MARK})",
    re.IGNORECASE,
)
_NEXT_A_MARK = re.compile(
    rf"(?:\n\s{{0,4}}|(?<=[？?])\s{{0,4}}{_BOLD}?\s{{0,4}}){_A_MARK}", re.IGNORECASE
)
_NUMBER = re.compile(r"\s{0,4}(?:\d{1,3}\s{0,4}[.、．)）]|[(（]\d{1,3}[)）]|[①-⑳])\s{0,4}")
_BOLD_START = re.compile(rf"{_BOLD}(?P<words>[^*\n]{{2,400}}){_BOLD}\s{{0,4}}")
_CHECKBOX = re.compile(r"\[[ xX]\]\s{1,4}")
_ENDS_ASKING = re.compile(rf"[？?]\s{{0,4}}(?:{_BOLD}|[)）”\"」])*\s{{0,4}}$")
_ASKS_FOR = re.compile(
    r"(?:请|试|简述|说明|解释|推导|证明|比较|对比|写出|描述|列举|谈谈|分析|为什么|什么是|如何|怎样|怎么"
    r"|(?:explain|describe|derive|prove|compare|list|show|discuss|sketch|why|what|how|when|which)\b)",
    re.IGNORECASE,
)
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class _Way:
    """A way of asking; headings, numbers and plain sentences keep to one kind of block."""

    name: str
    kind: BlockKind | None = None
    level: int = 0


_MARKED, _BOLD_WAY = _Way("marked"), _Way("bold")


@dataclass(frozen=True, slots=True)
class _Opener:
    """A question where it begins: the way it is asked, and what of its block is answer already."""

    way: _Way
    text: str
    answer: str = ""


@dataclass(slots=True)
class _Open:
    """A question with the answer as far as it has been read."""

    section: FilledSection
    page: int | None
    text: str
    answer: list[str] = field(default_factory=list)

    def close(self) -> Question:
        answer = "\n\n".join(self.answer)
        mark = _OPENING_A_MARK.match(answer)
        answer = answer[mark.end() :] if mark else answer
        place = self.section.section
        return Question(place.document_id, place.id, self.page, self.text, answer.strip())


def questions(sections: Sequence[FilledSection]) -> Iterator[Question]:
    """Give the questions of sections that are of that kind, in order."""
    run: list[FilledSection] = []
    for section in sections:
        is_template = section.heading is not None and _is_template(section.heading)
        if run and (section.section.kind is not SectionKind.QUESTIONS or is_template):
            yield from _questions_of(run)
            run = []
        if section.section.kind is SectionKind.QUESTIONS:
            run.append(section)
    yield from _questions_of(run)


def _is_template(heading: Block) -> bool:
    return section_kind(heading.text) is SectionKind.QUESTIONS


def _questions_of(run: Sequence[FilledSection]) -> Iterator[Question]:
    """Questions below one template heading."""
    way: _Way | None = None
    current: _Open | None = None
    for section in run:
        for block in ([section.heading] if section.heading else []) + list(section.blocks):
            if block is section.heading and _is_template(block):
                continue
            opener = _opener(block, section)
            if opener is not None and way in (None, opener.way):
                if current is not None:
                    yield current.close()
                way = opener.way
                current = _Open(section, page_at(block, 0), opener.text)
                current.answer += [opener.answer] if opener.answer else []
            elif current is not None and _is_above(block, way):
                yield current.close()
                current = None
            elif current is not None:
                current.answer.append(block.text)
    if current is not None:
        yield current.close()


def _is_above(block: Block, way: _Way | None) -> bool:
    """Tell whether a block is a heading that groups questions."""
    if block.kind is not BlockKind.HEADING or way is None:
        return False
    return way.kind is not BlockKind.HEADING or block.level < way.level


def _opener(block: Block, section: FilledSection) -> _Opener | None:
    if block.kind is BlockKind.HEADING:
        return _heading(block, section)
    if block.kind not in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.QUOTE):
        return None
    text = _CHECKBOX.sub("", block.text, count=1) if block.text.startswith("[") else block.text
    mark = _Q_MARK.match(text)
    if mark is not None:
        return _split(_MARKED, text[mark.end() :])
    number = _NUMBER.match(text)
    rest = text[number.end() :] if number else text
    bold = _BOLD_START.match(rest)
    if bold is not None and (
        _ENDS_ASKING.search(bold["words"]) or (number and _asks(bold["words"]))
    ):
        return _bold(bold, rest)
    opener = _split(_Way("numbered" if number else "plain", block.kind, block.level), rest)
    if _ENDS_ASKING.search(opener.text) or (number and _asks(opener.text)):
        return opener if len(opener.text) <= _LONGEST else None
    return None


def _heading(block: Block, section: FilledSection) -> _Opener | None:
    mark = _Q_MARK.match(block.text) or _NUMBER.match(block.text)
    text = block.text[mark.end() :] if mark else block.text
    answered = bool(section.blocks) and _opener(section.blocks[0], section) is None
    if text and (_asks(text) or answered or (mark and _Q_MARK.match(block.text))):
        return _Opener(_Way("heading", block.kind, block.level), text)
    return None


def _bold(bold: re.Match[str], rest: str) -> _Opener:
    words = bold["words"].strip()
    for pattern in (_Q_MARK, _NUMBER):
        if (mark := pattern.match(words)) is not None and mark.end() < len(words):
            words = words[mark.end() :]
    return _Opener(_BOLD_WAY, words, rest[bold.end() :])


def _asks(text: str) -> bool:
    return bool(_ENDS_ASKING.search(text) or _ASKS_FOR.match(text))


def _split(way: _Way, text: str) -> _Opener:
    """Part a question from the answer that stands in the same block."""
    mark = _NEXT_A_MARK.search(text)
    if mark is not None:
        return _Opener(way, _without_bold(text[: mark.start()]), text[mark.end() :])
    first, _, rest = text.partition("\n")
    if rest and _ENDS_ASKING.search(first):
        return _Opener(way, _without_bold(first), rest)
    return _Opener(way, _without_bold(text))


def _without_bold(text: str) -> str:
    """Drop the bold marks around a question, or the one left over from its mark."""
    text = text.strip()
    for mark in ("**", "__"):
        if text.count(mark) == 1 or (text.startswith(mark) and text.endswith(mark)):
            text = text.removeprefix(mark).removesuffix(mark).strip()
    return text
