"""Jobs: ingests and removals that the service runs."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.services import TheServices
from app.errors import NotFound
from app.jobs import Job

router = APIRouter(prefix="/api/jobs", tags=["documents"])


class JobShape(BaseModel):
    """``state`` is queued, running, done, partial or failed; ``report`` is there at the end."""

    id: str
    kind: str
    subject: str
    state: str
    progress: str
    report: dict[str, Any] | None
    error: str | None

    @classmethod
    def of(cls, job: Job) -> "JobShape":
        """From a record."""
        return cls(
            id=job.id,
            kind=job.kind,
            subject=job.subject,
            state=job.state,
            progress=job.progress,
            report=job.report,
            error=job.error,
        )


@router.get("/{job_id}")
def job(job_id: str, services: TheServices) -> JobShape:
    """How far a job is."""
    found = services.jobs.find(job_id)
    if found is None:
        raise NotFound(f"no job {job_id}", "Jobs are forgotten when the server restarts.")
    return JobShape.of(found)
