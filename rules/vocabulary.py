"""The facts that rules may compare: path, kind, meaning in English and French, and at which stages each is known."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

CHANNELS = ("web", "app", "store", "social", "marketplace", "call_centre")
"""The usual channels; an installation may add others."""
DELIVERIES = ("standard", "express", "click_and_collect")
LIFECYCLES = ("new", "core", "end_of_line")
NODE_TYPES = ("warehouse", "store", "supplier", "distributor")
MODES = ("van", "truck", "rail", "bike", "air", "pickup")
REJECTION_REASONS = ("not_in_stock", "no_capacity", "damaged", "other")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# The value of a fact: an integer in the unit of its kind, a word, a flag, or a set of tags. None means unknown.
Value: TypeAlias = int | str | bool | frozenset[str]
Facts: TypeAlias = Mapping[str, Value | None]


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
    DATE = "date"
    TIME = "time of day"
    INSTANT = "date and time"
    ANY = "anything"


class Stage(enum.Enum):
    """A stage of evaluation, with the groups of facts that are known there."""

    ORDER = ("order", "now")
    LINE = ("order", "now", "line", "product")
    POSITION = ("order", "now", "line", "product", "node", "stock")
    OPTION = ("order", "now", "line", "product", "node", "stock", "service", "route")
    NODE = ("node", "now")
    REJECTION = ("node", "now", "rejection")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact: its path as authors write it, its kind, its meaning in two languages, and its choices if it has any."""

    path: str
    kind: Kind
    en: str
    fr: str
    choices: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        return self.path.partition(".")[0]


def _fact(path: str, kind: Kind, en: str, fr: str, choices: tuple[str, ...] = ()) -> Fact:
    return Fact(path=path, kind=kind, en=en, fr=fr, choices=choices)


_K = Kind
_FACTS = (
    _fact("order.id", _K.WORD, "the order's number", "le numéro de la commande"),
    _fact("order.channel", _K.WORD, "the channel it was placed on", "le canal de la commande"),
    _fact("order.delivery", _K.CHOICE, "how the customer wants it", "le mode de livraison voulu", DELIVERIES),
    _fact("order.placed_at", _K.INSTANT, "when it was placed", "l'instant de la commande"),
    _fact("order.promise_by", _K.INSTANT, "when it was promised for", "la date promise au client"),
    _fact("order.country", _K.WORD, "the country it goes to", "le pays de destination"),
    _fact("order.postcode", _K.WORD, "the postcode it goes to", "le code postal de destination"),
    _fact("order.region", _K.WORD, "the region it goes to", "la région de destination"),
    _fact("order.segment", _K.WORD, "the customer's segment", "le segment du client"),
    _fact("order.tags", _K.TAGS, "the order's tags", "les étiquettes de la commande"),
    _fact("order.units", _K.COUNT, "how many units it has", "le nombre d'unités"),
    _fact("order.value", _K.MONEY, "what the goods cost the customer", "la valeur de la commande"),
    _fact("order.weight", _K.WEIGHT, "what the goods weigh", "le poids de la commande"),
    _fact("order.lines", _K.COUNT, "how many lines it has", "le nombre de lignes"),
    _fact("line.sku", _K.WORD, "the article ordered", "l'article commandé"),
    _fact("line.quantity", _K.COUNT, "units of the line", "les unités de la ligne"),
    _fact("line.unit_price", _K.MONEY, "the price of one unit", "le prix d'une unité"),
    _fact("line.value", _K.MONEY, "the line's quantity x price", "la valeur de la ligne"),
    _fact("product.sku", _K.WORD, "the article", "l'article"),
    _fact("product.category", _K.WORD, "its category", "sa catégorie"),
    _fact("product.brand", _K.WORD, "its brand", "sa marque"),
    _fact("product.season", _K.WORD, "its season", "sa saison"),
    _fact("product.lifecycle", _K.CHOICE, "where it stands in its life", "sa phase de vie", LIFECYCLES),
    _fact("product.weight", _K.WEIGHT, "the weight of one unit", "le poids d'une unité"),
    _fact("product.tags", _K.TAGS, "the product's tags", "les étiquettes du produit"),
    _fact("node.id", _K.WORD, "the place it could ship from", "le lieu d'expédition"),
    _fact("node.type", _K.CHOICE, "what kind of place that is", "le type de lieu", NODE_TYPES),
    _fact("node.country", _K.WORD, "the country it lies in", "le pays du lieu"),
    _fact("node.region", _K.WORD, "the region it lies in", "la région du lieu"),
    _fact("node.tags", _K.TAGS, "the place's tags", "les étiquettes du lieu"),
    _fact("node.load", _K.COUNT, "shipments given to it today", "les expéditions confiées ce jour"),
    _fact("stock.on_hand", _K.COUNT, "units there", "les unités présentes"),
    _fact("stock.held", _K.COUNT, "units there held for orders", "les unités réservées"),
    _fact("stock.available", _K.COUNT, "units on hand less those held", "les unités disponibles"),
    _fact("stock.days_of_cover", _K.COUNT, "days until sold at today's pace", "les jours de couverture"),
    _fact("service.id", _K.WORD, "the way it could travel", "le service de transport"),
    _fact("service.mode", _K.CHOICE, "what it travels by", "le mode de transport", MODES),
    _fact("route.distance", _K.DISTANCE, "how far it travels", "la distance parcourue"),
    _fact("route.arrives", _K.DURATION, "how long until it arrives", "le délai jusqu'à l'arrivée"),
    _fact("route.late", _K.FLAG, "whether that is after the promise", "si c'est après la promesse"),
    _fact("route.cost", _K.MONEY, "what shipping the line so costs", "le coût d'expédition de la ligne"),
    _fact("route.co2", _K.CARBON, "what shipping the line so emits", "les émissions de l'expédition"),
    _fact("rejection.reason", _K.CHOICE, "why the place rejects", "le motif du refus", REJECTION_REASONS),
    _fact("now.date", _K.DATE, "today", "la date du jour"),
    _fact("now.time", _K.TIME, "the time of day", "l'heure"),
    _fact("now.weekday", _K.CHOICE, "the day of the week", "le jour de la semaine", WEEKDAYS),
)
VOCABULARY: Mapping[str, Fact] = MappingProxyType({fact.path: fact for fact in _FACTS})

ATTRIBUTE_KINDS = MappingProxyType({kind.name.lower(): kind for kind in (Kind.FLAG, Kind.NUMBER, Kind.WORD, Kind.TAGS)})
ATTRIBUTE_GROUPS = ("product.attributes.", "node.attributes.")


def is_attribute(path: str) -> bool:
    """Whether `path` is that of an extra attribute, as `product.attributes.hazmat`."""
    return path.startswith(ATTRIBUTE_GROUPS) and path.count(".") == 2 and not path.endswith(".")  # noqa: PLR2004  # three parts


def attribute(path: str, kind: Kind) -> Fact:
    """The fact of an extra attribute, whose kind comes from the network file or from the value it is compared with."""
    return Fact(path=path, kind=kind, en=f"the attribute {path}", fr=f"l'attribut {path}")


def stage_knows(stage: Stage, fact: Fact) -> bool:
    """Whether `fact` is known when rules are evaluated at `stage`."""
    return fact.group in stage.value
