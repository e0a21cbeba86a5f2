"""Who asks that a policy version be approved, and who declined that: worked out from the history. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.store.policy_versions import PastChange

_ENDED_BY = frozenset({"taken_back", "approved", "activated", "scheduled", "rolled_back"})
"""What a request is over after: with an approval it is answered, and a version that decides, or will, needs none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Who declined a request, when (UTC seconds) and why."""

    who: str
    at: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """Who asked, when (UTC seconds), with which note, and from which instant on the version should decide, if that was
    said. `declined`: by whom; None while it waits for an answer.
    """

    who: str
    at: int
    note: str
    activate_at: int | None
    declined: Declined | None = None

    @property
    def is_open(self) -> bool:
        return self.declined is None


def ended_by(history: Iterable[PastChange], version: str, *, who: str, at: int) -> PastChange | None:
    """What became of the request for a version that `who` made at the instant `at`: the first change after it that
    ended it or declined it. None if it waits for an answer, or if there was no such request.
    """
    asked = False
    for change in history:
        if change.version != version:
            continue
        if asked and change.kind in _ENDED_BY | {"declined"}:
            return change
        asked = asked or (change.kind == "asked" and change.who == who and change.at == at)
    return None


def approval_requests(history: Iterable[PastChange]) -> Mapping[str, ApprovalRequest]:
    """By version, the request that waits for an answer, or that was declined and not made again. `history` is oldest
    first.
    """
    requests: dict[str, ApprovalRequest] = {}
    for change in history:
        if change.kind == "asked":
            requests[change.version] = ApprovalRequest(
                who=change.who, at=change.at, note=change.note, activate_at=change.activate_at
            )
        elif change.kind == "declined" and change.version in requests:
            declined = Declined(who=change.who, at=change.at, note=change.note)
            requests[change.version] = replace(requests[change.version], declined=declined)
        elif change.kind in _ENDED_BY:
            requests.pop(change.version, None)
    return requests
