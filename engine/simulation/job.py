"""A what-if that somebody asked a service for: what is to be tried, and what became of it."""

from typing import Literal, TypeAlias, get_args

import msgspec

JobState: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: tuple[JobState, ...] = get_args(JobState)
ENDED = frozenset[JobState]({"done", "failed", "cancelled"})
MOST_ATTEMPTS = 3
"""So many processes may die over a job before it is given up."""


class JobDraft(msgspec.Struct, frozen=True):
    """`files` are the texts of its policies, by name."""

    name: str
    files: dict[str, str]


class JobRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried, as `WhatIfRequest` has it; `sweep`: the one draft with each number of it, if it is not empty."""

    drafts: list[JobDraft]
    against: str
    since: int
    until: int
    shown: int
    weighed: int
    language: str
    sweep: str = ""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Instants are in UTC seconds, 0 where it has not come to that. `done` of about `about` decisions are tried.
    `attempts`: how often it was begun. `error` is why it failed. `turn` is the name that the process which runs it gave
    itself.
    """

    id: str
    state: JobState
    created_at: int
    created_by: str
    started_at: int = 0
    ended_at: int = 0
    done: int = 0
    about: int = 0
    attempts: int = 0
    error: str = ""
    turn: str = ""
