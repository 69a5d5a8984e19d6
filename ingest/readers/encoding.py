"""Bytes of a note to text: UTF-8, UTF-16, GBK/GB18030 and Big5, told apart by their characters."""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import FileTooLarge, UnreadableFile, UnsupportedFile

_HINT = "Give Markdown or plain text, or rename the file if its extension is wrong."
_SAMPLE_BYTES = 256 * 1024
# Below this share of common characters a guess is worse than none.
_PLAUSIBLE = 0.5
_PLAUSIBLE_UTF16 = 0.8  # random bytes reach 0.4
_MOST_LETTERS = 0.75
# More replaced characters than this share, and the file is not text in any encoding we read.
_MOST_DAMAGE = 0.1
_REPLACEMENT = "\ufffd"

# UTF-32 stands first: its little-endian mark begins with the one of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an Office file"),
    (b"PK\x05\x06", "a zip archive or an Office file"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"\x7fELF", "a program"),
)
_MEDIA_IN_RIFF = re.compile(rb"RIFF....(?:WEBP|WAVE|AVI )", re.DOTALL)

# A double-byte character, a four-byte character of GB18030, or a byte that belongs to nothing.
_UNIT = re.compile(
    rb"([\x81-\xfe][0-9][\x81-\xfe][0-9])|([\x81-\xfe][\x40-\x7e\x80-\xfe])|[\x80-\xff]"
)
# What cp1252 adds to English notes: typographic quotes and dashes, accented letters in words.
_WESTERN = re.compile(
    rb"[\x85\x91-\x97\xa0]|(?<=[A-Za-z])[\xc0-\xff](?![\x80-\xff])|(?<![\x80-\xff])[\xc0-\xff](?=[A-Za-z])"
)
_PRINTABLE = re.compile(rb"[ -~]")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_COMMON_IN_UTF16 = re.compile(
    "[\t\n\r -~\u00a0-\u024f\u0370-\u03ff\u2010-\u2027\u2030-\u205e\u2190-\u22ff"
    "\u2500-\u27bf\u2b00-\u2bff\u3000-\u30ff\u4e00-\u9fa5\uff01-\uff5e\U0001f300-\U0001faff]"
)


@dataclass(frozen=True, slots=True)
class Text:
    """What a text file says; ``damaged`` when undecodable bytes became U+FFFD."""

    text: str
    encoding: str
    damaged: bool = False


def read_text(file: Path, max_bytes: int | None = None) -> Text:
    """Read a text file in whatever encoding it has; newlines become ``\\n``."""
    decoded = decode(_read_bytes(file, max_bytes), file.name)
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    return Text(text, decoded.encoding, decoded.damaged)


