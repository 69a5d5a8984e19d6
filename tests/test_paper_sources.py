"""Papers from the network: three sources in their real formats, served on this machine."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.errors import PaperSourceError
from app.fetching import Fetcher
from app.paper_sources import fetched, make_source
from app.settings import Settings, load_settings
from conftest import command_over
from ingest.errors import SettingsError

LORA = "2106.09685"
TITLE = "LoRA: Low-Rank Adaptation of Large Language Models"
ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title type="html">ArXiv Query</title>
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">1</opensearch:totalResults>
  <entry>
    <id>http://arxiv.org/abs/2106.09685v2</id>
    <updated>2021-10-16T18:40:34Z</updated>
    <published>2021-06-17T17:37:18Z</published>
    <title>LoRA: Low-Rank Adaptation of Large
  Language Models</title>
    <summary>  An important paradigm of natural
language processing. </summary>
    <author><name>Edward J. Hu</name></author>
    <author><name>Yelong Shen</name></author>
    <arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">Draft V2</arxiv:comment>
    <category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
  </entry>
</feed>"""
ATOM_ERROR = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><entry>
<id>http://arxiv.org/api/errors#incorrect_id_format</id><title>Error</title></entry></feed>"""
SCHOLAR = {
    "paperId": "a8ca46b171467ceb2d7652fbfb67fe701ad86092",
    "externalIds": {"ArXiv": LORA, "DBLP": "conf/iclr/HuSWALWWC22", "CorpusId": 235458009},
    "url": "https://www.semanticscholar.org/paper/a8ca46b171467ceb2d7652fbfb67fe701ad86092",
    "title": TITLE,
    "abstract": "An important paradigm of natural language processing.",
    "year": 2021,
    "authors": [{"authorId": "1", "name": "J. E. Hu"}, {"authorId": "2", "name": "Yelong Shen"}],
}
ALEX = {
    "id": "https://openalex.org/W3168867926",
    "doi": "https://doi.org/10.48550/arxiv.2106.09685",
    "display_name": TITLE,
    "publication_year": 2021,
    "authorships": [{"author_position": "first", "author": {"display_name": "Edward J. Hu"}}],
    "primary_location": {"landing_page_url": "http://arxiv.org/abs/2106.09685"},
    "abstract_inverted_index": {"An": [0], "important": [1], "paradigm": [2]},
}


class Network:
    """The three services on one port; ``failing`` are statuses to give first."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.keys: list[str | None] = []
        self.failing: list[int] = []
        network = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                network.asked.append(self.path)
                network.keys.append(self.headers.get("x-api-key"))
                status, body = network.answer(urlsplit(self.path))
                content = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, url: Any) -> tuple[int, Any]:
        if self.failing:
            return self.failing.pop(0), {"message": "Too Many Requests"}
        asked = parse_qs(url.query)
        if url.path == "/api/query":
            wrong = asked.get("id_list", [""])[0] == "2106.99999"
            return 200, ATOM_ERROR if wrong else ATOM
        pages: dict[str, Any] = {
            "/graph/v1/paper/search": {"total": 1, "offset": 0, "data": [SCHOLAR]},
            "/works": {"meta": {"count": 1}, "results": [ALEX]},
            f"/graph/v1/paper/arXiv:{LORA}": SCHOLAR,
            f"/works/doi:10.48550/arxiv.{LORA}": ALEX,
        }
        found = url.path in pages
        return (200, pages[url.path]) if found else (404, {"error": "not found"})


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network()
    thread = threading.Thread(target=network.server.serve_forever)
    thread.start()
    yield network
    network.server.shutdown()
    thread.join()
    network.server.server_close()


Named = Callable[..., Settings]


@pytest.fixture
def named(tmp_path: Path, network: Network) -> Named:
    def settings(source: str, **more: Any) -> Settings:
        chosen = {"paper_source_url": network.url, "paper_source_seconds": 0.0} | more
        return load_settings(data=tmp_path / "data", paper_source=source, **chosen)

    return settings


SOURCES = ("arxiv", "semantic-scholar", "openalex")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("query", [LORA, "low-rank adaptation"])
def test_a_paper_is_found_by_id_and_by_words(named: Named, source: str, query: str) -> None:
    (paper,) = fetched(make_source(named(source)), query, 5)
    assert (paper.id, paper.arxiv_id, paper.title, paper.year) == (LORA, LORA, TITLE, 2021)
    assert paper.authors[0] in ("Edward J. Hu", "J. E. Hu")
    assert paper.abstract.startswith("An important paradigm")


@pytest.mark.parametrize("source", SOURCES)
def test_an_unknown_id_gives_nothing(named: Named, source: str) -> None:
    assert fetched(make_source(named(source)), "2106.99999", 5) == []


def test_a_page_is_fetched_once(named: Named, network: Network) -> None:
    for _ in range(3):
        assert fetched(make_source(named("arxiv")), LORA, 5)
    assert len(network.asked) == 1


def test_requests_keep_their_distance_and_a_busy_source_is_asked_again(
    tmp_path: Path, network: Network
) -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    fetcher = Fetcher(tmp_path, 3.0, {}, lambda: now[0], sleep)
    fetcher.get(f"{network.url}/works", {"search": "a"})
    fetcher.get(f"{network.url}/works", {"search": "b"})
    assert slept == [3.0]
    network.failing = [429, 503]
    assert fetcher.get(f"{network.url}/works", {"search": "c"})
    assert len(network.asked) == 5
    network.failing = [429, 429, 429]
    with pytest.raises(PaperSourceError, match="status 429"):
        fetcher.get(f"{network.url}/works", {"search": "d"})
    fetcher.close()


def test_the_key_is_sent_to_semantic_scholar_alone(named: Named, network: Network) -> None:
    for source in ("semantic-scholar", "openalex"):
        fetched(make_source(named(source, paper_source_key="secret")), "words", 1)
    assert network.keys == ["secret", None]


@pytest.mark.parametrize("source", SOURCES)
def test_nonsense_is_told(named: Named, network: Network, source: str) -> None:
    network.answer = lambda _: (200, "<html>")  # type: ignore[method-assign]
    with pytest.raises(PaperSourceError, match="did not answer in its own format"):
        fetched(make_source(named(source)), "words", 1)


def test_it_is_off_by_default_and_says_when_there_is_no_network(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not looked up in the network"):
        make_source(load_settings(data=tmp_path))
    nowhere = load_settings(
        data=tmp_path, paper_source="arxiv", paper_source_url="http://127.0.0.1:9"
    )
    with pytest.raises(PaperSourceError, match="can't be reached") as raised:
        fetched(make_source(nowhere), LORA, 1)
    assert "works offline" in raised.value.hint


def test_what_was_found_can_be_added(network: Network, tmp_path: Path, models: Path) -> None:
    run = command_over(tmp_path / "data", models)
    chosen = {
        "COURSEGRAPH_PAPER_SOURCE": "semantic-scholar",
        "COURSEGRAPH_PAPER_SOURCE_URL": network.url,
    }
    found = run("papers", "fetch", LORA, "--add", "--json", extra=chosen).json
    assert [paper["arxiv_id"] for paper in found["papers"]] == [LORA]
    own = (tmp_path / "data" / "papers.jsonl").read_text("utf-8")
    assert "An important paradigm" in own
    off = run("papers", "fetch", LORA)
    assert (off.code, off.out) == (1, "")
    assert "COURSEGRAPH_PAPER_SOURCE" in off.err
