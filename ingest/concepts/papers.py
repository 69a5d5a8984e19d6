"""What concepts take from the facts on papers: titles, and which paper introduced a name."""

from functools import lru_cache

from ingest.concepts.names import name_key
from ingest.paper_facts import shipped_papers


@lru_cache(maxsize=1)
def paper_titles() -> dict[str, str]:
    """Titles by arXiv id."""
    return {paper.id: paper.title for paper in shipped_papers()}


@lru_cache(maxsize=1)
def papers_by_name() -> dict[str, str]:
    """The arXiv id of the paper that introduced a name, by the name's key; the oldest counts."""
    found: dict[str, str] = {}
    for paper in shipped_papers():
        for name in paper.names if paper.arxiv_id else ():
            found.setdefault(name_key(name), paper.id)
    return found
