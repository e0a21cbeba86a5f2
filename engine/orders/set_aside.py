"""Sets aside, between the tries of one decision, the units that it still needs.

A decision that takes long is overtaken by others that take little. Once it has lost stock to them a second time, its
commit sets aside what others left of its claims: a short hold that counts as held for everybody else. The next try
decides on all that is free, its own units among it, so that only what was lost is still contended.
"""

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Self

from engine.errors import StoreUnavailable
from engine.store.commit_request import NOTHING_SET_ASIDE, SetAside
from engine.store.holds import Hold, set_aside_id
from engine.store.ledger import Ledger

LOSSES_BEFORE = 1
"""Times that a decision loses stock to others before anything is set aside for it."""
LEAST_SECONDS = 10
TIMES_AS_LONG = 2
"""Units are set aside for so many times as long as the last try took, and LEAST_SECONDS more."""


class UnitsSetAside:
    """Those of one decision. A context: what is still set aside at its end is let go; if the process dies before, the
    hold expires. `clock` answers UTC seconds.
    """

    def __init__(self, ledger: Ledger, decision_id: str, *, clock: Callable[[], int]) -> None:
        self.hold: Hold | None = None
        self._ledger = ledger
        self._decision_id = decision_id
        self._clock = clock
        self._losses = 0
        self._begun = clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        if self.hold is not None:
            with contextlib.suppress(StoreUnavailable):
                self._ledger.release_set_aside(self.hold, now=self._clock())

    def begin_try(self) -> None:
        """Take the time."""
        self._begun = self._clock()

    def for_commit(self) -> SetAside:
        """What the commit of this try does with them."""
        if self._losses < LOSSES_BEFORE:
            return NOTHING_SET_ASIDE
        now = self._clock()
        until = now + LEAST_SECONDS + TIMES_AS_LONG * max(0, now - self._begun)
        return SetAside(now=now, earlier=self.hold, name=self._name, until=until)

    def lost(self) -> None:
        """Others took stock that the last try needed; look what its commit set aside."""
        if self._losses >= LOSSES_BEFORE:
            self.hold = self._ledger.hold(self._name)
        self._losses += 1

    def committed(self) -> None:
        """The commit has taken them into the decision's hold."""
        self.hold = None

    @property
    def _name(self) -> str:
        return set_aside_id(self._decision_id, self._losses)
