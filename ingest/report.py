"""What an ingest run did, file by file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from ingest.errors import CourseError
from ingest.model import Notice

# Called with the stage, how many are done, how many there are, and the name of the last one.
Progress = Callable[[str, int, int, str], None]


def no_progress(stage: str, done: int, total: int, name: str) -> None:
    """Tell nobody."""


class Action(StrEnum):
    """What a run did with a file."""

    READ = "read"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the report."""

    path: str
    action: Action
    reason: str = ""
    hint: str = ""
    code: str = ""
    chunks: int = 0
    pages: int | None = None
    notices: tuple[Notice, ...] = ()

    @classmethod
    def failure(cls, path: str, error: CourseError) -> "Outcome":
        """The line for a file or path that can't be read."""
        return cls(path, Action.FAILED, reason=str(error), hint=error.hint, code=error.code)


@dataclass(slots=True)
class Report:
    """What a run did; ``ignored`` counts files of kinds that are not read.

    ``recognized`` counts the pictures that went through OCR, ``recognized_before`` those whose
    text an earlier run had kept.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    ignored: int = 0
    recognized: int = 0
    recognized_before: int = 0

    @property
    def failures(self) -> list[Outcome]:
        """Files and paths that could not be read."""
        return [found for found in self.outcomes if found.action is Action.FAILED]

    @property
    def succeeded(self) -> bool:
        """Whether anything at all went well."""
        return len(self.failures) < len(self.outcomes)

    def count(self, action: Action) -> int:
        """How many files an action befell."""
        return sum(found.action is action for found in self.outcomes)
