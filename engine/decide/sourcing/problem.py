"""The optimiser's input (`Problem`) and output (`Choice`): plain integers, no rules and no facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from engine.model.facts import OptionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one unit of a line costs on a candidate, by part of the comparison: `unless_needed` is 1 if a rule excludes
    the candidate unless it is needed, else 0; `tier` is 1 to 9; `money` is in micros and may be below zero.
    """

    unless_needed: int
    tier: int
    money: int


UNBOUNDED: Final = 1 << 40
"""Grams or units of a shipment: stands for no upper bound."""


class Bounds(NamedTuple):
    """Between which grams and which units a shipment must be, ends included."""

    least_weight: int = 0
    most_weight: int = UNBOUNDED
    least_units: int = 0
    most_units: int = UNBOUNDED

    def allow(self, weight: int, units: int) -> bool:
        """Whether a shipment may weigh so many grams and have so many units."""
        return self.least_weight <= weight <= self.most_weight and self.least_units <= units <= self.most_units


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A shipment that could be opened. Opening it costs `fixed` micros, 0 or more; `prices` are by index of the demands
    that it can ship. If it has `bounds`, it must keep to them. Of candidates whose keys differ in the band alone, one
    can be opened.
    """

    key: OptionKey
    fixed: int
    prices: Mapping[int, Price]
    bounds: Bounds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The units of a SKU that one order line asks for. `together`: they ship from one candidate, or none of them
    does. Demands of one `set_name` all do so from the same candidate. `weight` is grams a unit.
    """

    sku: str
    quantity: int
    together: bool = False
    set_name: str | None = None
    weight: int = 0


class Capacity(NamedTuple):
    """How many more units, and how many more grams, a node may ship today over all SKUs; None: any number."""

    units: int | None = None
    weight: int | None = None


class SkuCap(NamedTuple):
    """The `nodes` ship at most so many units of the SKU, all together. Of two caps of one SKU, the nodes of the one
    with the lower `most` are among those of the other.
    """

    sku: str
    nodes: frozenset[str]
    most: int


class LotLimit(NamedTuple):
    """Together, these demands take at most so many units by these candidates, which arrive too late to use more of the
    lots of their node.
    """

    most: int
    places: frozenset[tuple[OptionKey, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is to be chosen. `supply` is free units by (node, SKU); `room` is how many more shipments a node may take
    today, without an entry any number, and `capacity` what these may carry in all; `multiples` are by (node, demand
    index): each candidate of the node ships units of that demand in multiples of so many, without an entry any number;
    `caps` bound what several nodes ship of a SKU, and `lot_limits` what candidates ship that may use some lots of their
    node only; `max_shipments` bounds the shipments of the order; each shipment after the first costs `split_penalty`
    micros; with `ship_complete`, either all units ship or none.
    """

    demands: Sequence[Demand]
    candidates: Sequence[Candidate]
    supply: Mapping[tuple[str, str], int]
    split_penalty: int = 0
    max_shipments: int | None = None
    ship_complete: bool = False
    room: Mapping[str, int] = field(default_factory=dict)
    capacity: Mapping[str, Capacity] = field(default_factory=dict)
    multiples: Mapping[tuple[str, int], int] = field(default_factory=dict)
    caps: Sequence[SkuCap] = ()
    lot_limits: Sequence[LotLimit] = ()

    @property
    def is_bounded(self) -> bool:
        """Whether some shipment is bounded in weight or units, or is one of several bands."""
        return any(candidate.bounds is not None or candidate.key.band for candidate in self.candidates)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Score:
    """What a choice costs, by part of the comparison, the most important part first. `money` is in micros and includes
    what policies add and take.
    """

    unfilled: int
    unless_needed: int
    tiers: int
    money: int


ComparedPart: TypeAlias = Literal["unfilled_units", "unless_needed_units", "shipments", "tiers"]
"""The parts of the comparison that come before money; shipments do only where rules say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproven:
    """The first part of the comparison of which a better choice could have less, and by how much at most."""

    part: ComparedPart
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The best choice found, and how far it is proven. `units` are by (candidate key, demand index), all above zero.

    `gap` is by how many micros at most another choice could be cheaper; 0 means that this is the best, proven. `gap` is
    None if the search stopped while another choice could still be better in a part before money; `unproven` says which.
    """

    units: Mapping[tuple[OptionKey, int], int]
    score: Score
    gap: int | None = 0
    unproven: Unproven | None = None
