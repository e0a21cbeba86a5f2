"""Every operation over HTTP that changes something leaves an entry of the log, which says who did it, through what,
from where, by which request and operation, and when by both clocks.
"""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Request
from werkzeug.test import create_environ

from api.http.access.origin import origin_of
from engine.model.demand import DemandTerms
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.store.log.entry import Entry
from tests.conftest import PARKS_RISKY_ORDERS, activate, small
from tests.support.callers import client_of
from tests.support.facts import NOW, policy_file
from tests.support.order_json import order_json
from tests.support.parcels import packing_network

CHANGES_NOTHING = {
    *("stock.availability_of_many", "quotes.promises"),
    *("policies.check", "policies.explain", "policies.edit"),
    *("policies.save_draft", "policies.delete_draft"),  # a draft decides nothing; what is published of it is logged
    "quotes.quote",  # it is forgotten after its time, and holds nothing
    *("whatif.begin", "whatif.cancel"),  # it is forgotten after its time, too; that decisions were read is recorded
    "policies.cancel_gate",  # what came of it before stays
    "webhooks.test",
    "returns.place",
}
"""Operations that are sent as POST and change nothing that stays."""
TRIED_ELSEWHERE = {
    *("printing.add", "printing.retry", "printing.drop", "printing.test"),
    *("tracking.events", "carrier_webhooks.call", "connectors.push"),
    *("connectors.replay_file", "connectors.drop_file"),
    "policies.run_gate",
    *("policies.ask", "policies.take_back", "policies.decline"),
}
"""What is printed is in no log; what carriers and other systems say is, once something follows from it, and a gate once
a worker has run it; approvals are asked for where four eyes are needed. See the tests of these.
"""
TAKES_NO_KEY = {
    "backlog.run",
    "inbound.announce_many",
    "movements.move",
    "master_data.post_nodes",
    "master_data.post_products",
}
"""Long requests: what they carry out has names of its own, or can be sent again."""
NDJSON = "application/x-ndjson"


@pytest.fixture
def runs_backlog():
    """Nobody offers stock to orders that wait, so that there is something left for a run."""
    return "manual"


