"""The scenario of a policy test: its nodes, services, products and stock, from its network, its file and itself."""

import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from api.files.attributes import attribute_value
from api.files.network_yaml import parcel_prices_of, transit_of, unit_prices_of
from api.files.opening_hours import Calendars
from api.files.policy_tests.defaults import (
    ANYWHERE,
    BY_MODE,
    NODES,
    SERVICES,
    default_product,
    lane_between,
    place_away,
)
from api.files.policy_tests.moments import instant_of
from api.files.policy_tests.policy_test_file import USUAL, PolicyTestFile, layers_of, resolve_fixture
from api.files.policy_tests.shape_findings import load_shape
from api.files.policy_tests.shapes import AfterDecision, LocalInstant
from engine.decide.address.countries import country_codes
from engine.decide.policy_tests.runner import Rejection, Taken
from engine.model.facts import (
    GeoPoint,
    Inventory,
    Network,
    NetworkCaches,
    Node,
    Product,
    Service,
    Snapshot,
    StockPosition,
)
from engine.model.lookahead import LookaheadPrice, PricesInForce
from engine.model.lots import Lot, LotUnits, lot_label, unexpired_units
from engine.model.receipts import Receipt, ReceiptStatus, in_order_of_arrival
from rules.errors import LiteralInvalid
from rules.syntax import literals
from rules.syntax.yaml_document import Node as Raw
from rules.syntax.yaml_document import Path, Plain
from rules.vocabulary import Kind, Value

_ELSEWHERE = "elsewhere"
"""The region of the look-ahead prices of tests, which give none."""
_CALENDARS = Calendars(opening_hours={}, holidays={})
"""Without names: a test writes opening hours and days off itself."""


_OF_THE_TEST = ("name", "away", "load", "load_this_hour", "rejected")
_SERVICE_OF_THE_TEST = ("takes", "grams_per_tonne_km", "on_time_rate")
"""What a test says of a node that is no field of it."""


class ToCome(NamedTuple):
    """A receipt of a test, whose instant may count from the decision."""

    units: int
    expected: LocalInstant | AfterDecision
    status: ReceiptStatus
    promised: int


