"""Files that a PDF carries inside: named to the reader of the report, never opened."""

from typing import Any

from ingest.model import Notice
from ingest.readers.pdf.damage import MUPDF_ERRORS
from ingest.text import clean

_NAMED = 3
_LONGEST_NAME = 80


def attachment_notices(document: Any) -> tuple[Notice, ...]:
    """Say which files are attached to a PDF, for they are not read."""
    try:
        names = [clean(name)[:_LONGEST_NAME] for name in document.embfile_names()]
    except MUPDF_ERRORS as error:
        return (Notice("attachments", f"The list of attached files can't be decoded ({error})."),)
    if not names:
        return ()
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    named = ", ".join(names[:_NAMED])
    text = f"Attached files are not read: {named}{more}. Save them beside the PDF to add them."
    return (Notice("attachments", text),)
