"""Errors as JSON: one table from the error tree to the HTTP status."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from app import errors as ours
from app.api.openai_api.errors import PREFIX as OPENAI_PREFIX
from app.api.openai_api.errors import openai_error
from index import errors as search
from ingest import errors as ingest

_log = structlog.get_logger(__name__)
_CLIENT_HAS_LEFT = 499  # as web servers log it; nobody reads it

# The first class that an error is an instance of decides; a test holds the table complete.
STATUS: dict[type[ingest.CourseError], int] = {
    ours.BadRequest: 422,
    ours.NotFound: 404,
    ours.DocumentChanged: 409,
    ours.ConversationsDamaged: 500,
    ours.PaperSourceError: 502,
    ours.Unauthorized: 401,
    ours.Forbidden: 403,
    ingest.UnsupportedFile: 415,
    ingest.FileTooLarge: 413,
    ingest.SourceError: 422,
    ingest.NothingToIngest: 404,
    ingest.SettingsError: 500,
    ingest.CorpusError: 500,
    search.NoIndex: 503,
    search.IndexMismatch: 503,
    search.UnknownPaper: 404,
    search.UnknownSource: 404,
    search.IndexDamaged: 503,
    search.EmbeddingServiceError: 502,
    ingest.LanguageModelError: 502,
    search.ModelError: 500,
    ingest.CourseError: 500,
}


class ErrorBody(BaseModel):
    """What went wrong and what to do next."""

    code: str
    message: str
    hint: str


class ErrorShape(BaseModel):
    """The shape of every error."""

    error: ErrorBody


def answer_to(error: ingest.CourseError, path: str) -> JSONResponse:
    """The response to an error, in the shape that the clients of a path read."""
    return _answer(path, status_of(error), error.code, str(error), error.hint)


def body_of(error: Exception) -> ErrorBody:
    """What is told of an error; the rest of an unexpected one is for the log."""
    if isinstance(error, ingest.CourseError):
        return ErrorBody(code=error.code, message=str(error), hint=error.hint)
    _log.error("unexpected error", exc_info=error)
    hint = "The log has the details; please report it."
    return ErrorBody(code="internal_error", message="something unexpected failed", hint=hint)


def status_of(error: ingest.CourseError) -> int:
    """The HTTP status of an error."""
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))


def install(app: FastAPI) -> None:
    """Answer every error in the one shape."""

    @app.exception_handler(ingest.CourseError)
    def course_error(request: Request, error: ingest.CourseError) -> JSONResponse:
        status = status_of(error)
        _log.warning("request failed", path=request.url.path, status=status, error=str(error))
        return answer_to(error, request.url.path)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
        message = f"{field}: {first['msg'].removeprefix('Value error, ')}"
        hint = "See /docs for the fields."
        return _answer(request.url.path, 422, "bad_request", message, hint, field)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> JSONResponse:
        code = f"http_{error.status_code}"
        detail = str(error.detail)
        return _answer(request.url.path, error.status_code, code, detail, "See /docs.")

    @app.exception_handler(ClientDisconnect)
    def gone(request: Request, _: ClientDisconnect) -> Response:
        _log.info("the client has left", path=request.url.path)
        return Response(status_code=_CLIENT_HAS_LEFT)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> JSONResponse:
        body = body_of(error)
        return _answer(request.url.path, 500, body.code, body.message, body.hint)


def _answer(
    path: str, status: int, code: str, message: str, hint: str, field: str | None = None
) -> JSONResponse:
    if path.startswith(OPENAI_PREFIX):
        return openai_error(status, code, message, hint, field)
    return JSONResponse({"error": {"code": code, "message": message, "hint": hint}}, status)
