"""Paragraphs of a slide to blocks: list levels, numbers, links, formulas."""

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.model import Block, BlockKind, Link
from ingest.readers.attributes import whole_number
from ingest.readers.office import omml as office_math
from ingest.readers.office.docx_text import RELATION
from ingest.readers.office.omml import MATH
from ingest.readers.raised import lowered, raised
from ingest.text import clean

DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
# Their text is made when the slide is shown.
_MOVING_FIELDS = ("slidenum", "datetime")
_BULLETS = {f"{DRAWING}{name}" for name in ("buChar", "buBlip")}


class ParagraphText:
    """One ``a:p``: its text and its links."""

    def __init__(self, paragraph: Any, targets: Mapping[str, str]) -> None:
        self.text = ""
        self.links: list[tuple[str, str]] = []
        self.formula_only = False
        self._targets = targets
        self._add(paragraph)
        self.text = "\n".join(clean(line).strip() for line in self.text.split("\n")).strip()
        runs = any((t.text or "").strip() for t in paragraph.iter(f"{DRAWING}t"))
        self.formula_only = "$" in self.text and not runs

    def _add(self, element: Any) -> None:
        for child in element:
            name = child.tag
            if name == f"{DRAWING}r":
                self._run(child)
            elif name == f"{DRAWING}br":
                self.text += "\n"
            elif name == f"{DRAWING}fld":
                if not child.get("type", "").startswith(_MOVING_FIELDS):
                    self._run(child)
            elif name == f"{MATH}oMathPara":
                self.text += f"$${office_math.lines(child)}$$"
            elif name == f"{MATH}oMath":
                self.text += f"${office_math.formula(child)}$"
            elif isinstance(name, str) and not name.startswith(DRAWING):
                self._add(child)  # a14:m and its like

    def _run(self, run: Any) -> None:
        text = "".join(part.text or "" for part in run.iter(f"{DRAWING}t"))
        settings = run.find(f"{DRAWING}rPr")
        if settings is not None:
            shift = settings.get("baseline", "0")
            if shift not in ("0", "0%"):
                text = lowered(text) if shift.startswith("-") else raised(text)
            link = settings.find(f"{DRAWING}hlinkClick")
            target = "" if link is None else self._targets.get(link.get(f"{RELATION}id", ""), "")
            if target and text.strip():
                self.links.append((clean(text).strip(), target))
        self.text += text.replace("\v", "\n")


def text_blocks(
    body: Any, targets: Mapping[str, str], page: int, links: list[Link], *, listed: bool
) -> Iterator[Block]:
    """Blocks of a text body; ``listed`` when its paragraphs have bullets unless they say no."""
    counted: dict[int, int] = {}
    for paragraph in body.iter(f"{DRAWING}p"):
        found = ParagraphText(paragraph, targets)
        links += [Link(text, target, page) for text, target in found.links]
        if not found.text:
            continue
        settings = paragraph.find(f"{DRAWING}pPr")
        level = 0 if settings is None else max(whole_number(settings.get("lvl"), 0), 0)
        counted = {depth: count for depth, count in counted.items() if depth <= level}
        numbered = None if settings is None else settings.find(f"{DRAWING}buAutoNum")
        if found.formula_only:
            yield Block(BlockKind.FORMULA, found.text)
        elif numbered is not None:
            before = counted.get(level, whole_number(numbered.get("startAt"), 1) - 1)
            counted[level] = before + 1
            yield Block(BlockKind.LIST_ITEM, f"{counted[level]}. {found.text}", level)
        elif _has_bullet(settings, listed=listed):
            yield Block(BlockKind.LIST_ITEM, found.text, level)
        else:
            yield Block(BlockKind.PARAGRAPH, found.text)


def _has_bullet(settings: Any | None, *, listed: bool) -> bool:
    if settings is None:
        return listed
    if settings.find(f"{DRAWING}buNone") is not None:
        return False
    return listed or any(child.tag in _BULLETS for child in settings)


def one_line(body: Any, targets: Mapping[str, str]) -> str:
    """The text of a title or a cell."""
    texts = (ParagraphText(paragraph, targets).text for paragraph in body.iter(f"{DRAWING}p"))
    return " ".join(" ".join(texts).split())
