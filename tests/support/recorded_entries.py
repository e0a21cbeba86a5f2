"""Entries as releases logged them, each with the network, the products and the policies that its decision names.

`python -m tests.support.recorded_entries` writes those of this release. A file that was written once is not written
again: whatever later releases do, they replay what is in it, or say which rule of meaning changed.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from engine.audit.comparison.former_form import former_decision
from engine.decide.facts_record import FactsRecord, facts_from_json
from engine.decide.matching.matcher import Matcher
from engine.decide.record import DecisionRecord, facts_of, from_json
from engine.model.facts import NetworkCaches, Product
from engine.orders.amendment.plan import AmendRequest
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.log import decision_log
from engine.store.network.serialization import dump, network_of, network_record, product_of, product_record
from engine.version import MEANING, VERSION
from rules.loader import load_policies
from tests.support.facts import HOUR, LILLE, LYON, NOW, PARIS, inventory, lots, node, order, policy_file

FOLDER = Path(__file__).parents[1] / "data" / "entries"
RULES = (
    "when: {node.load: {at_least: 1}}, then: {avoid: 1.00}",
    "when: {product.category: home, stock.available: {at_most: 3}}, then: {keep: 1}",
    "when: {node.id: lille}, then: {daily_units: 90, hourly_orders: 40}",
    "when: {node.id: paris}, then: {allocate: {channel: web, units: 6, per: day}}",
    "when: {rejection.reason: no_capacity}, then: {rest_after_rejection: 2h}",
    "when: {order.units: {at_least: 9}}, then: {split_penalty: 1.00, priority: 80}",
)


class RecordedEntries:
    """Those of one file."""

    def __init__(self, path: Path) -> None:
        content = json.loads(path.read_text(encoding="utf-8"))
        self.entries: list[tuple[DecisionRecord, bytes, bytes]] = [
            (from_json(item["record"].encode()), item["record"].encode(), item["facts"].encode())
            for item in content["entries"]
        ]
        self._networks = {
            version: NetworkCaches(network_of(version, body)) for version, body in content["networks"].items()
        }
        self._products = content["products"]
        self._policies = {
            version: {name: text.encode() for name, text in texts.items()}
            for version, texts in content["policies"].items()
        }

    def facts(self, body: bytes, logged: bytes) -> FactsRecord:
        return facts_from_json(facts_of(body, logged))

    def network(self, version: str) -> NetworkCaches:
        return self._networks[version]

    def products(self, version: str) -> dict[str, tuple[Product, Any]]:
        return {sku: product_of(record) for sku, record in self._products[version].items()}

    def matcher(self, version: str) -> Matcher:
        return Matcher(load_policies(self._policies[version]))


def _entries() -> dict[str, Any]:
    """A short life of a network, as this release logs it."""
    places = [node("lyon", LYON), node("lille", LILLE), node("paris", PARIS), node("nice", LYON)]
    stock = {"A": {"lyon": 6, "lille": 2, "paris": 9}, "B": {"lyon": 3, "lille": 0}, "C": {"nice": 8}}
    stock |= {"D": {"lyon": 9}, "E": {"lille": 9}, "F": {"paris": 9}}
    of_lots = {"C": {"nice": lots(a=(3, 2), b=(5, 90))}}
    loaded = inventory(places, stock, paces={"A": {"lyon": 500}}, lots=of_lots)
    now = [NOW]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as data,
        Pointsman(Settings(data=Path(data)), clock=lambda: float(now[0])) as pointsman,
    ):
        pointsman.load(loaded)
        version = pointsman.publish(policy_file(*RULES), who="tests", note="").version
        pointsman.activate(version, who="tests", note="")
        _live(pointsman, now)
        entries = [
            {"record": entry.body.decode(), "facts": entry.logged_facts.decode()}
            for entry in decision_log.decisions(pointsman._client, pointsman._keys)
        ]
        texts = {name: text.decode() for name, text in policy_file(*RULES).items()}
    network = loaded.network.version
    return {
        "release": VERSION,
        "networks": {network: orjson.loads(dump(network_record(loaded.network)))},
        "products": {
            network: {
                sku: orjson.loads(dump(product_record(item, loaded.paces.get(sku, {}))))
                for sku, item in loaded.products.items()
            }
        },
        "policies": {version: texts},
        "entries": entries,
    }


def _live(pointsman: Pointsman, now: list[int]) -> None:
    for number, sku in enumerate("DEF", start=7):
        pointsman.decide(order((sku, 1), id=f"W-{number}"))
    first = pointsman.decide(order(("B", 1), id="W-1")).record
    now[0] += 40
    second = pointsman.decide(order(("A", 2), ("C", 1), id="W-2", promise_by=NOW + 60 * HOUR)).record
    (shipped_from,) = {item.node for item in second.shipments if item.lines[0].sku == "A"}
    pointsman.rerouting.reject(RejectionRequest(decision=second.id or "", node=shipped_from, reason="no_capacity"))
    now[0] += 40
    pointsman.amendments.amend(AmendRequest(order=order(("A", 3), id=first.order.id), waits=True))
    pointsman.decide(order(("A", 9), id="W-3", tags=frozenset({"gift"})), wait=True, hold_minutes=20)
    orders = [order(("C", 3), id="W-4"), order(("C", 6), id="W-5"), order(("A", 1), id="W-6", place=LILLE)]
    list(pointsman.batch(orders, now=NOW - 60).results())


def _in_former_forms(content: dict[str, Any]) -> dict[str, Any]:
    """The same as releases before this one logged it."""
    return {**content, "release": "before 0.1.0", "entries": list(_former_entries(content["entries"]))}


def _former_entries(entries: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    for item in entries:
        record, facts = json.loads(item["record"]), json.loads(item["facts"])
        former = former_decision(record, facts)
        for schema in (0, 1):
            numbered = {name: value for name, value in former.items() if schema or name != "schema"}
            yield {"record": _text(numbered), "facts": ""}
        in_part = {"stock": facts["stock"], "excluded": facts["excluded"]}
        for columns in in_part["stock"].values():
            columns.pop("empty", None)
            columns.pop("held_of_empty", None)
        yield {"record": item["record"], "facts": _text(in_part)}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def write() -> None:
    content = _entries()
    for name, written in ((f"{VERSION}-meaning-{MEANING}", content), ("former-forms", _in_former_forms(content))):
        path = FOLDER / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(written, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
