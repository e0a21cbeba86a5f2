"""A request for each operation that is accepted as it is: the examples of the OpenAPI page, on orders, quotes and
webhooks of their own. A string can be put anywhere into it.
"""

import copy
import csv
import io
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.http.description.examples import EXAMPLES
from tests.fuzz.string_fields import ANY_KEY, CSV, ITEM, JSON, KEY, MULTIPART, NDJSON, StringField

_PLACE = re.compile(r"\{(\w+)\}")
SKU = "TXT-0059"
OTHER_SKU, OTHER_NODE = "TXT-0001", "st-nice"
"""Of which stock and fields may change: no order needs them."""
ORDER = EXAMPLES["decisions_decide", JSON]
BODIES: Mapping[str, Any] = {
    "orders_approve": {"note": "the bank agrees"},
    "orders_erase": {"note": "asked for by the customer"},
    "returns_cancel": {"op": "not-coming"},
    "policies_ask": {"note": "for the autumn sale", "activate_at": "2030-01-07T07:00:00Z"},
    "policies_take_back": {"note": "a price is wrong"},
    "policies_decline": {"note": "the sale has no last day"},
    "policies_approve": {"note": "agreed with the stores"},
    "stock_availability_of_many": {"skus": [SKU], "channel": "web"},
    "webhooks_add": {"url": "https://127.0.0.1:1/events", "note": "for tests"},
    "webhooks_replay": {},
    "webhooks_rotate": {"overlap": "1 h"},
}
"""Of operations that have no example."""
QUERIES: Mapping[str, Mapping[str, str]] = {
    "stock_availability": {"channel": "web", "sku": SKU},
    "stock_feed": {"channel": "web"},
}


@dataclass(slots=True, kw_only=True)
class ExampleRequest:
    """`names` are the parts of the address. A body that is not JSON is given as `data`."""

    kind: str
    body: Any
    names: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    data: bytes | None = None

    def with_text(self, where: StringField, text: str) -> "ExampleRequest":
        """The request itself, with the string in the field."""
        if where.place == "path":
            self.names[where.path[0]] = text
        elif where.place == "query":
            self.query[where.path[0]] = text
        elif where.place == "header":
            self.headers[where.path[0]] = _bytes(text).decode("latin-1")
        elif not where.path:
            self.data = _bytes(text)
        else:
            put(self.body, where.path, text)
        for name, key in (("sku", "sku"), ("node", "id")):
            if self.kind in (NDJSON, CSV) and key in self.body:
                self.names[name] = self.body[key]
        return self

    def sent(self, http: FlaskClient, verb: str, address: str) -> TestResponse:
        names = dict.fromkeys(_PLACE.findall(address), "1") | self.names
        path = address.format(**{name: quote(_bytes(value), safe="") for name, value in names.items()})
        more = {} if verb == "GET" else self._content()
        query = {name: _bytes(value) for name, value in self.query.items()}
        return http.open(path, method=verb, query_string=query, headers=self.headers, **more)

    def _content(self) -> dict[str, Any]:
        if not self.kind:
            return {}
        if self.kind == MULTIPART:
            return {"data": self._form(), "content_type": MULTIPART}
        data = _csv(self.body) if self.kind == CSV else json.dumps(self.body).encode()
        return {"data": data if self.data is None else self.data, "content_type": self.kind}

    def _form(self) -> dict[str, Any]:
        files = self.body["files"]
        texts = [(_bytes(text), name) for name, text in files.items()] if isinstance(files, dict) else []
        parts = texts or [(_bytes(text), "gifts.yaml") for text in files]
        return {"files": [(io.BytesIO(text), name) for text, name in parts], "note": self.body.get("note", "")}


