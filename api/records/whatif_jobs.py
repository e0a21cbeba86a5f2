"""What-ifs that callers asked a service for, as JSON."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.records.progress import JobProgressRecord
from api.records.whatif import WhatIfRecord
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.simulation.job import Job


class WhatIfJobRecord(Record, frozen=True):
    """A what-if as it stands."""

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    created_at: Timestamp
    created_by: Annotated[str, Meta(description="the client whose key asked for it")]
    progress: JobProgressRecord
    attempts: Annotated[int, Meta(description="how often it was begun: again if its process died")]
    started_at: Timestamp | UnsetType = UNSET
    ended_at: Timestamp | UnsetType = UNSET
    error: Annotated[str | UnsetType, Meta(description="why it failed")] = UNSET
    result: Annotated[WhatIfRecord | UnsetType, Meta(description="once it is done")] = UNSET

    @classmethod
    def of(cls, job: Job, result: bytes | None = None) -> "WhatIfJobRecord":
        """With the result as it is stored."""
        return cls(
            id=job.id,
            state=job.state,
            created_at=timestamp(job.created_at),
            created_by=job.created_by,
            progress=JobProgressRecord.of(job),
            attempts=job.attempts,
            started_at=timestamp(job.started_at) if job.started_at else UNSET,
            ended_at=timestamp(job.ended_at) if job.ended_at else UNSET,
            error=job.error or UNSET,
            result=UNSET if result is None else msgspec.json.decode(result, type=WhatIfRecord),
        )


class WhatIfJobsRecord(Record, frozen=True):
    """What-ifs, the latest first, without their results."""

    whatifs: list[WhatIfJobRecord]
    next: str | None

    @classmethod
    def of(cls, jobs: Sequence[Job], following: str | None) -> "WhatIfJobsRecord":
        return cls(whatifs=[WhatIfJobRecord.of(job) for job in jobs], next=following)
