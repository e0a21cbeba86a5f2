"""Which rules go as one version takes the place of another."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import PolicyUnreadable
from engine.store.policy_versions import PolicyTimeline
from rules.diff.compare import compare
from rules.policy import PolicySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """A version that is scheduled from the instant `since` (UTC seconds) on; `gone` are the rules of the version before
    it that it does not have.
    """

    since: int
    version: str
    gone: tuple[str, ...]


def takeovers(timeline: PolicyTimeline, read: Callable[[str], PolicySet]) -> list[Takeover]:
    """What is scheduled, the soonest first, each with the rules of the version before that it does not have."""
    versions = [timeline.active, *(version for _, version in timeline.scheduled)]
    return [
        Takeover(since=since, version=version, gone=rules_gone(before, version, read))
        for before, (since, version) in zip(versions, timeline.scheduled, strict=False)
    ]


def rules_gone(before: str | None, version: str, read: Callable[[str], PolicySet]) -> tuple[str, ...]:
    """The rules of a version that another, which takes its place, does not have; none if one can't be read."""
    try:
        changes = compare(read(before), read(version)) if before else None
    except PolicyUnreadable:
        return ()
    return tuple(change.rule for change in changes.of("gone")) if changes else ()
