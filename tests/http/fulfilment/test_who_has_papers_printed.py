"""Who has a paper printed or fetched that shows whom it goes to stands in the access log."""

import pytest
from msgspec import structs

from api.records.fulfilment.printing import PrintJobRecord
from api.records.fulfilment.return_labels import ReturnLabelRecord
from tests.support.callers import client_of
from tests.support.facts import LYON, node
from tests.support.free_port import free_port
from tests.support.order_json import order_json
from tests.support.parcels import LYON_ADDRESS, packing_network
from tests.support.problem_json import problem_of

ZOE = {"name": "Zoë", "lines": ["7 bis, passage Secret"], "postcode": "75011", "town": "Paris", "country": "FR"}


@pytest.fixture
def shop(pointsman):
    off = f"socket://127.0.0.1:{free_port()}"
    lyon = node("lyon", LYON, address=LYON_ADDRESS, printers={"label": off, "note": off})
    return packing_network(pointsman, nodes=[lyon])


@pytest.fixture
def ada(http, shop):
    return client_of(shop, http.application, client="Ada", role="oms")


@pytest.fixture
def decision(http, shop):
    """Of a shipment that is packed."""
    made = http.post("/v1/decisions", json=order_json(("A", 1), id="O-1")).get_json()["id"]
    packed = http.post(f"/v1/shipments/{made}/0/packed", json={"addressee": ZOE})
    assert packed.status_code == 200, packed.data
    return made


def read_by(http, name):
    """What, of which decision and order, the oldest first."""
    found = http.get(f"/v1/audit/accesses?by={name}").get_json()["accesses"]
    return [(item["what"], item["id"], item["order"]) for item in reversed(found)]


@pytest.mark.parametrize("paper", ["label", "note"])
def test_who_has_a_paper_printed_once_more_is_in_the_access_log_and_once(http, ada, decision, paper):
    body = {"paper": paper, "of": f"{decision}/0/1", "op": "again"}
    assert [ada.post("/v1/print-jobs", json=body).status_code for _ in range(2)] == [201, 200]
    assert read_by(http, "Ada") == [("printing_add", decision, "O-1")]
    headers = {"Idempotency-Key": "k"}
    assert [ada.post("/v1/print-jobs", json=body | {"op": "more"}, headers=headers).status_code for _ in range(2)] == [
        201,
        201,
    ]
    assert read_by(http, "Ada") == [("printing_add", decision, "O-1")] * 2


def test_who_has_a_manifest_printed_once_more_is_too(http, ada, decision):
    manifest = http.post("/v1/manifests", json={"node": "lyon", "carrier": "colis"}).get_json()["manifest"]
    assert ada.post("/v1/print-jobs", json={"paper": "manifest", "of": manifest}).status_code == 201
    assert read_by(http, "Ada") == [("printing_add", manifest, None)]


def test_who_retries_what_was_given_up_is_in_the_access_log(http, shop, ada, decision, clock):
    job = ada.post("/v1/print-jobs", json={"paper": "label", "of": f"{decision}/0/1"}).get_json()["id"]
    clock.now += 25 * 3_600
    shop.fulfilment.printing.take_turn()
    assert ada.get(f"/v1/print-jobs/{job}").get_json()["state"] == "dead"
    assert ada.post(f"/v1/print-jobs/{job}/retry").get_json()["state"] == "queued"
    assert read_by(http, "Ada")[-1] == ("printing_retry", decision, "O-1")


class Killed(BaseException):
    """As SIGKILL: nothing of the process goes on."""


@pytest.fixture
def dies_once_queued(monkeypatch):
    """A process that dies before it answers that something is printed."""

    def dies(*_):
        raise Killed

    def die():
        monkeypatch.setattr(PrintJobRecord, "of_job", dies)
        monkeypatch.setattr(ReturnLabelRecord, "of", dies)

    return die