class _Stock(NamedTuple):
    """The positions by SKU and node, their lots, what was taken of them, what is to come, by receipt, and their
    look-ahead prices, in micros.
    """

    positions: dict[str, dict[str, StockPosition]]
    lots: dict[str, dict[str, LotUnits]]
    taken: dict[str, dict[str, Mapping[str, int]]]
    to_come: dict[str, dict[str, Mapping[str, ToCome]]]
    lookahead: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`stock`, the `lots` of some of it, what is `to_come` and `lookahead`, the look-ahead prices in micros, are by SKU
    and node, `taken` the units that channels took of it in the periods of their allotments; `skus` are those that an
    order may name.
    """

    network: Network
    products: Mapping[str, Product]
    stock: Mapping[str, Mapping[str, StockPosition]]
    lots: Mapping[str, Mapping[str, LotUnits]]
    taken: Taken
    to_come: Mapping[str, Mapping[str, Mapping[str, ToCome]]]
    lookahead: Mapping[str, Mapping[str, int]]
    loads: Mapping[str, int]
    hourly_loads: Mapping[str, int]
    rejected: Mapping[str, Rejection]
    base: Inventory

    @property
    def skus(self) -> set[str]:
        return {*self.products, *self.base.products, *self.stock}

    def product(self, sku: str) -> Product:
        return self.products.get(sku) or self.base.products.get(sku) or default_product(sku)

    def snapshot(self, skus: Iterable[str], now: int) -> Snapshot:
        """The snapshot of those of `skus` that the scenario has, as of `now`."""
        present = self.skus.intersection(skus)
        positions = {sku: dict(self._positions(sku)) for sku in present}
        today = self.network.local(now).date().toordinal()
        lots: dict[str, dict[str, Sequence[Lot]]] = {}
        for sku in present:
            for node, units in (self.lots if sku in self.stock else self.base.lots).get(sku, {}).items():
                position = positions[sku][node]
                stored = [(label, count, 0) for label, count in units]
                on_hand, of_node = unexpired_units(position.on_hand, position.held, stored, today)
                positions[sku][node] = position._replace(on_hand=on_hand)
                lots.setdefault(sku, {})[node] = of_node
        return Snapshot(
            network=self.network,
            caches=NetworkCaches(self.network),
            products={sku: self.product(sku) for sku in present},
            positions=positions,
            loads=self.loads,
            hourly_loads=self.hourly_loads,
            has_lots=bool(lots),
            lots=lots,
            receipts={
                sku: {node: self._receipts(sku, node, its, now) for node, its in by_node.items()}
                for sku, by_node in self.to_come.items()
                if sku in present and by_node
            },
            lookahead=self._lookahead(now),
        )

    def _lookahead(self, now: int) -> PricesInForce | None:
        """The look-ahead prices that the test gives, as if they were in force at the decision."""
        prices = {
            sku: {
                node: LookaheadPrice(sku=sku, node=node, price=price, region=_ELSEWHERE)
                for node, price in by_node.items()
                if price
            }
            for sku, by_node in self.lookahead.items()
        }
        if not prices:
            return None
        return PricesInForce(digest="", use_until=now, currency=self.network.currency, prices=prices)

    def _receipts(self, sku: str, node: str, to_come: Mapping[str, ToCome], now: int) -> list[Receipt]:
        """The next to arrive first."""
        receipts = [
            Receipt(
                id=name,
                source="purchase_order",
                node=node,
                sku=sku,
                quantity=item.units,
                expected_at=instant_of(item.expected, self.network, now),
                status=item.status,
                promised=item.promised,
            )
            for name, item in to_come.items()
        ]
        return in_order_of_arrival(receipts)

    def _positions(self, sku: str) -> Mapping[str, StockPosition]:
        if sku in self.stock:
            return self.stock[sku]
        paces = self.base.paces.get(sku, {})
        units = self.base.stock.get(sku, {})
        return {node: StockPosition(on_hand=count, pace=paces.get(node)) for node, count in units.items()}


def scenario_of(test_file: PolicyTestFile, test: Mapping[str, Raw], path: Path) -> Scenario:
    """The scenario of `test`, at `path`: what it says overrides what its file says, and that overrides the network."""
    base = test_file.base.network
    parts = {name: layers_of(test_file, test, path, name) for name in ("nodes", "services", "products")}
    services = {
        **base.services,
        **{name: _service(base.services.get(name), name, data) for name, (data, _) in parts["services"].items()},
    }
    nodes = {
        **base.nodes,
        **{name: _node(test_file, name, data, where) for name, (data, where) in parts["nodes"].items()},
    }
    for name, (_, where) in parts["nodes"].items():
        for unknown in [service for service in nodes[name].services if service not in services]:
            test_file.notes.add(
                (*where, "services"), "unknown-service", f"unknown service '{unknown}'", services, unknown
            )
    rates = {name: data["on_time_rate"] for name, (data, _) in parts["services"].items() if "on_time_rate" in data}
    services |= {name: _on_time(services[name], nodes, rate) for name, rate in rates.items()}
    changed = parts["nodes"] or parts["services"]
    stock = _stock(test_file, test, path, nodes)
    return Scenario(
        network=_network(test_file, nodes, services) if changed else base,
        products={sku: _product(test_file, sku, data, where) for sku, (data, where) in parts["products"].items()},
        stock=stock.positions,
        lots=stock.lots,
        taken=stock.taken,
        to_come=stock.to_come,
        lookahead=stock.lookahead,
        loads={name: data["load"] for name, (data, _) in parts["nodes"].items() if "load" in data},
        hourly_loads={
            name: data["load_this_hour"] for name, (data, _) in parts["nodes"].items() if "load_this_hour" in data
        },
        rejected={
            name: Rejection(**data["rejected"]) for name, (data, _) in parts["nodes"].items() if "rejected" in data
        },
        base=test_file.base,
    )


def _network(test_file: PolicyTestFile, nodes: Mapping[str, Node], services: Mapping[str, Service]) -> Network:
    """The file's, with these nodes and services; units may be moved between all nodes unless it names a network."""
    network = dataclasses.replace(test_file.base.network, nodes=nodes, services=services)
    return network if test_file.declared else dataclasses.replace(network, transfer_lanes=(lane_between(nodes),))


