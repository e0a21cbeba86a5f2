"""Whether a rollback is still the one that whoever asks for it saw. Pure."""

from engine.errors import NotActivated
from engine.policies.review import SHORT
from engine.store.policy_versions import PolicyTimeline


def verify_as_seen(timeline: PolicyTimeline, *, leaving: str | None, to: str | None) -> None:
    """Raise NotActivated if another version is active than `leaving`, or another was before it than `to`; None: any may
    be. Where no version is active, or none was before, there is nothing to compare.
    """
    active, before = timeline.active, timeline.before
    if active is None:
        return
    if leaving is not None and leaving != active:
        if active == to:
            raise NotActivated(f"policy version {active[:SHORT]} decides already: nothing was rolled back")
        raise NotActivated(
            f"policy version {active[:SHORT]} decides by now, and not {leaving[:SHORT]} any more:"
            " nothing was rolled back"
        )
    if before is not None and to is not None and to != before:
        raise NotActivated(
            f"policy version {before[:SHORT]} is the one before {active[:SHORT]} by now, and not {to[:SHORT]} any more:"
            " nothing was rolled back"
        )
