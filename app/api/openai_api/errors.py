"""Errors in the shape that OpenAI's clients read; the codes are ours, a few are theirs."""

from typing import Literal

from pydantic import BaseModel
from starlette.responses import JSONResponse

PREFIX = "/v1/"

# What clients of OpenAI know under another name.
_STATUS = {422: 400}
_CODES = {"unauthorized": "invalid_api_key"}
_PARAMETERS = {"model_not_found": "model"}
_SERVER = 500


class OpenAIErrorBody(BaseModel):
    """What went wrong and what to do next; ``param`` is the field that is wrong."""

    message: str
    type: Literal["invalid_request_error", "server_error"]
    param: str | None
    code: str


class OpenAIErrorShape(BaseModel):
    """The shape of every error under ``/v1``."""

    error: OpenAIErrorBody


def openai_error(
    status: int, code: str, message: str, hint: str, parameter: str | None = None
) -> JSONResponse:
    """An error as OpenAI answers it: a wrong field is a 400."""
    shape = error_shape(status, code, message, hint, parameter)
    return JSONResponse(shape.model_dump(), _STATUS.get(status, status))


def error_shape(
    status: int, code: str, message: str, hint: str, parameter: str | None = None
) -> OpenAIErrorShape:
    """What OpenAI's clients read of an error; the hint is part of the message."""
    body = OpenAIErrorBody(
        message=f"{message}. {hint}" if hint else message,
        type="invalid_request_error" if status < _SERVER else "server_error",
        param=parameter or _PARAMETERS.get(code),
        code=_CODES.get(code, code),
    )
    return OpenAIErrorShape(error=body)