def _node(test_file: PolicyTestFile, name: str, data: Mapping[str, Any], path: Path) -> Node:
    changes = {key: value for key, value in data.items() if key not in _OF_THE_TEST}
    base = test_file.base.network.nodes.get(name) or NODES[data.get("type", "warehouse")]
    if "away" in data:
        changes["place"] = place_away(data["away"])
    if "latitude" in data:
        changes["place"] = GeoPoint(latitude=changes.pop("latitude"), longitude=changes.pop("longitude"))
    changes |= {"tags": frozenset(data["tags"])} if "tags" in data else {}
    changes |= {"services": tuple(data["services"])} if "services" in data else {}
    changes |= {"unit_handling": changes.pop("handling_per_unit")} if "handling_per_unit" in data else {}
    if "hours" in data or "closed" in data:
        changes["hours"] = _CALENDARS.opening(data.get("hours"), changes.pop("closed", ()))
    if "attributes" in data:
        changes["attributes"] = {**base.attributes, **dict(_attributes(test_file, "node", data["attributes"], path))}
    return dataclasses.replace(base, **{**changes, "id": name})


def _on_time(service: Service, nodes: Mapping[str, Node], rate: int) -> Service:
    """The service with that share of its parcels on time, from everywhere to everywhere."""
    known = {*country_codes(), *(node.country for node in nodes.values())}
    return dataclasses.replace(service, on_time=dict.fromkeys(nodes, dict.fromkeys(sorted(known), rate)))


def _service(base: Service | None, name: str, data: Mapping[str, Any]) -> Service:
    changes = {key: value for key, value in data.items() if key not in _SERVICE_OF_THE_TEST}
    like = BY_MODE[data["mode"]] if "mode" in data else SERVICES["parcel"]
    if "takes" in data:
        changes |= {"transit": ((ANYWHERE, data["takes"]),), "daily_distance": None}
    if "transit" in data:
        changes |= {"transit": transit_of(data["transit"]), "daily_distance": None}
    if "daily_distance" in data:
        changes["transit"] = ()
    if "unit_prices" in data:
        changes |= {"unit_prices": unit_prices_of(data["unit_prices"]), "per_kg": 0, "parcel_prices": ()}
    if "parcel_prices" in data:
        changes |= {"parcel_prices": tuple(parcel_prices_of(data["parcel_prices"])), "per_kg": 0, "unit_prices": ()}
    if "per_kg" in data:
        changes |= {"unit_prices": (), "parcel_prices": ()}
    if "runs" in data or "closed" in data:
        changes["runs"] = _CALENDARS.running(data.get("runs"), changes.pop("closed", ()))
    if "mode" in data:
        changes["emission"] = like.emission
    if "grams_per_tonne_km" in data:
        changes["emission"] = data["grams_per_tonne_km"]
    changes |= {"countries": frozenset(data["countries"])} if "countries" in data else {}
    return dataclasses.replace(base or like, **{**changes, "id": name})


def _product(test_file: PolicyTestFile, sku: str, data: Mapping[str, Any], path: Path) -> Product:
    changes = {key: value for key, value in data.items() if key != "name"}
    base = test_file.base.products.get(sku) or default_product(sku)
    changes |= {"tags": frozenset(data["tags"])} if "tags" in data else {}
    changes |= {"margin": changes.pop("unit_margin")} if "unit_margin" in data else {}
    if "attributes" in data:
        changes["attributes"] = {**base.attributes, **dict(_attributes(test_file, "product", data["attributes"], path))}
    return dataclasses.replace(base, **changes)


