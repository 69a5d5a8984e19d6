"""Errors of the app room; all are course errors.

CourseError
└── AnswerError              a request can't be served
    ├── BadRequest               a field of the request is wrong
    ├── NotFound                 no such document, page, chunk, job or conversation
    │   └── UnknownModel             no such model to ask
    ├── ConversationsDamaged     the stored conversations can't be read or written
    ├── DocumentChanged          the file is not the one that was indexed
    ├── PaperSourceError         a source of papers can't be reached or answers nonsense
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
    """No such document, page, chunk, job or conversation."""

    code = "not_found"


class PaperSourceError(AnswerError):
    """A source of papers in the network can't be reached or answers nonsense."""

    code = "paper_source_error"


class UnknownModel(NotFound):
    """No such model to ask."""

    code = "model_not_found"


class ConversationsDamaged(AnswerError):
    """The stored conversations can't be read or written."""

    code = "conversations_damaged"


class DocumentChanged(AnswerError):
    """The file is not the one that was indexed."""

    code = "document_changed"


class Unauthorized(AnswerError):
    """The API key is missing or wrong."""

    code = "unauthorized"


class Forbidden(AnswerError):
    """The request comes from, or names, another host."""

    code = "forbidden"
