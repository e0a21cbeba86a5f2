"""Batches over HTTP: every order is answered by itself, in the order sent, as one document or line by line."""

import json
import random

import pytest

from api.http.requests import batch as batch_requests
from api.records.orders.batch import BatchEndRecord, BatchOrderRecord, BatchRecord
from api.shapes.limits import MOST_BATCH_ORDERS
from engine.orders.batch import batch_results
from tests.conftest import activate
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of

URL = "/v1/decisions/batch"
NDJSON = "application/x-ndjson"
KEY = {"Idempotency-Key": "wave 1"}


@pytest.fixture
def vips(pointsman):
    activate(pointsman, "when: {order.segment: vip}, then: {priority: 80}")


def checked(http, record, answer):
    assert mistakes_in(http, record, answer) == []
    return answer


def in_lines(http, *orders, **more):
    """What became of each order, and the end of the answer."""
    body = b"".join(item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n" for item in orders)
    response = http.post(URL, data=body, content_type=NDJSON, **more)
    assert (response.status_code, response.content_type) == (200, NDJSON)
    *answers, end = map(json.loads, response.data.splitlines())
    return [checked(http, BatchOrderRecord, item) for item in answers], checked(http, BatchEndRecord, end)


def test_a_batch_answers_its_orders_in_the_order_sent_and_says_the_order_decided(http, pointsman, vips):
    plain, vip = order_json(("RARE", 2)), order_json(("RARE", 3), segment="vip")
    response = http.post(URL, json={"orders": [plain, vip]})
    assert response.status_code == 201
    answer = checked(http, BatchRecord, response.get_json())
    assert [(item["number"], item["order"], item["decided"], item["status"]) for item in answer["orders"]] == [
        (1, plain["id"], 2, 201),
        (2, vip["id"], 1, 201),
    ]
    first, second = (item["decision"] for item in answer["orders"])
    (lacked,) = first["lacked"]
    assert (lacked["order"], lacked["priority"], lacked["node"], lacked["units"]) == (vip["id"], 80, "lyon", 2)
    assert (answer["stopped"], answer["joint"]["orders"], answer["joint"]["classes"]) == (None, 2, 2)
    for record in (first, second):
        assert http.get(f"/v1/decisions/{record['id']}").get_json() == record
    assert pointsman.check().clean


def test_a_batch_sent_again_under_its_key_is_answered_with_the_same_decisions(http, vips, contents):
    orders = [order_json(("RARE", 2)) for _ in range(3)]
    first = http.post(URL, json={"orders": orders}, headers=KEY)
    before = contents()
    again = http.post(URL, json={"orders": orders[::-1]}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 200)
    decisions = [item["decision"] for item in first.get_json()["orders"]]
    assert [item["decision"] for item in again.get_json()["orders"]] == decisions[::-1]
    assert again.get_json()["joint"] is None
    joint = first.get_json()["joint"]
    assert (joint["orders"], joint["contending"], joint["classes"]) == (3, 3, 1)
    assert "gap_micros" in joint["score"]
    assert contents() == before
    more = http.post(URL, json={"orders": [*orders, order_json()]}, headers=KEY)
    assert (more.status_code, [item["status"] for item in more.get_json()["orders"]]) == (201, [200, 200, 200, 201])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "orders"),
        ({"orders": []}, "orders"),
        ({"orders": "all"}, "orders"),
        ({"orders": [order_json()], "wait": True}, "wait"),
        ({"orders": [order_json()] * (MOST_BATCH_ORDERS + 1)}, "orders"),
    ],
)
def test_a_body_that_is_no_batch_is_refused_whole(http, contents, body, field):
    before = contents()
    assert field in fields_of(problem_of(http.post(URL, json=body), 422))
    assert contents() == before


WRONG = [
    (order_json(("SHIRT", 0)), "lines.0.quantity"),
    (order_json(("GONE", 1)), "lines.0.sku"),
    (order_json(id=7), "id"),
    (order_json(colour="red"), "colour"),
    ("all", ""),
    ([], ""),
    (None, ""),
]


