"""The facts that rules may compare: path, kind, and at which stages each is known. Their words: `rules.wording`."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from rules.windows import WEEKDAYS, ClockReading, Window

CHANNELS = ("web", "app", "store", "social", "marketplace", "call_centre")
"""The usual channels; an installation may add others."""
COLLECTED = "click_and_collect"
DELIVERIES = ("standard", "express", COLLECTED)
LIFECYCLES = ("new", "core", "end_of_line")
NODE_TYPES = ("warehouse", "store", "supplier", "distributor")
MODES = ("van", "truck", "rail", "bike", "air", "pickup")
DISPOSITIONS = (
    "restock",
    "refurbish",
    "liquidate",
    "donate",
    "destroy",
    "return_to_supplier",
    "return_to_customer",
    "keep",
)
"""What becomes of a returned unit, from the least cautious to the most; of several that rules give, the last counts."""
REJECTION_REASONS = ("not_in_stock", "no_capacity", "damaged", "other")
PROMISE_CAUSES = ("not_released", "not_picked", "not_packed", "not_handed_over", "receipt_late", "receipt_short")
"""Why the promise of a shipment is at risk."""

Value: TypeAlias = int | str | bool | frozenset[str] | ClockReading | Window
"""The value of a fact: an integer in the unit of its kind, a word, a flag, a set of tags, or a clock reading; what a
clock reading is compared with is a window.
"""
Facts: TypeAlias = Mapping[str, Value | None]
"""Values by the path of the fact; None, or no entry, means unknown."""


class Kind(enum.Enum):
    """The kind of value that a fact has, which fixes the unit of the integers that represent it."""

    WORD = "word"
    CHOICE = "one of a list"
    FLAG = "true or false"
    TAGS = "tags"
    COUNT = "whole number"
    NUMBER = "number"
    MONEY = "money"
    WEIGHT = "weight"
    DISTANCE = "distance"
    DURATION = "duration"
    CARBON = "CO2e"
    SHARE = "share"
    DATE = "date"
    TIME = "time of day"
    INSTANT = "date and time"
    CLOCK = "clock"
    ANY = "anything"


class Stage(enum.Enum):
    """A stage of evaluation, with the groups of facts that are known there."""

    ORDER = ("order", "now")
    LINE = ("order", "now", "line", "product")
    POSITION = ("order", "now", "line", "product", "clock", "node", "stock")
    OPTION = ("order", "now", "line", "product", "clock", "node", "stock", "service", "route")
    NODE = ("node", "clock", "now")
    SHIPMENT = ("order", "now", "clock", "node", "service", "shipment")
    REJECTION = ("node", "clock", "now", "rejection")
    LEVEL = ("now", "product", "clock", "node", "stock")
    RETURN = ("order", "now", "product", "clock", "node", "stock", "return", "need")
    PROMISE = ("order", "now", "clock", "node", "service", "promise")

    # Enum's own hashes the name in Python, and a decision looks up its stages some thirty times
    __hash__ = object.__hash__


OUTSIDE_DECISIONS = frozenset({Stage.REJECTION, Stage.LEVEL, Stage.RETURN, Stage.PROMISE})
"""Stages of rules that say nothing of where an order ships from: no decision judges them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact: its path as authors write it, its kind, and its choices if it has any."""

    path: str
    kind: Kind
    choices: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The facts of one group become known together."""
        return group_of(self.path)


def group_of(path: str) -> str:
    """The group of the fact at `path`. What a node's clock shows is a group of its own: nodes of one time zone share
    it. How often a service is on time is a fact of the way: it depends on the node and the country, too.
    """
    if path in _SHOWN_BY_NODE_CLOCK:
        return "clock"
    return "route" if path == ON_TIME_RATE else path.partition(".")[0]


ON_TIME_RATE = "service.on_time_rate"
_SHOWN_BY_NODE_CLOCK = frozenset({"node.date", "node.time", "node.weekday", "node.clock"})


def _fact(path: str, kind: Kind, choices: tuple[str, ...] = ()) -> Fact:
    return Fact(path=path, kind=kind, choices=choices)


