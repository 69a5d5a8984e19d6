"""Papers from the network: off unless a setting names a source; slow on purpose, and kept."""

import json
import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from lxml import etree

from app.errors import PaperSourceError
from app.fetching import Fetcher
from app.settings import Settings
from ingest.errors import PapersError, SettingsError
from ingest.model import Paper
from ingest.paper_facts import is_arxiv_id, paper_from, paper_values
from ingest.papers.identifiers import identifiers

_HOSTS = {
    "arxiv": "https://export.arxiv.org",
    "semantic-scholar": "https://api.semanticscholar.org",
    "openalex": "https://api.openalex.org",
}
_ATOM = {"a": "http://www.w3.org/2005/Atom", "x": "http://arxiv.org/schemas/atom"}
_FIELDS = "title,year,authors,externalIds,abstract,url"
_VERSION = re.compile(r"v\d+\Z")


class PaperSource(Protocol):
    """The port: where papers are found beyond those that are known."""

    @abstractmethod
    def search(self, words: str, limit: int) -> list[Paper]:
        """Papers that fit some words; raises PaperSourceError."""

    @abstractmethod
    def paper(self, arxiv_id: str) -> Paper | None:
        """The paper of an arXiv id, if the source has it; raises PaperSourceError."""


class ArxivSource:
    """ArXiv's Atom feed."""

    def __init__(self, host: str, fetcher: Fetcher) -> None:
        self._url, self._fetcher = f"{host}/api/query", fetcher

    def search(self, words: str, limit: int) -> list[Paper]:
        """See ``PaperSource``."""
        query = " AND ".join(f"all:{word}" for word in re.findall(r"[\w-]+", words))
        return self._papers({"search_query": query, "max_results": str(limit)})

    def paper(self, arxiv_id: str) -> Paper | None:
        """See ``PaperSource``."""
        return next(iter(self._papers({"id_list": arxiv_id, "max_results": "1"})), None)

    def _papers(self, parameters: Mapping[str, str]) -> list[Paper]:
        text = self._fetcher.get(self._url, parameters) or ""
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        try:
            feed = etree.fromstring(text.encode(), parser)
        except etree.XMLSyntaxError as error:
            raise _nonsense("arXiv", error) from error
        found = (self._values(entry) for entry in feed.iterfind("a:entry", _ATOM))
        return _papers((values for values in found if values), "arXiv")

    def _values(self, entry: Any) -> dict[str, Any]:
        address = entry.findtext("a:id", "", _ATOM)
        identity = next((one.arxiv_id for one in identifiers(address) if one.arxiv_id), None)
        if identity is None:  # an error comes as an entry, too
            return {}
        published = entry.findtext("a:published", "", _ATOM)[:4]
        return {
            "arxiv_id": _VERSION.sub("", identity),
            "title": _line(entry.findtext("a:title", "", _ATOM)),
            "year": int(published) if published.isdigit() else None,
            "authors": [_line(name.text) for name in entry.iterfind("a:author/a:name", _ATOM)],
            "abstract": _line(entry.findtext("a:summary", "", _ATOM)),
            "doi": entry.findtext("x:doi", None, _ATOM),
        }


class _JsonSource:
    name = ""

    def __init__(self, host: str, fetcher: Fetcher) -> None:
        self._host, self._fetcher = host, fetcher

    def _json(self, path: str, parameters: Mapping[str, str]) -> dict[str, Any] | None:
        text = self._fetcher.get(f"{self._host}{path}", parameters)
        if text is None:
            return None
        try:
            found = json.loads(text)
        except ValueError as error:
            raise _nonsense(self.name, error) from error
        if not isinstance(found, dict):
            raise _nonsense(self.name, "no object")
        return found


class SemanticScholarSource(_JsonSource):
    """Semantic Scholar's graph."""

    name = "Semantic Scholar"

    def search(self, words: str, limit: int) -> list[Paper]:
        """See ``PaperSource``."""
        parameters = {"query": words, "limit": str(limit), "fields": _FIELDS}
        found = self._json("/graph/v1/paper/search", parameters) or {}
        return _papers(map(self._values, found.get("data") or ()), self.name)

    def paper(self, arxiv_id: str) -> Paper | None:
        """See ``PaperSource``."""
        found = self._json(f"/graph/v1/paper/arXiv:{arxiv_id}", {"fields": _FIELDS})
        return next(iter(_papers([self._values(found)], self.name)), None) if found else None

    def _values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        other = row.get("externalIds") or {}
        identity = other.get("ArXiv")
        return {
            "id": identity or f"s2:{row.get('paperId')}",
            "arxiv_id": identity,
            "title": row.get("title"),
            "year": row.get("year"),
            "authors": [author["name"] for author in row.get("authors") or ()],
            "abstract": row.get("abstract"),
            "doi": other.get("DOI"),
            "link": row.get("url"),
        }


