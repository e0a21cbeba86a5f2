"""What an order of a test meets: nodes, services, products and stock, from the network, the file and the case."""

import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from marshmallow import Schema

from api.files.attributes import attribute_value
from api.files.network_yaml import transit_of, unit_prices_of
from api.files.opening_hours import Calendars
from api.files.policy_tests.defaults import ANYWHERE, BY_MODE, NODES, SERVICES, away, plain_product
from api.files.policy_tests.shapes import Shapes, shaped
from engine.decide.policy_tests.runner import Rejected
from engine.model.facts import Inventory, Network, Node, Place, Position, Product, Service, Snapshot
from rules.errors import LiteralInvalid
from rules.syntax import literals
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Node as Raw
from rules.syntax.yaml_document import Path, Plain
from rules.vocabulary import Kind, Value

USUAL = "usual"
"""The name of the order and the stock that a case gets which names none."""
LIKE = "like"
_RIVALS = {
    "away": ("latitude", "longitude"),
    "latitude": ("away",),
    "takes": ("transit", "daily_distance"),
    "transit": ("takes", "daily_distance"),
    "daily_distance": ("takes", "transit"),
    "per_kg": ("unit_prices",),
    "unit_prices": ("per_kg",),
}
"""Ways to say the same."""
_CALENDARS = Calendars(opening_hours={}, holidays={})
"""A test names no lists of days off: it writes the days."""


@dataclass(slots=True, kw_only=True)
class Sheet:
    """One test file while it is read. `base` is the network it names, or the plain one; `kinds` those of the
    attributes that the network declares or that rules compare, by path; `declared` whether there are no others.
    """

    notes: Notes
    root: dict[str, Raw]
    base: Inventory
    kinds: Mapping[str, Kind]
    declared: bool
    shapes: Shapes
    used: set[tuple[str, str]] = field(default_factory=set)
    """The fixtures that cases use, as (part, name)."""
    read: dict[str, "_Layers"] = field(default_factory=dict)
    """What the file says of nodes, services and products, once it has been read."""

    def part(self, name: str) -> dict[str, Raw]:
        """The fixtures under `name`; what is not a mapping has been noted."""
        found = self.root.get(name)
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`stock` by SKU and node, `skus` those that an order may name."""

    network: Network
    products: Mapping[str, Product]
    stock: Mapping[str, Mapping[str, Position]]
    loads: Mapping[str, int]
    rejected: Mapping[str, Rejected]
    base: Inventory

    @property
    def skus(self) -> set[str]:
        return {*self.products, *self.base.products, *self.stock}

    def product(self, sku: str) -> Product:
        return self.products.get(sku) or self.base.products.get(sku) or plain_product(sku)

    def snapshot(self, skus: Iterable[str]) -> Snapshot:
        """Of the SKUs that are known."""
        known = self.skus.intersection(skus)
        return Snapshot(
            network=self.network,
            products={sku: self.product(sku) for sku in known},
            positions={sku: self._positions(sku) for sku in known},
            loads=self.loads,
        )

    def _positions(self, sku: str) -> Mapping[str, Position]:
        if sku in self.stock:
            return self.stock[sku]
        paces = self.base.paces.get(sku, {})
        units = self.base.stock.get(sku, {})
        return {node: Position(on_hand=count, pace=paces.get(node)) for node, count in units.items()}


def scene(sheet: Sheet, case: Mapping[str, Raw], path: Path) -> Scene:
    """What `case` (at `path`) says, over what the file says, over what the network says."""
    base = sheet.base.network
    parts = {name: _layers(sheet, case, path, name) for name in ("nodes", "services", "products")}
    services = {
        **base.services,
        **{name: _service(base.services.get(name), name, data) for name, (data, _) in parts["services"].items()},
    }
    nodes = {
        **base.nodes,
        **{name: _node(sheet, name, data, where) for name, (data, where) in parts["nodes"].items()},
    }
    for name, (_, where) in parts["nodes"].items():
        for unknown in [service for service in nodes[name].services if service not in services]:
            sheet.notes.add((*where, "services"), "unknown-service", f"unknown service '{unknown}'", services, unknown)
    changed = parts["nodes"] or parts["services"]
    return Scene(
        network=dataclasses.replace(base, nodes=nodes, services=services, worked_out={}) if changed else base,
        products={sku: _product(sheet, sku, data, where) for sku, (data, where) in parts["products"].items()},
        stock=_stock(sheet, case, path, nodes),
        loads={name: data["load"] for name, (data, _) in parts["nodes"].items() if "load" in data},
        rejected={
            name: Rejected(**data["rejected"]) for name, (data, _) in parts["nodes"].items() if "rejected" in data
        },
        base=sheet.base,
    )


def fixture(sheet: Sheet, part: str, raw: Raw, path: Path, seen: tuple[str, ...] = ()) -> dict[str, Raw] | None:
    """What a case gives as its order or stock: the fixture of that name, or what is written out, over what it is
    like. None if that is noted as a mistake.
    """
    if isinstance(raw, str):
        names = sheet.part(part)
        if raw not in names:
            what = "order" if part == "orders" else part
            sheet.notes.add(path, f"unknown-{what}", f"nothing goes by the name '{raw}' under {part}", names, raw)
            return None
        if raw in seen:
            sheet.notes.add(path, "cyclic-like", f"'{raw}' is like itself: {' -> '.join((*seen, raw))}")
            return None
        sheet.used.add((part, raw))
        return fixture(sheet, part, names[raw], (part, raw), (*seen, raw))
    if not isinstance(raw, dict):
        sheet.notes.add(path, "wrong-type", f"write a name from {part}, or a mapping")
        return None
    if LIKE not in raw:
        return raw
    like = fixture(sheet, part, raw[LIKE], (*path, LIKE), seen) if isinstance(raw[LIKE], str) else None
    if like is None and not isinstance(raw[LIKE], str):
        sheet.notes.add((*path, LIKE), "wrong-type", f"write a name from {part}")
    return None if like is None else {**like, **{name: item for name, item in raw.items() if name != LIKE}}


_Layers: TypeAlias = dict[str, tuple[dict[str, Any], Path]]
"""By name, what is said of it, and where it stands last."""


def _layers(sheet: Sheet, case: Mapping[str, Raw], path: Path, part: str) -> _Layers:
    """What the file and the case say, put together."""
    if part not in sheet.read:
        sheet.read[part] = _layer(sheet, sheet.root, (), part)
    found = dict(sheet.read[part])
    for name, (after, place) in _layer(sheet, case, path, part).items():
        before = _without_rivals(found.get(name, ({}, ()))[0], after)
        attributes = {**before.get("attributes", {}), **after.get("attributes", {})}
        found[name] = ({**before, **after, **({"attributes": attributes} if attributes else {})}, place)
    return found


def _without_rivals(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What the file said, but for what the case now says in another way."""
    gone = {rival for key, rivals in _RIVALS.items() if key in after for rival in rivals}
    return {key: value for key, value in before.items() if key not in gone}


