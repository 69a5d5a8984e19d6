"""Errors of the app room; all are course errors.

CourseError
└── AnswerError              a request can't be served
    ├── BadRequest               a field of the request is wrong
    ├── NotFound                 no such document, page, chunk or job
    │   └── UnknownModel             no such model to ask
    ├── DocumentChanged          the file is not the one that was indexed
    ├── Unauthorized             the API key is missing or wrong
    └── Forbidden                the request comes from, or names, another host
"""

from ingest.errors import CourseError


class AnswerError(CourseError):
    """A request can't be served."""

    code = "answer_error"


class BadRequest(AnswerError):
    """A field of the request is wrong."""

    code = "bad_request"


class NotFound(AnswerError):
    """No such document, page, chunk or job."""

    code = "not_found"


class UnknownModel(NotFound):
    """No such model to ask."""

    code = "model_not_found"


class DocumentChanged(AnswerError):
    """The file is not the one that was indexed."""

    code = "document_changed"


class Unauthorized(AnswerError):
    """The API key is missing or wrong."""

    code = "unauthorized"


class Forbidden(AnswerError):
    """The request comes from, or names, another host."""

    code = "forbidden"