@pytest.mark.parametrize(("wrong", "field"), WRONG)
def test_an_order_that_is_wrong_is_refused_and_the_others_decided(http, wrong, field):
    response = http.post(URL, json={"orders": [order_json(id="a"), wrong, order_json(id="b")]})
    assert response.status_code == 201
    one_document = checked(http, BatchRecord, response.get_json())["orders"]
    lines, _ = in_lines(http, order_json(id="c"), wrong, order_json(id="d"))
    for answers in (one_document, lines):
        assert [(item["number"], item["decided"], item["status"]) for item in answers] == [
            (1, 1, 201),
            (2, None, 422),
            (3, 2, 201),
        ]
        assert fields_of(answers[1]["problem"]) == [field]
        assert "decision" not in answers[1]


def test_a_line_that_is_no_json_and_an_order_sent_twice_are_refused_by_their_numbers(http, pointsman):
    one = order_json()
    answers, end = in_lines(http, b"\n", one, b"{\n", one, b" \r\n", order_json())
    assert [(item["number"], item["order"], item["status"]) for item in answers] == [
        (2, one["id"], 201),
        (3, None, 422),
        (4, one["id"], 422),
        (6, answers[3]["order"], 201),
    ]
    assert answers[1]["problem"]["detail"].startswith("this is no JSON")
    assert "send each order once" in answers[2]["problem"]["detail"]
    assert (end["orders"], end["joint"]["orders"], end["stopped"]) == (4, 2, None)
    assert pointsman.check().decisions == 2


def test_an_order_that_was_decided_with_other_content_is_refused_by_itself(http):
    one = order_json(("RARE", 1))
    in_lines(http, one, headers=KEY)
    answers, _ = in_lines(http, one | {"channel": "store"}, order_json(), headers=KEY)
    assert [item["status"] for item in answers] == [409, 201]
    assert answers[0]["problem"]["type"] == "urn:pointsman:problem:order-exists"


def test_lines_are_answered_as_the_document_is(http, pointsman, vips):
    orders = [
        order_json(("RARE", 1), id=name, segment=segment)
        for name, segment in zip("abcd", (None, "vip") * 2, strict=True)
    ]
    lines, end = in_lines(http, *orders, headers=KEY)
    document = http.post(URL, json={"orders": orders}, headers=KEY).get_json()
    assert [item["decided"] for item in lines] == [3, 1, 4, 2]
    assert [item["decision"] for item in document["orders"]] == [item["decision"] for item in lines]
    assert (end["orders"], end["joint"]["orders"]) == (4, 4)


@pytest.mark.parametrize("most_kept", [0, 6_000])
def test_answers_that_are_not_kept_until_their_turn_are_read_back(http, vips, monkeypatch, most_kept):
    monkeypatch.setattr(batch_results, "MOST_BYTES_KEPT", most_kept)
    monkeypatch.setattr(batch_results, "MOST_AT_ONCE", 3)
    orders = [order_json(("SHIRT", 1), segment=random.Random(number).choice([None, "vip"])) for number in range(20)]
    answers, _ = in_lines(http, *orders)
    assert [item["order"] for item in answers] == [item["id"] for item in orders]
    assert sorted(item["decided"] for item in answers) == list(range(1, 21))
    assert {item["status"] for item in answers} == {201}
    for item in answers:
        assert http.get(f"/v1/decisions/{item['decision']['id']}").get_json() == item["decision"]


def test_an_answer_comes_as_soon_as_those_before_it_are_there(http, pointsman, vips):
    orders = [order_json(id="a", segment="vip"), order_json(id="b"), order_json(id="c", segment="vip")]
    body = b"".join(json.dumps(item).encode() + b"\n" for item in orders)
    response = http.post(URL, data=body, content_type=NDJSON, buffered=False)
    first = json.loads(next(response.response))
    assert (first["order"], first["decided"]) == (orders[0]["id"], 1)
    # the vips are committed; the other waits until it is asked for
    assert pointsman.check().decisions == 2
    rest = [json.loads(line) for line in response.response]
    assert [item.get("decided") for item in rest] == [3, 2, None]


