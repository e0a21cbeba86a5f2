"""What is stored of a held shipment's promise: which milestones it has passed, and which risks were raised of it."""

from typing import Any, Self

import msgspec

from engine.model.milestones import CAUSES, MILESTONES, RECEIPT_CAUSES, Cause, Milestone

PROMISE_KINDS = frozenset({"progressed", "promise_at_risk", "promise_stays"})
"""Kinds of log entries about the promise of a shipment."""
_FIELD = "promise "


class PromiseState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`passed`: when the shipment passed each milestone (UTC seconds), as far as that was reported. `raised`: the
    causes for which its promise was said to be at risk; `receipt_news`, of the last of these that is a receipt's, since
    when the receipt was late or short, and when it was expected by then. `rerouting`: it is still to be looked whether
    it should ship from elsewhere; `rerouted`: that was done, and it stays, with the stock as it was at the stamp
    `seen`.
    """

    passed: dict[Milestone, int] = msgspec.field(default_factory=dict)
    raised: tuple[Cause, ...] = ()
    receipt_news: tuple[int, int | None] | None = None
    rerouting: bool = False
    rerouted: bool = False
    seen: int = 0

    @classmethod
    def of(cls, text: bytes | str | None) -> Self:
        """As it is stored; of a shipment of which nothing is, all is empty."""
        return msgspec.json.decode(text, type=cls) if text else cls()

    @property
    def text(self) -> str:
        """As it is stored: of equal ones the same."""
        return msgspec.json.encode(self, order="deterministic").decode()

    @property
    def last(self) -> Milestone | None:
        """The last milestone that it has passed: whoever has passed one has passed those before it."""
        return max(self.passed, key=MILESTONES.index, default=None)

    def with_passed(self, milestone: Milestone, at: int) -> Self:
        return msgspec.structs.replace(self, passed={**self.passed, milestone: at})

    def unpacked(self) -> Self:
        """It was packed, and is not any more: what was packed had been picked."""
        passed = dict(self.passed)
        passed.setdefault("picked", passed.pop("packed", 0))
        return msgspec.structs.replace(self, passed=passed)

    def with_raised(self, cause: Cause, *, rerouting: bool) -> Self:
        """`rerouting`: because of this, it is to be looked whether it should ship from elsewhere."""
        raised = tuple(name for name in CAUSES if name == cause or name in self.raised)
        return msgspec.structs.replace(self, raised=raised, rerouting=self.rerouting or rerouting)

    def with_stay(self, seen: int) -> Self:
        """It was looked whether it should ship from elsewhere, and it stays."""
        return msgspec.structs.replace(self, rerouting=False, rerouted=True, seen=seen)

    def after(self, kind: str, details: dict[str, Any]) -> Self:
        """After an entry of the log of that kind."""
        match kind:
            case "progressed":
                return self.with_passed(details["milestone"], details["passed_at"])
            case "promise_at_risk":
                state = self.with_raised(details["cause"], rerouting=details["rerouting"])
                if details["cause"] in RECEIPT_CAUSES:
                    news = details["due"], details.get("receipt_expected_at")
                    return msgspec.structs.replace(state, receipt_news=news)
                return state
        return self.with_stay(details.get("seen", 0))


def promise_field(number: int) -> str:
    """The field of a hold that has the state of its shipment of that number."""
    return f"{_FIELD}{number}"
