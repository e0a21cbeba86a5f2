"""An order as callers send it, checked in shape and read into the engine's Order."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from api.shapes.base import Strict
from api.shapes.fields import MOST_MICROS, Country, Currency, Day, Degrees, Instant, Money, Quantity, WholeNumber, Word
from api.shapes.limits import MOST_TAGS
from api.shapes.quantities import Quantities
from api.shapes.quick_order import read_quickly
from engine.decide.address.postcodes import canonical
from engine.model.facts import GeoPoint, Line, Order
from rules.syntax.effect_parser import MOST_DAYS
from rules.vocabulary import COLLECTED, DELIVERIES


class DestinationRequest(Strict):
    """Without coordinates it is placed by its postcode, where the network knows that, or else by its country; without a
    country it lies in the network's only one.
    """

    country = Country(load_default=None, metadata={"example": "FR"})
    postcode = Word(load_default=None, metadata={"example": "69003"})
    region = Word(load_default=None)
    latitude = Degrees(90, load_default=None, metadata={"example": 45.75})
    longitude = Degrees(180, load_default=None, metadata={"example": 4.85})

    @validates_schema
    def _says_where(self, data: dict[str, Any], **_: Any) -> None:
        verify_address(data)

    @post_load
    def _spelled_as_its_country_does(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "postcode": postcode_of(data)}


_ADDRESS = ("country", "postcode", "region", "latitude", "longitude")


def verify_address(address: Mapping[str, Any]) -> None:
    """Raise ValidationError if half of the coordinates is missing, or all that says where it is."""
    if (address.get("latitude") is None) != (address.get("longitude") is None):
        missing = "latitude" if address.get("latitude") is None else "longitude"
        raise ValidationError("give both latitude and longitude, or neither of them", missing)
    if all(address.get(name) is None for name in ("latitude", "country", "postcode")):
        raise ValidationError("give latitude and longitude, or country and postcode", "country")


def postcode_of(address: Mapping[str, Any]) -> str | None:
    """As its country writes it."""
    return None if address["postcode"] is None else canonical(address["postcode"], address["country"])


def place_of(destination: Mapping[str, Any]) -> GeoPoint | None:
    """None: the destination has no coordinates."""
    if destination["latitude"] is None:
        return None
    return GeoPoint(latitude=destination["latitude"], longitude=destination["longitude"])


class AnyDestination(Strict):
    """Where an order without lines goes, each part by itself as in a query; it may go anywhere. Read, `order` is that
    order, or None.
    """

    channel = Word(required=True, metadata={"example": "web"})
    delivery = fields.String(
        load_default=None,
        validate=validate.OneOf(DELIVERIES),
        metadata={"description": "by default standard; it needs a destination"},
    )
    collect_at = Word(load_default=None, metadata={"description": "what an order collected at this node could have"})
    country = Country(load_default=None, metadata={"description": "what an order to there could have", "example": "FR"})
    postcode = Word(load_default=None)
    region = Word(load_default=None)
    latitude = Degrees(90, load_default=None)
    longitude = Degrees(180, load_default=None)

    @validates_schema
    def _goes_one_way(self, data: dict[str, Any], **_: Any) -> None:
        addressed = any(data.get(name) is not None for name in _ADDRESS)
        if data.get("collect_at") is not None:
            if addressed or data.get("delivery") not in (None, COLLECTED):
                raise ValidationError("an order that is collected at a node has no other destination", "collect_at")
        elif data.get("delivery") == COLLECTED:
            raise ValidationError("a click_and_collect order needs collect_at, a node's id", "collect_at")
        elif addressed:
            verify_address(data)
        elif data.get("delivery") is not None:
            raise ValidationError("say where it is delivered: give country and postcode, or coordinates", "delivery")

    @post_load
    def _read(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        where, collect_at = {name: data.pop(name) for name in _ADDRESS}, data.pop("collect_at")
        delivery = data.pop("delivery") or (COLLECTED if collect_at else "standard")
        order = None
        if collect_at or any(value is not None for value in where.values()):
            address = {"country": where["country"], "postcode": postcode_of(where), "region": where["region"]}
            order = Order(
                id="",
                channel=data["channel"],
                delivery=delivery,
                placed_at=0,
                lines=(),
                place=place_of(where),
                collect_at=collect_at,
                **address,
            )
        return {**data, "order": order}


class LineRequest(Strict):
    id = Word(
        load_default=None, metadata={"description": "The line's number; by default its place in the list, from 1"}
    )
    sku = Word(required=True)
    quantity = Quantity(required=True)
    unit_price = Money(load_default=None, metadata={"example": "19.90"})
    unit_price_micros = WholeNumber(
        0,
        MOST_MICROS,
        load_default=None,
        metadata={"description": "The price as answers write it, instead of unit_price: 19.90 is 19900000"},
    )
    delivery = fields.String(
        load_default=None,
        validate=validate.OneOf(DELIVERIES),
        metadata={"description": "Of this line; by default click_and_collect if it has collect_at, else the order's"},
    )
    collect_at = Word(load_default=None, metadata={"description": "The node at which this line is collected"})
    set_name = Word(
        data_key="set",
        load_default=None,
        metadata={
            "description": "Lines of one set ship from one place by one way, each whole, or none of them does",
            "example": "kitchen",
        },
    )
    min_shelf_life = WholeNumber(
        0,
        MOST_DAYS,
        data_key="min_shelf_life_days",
        load_default=None,
        metadata={"description": "For how many days its units must be usable after they arrive, if they are of lots"},
    )

    @validates_schema
    def _only_collected_lines_have_a_node(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("collect_at") is not None and data.get("delivery") not in (None, COLLECTED):
            raise ValidationError("only a click_and_collect line has collect_at", "collect_at")

    @validates_schema
    def _has_one_price(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("unit_price_micros") is not None and data.get("unit_price") is not None:
            raise ValidationError("give unit_price or unit_price_micros, not both", "unit_price_micros")

    @post_load
    def _in_micros(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        price = data.pop("unit_price_micros", None)
        return data if price is None else {**data, "unit_price": price}


class OrderRequest(Strict):
    """An order. It goes to a destination or, if it is click_and_collect, to the node it is collected at; so do its
    lines, but for those with a delivery or a collect_at of their own. The `order` of an answer is one, too.
    """

    id = Word(required=True)
    channel = Word(required=True, metadata={"example": "web"})
    delivery = fields.String(load_default="standard", validate=validate.OneOf(DELIVERIES))
    placed_at = Instant(required=True)
    promise_by = Instant(load_default=None)
    deliver_on = Day(
        load_default=None,
        metadata={"description": "It arrives on this date of the installation's time zone, neither before nor after"},
    )
    destination = fields.Nested(DestinationRequest, load_default=None)
    collect_at = Word(load_default=None)
    customer = Word(
        load_default=None,
        metadata={
            "description": "Who orders, by an id that only you can resolve: no name, no mail address",
            "example": "c-20417",
        },
    )
    segment = Word(load_default=None)
    currency = Currency(
        load_default=None,
        metadata={"example": "EUR", "description": "Of its prices; by default the network's"},
    )
    tags = fields.List(Word(), load_default=list, validate=validate.Length(max=MOST_TAGS))
    lines = fields.List(fields.Nested(LineRequest), required=True, validate=validate.Length(min=1))

    def __init__(
        self, *, max_lines: int = 500, quantities: Callable[[], Quantities] | None = None, **options: Any
    ) -> None:
        """`quantities` tells the decimals that quantities have; None: none."""
        super().__init__(**options)
        self._max_lines = max_lines
        self._quantities = quantities
        lines = self.fields["lines"]
        lines.metadata = {**lines.metadata, "maxItems": max_lines}

    def load(self, data: Any, **options: Any) -> Any:
        lines = data.get("lines") if isinstance(data, Mapping) else None
        if isinstance(lines, list) and len(lines) > self._max_lines:
            # refused before the lines are read, because reading each of them costs time
            raise ValidationError({"lines": [f"{self._bound(self._max_lines)}, this one {len(lines)}"]})
        data = _without_empty_destination(data)
        data = self._quantities().read(data) if self._quantities else data
        order = read_quickly(data) if type(self) is OrderRequest and not options else None
        return super().load(data, **options) if order is None else order

    def _bound(self, max_lines: int) -> str:
        return f"an order has at most {max_lines} lines (POINTSMAN_MAX_LINES)"

    @validates_schema
    def _goes_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        verify_destinations(data)

    @validates_schema
    def _lines_differ(self, data: dict[str, Any], **_: Any) -> None:
        seen: set[str] = set()
        for index, line in enumerate(data.get("lines", [])):
            name = line["id"] or str(index + 1)
            if name in seen:
                raise ValidationError({"lines": {index: {"id": [f"line '{name}' stands here a second time"]}}})
            seen.add(name)

    @validates_schema
    def _sets_go_one_way(self, data: dict[str, Any], **_: Any) -> None:
        verify_sets(data)

    @post_load
    def _read(self, data: dict[str, Any], **_: Any) -> Any:
        return self._order(data)

    def _order(self, data: dict[str, Any]) -> Order:
        destination = data.pop("destination") or {}
        collected = all(_is_collected(line, data) for line in data["lines"])
        lines = tuple(
            Line(**line | {"id": line["id"] or str(number)}) for number, line in enumerate(data.pop("lines"), start=1)
        )
        place = None if collected else place_of(destination)
        where = {} if collected else {name: destination[name] for name in ("country", "postcode", "region")}
        return Order(**data | where | {"lines": lines, "place": place, "tags": frozenset(data["tags"])})


def _without_empty_destination(data: Any) -> Any:
    """Without a destination that says nothing, which answers have for an order that is collected."""
    destination = data.get("destination") if isinstance(data, Mapping) else None
    if isinstance(destination, Mapping) and destination and all(part is None for part in destination.values()):
        return {**data, "destination": None}
    return data


def verify_destinations(data: dict[str, Any]) -> None:
    """Raise ValidationError if it is not said of an order, or of one of its lines, where it goes."""
    lines = data.get("lines", [])
    if data.get("delivery") == COLLECTED:
        if data.get("collect_at") is None and any(line["delivery"] is line["collect_at"] is None for line in lines):
            raise ValidationError("a click_and_collect order needs collect_at, a node's id", "collect_at")
    elif data.get("collect_at") is not None:
        raise ValidationError("only a click_and_collect order has collect_at", "collect_at")
    if data.get("destination") is None and not all(_is_collected(line, data) for line in lines):
        raise ValidationError(
            "the order has no destination; give latitude and longitude, or country and postcode", "destination"
        )
    if data.get("collect_at") is None:
        message = "a click_and_collect line needs collect_at, a node's id"
        nowhere = [
            index for index, line in enumerate(lines) if line["delivery"] == COLLECTED and not line["collect_at"]
        ]
        if nowhere:
            raise ValidationError({"lines": {index: {"collect_at": [message]} for index in nowhere}})


def verify_sets(data: dict[str, Any]) -> None:
    """Raise ValidationError if lines of one set can't travel together, because they go to several places."""
    first: dict[str, dict[str, Any]] = {}
    for index, line in enumerate(data.get("lines", [])):
        if line.get("set_name") is not None:
            other = first.setdefault(line["set_name"], line)
            where = [
                _is_collected(each, data) and (each["collect_at"] or data.get("collect_at")) for each in (other, line)
            ]
            if where[0] != where[1] or line["delivery"] != other["delivery"]:
                message = (
                    f"lines of set '{line['set_name']}' travel together: give all of them the same delivery and place"
                )
                raise ValidationError({"lines": {index: {"set": [message]}}})


def _is_collected(line: dict[str, Any], order: dict[str, Any]) -> bool:
    """Whether a line is collected at a node, and not delivered."""
    delivery = line["delivery"] or (COLLECTED if line["collect_at"] else order.get("delivery"))
    return bool(delivery == COLLECTED)
