"""Ingests that the service runs: one at a time, each in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

from app.exits import PARTIAL
from app.settings import Settings

_STATES = {0: "done", PARTIAL: "partial"}
_REMEMBERED = 200


@dataclass(slots=True)
class Job:
    """One run of the command line; ``state`` is queued, running, done, partial or failed."""

    kind: str
    subject: str
    id: str = field(default_factory=lambda: uuid4().hex[:12])
    state: str = "queued"
    progress: str = ""
    report: dict[str, Any] | None = None
    error: str | None = None
    deletes: Path | None = None


class JobRunner:
    """Runs jobs one after another, so that questions stay fast meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jobs")
        self._process: subprocess.Popen[str] | None = None
        self._closing = False

    def ingest(self, path: Path, *, force: bool = False) -> Job:
        """Ingest a file or folder; with ``force`` even one that has not changed."""
        arguments = ["ingest", str(path), *(["--force"] if force else [])]
        return self._start(Job("ingest", path.name), arguments)

    def remove(self, document_id: str, uploaded: Path | None) -> Job:
        """Forget a document; an uploaded file is deleted once it is forgotten."""
        return self._start(Job("remove", document_id, deletes=uploaded), ["remove", document_id])

    def find(self, job_id: str) -> Job | None:
        """A job by id."""
        return self._jobs.get(job_id)

    def close(self) -> None:
        """Stop; a running ingest is ended and goes on where it was the next time."""
        self._closing = True
        self._worker.shutdown(wait=False, cancel_futures=True)
        process = self._process
        if process is not None:
            process.terminate()

    def _start(self, job: Job, arguments: Sequence[str]) -> Job:
        with self._lock:
            self._jobs[job.id] = job
            for old in list(self._jobs)[:-_REMEMBERED]:
                del self._jobs[old]
        self._worker.submit(self._run, job, arguments)
        return job

    def _run(self, job: Job, arguments: Sequence[str]) -> None:
        job.state = "running"
        try:
            code = self._run_command(job, arguments)
        except (OSError, ValueError) as error:
            job.error, job.state = str(error), "failed"
            return
        if job.deletes is not None and code == 0:
            job.deletes.unlink(missing_ok=True)
        job.error = None if code in _STATES else job.progress
        job.state = _STATES.get(code, "failed")

    def _run_command(self, job: Job, arguments: Sequence[str]) -> int:
        # -P: no folder that the server happens to run in may stand in for our packages.
        command = [sys.executable, "-P", "-m", "app.cli", *arguments, "--json"]
        environment = os.environ | self._settings.as_environment()
        # The report goes to a file: two full pipes would wait for each other.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
            process = subprocess.Popen(  # noqa: S603 (our own command, no shell)
                command,
                stdout=out,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                env=environment,
            )
            with process:
                self._process = process
                if self._closing:
                    process.terminate()
                for line in process.stderr or ():
                    job.progress = line.strip()
            self._process = None
            out.seek(0)
            report = out.read().strip()
        job.report = json.loads(report) if report else None
        return process.returncode
