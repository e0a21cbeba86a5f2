"""Whatever a caller gets wrong is answered with a clear problem, and nothing is changed by it."""

import orjson
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.order_json import order_json, shipped_units, unfilled_units
from tests.support.problem_json import fields_of, problem_of

HERE = {"country": "FR", "latitude": 48.85, "longitude": 2.35}


def post(http, body, path="/v1/decisions", **more):
    return http.post(path, data=body if isinstance(body, bytes) else orjson.dumps(body), **{**JSON, **more})


JSON = {"content_type": "application/json"}


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("lines.0.sku", order_json(("SHRT", 1))),
        ("lines.1.sku", order_json(("SHIRT", 1), ("UNKNOWN", 1))),
        ("lines.0.sku", order_json(("", 1))),
        ("lines.0.sku", order_json(("S" * 201, 1))),
        ("lines.0.quantity", order_json(("SHIRT", -1))),
        ("lines.0.quantity", order_json(("SHIRT", 0))),
        ("lines.0.quantity", order_json(("SHIRT", True))),
        ("lines.0.quantity", order_json(("SHIRT", "1"))),
        ("lines.0.quantity", order_json(("SHIRT", 1.0))),
        ("lines.0.quantity", order_json(("SHIRT", 1_000_001))),
        ("lines.0.quantity", order_json(("SHIRT", None))),
        ("lines.0.quantity", order_json(lines=[{"sku": "SHIRT"}])),
        ("lines.0.colour", order_json(lines=[{"sku": "SHIRT", "quantity": 1, "colour": "blue"}])),
        ("lines.0.unit_price", order_json(lines=[{"sku": "SHIRT", "quantity": 1, "unit_price": "-1"}])),
        ("lines.0.unit_price", order_json(lines=[{"sku": "SHIRT", "quantity": 1, "unit_price": "1.0000001"}])),
        ("lines.0.unit_price", order_json(lines=[{"sku": "SHIRT", "quantity": 1, "unit_price": "1e400"}])),
        ("lines.0.unit_price", order_json(lines=[{"sku": "SHIRT", "quantity": 1, "unit_price": "NaN"}])),
        ("lines.1.id", order_json(lines=[{"id": "2", "sku": "SHIRT", "quantity": 1}, {"sku": "SHIRT", "quantity": 1}])),
        ("lines", order_json(lines=[])),
        ("lines", order_json(lines="SHIRT")),
        ("lines", order_json(lines={"0": {"sku": "SHIRT", "quantity": 1}})),
        ("lines.0", order_json(lines=["SHIRT"])),
        ("lines", order_json(*[("SHIRT", 1)] * 501)),
        ("lines", order_json(*[("SHIRT", 1)] * 10_000)),
        ("destination", order_json(destination=None)),
        ("destination", order_json(destination="Paris")),
        ("destination.latitude", order_json(destination={"country": "FR", "longitude": 2.35})),
        ("destination.country", order_json(destination={"region": "Île-de-France"})),
        ("destination", order_json(destination={"country": "FR", "latitude": 2.35, "longitude": 48.85})),
        ("currency", order_json(currency="SEK")),
        ("currency", order_json(currency="euro")),
        ("placed_at", order_json(placed_at="2027-11-27T08:12:31Z")),
        ("destination.latitude", order_json(destination=HERE | {"latitude": 90.1})),
        ("destination.longitude", order_json(destination=HERE | {"longitude": "east"})),
        *(
            ("destination.country", order_json(destination=HERE | {"country": country}))
            for country in ("France", "fr", "FRA", "F", "", "F?", "FR\n", 33)
        ),
        ("destination.street", order_json(destination=HERE | {"street": "rue de Rivoli"})),
        ("id", order_json(id=7)),
        ("id", order_json(id="")),
        ("id", order_json(id=" \u3000")),
        ("id", order_json(id="W\0-1")),
        ("segment", order_json(segment="a\r\nSET x 1")),
        ("channel", order_json(channel=["web"])),
        ("delivery", order_json(delivery="drone")),
        ("placed_at", order_json(placed_at="yesterday")),
        ("placed_at", order_json(placed_at="2026-11-27T08:12:31")),
        ("placed_at", order_json(placed_at="2026-11-27")),
        ("placed_at", order_json(placed_at="2026-02-30T08:12:31Z")),
        ("placed_at", order_json(placed_at="0001-01-01T00:00:00+14:00")),
        ("placed_at", order_json(placed_at="9999-12-31T23:59:59Z")),
        ("placed_at", order_json(placed_at=1_795_770_000)),
        ("promise_by", order_json(promise_by="soon")),
        ("promise_by", order_json(promise_by="9999-12-31T23:59:59-12:00")),
        ("collect_at", order_json(delivery="click_and_collect", destination=None)),
        ("collect_at", order_json(delivery="click_and_collect", destination=None, collect_at="parsi")),
        ("collect_at", order_json(collect_at="paris")),
        ("lines.0.collect_at", order_json(lines=[{"sku": "SHIRT", "quantity": 1, "collect_at": "parsi"}])),
        ("lines.0.collect_at", order_json(lines=[{"sku": "SHIRT", "quantity": 1, "delivery": "click_and_collect"}])),
        ("deliver_on", order_json(deliver_on="soon")),
        ("deliver_on", order_json(deliver_on="2026-11-26")),
        ("promise_by", order_json(deliver_on="2026-12-10", promise_by="2026-12-01T18:00:00Z")),
        ("tags", order_json(tags=["t"] * 101)),
        ("tags.0", order_json(tags=[1])),
        ("priority", order_json(priority=1)),
    ],
)
def test_a_mistake_is_named_by_its_field_and_changes_nothing(http, contents, field, body):
    before = contents()
    problem = problem_of(post(http, body), 422)
    assert field in fields_of(problem)
    assert field in problem["detail"]
    assert contents() == before


