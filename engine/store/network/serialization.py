"""Converts facts to the JSON they are stored as, and back. Sets become sorted lists; None and empty are left out."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import orjson

from engine.model.demand import DemandTerms, LearntPace
from engine.model.facts import (
    CUT_OFF_GRACE,
    RESERVE_BEFORE,
    GeoPoint,
    Inventory,
    Lane,
    Network,
    Node,
    ParcelPrice,
    Product,
    Service,
    UnitPrice,
)
from engine.model.feed_steps import FeedStep
from engine.model.returns import Grade, ReturnTerms
from engine.model.timetable import Timetable
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.store.network.fulfilment_terms import (
    address_of,
    address_record,
    carriers_of,
    carriers_record,
    parcel_terms_of,
    parcel_terms_record,
)
from rules.vocabulary import Kind, Value

Record = dict[str, Any]

_LANE_SETS = ("nodes", "groups", "tags", "services")
"""The fields of a lane that are sets."""


def dump(record: Record) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def inventory_version(inventory: Inventory) -> str:
    """64 hexadecimal digits: the SHA-256 of everything that is loaded except the units on hand and remarks."""
    network = inventory.network
    services = {name: replace(service, emission_source=None) for name, service in network.services.items()}
    digest = hashlib.sha256(dump(network_record(replace(network, services=services))))
    for sku in sorted(inventory.products):
        digest.update(dump(inventory_record(inventory, sku)))
    return digest.hexdigest()


_USUAL = {"reserve_before": RESERVE_BEFORE, "cut_off_by": "placed", "cut_off_grace": CUT_OFF_GRACE}
"""Settings that are written down only where they are not as usual."""


def network_record(network: Network) -> Record:
    return (
        {
            "currency": network.currency,
            "time_zone": network.time_zone,
            "attributes": {path: kind.name for path, kind in network.attributes.items()},
            "nodes": [_node_record(network.nodes[name]) for name in sorted(network.nodes)],
            "services": [_service_record(network.services[name]) for name in sorted(network.services)],
        }
        | _without_empty(
            {
                "channels": sorted(network.channels),
                "feed_steps": {name: [step.units, step.share] for name, step in sorted(network.feed_steps.items())},
                "order_words": {path: sorted(words) for path, words in network.order_words.items()},
                "lanes": [_lane_record(lane) for lane in network.lanes],
                "transfer_lanes": [_transfer_lane_record(lane) for lane in network.transfer_lanes],
                "rates": dict(network.rates),
                "decimals": dict(network.decimals),
                "postcodes": {
                    country: {postcode: [place.latitude, place.longitude] for postcode, place in places.items()}
                    for country, places in network.postcodes.items()
                },
                "parcels": parcel_terms_record(network.parcels),
                "carriers": carriers_record(network.carriers),
                "returns": _returns_record(network.returns),
                "demand": _demand_record(network.demand),
            }
        )
        | {name: getattr(network, name) for name, usual in _USUAL.items() if getattr(network, name) != usual}
    )


def network_of(version: str, record: Record) -> Network:
    return Network(
        version=version,
        currency=record["currency"],
        time_zone=record["time_zone"],
        attributes={path: Kind[name] for path, name in record["attributes"].items()},
        nodes={item["id"]: _node_of(item) for item in record["nodes"]},
        services={item["id"]: _service_of(item) for item in record["services"]},
        channels=frozenset(record.get("channels", ())),
        feed_steps={
            name: FeedStep(units=units, share=share) for name, (units, share) in record.get("feed_steps", {}).items()
        },
        order_words={path: frozenset(words) for path, words in record.get("order_words", {}).items()},
        lanes=tuple(_lane_of(item) for item in record.get("lanes", ())),
        transfer_lanes=tuple(_transfer_lane_of(item) for item in record.get("transfer_lanes", ())),
        rates=record.get("rates", {}),
        postcodes={
            country: {postcode: GeoPoint(latitude=north, longitude=east) for postcode, (north, east) in places.items()}
            for country, places in record.get("postcodes", {}).items()
        },
        decimals=record.get("decimals", {}),
        parcels=parcel_terms_of(record.get("parcels")),
        carriers=carriers_of(record.get("carriers", ())),
        returns=_returns_of(record.get("returns", {})),
        demand=_demand_of(record.get("demand", {})),
        **{name: record.get(name, usual) for name, usual in _USUAL.items()},
    )


def product_values_record(products: Iterable[Product]) -> Record:
    """The values that products have, by fact; policies that name any other are warned about."""
    values: dict[str, set[str]] = {f"product.{name}": set() for name in ("category", "brand", "season", "tags")}
    for product in products:
        values["product.tags"] |= product.tags
        for name in ("category", "brand", "season"):
            value = getattr(product, name)
            if value is not None:
                values[f"product.{name}"].add(value)
    return {path: sorted(used) for path, used in values.items()}


def inventory_record(inventory: Inventory, sku: str) -> Record:
    """A product of the inventory, with its paces."""
    return product_record(inventory.products[sku], inventory.paces.get(sku, {}), inventory.learnt.get(sku, {}))


def product_record(
    product: Product, paces: Mapping[str, int], learnt: Mapping[str, LearntPace] = MappingProxyType({})
) -> Record:
    """`learnt` are those of the `paces` that were learnt."""
    names = ("sku", "category", "lifecycle", "weight", "brand", "season", "margin")
    return _without_none({name: getattr(product, name) for name in names}) | {
        "tags": sorted(product.tags),
        "attributes": _attribute_record(product.attributes),
        "paces": dict(paces),
        **({} if product.counted else {"counted": False}),
        **_without_empty(
            {
                "name": product.name,
                "unit": product.unit,
                "decimals": product.decimals,
                "learnt": {node: list(pace) for node, pace in learnt.items()},
            }
        ),
    }


_NOT_PLAIN = frozenset({"paces", "learnt", "tags", "attributes"})


def learnt_of(record: Record) -> dict[str, LearntPace]:
    """By node, what the learnt ones of a product's paces were made of."""
    return {node: LearntPace(*pace) for node, pace in record.get("learnt", {}).items()}


