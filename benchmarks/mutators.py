"""Mutations of files, for fuzzing: the same number always makes the same file."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from random import Random

_NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
_OBJECT = re.compile(rb"\d+ 0 obj\b.*?\bendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_NAME = re.compile(rb"/[A-Za-z][\w+\-]*")
_REFERENCE = re.compile(rb"\b\d+ 0 R\b")
_VALUE = re.compile(rb'(?<==")[^"<>]*(?=")')
_ELEMENT = re.compile(rb"<([\w:]+)(?: [^<>]*)?(?:/>|>[^<]*</\1>)")
_TOKEN = re.compile(rb"\S+")
EXTREMES = (
    *(b"0", b"-1", b"1", b"3", b"255", b"65536", b"2147483647", b"2147483648", b"-2147483648"),
    *(b"4294967295", b"99999999999999999999", b"1e38", b"-1e38", b"0.00000001", b"nan", b"."),
)
Mutation = Callable[[Random, bytes, bytes], bytes]


def mutate_pdf(rng: Random, data: bytes, other: bytes) -> bytes:
    """Change a PDF in one to six places: bytes, numbers, names, objects, packed streams."""
    for _ in range(rng.randint(1, 6)):
        data = rng.choice(_PDF)(rng, data, other)
    return data


def mutate_note(rng: Random, data: bytes, other: bytes) -> bytes:
    """Change a note in one to six places: bytes, lines, marks, nesting, tables, encodings."""
    for _ in range(rng.randint(1, 6)):
        data = rng.choice(_NOTE)(rng, data, other)
    return data


def mutate_page(rng: Random, data: bytes, other: bytes) -> bytes:
    """Change a web page as a note, and what its attributes say."""
    for _ in range(rng.randint(1, 6)):
        data = rng.choice((*_NOTE, _attributes, _attributes, _attributes))(rng, data, other)
    return data


def mutate_picture(rng: Random, data: bytes, other: bytes) -> bytes:
    """Change the bytes of a picture; every other one stays whole, for what is read in it."""
    return data if rng.random() < 0.5 else rng.choice((*_BYTES, _cut))(rng, data, other)


def mutate_package(rng: Random, data: bytes, other: bytes) -> bytes:
    """Change one or two parts of an Office file; now and then its bytes."""
    if rng.random() < 0.1:
        return rng.choice((*_BYTES, _cut))(rng, data, other)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    # Layouts and themes are many and alike.
    names = [name for name in parts if not re.search("Layout|theme|thumbnail", name)]
    for name in rng.sample(names, rng.choice((1, 1, 2))):
        for _ in range(rng.randint(1, 4)):
            parts[name] = rng.choice(_PART)(rng, parts[name], parts[rng.choice(names)])
    return packed(parts)


def packed(parts: Mapping[str, bytes]) -> bytes:
    """An archive without dates, the same every time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return out.getvalue()


def _attributes(rng: Random, data: bytes, other: bytes) -> bytes:
    """Give attributes other values: extreme ones, those of others, or none that make sense."""
    new = (*EXTREMES, b"2.0", b"x" * 300, b"9" * 5000, b"", *_VALUE.findall(data)[:40])
    return _replaced(rng, data, _VALUE, new)


def _elements(rng: Random, data: bytes, other: bytes) -> bytes:
    """Put an element in the place of another, or leave one out."""
    found = [match.group() for match in _ELEMENT.finditer(data + other)]
    return _replaced(rng, data, _ELEMENT, [*found[:60], b""])


def _piece(rng: Random, data: bytes, longest: int = 400) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.randint(1, longest))


def _flip(rng: Random, data: bytes, other: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 4, 40)) if data else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _drop(rng: Random, data: bytes, other: bytes) -> bytes:
    start, end = _piece(rng, data)
    return data[:start] + data[end:]


def _repeat(rng: Random, data: bytes, other: bytes) -> bytes:
    start, end = _piece(rng, data)
    return data[:end] + data[start:end] * rng.choice((1, 2, 30)) + data[end:]


def _exchange(rng: Random, data: bytes, other: bytes) -> bytes:
    (a, b), (c, d) = sorted((_piece(rng, data), _piece(rng, data)))
    return data if b > c else data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _splice(rng: Random, data: bytes, other: bytes) -> bytes:
    start, end = _piece(rng, other, 3000)
    place, stop = _piece(rng, data, 3000)
    return data[:place] + other[start:end] + data[stop:]


