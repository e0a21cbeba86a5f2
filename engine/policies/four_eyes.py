"""Four eyes: a version is activated only once another person than its publisher has approved it.

Who published and who approved a version is in the history. Both only grow, so what was enough once stays enough: a
check before the change is made can't be overtaken.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import InputInvalid, Mistake, NotApproved
from engine.policies.review import SHORT
from engine.store.policy_versions import PastChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Who published a version, and who approved it, in the order in which they first did."""

    publishers: tuple[str, ...]
    approvers: tuple[str, ...]

    @classmethod
    def of(cls, version: str, history: Iterable[PastChange]) -> "Signatures":
        own = [change for change in history if change.version == version]
        return cls(
            publishers=tuple(dict.fromkeys(change.who for change in own if change.kind == "published")),
            approvers=tuple(dict.fromkeys(change.who for change in own if change.kind == "approved")),
        )

    @property
    def are_two(self) -> bool:
        """Whether somebody approved what somebody else published."""
        return any(approver != publisher for approver in self.approvers for publisher in self.publishers)


def verify_may_approve(version: str, who: str, signatures: Signatures) -> None:
    """Raise NotApproved if nobody but `who` published the version."""
    if set(signatures.publishers) <= {who}:
        raise NotApproved(f"'{who}' published the policy version {version[:SHORT]}, so another person must approve it")


def is_overridden(version: str, signatures: Signatures, *, override: bool, note: str) -> bool:
    """Whether the version may be activated only because of `override`. Raises NotApproved if it may not be, and
    InputInvalid if an override has no note.
    """
    if override and not note.strip():
        raise InputInvalid([Mistake(field="note", message="an override needs a note that says why")])
    if signatures.are_two:
        return False
    if not override:
        raise NotApproved(
            f"another person than {' and '.join(signatures.publishers) or 'its publisher'} must approve the policy"
            f" version {version[:SHORT]} first (POST /v1/policies/{version[:SHORT]}/approve, or: pointsman policy"
            f" approve {version[:SHORT]}); in an emergency, override it with a note"
        )
    return True
