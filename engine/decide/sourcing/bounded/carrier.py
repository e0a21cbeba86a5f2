"""A shipment as it carries one line: how many units it may carry, and the state that leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from engine.decide.sourcing.problem import UNBOUNDED

UNUSED = -1
State: TypeAlias = tuple[int, ...]
"""By measure, what its shipment has of it, UNUSED while that ships nothing; then by stock the units taken, by
capacity and by limit of lots what is used of it, and by set the shipment by which it goes.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A shipment as it carries a line, of which a unit costs `cost`; opening it costs `fixed`. `measured` are its
    measures: their place in the state, what a unit adds, least and most, and whether this is the last that adds to it.
    `used` are stock, capacity and limits of lots in the same way, without a least. A line that ships whole has so many
    units (`whole`; 0 otherwise).
    """

    slot: int
    cost: int
    fixed: int
    measured: Sequence[tuple[int, int, int, int, bool]]
    used: Sequence[tuple[int, int, int, bool]]
    whole: int
    multiple: int

    def opening(self, state: State) -> int:
        """What it costs to carry something, if it carried nothing before."""
        return self.fixed if state[self.measured[0][0]] == UNUSED else 0

    def counts(self, state: State, left: int) -> Sequence[int]:
        """How many units it may carry, of so many."""
        most = left
        for at, amount, capacity, _ in self.used:
            if amount and (capacity - state[at]) // amount < most:
                most = max(0, capacity - state[at]) // amount
        for at, amount, _, bound, _ in self.measured:
            if amount and bound != UNBOUNDED and (bound - max(0, state[at])) // amount < most:
                most = (bound - max(0, state[at])) // amount
        if self.whole:
            return (self.whole, 0) if most >= self.whole and not self.whole % self.multiple else (0,)
        return range(most - most % self.multiple, -1, -self.multiple)

    def carry(self, state: State, count: int) -> State | None:
        """The state once it carries so many units, without what matters no more; None if it then has less than it must,
        and nothing comes to it.
        """
        values = list(state)
        for at, amount, least, most, is_last in self.measured:
            value = values[at]
            if count:
                value = max(0, value) + count * amount
                # what is above `least` is all the same where nothing bounds it above
                if most == UNBOUNDED and value > least:
                    value = least
                values[at] = value
            if is_last:
                if UNUSED < value < least:
                    return None
                values[at] = UNUSED
        for at, amount, _, is_last in self.used:
            values[at] = 0 if is_last else values[at] + count * amount
        return tuple(values)