@dataclass(frozen=True)
class Shop:
    """What calls are prepared with, by another caller than the one that is looked at."""

    http: Any
    pointsman: Any

    def decided(self, *lines, query="", **more):
        answer = self.http.post(f"/v1/decisions{query}", json=order_json(*lines, **more))
        assert answer.status_code == 201, answer.data
        return answer.get_json()

    def decision(self, *lines, **more):
        return f"/v1/decisions/{self.decided(*lines, **more)['id']}"

    def order(self, *lines, **more):
        return f"/v1/orders/{self.decided(*lines, **more)['order']['id']}"

    def ended_order(self):
        made = self.decided(("SHIRT", 1))
        self.http.post(f"/v1/decisions/{made['id']}/confirm", json={})
        return f"/v1/orders/{made['order']['id']}"

    def published(self, *rules):
        return self.pointsman.publish(policy_file(*rules), who="Zoe", note="").version

    def canary(self):
        body = {"version": self.published("then: {hold: 2 h}"), "share": "5%"}
        assert self.http.post("/v1/policies/canary", json=body).status_code == 200

    def scheduled(self, *rules):
        version = self.published(*rules)
        self.pointsman.versions.activate(version, who="Zoe", note="", since=NOW + 3_600)
        return version

    def webhook(self):
        return f"/v1/webhooks/{self.pointsman.events.webhooks.add('https://shop.example/', by='Zoe').id}"

    def key(self):
        network = self.pointsman.settings.network
        return f"/v1/keys/{self.pointsman.api_keys.create(role='oms', client='Till', networks=(network,)).stored.id}"

    def confirmed(self):
        path = self.decision(("SHIRT", 1))
        self.http.post(f"{path}/confirm", json={})
        return path

    def begin_days_ago(self):
        """Load the network anew, in a log that begins days ago."""
        asked = dataclasses.replace(small().network, demand=DemandTerms(source="log", window=2))
        self.pointsman.forget()
        self.pointsman._clock.now = NOW - 4 * 86_400
        self.pointsman.load(dataclasses.replace(small(), network=dataclasses.replace(asked, version="0" * 64)))
        self.pointsman._clock.now = NOW

    def returnable(self):
        """What opens a return of an order that was shipped."""
        self.confirmed()
        (order,) = self.http.get("/v1/orders").get_json()["orders"]
        lines = [{"line": order["lines"][0]["line"], "quantity": 1}]
        return {"order": order["id"], "id": "R-1", "reason": "wrong_size", "lines": lines}

    def returned(self, *steps):
        """The path of a return of which these steps were taken."""
        bodies = {"receive": {"node": "lyon", "lines": {"1": 1}}, "inspect": {"groups": [{"grade": "as_new"}]}}
        assert self.http.post("/v1/returns", json=self.returnable()).status_code == 201
        for step in steps:
            assert self.http.post(f"/v1/returns/R-1/{step}", json=bodies[step]).status_code == 200
        return "/v1/returns/R-1"

    def labellable(self):
        """The path of a return whose customer and place have addresses."""
        packing_network(self.pointsman)
        decision = self.decided(("A", 1), id="O-1")["id"]
        assert self.http.post(f"/v1/decisions/{decision}/confirm").status_code == 200
        assert self.http.put("/v1/orders/O-1/addressee", json=ADDRESSEE).status_code == 204
        body = {"order": "O-1", "id": "R-1", "reason": "wrong_size", "lines": [{"line": "1", "quantity": 1}]}
        assert self.http.post("/v1/returns", json=body).status_code == 201
        return "/v1/returns/R-1"

    def labelled(self):
        place = self.labellable()
        assert self.http.post(f"{place}/label", json={}).status_code == 201
        return place

    def transfer(self, *steps):
        """The path of a transfer of which these steps were taken, in a network with a lane for it."""
        ends = NodeNames(nodes=frozenset({"lyon", "paris"}))
        lanes = (TransferLane(origin=ends, goal=ends, takes=60),)
        network = dataclasses.replace(small().network, transfer_lanes=lanes, version="0" * 64)
        self.pointsman.load(dataclasses.replace(small(), network=network))
        for path in ("", *(f"/T-1/{step}" for step in steps)):
            assert self.http.post(f"/v1/transfers{path}", json={} if path else _MOVED).status_code < 300
        return "/v1/transfers/T-1"

    def worth_moving(self):
        """The path by which what is worth moving is stored. Nobody asks for SHIRT where most of it is."""
        ends = NodeNames(nodes=frozenset({"lyon", "paris"}))
        lanes = (TransferLane(origin=ends, goal=ends, takes=60),)
        network = dataclasses.replace(small().network, transfer_lanes=lanes, version="0" * 64)
        priced = dataclasses.replace(small().products["SHIRT"], margin=9_000_000)
        products, paces = {**small().products, "SHIRT": priced}, {"SHIRT": {"lyon": 0, "paris": 1_000}}
        self.pointsman.load(dataclasses.replace(small(), network=network, products=products, paces=paces))
        return "/v1/transfers/propose?save=true"

    def lane(self):
        self.transfer()
        return "/v1/transfers"

    def rejected(self):
        self.http.post(f"{self.decision(('RARE', 1))}/reject", json={"node": "lyon", "reason": "no_capacity"})

    def packable(self):
        """The path of a shipment in a network whose shipments can be packed."""
        packing_network(self.pointsman)
        return f"/v1/shipments/{self.decided(('A', 1))['id']}/0"

    def packed(self):
        place = self.packable()
        assert self.http.post(f"{place}/packed", json={"addressee": ADDRESSEE}).status_code == 200
        return place

    def waiting(self):
        return self.decided(("RARE", 99), query="?wait=true")["id"]

    def quoted(self):
        cart = {name: value for name, value in order_json().items() if name not in ("id", "placed_at")}
        return self.http.post("/v1/quotes", json=cart).get_json()["id"]


def _line(item):
    return json.dumps(item) + "\n"


def _units_free(shop):
    shop.waiting()
    shop.http.post("/v1/stock/movements", data=_line(_MOVEMENT | {"delta": 200, "sku": "RARE"}), content_type=NDJSON)
    return "POST", "/v1/backlog/run", {}