def test_a_batch_in_lines_has_a_bound_and_nothing_beyond_it_is_decided(http, contents, monkeypatch):
    before = contents()
    monkeypatch.setattr(batch_requests, "MOST_BATCH_LINES", 2)
    body = b"".join(json.dumps(order_json()).encode() + b"\n" for _ in range(3))
    assert "at most 2 orders" in problem_of(http.post(URL, data=body, content_type=NDJSON), 422)["detail"]
    monkeypatch.setattr(batch_requests, "MOST_BATCH_BYTES", len(body) // 3 - 1)
    problem_of(http.post(URL, data=body[: len(body) // 3], content_type=NDJSON), 422)
    assert contents() == before


class Endless:
    """A body that never ends, of which no more may be read than a batch may have."""

    def __init__(self, line_of, most):
        self.line_of, self.left = line_of, most

    def readline(self, size):
        line = self.line_of(size)
        self.left -= len(line)
        assert self.left > 0, "it is read on and on"
        return line


@pytest.mark.parametrize(
    "line_of", [lambda size: b"x" * size, lambda size: b" " * (size - 1) + b"\n"], ids=["endless", "blank"]
)
def test_an_endless_line_or_endless_blank_lines_are_left_at_the_bound(http, contents, monkeypatch, line_of):
    before = contents()
    monkeypatch.setattr(batch_requests, "MOST_BATCH_BYTES", 6_000_000)
    body = {"wsgi.input": Endless(line_of, 15_000_000), "wsgi.input_terminated": True}
    response = http.post(URL, content_type=NDJSON, environ_overrides=body)
    assert "in 6000000 bytes; send it in parts" in problem_of(response, 422)["detail"]
    assert contents() == before


def test_a_body_that_broke_off_decides_nothing(http, contents):
    before = contents()
    body = json.dumps(order_json()).encode() + b"\n"
    environment = {"wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(body) + 1)}
    response = http.post(URL, data=body, content_type=NDJSON, environ_overrides=environment)
    assert "broke off" in problem_of(response, 400)["detail"]
    assert contents() == before


@pytest.mark.parametrize("body", [b"", b"\n\n"])
def test_an_empty_batch_in_lines_is_refused(http, body):
    assert "no order" in problem_of(http.post(URL, data=body, content_type=NDJSON), 400)["detail"]


def test_a_longer_line_than_an_order_may_be_is_refused_by_itself(http):
    long = json.dumps(order_json(segment="x" * http.application.config["MAX_CONTENT_LENGTH"])).encode() + b"\n"
    answers, _ = in_lines(http, long, order_json())
    assert [(item["number"], item["status"]) for item in answers] == [(1, 422), (2, 201)]
    assert "the line is longer than" in answers[0]["problem"]["detail"]


def test_another_content_type_is_refused(http):
    problem_of(http.post(URL, data=b"{}", content_type="text/csv"), 415)


def test_a_batch_may_wait(http):
    http.post(f"{URL}?wait=true", json={"orders": [order_json(("RARE", 2)), order_json(("RARE", 2))]})
    assert http.get("/v1/backlog").get_json()["waiting"] == 1
    in_lines(http, order_json(("RARE", 2)), query_string={"wait": "true"})
    assert http.get("/v1/backlog").get_json()["waiting"] == 2


def test_a_server_that_fails_before_the_first_order_is_a_problem_with_a_status(http, redis_client):
    redis_client.replicaof("127.0.0.1", 1)
    try:
        body = b"{\n" + json.dumps(order_json()).encode()
        problem_of(http.post(URL, data=body, content_type=NDJSON), 503)
        problem_of(http.post(URL, json={"orders": [order_json(), order_json(("GONE", 1))]}), 503)
    finally:
        redis_client.replicaof("NO", "ONE")


def test_a_server_that_fails_in_the_midst_leaves_what_was_answered_and_says_how_to_go_on(
    http, redis_client, pointsman, vips, caplog
):
    orders = [order_json(segment="vip"), order_json(), order_json()]
    body = b"".join(json.dumps(item).encode() + b"\n" for item in orders)
    response = http.post(URL, data=body, content_type=NDJSON, headers=KEY, buffered=False)
    first = json.loads(next(response.response))
    redis_client.replicaof("127.0.0.1", 1)
    try:
        *rest, end = map(json.loads, response.response)
    finally:
        redis_client.replicaof("NO", "ONE")
    assert first["status"] == 201
    assert [record.levelname for record in caplog.records if "a batch stopped: " in record.message] == ["ERROR"]
    assert [(item["number"], item["status"], item["decided"]) for item in rest] == [(2, 503, None), (3, 503, None)]
    assert {item["problem"]["type"] for item in rest} == {"urn:pointsman:problem:undecided"}
    assert "the same key" in rest[0]["problem"]["detail"]
    assert "read-only replica" in checked(http, BatchEndRecord, end)["stopped"]
    again, end = in_lines(http, *orders, headers=KEY)
    assert ([item["status"] for item in again], end["stopped"]) == ([200, 201, 201], None)
    assert again[0]["decision"] == first["decision"]
    assert pointsman.check().clean
