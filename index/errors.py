"""Errors of the index room; all are course errors.

CourseError
└── SearchError              the index can't be built or searched
    ├── NoIndex                  nothing was ingested yet
    ├── IndexDamaged             a file of the index is missing or of another format
    ├── UnknownPaper             no paper of this id
    ├── UnknownSource            no lesson or document of this name
    ├── IndexMismatch            the index was made with another embedding model
    └── ModelError               a model can't be found, unpacked or loaded
        └── EmbeddingServiceError    an embedding endpoint refused, failed or answered nonsense
"""

from ingest.errors import CourseError


class SearchError(CourseError):
    """The index can't be built or searched."""

    code = "search_error"


class NoIndex(SearchError):
    """Nothing was ingested yet."""

    code = "no_index"


class IndexDamaged(SearchError):
    """A file of the index is missing or of another format."""

    code = "index_damaged"


class IndexMismatch(SearchError):
    """The index was made with another embedding model."""

    code = "index_mismatch"


class UnknownPaper(SearchError):
    """No paper of this id."""

    code = "unknown_paper"


class UnknownSource(SearchError):
    """No lesson or document of this name."""

    code = "unknown_source"


class ModelError(SearchError):
    """A model can't be found, unpacked or loaded."""

    code = "model_error"


class EmbeddingServiceError(ModelError):
    """An embedding endpoint refused, failed or answered nonsense."""

    code = "embedding_service_error"
