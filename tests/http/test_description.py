"""What the service says of itself is whole and true: the OpenAPI document, its examples, and the page for people."""

import html.parser
import itertools
import json
import re

import jsonschema
import pytest

from api.http.description.examples import CSV, EXAMPLES, JSON, NDJSON
from api.http.description.links import LINKS
from api.http.description.papers import PAPERS
from engine.fulfilment.parcels.printed import CONTENT_TYPES
from engine.model.parcels import ShipmentKey
from engine.model.scopes import ROLE_SCOPES
from rules.wording.catalogue import available_languages
from tests.conftest import activate
from tests.support.hexagone import hexagone
from tests.support.openapi import schemas_in, served_page
from tests.support.parcels import pack, packable

VERBS = ("get", "put", "post", "delete", "patch")


@pytest.fixture
def page(http):
    return served_page(http.application)


def operations(page):
    return {
        operation["operationId"]: (path, verb, operation)
        for path, item in page["paths"].items()
        for verb, operation in item.items()
        if verb in VERBS
    }


CONFLICTING_READS = {
    "explanations_explain",
    *("addressees_show", *PAPERS),  # of an order that was erased
}


def test_each_operation_says_who_may_call_it_and_what_it_may_be_answered(page):
    known = set().union(*ROLE_SCOPES.values())
    for name, (path, verb, operation) in operations(page).items():
        assert operation["summary"], name
        needed = set(re.findall(r"`([a-z:]+)`", operation["description"].rpartition("\n\n")[2]))
        assert operation["security"] == ([{"bearer": []}] if needed else []), name
        assert needed <= known, name
        statuses = operation["responses"].keys()
        assert {"400", "408", "414", "422", "429", "431", "500", "503", "default"} <= statuses, name
        assert ({"401", "403"} <= statuses) == bool(needed), name
        assert ("404" in statuses) >= ("{" in path), name
        assert ({"413", "415"} <= statuses) == ("requestBody" in operation), name
        assert ("409" in statuses) == (verb != "get" or name in CONFLICTING_READS), name


def test_every_answer_has_the_id_of_its_request_and_every_problem_its_shape(page):
    components = page["components"]
    for name, (_, _, operation) in operations(page).items():
        for status, response in operation["responses"].items():
            named = response.get("$ref", "").rpartition("/")[2]
            described = components["responses"][named] if named else response
            assert not named or described["content"].keys() == {"application/problem+json"}, (name, status)
            assert "X-Request-Id" in described["headers"], (name, status)
    for status in ("Unauthorized", "Forbidden"):
        assert "WWW-Authenticate" in components["responses"][status]["headers"]
    for status in ("ServiceUnavailable", "TooManyRequests"):
        assert "Retry-After" in components["responses"][status]["headers"]


def test_whatever_is_made_has_a_place_but_quotes_and_batches(page):
    made = {
        name: operation["responses"]["201"]["headers"]
        for name, (_, _, operation) in operations(page).items()
        if "201" in operation["responses"]
    }
    assert {name for name, headers in made.items() if "Location" not in headers} == {
        "quotes_quote",
        "decisions_decide_batch",
    }


def test_every_component_is_used(page):
    text = repr(page)
    for kind in ("schemas", "responses", "headers", "parameters"):
        for name in page["components"][kind]:
            assert f"#/components/{kind}/{name}'" in text, name


def test_every_pattern_is_one_of_json_schema_and_every_default_and_example_fits(page):
    for schema in schemas_in(page):
        if isinstance(schema.get("pattern"), str):
            assert not re.search(r"\\[AZz]|\(\?P", schema["pattern"]), schema
        if "type" in schema and isinstance(schema["type"], str | list):
            validator = jsonschema.Draft202012Validator(schema | {"components": page["components"]})
            for key in ("default", "example"):
                if key in schema:
                    assert validator.is_valid(schema[key]), schema


def test_links_lead_to_operations_with_their_parameters(page):
    known = operations(page)
    for name, by_status in LINKS.items():
        for status, links in by_status.items():
            assert known[name][2]["responses"][status]["links"] == links
            for link in links.values():
                path, _, operation = known[link["operationId"]]
                named = {
                    item.get("name")
                    for item in [*operation.get("parameters", []), *page["paths"][path].get("parameters", [])]
                }
                assert link["parameters"].keys() <= named


def confirm_all(http, order):
    """All that the order holds has left."""
    for item in http.get(f"/v1/orders/{order}").json["decisions"]:
        assert http.post(f"/v1/decisions/{item['id']}/confirm").status_code == 200


