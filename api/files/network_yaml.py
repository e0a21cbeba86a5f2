"""Reads network.yaml into a Network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

from api.files.attributes import attribute_value, kinds_of
from api.files.fulfilment.carriers import carriers_of
from api.files.inventory_shapes import NetworkShape
from api.files.network_checks import cross_mistakes
from api.files.opening_hours import Calendars
from api.files.transfers.lanes import transfer_lanes_of
from api.shapes.mistakes import mistakes_of
from engine.errors import Mistake
from engine.model.demand import DemandTerms
from engine.model.facts import (
    CUT_OFF_GRACE,
    RESERVE_BEFORE,
    GeoPoint,
    Lane,
    Network,
    Node,
    ParcelPrice,
    Service,
    UnitPrice,
)
from engine.model.parcels import ParcelTerms
from engine.model.postal_address import PostalAddress
from engine.model.returns import Grade, ReturnTerms
from engine.model.timetable import DAY
from rules.errors import LiteralInvalid, PolicyInvalid
from rules.syntax.foreign_words import meant_word
from rules.syntax.policy_shapes import UNKNOWN_KEY
from rules.syntax.typo_hints import decimal_comma_hint
from rules.syntax.yaml_document import Document, read
from rules.vocabulary import WEEKDAYS, Kind, Value

MOST_BYTES = 64 << 20
_ORDER_FACTS = {"segments": "order.segment", "tags": "order.tags", "regions": "order.region"}
"""The fact that each list under `orders` has the words of."""


def read_network(path: Path, content: bytes, mistakes: list[Mistake]) -> Network | None:
    """The network, its version still empty; or None, if there are mistakes, which are added to `mistakes`."""
    try:
        document = read(path.name, content, most=MOST_BYTES)
    except PolicyInvalid as error:
        mistakes += [
            Mistake(where=f"{path}:{finding.line}", field="", message=finding.message) for finding in error.findings
        ]
        return None
    root: Any = document.root
    if not isinstance(root, dict):
        mistakes.append(
            Mistake(where=str(path), field="", message="the file must be a mapping of currency, time_zone, nodes ...")
        )
        return None
    shape = NetworkShape()
    placed = [
        (where, item.message + _hint(where, item.message, root))
        for item in mistakes_of(shape.validate(root))
        for where in [_in_file(item.field.split("."), root)]
    ]
    if not placed:
        network = _network(shape.load(root), kinds_of(root.get("attributes") or {}))
        placed = list(cross_mistakes(root, network))
    if placed:
        mistakes += [_located(path, document, where, text) for where, text in placed]
        return None
    return network


def _in_file(where: Sequence[str], root: Any) -> tuple[str, ...]:
    """The place as the file has it: without the word that marshmallow puts between a mapping's key and its value."""
    place, raw = [], root
    for part in where:
        if part in ("key", "value") and not (isinstance(raw, Mapping) and part in raw):
            continue
        place.append(part)
        raw = _child(raw, part)
    return tuple(place)


def _child(raw: Any, part: str) -> Any:
    if isinstance(raw, list) and part.isdigit() and int(part) < len(raw):
        return raw[int(part)]
    return raw.get(part) if isinstance(raw, Mapping) else None


def _hint(where: tuple[str, ...], message: str, root: Any) -> str:
    """What was probably meant by a key that there is not."""
    if message != UNKNOWN_KEY.removesuffix(".") or not where:
        return ""
    parent, key = reduce(_child, where[:-1], root), where[-1]
    meant = meant_word(key, WEEKDAYS)
    return f"; did you mean '{meant}'?" if meant else decimal_comma_hint(key, alone=_child(parent, key) in (None, ""))


def _located(path: Path, document: Document, where: tuple[str, ...], text: str) -> Mistake:
    place = tuple(int(part) if part.isdigit() else part for part in where)
    finding = document.finding(place, "", text)
    return Mistake(where=f"{path}:{finding.line}", field=".".join(where), message=text)


def _network(data: dict[str, Any], kinds: dict[str, Kind]) -> Network:
    emissions = data["emissions"]
    calendars = Calendars.of(data)
    services = [_service(entry, emissions.get(entry["mode"], {}), calendars) for entry in data["services"]]
    nodes = [node_of(entry, kinds, calendars) for entry in data["nodes"]]
    return Network(
        version="",
        currency=data["currency"],
        time_zone=data["time_zone"],
        attributes=kinds,
        services={service.id: service for service in services},
        nodes={node.id: node for node in nodes},
        channels=frozenset(data.get("channels", ())),
        feed_steps=data.get("feed_steps", {}),
        order_words={_ORDER_FACTS[name]: frozenset(words) for name, words in data.get("orders", {}).items()},
        lanes=tuple(_lane(entry) for entry in data.get("lanes", ())),
        transfer_lanes=transfer_lanes_of(data.get("transfers", {}), services, emissions),
        rates=data.get("rates", {}),
        reserve_before=data.get("reserve_before", RESERVE_BEFORE),
        cut_off_by=data.get("cut_off_by", "placed"),
        cut_off_grace=data.get("cut_off_grace", CUT_OFF_GRACE),
        returns=_returns(data.get("returns", {})),
        demand=_demand(data.get("demand", {})),
        parcels=_parcels(data.get("parcels")),
        carriers=carriers_of(data.get("carriers", [])),
    )


