"""Joins the rooms: makes the parts that the settings name."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import Settings
from index.build import BuildReport, build_index
from index.embedding import make_embedder
from index.encoders import Encoders
from index.kept_questions import KeptQuestions
from index.layout import IndexLayout
from index.settings import Part
from ingest.concepts.lexicon import load_lexicon
from ingest.corpus import Corpus
from ingest.errors import CorpusError
from ingest.paper_facts import load_papers
from ingest.papers.stage import find_papers
from ingest.pipeline import Ingestion, remove_paths
from ingest.report import Progress, Report, no_progress

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.generation import Writer


@dataclass(frozen=True, slots=True)
class Update:
    """What an ingest did: the files, and the index."""

    report: Report
    build: BuildReport | None


def bundled_course() -> Path:
    """The course that ships with the product: inside the package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "course"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "course"


def make_layout(settings: Settings) -> IndexLayout:
    """The index folder."""
    return IndexLayout(settings.index_folder)


def make_encoders(settings: Settings, progress: Progress = no_progress) -> Encoders:
    """The encoders that the settings name; their models are loaded when they are first needed."""
    first, *second = (
        make_embedder(chosen, settings.models_folder, lambda line: progress("model", 0, 1, line))
        for chosen in settings.encoder_settings()
    )
    return Encoders(first, *second)


def make_writer(settings: Settings) -> "Writer | None":
    """What writes answers with the language model that the settings name; None for none."""
    from app.generation import GenerationSettings, Writer
    from app.llm import make_llm, named

    llm = make_llm(settings)
    if llm is None:
        return None
    generation = GenerationSettings(
        seconds=settings.llm_timeout_seconds, unsupported=settings.llm_unsupported
    )
    return Writer(named(settings.llm), llm, generation, llm.close)


def make_assistant(
    settings: Settings, without: Iterable[Part] = (), writer: "Writer | None" = None
) -> "Assistant":
    """The assistant over the index in use; its search leaves some parts out."""
    from app.assistant import Assistant
    from index.live_index import LiveIndex
    from index.rerank import make_reranker

    search = replace(settings.search_settings(), without=frozenset(without))
    reranker = make_reranker(search.rerank)
    live = LiveIndex(make_layout(settings), make_encoders(settings), search, reranker)
    return Assistant(live, writer=writer)


@contextmanager
def open_for_writing(settings: Settings, waiting: Progress = no_progress) -> Iterator[Corpus]:
    """The corpus store, for one process at a time; a second one waits for the first to end."""
    try:
        with _lock(settings, waiting), Corpus(settings.corpus_file) as corpus:
            yield corpus
    except OSError as error:
        # Files that can't be read are told by the readers; what is left is our own folder.
        message = f"{error.filename or settings.data}: {error.strerror or error}"
        hint = "Check that the data folder has space and may be written, and try again."
        raise CorpusError(message, hint) from error


@contextmanager
def _lock(settings: Settings, waiting: Progress) -> Iterator[None]:
    from filelock import FileLock, Timeout

    settings.data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting("wait", 0, 1, "another coursegraph process is writing to this data folder")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def ingest(
    settings: Settings,
    paths: Sequence[Path],
    *,
    jobs: int = 1,
    force: bool = False,
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> Update:
    """Bring corpus and index up to date with the files under ``paths``."""
    encoders = make_encoders(settings, progress)
    with open_for_writing(settings, progress) as corpus:
        # The model loads while child processes read.
        run = Ingestion(corpus, settings.read_settings(), progress, on_reading=encoders.prepare)
        report = run.run(paths, jobs=jobs, force=force, dry_run=dry_run)
        return Update(report, None if dry_run else build(settings, corpus, encoders, progress))


def remove(
    settings: Settings, paths: Sequence[str], progress: Progress = no_progress
) -> tuple[list[str], BuildReport]:
    """Forget documents and build the index without them."""
    with open_for_writing(settings, progress) as corpus:
        removed = remove_paths(corpus, paths)
        encoders = make_encoders(settings, progress)
        return removed, build(settings, corpus, encoders, progress)


def build(
    settings: Settings, corpus: Corpus, encoders: Encoders, progress: Progress
) -> BuildReport:
    """Bring the mentions of papers and the index up to date with the corpus."""
    papers = load_papers(settings.papers_file)
    find_papers(corpus, papers)
    with KeptQuestions(settings.questions_file) as questions:
        return build_index(
            corpus,
            make_layout(settings),
            encoders,
            questions,
            settings.vector_settings(),
            load_lexicon(settings.lexicon),
            progress,
            papers,
        )
