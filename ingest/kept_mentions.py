"""Mentions of papers, kept by document: they go with it."""

from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from ingest.model import NamedBy, PaperMention, PaperRole
from ingest.schema import DOCUMENTS, PAPER_MENTIONS, STAGES


class KeptMentions:
    """The table of mentions; each document is a transaction of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def put(self, document_id: str, mentions: Sequence[PaperMention], stage: str, key: str) -> None:
        """Keep the mentions of a document in place of those before."""
        of_it = PAPER_MENTIONS.c.document_id == document_id
        rows = [asdict(one) | {"ordinal": place} for place, one in enumerate(mentions)]
        done = insert(STAGES).values(document_id=document_id, stage=stage, key=key)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(PAPER_MENTIONS).where(of_it))
            if rows:
                connection.execute(sa.insert(PAPER_MENTIONS), rows)
            connection.execute(
                done.on_conflict_do_update(
                    index_elements=["document_id", "stage"], set_={"key": key}
                )
            )

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