def product_of(record: Record) -> tuple[Product, Mapping[str, int]]:
    """The product, and its pace of sale by node."""
    plain = {name: value for name, value in record.items() if name not in _NOT_PLAIN}
    product = Product(**plain, tags=frozenset(record["tags"]), attributes=_attributes_of(record["attributes"]))
    return product, record["paces"]


def _node_record(node: Node) -> Record:
    names = ("id", "type", "country", "region", "handling", "preparation", "group", "time_zone")
    most = ("daily_orders", "hourly_orders", "daily_units", "daily_weight")
    return _without_none({name: getattr(node, name) for name in (*names, *most)}) | {
        **({"latitude": node.place.latitude, "longitude": node.place.longitude} if node.place else {}),
        "services": list(node.services),
        "tags": sorted(node.tags),
        "attributes": _attribute_record(node.attributes),
        **({} if node.milestones is None else {"milestones": dict(node.milestones)}),
        **_without_empty(
            {
                "unit_handling": node.unit_handling,
                "hours": _timetable_record(node.hours),
                "address": address_record(node.address),
                "label_format": node.label_format,
                "printers": dict(node.printers),
                "cut_offs": {
                    name: cut_off if isinstance(cut_off, int) else list(cut_off)
                    for name, cut_off in node.cut_offs.items()
                },
            }
        ),
    }


def _node_of(record: Record) -> Node:
    fields = dict(record)
    latitude, longitude = fields.pop("latitude", None), fields.pop("longitude", None)
    return Node(
        place=None if latitude is None else GeoPoint(latitude=latitude, longitude=longitude),
        services=tuple(fields.pop("services")),
        tags=frozenset(fields.pop("tags")),
        attributes=_attributes_of(fields.pop("attributes")),
        hours=_timetable_of(fields.pop("hours", None)),
        address=address_of(fields.pop("address", None)),
        printers=fields.pop("printers", {}),
        milestones=fields.pop("milestones", None),
        cut_offs={
            name: tuple(cut_off) if isinstance(cut_off, list) else cut_off
            for name, cut_off in fields.pop("cut_offs", {}).items()
        },
        **fields,
    )


def _service_record(service: Service) -> Record:
    money = ("base", "per_km", "per_kg")
    others = (
        "id",
        "mode",
        "carrier",
        "carrier_product",
        "name",
        "emission",
        "emission_source",
        "detour",
        "drop",
        "max_distance",
    )
    limits = {"max_weight": service.max_unit_weight, "max_parcel_weight": service.max_weight}
    return _without_none({**{name: getattr(service, name) for name in money + others}, **limits}) | {
        "transit": [list(band) for band in service.transit],
        "countries": sorted(service.countries),
        **_without_empty(
            {
                "daily_distance": service.daily_distance,
                "unit_prices": [[band.up_to, band.base, band.per_kg] for band in service.unit_prices],
                "parcel_prices": [
                    [band.over, band.up_to, band.base, band.per_gram, band.at_least] for band in service.parcel_prices
                ],
                "runs": _timetable_record(service.runs),
                "on_time": {node: dict(by_country) for node, by_country in service.on_time.items()},
            }
        ),
    }