class ExampleRequests:
    """Makes them, and what they are about."""

    def __init__(self, http: FlaskClient, *, colleague: FlaskClient) -> None:
        """`colleague`: somebody else, who publishes what is approved then."""
        self._http = http
        self._colleague = colleague
        self._numbers = itertools.count(1)
        for line in ORDER["lines"]:
            arrival = {"op": f"much-{line['sku']}", "node": "wh-lyon", "sku": line["sku"], "delta": 1_000_000}
            answer = http.post("/v1/stock/movements", data=json.dumps(arrival), content_type=NDJSON)
            assert b"applied" in answer.data

    def of(self, operation: str, kind: str) -> ExampleRequest:
        """A request for the operation with a body of that type, by default of the first it takes."""
        bodies = {name: example for (named, name), example in EXAMPLES.items() if named == operation}
        if operation in BODIES:
            bodies.setdefault(JSON, BODIES[operation])
        kind = kind or next(iter(bodies), "")
        # a row of a table is that of a line of JSON, and a form has the files that JSON has
        body = bodies.get({CSV: NDJSON, MULTIPART: JSON}.get(kind, kind))
        body = self._renewed(operation, copy.deepcopy(body))
        names, query = self._names_for(operation), dict(QUERIES.get(operation, {}))
        return ExampleRequest(kind=kind, body=body, names=names, query=query)

    def _renewed(self, operation: str, body: Any) -> Any:
        """The body with ids that nothing has had yet."""
        number = next(self._numbers)
        if operation == "returns_open_return":
            body["order"] = self._shipped()
        if operation == "policies_publish":
            body["files"] = {name: f"{text}# {number}\n" for name, text in body["files"].items()}
        for item in (body, *body.get("orders", ())) if isinstance(body, dict) else ():
            for name in item.keys() & {"id", "order_id", "op"}:
                item[name] = f"{item[name]}-{number}"
        return body

    def _names_for(self, operation: str) -> dict[str, str]:
        """Names for the places in any address; what is asked for costs most of the time, so only what is needed."""
        names = {"sku": OTHER_SKU, "node": OTHER_NODE}
        group = operation.partition("_")[0]
        if group in ("decisions", "holds", "rerouting", "orders", "backlog", "replays", "explanations"):
            names |= self._decided(operation)
        elif group == "returns":
            names["return_id"] = self._returned(operation)
        elif group == "quotes":
            names["quote_id"] = self._post("/v1/quotes", EXAMPLES["quotes_quote", JSON])["id"]
        elif group == "webhooks":
            for webhook in self._http.get("/v1/webhooks").get_json()["webhooks"]:  # there may not be many
                self._http.delete(f"/v1/webhooks/{webhook['id']}")
            names["webhook_id"] = self._post("/v1/webhooks", BODIES["webhooks_add"])["id"]
        elif operation == "policies_approve":
            upload = self._renewed("policies_publish", copy.deepcopy(EXAMPLES["policies_publish", JSON]))
            names["version"] = self._post("/v1/policies", upload, self._colleague)["version"]
        elif group == "policies":
            names["version"] = self._other_version()
        return names

    def _decided(self, operation: str) -> dict[str, str]:
        order = ORDER | {"id": f"naughty-{next(self._numbers)}"}
        if operation == "orders_approve":
            order["segment"] = "risky"
        decision = self._post("/v1/decisions", order)
        if operation in ("holds_undo", "orders_erase"):
            self._post(f"/v1/decisions/{decision['id']}/confirm", {})
        return {"decision_id": decision["id"], "order_id": order["id"]}

    def _shipped(self) -> str:
        """An order whose units have left."""
        names = self._decided("holds_undo")
        return names["order_id"]

    def _returned(self, operation: str) -> str:
        """A return that has come as far as the operation needs."""
        name: str = self._post("/v1/returns", EXAMPLES["returns_open_return", JSON] | {"order": self._shipped()})["id"]
        steps = {"returns_inspect": ("receive",), "returns_dispose": ("receive", "inspect")}
        for step in steps.get(operation, ()):
            self._post(f"/v1/returns/{quote(name, safe='')}/{step}", EXAMPLES[f"returns_{step}", JSON])
        return name

    def _other_version(self) -> str:
        """A version that does not decide, which is made to be the one before that which does."""
        timeline = self._http.get("/v1/policies").get_json()
        first, second = [item["version"] for item in timeline["versions"]][:2]
        other = second if timeline["active"] == first else first
        self._post(f"/v1/policies/{other}/activate", {})
        return first if other == second else second

    def _post(self, path: str, body: Any, http: FlaskClient | None = None) -> Any:
        answer = (http or self._http).post(path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.get_json()


def put(body: Any, path: Sequence[str], text: str) -> None:
    """Put the string where the path leads, and make what is missing on the way."""
    step, *rest = path
    if step == KEY:
        value = next(iter(body.values()), 1)
        body.clear()
        body[text] = value
        return
    key: Any = {ITEM: 0, ANY_KEY: next(iter(body), "1") if isinstance(body, dict) else ""}.get(step, step)
    if not rest:
        if step == ITEM:
            body[:] = [text]
        else:
            body[key] = text
        return
    empty: Any = [] if rest[0] == ITEM else {}
    if step == ITEM and not body:
        body.append(empty)
    elif step != ITEM and not isinstance(body.get(key), type(empty)):
        body[key] = empty
    put(body[key], rest, text)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _csv(row: Mapping[str, Any]) -> bytes:
    """A heading and the row, without the columns that can't stand in a cell."""
    flat = {name: value for name, value in row.items() if not isinstance(value, dict | list)}
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(flat))
    writer.writeheader()
    writer.writerow(flat)
    return _bytes(out.getvalue())