def _layer(sheet: Sheet, root: Mapping[str, Raw], path: Path, part: str) -> _Layers:
    shape: Schema = getattr(sheet.shapes, part.removesuffix("s"))
    entries = root.get(part)
    named = entries.items() if isinstance(entries, dict) else ()
    return {name: (shaped(shape, raw, (*path, part, name), sheet.notes), (*path, part, name)) for name, raw in named}


def _node(sheet: Sheet, name: str, data: Mapping[str, Any], path: Path) -> Node:
    changes = {key: value for key, value in data.items() if key not in ("name", "away", "load", "rejected")}
    base = sheet.base.network.nodes.get(name) or NODES[data.get("type", "warehouse")]
    if "away" in data:
        changes["place"] = away(data["away"])
    if "latitude" in data:
        changes["place"] = Place(latitude=changes.pop("latitude"), longitude=changes.pop("longitude"))
    changes |= {"tags": frozenset(data["tags"])} if "tags" in data else {}
    changes |= {"services": tuple(data["services"])} if "services" in data else {}
    changes |= {"unit_handling": changes.pop("handling_per_unit")} if "handling_per_unit" in data else {}
    if "hours" in data or "closed" in data:
        changes["hours"] = _CALENDARS.opening(data.get("hours"), changes.pop("closed", ()))
    if "attributes" in data:
        changes["attributes"] = {**base.attributes, **dict(_attributes(sheet, "node", data["attributes"], path))}
    return dataclasses.replace(base, **{**changes, "id": name})


def _service(base: Service | None, name: str, data: Mapping[str, Any]) -> Service:
    changes = {key: value for key, value in data.items() if key not in ("takes", "grams_per_tonne_km")}
    like = BY_MODE[data["mode"]] if "mode" in data else SERVICES["parcel"]
    if "takes" in data:
        changes |= {"transit": ((ANYWHERE, data["takes"]),), "daily_distance": None}
    if "transit" in data:
        changes |= {"transit": transit_of(data["transit"]), "daily_distance": None}
    if "daily_distance" in data:
        changes["transit"] = ()
    if "unit_prices" in data:
        changes |= {"unit_prices": unit_prices_of(data["unit_prices"]), "per_kg": 0}
    if "per_kg" in data:
        changes["unit_prices"] = ()
    if "runs" in data or "closed" in data:
        changes["runs"] = _CALENDARS.running(data.get("runs"), changes.pop("closed", ()))
    if "mode" in data:
        changes["emission"] = like.emission
    if "grams_per_tonne_km" in data:
        changes["emission"] = data["grams_per_tonne_km"]
    changes |= {"countries": frozenset(data["countries"])} if "countries" in data else {}
    return dataclasses.replace(base or like, **{**changes, "id": name})


