"""The gate of a policy set: how much more than the active version it may come to on the orders of the past.

`gate.yaml` beside the policies says so. It is one of the files of a version, and no rule of it: it changes nothing of
how an order is decided.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

GATE: Final = "gate.yaml"
GateFigure: TypeAlias = Literal["cost", "co2", "late", "unfilled", "shipments"]
GATE_FIGURES: Final[tuple[GateFigure, ...]] = ("cost", "co2", "late", "unfilled", "shipments")
DAY: Final = 1_440
"""Minutes."""
USUAL_PERIOD: Final = 28 * DAY
USUAL_VALIDITY: Final = 7 * DAY
USUAL_UNTRIED: Final = 500
FULL_SHARE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """At most so much more of a figure: micros, milligrams of CO2e, late orders, units or shipments; or, if it
    `is_share`, so many basis points of what the other version comes to. `text` is how its author wrote it, `currency`
    the code of an amount of money that has one.
    """

    figure: GateFigure
    amount: int
    is_share: bool
    text: str
    currency: str = ""

    def allows(self, difference: int, before: int) -> bool:
        """Whether a difference from `before` is within it."""
        if self.is_share:
            return difference * FULL_SHARE <= before * self.amount
        return difference <= self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """`period`: the decisions of so many minutes before it is run; `validity`: for so many minutes its result counts;
    `most_untried`: the largest share, in basis points, of decisions that can't be tried. `text` is the file.
    """

    bounds: tuple[Bound, ...]
    text: str
    period: int = USUAL_PERIOD
    validity: int = USUAL_VALIDITY
    most_untried: int = USUAL_UNTRIED

    @property
    def terms(self) -> tuple[str, ...]:
        """What it says, a sentence each, whatever the layout of its file."""
        return (
            *(f"{bound.figure}: at_most {bound.text}" for bound in self.bounds),
            f"over {self.period // DAY} days" if self.period % DAY == 0 else f"over {self.period // 60} hours",
            f"valid for {self.validity // 60} hours",
            f"untried: at_most {self.most_untried / 100:g}%",
        )

    def allows_untried(self, untried: int, decisions: int) -> bool:
        """Whether few enough of all decisions could not be tried."""
        return untried * FULL_SHARE <= (untried + decisions) * self.most_untried
