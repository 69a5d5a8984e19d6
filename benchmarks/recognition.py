"""Text recognition on pages whose text is known: pages of prose read as if they were pictures."""

import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pymupdf

from benchmarks.readings import TimedServices, reading_of, recognized, text_layer
from benchmarks.similarity import similarity
from ingest.ocr import make_recognizer
from ingest.settings import OcrMode

ENGINES = ("embedded", "embedded-tiny")
_EVERY = 8
_CHARACTERS = 400
_WORDS = 0.8
_MATH = re.compile("katex|math", re.IGNORECASE)
_LETTER = re.compile(r"\w")


def main(library: Path) -> None:
    """Print accuracy and seconds a page of each packaged engine."""
    print("rendered pages of prose: accuracy (edit similarity to the text layer), seconds a page")
    with tempfile.TemporaryDirectory() as folder:
        pages = list(prose_pages(library, Path(folder)))[::_EVERY]
        expected = [reading_of(text_layer(page)).text for page in pages]
        for name in ENGINES:
            services = TimedServices(make_recognizer(name, threads=2))
            read = recognized(services, OcrMode.FORCE)
            start = time.perf_counter()
            found = [read(page).text for page in pages]
            whole = time.perf_counter() - start
            scores = [similarity(a, b) for a, b in zip(expected, found, strict=True)]
            worst = pages[scores.index(min(scores))].stem
            print(
                f"{name:>14}   {len(pages)} pages   mean {sum(scores) / len(scores):.4f}   "
                f"worst {min(scores):.4f} ({worst})   "
                f"engine {services.seconds / len(pages):.2f} s   "
                f"with rendering and layout {whole / len(pages):.2f} s"
            )


def prose_pages(library: Path, folder: Path) -> Iterator[Path]:
    """Pages that are mostly prose and show nothing that their text layer lacks."""
    for file in sorted(library.glob("*.pdf")):
        with pymupdf.open(file) as document:
            for page in document:
                if not _is_prose(page):
                    continue
                alone = folder / f"{file.stem} p{page.number + 1}.pdf"
                with pymupdf.open() as copy:
                    copy.insert_pdf(document, from_page=page.number, to_page=page.number)
                    copy.save(alone)
                if not text_layer(alone).notices:
                    yield alone


def _is_prose(page: pymupdf.Page) -> bool:
    text = "".join(page.get_text().split())
    if len(text) < _CHARACTERS or page.get_images():
        return False
    if any(_MATH.search(font[3]) for font in page.get_fonts()):
        return False
    return len(_LETTER.findall(text)) >= _WORDS * len(text)
