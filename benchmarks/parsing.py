"""Quality and speed of parsing, in one run: ``python -m benchmarks.parsing [--shared ../shared]``.

Four parts, all by default; ``--part NAME`` (repeatable) runs some of them:

reference  PDFs with reference text (readoc, olmocr): coursegraph, PyMuPDF's text, pymupdf4llm
ocr        rendered pages of the library whose text is known: accuracy and seconds a page
library    the library ingested twice with OCR, and the questions on text in pictures;
           ``--data DIR`` keeps the data folder, else a new one is made and removed
gold       the gold set of the tests (needs chromium)
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pymupdf

from benchmarks import library, recognition
from benchmarks.markup import Reading
from benchmarks.readings import READERS, TimedServices, plain, recognized, text_layer
from benchmarks.reference_sets import Score, olmocr, readoc, run_tests, score_document, seconds
from ingest.ocr import make_recognizer

REPOSITORY = Path(__file__).parents[1]
SHARED = REPOSITORY.parent / "shared"
_REPEATS = 4
_KINDS = ("present", "absent", "order", "table", "math")


def main(arguments: Sequence[str]) -> None:
    """Print the parts that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parsing", description=__doc__)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of library and eval")
    parser.add_argument("--data", type=Path, help="data folder of the library part")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="default: all")
    chosen = parser.parse_args(arguments)
    pymupdf.TOOLS.mupdf_display_errors(False)
    for part in chosen.part or PARTS:
        PARTS[part](chosen)
        print(flush=True)


def reference(chosen: argparse.Namespace) -> None:
    """Scores and seconds of the readers on documents with reference text."""
    folder = chosen.shared / "eval" / "pdf"
    documents = readoc(folder / "readoc")
    rows = [
        score_document(document, {name: read(document["file"]) for name, read in READERS.items()})
        for document in documents
    ]
    _print_documents(rows)
    _print_subsets(rows)
    tests = olmocr(folder / "olmocr_sample")
    engine = TimedServices(make_recognizer("embedded", threads=2))
    readers = {"coursegraph, OCR": recognized(engine), **READERS}
    _print_tests(tests, {name: {f: read(f) for f in tests} for name, read in readers.items()})
    library = sorted((chosen.shared / "library").glob("*.pdf"))[::10]
    _print_seconds([document["file"] for document in documents], library)


def _print_documents(rows: Sequence[Mapping[str, Score]]) -> None:
    print(f"readoc, text similarity / order (Kendall's tau) / tables   {' | '.join(READERS)}")
    for row in rows:
        cells = [f"{s.text:.4f} {s.order:.4f} {_optional(s.tables)}" for s in row.values()]
        one = row["coursegraph"]
        print(f"{one.document:>12} {one.subset:>7}   {' | '.join(cells)}")


def _print_subsets(rows: Sequence[Mapping[str, Score]]) -> None:
    print(f"\n{'':24}   text    order   neighbours  found   tables")
    for subset in ("arxiv", "github"):
        for name in READERS:
            part = [row[name] for row in rows if row[name].subset == subset]
            tables = [score.tables for score in part if score.tables is not None]
            values = [
                _mean(s.text for s in part), _mean(s.order for s in part),
                _mean(s.neighbours for s in part), _mean(s.found for s in part),
            ]  # fmt: skip
            line = "   ".join(f"{value:.4f}" for value in values)
            print(f"{subset:>9} {name:14}  {line}   {_optional(_mean(tables) if tables else None)}")


def _print_tests(
    tests: Mapping[Path, Sequence[Mapping[str, Any]]],
    readings: Mapping[str, Mapping[Path, Reading]],
) -> None:
    total = Counter(test["type"] for found in tests.values() for test in found)
    print(f"\nolmocr, tests passed     {'  '.join(f'{kind} {total[kind]}' for kind in _KINDS)}")
    for name, found in readings.items():
        passed, _ = run_tests(tests, found)
        line = "  ".join(f"{passed[kind]:>{len(kind)}} {'':2}" for kind in _KINDS)
        print(f"{name:>22}   {line}  all {passed.total()} of {total.total()}")


def _print_seconds(files: Sequence[Path], library: Sequence[Path]) -> None:
    """Best of some repetitions in turns, so that a busy machine is as bad for both."""
    print(f"\nseconds a page without OCR, best of {_REPEATS}")
    for name, chosen in (("readoc", files), ("library, every tenth", library)):
        pages = sum(_pages(file) for file in chosen)
        ours, theirs = float("inf"), float("inf")
        for _ in range(_REPEATS):
            theirs = min(theirs, seconds(plain, chosen))
            ours = min(ours, seconds(text_layer, chosen))
        print(
            f"{name:>22}   {pages} pages   PyMuPDF {theirs / pages:.4f}   "
            f"coursegraph {ours / pages:.4f}   {ours / theirs:.2f} x  (<= 3)"
        )
    slow = seconds(READERS["pymupdf4llm"], files[:1]) / _pages(files[0])
    print(f"{'pymupdf4llm':>22}   {_pages(files[0])} pages   {slow:.4f}   (once)")


def _pages(file: Path) -> int:
    with pymupdf.open(file) as document:
        return int(document.page_count)


def gold(chosen: argparse.Namespace) -> None:
    """The gold set of the tests."""
    del chosen
    sys.path.insert(0, str(REPOSITORY / "tests"))
    from gold_measures import measure
    from gold_pages import GOLD, make_pages

    from ingest.readers.pdf.reader import read_pdf
    from ingest.settings import ReadSettings

    services = TimedServices(make_recognizer("embedded", threads=2))
    print("gold page                  text (>= .97)  cells (>= .95)  in order  kinds right")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        files = make_pages(Path(folder))
        for page in GOLD:
            score = measure(page, read_pdf(files[page.name], ReadSettings(), services))
            blocks = len(page.expected)
            print(
                f"{page.name:24}   {score.text:>13.4f}  {_optional(score.cells):>14}  "
                f"{blocks - len(score.misplaced):>3} of {blocks:<2}  "
                f"{blocks - len(score.other_kind):>3} of {blocks:<2}"
            )


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)


def _optional(value: float | None) -> str:
    return "     -" if value is None else f"{value:.4f}"


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "reference": reference,
    "ocr": lambda chosen: recognition.main(chosen.shared / "library"),
    "library": lambda chosen: library.main(chosen.shared, chosen.data),
    "gold": gold,
}

if __name__ == "__main__":
    main(sys.argv[1:])
