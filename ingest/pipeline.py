"""The ingest pipeline, top to bottom: discover, read what changed, store, forget what is gone."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event

from ingest.corpus import Corpus
from ingest.discovery import Discovery, discover
from ingest.errors import (
    CourseError,
    NothingToIngest,
    ReaderCrashed,
    SourceError,
    UnreadableFile,
)
from ingest.ids import digest, file_digest, settings_digest
from ingest.isolation import run_isolated
from ingest.model import Document, DocumentKind, DocumentState, Language, Source
from ingest.ocr import engine_fingerprint
from ingest.readers import VERSION
from ingest.reading import ReadDocument, check_file, document_id, read_source
from ingest.report import Action, Outcome, Progress, Report, no_progress
from ingest.services import DocumentServices, KeptRecognizer, Meter
from ingest.settings import OcrMode, ReadSettings

READ_STAGE = "read"


@dataclass(frozen=True, slots=True)
class _Task:
    source: Source
    sha256: str = ""
    key: str = ""


class Ingestion:
    """One run over some paths: brings the corpus up to date with the files there."""

    def __init__(
        self,
        corpus: Corpus,
        settings: ReadSettings,
        progress: Progress = no_progress,
        on_reading: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_reading`` is called before the first file is read, if any is.

        Raises SettingsError for an OCR engine that is not there.
        """
        self._engine = (
            "" if settings.ocr is OcrMode.OFF else engine_fingerprint(settings.ocr_engine)
        )
        self._on_reading = on_reading
        self._corpus = corpus
        self._settings = settings
        self._progress = progress
        self._known = {document.id: document for document in corpus.documents()}
        self._report = Report()

    def run(
        self, paths: Iterable[Path], *, jobs: int = 1, force: bool = False, dry_run: bool = False
    ) -> Report:
        """Read new and changed files, forget documents whose files are gone.

        A dry run only reports. Raises NothingToIngest when no path holds anything to read.
        """
        known: dict[str, list[str]] = {}
        for document in self._known.values():
            known.setdefault(document.collection, []).append(document.path)
        found = discover(paths, self._corpus.collections(), known)
        if not found.sources and found.problems:
            raise _nothing(found.problems)
        report = self._report
        report.ignored = len(found.ignored)
        report.outcomes += [Outcome.failure(path, problem) for path, problem in found.problems]
        tasks, failures = self._plan(found, force)
        gone = self._gone(found)
        report.outcomes += [Outcome(document.path, Action.REMOVED) for document in gone]
        if dry_run:
            report.outcomes += [Outcome(task.source.path, Action.READ) for task in tasks]
            report.outcomes += [Outcome.failure(t.source.path, error) for t, error in failures]
            return report
        self._corpus.remember_collections(found.collections)
        self._corpus.remove(document.id for document in gone)
        for task, error in failures:
            self._fail(task, error)
        if tasks:
            self._on_reading()
            self._read_all(tasks, jobs)
        self._corpus.forget_empty_collections()
        return report

    def _plan(
        self, found: Discovery, force: bool
    ) -> tuple[list[_Task], list[tuple[_Task, SourceError]]]:
        """Files to read, and files that can't even be opened; unchanged ones go to the report."""
        keys = self._corpus.stage_keys(READ_STAGE)
        counts = self._corpus.chunk_counts()
        tasks: list[_Task] = []
        failures: list[tuple[_Task, SourceError]] = []
        for _, source in sorted(found.sources.items()):
            try:
                sha256 = self._digest(source)
            except SourceError as error:
                failures.append((_Task(source), error))
                continue
            key = read_key(sha256, self._settings, self._engine)
            before = self._known.get(document_id(source))
            if before is None or force or keys.get(before.id) != key or before.file != source.file:
                tasks.append(_Task(source, sha256, key))
            else:
                self._report.outcomes.append(_unchanged(before, counts.get(before.id, 0)))
        return tasks, failures

    def _digest(self, source: Source) -> str:
        check_file(source, self._settings)
        try:
            return file_digest(Path(source.file))
        except OSError as error:
            hint = "Check its permissions and the disk."
            raise UnreadableFile(f"{source.path}: {error.strerror}", hint) from error

    def _gone(self, found: Discovery) -> list[Document]:
        """Documents under the folders looked through whose files are no longer there."""
        present = {document_id(source) for source in found.sources.values()}
        return [
            document
            for document in self._known.values()
            if document.id not in present
            and any(scope.covers(document.collection, document.path) for scope in found.scopes)
        ]

    def _read_all(self, tasks: Sequence[_Task], jobs: int) -> None:
        # Each thread only waits for a child process; the store is written here, by one thread.
        stop, jobs = Event(), max(1, jobs)
        readers = ThreadPoolExecutor(max_workers=jobs)
        recognizer = KeptRecognizer(self._corpus, self._settings, jobs)
        meter = Meter(self._progress, len(tasks))
        try:
            running = {
                readers.submit(self._read, task, recognizer, meter, stop): task for task in tasks
            }
            for future in as_completed(list(running)):
                task = running.pop(future)  # what was read is held no longer than needed
                try:
                    self._store(task, *future.result())
                except SourceError as error:
                    self._fail(task, error)
                meter.file_done(task.source.path)
        finally:
            stop.set()  # after Ctrl-C or a failing store nobody waits for the readers
            recognizer.close()
            readers.shutdown(wait=True, cancel_futures=True)
        self._report.recognized = recognizer.new
        self._report.recognized_before = recognizer.kept

    def _read(
        self, task: _Task, recognizer: KeptRecognizer, meter: Meter, stop: Event
    ) -> tuple[ReadDocument, int]:
        """Read one file; also tell how many of its pictures could not be recognised."""
        settings = self._settings
        path, seconds = task.source.path, settings.ocr_timeout_seconds
        services = DocumentServices(recognizer, meter, path, seconds)
        try:
            read = run_isolated(
                read_source,
                (task.source, task.sha256, settings),
                settings.timeout_seconds,
                settings.max_memory_bytes,
                stop,
                services,
            )
        except ReaderCrashed as error:
            raise ReaderCrashed(f"{path}: {error}", error.hint) from error
        return read, services.failed

    def _store(self, task: _Task, read: ReadDocument, failed: int) -> None:
        # A busy machine may be why a picture was not recognised: the next run tries again.
        keys = {READ_STAGE: "" if failed else task.key}
        before = self._known.get(read.document.id)
        if failed and before and before.sha256 == task.sha256 and not before.reason:
            reason = f"{failed} pictures could not be read again; the version before stays"
            self._corpus.mark(before.id, before.state, reason, keys)
            self._report.outcomes.append(_outcome(replace(before, reason=reason), Action.READ, 0))
            return
        self._corpus.put(read.document, read.sections, read.chunks, keys, read.items)
        self._report.outcomes.append(_outcome(read.document, Action.READ, len(read.chunks)))

    def _fail(self, task: _Task, error: SourceError) -> None:
        """Put the reason into report and store; the last good version of a document stays."""
        source = task.source
        self._report.outcomes.append(Outcome.failure(source.path, error))
        reason = f"{error} ({error.hint})" if error.hint else str(error)
        # A file that can't be opened has no key: it is read again even if it comes back the same.
        keys = {READ_STAGE: task.key}
        before = self._known.get(document_id(source))
        if before is not None and before.state is not DocumentState.FAILED:
            self._corpus.mark(before.id, DocumentState.STALE, reason, keys)
            return
        failed = Document(
            id=document_id(source),
            collection=source.collection,
            path=source.path,
            file=source.file,
            title=Path(source.path).name,
            format=Path(source.path).suffix.lstrip(".").lower(),
            kind=DocumentKind.MATERIAL,
            state=DocumentState.FAILED,
            sha256=task.sha256,
            size=0,
            language=Language.MIXED,
            reason=reason,
        )
        self._corpus.put(failed, (), (), keys)


