"""What MuPDF raises: damaged files, and memory that has run out."""

from pymupdf import mupdf

MUPDF_ERRORS = (mupdf.FzErrorBase, RuntimeError, ValueError)


def check_memory(error: Exception) -> None:
    """Raise MemoryError when the file may be well, but the memory limit was reached."""
    if "alloc" in str(error):
        raise MemoryError from error