def test_examples_are_sent_and_answered_as_described(http, bare):  # noqa: PLR0915  # a call of every operation
    bare.load(packable(hexagone()))
    activate(bare, "then: {hold: 1 d}")
    page = served_page(http.application)
    sent, made = set(), set()

    def verify_place(name, answer):
        """What was made can be read where the answer says, if the page says that it says so."""
        place = answer.headers.get("Location")
        described = operations(page)[name][2]["responses"]["201"]["headers"]
        assert (place is not None) == ("Location" in described), name
        assert place is None or http.get(place).status_code == 200, name
        made.add(name)

    def send(name, *, kind="application/json", **places):
        path, verb, operation = operations(page)[name]
        example = operation["requestBody"]["content"][kind]["example"]
        texts = {NDJSON: f"{json.dumps(example)}\n", CSV: example}
        body = {"data": texts[kind], "content_type": kind} if kind in texts else {"json": example}
        answer = getattr(http, verb)(path.format(**places), **body)
        assert str(answer.status_code) in operation["responses"], (name, answer.text)
        assert answer.status_code < 300, (name, answer.text)
        sent.add((name, kind))
        if answer.status_code == 201:
            verify_place(name, answer)
        described = operation["responses"][str(answer.status_code)].get("content", {}).get("application/json")
        if kind in texts:
            assert answer.mimetype == NDJSON
            assert b'"refused"' not in answer.data, answer.text
        elif described and answer.is_json:
            jsonschema.Draft202012Validator(described["schema"] | {"components": page["components"]}).validate(
                answer.json
            )
        return answer.json if answer.is_json else None

    decision = send("decisions_decide")["id"]
    send("promises_progress", decision_id=decision, number=0)
    for step in ("extend", "confirm", "undo", "release"):
        send(f"holds_{step}", decision_id=decision)
    send("decisions_decide_batch")
    send("decisions_decide_batch", kind=NDJSON)
    send("orders_cancel", order_id="W-900002")
    send("orders_amend", order_id="W-900003")
    confirm_all(http, "W-900002")
    name = send("returns_open_return")["id"]
    to = {"name": "Zoë", "lines": ["7 bis"], "postcode": "75011", "town": "Paris", "country": "FR"}
    assert http.put("/v1/orders/W-900002/addressee", json=to).status_code == 204
    send("return_labels_make", return_id=name)
    for step in ("receive", "inspect", "dispose"):
        send(f"returns_{step}", return_id=name)
    send("returns_place")
    quote = send("quotes_quote")["id"]
    send("quotes_take", quote_id=quote)
    send("quotes_promises")
    send("stock_put", node="wh-lyon", sku="TXT-0059")
    send("movements_move", kind=NDJSON)
    for name, kind in (("inbound_put", JSON), ("inbound_announce_many", NDJSON), ("inbound_receive", JSON)):
        send(name, kind=kind, receipt="PO-4711-1")
    send("master_data_put_product", sku="TXT-9000")
    for name, kind in itertools.product(("master_data_post_products", "master_data_post_nodes"), (NDJSON, CSV)):
        send(name, kind=kind)
    send("master_data_put_node", node="st-nice")
    send("backlog_run")
    send("policies_check")
    send("policies_explain")
    send("policies_edit")
    send("policies_save_draft", draft="gifts")
    send("whatif_begin")
    version = send("policies_publish")["version"]
    http.post(f"/v1/policies/{version}/activate", json={"at": "2126-11-27T08:00:00Z"})
    send("policies_unschedule", version=version)
    send("policies_activate", version=version)
    send("policies_rollback")
    send("policies_start_shadow")
    send("policies_end_shadow")
    send("policies_start_canary")
    send("policies_grow_canary")
    send("policies_end_canary")
    rejected = http.post(
        "/v1/decisions", json=EXAMPLES["decisions_decide", "application/json"] | {"id": "W-900009"}
    ).json
    (shipment, *_) = rejected["shipments"]
    example = EXAMPLES["rerouting_reject", "application/json"] | {"node": shipment["node"]}
    verify_place("rerouting_reject", http.post(f"/v1/decisions/{rejected['id']}/reject", json=example))
    verify_place("webhooks_add", http.post("/v1/webhooks", json={"url": "https://example.com/events"}))
    verify_place("keys_make", http.post("/v1/keys", json={"client": "web-shop", "role": "oms"}))
    move = {"from": "wh-lyon", "to": "st-lyon", "lines": [{"sku": "TXT-0059", "quantity": 1}]}
    verify_place("transfers_create", http.post("/v1/transfers", json=move))
    nice = EXAMPLES["master_data_put_node", JSON]
    nice = {
        **nice,
        "address": {"company": "Hexagone", "lines": ["1 quai"], "town": "Nice"},
        "printers": {"label": "socket://p"},
    }
    assert http.put("/v1/nodes/st-nice", json=nice).status_code == 200
    packable_order = EXAMPLES["decisions_decide", "application/json"] | {"id": "W-900011"}
    shipment = ShipmentKey(http.post("/v1/decisions", json=packable_order).json["id"], 0)
    packed = pack(bare, shipment).shipment
    verify_place("printing_add", http.post("/v1/print-jobs", json={"paper": "label", "of": f"{shipment}/1"}))
    handed = {"node": packed.node, "carrier": packed.packings[0].carrier}
    verify_place("manifests_close", http.post("/v1/manifests", json=handed))
    assert made == {name for name, (_, _, operation) in operations(page).items() if "201" in operation["responses"]}
    assert sent | {("rerouting_reject", "application/json")} == EXAMPLES.keys()


@pytest.mark.parametrize("operation", PAPERS)
def test_papers_are_described_by_the_kinds_that_they_are_answered_as(http, operation):
    (_, _, described) = operations(served_page(http.application))[operation]
    content = described["responses"]["200"]["content"]
    assert content.keys() == {CONTENT_TYPES[kind] for kind in PAPERS[operation]}
    assert all(one["examples"] for one in content.values())
    languages = [item for item in described["parameters"] if item.get("name") == "lang"]
    assert [item["schema"]["enum"] for item in languages] == [list(available_languages())]


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.links = set(), [], []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        named = dict(attributes)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named[name] for name in ("href", "src") if name in named]


def test_the_page_for_people_has_all_operations_and_nothing_from_elsewhere(http, page):
    answer = http.get("/docs")
    assert answer.content_type == "text/html; charset=utf-8"
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]+'; frame-ancestors 'none'",
        answer.headers["Content-Security-Policy"],
    )
    assert "`" not in answer.text
    read = Page()
    read.feed(answer.text)
    assert not read.tags & {"script", "img", "link", "iframe"}
    assert operations(page).keys() <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))
    assert {link for link in read.links if not link.startswith("#")} == {"openapi.json"}
    assert {link[1:] for link in read.links if link.startswith("#")} <= set(read.ids)
