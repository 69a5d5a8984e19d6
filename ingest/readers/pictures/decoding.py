"""Pictures in any format to upright PNGs, and the text of those inside documents."""

import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO, cast

from PIL import Image, ImageOps

from ingest.errors import FileTooLarge, RecognitionFailed
from ingest.model import Block, Notice
from ingest.readers.pdf.picture_text import picture_block, trusted
from ingest.recognition import ReaderServices
from ingest.settings import OcrMode, ReadSettings

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
_MOST_PIXELS = 100_000_000
# Smaller ones are icons and bullets.
_LEAST_WIDTH = 32
_LEAST_HEIGHT = 16
_WIDE_RANGE = ("I", "I;16", "I;16B", "F")
# What Pillow's decoders raise on damaged files; they promise OSError and raise all of these.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    EOFError,
    NotImplementedError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is seen: turned upright, on white; ``count`` is the pages of its file."""

    png: bytes
    width: int
    height: int
    count: int = 1


def decode(source: BinaryIO, page: int = 1) -> Picture:
    """Decode one page of a picture file; raise RecognitionFailed or FileTooLarge."""
    with warnings.catch_warnings():
        # Pillow warns of what it reads all the same; sizes are checked below.
        warnings.simplefilter("ignore")
        try:
            with Image.open(source, formats=_FORMATS) as image:
                count = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
                if count > 1:
                    image.seek(page - 1)
                return _upright(image, count)
        except Image.DecompressionBombError as error:
            raise _too_large(str(error)) from error
        except _DECODER_ERRORS as error:
            raise RecognitionFailed(f"the picture can't be decoded ({error})") from error


def _too_large(reason: str) -> FileTooLarge:
    hint = "Save it in a smaller size, or cut it into several."
    return FileTooLarge(f"the picture is too large ({reason})", hint)


def _upright(image: Image.Image, count: int) -> Picture:
    if image.width * image.height > _MOST_PIXELS:
        raise _too_large(f"{image.width} x {image.height} pixels")
    turned = ImageOps.exif_transpose(image)
    if turned.mode in _WIDE_RANGE:
        turned = _narrowed(turned)
    elif turned.mode not in ("RGB", "L"):
        layered = turned.convert("RGBA")
        turned = Image.new("RGB", layered.size, "white")
        turned.paste(layered, mask=layered.getchannel("A"))
    out = BytesIO()
    # Other chunks than the pixels would change the picture's hash, under which it is cached.
    Image.frombytes(turned.mode, turned.size, turned.tobytes()).save(out, "PNG", compress_level=1)
    return Picture(out.getvalue(), turned.width, turned.height, count)


def _narrowed(image: Image.Image) -> Image.Image:
    """Bring more than 256 shades of grey into a byte, the darkest to black."""
    wide = image.convert("F")
    low, high = cast(tuple[float, float], wide.getextrema())
    scale = 255 / max(high - low, 1.0)
    return wide.point(lambda value: value * scale - low * scale).convert("L")


class PictureTexts:
    """Recognises the pictures of one document and remembers what a person should know of it."""

    def __init__(self, settings: ReadSettings, services: ReaderServices) -> None:
        self._off = settings.ocr is OcrMode.OFF
        self._services = services
        self._seen: set[bytes] = set()
        self._left_out: list[int | None] = []
        self._failed: list[tuple[int | None, str]] = []
        self._confidences: list[float] = []

    def read(self, data: bytes, page: int | None = None) -> list[Block]:
        """Give the text of a picture as a block; none for icons, repeats and failures."""
        digest = sha256(data).digest()
        if digest in self._seen:
            return []  # a logo on every slide
        self._seen.add(digest)
        try:
            if self._off:
                self._left_out.append(page)
                return []
            picture = decode(BytesIO(data))
            if picture.width < _LEAST_WIDTH or picture.height < _LEAST_HEIGHT:
                return []
            lines = trusted(self._services.recognize(picture.png))
        except (RecognitionFailed, FileTooLarge) as error:
            self._failed.append((page, str(error)))
            return []
        block = picture_block(lines, page)
        if page is None:
            self._confidences += [line.confidence for line in lines]
        return [block] if block else []

    def fail(self, reason: str, page: int | None = None) -> None:
        """Note a picture that is not in the file, or can't be got out of it."""
        self._failed.append((page, reason))

    def notices(self) -> tuple[Notice, ...]:
        """What became of the pictures, where it is not what one would expect."""
        found: list[Notice] = []
        if self._left_out:
            text = f"Text recognition is off; pictures left out: {len(self._left_out)}."
            found.append(Notice("pictures_left_out", text, _pages(self._left_out)))
        if self._failed:
            reasons = "; ".join(dict.fromkeys(reason for _, reason in self._failed))
            text = f"Pictures that could not be read: {len(self._failed)} ({reasons})."
            found.append(Notice("unreadable_pictures", text, _pages([p for p, _ in self._failed])))
        if self._confidences:
            text = (
                f"Text in pictures was recognised, confidence {min(self._confidences):.2f} or up."
            )
            found.append(Notice("recognized_pictures", text))
        return tuple(found)


def _pages(pages: Sequence[int | None]) -> tuple[int, ...]:
    return tuple(sorted({page for page in pages if page is not None}))
