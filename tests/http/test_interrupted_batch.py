"""A long request that has to end does so where nothing is half done, and says so."""

import json

from api.http.serving.ending import ENVIRON_KEY, Ending
from tests.support.ends_after import EndsAfter
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

KEY = {"Idempotency-Key": "wave"}


def send(http, orders, ending, **options):
    return http.post(
        "/v1/decisions/batch", headers=KEY, environ_overrides={ENVIRON_KEY: ending}, **(options or {"json": orders})
    )


def orders_of(count):
    return {"orders": [order_json(("SHIRT", 1)) for _ in range(count)]}


def test_a_batch_ends_between_two_decisions_says_so_and_goes_on_when_it_is_sent_again(http, pointsman):
    orders = orders_of(40)
    # each order is looked at once for the plan, and each block of decisions once
    answer = send(http, orders, EndsAfter(41)).get_json()
    assert answer["stopped"] == "the service is stopping"
    statuses = [item["status"] for item in answer["orders"]]
    decided = statuses.count(201)
    assert 0 < decided < 40
    assert statuses.count(503) == 40 - decided
    left = [item["problem"] for item in answer["orders"] if item["status"] == 503]
    assert {problem["type"] for problem in left} == {"urn:pointsman:problem:undecided"}
    audit = pointsman.check()
    assert (audit.clean, audit.decisions) == (True, decided)
    again = send(http, orders, Ending()).get_json()
    assert (again["stopped"], {item["status"] for item in again["orders"]}) == (None, {200, 201})
    assert pointsman.check().decisions == 40


def test_a_batch_in_lines_says_in_the_last_one_why_it_ended(http, caplog):
    body = b"".join(json.dumps(order).encode() + b"\n" for order in orders_of(40)["orders"])
    answer = send(http, None, EndsAfter(41), data=body, content_type="application/x-ndjson")
    *lines, last = map(json.loads, answer.data.splitlines())
    assert (len(lines), last["stopped"]) == (40, "the service is stopping")
    assert {line["status"] for line in lines} == {201, 503}
    # whoever stops the service means it: no error
    assert [record.levelname for record in caplog.records if "a batch stopped" in record.message] == ["WARNING"]


def test_a_batch_that_ends_before_its_first_decision_is_a_problem(http, pointsman):
    problem = problem_of(send(http, orders_of(3), EndsAfter(2)), 503)
    assert problem["type"] == "urn:pointsman:problem:interrupted"
    assert pointsman.check().decisions == 0


def test_a_feed_ends_between_two_parts_and_says_so(http):
    answer = http.get("/v1/availability/feed?channel=web", environ_overrides={ENVIRON_KEY: EndsAfter(0)})
    first, last = map(json.loads, answer.data.splitlines())
    assert first["full"]
    assert last == {"stopped": "the service is stopping"}
