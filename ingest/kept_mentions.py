"""Mentions of papers, kept by document: they go with it."""

from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from ingest.model import NamedBy, Paper, PaperMention, PaperRole
from ingest.paper_facts import paper_from, paper_values
from ingest.schema import ARTICLES, DOCUMENTS, PAPER_MENTIONS, STAGES


class KeptMentions:
    """The table of mentions; each document is a transaction of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def put(
        self,
        document_id: str,
        mentions: Sequence[PaperMention],
        stage: str,
        key: str,
        itself: Paper | None = None,
    ) -> None:
        """Keep the mentions of a document, and the paper that it is, in place of those before."""
        of_it = PAPER_MENTIONS.c.document_id == document_id
        rows = [asdict(one) | {"ordinal": place} for place, one in enumerate(mentions)]
        done = insert(STAGES).values(document_id=document_id, stage=stage, key=key)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(PAPER_MENTIONS).where(of_it))
            own = ARTICLES.c.document_id == document_id
            connection.execute(sa.delete(ARTICLES).where(own))
            if rows:
                connection.execute(sa.insert(PAPER_MENTIONS), rows)
            if itself is not None:
                values = {"document_id": document_id, "paper": paper_values(itself)}
                connection.execute(sa.insert(ARTICLES).values(values))
            connection.execute(
                done.on_conflict_do_update(
                    index_elements=["document_id", "stage"], set_={"key": key}
                )
            )

    def articles(self) -> list[Paper]:
        """The papers that documents are, by collection and path."""
        query = (
            sa.select(ARTICLES.c.paper)
            .join(DOCUMENTS, DOCUMENTS.c.id == ARTICLES.c.document_id)
            .order_by(DOCUMENTS.c.collection, DOCUMENTS.c.path)
        )
        with self._engine.connect() as connection:
            found = connection.execute(query).scalars()
            return [paper_from(values, "the corpus store") for values in found]

    def all(self) -> list[PaperMention]:
        """All mentions, by collection, path and place."""
        table = PAPER_MENTIONS
        columns = [column for column in table.c if column.name != "ordinal"]
        query = (
            sa.select(*columns)
            .join(DOCUMENTS, DOCUMENTS.c.id == table.c.document_id)
            .order_by(DOCUMENTS.c.collection, DOCUMENTS.c.path, table.c.ordinal)
        )
        with self._engine.connect() as connection:
            return [mention_from(dict(row._mapping)) for row in connection.execute(query)]


def mention_from(values: dict[str, object]) -> PaperMention:
    """Make a mention of its stored values."""
    role, named_by = PaperRole(str(values["role"])), NamedBy(str(values["named_by"]))
    return PaperMention(**{**values, "role": role, "named_by": named_by})  # type: ignore[arg-type]