def _service_of(record: Record) -> Service:
    fields = dict(record)
    transit = tuple((reach, minutes) for reach, minutes in fields.pop("transit"))
    prices, bands = fields.pop("unit_prices", ()), fields.pop("parcel_prices", ())
    return Service(
        transit=transit,
        countries=frozenset(fields.pop("countries")),
        unit_prices=tuple(UnitPrice(up_to=up_to, base=base, per_kg=per_kg) for up_to, base, per_kg in prices),
        parcel_prices=tuple(
            ParcelPrice(over=over, up_to=up_to, base=base, per_gram=per_gram, at_least=at_least)
            for over, up_to, base, per_gram, at_least in bands
        ),
        # networks stored before there were limits of a shipment have that of a unit by this name
        max_unit_weight=fields.pop("max_weight", None),
        max_weight=fields.pop("max_parcel_weight", None),
        runs=_timetable_of(fields.pop("runs", None)),
        **fields,
    )


def _returns_record(terms: ReturnTerms) -> Record:
    """What is not as usual."""
    usual = ReturnTerms()
    record: Record = {
        "window": terms.window,
        "expires": terms.expires,
        "carrier": terms.carrier,
        "carrier_product": terms.carrier_product,
        "reasons": {name: dict(words) for name, words in terms.reasons.items()},
        "grades": {name: {"restock": grade.restock, **grade.words} for name, grade in terms.grades.items()},
    }
    return {name: value for name, value in record.items() if getattr(terms, name) != getattr(usual, name)}


def _returns_of(record: Record) -> ReturnTerms:
    grades = {
        name: Grade(restock=grade["restock"], words={key: text for key, text in grade.items() if key != "restock"})
        for name, grade in record.get("grades", {}).items()
    }
    return ReturnTerms(**{**record, **({"grades": grades} if grades else {})})


def _demand_record(terms: DemandTerms) -> Record:
    """What is not as usual."""
    usual = DemandTerms()
    record = {"source": terms.source, "window": terms.window, "method": terms.method}
    return {name: value for name, value in record.items() if value != getattr(usual, name)} | (
        {} if terms.sale_reasons == usual.sale_reasons else {"sale_reasons": sorted(terms.sale_reasons)}
    )


def _demand_of(record: Record) -> DemandTerms:
    reasons = {"sale_reasons": frozenset(record["sale_reasons"])} if "sale_reasons" in record else {}
    return DemandTerms(**{**record, **reasons})


def _lane_record(lane: Lane) -> Record:
    names = ("country", "region", "postcode", "distance", "takes")
    sets = {name: sorted(getattr(lane, name)) for name in _LANE_SETS}
    return _without_none({name: getattr(lane, name) for name in names}) | _without_empty(sets) | {"served": lane.served}


def _lane_of(record: Record) -> Lane:
    sets = {name: frozenset(record[name]) for name in _LANE_SETS if name in record}
    return Lane(**{**record, **sets})


_TRANSFER_LANE_USUAL = {
    "within": None, "distance": None, "detour": 1_000, "per_unit": 0, "per_kg": 0, "per_shipment": 0, "min_units": 1,
    "pack": 1, "emission": 0, "carbon_price": 0,
}  # fmt: skip
"""Fields of a transfer lane that are written down only where they are not as usual."""


def _transfer_lane_record(lane: TransferLane) -> Record:
    others = {name: getattr(lane, name) for name in _TRANSFER_LANE_USUAL}
    return {
        "origin": _node_names_record(lane.origin),
        "goal": _node_names_record(lane.goal),
        "takes": lane.takes,
        **{name: value for name, value in others.items() if value != _TRANSFER_LANE_USUAL[name]},
    }


def _transfer_lane_of(record: Record) -> TransferLane:
    ends = {end: _node_names_of(record[end]) for end in ("origin", "goal")}
    return TransferLane(**{**record, **ends})


def _node_names_record(names: NodeNames) -> Record:
    return _without_empty({"nodes": sorted(names.nodes), "groups": sorted(names.groups), "tags": sorted(names.tags)})


def _node_names_of(record: Record) -> NodeNames:
    return NodeNames(**{part: frozenset(names) for part, names in record.items()})


def _timetable_record(timetable: Timetable | None) -> Record | None:
    if timetable is None:
        return None
    week = [[list(span) for span in spans] for spans in timetable.week]
    return {"week": week, "closed": sorted(timetable.closed)}


def _timetable_of(record: Record | None) -> Timetable | None:
    if record is None:
        return None
    week = tuple(tuple((start, end) for start, end in spans) for spans in record["week"])
    return Timetable(week=week, closed=frozenset(record["closed"]))


def _without_empty(record: Record) -> Record:
    """Leave out what is empty: fields added by later releases do not change the version of a network without them."""
    return {name: value for name, value in record.items() if value}


def _without_none(record: Record) -> Record:
    return {name: value for name, value in record.items() if value is not None}


def _attribute_record(attributes: Mapping[str, Value]) -> Record:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in attributes.items()}


def _attributes_of(record: Record) -> Mapping[str, Value]:
    return {name: frozenset(value) if isinstance(value, list) else value for name, value in record.items()}