IN_CAPITALS = frozenset({"order.postcode", "order.outward_code"})
"""Facts that have no small letters: what rules compare them with is read in capitals, too."""
_K = Kind
_FACTS = (
    _fact("order.id", _K.WORD),
    _fact("order.channel", _K.WORD),
    _fact("order.delivery", _K.CHOICE, DELIVERIES),
    _fact("order.placed_at", _K.INSTANT),
    _fact("order.promise_by", _K.INSTANT),
    _fact("order.country", _K.WORD),
    _fact("order.postcode", _K.WORD),
    _fact("order.outward_code", _K.WORD),
    _fact("order.region", _K.WORD),
    _fact("order.customer", _K.WORD),
    _fact("order.segment", _K.WORD),
    _fact("order.tags", _K.TAGS),
    _fact("order.units", _K.COUNT),
    _fact("order.value", _K.MONEY),
    _fact("order.weight", _K.WEIGHT),
    _fact("order.lines", _K.COUNT),
    _fact("line.sku", _K.WORD),
    _fact("line.quantity", _K.COUNT),
    _fact("line.unit_price", _K.MONEY),
    _fact("line.value", _K.MONEY),
    _fact("product.sku", _K.WORD),
    _fact("product.category", _K.WORD),
    _fact("product.brand", _K.WORD),
    _fact("product.season", _K.WORD),
    _fact("product.lifecycle", _K.CHOICE, LIFECYCLES),
    _fact("product.weight", _K.WEIGHT),
    _fact("product.tags", _K.TAGS),
    _fact("node.id", _K.WORD),
    _fact("node.type", _K.CHOICE, NODE_TYPES),
    _fact("node.country", _K.WORD),
    _fact("node.region", _K.WORD),
    _fact("node.tags", _K.TAGS),
    _fact("node.load", _K.COUNT),
    _fact("node.date", _K.DATE),
    _fact("node.time", _K.TIME),
    _fact("node.weekday", _K.CHOICE, WEEKDAYS),
    _fact("stock.on_hand", _K.COUNT),
    _fact("stock.held", _K.COUNT),
    _fact("stock.available", _K.COUNT),
    _fact("stock.days_of_cover", _K.COUNT),
    _fact("stock.incoming", _K.COUNT),
    _fact("stock.next_arrival", _K.DURATION),
    _fact("stock.rank", _K.COUNT),
    _fact("stock.in_transit", _K.COUNT),
    _fact("service.id", _K.WORD),
    _fact("service.mode", _K.CHOICE, MODES),
    _fact("service.carrier", _K.WORD),
    _fact(ON_TIME_RATE, _K.SHARE),
    _fact("route.distance", _K.DISTANCE),
    _fact("route.arrives", _K.DURATION),
    _fact("route.late", _K.FLAG),
    _fact("route.cost", _K.MONEY),
    _fact("route.co2", _K.CARBON),
    _fact("route.rank_distance", _K.COUNT),
    _fact("route.rank_cost", _K.COUNT),
    _fact("shipment.weight", _K.WEIGHT),
    _fact("shipment.units", _K.COUNT),
    _fact("rejection.reason", _K.CHOICE, REJECTION_REASONS),
    _fact("return.reason", _K.WORD),
    _fact("return.grade", _K.WORD),
    _fact("return.days_since_delivery", _K.COUNT),
    _fact("return.node", _K.WORD),
    _fact("need.shortfall", _K.COUNT),
    _fact("need.chance_of_sale", _K.SHARE),
    _fact("promise.cause", _K.CHOICE, PROMISE_CAUSES),
    _fact("promise.late", _K.FLAG),
    _fact("now.date", _K.DATE),
    _fact("now.time", _K.TIME),
    _fact("now.weekday", _K.CHOICE, WEEKDAYS),
)
VOCABULARY: Mapping[str, Fact] = MappingProxyType({fact.path: fact for fact in _FACTS})
NOW_CLOCK, NODE_CLOCK = _fact("now.clock", _K.CLOCK), _fact("node.clock", _K.CLOCK)
"""The clocks of the installation and of the node, which windows are compared with. Authors write windows, not these."""

INCOMING = frozenset({"stock.incoming", "stock.next_arrival"})
"""Facts of what is to come in at a position."""
RANKS = ("stock.rank", "route.rank_distance", "route.rank_cost")
"""Places of an option among all options of its line; so they are known once these are."""
IN_TRANSIT = "stock.in_transit"
"""Units on their way to the place, which are not looked up to decide orders."""
ATTRIBUTE_KINDS = MappingProxyType({kind.name.lower(): kind for kind in (Kind.FLAG, Kind.NUMBER, Kind.WORD, Kind.TAGS)})
ATTRIBUTE_GROUPS = ("product.attributes.", "node.attributes.")


def is_attribute(path: str) -> bool:
    """Whether `path` is that of an extra attribute, as `product.attributes.hazmat`."""
    return path.startswith(ATTRIBUTE_GROUPS) and path.count(".") == 2 and not path.endswith(".")  # noqa: PLR2004  # three parts


def attribute(path: str, kind: Kind) -> Fact:
    """The fact of an extra attribute, whose kind comes from the network file or from the value it is compared with."""
    return Fact(path=path, kind=kind)


def stage_knows(stage: Stage, fact: Fact) -> bool:
    """Whether `fact` is known when rules are evaluated at `stage`."""
    if fact.path == IN_TRANSIT:
        return stage is Stage.RETURN
    return fact.group in stage.value and (fact.path not in RANKS or stage is Stage.OPTION)
