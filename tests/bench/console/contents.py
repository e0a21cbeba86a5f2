"""One of each thing that the console has a page for, made by calls of the HTTP API, as people and systems make them."""

import datetime
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient

from api.whatif.turns import JobTurns
from engine.service import Pointsman
from engine.transfers.lanes import lane_between

WHOM = {"name": "Zoë Martin", "lines": ["7 rue de la Paix"], "postcode": "75002", "town": "Paris", "country": "FR"}
CARRIER = "colis"
"""Of the example network, for parcels that one packs."""
_LATER = 3 * 86_400
CONNECTOR = """\
connector: counter
owner: logistics
because: {en: "The warehouse posts its counts"}
kind: counts
reads: {push: key}
format: json
fields: {node: where, sku: what, on_hand: pieces, sequence: number}
"""


class CallFailed(AssertionError):
    """A call that makes something was refused."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """`names` are the parts of addresses, as the console's rules call them; `queries` what is asked of a page, by its
    rule, where it is looked at with filters, too.
    """

    names: Mapping[str, str]
    queries: Mapping[str, Sequence[Mapping[str, str]]]


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """The only one of a decision."""

    decision: str
    order: str
    node: str
    line: str
    sku: str
    units: int


def fill(pointsman: Pointsman, http: FlaskClient, decisions: Sequence[str], *, packed: int) -> Contents:
    """What there is to see on a network on which these were decided; so many shipments are handed over together."""
    calls = _Calls(http)
    shipments = _shipments(pointsman, calls, decisions)
    kept, sent, *to_pack = itertools.islice(shipments, packed + 3)
    manifest, parcel = _handed_over(calls, to_pack[1:])
    _pack(calls, to_pack[0])
    calls("POST", f"/v1/decisions/{sent.decision}/confirm")
    back = {"order": sent.order, "lines": [{"line": sent.line, "quantity": 1}], "reason": "wrong_size"}
    returned = calls("POST", "/v1/returns", back)
    calls("PUT", f"/v1/orders/{quote(sent.order, safe='')}/addressee", WHOM)
    calls("POST", f"/v1/returns/{quote(returned['id'], safe='')}/label", {"node": sent.node, "weight_g": 900})
    receipt = _receipt(sent.sku, sent.node, pointsman.now + _LATER)
    calls("PUT", "/v1/inbound/PO-1", receipt)
    network = pointsman.network()
    goal = next(node for node in network.nodes if node != sent.node and lane_between(network, sent.node, node))
    transfer = {"from": sent.node, "to": goal, "lines": [{"sku": sent.sku, "quantity": 1}]}
    active = calls("GET", "/v1/policies/active")
    files = active["files"]
    draft = "a dearer parcel"
    calls("PUT", f"/v1/policies/drafts/{quote(draft)}", {"files": files, "base": active["version"]})
    rules = calls("POST", "/v1/policies/explain", {"files": files})["policies"][0]
    webhook = calls("POST", "/v1/webhooks", {"url": "https://shop.example/events", "types": ["stock.low"]})
    calls("POST", "/v1/connectors/counter", [{"where": "nowhere", "what": sent.sku, "pieces": "many", "number": 1}])
    names = {
        "action": "schedule",
        "channel": "web",
        "connector": "counter",
        "decision": to_pack[0].decision,
        "decision_id": kept.decision,
        "entry": calls("GET", "/v1/audit/entries?limit=1")["entries"][0]["entry"],
        "file": calls("GET", "/v1/connectors/counter/files")["files"][0]["file"],
        "job": _tried(pointsman, calls, draft, files),
        "manifest": manifest,
        "name": draft,
        "number": "0",
        "order_id": kept.order,
        "policy": rules["policy"],
        "receipt": "PO-1",
        "return_id": returned["id"],
        "rule": rules["rules"][0]["id"].rpartition("/")[2],
        "transfer": calls("POST", "/v1/transfers", transfer)["id"],
        "version": active["version"],
        "webhook": webhook["id"],
    }
    return Contents(
        names=names,
        queries=_queries(sent, goal, parcel, files, pointsman.now),
    )


def _queries(
    sent: Shipment, goal: str, parcel: str, files: Mapping[str, str], now: int
) -> Mapping[str, Sequence[Mapping[str, str]]]:
    day = f"{datetime.datetime.fromtimestamp(now, tz=datetime.UTC):%Y-%m-%d}"
    period = {"from": day, "until": day}
    (yaml, table) = (next(name for name in files if name.endswith(end)) for end in (".yaml", ".csv"))
    return {
        "/audit/evidence": ({}, period),
        "/audit/evidence/file": (period,),
        "/decisions": ({}, {"sku": sent.sku}, {"node": sent.node}, {"order": sent.order}),
        "/decisions/<decision_id>": ({}, {"why_not": goal}, {"check": "1"}),
        "/decisions/orders": ({}, {"sku": sent.sku}, {"node": sent.node}),
        "/parcels": ({}, {"node": sent.node}),
        "/parcels/tracking": ({}, {"number": parcel}),
        "/policies/drafts/<name>/table": ({"file": table},),
        "/policies/drafts/<name>/text": ({"file": yaml},),
        "/stock": ({}, {"sku": sent.sku}, {"sku": sent.sku, "channel": "web"}),
        "/stock/channels/<channel>": ({}, {"sku": sent.sku}),
        "/stock/holds": ({}, {"sku": sent.sku}),
    }


class _Calls:
    """Of the HTTP API: what each answers. Raises CallFailed."""

    def __init__(self, http: FlaskClient) -> None:
        self._http = http

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.open(path, method=method, json=body)
        if answer.status_code >= 400:  # a problem of HTTP
            raise CallFailed(f"{method} {path}: {answer.text}")
        return answer.json


def _shipments(pointsman: Pointsman, calls: _Calls, decisions: Sequence[str]) -> Iterator[Shipment]:
    """Of one node that has an address, by the carrier, each the only one of its decision."""
    network = pointsman.network()
    carried = {service.id for service in network.services.values() if service.carrier == CARRIER}
    begun = ""
    for decision in decisions:
        record = calls("GET", f"/v1/decisions/{decision}")
        if len(record["shipments"]) != 1 or record["shipments"][0]["service"] not in carried:
            continue
        (shipment,) = record["shipments"]
        node = shipment["node"]
        begun = begun or (node if network.nodes[node].address else "")
        if node == begun:
            line = shipment["lines"][0]
            yield Shipment(
                decision=decision,
                order=record["order"]["id"],
                node=node,
                line=line["line"],
                sku=line["sku"],
                units=line["quantity"],
            )


def _pack(calls: _Calls, shipment: Shipment) -> str:
    """The number of its parcel."""
    body = {"addressee": WHOM}
    packed = calls("POST", f"/v1/shipments/{shipment.decision}/0/packed", body)
    parcel = packed["packings"][0]["parcels"][0]
    return str(parcel.get("tracking_number") or parcel["sscc"])


def _handed_over(calls: _Calls, shipments: Sequence[Shipment]) -> tuple[str, str]:
    """The number of the manifest, and of one of its parcels."""
    parcels = [_pack(calls, shipment) for shipment in shipments]
    closed = calls("POST", "/v1/manifests", {"node": shipments[0].node, "carrier": CARRIER})
    return closed["manifest"], parcels[0]


def _receipt(sku: str, node: str, expected: int) -> dict[str, Any]:
    return {
        "source": "purchase_order",
        "node": node,
        "sku": sku,
        "quantity": 40,
        "expected_at": datetime.datetime.fromtimestamp(expected, tz=datetime.UTC).isoformat(),
        "status": "confirmed",
        "sequence": 1,
    }


def _tried(pointsman: Pointsman, calls: _Calls, draft: str, files: Mapping[str, str]) -> str:
    """A what-if that is done."""
    job = calls("POST", "/v1/whatif", {"drafts": [{"name": draft, "files": files}]})["id"]
    turns = JobTurns(pointsman, "whatif")
    try:
        turns.take_turn()
        turns._process.join()
    finally:
        turns.close()
    return str(job)
