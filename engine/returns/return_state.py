"""Where a return stands. Pure."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from engine.errors import ReturnOver
from engine.store.flows.stored_return import StoredReturn

State: TypeAlias = Literal["authorised", "received", "inspected", "partly_received", "closed", "cancelled", "expired"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnState:
    """A return at an instant: authorised while nothing came, though some may be kept; received while units wait to be
    inspected; inspected while units wait for a disposition; partly received while nothing waits here and more is to
    come; closed, cancelled, or expired if nothing came in time. `new`: it was opened just now, by the request that this
    answers. `repeated`: the request was sent before, and this is how the return was then.
    """

    stored: StoredReturn
    now: int
    new: bool = field(default=False, compare=False)
    repeated: bool = field(default=False, compare=False)

    @property
    def state(self) -> State:
        stored = self.stored
        here = [group for group in stored.groups if group.is_here]
        if stored.cancelled:
            return "cancelled"
        if here:
            return "received" if any(not group.grade for group in here) else "inspected"
        if stored.to_come and not any(group.node for group in stored.groups):
            return "authorised" if self.expects else "expired"
        return "partly_received" if self.expects else "closed"

    @property
    def expects(self) -> bool:
        """Whether units of it may still come."""
        return bool(self.stored.to_come) and self.now < self.stored.expires_at


def verify_expects(stored: StoredReturn, now: int, *, expires: str) -> None:
    """Raise ReturnOver unless units of it may still come. `expires` is when it does, as people read it."""
    at = ReturnState(stored=stored, now=now)
    if at.expects:
        return
    if stored.cancelled:
        raise ReturnOver(f"return '{stored.id}' is cancelled; open another one for what comes all the same")
    if stored.to_come:
        raise ReturnOver(f"return '{stored.id}' expired at {expires}; open another one for what comes all the same")
    raise ReturnOver(f"nothing more of return '{stored.id}' is to come; open another one for what comes all the same")
