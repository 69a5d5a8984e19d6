"""The gold set: pages made for it, with the text, order and tables that a person sees on them."""

import shutil
import subprocess
from pathlib import Path

import gold_html
import pymupdf
from gold_model import GoldPage
from gold_papers import PAPERS
from gold_printed import PRINTED
from gold_printed_too import PRINTED_TOO
from gold_scanned import SCANNED
from gold_written import WRITTEN

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
# The math fonts of note apps have names that say so; the one printed here gets such a name.
_MATH_FONT, _MATH_NAME = "NotoSerifCJKsc", "/AAAAAA+KaTeX_Main-Regular"

GOLD: tuple[GoldPage, ...] = (*WRITTEN, *PAPERS, *PRINTED, *PRINTED_TOO, *SCANNED)


def make_pages(folder: Path) -> dict[str, Path]:
    """Write a PDF for each gold page; those in HTML are printed all at once."""
    files = {gold.name: folder / f"{gold.name}.pdf" for gold in GOLD}
    for gold in GOLD:
        if gold.make is not None:
            gold.make(files[gold.name])
    printed = [gold for gold in GOLD if gold.html]
    whole = _print("".join(f"<section>{gold.html}</section>" for gold in printed), folder)
    with pymupdf.open(whole) as document:
        if document.page_count != sum(gold.pages for gold in printed):
            raise ValueError(f"{document.page_count} pages were printed")
        _name_math_font(document)
        first = 0
        for gold in printed:
            with pymupdf.open() as part:
                part.insert_pdf(document, from_page=first, to_page=first + gold.pages - 1)
                part.save(files[gold.name], garbage=3)
            first += gold.pages
    return files


def _print(body: str, folder: Path) -> Path:
    source, target = folder / "gold.html", folder / "gold.pdf"
    head = f'<meta charset="utf-8"><title>gold</title><style>{gold_html.STYLE}</style>'
    source.write_text(
        f"<!doctype html><html><head>{head}</head><body>{body}</body></html>", "utf-8"
    )
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu",
        "--disable-background-networking", f"--user-data-dir={folder / 'profile'}",
        "--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return target


def _name_math_font(document: pymupdf.Document) -> None:
    for number in range(1, document.xref_length()):
        for key in ("FontName", "BaseFont"):
            if _MATH_FONT in document.xref_get_key(number, key)[1]:
                document.xref_set_key(number, key, _MATH_NAME)