ADDRESSEE = {"name": "Zoë", "lines": ["7 bis"], "town": "Paris", "country": "FR"}
_MOVED = {"id": "T-1", "from": "lyon", "to": "paris", "lines": [{"sku": "SHIRT", "quantity": 1}]}
_MOVEMENT = {"op": "goods-in", "node": "lyon", "sku": "SHIRT", "delta": 1}
_TO_COME = {
    "source": "asn",
    "node": "lyon",
    "sku": "SHIRT",
    "quantity": 5,
    "status": "planned",
    "sequence": 1,
    "expected_at": "2030-01-01T00:00:00Z",
}
_MUG = {"category": "home", "lifecycle": "new", "weight_g": 350}
_NICE = {"type": "store", "latitude": 43.7, "longitude": 7.26, "country": "FR", "services": ["parcel"]}
Call = tuple[str, str, Any]
CALLS: dict[str, tuple[str, Callable[[Shop], Call]]] = {
    "backlog.run": ("decided", _units_free),
    "backlog.withdraw": ("withdrawn", lambda shop: ("DELETE", f"/v1/backlog/{shop.waiting()}", None)),
    "decisions.decide": ("decided", lambda _: ("POST", "/v1/decisions", order_json(("SHIRT", 1)))),
    "decisions.decide_batch": ("decided", lambda _: ("POST", "/v1/decisions/batch", {"orders": [order_json()]})),
    "demand.learn": ("demand_learnt", lambda shop: (shop.begin_days_ago(), ("POST", "/v1/demand/learn", None))[1]),
    "inbound.announce_many": ("expected", lambda _: ("POST", "/v1/inbound", _line(_TO_COME | {"id": "PO-1"}))),
    "inbound.put": ("expected", lambda _: ("PUT", "/v1/inbound/PO-1", _TO_COME)),
    "inbound.receive": (
        "received",
        lambda shop: (
            shop.http.put("/v1/inbound/PO-1", json=_TO_COME),
            ("POST", "/v1/inbound/PO-1/receive", {"quantity": 4}),
        )[1],
    ),
    "holds.confirm": ("confirmed", lambda shop: ("POST", f"{shop.decision(('SHIRT', 1))}/confirm", {})),
    "holds.extend": ("extended", lambda shop: ("POST", f"{shop.decision()}/extend", {"minutes": 3 * 24 * 60})),
    "holds.release": ("released", lambda shop: ("POST", f"{shop.decision()}/release", {})),
    "holds.undo": ("undone", lambda shop: ("POST", f"{shop.confirmed()}/confirm/undo", {})),
    "master_data.post_nodes": ("network_changed", lambda _: ("POST", "/v1/nodes", _line(_NICE | {"id": "nice"}))),
    "master_data.post_products": ("network_changed", lambda _: ("POST", "/v1/products", _line(_MUG | {"sku": "MUG"}))),
    "master_data.put_node": ("network_changed", lambda _: ("PUT", "/v1/nodes/nice", _NICE)),
    "master_data.put_product": ("network_changed", lambda _: ("PUT", "/v1/products/MUG", _MUG)),
    "movements.move": ("moved", lambda _: ("POST", "/v1/stock/movements", _line(_MOVEMENT))),
    "orders.amend": ("amended", lambda shop: ("POST", f"{shop.order()}/amend", _amended())),
    "orders.approve": (
        "approved",
        lambda shop: ("POST", f"{shop.order(segment='risky')}/approve", {"note": "called"}),
    ),
    "orders.cancel": ("cancelled", lambda shop: ("POST", f"{shop.order()}/cancel", {})),
    "orders.erase": ("erased", lambda shop: ("POST", f"{shop.ended_order()}/erase", {"note": "asked for"})),
    "orders.wait": ("queued", lambda shop: ("POST", f"{shop.order(('RARE', 99))}/wait", {})),
    "policies.activate": (
        "activated",
        lambda shop: ("POST", f"/v1/policies/{shop.published('then: {hold: 2 h}')}/activate", {"note": "sale"}),
    ),
    "policies.approve": (
        "policy_approved",
        lambda shop: ("POST", f"/v1/policies/{shop.published('then: {hold: 2 h}')}/approve", {"note": "read it"}),
    ),
    "addressees.put": ("addressed", lambda _: ("PUT", "/v1/orders/O-1/addressee", ADDRESSEE)),
    "addressees.remove": (
        "addressed",
        lambda shop: (
            shop.http.put("/v1/orders/O-1/addressee", json=ADDRESSEE),
            ("DELETE", "/v1/orders/O-1/addressee", None),
        )[1],
    ),
    "parcels.pack": ("packed", lambda shop: ("POST", f"{shop.packable()}/packed", {"addressee": ADDRESSEE})),
    "parcels.cancel": ("packing_cancelled", lambda shop: ("POST", f"{shop.packed()}/cancel", {})),
    "manifests.close": (
        "manifested",
        lambda shop: (shop.packed(), ("POST", "/v1/manifests", {"node": "lyon", "carrier": "colis"}))[1],
    ),
    "promises.progress": (
        "progressed",
        lambda shop: ("POST", f"/v1/shipments/{shop.decided()['id']}/0/progress", {"milestone": "picked"}),
    ),
    "policies.publish": ("published", lambda _: ("POST", "/v1/policies", {"files": _files("then: {hold: 2 h}")})),
    "policies.unschedule": (
        "unscheduled",
        lambda shop: ("POST", f"/v1/policies/{shop.scheduled('then: {hold: 2 h}')}/unschedule", {"note": "put off"}),
    ),
    "policies.start_shadow": (
        "shadow_started",
        lambda shop: ("POST", "/v1/policies/shadow", {"version": shop.published("then: {hold: 2 h}")}),
    ),
    "policies.end_shadow": (
        "shadow_ended",
        lambda shop: (
            shop.http.post("/v1/policies/shadow", json={"version": shop.published("then: {hold: 2 h}")}),
            ("POST", "/v1/policies/shadow/end", {}),
        )[1],
    ),
    "policies.start_canary": (
        "canary_started",
        lambda shop: ("POST", "/v1/policies/canary", {"version": shop.published("then: {hold: 2 h}"), "share": "5%"}),
    ),
    "policies.grow_canary": (
        "canary_grown",
        lambda shop: (shop.canary(), ("POST", "/v1/policies/canary/share", {"share": "25%"}))[1],
    ),
    "policies.end_canary": (
        "canary_ended",
        lambda shop: (shop.canary(), ("POST", "/v1/policies/canary/end", {}))[1],
    ),
    "policies.rollback": ("activated", lambda _: ("POST", "/v1/policies/rollback", {"note": "back"})),
    "quotes.take": (
        "decided",
        lambda shop: ("POST", f"/v1/quotes/{shop.quoted()}/take", {"order_id": "Q-1", "promise": 1}),
    ),
    "rerouting.reject": (
        "rejected",
        lambda shop: ("POST", f"{shop.decision(('RARE', 1))}/reject", {"node": "lyon", "reason": "no_capacity"}),
    ),
    "resting.end": ("woken", lambda shop: (shop.rejected(), ("DELETE", "/v1/resting/lyon", None))[1]),
    "returns.open_return": ("return_opened", lambda shop: ("POST", "/v1/returns", shop.returnable())),
    "returns.receive": (
        "return_received",
        lambda shop: ("POST", f"{shop.returned()}/receive", {"node": "lyon", "lines": {"1": 1}}),
    ),
    "returns.inspect": (
        "return_inspected",
        lambda shop: ("POST", f"{shop.returned('receive')}/inspect", {"groups": [{"grade": "as_new"}]}),
    ),
    "returns.dispose": (
        "return_disposed",
        lambda shop: (
            "POST",
            f"{shop.returned('receive', 'inspect')}/dispose",
            {"groups": [{"group": 1, "disposition": "restock"}]},
        ),
    ),
    "return_labels.make": ("return_labelled", lambda shop: ("POST", f"{shop.labellable()}/label", {})),
    "return_labels.give_back": ("return_label_cancelled", lambda shop: ("DELETE", f"{shop.labelled()}/label", None)),
    "returns.cancel": ("return_cancelled", lambda shop: ("POST", f"{shop.returned()}/cancel", {})),
    "stock.put": ("counted", lambda _: ("PUT", "/v1/stock/lyon/SHIRT", {"on_hand": 7, "sequence": 1})),
    "transfers.propose": ("transfer_proposed", lambda shop: ("POST", shop.worth_moving(), {})),
    "transfers.create": ("transfer_proposed", lambda shop: ("POST", shop.lane(), _MOVED | {"id": "T-2"})),
    "transfers.approve": ("transfer_approved", lambda shop: ("POST", f"{shop.transfer()}/approve", {})),
    "transfers.ship": ("transfer_shipped", lambda shop: ("POST", f"{shop.transfer('approve')}/ship", {})),
    "transfers.receive": (
        "transfer_received",
        lambda shop: ("POST", f"{shop.transfer('approve', 'ship')}/receive", {}),
    ),
    "transfers.cancel": ("transfer_cancelled", lambda shop: ("POST", f"{shop.transfer()}/cancel", {})),
    "keys.make": ("key_created", lambda _: ("POST", "/v1/keys", {"client": "Till", "role": "oms"})),
    "keys.revoke": ("key_revoked", lambda shop: ("POST", f"{shop.key()}/revoke", None)),
    "keys.rotate": ("key_rotated", lambda shop: ("POST", f"{shop.key()}/rotate", {})),
    "webhooks.add": ("webhook_added", lambda _: ("POST", "/v1/webhooks", {"url": "https://shop.example/"})),
    "webhooks.enable": ("webhook_changed", lambda shop: ("POST", f"{shop.webhook()}/enable", {})),
    "webhooks.remove": ("webhook_removed", lambda shop: ("DELETE", shop.webhook(), None)),
    "webhooks.replay": ("webhook_changed", lambda shop: ("POST", f"{shop.webhook()}/replay", {"dead": True})),
    "webhooks.rotate": ("webhook_changed", lambda shop: ("POST", f"{shop.webhook()}/rotate", {})),
}
"""By operation, the kind of entry that it leaves, and a call of it."""


