"""Errors of the whole house; ``CourseError`` is their root.

CourseError
├── SettingsError            a setting is wrong or an extra is missing
├── IngestError
│   ├── SourceError          one file can't be read; the others go on
│   │   ├── UnreadableFile       no permission, vanished, or the disk failed
│   │   ├── UnsupportedFile      not a kind of file we read, or not what its name says
│   │   ├── EncryptedFile        needs a password
│   │   ├── DamagedFile          truncated, zero pages, or not decodable
│   │   ├── FileTooLarge         over the size limit
│   │   └── ReaderCrashed        the reader died, hung, or used too much memory
│   ├── LexiconError         a file of concepts can't be used
│   ├── PapersError          a list of papers can't be used
│   ├── RecognitionFailed    a picture can't be read; its page goes on without it
│   ├── NothingToIngest      a path is missing, or a folder holds no course material
│   └── CorpusError          the corpus store can't be used
├── LanguageModelError       a language model refused, failed or answered nonsense
│   └── BrokenOff                its answer ended in the middle
├── SearchError              (in index.errors)
└── AnswerError              (in app.errors)
"""


class CourseError(Exception):
    """Something a user can act on: ``str(error)`` says what, ``hint`` says what next."""

    code = "course_error"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __reduce__(self) -> tuple[type["CourseError"], tuple[str, str]]:
        # Readers raise in child processes; the hint must survive the trip home.
        return type(self), (str(self), self.hint)


class SettingsError(CourseError):
    """A setting is wrong, or needs an extra that is not installed."""

    code = "settings_error"


class LanguageModelError(CourseError):
    """A language model refused, failed or answered nonsense."""

    code = "language_model_error"


class BrokenOff(LanguageModelError):
    """A language model's answer ended in the middle."""

    code = "broken_off"


class IngestError(CourseError):
    """Ingestion as a whole can't go on."""

    code = "ingest_error"


class SourceError(IngestError):
    """One file can't be read; the others go on."""

    code = "source_error"


class UnreadableFile(SourceError):
    """No permission, vanished, or the disk failed."""

    code = "unreadable_file"


class UnsupportedFile(SourceError):
    """Not a kind of file we read, or not what its name says."""

    code = "unsupported_file"


class EncryptedFile(SourceError):
    """The file needs a password."""

    code = "encrypted_file"


class DamagedFile(SourceError):
    """Truncated, zero pages, or not decodable."""

    code = "damaged_file"


class FileTooLarge(SourceError):
    """Over the size limit."""

    code = "file_too_large"


class ReaderCrashed(SourceError):
    """The reader died, hung, or used too much memory."""

    code = "reader_crashed"


class RecognitionFailed(IngestError):
    """A picture can't be read; its page goes on without it."""

    code = "recognition_failed"


class LexiconError(IngestError):
    """A file of concepts can't be used."""

    code = "lexicon_error"


class PapersError(IngestError):
    """A list of papers can't be used."""

    code = "papers_error"


class NothingToIngest(IngestError):
    """A path is missing, or a folder holds no course material."""

    code = "nothing_to_ingest"


class CorpusError(IngestError):
    """The corpus store can't be used."""

    code = "corpus_error"
