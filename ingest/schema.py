"""Tables of the corpus store."""

from collections.abc import Iterator, Sequence
from functools import partial

import sqlalchemy as sa

from ingest.errors import CorpusError, CourseError

FORMAT = "2"
# SQLite allows 32,766 variables in a statement; stay well below it.
_BATCH = 5000

TABLES = sa.MetaData()
PROPERTIES = sa.Table(
    "properties",
    TABLES,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
COLLECTIONS = sa.Table(
    "collections",
    TABLES,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("root", sa.String, nullable=False),
)
DOCUMENTS = sa.Table(
    "documents",
    TABLES,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("collection", sa.String, nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("file", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("format", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("page_count", sa.Integer),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("notices", sa.JSON, nullable=False),
    sa.Column("entries", sa.JSON, nullable=False),
    sa.Column("links", sa.JSON, nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False),
    sa.UniqueConstraint("collection", "path"),
)
SECTIONS = sa.Table(
    "sections",
    TABLES,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), index=True),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("path", sa.JSON, nullable=False),
    sa.Column("page", sa.Integer),
    sa.Column("kind", sa.String, nullable=False),
)
LESSON_ITEMS = sa.Table(
    "lesson_items",
    TABLES,
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("item", sa.JSON, nullable=False),
)
CHUNKS = sa.Table(
    "chunks",
    TABLES,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), index=True),
    sa.Column("section_id", sa.String, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("section", sa.JSON, nullable=False),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("spans", sa.JSON, nullable=False),
)
PAPER_MENTIONS = sa.Table(
    "paper_mentions",
    TABLES,
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("paper", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("named_by", sa.String, nullable=False),
    sa.Column("quote", sa.String, nullable=False),
    sa.Column("page", sa.Integer),
    sa.Column("chunk_id", sa.String, nullable=False),
    sa.Column("section_id", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("link", sa.String, nullable=False),
)
# Research papers among the documents, as facts on papers are written.
ARTICLES = sa.Table(
    "articles",
    TABLES,
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("paper", sa.JSON, nullable=False),
)
STAGES = sa.Table(
    "stages",
    TABLES,
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("stage", sa.String, primary_key=True),
    sa.Column("key", sa.String, nullable=False),
)
EMBEDDINGS = sa.Table(
    "embeddings",
    TABLES,
    sa.Column("text_hash", sa.String, primary_key=True),
    sa.Column("fingerprint", sa.String, primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)
# What was recognised in a picture, once for ever: pictures of a page change only with the file.
RECOGNITIONS = sa.Table(
    "recognitions",
    TABLES,
    sa.Column("picture_hash", sa.String, primary_key=True),
    sa.Column("fingerprint", sa.String, primary_key=True),
    sa.Column("lines", sa.JSON, nullable=False),
)
# What language models have read in a passage; its key is made of the passage's own words.
CLAIMS = sa.Table(
    "claims",
    TABLES,
    sa.Column("passage", sa.String, primary_key=True),
    sa.Column("model", sa.String, primary_key=True),
    sa.Column("prompt", sa.String, primary_key=True),
    sa.Column("claims", sa.JSON, nullable=False),
)
# Passages that a model was asked about in vain, and how often.
UNREADABLE = sa.Table(
    "unreadable",
    TABLES,
    sa.Column("passage", sa.String, primary_key=True),
    sa.Column("model", sa.String, primary_key=True),
    sa.Column("prompt", sa.String, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
)


def make_engine(
    address: str, name: str = "the corpus store", kind: type[CourseError] = CorpusError
) -> sa.Engine:
    """Open a database; errors that are no fault of the store's come as an error of this kind."""
    engine = sa.create_engine(address, connect_args={"timeout": 60})
    sa.event.listen(engine, "connect", _configure)
    sa.event.listen(engine, "handle_error", partial(_explain, name, kind))
    return engine


def _configure(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    # WAL lets readers go on while a document is written; a killed writer leaves no half document.
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _explain(name: str, kind: type[CourseError], context: sa.engine.ExceptionContext) -> None:
    """Tell a full disk, a lock or missing permissions from a damaged store, which is no loss."""
    if isinstance(context.sqlalchemy_exception, sa.exc.OperationalError):
        hint = "Check that the data folder has space and may be written, and try again."
        message = f"{name} can't be used: {context.original_exception}"
        raise kind(message, hint) from context.original_exception


def batches(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a list into parts that a statement can hold."""
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
