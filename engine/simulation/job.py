"""A what-if or a gate that somebody asked a service for: what is to be tried, and what became of it."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from engine.actor import ITSELF, Author
from engine.simulation.network_change import Closure
from engine.simulation.rolled.stretches import BeginsAgain

JobKind: TypeAlias = Literal["whatif", "gate"]
KINDS: tuple[JobKind, ...] = get_args(JobKind)
JobState: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: tuple[JobState, ...] = get_args(JobState)
ENDED = frozenset[JobState]({"done", "failed", "cancelled"})
JobWay: TypeAlias = Literal["one_step", "rolled_forward"]
WAYS: tuple[JobWay, ...] = get_args(JobWay)
MOST_ATTEMPTS = 3
"""So many processes may die over a job before it is given up."""


class JobDraft(msgspec.Struct, frozen=True):
    """`files` are the texts of its policies, by name."""

    name: str
    files: dict[str, str]


class JobNetwork(msgspec.Struct, frozen=True):
    """`files` are the texts of a network folder, by name."""

    name: str
    files: dict[str, str]


class JobChange(msgspec.Struct, frozen=True, kw_only=True):
    """What the drafts change of the network, as `NetworkChange` has it."""

    network: JobNetwork | None = None
    closures: tuple[Closure, ...] = ()
    cut_offs: dict[str, int] = {}
    strikes: tuple[str, ...] = ()
    volume: int = 100


class JobRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried, as `WhatIfRequest` has it. Without `drafts`, the policies compared with are tried on the network
    as it is changed. `sweep`: the one draft with each number of it, if it is not empty. `orders` as they were sent, in
    the place of logged ones. `workers`: in how many processes; 0: as the settings say. `author` asked for it.
    """

    drafts: list[JobDraft]
    against: str
    since: int
    until: int
    shown: int
    weighed: int
    language: str
    sweep: str = ""
    way: JobWay = "one_step"
    begins_again: BeginsAgain | None = None
    workers: int = 0
    change: JobChange = JobChange()
    orders: list[Mapping[str, Any]] | None = None
    author: Author = ITSELF


class GateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The policy version whose gate is to be run, and who asked for it. `operation`: what comes of it is kept once."""

    version: str
    author: Author
    operation: str


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Instants are in UTC seconds, 0 where it has not come to that. `done` of about `about` decisions are tried.
    `attempts`: how often it was begun, but for the times when it was broken off because the service was stopped.
    `error` is why it failed. `turn` is the name that the process which runs it gave itself.
    """

    id: str
    kind: JobKind = "whatif"
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
