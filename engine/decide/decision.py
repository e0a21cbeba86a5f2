"""The decision: the record that is answered, logged and replayed, and its bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.decide.sourcing.problem import Score, Unproven
from engine.model.facts import Order
from rules.effects import Reserve


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Units of one line in a shipment."""

    line: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What leaves one node by one service. Metres, UTC seconds, micros, milligrams of CO2e."""

    node: str
    service: str
    lines: tuple[Parcel, ...]
    distance: int
    ships_at: int
    arrives_by: int
    late: bool | None
    cost: int
    co2: int
    rules: tuple[str, ...]
    """The rules that fired on the options chosen here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What became of units that a line could have used: of so many. For what bounds the line or the order
    itself, those of the units there are that the line goes without for it; for `not_enough` and `no_stock`, the units
    that there are not. `explaining` says how they add up.
    """

    code: str
    units: int
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfilled:
    line: str
    sku: str
    quantity: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Options that rules took from a line, as `node/service`. `resting`: what is said of the node they leave, if they
    are taken because it rests.
    """

    line: str
    rules: tuple[str, ...]
    unless_needed: bool
    options: tuple[str, ...]
    resting: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the commit must find true and then take: units of a position above its floor."""

    sku: str
    node: str
    units: int
    floor: int
    shares: tuple[Reserve, ...] = ()
    """Where the floor depends on what is on hand: the reserves it is the sum of, for the commit to add up anew."""
    on_hand: int | None = None
    held: int | None = None
    """What the commit must find unchanged, because rules that give floors ask for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Shipments of a node today: how many this decision adds, and the most there may be."""

    node: str
    shipments: int
    most: int | None
    load: int | None = None
    """What the commit must find unchanged, because rules that give floors or limits ask for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`gap` and `unproven` as in `sourcing.Choice`. `fired` counts, by rule, the cases (order, line, position, option)
    it acted on.
    """

    order: Order
    decided_at: int
    policy_version: str
    network_version: str
    shipments: tuple[Shipment, ...]
    unfilled: tuple[Unfilled, ...]
    exclusions: tuple[Exclusion, ...]
    options: int
    score: Score
    gap: int | None
    unproven: Unproven | None
    hold_until: int
    positions: Mapping[str, Mapping[str, tuple[int, int, int]]]
    """The stock it was made on: (on hand, held, floor) by SKU and node."""
    because: Mapping[str, Mapping[str, str]]
    """By rule and language, why it is there: of the rules that the parts above name. Those of a rest that began under
    another version say why in the exclusion's `resting`, whoever goes by their name here.
    """
    fired: Mapping[str, int]
    silenced: tuple[str, ...]
    claims: tuple[Claim, ...]
    rooms: tuple[Room, ...]
    day: str
    """The installation's date, under which the nodes' loads are counted."""

    @property
    def status(self) -> str:
        if not self.unfilled:
            return "filled"
        return "partial" if self.shipments else "unfilled"
