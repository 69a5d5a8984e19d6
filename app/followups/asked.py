"""A question in its conversation: what it names itself, and what the conversation is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from app.followups.focus import Named, Said, focus_of, listed, named_in
from app.followups.words import TALK
from index.course_index import CourseIndex
from ingest.text import CJK_CHARACTER

# What a question begins with that goes on from something said.
_GOING_ON = re.compile(
    r"\s*(?:(?:好的?|嗯|哦|ok|okay|thanks|谢谢)[，,。.!！\s]+)?"
    r"(?:(?:那么|那(?!个|种|些)|所以|不过|但是|可是|然后|另外|此外)[，,]?|(?:and|but|so|then|also|now)\b,?)\s*",
    re.IGNORECASE,
)

_COURTESY = re.compile(r"谢|你好|您好|再见|\b(?:thanks?|hello|hi|bye|ok|okay)\b", re.IGNORECASE)
ASKS = re.compile(
    r"什么|怎么|怎样|如何|为何|哪|谁|多少|几|是否|吗|\b(?:what|how|why|when|where|which|who|whose|is|are|"
    r"was|were|does|do|did|can|could|will|would|should|has|have)\b",
    re.IGNORECASE,
)
_RECENT = 3  # questions in which "the latter" is looked for


@dataclass(frozen=True)  # no slots: what is found out is kept
class Asked:
    """A question in its conversation."""

    question: str
    history: Sequence[Said]
    index: CourseIndex

    @cached_property
    def text(self) -> str:
        """Without what only says that it goes on."""
        return self.question[self._opening :] or self.question

    @cached_property
    def goes_on(self) -> bool:
        """Whether it begins like something that goes on."""
        return self._opening > 0

    @cached_property
    def _opening(self) -> int:
        found = _GOING_ON.match(self.question)
        return found.end() if found else 0

    @cached_property
    def english(self) -> bool:
        """Whether it has no Chinese in it."""
        return CJK_CHARACTER.search(self.question) is None

    @cached_property
    def named(self) -> list[Named]:
        """The concepts that the text names."""
        return named_in(self.index.graph, self.text)

    @cached_property
    def is_talk(self) -> bool:
        """Whether it says nothing by itself."""
        return is_talk(self.question)

    @cached_property
    def last(self) -> Said:
        """The question before it."""
        return self.history[-1]

    @cached_property
    def side_by_side(self) -> tuple[str, ...]:
        """What was last named side by side, as in "PPO and DPO"; empty for nothing."""
        for said in reversed(self.history[-_RECENT:]):
            named = named_in(self.index.graph, said.understood)
            names = max((one.names for one in named), key=len, default=())
            if len(names) > 1:
                return names
        return ()

    @cached_property
    def focus(self) -> str | None:
        """What the conversation is about, less what the question names itself."""
        focus = focus_of(self.index.graph, self.last)
        own = {concept for one in self.named for concept in one.concepts}
        names = [self._name(c, name) for c, name in focus.items() if c not in own]
        return listed(names, self.english) if names else None

    def _name(self, concept: str, name: str) -> str:
        if self.english and CJK_CHARACTER.search(name):
            return self.index.graph.concepts[concept].name_en or name
        return name

    def after_the_last(self, text: str | None = None) -> str:
        """The last question that stands by itself, and this one after it."""
        before = next(
            said.understood.strip()
            for place, said in reversed(list(enumerate(self.history)))
            if not _comes_after(said, self.history[:place])
        )
        if before[-1:].isalnum():
            before += "?" if CJK_CHARACTER.search(before) is None else "？"
        gap = " " if before[-1:].isascii() else ""
        return f"{before}{gap}{(text or self.question).strip()}"

    def about_focus(self, text: str) -> str:
        """The text as asked of the focus."""
        if self.focus is None:
            return self.after_the_last()
        return f"{self.focus}: {text}" if self.english else f"{self.focus}：{text}"


def _comes_after(said: Said, earlier: Sequence[Said]) -> bool:
    """Whether a question was understood as one that comes after another."""
    return said.understood != said.asked and any(
        said.understood.startswith(one.understood.strip()) for one in earlier
    )


def is_talk(question: str) -> bool:
    """Whether a question asks on and says nothing by itself: why? 再详细一点."""
    return not TALK.rest(question)


def is_courtesy(question: str) -> bool:
    """Whether a text only thanks or greets."""
    has_courtesy = _COURTESY.search(question) is not None
    return has_courtesy and is_talk(question) and not ASKS.search(question)


def leanable(history: Sequence[Said], index: CourseIndex) -> list[Said]:
    """What a question can lean on: no thanks, and nothing refused that names no known concept."""
    return [
        said
        for said in history
        if not is_courtesy(said.asked)
        and (said.was_answered or named_in(index.graph, said.understood))
    ]
