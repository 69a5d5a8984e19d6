"""What a notebook's cells printed: text, tables, formulas, pictures, errors."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.model import Block, BlockKind
from ingest.readers.html.reader import html_blocks
from ingest.readers.markdown.reader import parse_blocks
from ingest.readers.pictures.decoding import PictureTexts

# Longer outputs are logs and dumps; their first lines say what they are.
_LONGEST_OUTPUT = 2000
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_OVERWRITTEN = re.compile(r"^[^\n]*\r(?=[^\n])", re.MULTILINE)
# "<Figure size 640x480 with 1 Axes>", "[<matplotlib.lines.Line2D at 0x7f…>]"
_OBJECT = re.compile(r"\[?<(?:[\w.]+ at 0x[0-9a-f]+|Figure size [^<>]*)>[\],]*\s*")
_PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp")
# Notebooks of version 3 name kinds in this way.
_OLD_NAMES = {
    "text": "text/plain",
    "html": "text/html",
    "latex": "text/latex",
    "png": "image/png",
    "jpeg": "image/jpeg",
}


def joined(value: object) -> str:
    """Text that a notebook may hold as one string or as a list of lines."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


class Outputs:
    """Reads the outputs of cells; remembers which were shortened."""

    def __init__(self, pictures: PictureTexts) -> None:
        self.shortened: list[int] = []
        self._pictures = pictures

    def blocks(self, cell: Mapping[str, Any], page: int) -> Iterator[Block]:
        """Blocks of what a code cell printed; warnings and progress bars are left out."""
        outputs = cell.get("outputs")
        printed = ""
        for output in outputs if isinstance(outputs, list) else ():
            if not isinstance(output, dict):
                continue
            kind = output.get("output_type")
            if kind == "stream":
                stream = output.get("name", output.get("stream", "stdout"))
                printed += joined(output.get("text")) if stream == "stdout" else ""
                continue
            yield from self._text(printed, page)
            printed = ""
            if kind in ("error", "pyerr"):
                reason = f"{joined(output.get('ename'))}: {joined(output.get('evalue'))}"
                yield from self._text(reason, page)
            else:
                yield from self._bundle(_bundle(output), page)
        yield from self._text(printed, page)

    def _bundle(self, bundle: Mapping[str, Any], page: int) -> Iterator[Block]:
        """The fullest form of an output that comes in several."""
        picture = next((bundle[kind] for kind in _PICTURES if kind in bundle), None)
        html = joined(bundle.get("text/html"))
        if picture is not None:
            yield from self.picture(joined(picture), page)
        elif bundle.get("text/markdown"):
            yield from parse_blocks(joined(bundle["text/markdown"]))
        elif bundle.get("text/latex"):
            yield Block(BlockKind.FORMULA, joined(bundle["text/latex"]).strip())
        elif "<table" in html:
            yield from html_blocks(html, self._pictures, page)
        else:
            yield from self._text(joined(bundle.get("text/plain")), page)

    def picture(self, encoded: str, page: int) -> list[Block]:
        """Recognise a picture that is stored as base64."""
        try:
            data = base64.b64decode(encoded)
        except (binascii.Error, ValueError) as error:
            self._pictures.fail(f"it is damaged ({error})", page)
            return []
        return self._pictures.read(data, page)

    def _text(self, text: str, page: int) -> Iterator[Block]:
        text = _OVERWRITTEN.sub("", _ESCAPES.sub("", text).replace("\r\n", "\n"))
        text = text.strip("\n").rstrip()
        if not text.strip() or _OBJECT.fullmatch(text):
            return
        if len(text) > _LONGEST_OUTPUT:
            end = text.rfind("\n", 0, _LONGEST_OUTPUT)
            text = text[: end if end > 0 else _LONGEST_OUTPUT]
            self.shortened.append(page)
        yield Block(BlockKind.CODE, text)


def _bundle(output: Mapping[str, Any]) -> Mapping[str, Any]:
    data = output.get("data")
    if isinstance(data, dict):
        return data
    return {new: output[old] for old, new in _OLD_NAMES.items() if old in output}
