"""Approvals of policy versions: who asks for one, who gives it, and who declines it.

A request stands in the history. Whether somebody may make, take back or decline one is worked out from the history as
it was read, and noted only if it has not gone on since; otherwise it is read and worked out again. An approval needs
that only where it is given in answer to one request; otherwise it is never too late.
"""

from collections.abc import Callable, Sequence

from engine.errors import (
    ApprovalNotNeeded,
    ApprovalRequestConflict,
    Contended,
    InputInvalid,
    Mistake,
    NotPermitted,
)
from engine.policies.approval_requests import ApprovalRequest, approval_requests, ended_by
from engine.policies.four_eyes import Signatures, verify_may_approve
from engine.policies.review import SHORT
from engine.store import policy_approvals, policy_versions
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.policy_approvals import RequestChange
from engine.store.policy_versions import HistoryEntry, PastChange

_MOST_LOOKS = 100
"""How often the history is read again because it went on meanwhile."""


class Approvals:
    """Those of the versions of one network. `four_eyes`: a version needs one before it is activated. `active` answers
    the version that is active, `entry` what the history is told of who acts, when and why.

    `operation` is the idempotency key of a request, given by the caller: a repeated request is answered, and not
    carried out again.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        four_eyes: bool,
        active: Callable[[], str | None],
        entry: Callable[[str, str, str | None], HistoryEntry],
    ) -> None:
        self._client = client
        self._keys = keys
        self._four_eyes = four_eyes
        self._active = active
        self._entry = entry

    def signatures(self, version: str) -> Signatures:
        """Who published and who approved a version."""
        return Signatures.of(version, policy_versions.history(self._client, self._keys))

    def of(self, version: str) -> tuple[str, ...]:
        """Who approved a version, in the order in which they first did."""
        return self.signatures(version).approvers

    def approve(
        self, version: str, *, who: str, note: str, operation: str | None = None, answers: tuple[str, int] | None = None
    ) -> None:
        """Note that `who` approves a published version; again, nothing changes. `answers`: who asked and when (UTC
        seconds), if it is to be approved only while that waits for an answer. Raises NotFound, KeyReused, NotApproved
        if nobody else published it, ApprovalRequestConflict if what it answers is over, Contended.
        """
        entry = self._entry(who, note, operation)
        for _ in range(_MOST_LOOKS):
            read = policy_approvals.read_history(self._client, self._keys)
            if not self._is_done(operation):
                signatures = Signatures.of(version, read.changes)
                if signatures.publishers:
                    verify_may_approve(version, who, signatures)
                if operation is None and who in signatures.approvers:
                    return
                if answers is not None:
                    _verify_asked(version, answers, read.changes)
            last_id = None if answers is None else read.last_id
            if policy_approvals.approve(self._client, self._keys, version, entry, last_id=last_id):
                return
        raise _contended()

    def ask(
        self, version: str, *, who: str, note: str, activate_at: int | None = None, operation: str | None = None
    ) -> None:
        """Note that `who` asks that a published version be approved and decide from the instant `activate_at` on, if
        that is given. While that request waits for an answer, asking again changes nothing.

        Raises ApprovalNotNeeded, ApprovalRequestConflict if somebody else has asked, InputInvalid if the instant is
        over, NotFound, KeyReused, Contended.
        """
        entry = self._entry(who, note, operation)

        def may_ask(history: Sequence[PastChange], request: ApprovalRequest | None) -> bool:
            self._verify_needed(version, history)
            if request is not None and request.is_open:
                if request.who != who:
                    raise ApprovalRequestConflict(
                        f"'{request.who}' has asked for the approval of the policy version {version[:SHORT]} before,"
                        " and that waits for an answer"
                    )
                return True
            if activate_at is not None and activate_at <= entry.at:
                raise InputInvalid(
                    [Mistake(field="activate_at", message="this instant is over; leave it out, or give a later one")]
                )
            return False

        self._change("asked", version, entry, may_ask, activate_at=activate_at, operation=operation)

    def take_back(self, version: str, *, who: str, note: str, operation: str | None = None) -> None:
        """Note that `who` takes back what they asked. Raises ApprovalRequestConflict if nobody asks, NotPermitted if
        somebody else does, NotFound, KeyReused, Contended.
        """

        def may_take_back(history: Sequence[PastChange], request: ApprovalRequest | None) -> bool:
            if _open(version, request, history).who != who:
                raise NotPermitted(
                    f"somebody else than '{who}' asked for the approval of the policy version {version[:SHORT]};"
                    " whoever may approve it can decline that"
                )
            return False

        self._change("taken_back", version, self._entry(who, note, operation), may_take_back, operation=operation)

    def decline(self, version: str, *, who: str, note: str, operation: str | None = None) -> None:
        """Note that `who`, who could approve the version, does not, and why. Raises ApprovalRequestConflict if nobody
        asks, NotPermitted if they asked themselves, NotApproved if nobody else published it, InputInvalid without a
        note, NotFound, KeyReused, Contended.
        """
        if not note.strip():
            raise InputInvalid([Mistake(field="note", message="declining needs a note that says why")])

        def may_decline(history: Sequence[PastChange], request: ApprovalRequest | None) -> bool:
            if _open(version, request, history).who == who:
                raise NotPermitted(
                    f"'{who}' asked for the approval of the policy version {version[:SHORT]}, and can take that back"
                )
            verify_may_approve(version, who, Signatures.of(version, history))
            return False

        self._change("declined", version, self._entry(who, note, operation), may_decline, operation=operation)

    def _change(
        self,
        change: RequestChange,
        version: str,
        entry: HistoryEntry,
        stands: Callable[[Sequence[PastChange], ApprovalRequest | None], bool],
        *,
        operation: str | None,
        activate_at: int | None = None,
    ) -> None:
        """`stands` raises if the change may not be made, and answers whether it was made before and still stands."""
        for _ in range(_MOST_LOOKS):
            read = policy_approvals.read_history(self._client, self._keys)
            # what was done is answered again, whatever became of it since
            is_made = not self._is_done(operation) and stands(
                read.changes, approval_requests(read.changes).get(version)
            )
            if policy_approvals.change_request(
                self._client,
                self._keys,
                change,
                version,
                entry,
                last_id=read.last_id,
                activate_at=activate_at,
                stands=is_made,
            ):
                return
        raise _contended()

    def _verify_needed(self, version: str, history: Sequence[PastChange]) -> None:
        if not self._four_eyes:
            raise ApprovalNotNeeded(
                "policy versions need no approval here (POINTSMAN_FOUR_EYES); the policy version"
                f" {version[:SHORT]} can be activated"
            )
        if self._active() == version:
            raise ApprovalNotNeeded(f"the policy version {version[:SHORT]} is active, and needs no approval")
        signatures = Signatures.of(version, history)
        if signatures.are_two:
            raise ApprovalNotNeeded(
                f"{' and '.join(signatures.approvers)} approved the policy version {version[:SHORT]} before;"
                " it can be activated"
            )

    def _is_done(self, operation: str | None) -> bool:
        return operation is not None and policy_versions.find_operation(self._client, self._keys, operation) is not None


def _contended() -> Contended:
    return Contended("other policy versions are changed over and over; look at them (pointsman policy list)")


def _verify_asked(version: str, asked: tuple[str, int], history: Sequence[PastChange]) -> None:
    """Raise ApprovalRequestConflict if the request that `asked` says, by whom and when, does not wait for an answer."""
    request = approval_requests(history).get(version)
    if request is not None and request.is_open and (request.who, request.at) == asked:
        return
    ended = ended_by(history, version, who=asked[0], at=asked[1])
    if ended is None:
        raise ApprovalRequestConflict(
            f"'{asked[0]}' does not ask for the approval of the policy version {version[:SHORT]} since then"
        )
    raise _is_over(version, ended)


def _is_over(version: str, ended: PastChange) -> ApprovalRequestConflict:
    why = f": {ended.note}" if ended.note else ""
    return ApprovalRequestConflict(_ENDINGS[ended.kind].format(who=ended.who, version=version[:SHORT]) + why)


_ENDINGS = {
    "taken_back": "'{who}' has taken back that the policy version {version} be approved",
    "declined": "'{who}' has declined to approve the policy version {version} before",
    "approved": "'{who}' has approved the policy version {version} before",
    "activated": "'{who}' has activated the policy version {version} before",
    "scheduled": "'{who}' has scheduled the policy version {version} before",
    "rolled_back": "'{who}' has rolled back to the policy version {version} before",
}
"""By what ended a request."""


def _open(version: str, request: ApprovalRequest | None, history: Sequence[PastChange]) -> ApprovalRequest:
    """The request, if it waits for an answer; raises ApprovalRequestConflict, which says what ended it, if not."""
    if request is not None and request.is_open:
        return request
    asked = [place for place, its in enumerate(history) if (its.version, its.kind) == (version, "asked")]
    last = history[asked[-1] :] if asked else ()
    ended = ended_by(last, version, who=last[0].who, at=last[0].at) if last else None
    if ended is not None:
        raise _is_over(version, ended)
    raise ApprovalRequestConflict(f"nobody asks for the approval of the policy version {version[:SHORT]} now")