def test_every_mistake_is_told_at_once(http):
    body = order_json(("SHIRT", 0), ("", 1), channel=None, delivery="drone")
    assert set(fields_of(problem_of(post(http, body), 422))) == {
        "channel",
        "delivery",
        "lines.0.quantity",
        "lines.1.sku",
    }


def test_a_misspelt_node_is_answered_with_the_one_that_was_meant(http):
    body = order_json(delivery="click_and_collect", destination=None, collect_at="parsi")
    assert "did you mean 'paris'?" in problem_of(post(http, body), 422)["detail"]


def test_mistakes_are_told_one_after_another_without_doubled_stops(http):
    detail = problem_of(post(http, order_json(("SHIRT", 1), colour="red", channel=7)), 422)["detail"]
    assert detail == "channel: Not a valid string; colour: Unknown field"


def test_a_key_that_stands_twice_is_refused_wherever_a_body_is_read(http, contents):
    before = contents()
    order = orjson.dumps(order_json(("SHIRT", 1)))
    twice = order.replace(b'"quantity":1', b'"quantity":1,"quantity":2')
    assert "'quantity' twice" in problem_of(post(http, twice), 400)["detail"]
    assert "'files' twice" in problem_of(post(http, b'{"files":{},"files":{}}', "/v1/policies"), 400)["detail"]
    assert contents() == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"SHIRT",
        b'{"id": "W-1",}',
        b"{'id': 'W-1'}",
        b'{"id": NaN}',
        b"\xff\xfe",
        b'{"id": "\xe9"}',
        b'{"id": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    ],
)
def test_a_body_that_is_no_json_is_refused(http, contents, body):
    before = contents()
    problem_of(post(http, body), 400)
    assert contents() == before


@pytest.mark.parametrize("depth", [65, 1_000, 500_000])
@pytest.mark.parametrize("path", ["decisions", "decisions/batch", "quotes", "availability", "policies"])
def test_json_that_is_nested_too_deeply_is_refused(http, contents, path, depth):
    before = contents()
    body = b'{"orders": ' + b"[" * depth + b"]" * depth + b"}"
    assert http.post(f"/v1/{path}", data=body, content_type="application/json").status_code in (400, 422)
    assert contents() == before


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b'"W-1"', b"7", b"null", b"true"])
def test_json_that_is_no_object_is_refused(http, contents, body):
    before = contents()
    problem_of(post(http, body), 422)
    assert contents() == before


@pytest.mark.parametrize("digits", [19, 400, 5_000])
def test_a_number_of_any_length_is_refused_as_a_quantity(http, contents, digits):
    before = contents()
    body = orjson.dumps(order_json()).replace(b'"quantity":1', b'"quantity":' + b"9" * digits)
    assert post(http, body).status_code in (400, 422)
    assert contents() == before


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "text/json; x=json"])
def test_another_content_type_is_refused(http, contents, content_type):
    before = contents()
    problem_of(post(http, order_json(), content_type=content_type), 415)
    assert contents() == before


def test_a_body_too_large_is_refused(http, contents):
    before = contents()
    problem_of(post(http, b'{"id": "' + b"x" * (4 << 20) + b'"}'), 413)
    assert contents() == before


@pytest.mark.parametrize("query", ["?dry_run=yes", "?dry_run=", "?dryrun=true"])
def test_a_query_that_is_not_understood_is_refused_and_decides_nothing(http, contents, query):
    before = contents()
    problem_of(post(http, order_json(), f"/v1/decisions{query}"), 422)
    assert contents() == before


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_an_idempotency_key_of_no_use_is_refused(http, contents, key):
    before = contents()
    problem = problem_of(post(http, order_json(), headers={"Idempotency-Key": key}), 422)
    assert fields_of(problem) == ["Idempotency-Key"]
    assert contents() == before


def test_a_channel_that_the_network_does_not_list_is_refused(http, contents):
    before = contents()
    assert fields_of(problem_of(post(http, order_json(channel="carrier pigeon")), 422)) == ["channel"]
    assert contents() == before


def test_two_lines_of_one_sku_are_summed_against_the_stock(http, redis_client, network):
    record = post(http, order_json(("RARE", 2), ("RARE", 2))).get_json()
    assert (record["status"], shipped_units(record), unfilled_units(record)) == ("partial", 3, 1)
    assert redis_client.hgetall(f"{{{network}}}:held:RARE") == {b"lyon": b"3"}


def test_the_largest_order_allowed_is_decided(http):
    record = post(http, order_json(*[("SHIRT", 1)] * 500)).get_json()
    assert (shipped_units(record), unfilled_units(record)) == (16, 484)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
FIELDS = [
    "id",
    "channel",
    "delivery",
    "placed_at",
    "promise_by",
    "destination",
    "collect_at",
    "segment",
    "tags",
    "lines",
]


@pytest.mark.slow
@examples(50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(FIELDS), value=ANY_JSON)
@example(field="placed_at", value="2026-11-27T24:00:00Z")
@example(field="promise_by", value="-2026-11-27T08:00:00Z")
def test_anything_in_any_field_is_decided_or_refused_but_never_fails(http, field, value):
    response = post(http, order_json() | {field: value}, "/v1/decisions?dry_run=true")
    if response.status_code != 200:
        problem_of(response, 422)
