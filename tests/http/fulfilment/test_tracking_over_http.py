"""Events of carriers sent over HTTP, and where parcels are."""

import json

import pytest

from api.records.fulfilment.tracking import ParcelTrackingRecord, TrackingLineRecord, TrackingOutcomesRecord
from engine.decide.order_record import timestamp
from tests.support.callers import client_of
from tests.support.facts import HOUR, NOW
from tests.support.openapi import mistakes_in
from tests.support.parcels import decided, pack, packing_network
from tests.support.problem_json import problem_of

DAY = 24 * HOUR

"""The server makes no difference here: what it is asked is tested with each in tests/store/fulfilment."""


@pytest.fixture
def shop(bare):
    return packing_network(bare)


@pytest.fixture
def client(shop, application):
    return client_of(shop, application.around(shop))


@pytest.fixture
def sscc(shop):
    return pack(shop, decided(shop, ("A", 1), id="O-1", promise_by=NOW + 2 * DAY)).shipment.parcels[0].sscc


def event(number, state="in_transit", **more):
    return {"number": number, "state": state, "at": timestamp(NOW - HOUR), **more}


def sent(client, *events):
    return client.post("/v1/tracking/events", json={"events": list(events)})


def lines(client, *texts):
    body = "\n".join(text if isinstance(text, str) else json.dumps(text) for text in texts)
    answer = client.post("/v1/tracking/events", data=body, content_type="application/x-ndjson")
    assert answer.status_code == 200
    answered = [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]
    assert [mistake for line in answered for mistake in mistakes_in(client, TrackingLineRecord, line)] == []
    return answered


def test_events_are_taken_and_each_is_answered(client, sscc):
    answer = sent(
        client, event(sscc, id="1"), event(f"(00){sscc}", id="1"), event("elsewhere", town="Lyon", country="FR")
    )
    assert answer.status_code == 200
    body = answer.get_json()
    assert mistakes_in(client, TrackingOutcomesRecord, body) == []
    assert [item["result"] for item in body["events"]] == ["new", "known", "kept"]
    assert (body["new"], body["known"], body["kept"]) == (1, 1, 1)


def test_a_parcel_is_shown_by_its_number(client, sscc):
    sent(client, event(sscc, town="Lyon", country="FR"), event(sscc, "out_for_delivery", at=timestamp(NOW)))
    answer = client.get(f"/v1/tracking/{sscc}")
    body = answer.get_json()
    assert mistakes_in(client, ParcelTrackingRecord, body) == []
    assert (body["state"], body["since"]) == ("out_for_delivery", timestamp(NOW))
    assert body["events"] == [
        {"state": "out_for_delivery", "at": timestamp(NOW), "heard_at": timestamp(NOW)},
        {
            "state": "in_transit",
            "at": timestamp(NOW - HOUR),
            "heard_at": timestamp(NOW),
            "town": "Lyon",
            "country": "FR",
        },
    ]
    assert (body["order"], body["parcel"], body["parcels"], body["carrier"]) == ("O-1", 1, 1, "colis")
    assert (body["promised_by"], body["late"], body["page"]) == (timestamp(NOW + 2 * DAY), False, f"/track/{sscc}")
    assert problem_of(client.get("/v1/tracking/nothing"), 404)["detail"].endswith("goes by the number 'nothing'")


def test_all_events_of_a_body_are_taken_or_none(client, shop, sscc, contents):
    before = contents()
    refused = problem_of(sent(client, event(sscc), event(sscc, "on_fire"), event("", at="yesterday")), 422)
    assert [mistake["field"] for mistake in refused["errors"]] == [
        "events.1.state",
        "events.2.number",
        "events.2.at",
    ]
    assert problem_of(sent(client, *[event(sscc)] * 1_001), 422)
    assert problem_of(sent(client), 422)
    assert contents() == before


def test_as_lines_there_may_be_any_number_and_each_is_answered(client, sscc):
    answered = lines(client, event(sscc), {"number": sscc, "state": "lost"}, "no json", "", event("elsewhere"))
    assert [(line["line"], line["number"], line["result"]) for line in answered] == [
        (1, sscc, "new"),
        (2, sscc, "refused"),
        (3, None, "refused"),
        (5, "elsewhere", "kept"),
    ]
    assert "state" in answered[1]["message"]
    assert len(lines(client, *[event(sscc, id=str(number)) for number in range(450)])) == 450


def test_who_may_tell_and_who_may_read(shop, client, sscc):
    auditor = client_of(shop, client.application, client="Ada", role="auditor")
    assert auditor.get(f"/v1/tracking/{sscc}").status_code == 200
    assert problem_of(sent(auditor, event(sscc)), 403)
