"""Picture files: each is a page whose text is recognised; a TIFF may have several pages."""

from io import BytesIO
from pathlib import Path

from ingest.errors import (
    DamagedFile,
    FileTooLarge,
    RecognitionFailed,
    UnsupportedFile,
)
from ingest.model import Block, Notice, ParsedDocument
from ingest.readers.encoding import binary_kind
from ingest.readers.files import check_page_count, title_of, unreadable
from ingest.readers.pdf.picture_text import trusted
from ingest.readers.pictures.decoding import Picture, decode
from ingest.readers.pictures.prose import page_blocks
from ingest.recognition import ALONE, ReaderServices
from ingest.settings import OcrMode, ReadSettings

_OFF = Notice("pictures_left_out", "Text recognition is off: the picture was not read.")
_STARTS = (b"\x89PNG", b"\xff\xd8", b"RIFF", b"BM", b"II", b"MM", b"GIF8")


def read_image(
    file: Path, settings: ReadSettings, services: ReaderServices = ALONE
) -> ParsedDocument:
    """Recognise the text of a picture file; boxes are in its pixels."""
    data = _read(file)
    first = picture_page(file.name, data)
    check_page_count(file, first.count, settings)
    blocks: list[Block] = []
    failed: dict[int, str] = {}
    for page in range(1, first.count + 1) if settings.ocr is not OcrMode.OFF else ():
        services.progress("picture", page, first.count)
        try:
            picture = first if page == 1 else decode(BytesIO(data), page)
            lines = trusted(services.recognize(picture.png))
            blocks += page_blocks(lines, page, picture)
        except (RecognitionFailed, FileTooLarge) as error:
            failed[page] = str(error)
    notices = [_OFF] if settings.ocr is OcrMode.OFF else []
    if failed:
        text = f"No text could be recognised: {'; '.join(dict.fromkeys(failed.values()))}"
        notices.append(Notice("unreadable_pictures", text, tuple(failed)))
    return ParsedDocument(
        title=title_of(file),
        format="image",
        blocks=tuple(blocks),
        page_count=first.count,
        notices=tuple(notices),
    )


def picture_page(name: str, data: bytes, page: int = 1) -> Picture:
    """Decode a page of a picture file; raise a SourceError that names the file."""
    if not data:
        raise DamagedFile(f"{name}: the file is empty", "Save or download it again.")
    if not data.startswith(_STARTS):
        other = binary_kind(data)
        message = f"{name}: not a picture, " + (f"but {other}" if other else "despite its name")
        raise UnsupportedFile(message, "Correct its extension, or save it as PNG or JPEG.")
    try:
        return decode(BytesIO(data), page)
    except FileTooLarge as error:
        raise FileTooLarge(f"{name}: {error}", error.hint) from error
    except RecognitionFailed as error:
        raise DamagedFile(f"{name}: {error}", "Save, export or download it again.") from error


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise unreadable(file, error) from error
