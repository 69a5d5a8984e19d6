"""Conversations in a file of their own: what was asked, and each answer as it was given.

An answer is kept in the shape of the public contract. Its citations hold document, page, section,
quote and boxes, so a conversation reads the same whatever becomes of the index.
"""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.schema import CreateIndex, CreateTable

from app.contract import AnswerShape
from app.conversations.titles import title_of
from app.errors import BadRequest, ConversationsDamaged, NotFound
from ingest.schema import make_engine
from ingest.text import one_line

FORMAT = "1"
LONGEST_TITLE = 200
_TABLES = sa.MetaData()
_PROPERTIES = sa.Table(
    "properties",
    _TABLES,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
_CONVERSATIONS = sa.Table(
    "conversations",
    _TABLES,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("title", sa.String),
    sa.Column("created", sa.String, nullable=False),
    sa.Column("changed", sa.String, nullable=False),
)
# A turn's number says when it was written; two that are asked at once both get one.
_TURNS = sa.Table(
    "turns",
    _TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column(
        "conversation_id",
        sa.ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("asked", sa.String, nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
)


class ConversationShape(BaseModel):
    """A conversation in a list; without a title of its own it has that of its first question."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str | None
    created: str
    changed: str
    turns: int


class TurnShape(BaseModel):
    """A question with its answer as it was given, and when (UTC)."""

    model_config = ConfigDict(frozen=True)

    asked: str
    answer: AnswerShape


class ConversationDetail(ConversationShape):
    """A conversation with all its turns, in order."""

    history: list[TurnShape]


class ConversationStore:
    """Keeps conversations; safe to use from several threads and processes."""

    def __init__(self, file: Path) -> None:
        """The file is made when it is first needed."""
        self._file = file
        self._opening = Lock()
        self._opened: sa.Engine | None = None

    def close(self) -> None:
        """Release the file."""
        if self._opened is not None:
            self._opened.dispose()

    def begin(self, title: str | None = None) -> ConversationShape:
        """Begin a conversation; raises BadRequest for an empty or overlong title."""
        now = _now()
        title = None if title is None else _checked(title)
        new = ConversationShape(
            id=secrets.token_hex(8), title=title, created=now, changed=now, turns=0
        )
        with self._engine.begin() as connection:
            values = new.model_dump(exclude={"turns"})
            connection.execute(insert(_CONVERSATIONS).values(values))
        return new

    def all(self) -> list[ConversationShape]:
        """All conversations, the one that went on last first."""
        query = _listing().order_by(_CONVERSATIONS.c.changed.desc(), _CONVERSATIONS.c.id)
        with self._engine.connect() as connection:
            return [ConversationShape(**row._mapping) for row in connection.execute(query)]

    def get(self, conversation_id: str) -> ConversationDetail:
        """One conversation with its turns; raises NotFound."""
        query = _listing().where(_CONVERSATIONS.c.id == conversation_id)
        turns = sa.select(_TURNS.c.asked, _TURNS.c.answer).order_by(_TURNS.c.number)
        with self._engine.connect() as connection:
            found = connection.execute(query).one_or_none()
            if found is None:
                raise _unknown(conversation_id)
            rows = connection.execute(turns.where(_TURNS.c.conversation_id == conversation_id))
            history = [self._turn(row.asked, row.answer) for row in rows]
        return ConversationDetail(**{**found._mapping, "turns": len(history)}, history=history)

    def add(self, conversation_id: str, answer: AnswerShape) -> None:
        """Keep an answer as the next turn; raises NotFound where the conversation is gone."""
        now, table = _now(), _CONVERSATIONS
        title = sa.func.coalesce(table.c.title, title_of(answer.question))
        turn = {"conversation_id": conversation_id, "asked": now, "answer": answer.model_dump()}
        self._change(
            conversation_id, {"changed": now, "title": title}, sa.insert(_TURNS).values(turn)
        )

    def rename(self, conversation_id: str, title: str) -> None:
        """Give a conversation a title; raises NotFound and BadRequest."""
        self._change(conversation_id, {"title": _checked(title)})

    def delete(self, conversation_id: str) -> None:
        """Forget a conversation and its turns; raises NotFound."""
        statement = sa.delete(_CONVERSATIONS).where(_CONVERSATIONS.c.id == conversation_id)
        with self._engine.begin() as connection:
            if not connection.execute(statement).rowcount:
                raise _unknown(conversation_id)

    def _change(
        self, conversation_id: str, values: dict[str, Any], then: sa.Insert | None = None
    ) -> None:
        change = sa.update(_CONVERSATIONS).where(_CONVERSATIONS.c.id == conversation_id)
        with self._engine.begin() as connection:
            if not connection.execute(change.values(values)).rowcount:
                raise _unknown(conversation_id)
            if then is not None:
                connection.execute(then)

    def _turn(self, asked: str, answer: dict[str, Any]) -> TurnShape:
        try:
            return TurnShape(asked=asked, answer=AnswerShape.model_validate(answer))
        except ValidationError as error:
            hint = (
                "It may be of a newer version of coursegraph; `coursegraph doctor` names this one."
            )
            raise ConversationsDamaged(f"{self._file}: an answer can't be read", hint) from error

    @property
    def _engine(self) -> sa.Engine:
        with self._opening:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> sa.Engine:
        hint = "Move the file away; conversations begin anew."
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            engine = make_engine(
                f"sqlite:///{self._file}", "the store of conversations", ConversationsDamaged
            )
            found = _prepare(engine)
        except OSError as error:
            raise ConversationsDamaged(f"{self._file}: {error.strerror}") from error
        except sa.exc.DatabaseError as error:
            message = f"{self._file}: not a store of conversations ({error.orig})"
            raise ConversationsDamaged(message, hint) from error
        if found != FORMAT:
            engine.dispose()
            message = f"{self._file}: format {found}, this version reads {FORMAT}"
            raise ConversationsDamaged(message, hint)
        return engine


def _prepare(engine: sa.Engine) -> str | None:
    """Make the tables where they are missing; the format of those that are there."""
    with engine.begin() as connection:
        for table in _TABLES.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(CreateIndex(index, if_not_exists=True))
        values = {"name": "format", "value": FORMAT}
        connection.execute(insert(_PROPERTIES).values(values).on_conflict_do_nothing())
        query = sa.select(_PROPERTIES.c.value).where(_PROPERTIES.c.name == "format")
        return connection.execute(query).scalar()


def _listing() -> sa.Select[Any]:
    count = sa.func.count(_TURNS.c.number).label("turns")
    joined = _CONVERSATIONS.outerjoin(_TURNS)
    return sa.select(_CONVERSATIONS, count).select_from(joined).group_by(_CONVERSATIONS.c.id)


def _checked(title: str) -> str:
    title = one_line(title)
    if not 1 <= len(title) <= LONGEST_TITLE:
        hint = f"Use 1 to {LONGEST_TITLE} characters."
        raise BadRequest(f"the title has {len(title)} characters", hint)
    return title


def _unknown(conversation_id: str) -> NotFound:
    hint = "`coursegraph conversations list` or GET /api/conversations names them."
    return NotFound(f"no conversation {conversation_id!r}", hint)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
