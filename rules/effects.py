"""What a rule may do, where it acts, and how several combine into one outcome.

Amounts are integers: micros, minutes, basis points (10% = 1000), units.
"""

import enum
import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias, cast

from rules.reserves import (
    FULL_SHARE,
    NO_RESERVE,
    Allotment,
    Cap,
    Floor,
    Portion,
    Protection,
    Reserve,
    largest_allotments,
)
from rules.vocabulary import DISPOSITIONS, Stage


class Exclusion(enum.IntEnum):
    """How strictly an option is excluded; of several, the greatest value applies."""

    NO = 0
    UNLESS_NEEDED = 1
    YES = 2


class PromiseFrom(enum.IntEnum):
    """Of what may be promised: what is on hand, and of what is to come receipts of this status or a surer one. Of
    several, the least applies.
    """

    ON_HAND = 0
    IN_TRANSIT = 1
    CONFIRMED = 2
    PLANNED = 3


class Disposition(enum.IntEnum):
    """What becomes of a returned unit; of several, the greatest value, the most cautious, applies.

    Least cautious is what sends it to buyers as if it were new, more so what sells it otherwise, gives it away or
    destroys it. What leaves it to the supplier comes after that, and then what leaves it to the customer: others' goods
    are neither sold nor destroyed.
    """

    RESTOCK = 0
    REFURBISH = 1
    LIQUIDATE = 2
    DONATE = 3
    DESTROY = 4
    RETURN_TO_SUPPLIER = 5
    RETURN_TO_CUSTOMER = 6
    KEEP = 7

    @property
    def word(self) -> str:
        """The word that authors write."""
        return DISPOSITIONS[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSku:
    """A returned unit is put in stock as this other article."""

    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UntilShipped:
    """A hold that lasts until the decision's last shipment leaves, and `extra` minutes longer."""

    extra: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentLimit:
    """At most so many shipments, unless that leaves units unfilled that more shipments would fill."""

    at_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplift:
    """The demand of a day in basis points of the usual one: 15,000 is half as much again."""

    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookaheadWeight:
    """How much look-ahead prices count for, in basis points: 10,000 is all of them."""

    share: int


EffectValue: TypeAlias = (
    bool
    | int
    | Exclusion
    | Disposition
    | PromiseFrom
    | OtherSku
    | Reserve
    | Protection
    | Allotment
    | Cap
    | UntilShipped
    | ShipmentLimit
    | Uplift
    | LookaheadWeight
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One effect of one rule: `prefer` with 4,000,000 micros, `keep` with a reserve."""

    name: str
    value: EffectValue
    of_shipment: bool = False
    """Whether it acts on a whole shipment, because its rule mentions facts of it; otherwise where `STAGE_OF` says."""
    of_return: bool = False
    """Whether it acts on the place that a returned unit may go to, because its rule is about returns."""

    @property
    def stage(self) -> Stage:
        if self.of_return:
            return Stage.RETURN
        return Stage.SHIPMENT if self.of_shipment else STAGE_OF[self.name]


STAGE_OF: Mapping[str, Stage] = MappingProxyType(
    {
        "exclude": Stage.OPTION,
        "prefer": Stage.OPTION,
        "avoid": Stage.OPTION,
        "tier": Stage.OPTION,
        "keep": Stage.POSITION,
        "protect": Stage.POSITION,
        "allocate": Stage.POSITION,
        "cap": Stage.POSITION,
        "multiple_of": Stage.POSITION,
        "oversell": Stage.POSITION,
        "min_shelf_life": Stage.POSITION,
        "promise_from": Stage.POSITION,
        "slack": Stage.POSITION,
        "haircut": Stage.POSITION,
        "keep_together": Stage.LINE,
        "backorder": Stage.LINE,
        "preorder_from": Stage.LINE,
        "max_shipments": Stage.ORDER,
        "fewest_shipments": Stage.ORDER,
        "split_penalty": Stage.ORDER,
        "ship_complete": Stage.ORDER,
        "carbon_price": Stage.ORDER,
        "lookahead": Stage.ORDER,
        "hold": Stage.ORDER,
        "priority": Stage.ORDER,
        "approve": Stage.ORDER,
        "daily_orders": Stage.NODE,
        "hourly_orders": Stage.NODE,
        "daily_units": Stage.NODE,
        "daily_weight": Stage.NODE,
        "rest_after_rejection": Stage.REJECTION,
        "alert_below": Stage.LEVEL,
        "min": Stage.LEVEL,
        "max": Stage.LEVEL,
        "target_cover": Stage.LEVEL,
        "uplift": Stage.LEVEL,
        "transfer": Stage.LEVEL,
        "disposition": Stage.RETURN,
        "as_sku": Stage.RETURN,
        "reroute_if_late": Stage.PROMISE,
    }
)
OF_SHIPMENTS = frozenset({"exclude", "avoid"})
"""Effects that act on a whole shipment if their rule mentions facts of it."""
OF_RETURNS = frozenset({"exclude", "prefer", "avoid", "tier"})
"""Effects that act on the place of a returned unit if their rule is about returns."""
SUMMED = frozenset({"prefer", "avoid"})
"""Effects whose amounts are added up; of any other effect, one value decides."""
DEFAULT_TIER = 5
DEFAULT_PRIORITY = 50
DEFAULT_HOLD = 2 * 24 * 60
"""Minutes. Without a rule a hold lasts so long, or until the last shipment leaves if that is later."""
MAX_HOLD = 90 * 24 * 60
"""Minutes; the limit makes sure that a hold that nobody ends expires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOutcome:
    """`max_shipments` holds whatever it leaves unfilled; `shipments_unless_needed` gives way to units that more
    shipments fill. With `fewest_shipments`, fewer shipments come before tiers and money. `lookahead` is basis points of
    look-ahead prices. `hold` is in minutes from the decision, `hold_after_shipping` in minutes from when the last
    shipment leaves; the hold ends at the earlier of them.
    """

    max_shipments: int | None = None
    shipments_unless_needed: int | None = None
    fewest_shipments: bool = False
    split_penalty: int = 0
    ship_complete: bool = False
    carbon_price: int = 0
    lookahead: int = 0
    hold: int | None = None
    hold_after_shipping: int | None = None
    priority: int = DEFAULT_PRIORITY
    approve: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOutcome:
    """`backorder`: units that stay unfilled wait for stock. What ships of the line leaves on the date `preorder_from`
    (an ordinal) or later.
    """

    keep_together: bool = False
    backorder: bool = False
    preorder_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionOutcome:
    """`protect` and `cap` have one entry for each channel, `allocate` may have several. Units of a line ship from the
    position in multiples of `multiple_of`, and of lots that may be used for `min_shelf_life` days after they arrive.
    Receipts are promised as `promise_from` says, for `slack` minutes after they are expected, less the `haircut`: basis
    points of what is to come of each, rounded up.
    """

    keep: Reserve = NO_RESERVE
    protect: tuple[Protection, ...] = ()
    multiple_of: int = 1
    oversell: int = 0
    allocate: tuple[Allotment, ...] = ()
    cap: tuple[Cap, ...] = ()
    min_shelf_life: int = 0
    promise_from: PromiseFrom = PromiseFrom.ON_HAND
    slack: int = 0
    haircut: int = 0

    def floor(self, channel: str) -> Floor:
        """For an order on `channel`."""
        portions = self.portions()
        own = portions.pop(channel, Portion())
        return Floor(keep=self.keep, own=own, others=tuple(portions.values()), oversell=self.oversell)

    def most_offered(self, channel: str) -> int | None:
        """The cap of the channel."""
        return next((item.units for item in self.cap if item.channel == channel), None)

    def portions(self) -> dict[str, Portion]:
        """What is put aside for each channel, without those for which nothing is."""
        reserves = {item.channel: item.reserve for item in self.protect}
        allotments: dict[str, tuple[Allotment, ...]] = {}
        for item in self.allocate:
            allotments[item.channel] = (*allotments.get(item.channel, ()), item)
        portions = {
            channel: Portion(reserve=reserves.get(channel, NO_RESERVE), allotments=allotments.get(channel, ()))
            for channel in sorted(reserves.keys() | allotments.keys())
        }
        return {channel: portion for channel, portion in portions.items() if portion != Portion()}


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionOutcome:
    """`adjustment` is added to the cost of each unit: avoid - prefer, in micros."""

    exclude: Exclusion = Exclusion.NO
    tier: int = DEFAULT_TIER
    adjustment: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentOutcome:
    """`cost` is what the shipment counts as dearer, once, in micros."""

    exclude: bool = False
    cost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOutcome:
    """The most shipments on one of the node's dates and in one of its hours; and units over all SKUs, and grams, on a
    date.
    """

    daily_orders: int | None = None
    hourly_orders: int | None = None
    daily_units: int | None = None
    daily_weight: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionOutcome:
    """`node_rest` is how many minutes the node gets no orders after the rejection; 0: it goes on getting them."""

    node_rest: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelOutcome:
    """The stock that a position should have: so many days of cover, but from `minimum` to `maximum` units (None: any
    number); and what it must not fall below, in units and days, without somebody being told. `uplift` is the demand of
    the day in basis points of the usual one. `transfer`: it may be moved to other places, and from them.
    """

    alert: Reserve = NO_RESERVE
    minimum: int = 0
    maximum: int | None = None
    target_cover: int = 0
    uplift: int = FULL_SHARE
    transfer: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnOutcome:
    """`disposition` and `as_sku` count where a returned unit lies, and are None where no rule says any; the others
    count for each place that it may go to. `adjustment` is taken off what the unit gains there: avoid - prefer, in
    micros.
    """

    disposition: Disposition | None = None
    as_sku: str | None = None
    exclude: Exclusion = Exclusion.NO
    tier: int = DEFAULT_TIER
    adjustment: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseOutcome:
    """`reroute_if_late`: a shipment at risk ships from elsewhere, if that arrives in time or earlier."""

    reroute_if_late: bool = False


Outcome: TypeAlias = (
    OrderOutcome
    | LineOutcome
    | PositionOutcome
    | OptionOutcome
    | ShipmentOutcome
    | NodeOutcome
    | RejectionOutcome
    | LevelOutcome
    | ReturnOutcome
    | PromiseOutcome
)


def combine(stage: Stage, effects: Iterable[Effect]) -> Outcome:
    """The combined outcome of the effects that act at `stage`, in any order; effects of other stages are ignored."""
    values: dict[str, list[EffectValue]] = {}
    for effect in effects:
        if effect.stage is stage:
            values.setdefault(effect.name, []).append(effect.value)
    return _COMBINED[stage](values)


_Values: TypeAlias = dict[str, list[EffectValue]]


def _order(values: _Values) -> OrderOutcome:
    return OrderOutcome(
        max_shipments=min(_numbers(values, "max_shipments"), default=None),
        shipments_unless_needed=min(
            (item.at_most for item in values.get("max_shipments", ()) if isinstance(item, ShipmentLimit)), default=None
        ),
        fewest_shipments="fewest_shipments" in values,
        split_penalty=max(_numbers(values, "split_penalty"), default=0),
        ship_complete="ship_complete" in values,
        carbon_price=max(_numbers(values, "carbon_price"), default=0),
        lookahead=max(
            (item.share for item in values.get("lookahead", ()) if isinstance(item, LookaheadWeight)), default=0
        ),
        hold=min(_numbers(values, "hold"), default=None),
        hold_after_shipping=min(
            (value.extra for value in values.get("hold", ()) if isinstance(value, UntilShipped)), default=None
        ),
        priority=max(_numbers(values, "priority"), default=DEFAULT_PRIORITY),
        approve="approve" in values,
    )


def _line(values: _Values) -> LineOutcome:
    return LineOutcome(
        keep_together="keep_together" in values,
        backorder="backorder" in values,
        preorder_from=max(_numbers(values, "preorder_from"), default=None),
    )


def _position(values: _Values) -> PositionOutcome:
    protected: dict[str, Reserve] = {}
    for protection in cast("list[Protection]", values.get("protect", [])):
        largest = protected.get(protection.channel, Reserve())
        protected[protection.channel] = largest.larger(protection.reserve)
    caps: dict[str, int] = {}
    for cap in cast("list[Cap]", values.get("cap", [])):
        caps[cap.channel] = min(cap.units, caps.get(cap.channel, cap.units))
    return PositionOutcome(
        keep=_largest(values, "keep"),
        protect=tuple(Protection(channel=channel, reserve=protected[channel]) for channel in sorted(protected)),
        allocate=largest_allotments(cast("list[Allotment]", values.get("allocate", []))),
        cap=tuple(Cap(channel=channel, units=caps[channel]) for channel in sorted(caps)),
        multiple_of=max(_numbers(values, "multiple_of"), default=1),
        oversell=min(_numbers(values, "oversell"), default=0),
        min_shelf_life=max(_numbers(values, "min_shelf_life"), default=0),
        promise_from=PromiseFrom(min(_numbers(values, "promise_from"), default=PromiseFrom.ON_HAND)),
        slack=max(_numbers(values, "slack"), default=0),
        haircut=max(_numbers(values, "haircut"), default=0),
    )


def _option(values: _Values) -> OptionOutcome:
    return OptionOutcome(
        exclude=Exclusion(max(_numbers(values, "exclude"), default=0)),
        tier=min(_numbers(values, "tier"), default=DEFAULT_TIER),
        adjustment=sum(_numbers(values, "avoid")) - sum(_numbers(values, "prefer")),
    )


def _shipment(values: _Values) -> ShipmentOutcome:
    return ShipmentOutcome(exclude="exclude" in values, cost=sum(_numbers(values, "avoid")))


def _node(values: _Values) -> NodeOutcome:
    return NodeOutcome(
        daily_orders=min(_numbers(values, "daily_orders"), default=None),
        hourly_orders=min(_numbers(values, "hourly_orders"), default=None),
        daily_units=min(_numbers(values, "daily_units"), default=None),
        daily_weight=min(_numbers(values, "daily_weight"), default=None),
    )


def _rejection(values: _Values) -> RejectionOutcome:
    return RejectionOutcome(node_rest=max(_numbers(values, "rest_after_rejection"), default=0))


def _level(values: _Values) -> LevelOutcome:
    return LevelOutcome(
        alert=_largest(values, "alert_below"),
        minimum=max(_numbers(values, "min"), default=0),
        maximum=min(_numbers(values, "max"), default=None),
        target_cover=max(_numbers(values, "target_cover"), default=0),
        uplift=max((item.share for item in values.get("uplift", ()) if isinstance(item, Uplift)), default=FULL_SHARE),
        transfer="transfer" not in values,
    )


def _return(values: _Values) -> ReturnOutcome:
    dispositions = _numbers(values, "disposition")
    place = _option(values)
    return ReturnOutcome(
        disposition=Disposition(max(dispositions)) if dispositions else None,
        as_sku=min((item.sku for item in values.get("as_sku", ()) if isinstance(item, OtherSku)), default=None),
        exclude=place.exclude,
        tier=place.tier,
        adjustment=place.adjustment,
    )


def _promise(values: _Values) -> PromiseOutcome:
    return PromiseOutcome(reroute_if_late="reroute_if_late" in values)


def _largest(values: _Values, name: str) -> Reserve:
    """The reserve that is as large as each of the effect's."""
    return functools.reduce(Reserve.larger, cast("list[Reserve]", values.get(name, [])), NO_RESERVE)


def _numbers(values: _Values, name: str) -> list[int]:
    return [value for value in values.get(name, ()) if isinstance(value, int)]


_COMBINED: Mapping[Stage, Callable[[_Values], Outcome]] = MappingProxyType(
    {
        Stage.ORDER: _order,
        Stage.LINE: _line,
        Stage.POSITION: _position,
        Stage.OPTION: _option,
        Stage.NODE: _node,
        Stage.SHIPMENT: _shipment,
        Stage.REJECTION: _rejection,
        Stage.LEVEL: _level,
        Stage.RETURN: _return,
        Stage.PROMISE: _promise,
    }
)
