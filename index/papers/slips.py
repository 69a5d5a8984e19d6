"""Queries with slips: what they may mean, and what is nearest to what nothing here has."""

import re
from collections.abc import Collection, Mapping

from rapidfuzz import fuzz, process

from index.errors import UnknownSource
from ingest.concepts.names import name_key
from ingest.model import Document, Paper
from ingest.paper_facts import title_key
from ingest.papers.matching_titles import TitleMatcher
from ingest.text import CJK_CHARACTER

BARE_ID = re.compile(r"\s*(?:arxiv\s*[:：]?\s*)?(\d{4}\.\d{1,6}|[a-z-]+/\d{7})(?:v\d+)?\s*\Z", re.I)
ASKS = re.compile(
    r"[?？]|区别|对比|比较|变体|改进|替代|综述|之后|以后|后续|哪些|什么|怎么|如何|相关|有关|类似"
    r"|\bvs\b|\bvariants?\b|\bsuccessors?\b|\balternatives?\b|\bsurvey\b|\brelated\b|\blike\b",
    re.IGNORECASE,
)
# So like a title is a title with slips; below, words that happen to stand in one.
_MISSPELT = 84.0
_ALIKE = 60.0
_TITLE_WORDS = 3
_LEAST_NAME = 5
_NEAREST = 5
_FILE = re.compile(r"\S[^\n]*\.(?:pdf|md|markdown|txt|docx|pptx|ipynb|html?)", re.IGNORECASE)


class Slips:
    """Looks for what is nearly a query; safe to use from several threads."""

    def __init__(
        self,
        papers: Mapping[str, Paper],
        titles: TitleMatcher,
        by_name: Mapping[str, str],
        documents: Collection[Document],
    ) -> None:
        self._papers = papers
        self._titles = titles
        self._by_name = by_name
        self._documents = documents

    def paper(self, query: str) -> str | None:
        """The paper whose title or short name a query nearly is."""
        return self._title(query) or self._name(query)

    def names(self, query: str) -> list[str]:
        """Short names and titles like a query of a few words."""
        if len(query.split()) > _TITLE_WORDS or len(name_key(query)) < _LEAST_NAME:
            return []
        found = process.extract(
            name_key(query), list(self._by_name), scorer=fuzz.ratio, limit=3, score_cutoff=_ALIKE
        )
        papers = [self._papers[self._by_name[key]] for key, *_ in found]
        return list(dict.fromkeys((paper.names or (paper.title,))[0] for paper in papers))

    def document(self, query: str) -> Document | None:
        """The document of a path, id or file name; raises UnknownSource for a file not there."""
        name = query.strip()
        known = {one.path: one for one in self._documents}
        own = [one for one in known.values() if name in (one.path, one.id, _file_name(one))]
        if own or _FILE.fullmatch(name) is None:
            return own[0] if own else None
        near = [
            path
            for path, *_ in process.extract(name, list(known), scorer=fuzz.WRatio, limit=_NEAREST)
        ]
        hint = f"Nearest: {'; '.join(near)}." if near else "No document is indexed."
        raise UnknownSource(f"no document {name!r} is indexed", hint)

    def hint(self, query: str) -> str:
        """Which papers are nearest to what nothing here has."""
        ids = [
            one
            for one, *_ in process.extract(
                query, list(self._papers), scorer=fuzz.ratio, limit=_NEAREST
            )
        ]
        near = ids if BARE_ID.match(query) else self._titles.nearest(query, _NEAREST)
        listed = "; ".join(f"{one} {self._papers[one].title}" for one in near)
        return f"Nearest: {listed}. `coursegraph papers list` names all."

    def _title(self, query: str) -> str | None:
        """The paper of a title with slips in it."""
        words = query.split()
        if len(words) < _TITLE_WORDS or CJK_CHARACTER.search(query):
            return None
        identity = self._titles.best(query, _MISSPELT)
        if identity is None or ASKS.search(query):
            return None
        paper = self._papers[identity]
        likeness = abs(len(title_key(query)) - len(title_key(paper.title)))
        return identity if likeness <= len(title_key(query)) // 3 else None

    def _name(self, query: str) -> str | None:
        """The paper of a short name with a slip in it: "QLorra"."""
        key = name_key(query)
        if len(query.split()) > 1 or len(key) < _LEAST_NAME or not key.isascii():
            return None
        found = process.extractOne(
            key, list(self._by_name), scorer=fuzz.ratio, score_cutoff=_MISSPELT
        )
        if found is None or re.sub(r"\D", "", found[0]) != re.sub(r"\D", "", key):
            return None
        return self._by_name[found[0]]


def _file_name(document: Document) -> str:
    return document.path.rpartition("/")[2]
