"""Text in pictures: the engine, its workers, what is kept, and which parts of a page are read."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pymupdf
import pytest

from conftest import Command
from ingest.corpus import Corpus
from ingest.errors import RecognitionFailed, SettingsError
from ingest.model import BlockKind, Box, ParsedDocument
from ingest.ocr import engine_fingerprint, make_recognizer
from ingest.ocr_workers import OcrWorkers
from ingest.pipeline import Ingestion
from ingest.readers.pdf.reader import read_pdf
from ingest.recognition import RecognizedLine
from ingest.report import no_progress
from ingest.services import DocumentServices, KeptRecognizer, Meter
from ingest.settings import OcrMode, ReadSettings

A4 = (595, 842)
CJK = pymupdf.Font("cjk")
SENTENCE = "显存占用从一百二十吉字节降到三十吉字节"
ENGLISH = "Paged attention stores keys in blocks"


def sheet(
    texts: Sequence[tuple[float, float, str]],
    size: tuple[int, int] = A4,
    height: float = 14,
) -> pymupdf.Document:
    document = pymupdf.open()
    page = document.new_page(width=size[0], height=size[1])
    writer = pymupdf.TextWriter(page.rect)
    for x, y, text in texts:
        writer.append((x, y), text, font=CJK, fontsize=height)
    writer.write_text(page)
    return document


def picture(texts: Sequence[tuple[float, float, str]], size: tuple[int, int] = (400, 60)) -> bytes:
    with sheet(texts, size) as document:
        return document[0].get_pixmap(dpi=150).tobytes("png")


def squeezed(text: str) -> str:
    return "".join(text.split())


class Spy:
    """Reader services that answer from a script and remember what they were asked."""

    def __init__(self, *answers: Sequence[RecognizedLine] | RecognitionFailed) -> None:
        self.asked: list[bytes] = []
        self._answers = list(answers)

    def recognize(self, picture: bytes) -> Sequence[RecognizedLine]:
        self.asked.append(picture)
        answer = self._answers[min(len(self.asked), len(self._answers)) - 1]
        if isinstance(answer, RecognitionFailed):
            raise answer
        return answer

    def progress(self, stage: str, done: int, total: int) -> None:
        pass


def read(
    document: pymupdf.Document, folder: Path, services: Spy, **settings: object
) -> ParsedDocument:
    file = folder / "page.pdf"
    document.save(file)
    document.close()
    return read_pdf(file, ReadSettings(**settings), services)  # type: ignore[arg-type]


# The engine


@pytest.mark.parametrize("engine", ["embedded", "embedded-tiny"])
def test_the_engine_reads_chinese_and_english(engine: str) -> None:
    found = make_recognizer(engine, threads=1).recognize(
        picture([(10, 24, SENTENCE), (10, 50, ENGLISH)])
    )
    assert [squeezed(line.text) for line in found] == [squeezed(SENTENCE), squeezed(ENGLISH)]
    first = found[0]
    assert 0.8 < first.confidence <= 1
    assert first.x0 == pytest.approx(10 * 150 / 72, abs=6) and first.y0 < first.y1 < found[1].y1


def test_an_unknown_engine_is_named_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="'tesseract'") as raised:
        engine_fingerprint("tesseract")
    assert "embedded" in raised.value.hint


def test_bytes_that_are_no_picture_fail_alone() -> None:
    recognizer = make_recognizer("embedded-tiny", threads=1)
    with pytest.raises(RecognitionFailed, match="can't be read"):
        recognizer.recognize(b"no picture")
    assert recognizer.recognize(picture([(10, 24, SENTENCE)]))


# Workers and what is kept


def test_a_picture_over_the_time_limit_costs_only_itself() -> None:
    workers = OcrWorkers("embedded-tiny", workers=1, threads=1, timeout_seconds=0.0)
    try:
        with pytest.raises(RecognitionFailed, match="took over 0 s") as raised:
            workers.recognize(picture([(10, 24, SENTENCE)], (2000, 2000)))
        assert "COURSEGRAPH_OCR_TIMEOUT_SECONDS" in raised.value.hint
        workers._timeout_seconds = 60.0
        assert workers.recognize(picture([(10, 24, SENTENCE)]))
    finally:
        workers.close()


def test_closing_frees_who_waits() -> None:
    workers = OcrWorkers("embedded-tiny", workers=1, threads=1, timeout_seconds=60)
    failed: list[str] = []

    def wait() -> None:
        try:
            while True:
                workers.recognize(picture([(10, 24, SENTENCE)]))
        except RecognitionFailed as error:
            failed.append(str(error))

    waiting = [threading.Thread(target=wait) for _ in range(3)]
    for thread in waiting:
        thread.start()
    workers.close()
    for thread in waiting:
        thread.join(timeout=30)
    assert len(failed) == 3


def test_a_picture_is_recognised_once_ever(tmp_path: Path) -> None:
    settings = ReadSettings(ocr_engine="embedded-tiny")
    shown = picture([(10, 24, SENTENCE)])
    for new, kept in ((1, 1), (0, 2)):
        with Corpus(tmp_path / "corpus.db") as corpus:
            recognizer = KeptRecognizer(corpus, settings, workers=1)
            first, second = recognizer.recognize(shown), recognizer.recognize(shown)
            recognizer.close()
        assert (recognizer.new, recognizer.kept) == (new, kept)
        assert list(first) == list(second) != []


def test_two_documents_with_one_picture_recognise_it_once(tmp_path: Path) -> None:
    shown = picture([(10, 24, SENTENCE)])
    with Corpus(tmp_path / "corpus.db") as corpus:
        recognizer = KeptRecognizer(corpus, ReadSettings(ocr_engine="embedded-tiny"), workers=2)
        readers = [threading.Thread(target=recognizer.recognize, args=(shown,)) for _ in range(2)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        recognizer.close()
    assert (recognizer.new, recognizer.kept) == (1, 1)


def test_a_page_has_a_time_limit_for_all_its_pictures(tmp_path: Path) -> None:
    with Corpus(tmp_path / "corpus.db") as corpus:
        recognizer = KeptRecognizer(corpus, ReadSettings(ocr_engine="embedded-tiny"), workers=1)
        services = DocumentServices(recognizer, Meter(no_progress, 1), "notes.pdf", 0.0)
        shown = [picture([(10, 24, f"{SENTENCE}{n}")]) for n in range(3)]
        services.progress("picture", 1, 2)
        assert services.recognize(shown[0])
        with pytest.raises(RecognitionFailed, match="over 0 s for one page"):
            services.recognize(shown[1])
        services.progress("picture", 2, 2)
        assert services.recognize(shown[2])
        recognizer.close()
    assert services.failed == 1


def test_what_was_not_recognised_is_tried_again_and_loses_nothing(
    tmp_path: Path, lesson: Path
) -> None:
    def ingest(seconds: float, force: bool = False) -> tuple[str, str]:
        settings = ReadSettings(ocr_engine="embedded-tiny", ocr_timeout_seconds=seconds)
        with Corpus(tmp_path / "corpus.db") as corpus:
            report = Ingestion(corpus, settings).run([lesson], force=force)
            return report.outcomes[0].action, "".join(chunk.text for chunk in corpus.chunks())

    action, text = ingest(0.0)
    assert action == "read" and "占用" not in text
    action, text = ingest(60.0)
    assert action == "read" and "占用" in text
    assert ingest(60.0)[0] == "unchanged"


# Which parts of a page are read


LINE = RecognizedLine(SENTENCE, 0.97, 20, 20, 420, 50)


def test_a_page_whose_layer_holds_all_that_is_visible_is_not_recognised(tmp_path: Path) -> None:
    document = sheet([(72, 100, SENTENCE)])
    page = document[0]
    for y in (200, 220, 240):
        page.draw_line((72, y), (400, y))
        page.draw_circle((60, y), 2, fill=(0, 0, 0))
    page.draw_rect((72, 300, 400, 360), fill=(0.9, 0.95, 1), color=None)
    page.insert_image((72, 120, 88, 136), stream=picture([(0, 12, "图")], (16, 16)))  # an icon
    spy = Spy([])
    assert read(document, tmp_path, spy).blocks[0].text == SENTENCE
    assert spy.asked == []


def test_text_of_a_picture_keeps_its_place_and_confidence(tmp_path: Path) -> None:
    document = sheet(
        [(72, 100, "前面的一段话说明下图的内容。"), (72, 400, "后面的一段话总结上图的内容。")]
    )
    area = pymupdf.Rect(72, 150, 372, 350)
    shown = picture([(10, 24, SENTENCE)], (300, 200))
    document[0].insert_image(area, stream=shown, keep_proportion=False)
    parsed = read(document, tmp_path, Spy([LINE]))
    assert [block.kind for block in parsed.blocks] == [
        BlockKind.PARAGRAPH,
        BlockKind.FIGURE,
        BlockKind.PARAGRAPH,
    ]
    figure = parsed.blocks[1]
    assert figure.text == SENTENCE
    (span,) = figure.spans
    assert span.confidence == 0.97
    assert area.contains(pymupdf.Rect(span.box.x0, span.box.y0, span.box.x1, span.box.y1))
    assert figure.area == Box(1, *area)
    assert all(span.confidence is None for block in parsed.blocks[::2] for span in block.spans)


def test_a_clipped_picture_is_as_large_as_is_seen(tmp_path: Path) -> None:
    document = sheet([(72, 400, "后面的一段话总结上图的内容。")])
    page = document[0]
    shown = picture([(10, 24, SENTENCE)], (300, 400))
    page.insert_image((72, 150, 372, 550), stream=shown, keep_proportion=False)
    (image,) = page.get_contents()[-1:]
    drawn = b"q 72 492 300 200 re W n\n" + document.xref_stream(image) + b"\nQ"
    document.update_stream(image, drawn)
    figure, paragraph = read(document, tmp_path, Spy([LINE])).blocks
    assert figure.kind is BlockKind.FIGURE and figure.area == Box(1, 72, 150, 372, 350)
    assert paragraph.area is None


def test_a_scan_with_a_hidden_text_layer_is_not_read_twice(tmp_path: Path) -> None:
    document = sheet([(72, 100 + 20 * row, SENTENCE) for row in range(30)], height=16)
    scan = document[0].get_pixmap(dpi=100).tobytes("png")
    hidden = pymupdf.open()
    page = hidden.new_page(width=A4[0], height=A4[1])
    page.insert_image(page.rect, stream=scan)
    writer = pymupdf.TextWriter(page.rect)
    for row in range(30):
        writer.append((72, 100 + 20 * row), SENTENCE, font=CJK, fontsize=16)
    writer.write_text(page, render_mode=3)
    spy = Spy([LINE])
    parsed = read(hidden, tmp_path, spy)
    assert spy.asked == []
    assert squeezed("".join(block.text for block in parsed.blocks)) == SENTENCE * 30


def test_words_over_a_picture_are_not_repeated(tmp_path: Path) -> None:
    document = sheet([])
    document[0].insert_image((72, 100, 472, 300), stream=picture([(10, 24, "图")], (400, 200)))
    writer = pymupdf.TextWriter(document[0].rect)
    writer.append((80, 120), SENTENCE, font=CJK, fontsize=14)
    writer.write_text(document[0])
    scale = 150 / 72
    repeated = RecognizedLine(SENTENCE, 0.9, 8 * scale, 8 * scale, 270 * scale, 24 * scale)
    parsed = read(document, tmp_path, Spy([repeated]))
    assert [block.text for block in parsed.blocks] == [SENTENCE]


def test_a_picture_that_cannot_be_recognised_is_named_and_left_out(tmp_path: Path) -> None:
    document = sheet([(72, 100, SENTENCE)])
    document[0].insert_image((72, 150, 372, 350), stream=picture([(10, 24, "图")], (300, 200)))
    parsed = read(document, tmp_path, Spy(RecognitionFailed("the engine stopped")))
    assert [block.text for block in parsed.blocks] == [SENTENCE]
    (notice,) = parsed.notices
    assert "the engine stopped" in notice.message and notice.pages == (1,)


def test_off_names_the_pages_that_show_more_than_their_text(tmp_path: Path) -> None:
    document = sheet([(72, 100, SENTENCE)])
    document[0].insert_image((72, 150, 372, 350), stream=picture([(10, 24, "图")], (300, 200)))
    spy = Spy([LINE])
    parsed = read(document, tmp_path, spy, ocr=OcrMode.OFF)
    assert spy.asked == [] and [block.text for block in parsed.blocks] == [SENTENCE]
    assert parsed.notices[0].pages == (1,) and "COURSEGRAPH_OCR" in parsed.notices[0].message


def test_force_reads_the_page_in_place_of_its_layer(tmp_path: Path) -> None:
    spy = Spy([LINE])
    parsed = read(sheet([(72, 100, "乱码的文字层")]), tmp_path, spy, ocr=OcrMode.FORCE)
    assert len(spy.asked) == 1
    assert [block.text for block in parsed.blocks] == [SENTENCE]


def test_characters_that_the_file_does_not_name_are_recognised(tmp_path: Path) -> None:
    document = sheet([(72, 100, SENTENCE)])
    file = tmp_path / "named.pdf"
    document.save(file)
    document.close()
    stripped = pymupdf.open(file)
    for number in range(1, stripped.xref_length()):
        if stripped.xref_get_key(number, "ToUnicode")[0] != "null":
            stripped.xref_set_key(number, "ToUnicode", "null")
        if stripped.xref_get_key(number, "Ordering")[0] != "null":
            stripped.xref_set_key(number, "Ordering", "(Identity)")
    layer = stripped[0].get_text()
    assert SENTENCE not in layer
    spy = Spy([LINE])
    parsed = read(stripped, tmp_path, spy)
    assert spy.asked and [block.text for block in parsed.blocks] == [SENTENCE]


def test_noise_is_dropped(tmp_path: Path) -> None:
    document = sheet([])
    document[0].insert_image((72, 150, 372, 350), stream=picture([(10, 24, "图")], (300, 200)))
    noise = [
        RecognizedLine("一", 0.6, 10, 60, 30, 80),
        RecognizedLine("模糊不清", 0.3, 10, 90, 90, 110),
        RecognizedLine("→", 0.99, 10, 120, 30, 140),
    ]
    parsed = read(document, tmp_path, Spy([LINE, *noise]))
    assert [block.text for block in parsed.blocks] == [SENTENCE]


def test_a_table_in_a_picture_is_a_table(tmp_path: Path) -> None:
    document = sheet([])
    document[0].insert_image((72, 150, 472, 350), stream=picture([(10, 24, "图")], (400, 200)))
    cells = [("模型", "数学", "代码"), ("甲", "94.5", "73.2"), ("乙", "91.5", "64.6")]
    lines = [
        RecognizedLine(
            text, 0.9, 20 + 200 * column, 20 + 50 * row, 90 + 200 * column, 44 + 50 * row
        )
        for row, texts in enumerate(cells)
        for column, text in enumerate(texts)
    ]
    (block,) = read(document, tmp_path, Spy(lines)).blocks
    assert block.kind is BlockKind.TABLE
    assert block.text.splitlines()[2] == "| 甲 | 94.5 | 73.2 |"
    assert {span.confidence for span in block.spans} == {0.9}


# Through the command


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    folder = tmp_path / "lessons"
    folder.mkdir()
    document = sheet([(72, 100, "量化把权重存成低比特整数，下图是实测的结果。")])
    document[0].insert_image((72, 150, 472, 210), stream=picture([(10, 24, SENTENCE)]))
    document.save(folder / "量化.pdf")
    document.close()
    return folder


def test_a_second_ingest_makes_no_ocr_call(coursegraph: Command, lesson: Path) -> None:
    first = coursegraph("ingest", lesson, "--json").json
    assert (first["recognized"], first["recognized_before"]) == (1, 0)
    hit = coursegraph("search", "显存占用降到多少", "--json").json["hits"][0]
    assert squeezed(SENTENCE) in squeezed(hit["text"]) and hit["confidence"] > 0.8
    again = coursegraph("ingest", lesson, "--force", "--json").json
    assert (again["recognized"], again["recognized_before"]) == (0, 1)
    off = coursegraph("ingest", lesson, "--ocr", "off", "--json").json
    assert off["read"] == 1 and off["recognized_before"] == 0
    assert off["files"][0]["notices"][0]["pages"] == [1]


def test_inspect_shows_blocks_and_draws_the_page(coursegraph: Command, lesson: Path) -> None:
    pages = lesson.parent / "pages"
    file = lesson / "量化.pdf"
    found = coursegraph("inspect", file, "--page", 1, "--out", pages, "--json").json
    assert [(block["kind"], block["origin"]) for block in found["blocks"]] == [
        ("paragraph", "text"),
        ("figure", "ocr"),
    ]
    drawn = Path(found["pictures"]["1"])
    assert drawn.parent == pages and drawn.read_bytes().startswith(b"\x89PNG")
    missing = coursegraph("inspect", file, "--page", 7)
    assert missing.code == 1 and "has 1 page, not 7" in missing.err
    other = coursegraph("inspect", lesson / "量化.xyz")
    assert other.code == 1 and ".pdf" in other.err


def test_an_unknown_mode_or_engine_says_what_there_is(coursegraph: Command, lesson: Path) -> None:
    mode = coursegraph("ingest", lesson, "--ocr", "sometimes")
    assert mode.code == 1 and "ocr" in mode.err and "'force'" in mode.err
    engine = coursegraph("ingest", lesson, extra={"COURSEGRAPH_OCR_ENGINE": "eyes"})
    assert engine.code == 1 and "embedded" in engine.err