def _cut(rng: Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _noise(rng: Random, data: bytes, other: bytes) -> bytes:
    start, end = _piece(rng, data)
    return data[:start] + rng.randbytes(end - start) + data[end:]


def _replaced(rng: Random, data: bytes, pattern: re.Pattern[bytes], new: Sequence[bytes]) -> bytes:
    """Put one of ``new`` in place of one match, or of a handful."""
    found = list(pattern.finditer(data))
    for match in sorted(
        rng.sample(found, min(len(found), rng.choice((1, 1, 5)))),
        reverse=True,
        key=lambda match: match.start(),
    ):
        data = data[: match.start()] + rng.choice(new) + data[match.end() :]
    return data


def _numbers(rng: Random, data: bytes, other: bytes) -> bytes:
    return _replaced(rng, data, _NUMBER, EXTREMES)


def _names(rng: Random, data: bytes, other: bytes) -> bytes:
    return _replaced(rng, data, _NAME, _NAME.findall(data) + _NAME.findall(other) or [b"/X"])


def _references(rng: Random, data: bytes, other: bytes) -> bytes:
    return _replaced(rng, data, _REFERENCE, [*_REFERENCE.findall(data), b"null", b"999 0 R"])


def _objects(rng: Random, data: bytes, other: bytes) -> bytes:
    """Give one object the body of another, of this file or the other one."""
    bodies = [
        found.partition(b"obj")[2] for found in _OBJECT.findall(data) + _OBJECT.findall(other)
    ]
    found = list(_OBJECT.finditer(data))
    if not found or not bodies:
        return data
    match = rng.choice(found)
    number: bytes = match.group().partition(b"obj")[0]
    return data[: match.start()] + number + b"obj" + rng.choice(bodies) + data[match.end() :]


def _streams(rng: Random, data: bytes, other: bytes) -> bytes:
    """Change what is inside a packed stream: the operators of a page, a font's map."""
    found = list(_STREAM.finditer(data))
    if not found:
        return data
    match = rng.choice(found)
    try:
        inside = zlib.decompress(match[1])
    except zlib.error:
        packed = rng.choice((_flip, _drop, _numbers))(rng, match[1], other)
    else:
        for _ in range(rng.randint(1, 4)):
            inside = rng.choice((_flip, _drop, _repeat, _numbers, _tokens))(rng, inside, inside)
        packed = zlib.compress(inside)
    return data[: match.start(1)] + packed + data[match.end(1) :]


def _tokens(rng: Random, data: bytes, other: bytes) -> bytes:
    return _replaced(rng, data, _TOKEN, _TOKEN.findall(other) or [b"Q"])


# What opens something in Markdown, HTML, LaTeX and YAML, and characters that are trouble anywhere.
_MARKS = [
    mark.encode("utf-8", "surrogatepass")
    for mark in (
        *(
            "**",
            "__",
            "~~",
            "`",
            "```",
            "~~~",
            "$",
            "$$",
            "\\[",
            "\\(",
            "\\begin{align}",
            "![",
            "](",
        ),
        *(
            "[",
            "[^1]:",
            "[a]: ",
            "<!--",
            "<details><summary>",
            "<script>",
            "<h1>",
            "<td",
            "<a href='",
        ),
        *("|", "|-|-|", "---", "===", "> ", ">>>>", "- ", "1. ", "999999999. ", "# ", "#######"),
        *("    ", "\t", "\\", "&#xD800;", "&#0;", "\x00", "\x0c", "\x1b[2J", "\u2028", "\ufeff"),
        *(
            "\ud800",
            "\udfff",
            "\ufffe",
            "\ufdd0",
            "\U0010ffff",
            "\u202e",
            "a\u0301" * 50,
            "ﷺ",
            "：",
            "？",
        ),
        *(
            "Q1：",
            "A：",
            "**术语**（",
            "）是",
            "《",
            "arXiv:",
            "https://",
            "## 核心概念\n\n",
            "## FAQ\n\n",
        ),
        *("## 参考资料\n\n- ", 'title: "\\ud800"', "---\ntitle: [", "!!python/object:os.system"),
    )
]


def _marks(rng: Random, data: bytes, other: bytes) -> bytes:
    for _ in range(rng.choice((1, 3, 20))):
        place = rng.randrange(len(data) + 1)
        data = data[:place] + rng.choice(_MARKS) + data[place:]
    return data


def _nesting(rng: Random, data: bytes, other: bytes) -> bytes:
    """Thousands of marks in a row, or ever deeper lines of them."""
    mark, count = rng.choice(_MARKS), rng.choice((10, 200, 3000))
    if rng.random() < 0.5:
        deep = mark * count + b"x\n"
    else:
        deep = b"".join(b"  " * depth + mark + b"x\n" for depth in range(min(count, 300)))
    place = rng.randrange(len(data) + 1)
    return data[:place] + b"\n\n" + deep + data[place:]


def _table(rng: Random, data: bytes, other: bytes) -> bytes:
    columns, rows = rng.choice((1, 40, 2000)), rng.choice((0, 3, 100))
    cell = rng.choice(_MARKS).replace(b"\n", b"")
    row = (b"|" + cell) * columns + b"|\n"
    place = rng.randrange(len(data) + 1)
    return data[:place] + b"\n\n" + row + b"|-" * columns + b"|\n" + row * rows + data[place:]


def _lines(rng: Random, data: bytes, other: bytes) -> bytes:
    """Shuffle some lines, or join them all."""
    lines = data.split(b"\n")
    if rng.random() < 0.2:
        return b" ".join(lines)
    start = rng.randrange(len(lines))
    some = lines[start : start + 40]
    rng.shuffle(some)
    return b"\n".join([*lines[:start], *some, *lines[start + 40 :]])


def _encoding(rng: Random, data: bytes, other: bytes) -> bytes:
    """Write the whole or a piece of it in another encoding."""
    start, end = (0, len(data)) if rng.random() < 0.5 else _piece(rng, data, 4000)
    text = data[start:end].decode("utf-8", "replace")
    name = rng.choice(("gb18030", "utf-16", "utf-16-be", "utf-32", "big5", "utf-7", "cp1252"))
    return data[:start] + text.encode(name, "replace") + data[end:]


_BYTES: tuple[Mutation, ...] = (_flip, _drop, _repeat, _exchange, _splice, _noise)
_PDF: tuple[Mutation, ...] = (
    *(*_BYTES, _cut, _numbers, _names, _references, _objects, _streams),
    *(_numbers, _references, _objects, _streams, _streams),
)
_PART: tuple[Mutation, ...] = (_attributes, _attributes, _attributes, _elements, _elements, _drop)
_NOTE: tuple[Mutation, ...] = (*_BYTES, _cut, _marks, _nesting, _table, _lines, _encoding, _marks)