def test_it_is_recorded_in_the_step_that_queues_it_so_also_if_the_process_dies_then(
    *, http, shop, ada, decision, clock, monkeypatch, dies_once_queued
):
    body = {"paper": "label", "of": f"{decision}/0/1", "op": "again"}
    dies_once_queued()
    with pytest.raises(Killed):
        ada.post("/v1/print-jobs", json=body)
    monkeypatch.undo()
    assert read_by(http, "Ada") == [("printing_add", decision, "O-1")]
    clock.now += 25 * 3_600
    shop.fulfilment.printing.take_turn()
    dies_once_queued()
    with pytest.raises(Killed):
        ada.post("/v1/print-jobs/again/retry")
    monkeypatch.undo()
    assert shop.fulfilment.printing.show("again").state == "queued"
    assert read_by(http, "Ada") == [("printing_add", decision, "O-1"), ("printing_retry", decision, "O-1")]
    assert ada.post("/v1/print-jobs/again/retry").get_json()["state"] == "queued"
    assert read_by(http, "Ada")[2:] == [("printing_retry", decision, "O-1")]


def test_what_is_printed_already_is_not_retried_and_nobody_is_recorded_for_it(http, shop, ada, decision):
    ada.post("/v1/print-jobs", json={"paper": "label", "of": f"{decision}/0/1", "op": "again"})
    jobs, job = shop.fulfilment.printing._jobs, shop.fulfilment.printing.show("again")
    assert jobs.settle(job, structs.replace(job, state="printed"), shop.now * 1_000_000)
    assert ada.post("/v1/print-jobs/again/retry").get_json()["state"] == "printed"
    assert read_by(http, "Ada") == [("printing_add", decision, "O-1")]


@pytest.fixture
def returned(http, decision):
    """A return of the order, whose goods left."""
    assert http.post(f"/v1/decisions/{decision}/confirm").status_code == 200
    body = {"order": "O-1", "id": "R/1", "reason": "wrong_size", "lines": [{"line": "1", "quantity": 1}]}
    assert http.post("/v1/returns", json=body).status_code == 201
    return "/v1/returns/R%2F1"


def test_who_has_the_label_of_a_return_printed_is_in_the_access_log_and_once(http, ada, returned):
    assert http.post(f"{returned}/label").status_code == 201
    assert ada.post(f"{returned}/label").status_code == 200
    assert read_by(http, "Ada") == []
    for _ in range(2):
        assert ada.post(f"{returned}/label", json={"print_at": "lyon"}).status_code == 200
    assert read_by(http, "Ada") == [("return_labels_make", "R/1", "O-1")]


def test_of_a_return_it_is_recorded_in_the_step_that_queues_it(http, ada, returned, monkeypatch, dies_once_queued):
    dies_once_queued()
    with pytest.raises(Killed):
        ada.post(f"{returned}/label", json={"print_at": "lyon"})
    monkeypatch.undo()
    assert len(http.get("/v1/print-jobs").get_json()["jobs"]) == 3  # of the parcel a label and a note, too
    assert read_by(http, "Ada") == [("return_labels_make", "R/1", "O-1")]


def test_who_retries_the_label_of_a_cancelled_return_is_in_the_access_log(http, shop, ada, returned, clock):
    http.post(f"{returned}/label", json={"print_at": "lyon"})
    jobs = http.get("/v1/print-jobs").get_json()["jobs"]
    (job,) = [item for item in jobs if item["paper"] == "return_label"]
    clock.now += 25 * 3_600
    shop.fulfilment.printing.take_turn()
    assert http.post(f"{returned}/cancel").status_code == 200
    retried = ada.post(f"/v1/print-jobs/{job['id']}/retry")
    assert (retried.status_code, retried.get_json()["state"]) == (200, "queued")
    assert read_by(http, "Ada") == [("printing_retry", "R/1", "O-1")]


def test_who_is_refused_had_nothing_printed(http, ada, decision):
    problem_of(ada.post("/v1/print-jobs", json={"paper": "label", "of": "D/0/1"}), 404)
    problem_of(ada.post("/v1/print-jobs", json={"paper": "label", "of": f"{decision}/0/1", "node": "x"}), 404)
    problem_of(ada.post("/v1/print-jobs/x/retry"), 404)
    assert read_by(http, "Ada") == []


def test_who_fetches_a_label_or_a_note_is_found_by_the_decision_and_by_the_order(http, ada, decision):
    for paper in ("label", "note"):
        assert ada.get(f"/v1/shipments/{decision}/0/{paper}").status_code == 200
    assert ada.get(f"/v1/shipments/{decision}/0").status_code == 200
    assert read_by(http, "Ada") == [(f"parcels_{what}", decision, "O-1") for what in ("label", "note", "show")]
    for name in (decision, "O-1"):
        found = http.get(f"/v1/audit/accesses?id={name}&by=Ada").get_json()["accesses"]
        assert len(found) == 3
