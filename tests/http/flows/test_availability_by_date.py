"""What is free by a date, over HTTP."""

import pytest

from api.records.stock.positions import AvailabilityRecord
from tests.conftest import activate
from tests.support.openapi import mistakes_in
from tests.support.problem_json import problem_of

MESSAGE = {
    "source": "purchase_order",
    "node": "lyon",
    "sku": "SHIRT",
    "quantity": 10,
    "expected_at": "2026-12-01T06:00:00Z",
    "status": "confirmed",
    "sequence": 1,
}


@pytest.fixture
def free(http, pointsman):
    """What is free of shirts to the web, by what the query asks besides."""
    activate(pointsman, "then: {promise_from: confirmed}")
    http.put("/v1/inbound/PO-1", json=MESSAGE)

    def free(**query):
        answer = http.get("/v1/availability", query_string={"sku": "SHIRT", "channel": "web"} | query)
        assert answer.status_code == 200, answer.data
        assert mistakes_in(http, AvailabilityRecord, answer.get_json()) == []
        return answer.get_json()["skus"][0]["free"]

    return free


def test_what_is_to_come_is_free_by_its_day(free):
    now = free()
    assert free(by="2026-11-30") == now
    assert free(by="2026-12-01") == now + 10
    paris = {"country": "FR", "latitude": "48.85", "longitude": "2.35"}
    assert free(by="2026-12-01", **paris) == free(**paris) + 10


def test_many_skus_are_asked_in_the_body(http, free):
    body = {"skus": ["SHIRT"], "channel": "web", "by": "2026-12-01"}
    answer = http.post("/v1/availability", json=body).get_json()
    assert (answer["by"], answer["skus"][0]["free"]) == ("2026-12-01", free(by="2026-12-01"))


@pytest.mark.usefixtures("free")
@pytest.mark.parametrize(("by", "said"), [("2026-11-01", "2026-11-01 is over"), ("soon", "no date")])
def test_no_date_to_come_is_refused(http, by, said):
    answer = http.get("/v1/availability", query_string={"sku": "SHIRT", "channel": "web", "by": by})
    assert answer.status_code == 422
    assert said in str(problem_of(answer, 422))