class OpenAlexSource(_JsonSource):
    """OpenAlex' works."""

    name = "OpenAlex"

    def search(self, words: str, limit: int) -> list[Paper]:
        """See ``PaperSource``."""
        found = self._json("/works", {"search": words, "per-page": str(limit)}) or {}
        return _papers(map(self._values, found.get("results") or ()), self.name)

    def paper(self, arxiv_id: str) -> Paper | None:
        """See ``PaperSource``."""
        found = self._json(f"/works/doi:10.48550/arxiv.{arxiv_id}", {})
        return next(iter(_papers([self._values(found)], self.name)), None) if found else None

    def _values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        doi = (row.get("doi") or "").removeprefix("https://doi.org/")
        place = (row.get("primary_location") or {}).get("landing_page_url") or ""
        named = (one.arxiv_id for one in identifiers(f"{place} {_arxiv_of(doi)}") if one.arxiv_id)
        identity = next(named, None)
        words = row.get("abstract_inverted_index") or {}
        placed = sorted((spot, word) for word, spots in words.items() for spot in spots)
        return {
            "id": identity or str(row.get("id", "")).rpartition("/")[2],
            "arxiv_id": identity,
            "title": row.get("display_name") or row.get("title"),
            "year": row.get("publication_year"),
            "authors": [one["author"]["display_name"] for one in row.get("authorships") or ()],
            "abstract": " ".join(word for _, word in placed),
            "doi": None if _arxiv_of(doi) else doi or None,
            "link": place or None,
        }


def _arxiv_of(doi: str) -> str:
    """What an address of arXiv's own DOIs names."""
    found = re.match(r"10\.48550/arxiv\.(.+)", doi, re.IGNORECASE)
    return f"arxiv:{found[1]}" if found else ""


def _papers(rows: Iterable[Mapping[str, Any]], source: str) -> list[Paper]:
    """Papers of rows; those that the source itself knows too little of are left out."""
    papers = []
    try:
        for row in rows:
            values = {key: value for key, value in row.items() if value}
            if not is_arxiv_id(values.get("arxiv_id", "")):
                values.pop("arxiv_id", None)
            else:
                values.pop("year", None)  # printed later: the id tells when it came out
            if values.get("title") and (values.get("id") or values.get("arxiv_id")):
                papers.append(paper_from(values, source))
    except (KeyError, TypeError, AttributeError, PapersError) as error:
        raise _nonsense(source, error) from error
    return papers


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _nonsense(source: str, error: object) -> PaperSourceError:
    return PaperSourceError(f"{source} did not answer in its own format: {error}", "Try another.")


def make_source(settings: Settings) -> PaperSource:
    """The source that the settings name; raises SettingsError where it is off or unknown."""
    name = settings.paper_source
    if name == "none":
        hint = f"Set COURSEGRAPH_PAPER_SOURCE to one of: {', '.join(_HOSTS)}."
        raise SettingsError("papers are not looked up in the network", hint)
    key = settings.paper_source_key
    headers = {"user-agent": "coursegraph"}
    if key is not None and name == "semantic-scholar":
        headers["x-api-key"] = key.get_secret_value()
    folder = settings.data / "paper_source"
    fetcher = Fetcher(folder, settings.paper_source_seconds, headers)
    host = (settings.paper_source_url or _HOSTS[name]).rstrip("/")
    kinds: Mapping[str, Callable[[str, Fetcher], PaperSource]] = {
        "arxiv": ArxivSource,
        "semantic-scholar": SemanticScholarSource,
        "openalex": OpenAlexSource,
    }
    return kinds[name](host, fetcher)


def fetched(source: PaperSource, query: str, limit: int) -> list[Paper]:
    """Papers of the network for an arXiv id or some words."""
    ids = [one.arxiv_id for one in identifiers(f"arxiv:{query.strip()}") if one.arxiv_id]
    if ids and is_arxiv_id(query.strip()):
        found = source.paper(ids[0])
        return [found] if found else []
    return source.search(query, limit)


def as_lines(papers: Iterable[Paper]) -> str:
    """Papers as a list that ``papers import`` reads."""
    rows = (paper_values(paper) for paper in papers)
    return "".join(json.dumps(row, ensure_ascii=False, default=list) + "\n" for row in rows)
