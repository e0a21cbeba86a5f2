"""How far a job is, as JSON."""

from typing import Annotated

from msgspec import Meta

from engine.decide.order_record import Record
from engine.simulation.job import Job


class JobProgressRecord(Record, frozen=True):
    """How many decisions are tried, of about how many."""

    done: int
    about: Annotated[int, Meta(description="0 until it is counted")]

    @classmethod
    def of(cls, job: Job) -> "JobProgressRecord":
        return cls(done=job.done, about=job.about)
