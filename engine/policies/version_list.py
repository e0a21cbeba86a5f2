"""The published versions as they are listed, and by which words one of them is named. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.errors import NotFound
from engine.policies.approval_requests import ApprovalRequest, approval_requests
from engine.policies.four_eyes import Signatures
from engine.store.policy_versions import PastChange, PolicyTimeline

FEWEST_LETTERS = 4
"""How much of a version's name has to be given. With one letter, sooner or later another version would be meant than
the one it was typed for.
"""
_START = re.compile(r"[0-9a-f]{1,64}", re.ASCII)


def is_version(word: str) -> bool:
    """Whether a word may be the name of a version, or the start of one that is long enough."""
    return len(word) >= FEWEST_LETTERS and _START.fullmatch(word) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A published version as it is listed. `who`, `at` (UTC seconds) and `note` are of its first publication; `rules`
    is how many rules it has, None if an earlier release published it; `scheduled` are the instants it is scheduled for.
    `approvers` are who approved it, `other_publishers` who published it again; `needs_approval`: somebody has to
    approve it before it may be activated, and `request` asks for that, if it waits for an answer or was declined.
    """

    version: str
    who: str
    at: int
    note: str
    rules: int | None
    active: bool
    scheduled: tuple[int, ...]
    approvers: tuple[str, ...] = ()
    other_publishers: tuple[str, ...] = ()
    needs_approval: bool = False
    request: ApprovalRequest | None = None


def the_only_one(start: str, published: Sequence[str]) -> str:
    """The version that a word names: a whole name, or a start that only one has. Raises NotFound."""
    if not is_version(start):
        raise NotFound(
            f"'{start}' names no policy version; give {FEWEST_LETTERS} or more of its letters and digits, or active"
        )
    matches = [version for version in published if version.startswith(start)]
    if len(matches) != 1:
        raise NotFound(f"{len(matches) or 'no'} published policy versions start with '{start}'")
    return matches[0]


def listed_versions(
    history: Iterable[PastChange], stored: Sequence[str], timeline: PolicyTimeline, *, four_eyes: bool
) -> list[Version]:
    """Those that are `stored`, in the order in which they were first published. `four_eyes`: versions need approval."""
    first: dict[str, PastChange] = {}
    of_version: dict[str, list[PastChange]] = {version: [] for version in stored}
    for change in history:
        of_version.setdefault(change.version, []).append(change)
        if change.kind == "published":
            first.setdefault(change.version, change)
    ordered = [*(version for version in first if version in set(stored)), *(v for v in stored if v not in first)]
    return [
        _listed(version, first.get(version), of_version[version], timeline, four_eyes=four_eyes) for version in ordered
    ]


def _listed(
    version: str,
    published: PastChange | None,
    history: Sequence[PastChange],
    timeline: PolicyTimeline,
    *,
    four_eyes: bool,
) -> Version:
    signatures = Signatures.of(version, history)
    is_active = version == timeline.active
    needs_approval = four_eyes and not is_active and not signatures.are_two
    return Version(
        version=version,
        who=published.who if published else "",
        at=published.at if published else 0,
        note=published.note if published else "",
        rules=published.rules if published else None,
        active=is_active,
        scheduled=tuple(since for since, name in timeline.scheduled if name == version),
        approvers=signatures.approvers,
        other_publishers=signatures.publishers[1:],
        needs_approval=needs_approval,
        request=approval_requests(history).get(version) if needs_approval else None,
    )
