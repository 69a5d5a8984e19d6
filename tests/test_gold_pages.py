"""The gold set read through the PDF reader: text, order and tables as a person sees them."""

from collections.abc import Callable, Sequence

import pytest
from gold_measures import GoldScore, measure
from gold_model import GoldPage
from gold_pages import CHROMIUM, GOLD, make_pages

from ingest.model import ParsedDocument
from ingest.ocr import make_recognizer
from ingest.readers.pdf.reader import read_pdf
from ingest.recognition import RecognizedLine, Recognizer
from ingest.settings import ReadSettings

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium on the PATH")

Read = Callable[[GoldPage], ParsedDocument]

every_page = pytest.mark.parametrize("gold", GOLD, ids=[gold.name for gold in GOLD])
with_tables = [gold for gold in GOLD if any(block.rows for block in gold.expected)]
with_links = [gold for gold in GOLD if gold.links]


class Services:
    """The packaged engine; nobody is told of progress."""

    def __init__(self, recognizer: Recognizer) -> None:
        self.recognizer = recognizer
        self.pictures = 0

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        self.pictures += 1
        return self.recognizer.recognize(picture)

    def progress(self, stage: str, done: int, total: int) -> None:
        pass


@pytest.fixture(scope="module")
def services() -> Services:
    return Services(make_recognizer("embedded", threads=2))


@pytest.fixture(scope="module")
def read(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Read:
    files = make_pages(tmp_path_factory.mktemp("gold"))
    known: dict[str, tuple[ParsedDocument, int]] = {}

    def once(gold: GoldPage) -> ParsedDocument:
        if gold.name not in known:
            before = services.pictures
            document = read_pdf(files[gold.name], ReadSettings(), services)
            known[gold.name] = document, services.pictures - before
        document, pictures = known[gold.name]
        assert bool(pictures) == gold.needs_ocr, "text recognition is for what the layer lacks"
        return document

    return once


def judge(gold: GoldPage, read: Read) -> GoldScore:
    return measure(gold, read(gold))


@every_page
def test_text_is_what_is_seen(gold: GoldPage, read: Read) -> None:
    assert judge(gold, read).text >= 0.97, shown(read(gold))


@every_page
def test_blocks_are_in_reading_order(gold: GoldPage, read: Read) -> None:
    assert judge(gold, read).misplaced == (), shown(read(gold))


@every_page
def test_blocks_are_what_they_look_like(gold: GoldPage, read: Read) -> None:
    assert judge(gold, read).other_kind == (), shown(read(gold))


@pytest.mark.parametrize("gold", with_tables, ids=[gold.name for gold in with_tables])
def test_cells_are_in_their_places(gold: GoldPage, read: Read) -> None:
    cells = judge(gold, read).cells
    assert cells is not None
    assert cells >= 0.95, shown(read(gold))


@every_page
def test_only_text_from_pictures_has_a_confidence(gold: GoldPage, read: Read) -> None:
    spans = [span for block in read(gold).blocks for span in block.spans]
    assert any(span.confidence is not None for span in spans) == gold.needs_ocr


@pytest.mark.parametrize("gold", with_links, ids=[gold.name for gold in with_links])
def test_links_lead_where_they_say(gold: GoldPage, read: Read) -> None:
    assert [(link.text, link.target) for link in read(gold).links] == list(gold.links)


def test_the_set_is_large_enough() -> None:
    assert len(GOLD) >= 14
    assert len({gold.name for gold in GOLD}) == len(GOLD)


def shown(document: ParsedDocument) -> str:
    return "\n".join(f"{block.kind} {block.level} {block.text!r}" for block in document.blocks)
