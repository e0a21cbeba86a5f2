"""Which policy version was active when: worked out from the history of who changed the timeline."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from engine.store.policy_versions import PastChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """A version that became active in place of the one `before`, at an instant (UTC seconds). `kind` says whether `who`
    activated it, scheduled it or rolled back to it; `override`: without the approval that it needed.
    """

    at: int
    version: str
    before: str | None
    kind: str
    who: str
    note: str
    override: bool


ActiveFrom: TypeAlias = tuple[str, int]
"""A version, and since when it was active (UTC seconds): the same version may be active again, after a rollback."""


class Turns:
    """When each version became active, of `activations`, the earliest first."""

    def __init__(self, activations: Iterable[Activation]) -> None:
        self._instants: dict[str, list[int]] = {}
        for item in activations:
            self._instants.setdefault(item.version, []).append(item.at)

    def last(self, version: str, instant: int) -> int:
        """When a version became active that decided at an instant (UTC seconds); 0 if that is not known. Of a decision
        that was logged just before, by another process's clock, it is the first time.
        """
        instants = self._instants.get(version, [0])
        return instants[max(0, bisect_right(instants, instant) - 1)]


class _Timeline:
    """The timeline as the history tells it, up to one of its changes after the other."""

    def __init__(self) -> None:
        self.activations: list[Activation] = []
        self._scheduled: dict[int, PastChange] = {}

    @property
    def _active(self) -> str | None:
        return self.activations[-1].version if self.activations else None

    def add(self, change: PastChange) -> None:
        if change.kind == "refused":  # it was due, and never became active all the same
            self._drop(change.version, after=0)
        self.settle(change.at)
        match change.kind:
            case "activated" | "rolled_back":
                self._activate(change, change.at)
            case "scheduled":
                self._scheduled[change.since or change.at] = change
            case "unscheduled":
                self._drop(change.version, after=change.at)

    def settle(self, now: int) -> None:
        """Let what is scheduled become active, if its instant has come."""
        for since in sorted(instant for instant in self._scheduled if instant <= now):
            self._activate(self._scheduled.pop(since), since)

    def _drop(self, version: str, *, after: int) -> None:
        """Take the first that is scheduled of a version off the schedule."""
        instants = [since for since, change in self._scheduled.items() if change.version == version and since > after]
        if instants:
            del self._scheduled[min(instants)]

    def _activate(self, change: PastChange, at: int) -> None:
        if change.version != self._active:
            self.activations.append(
                Activation(
                    at=at,
                    version=change.version,
                    before=self._active,
                    kind=change.kind,
                    who=change.who,
                    note=change.note,
                    override=change.override,
                )
            )


def activations(history: Iterable[PastChange], *, now: int) -> list[Activation]:
    """Every activation up to `now`, the earliest first. Of two versions that were scheduled for the same instant the
    one scheduled last counts; one that was unscheduled or refused never became active.
    """
    timeline = _Timeline()
    for change in history:
        timeline.add(change)
    timeline.settle(now)
    return timeline.activations