def _returns(data: dict[str, Any]) -> ReturnTerms:
    """What the file leaves out is as usual."""
    terms = {name: data[name] // DAY for name in ("window", "expires") if name in data}
    if "grades" in data:
        terms["grades"] = {
            name: Grade(restock=grade.pop("restock"), words=grade) for name, grade in data["grades"].items()
        }
    as_they_are = ("reasons", "carrier", "carrier_product")
    return ReturnTerms(**terms, **{name: data[name] for name in as_they_are if name in data})


def _demand(data: dict[str, Any]) -> DemandTerms:
    """What the file leaves out is as usual."""
    terms = {name: data[name] for name in ("source", "method") if name in data}
    if "window" in data:
        terms["window"] = data["window"] // DAY
    if "sale_reasons" in data:
        terms["sale_reasons"] = frozenset(data["sale_reasons"])
    return DemandTerms(**terms)


def _parcels(data: dict[str, Any] | None) -> ParcelTerms | None:
    """What the file leaves out is as usual."""
    if data is None:
        return None
    grams = {"packing_grams": data.pop("packing_weight")} if "packing_weight" in data else {}
    return ParcelTerms(**data, **grams)


def _service(data: dict[str, Any], mode: Mapping[str, Any], calendars: Calendars) -> Service:
    """`mode` has the emission factor and drop of the service's mode; the service's own take precedence."""
    factor = data.pop("emission", mode)
    return Service(
        transit=transit_of(data.pop("transit", ())),
        unit_prices=unit_prices_of(data.pop("unit_prices", ())),
        parcel_prices=tuple(parcel_prices_of(data.pop("parcel_prices", ()))),
        countries=frozenset(data.pop("countries", ())),
        runs=calendars.running(data.pop("runs", None), data.pop("closed", ())),
        emission=factor.get("grams_per_tonne_km", 0),
        emission_source=factor.get("source"),
        drop=data.pop("drop", mode.get("drop", 0)),
        **data,
    )


def transit_of(bands: Iterable[Mapping[str, Any]]) -> tuple[tuple[int, int], ...]:
    return tuple((band["up_to"], band["takes"]) for band in bands)


def unit_prices_of(bands: Iterable[Mapping[str, Any]]) -> tuple[UnitPrice, ...]:
    return tuple(UnitPrice(up_to=band["up_to"], base=band["costs"], per_kg=band.get("per_kg", 0)) for band in bands)


def parcel_prices_of(bands: Iterable[Mapping[str, Any]]) -> Iterator[ParcelPrice]:
    """A band that does not say from where on it counts begins where the one before ends."""
    above = 0
    for band in bands:
        yield ParcelPrice(
            over=band.get("over", above),
            up_to=band["up_to"],
            base=band["costs"],
            per_gram=band.get("per_kg", 0) // 1_000,
            at_least=band.get("at_least", 0),
        )
        above = band["up_to"]


def node_of(data: dict[str, Any], kinds: Mapping[str, Kind], calendars: Calendars) -> Node:
    """The node that its shape has read."""
    data.pop("name", None)
    address = data.pop("address", None)
    return Node(
        address=None if address is None else _address(address, data["country"]),
        place=_place(data.pop("latitude", None), data.pop("longitude", None)),
        attributes=dict(_attributes(data.pop("attributes", {}), kinds)),
        tags=frozenset(data.pop("tags", ())),
        services=tuple(data.pop("services")),
        unit_handling=data.pop("handling_per_unit", 0),
        hours=calendars.opening(data.pop("hours", None), data.pop("closed", ())),
        **data,
    )


def _address(data: dict[str, Any], country: str) -> PostalAddress:
    return PostalAddress(**{**data, "lines": tuple(data["lines"]), "country": country})


def _place(latitude: int | None, longitude: int | None) -> GeoPoint | None:
    return None if latitude is None or longitude is None else GeoPoint(latitude=latitude, longitude=longitude)


def _lane(data: dict[str, Any]) -> Lane:
    origin = {name: frozenset(names) for name, names in data.pop("origin").items()}
    services = frozenset(data.pop("services", ()))
    served = not data.pop("no_service", False)
    goal = data.pop("goal")
    if "postcode" in goal:
        goal["postcode"] = goal["postcode"].upper()
    return Lane(**origin, **goal, services=services, served=served, **data)


def _attributes(raw: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Iterator[tuple[str, Value]]:
    for name, text in raw.items():
        kind = kinds.get(f"node.attributes.{name}")
        if kind is not None and isinstance(text, str):
            try:
                yield name, attribute_value(kind, text)
            except LiteralInvalid:
                continue  # network_checks reports it, with its place
