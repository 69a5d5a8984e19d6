"""The commands on conversations."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.errors import BadRequest
from app.options import AsJson, Data, print_shape, read_settings

if TYPE_CHECKING:
    from app.conversations.store import ConversationStore

conversations = typer.Typer(help="Conversations that were kept.", no_args_is_help=True)

Identity = Annotated[str, typer.Argument(help="Its id, as `conversations list` gives it.")]


@conversations.command("list")
def list_conversations(data: Data = None, as_json: AsJson = False) -> None:
    """All conversations, the one that went on last first."""
    from app import show

    with _store(data) as store:
        found = [one.model_dump() for one in store.all()]
    print_shape({"conversations": found}, as_json, lambda: show.conversations(found))


@conversations.command("export")
def export_conversation(
    conversation: Identity,
    out: Annotated[Path | None, typer.Option("--out", help="File; else stdout.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """A conversation as Markdown, its citations as numbered notes at the end."""
    from app.conversations.export import markdown

    with _store(data) as store:
        found = store.get(conversation)
    text = markdown(found)
    if out is not None:
        try:
            out.write_text(text, "utf-8")
        except OSError as error:
            raise BadRequest(
                f"{out}: {error.strerror}", "Name a file that can be written."
            ) from error
    shown = text if out is None else f"wrote {out}\n"
    print_shape(found.model_dump(), as_json, lambda: sys.stdout.write(shown))


@conversations.command("rename")
def rename_conversation(
    conversation: Identity,
    title: Annotated[str, typer.Argument(help="Its new title.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Give a conversation another title."""
    with _store(data) as store:
        store.rename(conversation, title)
    shape = {"id": conversation, "title": title}
    print_shape(shape, as_json, lambda: sys.stdout.write(f"renamed {conversation}\n"))


@conversations.command("delete")
def delete_conversation(conversation: Identity, data: Data = None, as_json: AsJson = False) -> None:
    """Forget a conversation with all that was asked and answered in it."""
    with _store(data) as store:
        store.delete(conversation)
    line = f"deleted {conversation}\n"
    print_shape({"deleted": conversation}, as_json, lambda: sys.stdout.write(line))


@contextmanager
def _store(data: Path | None) -> "Iterator[ConversationStore]":
    from app.conversations.store import ConversationStore

    store = ConversationStore(read_settings(data=data).conversations_file)
    try:
        yield store
    finally:
        store.close()
