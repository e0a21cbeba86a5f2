"""What each rule did in the decisions of a period: whether it fired, and whether it decided one."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.audit.search.decision_filter import DecisionFilter
from engine.audit.search.decisions import Decisions
from engine.policies.versions import Versions
from rules.vocabulary import OUTSIDE_DECISIONS, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUse:
    """In how many decisions of a period a rule fired, how many of these were made again without it until one came out
    otherwise, and whether one did.
    """

    rule: str
    fired: int
    weighed: int
    decided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUses:
    """What the rules that were active in a period did in its decisions."""

    decisions: int
    rules: tuple[RuleUse, ...]
    on_rejection: tuple[str, ...]
    """Rules that act only when a node rejects an order, and fire in no decision: they are not counted."""

    @property
    def never_fired(self) -> list[str]:
        return [use.rule for use in self.rules if not use.fired]

    @property
    def never_decided(self) -> list[RuleUse]:
        """Those that fired, and decided none of the decisions that were weighed."""
        return [use for use in self.rules if use.fired and not use.decided]


def rule_uses(
    decisions: Decisions,
    versions: Versions,
    *,
    start: int,
    end: int,
    weigh: int,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> RuleUses:
    """Of the decisions logged from `start` to before `end` (UTC seconds). Of each rule, the last `weigh` decisions in
    which it fired are made again without it, until one comes out otherwise. Rules that act only when a node rejects an
    order are left out: what they do is no part of a choice. `progress` is told how many rules are weighed, of how many.
    """
    count, fired = decisions.fired(DecisionFilter(start=start, end=end))
    active = _active(versions, start, end)
    rules = sorted(rule for rule, decides in active.items() if decides)
    uses: list[RuleUse] = []
    for number, rule in enumerate(rules, start=1):
        times = fired[rule]
        decided, weighed = decisions.weigh(rule, start=start, end=end, most=weigh) if times and weigh else (False, 0)
        uses.append(RuleUse(rule=rule, fired=times, weighed=weighed, decided=decided))
        progress(number, len(rules))
    return RuleUses(
        decisions=count,
        rules=tuple(uses),
        on_rejection=tuple(sorted(rule for rule, decides in active.items() if not decides)),
    )


def _active(versions: Versions, start: int, end: int) -> dict[str, bool]:
    """The rules of every version that was active for some time of the period, and whether they are about decisions and
    not about rejections alone. Those of other stages outside decisions are left out.
    """
    first = versions.active_at(start)
    names = {first, *(item.version for item in versions.activations() if start < item.at < end)} - {None}
    active: dict[str, bool] = {}
    for rule in (rule for name in names if name is not None for rule in versions.read(name).rules.values()):
        stages = {effect.stage for effect in rule.effects} - (OUTSIDE_DECISIONS - {Stage.REJECTION})
        if stages:
            active[rule.id] = active.get(rule.id, False) or bool(stages - OUTSIDE_DECISIONS)
    return active
