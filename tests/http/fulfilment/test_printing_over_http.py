"""What is printed, over HTTP: listed, retried, dropped, and tested on a real printer."""

import dataclasses

import pytest
from msgspec import structs

from api.records.fulfilment.printing import PrinterListRecord, PrinterTestRecord, PrintJobRecord, PrintJobsRecord
from engine.fulfilment.printing.print_job import PrintJob
from engine.store.fulfilment.print_jobs import PrintJobs
from engine.store.network.serialization import inventory_version
from tests.conftest import activate, small
from tests.support.free_port import free_port
from tests.support.openapi import mistakes_in
from tests.support.print_servers import running_socket_printer
from tests.support.wait_until import wait_until


@pytest.fixture
def printer():
    with running_socket_printer() as server:
        yield server


@pytest.fixture
def shop(http, pointsman, printer):
    """Lyon prints labels, and names a printer for notes that is off."""
    network = small().network
    off = f"socket://127.0.0.1:{free_port()}"
    lyon = dataclasses.replace(network.nodes["lyon"], printers={"label": printer.uri, "note": off})
    network = dataclasses.replace(network, nodes={**network.nodes, "lyon": lyon})
    inventory = dataclasses.replace(small(), network=network)
    version = inventory_version(inventory)
    pointsman.load(dataclasses.replace(inventory, network=dataclasses.replace(network, version=version)))
    activate(pointsman)
    return http


@pytest.fixture
def add(pointsman, clock):
    """Puts jobs into the store as packing does; there is nothing behind them that could be drawn."""
    jobs = PrintJobs(pointsman._client, pointsman._keys)

    def add(name, **more):
        job = PrintJob(id=name, node="lyon", paper="note", of="D/0/1", queued_at=clock.now)
        assert jobs.settle(None, structs.replace(job, **more), clock.now * 1_000_000 + int(name[1:]))

    return add


def got(http, path, record, status=200):
    answer = http.get(path)
    assert answer.status_code == status, answer.data
    assert mistakes_in(http, record, answer.get_json()) == []
    return answer.get_json()


def test_jobs_are_listed_page_by_page_and_shown(shop, add):
    for number in range(1, 4):
        add(f"j{number}")
    first = got(shop, "/v1/print-jobs?limit=2", PrintJobsRecord)
    assert [job["id"] for job in first["jobs"]] == ["j1", "j2"]
    rest = got(shop, f"/v1/print-jobs?limit=2&after={first['next']}", PrintJobsRecord)
    assert ([job["id"] for job in rest["jobs"]], rest["next"]) == (["j3"], None)
    assert got(shop, "/v1/print-jobs/j3", PrintJobRecord) == rest["jobs"][0]
    assert got(shop, "/v1/print-jobs?node=lille", PrintJobsRecord)["jobs"] == []
    assert shop.get("/v1/print-jobs/j9").status_code == 404
    assert shop.get("/v1/print-jobs?after=x").status_code == 422
    assert shop.get("/v1/print-jobs?state=lost").status_code == 422


def test_what_can_not_be_drawn_is_given_up_retried_and_dropped(shop, pointsman, add):
    add("j1", paper="label")
    assert pointsman.fulfilment.printing.take_turn() == 0
    (dead,) = got(shop, "/v1/print-jobs?state=dead", PrintJobsRecord)["jobs"]
    assert (dead["state"], dead["tries"], "error" in dead) == ("dead", 1, True)
    retried = shop.post("/v1/print-jobs/j1/retry")
    assert (retried.status_code, retried.get_json()["state"]) == (200, "queued")
    assert shop.delete("/v1/print-jobs/j1").status_code == 204
    assert shop.delete("/v1/print-jobs/j1").status_code == 404
    assert shop.post("/v1/print-jobs/j1/retry").status_code == 404


def test_who_asks_for_a_paper_that_there_is_not_is_told(shop):
    answer = shop.post("/v1/print-jobs", json={"paper": "label", "of": "D/0/1"})
    assert answer.status_code == 404
    answer = shop.post("/v1/print-jobs", json={"paper": "poster", "of": "D/0/1"})
    assert answer.status_code == 422


def test_printers_are_listed_and_tested(shop, printer):
    every = got(shop, "/v1/printers", PrinterListRecord)["printers"]
    assert [(item["node"], item["paper"], item["format"]) for item in every] == [
        ("lyon", "label", "zpl"),
        ("lyon", "note", "pdf"),
    ]
    answer = shop.post("/v1/printers/lyon/label/test")
    assert mistakes_in(shop, PrinterTestRecord, answer.get_json()) == []
    assert answer.get_json() == {"printer": printer.uri, "sent": True, "state": "reached"}
    wait_until(lambda: printer.documents, "the test page is printed")
    assert printer.documents[0].startswith(b"^XA")
    off = shop.post("/v1/printers/lyon/note/test").get_json()
    assert (off["sent"], "refused" in off["error"]) == (False, True)
    assert shop.post("/v1/printers/lyon/poster/test").status_code == 404
    assert shop.post("/v1/printers/nowhere/label/test").status_code == 404
    assert shop.post("/v1/printers/lille/label/test").status_code == 422
    assert got(shop, "/v1/printers?node=lille", PrinterListRecord)["printers"] == []
    assert shop.get("/v1/printers?node=nowhere").status_code == 404


def test_printers_are_listed_page_by_page(shop):
    every = got(shop, "/v1/printers", PrinterListRecord)
    first = got(shop, "/v1/printers?limit=1", PrinterListRecord)
    rest = got(shop, f"/v1/printers?limit=1&after={first['next']}", PrinterListRecord)
    assert [item["paper"] for item in first["printers"] + rest["printers"]] == ["label", "note"]
    assert first["printers"] + rest["printers"] == every["printers"]
    assert (rest["next"], every["next"]) == (None, None)
    assert got(shop, f"/v1/printers?node=lille&after={first['next']}", PrinterListRecord)["printers"] == []


def test_a_printer_that_is_off_is_listed_with_its_next_try(shop, pointsman, add):
    add("j1")
    pointsman.fulfilment.printing._drawing.draw = lambda *_: b"a note"
    pointsman.fulfilment.printing.take_turn()
    label, note = got(shop, "/v1/printers", PrinterListRecord)["printers"]
    assert "failures" not in label
    assert (note["failures"], "refused" in note["error"]) == (1, True)
    assert note["next_try_at"] > got(shop, "/v1/print-jobs/j1", PrintJobRecord)["queued_at"]
