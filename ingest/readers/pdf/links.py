"""Links of a PDF: its link annotations with the text printed there, and addresses as text."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pymupdf
from pymupdf import mupdf

from ingest.model import Block, Link
from ingest.text import CJK_CHARACTER, clean

_ADDRESS = re.compile(
    r"(?:https?://(?:[\w-]+\.)+\w|(?<![\w/.])(?:arxiv\.org|github\.com|huggingface\.co)/)[!-~]+",
    re.IGNORECASE | re.ASCII,
)
_OUTSIDE = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)
_INSIDE = 1.0
# Widths of letters; words are what stands between spaces and Chinese characters.
_WIDE, _NARROW = 1.0, 0.5
_FIRST_WIDE = "\u2e80"
_WORD = re.compile(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+")
_AFTER = ".,;:!?'\"”’"
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}


def read_links(page: Any, blocks: Sequence[Mapping[str, Any]]) -> tuple[Link, ...]:
    """Return the links of a page that lead out of the document, with what is printed there.

    ``blocks`` are those of MuPDF for the page.
    """
    links: list[Link] = []
    # The Python layer over this looks every link up twice; papers have hundreds of inner ones.
    entry = mupdf.fz_load_links(page.this)
    while entry.m_internal:
        target, area = entry.m_internal.uri or "", entry.m_internal.rect
        entry = entry.next()
        if not _OUTSIDE.match(target):
            continue
        box = pymupdf.Rect(area.x0, area.y0, area.x1, area.y1) * page.derotation_matrix
        text = _joined([_under(line, box) for line in _lines(blocks, box)]).rstrip(_AFTER)
        last = links[-1] if links else None
        if last and last.target == target:  # a link over a line's end has two rectangles
            links[-1] = Link(_joined([last.text, text]), target, last.page)
        else:
            links.append(Link(text, target, page.number + 1))
    return tuple(links)


def _lines(blocks: Sequence[Mapping[str, Any]], box: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the lines whose middle crosses a box."""
    for block in blocks:
        if block["type"] == 0 and block["bbox"][1] < box.y1 and block["bbox"][3] > box.y0:
            for line in block["lines"]:
                left, top, right, bottom = line["bbox"]
                if box.y0 < (top + bottom) / 2 < box.y1 and left < box.x1 and right > box.x0:
                    yield line


def _under(line: Mapping[str, Any], box: Any) -> str:
    """Return what a line prints in a box."""
    inside = (s for s in line["spans"] if s["bbox"][0] < box.x1 and s["bbox"][2] > box.x0)
    return "".join(_cut(span, box) for span in inside)


def _cut(span: Mapping[str, Any], box: Any) -> str:
    """Return the words of a span that stand in a box, by the usual widths of letters."""
    text, left, right = span["text"], span["bbox"][0], span["bbox"][2]
    if box.x0 <= left + _INSIDE and box.x1 >= right - _INSIDE:
        return clean(text)
    widths = [_WIDE if letter >= _FIRST_WIDE else _NARROW for letter in text]
    scale = (right - left) / sum(widths)
    kept, x = [], left
    for letter, width in zip(text, widths, strict=True):
        middle = x + width * scale / 2
        kept.append(letter if box.x0 <= middle <= box.x1 else " " * (letter == " "))
        x += width * scale
    first = next((at for at, letter in enumerate(kept) if letter.strip()), 0)
    last = max((at for at, letter in enumerate(kept) if letter.strip()), default=-1) + 1
    # Letters are not all alike: a word that is touched belongs to it as a whole, or not at all.
    words = [word for word in _WORD.finditer(text) if word.end() > first and word.start() < last]
    inside = [w for w in words if min(w.end(), last) - max(w.start(), first) > len(w.group()) / 2]
    return clean(text[inside[0].start() : inside[-1].end()]) if inside else ""


def _joined(pieces: Sequence[str]) -> str:
    text = ""
    for piece in filter(None, map(str.strip, pieces)):
        chinese = not text or CJK_CHARACTER.match(text[-1]) or CJK_CHARACTER.match(piece[0])
        text += piece if chinese else " " + piece
    return text


def links_of(links: Iterable[Link], blocks: Iterable[Block]) -> tuple[Link, ...]:
    """Return annotated links, and the addresses that are printed but not linked; each once."""
    found = {(link.target, link.page): link for link in links}
    known = {_key(link.target) for link in found.values()}
    for block in blocks:
        if "/" not in block.text:
            continue
        for match in _ADDRESS.finditer(block.text):
            text = _without_end(match.group())
            target = text if "://" in text else f"https://{text}"
            if _key(target) not in known:
                known.add(_key(target))
                page = _page(block, match.start())
                found[target, page] = Link(text, target, page)
    return tuple(found.values())


def _key(target: str) -> str:
    return target.partition("://")[2].rstrip("/").casefold()


def _page(block: Block, place: int) -> int | None:
    pages = [span.box.page for span in block.spans if span.start <= place < span.end]
    return pages[0] if pages else None


def _without_end(text: str) -> str:
    """Take off the punctuation of the sentence in which an address stands."""
    while text:
        last = text[-1]
        opening = _PAIRS.get(last)
        unpaired = opening is not None and text.count(last) > text.count(opening)
        if not unpaired and last not in _AFTER:
            return text
        text = text[:-1]
    return text
