"""What a policy test expects of a decision, as values.

Only what its author wrote is compared. Numbers are compared by conditions of the policy language, so that `{at_most:
2}` means here what it means in a rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.conditions import Condition, holds
from rules.vocabulary import Fact, Kind, Value


def _facts(**kinds: Kind) -> dict[str, Fact]:
    return {name: Fact(path=name, kind=kind) for name, kind in kinds.items()}


_K = Kind
SHIPMENT_FACTS: Mapping[str, Fact] = _facts(
    node=_K.WORD,
    service=_K.WORD,
    units=_K.COUNT,
    backorder=_K.COUNT,
    incoming=_K.COUNT,
    preorder=_K.COUNT,
    waits=_K.DURATION,
    cost=_K.MONEY,
    co2=_K.CARBON,
    distance=_K.DISTANCE,
    arrives=_K.DURATION,
    late=_K.FLAG,
)
TOTAL_FACTS: Mapping[str, Fact] = _facts(
    shipments=_K.COUNT,
    units=_K.COUNT,
    backorder=_K.COUNT,
    incoming=_K.COUNT,
    preorder=_K.COUNT,
    unfilled=_K.COUNT,
    cost=_K.MONEY,
    co2=_K.CARBON,
    arrives=_K.DURATION,
    late=_K.COUNT,
)
ORDER_FACTS: Mapping[str, Fact] = _facts(hold=_K.DURATION, priority=_K.COUNT, approve=_K.FLAG)
HOLD_AFTER_SHIPPING = Fact(path="hold until_shipped", kind=Kind.DURATION)
"""How long after the last shipment leaves the hold ends; negative if it ends before. It is what a test compares that
expects `hold: until_shipped`.
"""
NO_DISPOSITION = "none"
"""In place of a disposition: a person has to say what becomes of the unit."""
UNITS = Fact(path="units", kind=Kind.COUNT)
LEVEL_FACTS = {name: Fact(path=name, kind=Kind.COUNT) for name in ("target", "min", "max", "alert")}
"""The stock of an article that there should be at a place, and below what it is low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A comparison of one fact, and its text in the test file."""

    fact: Fact
    condition: Condition
    written: str

    def allows(self, value: Value | None) -> bool:
        return holds(self.condition, {self.fact.path: value})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedShipment:
    """`bounds` by the name of the fact; `lines` by SKU, which are then all the SKUs in the shipment."""

    bounds: Mapping[str, Bound]
    lines: Mapping[str, Bound] | None = None
    rules: tuple[str, ...] = ()
    written: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedUnfilled:
    """Of one SKU: how many units, for which reasons (codes), because of which rules."""

    units: Bound | None = None
    reasons: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    written: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedExclusion:
    """An option that is excluded; what is None or empty is not compared."""

    node: str | None = None
    service: str | None = None
    sku: str | None = None
    by: tuple[str, ...] = ()
    unless_needed: bool | None = None
    written: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is None is not compared, nor is an empty tuple or mapping, but for `shipments` and `unfilled`: there, empty
    means that there must be none. `kept` is by SKU and node, and so are `levels`, whose bounds are by LEVEL_FACTS. Of a
    returned unit: its `disposition`, NO_DISPOSITION if a person has to say it, the article that it is put in stock as,
    and the place it goes to.
    """

    status: str | None = None
    shipments: tuple[ExpectedShipment, ...] | None = None
    unfilled: Mapping[str, ExpectedUnfilled] | None = None
    fired: tuple[str, ...] = ()
    not_fired: tuple[str, ...] = ()
    silenced: tuple[str, ...] = ()
    not_silenced: tuple[str, ...] = ()
    excluded: tuple[ExpectedExclusion, ...] = ()
    not_excluded: tuple[ExpectedExclusion, ...] = ()
    kept: Mapping[str, Mapping[str, Bound]] = field(default_factory=dict)
    levels: Mapping[str, Mapping[str, Mapping[str, Bound]]] = field(default_factory=dict)
    order: Mapping[str, Bound] = field(default_factory=dict)
    totals: Mapping[str, Bound] = field(default_factory=dict)
    disposition: str | None = None
    as_sku: str | None = None
    place: str | None = None

    @property
    def says_nothing(self) -> bool:
        claims = (self.fired, self.not_fired, self.silenced, self.not_silenced, self.excluded, self.not_excluded)
        stated = (self.status, self.shipments, self.unfilled, self.disposition, self.as_sku, self.place)
        return not any((*claims, self.kept, self.levels, self.order, self.totals)) and all(
            item is None for item in stated
        )
