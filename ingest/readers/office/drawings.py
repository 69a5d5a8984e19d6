"""Charts and diagrams (SmartArt) that Word and PowerPoint files hold as data."""

from typing import Any

from ingest.model import Block, BlockKind
from ingest.readers.attributes import whole_number
from ingest.readers.markdown_table import table_block

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_LARGEST_CHART = 200


def chart_blocks(root: Any) -> list[Block]:
    """A chart's title, and its values as a table."""
    blocks: list[Block] = []
    title = root.find(f".//{_CHART}chart/{_CHART}title")
    words = "" if title is None else _text(title)
    if words:
        blocks.append(Block(BlockKind.CAPTION, words))
    columns = [_series(one) for one in root.iter(f"{_CHART}ser")]
    points = sorted({place for _, labels, values in columns for place in (*labels, *values)})
    if points and len(points) <= _LARGEST_CHART:
        labels = columns[0][1]
        head = ["", *(name for name, _, _ in columns)]
        body = [
            [labels.get(place, ""), *(values.get(place, "") for _, _, values in columns)]
            for place in points
        ]
        table = table_block([head, *body])
        blocks += [table] if table else []
    return blocks


def _series(element: Any) -> tuple[str, dict[int, str], dict[int, str]]:
    name = element.find(f"{_CHART}tx")
    labels = _points(element, "cat") or _points(element, "xVal")
    values = _points(element, "val") or _points(element, "yVal")
    return "" if name is None else _first_value(name), labels, values


def _first_value(element: Any) -> str:
    found = element.find(f".//{_CHART}v")
    return "" if found is None else (found.text or "").strip()


def _points(element: Any, name: str) -> dict[int, str]:
    found = element.find(_CHART + name)
    points = () if found is None else found.iter(f"{_CHART}pt")
    return {whole_number(point.get("idx"), 0): _first_value(point) for point in points}


def diagram_blocks(root: Any) -> list[Block]:
    """The labels of a diagram, in the order in which its author wrote them."""
    texts = (_text(point) for point in root.iter(f"{_DIAGRAM}t"))
    return [Block(BlockKind.LIST_ITEM, text) for text in texts if text]


def _text(element: Any) -> str:
    paragraphs = (
        "".join(run.text or "" for run in paragraph.iter(f"{_DRAWING}t"))
        for paragraph in element.iter(f"{_DRAWING}p")
    )
    return " ".join(words.strip() for words in paragraphs if words.strip())