def _files(*rules):
    return {name: text.decode() for name, text in policy_file(*rules).items()}


def _amended():
    return {name: value for name, value in order_json(("SHIRT", 2)).items() if name != "id"}


@pytest.fixture
def shop(http, pointsman):
    activate(pointsman, "then: {hold: 1 h}")
    activate(pointsman, PARKS_RISKY_ORDERS, "then: {rest_after_rejection: 1 h}")
    return Shop(http, pointsman)


def entries_of(pointsman) -> list[Entry]:
    return list(pointsman.entries(on_damaged=pytest.fail))


def test_the_table_has_every_operation_that_changes_something(http):
    rules = http.application.url_map.iter_rules()
    changing = {rule.endpoint for rule in rules if rule.methods & {"POST", "PUT", "PATCH", "DELETE"}}
    assert changing == CALLS.keys() | CHANGES_NOTHING | TRIED_ELSEWHERE


@pytest.mark.parametrize("operation", CALLS)
def test_every_change_says_who_made_it_through_what_from_where_and_when(shop, operation):
    kind, prepare = CALLS[operation]
    method, path, body = prepare(shop)
    ada = client_of(shop.pointsman, shop.http.application, client="Ada")
    before = {entry.id for entry in entries_of(shop.pointsman)}
    headers = {"Idempotency-Key": f"{operation} 1", "X-Request-Id": "request-1"}
    sent = {"data": body, "content_type": NDJSON} if isinstance(body, str) else {"json": body}
    answer = ada.open(path, method=method, headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.7"}, **sent)
    assert answer.status_code < 300, answer.data
    made = [entry for entry in entries_of(shop.pointsman) if entry.id not in before]
    assert kind in {entry.kind for entry in made}
    for entry in made:
        assert (entry.by, entry.through, entry.origin) == ("Ada", "http", "192.0.2.7")
        assert entry.request == "request-1"
        assert entry.operation == ("" if operation in TAKES_NO_KEY else f"{operation} 1")
        assert entry.at == NOW, "what the process's clock said"
        assert entry.recorded_at * 1_000 == entry.id[0] // 1_000 * 1_000, "what the server's said"


def test_an_operation_named_in_the_body_is_the_one_that_the_log_has(shop, pointsman):
    shop.http.post(f"{shop.decision()}/release", json={"op": "parcel-1"})
    assert entries_of(pointsman)[-1].operation == "parcel-1"


def test_a_call_without_a_name_has_no_operation_though_the_one_before_had(shop, pointsman):
    shop.http.post("/v1/decisions", json=order_json(), headers={"Idempotency-Key": "first"})
    shop.http.post("/v1/decisions", json=order_json())
    assert [entry.operation for entry in entries_of(pointsman)[-2:]] == ["first", ""]


def test_what_is_not_carried_out_again_is_not_in_the_log_again(shop, pointsman):
    for operation in ("webhooks.rotate", "policies.approve", "master_data.put_product"):
        method, path, body = CALLS[operation][1](shop)
        for _ in range(2):
            assert (
                shop.http.open(path, method=method, json=body, headers={"Idempotency-Key": operation}).status_code < 300
            )
        kinds = [entry.kind for entry in entries_of(pointsman)]
        assert kinds.count(CALLS[operation][0]) == 1


@pytest.mark.parametrize(
    ("forwarded", "origin"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("10.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("unknown", "192.0.2.7"),
        ("", "192.0.2.7"),
    ],
)
def test_behind_a_proxy_the_origin_is_who_called_the_proxy_and_elsewhere_the_header_is_not_believed(forwarded, origin):
    environ = create_environ(environ_overrides={"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": forwarded})
    request = Request(environ)
    assert origin_of(request, proxied=True) == origin
    assert origin_of(request, proxied=False) == "192.0.2.7"