def _attributes(
    test_file: PolicyTestFile, group: str, raw: Mapping[str, Raw], path: Path
) -> Iterator[tuple[str, Value]]:
    for name, item in raw.items():
        where, fact = (*path, "attributes", name), f"{group}.attributes.{name}"
        if fact not in test_file.kinds and _is_mistaken(test_file, fact):
            who = "the network declares" if test_file.declared else "the rules mention"
            test_file.notes.add(where, "unknown-attribute", f"{who} no '{fact}'", test_file.kinds, fact)
            continue
        kind = test_file.kinds.get(fact) or _kind_of(item)
        try:
            yield name, _attribute(kind, item)
        except LiteralInvalid as error:
            test_file.notes.add(where, "bad-value", f"{fact}: {error}")


def _is_mistaken(test_file: PolicyTestFile, fact: str) -> bool:
    """Whether an attribute without a kind is a mistake. If nothing declares attributes, only one that looks like a
    misspelled attribute of a rule is.
    """
    return test_file.declared or bool(difflib.get_close_matches(fact, test_file.kinds, n=1, cutoff=0.9))


def _attribute(kind: Kind, raw: Raw) -> Value:
    if isinstance(raw, list) and kind is Kind.TAGS and all(isinstance(item, str) for item in raw):
        return frozenset(str(item) for item in raw)
    if not isinstance(raw, str):
        raise LiteralInvalid("a list of tags is expected" if kind is Kind.TAGS else "a single value is expected")
    return attribute_value(kind, raw)


def _kind_of(raw: Raw) -> Kind:
    """The kind of an attribute that is not declared, by how its value is written."""
    if isinstance(raw, list):
        return Kind.TAGS
    if isinstance(raw, Plain) and raw in ("true", "false"):
        return Kind.FLAG
    try:
        literals.number(str(raw))
    except LiteralInvalid:
        return Kind.WORD
    return Kind.NUMBER if isinstance(raw, Plain) else Kind.WORD


def _stock(test_file: PolicyTestFile, test: Mapping[str, Raw], path: Path, nodes: Mapping[str, Node]) -> _Stock:
    if "stock" not in test and USUAL not in test_file.part("stock"):
        return _Stock({}, {}, {}, {}, {})
    raw = test.get("stock", USUAL)
    where: Path = ("stock", raw) if isinstance(raw, str) else (*path, "stock")
    fixture = resolve_fixture(test_file, "stock", raw, (*path, "stock"))
    return positions(test_file, fixture or {}, where, nodes)


def positions(test_file: PolicyTestFile, raw: Mapping[str, Raw], path: Path, nodes: Mapping[str, Node]) -> _Stock:
    """The positions in `raw`, by SKU and node, and what belongs to them, without those with mistakes, which are
    noted.
    """
    by_sku, lots, taken, to_come, lookahead = stock = _Stock({}, {}, {}, {}, {})
    for sku, by_node in raw.items():
        by_sku[str(sku)] = {}
        if not isinstance(by_node, dict):
            test_file.notes.add(
                (*path, sku), "wrong-type", f"write {sku}: {{store: 3}}, or {sku}: {{}} if nobody has any"
            )
            continue
        for node, item in by_node.items():
            where = (*path, sku, node)
            if node not in nodes:
                test_file.notes.add(where, "unknown-node", f"unknown node '{node}'", nodes, node)
                continue
            units = {"on_hand": item} if isinstance(item, str) else item
            data = load_shape(test_file.shapes.position, units, where, test_file.notes)
            if data:
                pace, of_lots = data.get("daily_sales"), data.get("lots", {})
                on_hand = data.get("on_hand", sum(of_lots.values()))
                by_sku[str(sku)][str(node)] = StockPosition(on_hand=on_hand, held=data.get("held", 0), pace=pace)
                if of_lots:
                    its = ((lot_label(str(number), day), of_lots[day]) for number, day in enumerate(of_lots, start=1))
                    lots.setdefault(str(sku), {})[str(node)] = tuple(sorted(its))
                taken.setdefault(str(sku), {})[str(node)] = data.get("taken", {})
                if "lookahead" in data:
                    lookahead.setdefault(str(sku), {})[str(node)] = data["lookahead"]
                if data.get("receipts"):
                    of_node = {str(name): ToCome(**item) for name, item in data["receipts"].items()}
                    to_come.setdefault(str(sku), {})[str(node)] = of_node
    return stock
