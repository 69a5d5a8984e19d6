"""Adding and removing documents; both run as jobs in a process of their own."""

from pathlib import Path, PurePath
from typing import Annotated, BinaryIO
from uuid import uuid4

from fastapi import APIRouter, File, UploadFile

from app.api.documents import find_document
from app.api.jobs import JobShape
from app.api.services import TheServices
from app.errors import BadRequest
from ingest.errors import FileTooLarge, UnreadableFile, UnsupportedFile
from ingest.readers import READERS
from ingest.settings import MEGABYTE

router = APIRouter(prefix="/api/documents", tags=["documents"])

_PART = 1024 * 1024


@router.post("", status_code=202)
def upload(file: Annotated[UploadFile, File()], services: TheServices) -> JobShape:
    """Store a file and ingest it; a file of the same name is replaced."""
    name = _safe_name(file.filename or "")
    folder = services.settings.uploads_folder
    folder.mkdir(parents=True, exist_ok=True)
    _save(file.file, folder / name, services.settings.max_file_mb)
    return JobShape.of(services.jobs.ingest(folder / name))


@router.delete("/{document_id}", status_code=202)
def remove(document_id: str, services: TheServices) -> JobShape:
    """Forget a document; an uploaded file is deleted, one of a folder of yours stays there."""
    file = Path(find_document(services.assistant.index.records, document_id).file)
    uploaded = file.is_relative_to(services.settings.uploads_folder)
    return JobShape.of(services.jobs.remove(document_id, file if uploaded else None))


def _safe_name(given: str) -> str:
    name = PurePath(given.replace("\\", "/")).name.strip()
    if not name or name.startswith(".") or "\0" in name:
        raise BadRequest(f"file name {given!r} can't be used", "Give the file a plain name.")
    if PurePath(name).suffix.lower() not in READERS:
        kinds = ", ".join(sorted(READERS))
        raise UnsupportedFile(f"{name}: this kind of file is not read", f"Readable: {kinds}")
    return name


def _save(stream: BinaryIO, target: Path, limit: int) -> None:
    # A name of its own, so that two uploads of one name do not mix.
    beside = target.with_name(f".{uuid4().hex}.partial")
    size = 0
    try:
        with beside.open("wb") as out:
            while part := stream.read(_PART):
                size += len(part)
                if size > limit * MEGABYTE:
                    hint = "Split it, or raise COURSEGRAPH_MAX_FILE_MB."
                    raise FileTooLarge(f"{target.name}: over the limit of {limit} MB", hint)
                out.write(part)
        beside.replace(target)
    except OSError as error:
        hint = "Give it a shorter name, or free some space."
        raise UnreadableFile(f"{target.name}: can't be stored ({error.strerror})", hint) from error
    finally:
        beside.unlink(missing_ok=True)
