"""Which rules about what each channel may take are other ones under another policy version. Pure."""

from dataclasses import dataclass

from rules.diff.compare import compare
from rules.policy import PolicySet

EFFECTS = frozenset({"keep", "protect", "allocate", "cap"})
"""What sets units of a position aside, for everybody or for a channel, or lets a channel have no more."""
_UPLIFT = "uplift"
"""Changes what is set aside for days of cover."""
_WORDING = {"because"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationChanges:
    """The ids of rules, sorted. A rule that silences another one of these counts as one itself."""

    added: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.changed)


def allocation_changes(before: PolicySet | None, after: PolicySet) -> AllocationChanges:
    """`before` is None where no version decided."""
    old, new = _allocating(before), _allocating(after)
    if before is None:
        return AllocationChanges(added=tuple(sorted(new)), gone=(), changed=())
    changes = compare(before, after)
    return AllocationChanges(
        added=tuple(change.rule for change in changes.of("added") if change.rule in new),
        gone=tuple(change.rule for change in changes.of("gone") if change.rule in old),
        changed=tuple(
            change.rule
            for change in changes.of("changed")
            if change.rule in old | new and {difference.aspect for difference in change.differences} - _WORDING
        ),
    )


def _allocating(policies: PolicySet | None) -> frozenset[str]:
    """The rules that say what each channel may take, and those that silence one of them."""
    rules = {} if policies is None else policies.rules
    names = EFFECTS | {_UPLIFT} if policies is not None and policies.longest_cover else EFFECTS
    own = {rule.id for rule in rules.values() if any(effect.name in names for effect in rule.effects)}
    return frozenset(own | {rule.id for rule in rules.values() if not own.isdisjoint(rule.overrides)})
