"""What the optimiser is asked and what it answers, in plain integers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Key: TypeAlias = tuple[str, str]
"""(node, service) of a shipment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one unit of a line costs on a candidate, by part of the comparison. `needed` is 0 or 1, `tier` 1 to 9."""

    needed: int
    tier: int
    money: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A shipment that could be opened. `fixed` is micros, 0 or more; `prices` by index of the demand it can ship."""

    key: Key
    fixed: int
    prices: Mapping[int, Price]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Units of a SKU wanted by one line."""

    sku: str
    quantity: int
    together: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`supply` is free units by (node, SKU); `room` how many more shipments a node may take today."""

    demands: Sequence[Demand]
    candidates: Sequence[Candidate]
    supply: Mapping[tuple[str, str], int]
    split_penalty: int = 0
    max_shipments: int | None = None
    ship_complete: bool = False
    room: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Score:
    """The comparison, most important first; `money` in micros, what policies add and take included."""

    unfilled: int
    needed: int
    tiers: int
    money: int


ComparedPart: TypeAlias = Literal["unfilled_units", "unless_needed_units", "tiers"]
"""What is compared before money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproven:
    """The first part of the comparison that a better choice could have less of, and by how much at most."""

    part: ComparedPart
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`units` by (candidate key, demand index), all above zero. `gap` is by how many micros at most a better choice
    could exist; 0: this is the best, proven. None: the search stopped while a part before money could be better, which
    `unproven` says.
    """

    units: Mapping[tuple[Key, int], int]
    score: Score
    gap: int | None = 0
    unproven: Unproven | None = None
