"""Which decisions are searched for: one filter for the command line, HTTP, the log and the archive."""

from dataclasses import dataclass
from typing import get_args

from engine.audit.search.decision_summary import DecisionSummary
from engine.decide.decision import Status

STATUSES: tuple[Status, ...] = get_args(Status)
LEAST_OF_VERSION = 4
"""So many letters of a policy version must be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """Decisions with all of what is given; None: any.

    `start` and `end` bound when it was logged, by the server's clock in UTC seconds, `decided_from` and `decided_until`
    the instant as of which it was decided, RFC 3339 in UTC; the second of each is not in it. `node` ships something by
    it, `sku` is one that it decided. `policy_version` is a version or the start of one. `fired` is a rule that fired,
    `decisive` one that fired and without which another choice would have been made; `matches` asks only whether it
    fired. `caller` asked for it, or has its hold among its own.
    """

    order: str | None = None
    start: int | None = None
    end: int | None = None
    decided_from: str | None = None
    decided_until: str | None = None
    node: str | None = None
    sku: str | None = None
    channel: str | None = None
    status: Status | None = None
    policy_version: str | None = None
    fired: str | None = None
    decisive: str | None = None
    caller: str | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """Those that must have fired."""
        return tuple(rule for rule in (self.fired, self.decisive) if rule is not None)

    def matches(self, summary: DecisionSummary) -> bool:
        return (
            self.order in (None, summary.order)
            and self.channel in (None, summary.channel)
            and self.status in (None, summary.status)
            and (self.node is None or self.node in summary.nodes)
            and (self.sku is None or self.sku in summary.skus)
            and all(rule in summary.fired for rule in self.rules)
            and (self.caller is None or self.caller in (summary.caller, summary.by))
            and (self.policy_version is None or summary.policy_version.startswith(self.policy_version))
            and self._in_time(summary)
        )

    def _in_time(self, summary: DecisionSummary) -> bool:
        return (
            (self.start is None or summary.logged_at >= self.start * 1_000)
            and (self.end is None or summary.logged_at < self.end * 1_000)
            # RFC 3339 in UTC to the second sorts as the instants do
            and (self.decided_from is None or summary.decided_at >= self.decided_from)
            and (self.decided_until is None or summary.decided_at < self.decided_until)
        )