def read_key(sha256: str, settings: ReadSettings, engine: str) -> str:
    """Changes when reading the same file again could give another result."""
    return digest(VERSION, settings_digest(asdict(settings)), engine, sha256)


def _nothing(problems: Sequence[tuple[str, SourceError | NothingToIngest]]) -> CourseError:
    """What is wrong with the paths, as one error."""
    errors = [problem for _, problem in problems]
    if len(errors) == 1:
        return errors[0]
    return NothingToIngest("; ".join(f"{error} ({error.hint})" for error in errors))


def _unchanged(document: Document, chunks: int) -> Outcome:
    bad = document.state in (DocumentState.FAILED, DocumentState.STALE)
    return _outcome(document, Action.FAILED if bad else Action.UNCHANGED, chunks)


def _outcome(document: Document, action: Action, chunks: int) -> Outcome:
    return Outcome(
        document.path,
        action,
        reason=document.reason,
        chunks=chunks,
        pages=document.page_count,
        notices=document.notices,
    )


def remove_paths(corpus: Corpus, paths: Sequence[str]) -> list[str]:
    """Forget documents by file, folder, id, document path or collection.

    Raises NothingToIngest when one is not known, or means documents of several collections.
    """
    documents = corpus.documents()
    doomed: dict[str, str] = {}
    for path in paths:
        matching = _named(documents, path)
        if not matching:
            raise NothingToIngest(f"{path!r}: no such document", "`coursegraph status` lists them.")
        if len({document.collection for document in matching}) > 1:
            hint = "Name the file itself, or its id as `coursegraph status --json` gives it."
            raise NothingToIngest(f"{path!r}: several collections have it", hint)
        doomed.update((document.id, document.path) for document in matching)
    corpus.remove(doomed)
    corpus.forget_empty_collections()
    return sorted(doomed.values())


def _named(documents: Sequence[Document], path: str) -> list[Document]:
    """The first reading of a name that fits: a place on disk, an id, a place in a collection."""
    if not path.strip():
        return []
    absolute, plain = Path(path).absolute(), path.strip("/")
    readings: tuple[Callable[[Document], bool], ...] = (
        lambda document: Path(document.file).is_relative_to(absolute),
        lambda document: document.id == plain,
        lambda document: document.path == plain or document.path.startswith(plain + "/"),
        lambda document: document.collection == plain,
    )
    found = ([d for d in documents if reading(d)] for reading in readings)
    return next((matching for matching in found if matching), [])