def decode(data: bytes, name: str = "file") -> Text:
    """Decode the bytes of a note; raises ``UnsupportedFile`` for what is not text."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _lenient(data[len(mark) :], encoding)
    _reject_magic(data, name)
    if b"\x00" in data:
        utf16, score = _utf16_score(data)
        if score < _PLAUSIBLE_UTF16:
            raise UnsupportedFile(f"{name} is not text: it holds binary data", _HINT)
        return _lenient(data, utf16)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy(data, name)
    if _is_accidental(text) and _double_byte_score(data, _gbk_weight) == 1.0:
        return _lenient(data, "gb18030")
    return Text(text, "utf-8")


def _read_bytes(file: Path, max_bytes: int | None) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(-1 if max_bytes is None else max_bytes + 1)
    except PermissionError as error:
        raise UnreadableFile(
            f"{file.name} can't be read: no permission", "Allow reading it and ingest again."
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnreadableFile(
            f"{file.name} can't be read: {reason}", "Check that it is still there."
        ) from error
    if max_bytes is not None and len(data) > max_bytes:
        raise FileTooLarge(
            f"{file.name} is larger than {max_bytes} bytes", "Split it or raise the size limit."
        )
    return data


def binary_kind(data: bytes) -> str:
    """Tell from its first bytes what kind of binary file this is; empty when it may be text."""
    for magic, what in _MAGIC:
        if data.startswith(magic):
            return what
    return "an image, sound or video" if _MEDIA_IN_RIFF.match(data) else ""


def _reject_magic(data: bytes, name: str) -> None:
    what = binary_kind(data)
    if what:
        hint = f"If it is {what}, correct its extension."
        raise UnsupportedFile(f"{name} is not text: it is {what}", hint)


def _is_accidental(text: str) -> bool:
    """Tell a lone ideograph of GBK whose two bytes happen to be a rare letter in UTF-8."""
    if text.isascii():
        return False
    foreign = [character for character in text[:_SAMPLE_BYTES] if character > "\x7f"]
    return all("\u0180" <= one <= "\u036f" or "\u0400" <= one <= "\u07ff" for one in foreign)


def _legacy(data: bytes, name: str) -> Text:
    """Decode what is neither valid UTF-8 nor marked: the encoding with most common characters."""
    sample = data[:_SAMPLE_BYTES]
    utf16, utf16_score = _utf16_score(data)
    # In this order, so that a tie goes to the likelier encoding.
    scores = {
        "utf-8": _utf8_score(sample),
        "gb18030": _double_byte_score(sample, _gbk_weight),
        "big5hkscs": _double_byte_score(sample, _big5_weight),
        utf16: utf16_score if utf16_score >= _PLAUSIBLE_UTF16 else 0.0,
    }
    best = max(scores, key=lambda encoding: scores[encoding])
    if scores[best] >= _PLAUSIBLE:
        return _lenient(data, best)
    if len(_WESTERN.findall(data)) == len(_HIGH_BYTE.findall(data)):
        return _lenient(data, "cp1252")
    found = _lenient(data, "utf-8")
    if found.text.count(_REPLACEMENT) > _MOST_DAMAGE * len(found.text):
        raise UnsupportedFile(
            f"{name} is not text, or in an unknown encoding", "Save it as UTF-8 and ingest again."
        )
    return found


def _lenient(data: bytes, encoding: str) -> Text:
    try:
        return Text(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        return Text(data.decode(encoding, errors="replace"), encoding, damaged=True)


def _utf8_score(sample: bytes) -> float:
    """Share of well-formed characters; three bytes in a row rarely fit by accident, two do."""
    text = sample.decode("utf-8", errors="replace")
    bad = text.count(_REPLACEMENT)
    wide = sum(1 for character in text if character >= "\u0800") - bad
    return wide / (wide + 2 * bad) if wide > 0 else 0.0


def _utf16_score(data: bytes) -> tuple[str, float]:
    """The likelier byte order and the share of common characters under it."""
    best = ("utf-16-le", 0.0)
    # Any two letters make one ideograph in UTF-16, so English with a stray byte looks Chinese.
    letters = len(_PRINTABLE.findall(data[:_SAMPLE_BYTES]))
    if len(data) % 2 or letters > _MOST_LETTERS * min(len(data), _SAMPLE_BYTES):
        return best
    for encoding in ("utf-16-le", "utf-16-be"):
        # A cut through a surrogate pair at the end of the sample must not count.
        text = data[:_SAMPLE_BYTES].decode(encoding, errors="ignore")
        # In the wrong byte order "a" is U+6100: an ideograph, but its low byte is zero.
        swapped = sum(1 for one in text if not ord(one) & 0xFF and one not in "\u4e00\u3000")
        score = (len(_COMMON_IN_UTF16.findall(text)) - 2 * swapped) / max(len(text), 1)
        if "\x00" not in text and score > best[1]:
            best = (encoding, score)
    return best


def _gbk_weight(lead: int, trail: int) -> float:
    """GB 2312 sorts its characters by use: punctuation and level 1 are common, level 2 is not."""
    if trail < 0xA1:  # noqa: PLR2004
        return 0.0
    if 0xA1 <= lead <= 0xA9 or 0xB0 <= lead <= 0xD7:  # noqa: PLR2004
        return 1.0
    return 0.3 if 0xD8 <= lead <= 0xF7 else 0.0  # noqa: PLR2004


def _big5_weight(lead: int, trail: int) -> float:
    """Big5 sorts by use too: level 1 ends at lead byte C6."""
    if 0x7F <= trail <= 0xA0:  # noqa: PLR2004
        return -1.0  # no character of Big5 ends like that
    if 0xA1 <= lead <= 0xC6:  # noqa: PLR2004
        return 1.0
    return 0.3 if 0xC9 <= lead <= 0xF9 else 0.0  # noqa: PLR2004


def _double_byte_score(sample: bytes, weight: Callable[[int, int], float]) -> float:
    """Mean weight of the characters; short notes have few, so each one's rank counts."""
    total = 0.0
    units = 0
    for found in _UNIT.finditer(sample):
        if found.group(1) is not None:
            continue
        units += 1
        pair = found.group(2)
        total += -1.0 if pair is None else weight(pair[0], pair[1])
    return total / units if units else 0.0