def _product(sheet: Sheet, sku: str, data: Mapping[str, Any], path: Path) -> Product:
    changes = {key: value for key, value in data.items() if key != "name"}
    base = sheet.base.products.get(sku) or plain_product(sku)
    changes |= {"tags": frozenset(data["tags"])} if "tags" in data else {}
    if "attributes" in data:
        changes["attributes"] = {**base.attributes, **dict(_attributes(sheet, "product", data["attributes"], path))}
    return dataclasses.replace(base, **changes)


def _attributes(sheet: Sheet, group: str, raw: Mapping[str, Raw], path: Path) -> Iterator[tuple[str, Value]]:
    for name, item in raw.items():
        where, fact = (*path, "attributes", name), f"{group}.attributes.{name}"
        if fact not in sheet.kinds and _is_mistaken(sheet, fact):
            who = "the network declares" if sheet.declared else "the rules speak of"
            sheet.notes.add(where, "unknown-attribute", f"{who} no '{fact}'", sheet.kinds, fact)
            continue
        kind = sheet.kinds.get(fact) or _kind_of(item)
        try:
            yield name, _attribute(kind, item)
        except LiteralInvalid as error:
            sheet.notes.add(where, "bad-value", f"{fact}: {error}")


def _is_mistaken(sheet: Sheet, fact: str) -> bool:
    """Where nothing declares attributes, one that no rule speaks of is let be, unless it looks like one of theirs."""
    return sheet.declared or bool(difflib.get_close_matches(fact, sheet.kinds, n=1, cutoff=0.9))


def _attribute(kind: Kind, raw: Raw) -> Value:
    if isinstance(raw, list) and kind is Kind.TAGS and all(isinstance(item, str) for item in raw):
        return frozenset(str(item) for item in raw)
    if not isinstance(raw, str):
        raise LiteralInvalid("a list of tags is expected" if kind is Kind.TAGS else "a single value is expected")
    return attribute_value(kind, raw)


def _kind_of(raw: Raw) -> Kind:
    """What the author takes an attribute for that nobody declares."""
    if isinstance(raw, list):
        return Kind.TAGS
    if isinstance(raw, Plain) and raw in ("true", "false"):
        return Kind.FLAG
    try:
        literals.number(str(raw))
    except LiteralInvalid:
        return Kind.WORD
    return Kind.NUMBER if isinstance(raw, Plain) else Kind.WORD


def _stock(
    sheet: Sheet, case: Mapping[str, Raw], path: Path, nodes: Mapping[str, Node]
) -> dict[str, dict[str, Position]]:
    if "stock" not in case and USUAL not in sheet.part("stock"):
        return {}
    raw = case.get("stock", USUAL)
    named, where = (raw, ("stock", raw)) if isinstance(raw, str) else (None, (*path, "stock"))
    found = fixture(sheet, "stock", raw, (*path, "stock"))
    return positions(sheet, found or {}, where if named is None else ("stock", named), nodes)


def positions(
    sheet: Sheet, raw: Mapping[str, Raw], path: Path, nodes: Mapping[str, Node]
) -> dict[str, dict[str, Position]]:
    """The positions in `raw`, by SKU and node; mistakes are noted and left out."""
    found: dict[str, dict[str, Position]] = {}
    for sku, by_node in raw.items():
        found[str(sku)] = {}
        if not isinstance(by_node, dict):
            sheet.notes.add((*path, sku), "wrong-type", f"write {sku}: {{store: 3}}, or {sku}: {{}} if nobody has any")
            continue
        for node, item in by_node.items():
            where = (*path, sku, node)
            if node not in nodes:
                sheet.notes.add(where, "unknown-node", f"unknown node '{node}'", nodes, node)
                continue
            units = {"on_hand": item} if isinstance(item, str) else item
            data = shaped(sheet.shapes.position, units, where, sheet.notes)
            if data:
                pace = data.get("daily_sales")
                found[str(sku)][str(node)] = Position(on_hand=data["on_hand"], held=data.get("held", 0), pace=pace)
    return found
