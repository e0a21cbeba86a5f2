"""What-ifs as jobs of a service: asked for, run beside it, taken up again, cancelled."""

import errno
import json
import os
import signal

import pytest

from api.records.whatif import WhatIfRecord
from api.records.whatif_jobs import WhatIfJobsRecord
from api.shapes.quantities import encode
from api.whatif.job_folders import folder_of
from api.whatif.run import OPERATION
from engine.parallel.work import Spread
from engine.simulation.job import MOST_ATTEMPTS
from engine.simulation.whatif import WhatIfRequest, what_if
from engine.store.audit.accesses import AccessFilter
from tests.conftest import SMALL
from tests.http.whatif.conftest import RULE
from tests.support.callers import client_of
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of
from tests.support.whatif import draft
from tests.support.whatif_jobs import TIME, asked, ended, files, shown

FOLDER = {name: (SMALL / name).read_text("utf-8") for name in ("network.yaml", "products.csv", "stock.csv")}
GOOD = {"name": "good", "files": files("then: {exclude: true}")}
BAD = {"name": "bad", "files": files("then: {prefr: 1.00}")}


def test_a_job_answers_what_the_command_does_and_is_forgotten_when_asked_to(client, service, turns, clock):
    job = asked(client, GOOD, BAD, key="once", show=1)
    assert asked(client, GOOD, BAD, key="once", show=1) == job
    queued = shown(client, job)
    assert (queued["state"], queued["created_by"]) == ("queued", "http")
    assert client.get("/v1/whatif").get_json()["whatifs"] == [queued]
    early = problem_of(client.get(f"/v1/whatif/{job}/report"), 404)
    assert early["detail"].endswith("is queued; it has a report once it is done")
    done = ended(turns, client, job)
    assert (done["state"], done["progress"], done["attempts"]) == ("done", {"done": 3, "about": 3}, 1)
    (refused,) = done["result"]["refused"]
    assert (refused["name"], refused["findings"][0]["line"]) == ("bad", 3)
    request = WhatIfRequest(
        against=service.versions.find("active"),
        drafts=(draft("then: {exclude: true}", name="good"),),
        since=1_577_836_800,
        until=4_922_899_200,
        shown=1,
        weighed=20,
        language="en",
    )
    made = WhatIfRecord.of(what_if(service, request, spread=Spread()), {})
    assert done["result"]["drafts"] == json.loads(encode(made))["drafts"]
    assert done["result"]["drafts"][0]["orders"]["changed"] == 3
    noted = service.accesses.page(AccessFilter(what=OPERATION), limit=5).accesses
    assert [(item.by, item.subject, item.count) for item in noted] == [("http", job, 3)]
    assert not folder_of(service.settings, job).exists()
    page = client.get(f"/v1/whatif/{job}/report?lang=fr")
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    assert page.headers["Content-Language"] == "fr"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "good aurait coûté " in page.get_data(as_text=True)
    listed = client.get("/v1/whatif")
    assert mistakes_in(client, WhatIfJobsRecord, listed.get_json()) == []
    assert client.delete(f"/v1/whatif/{job}").status_code == 204
    problem_of(client.get(f"/v1/whatif/{job}"), 404)
    assert client.get("/v1/whatif").get_json() == {"whatifs": [], "next": None}


def test_a_job_whose_process_was_killed_is_taken_up_again_and_after_three_it_is_given_up(client, turns):
    job = asked(client, GOOD)
    turns.take_turn()
    os.kill(turns._process.pid, signal.SIGKILL)
    turns._process.join()
    assert shown(client, job)["state"] in ("queued", "running")
    done = ended(turns, client, job)
    assert (done["state"], done["attempts"]) == ("done", 2)
    lost = asked(client, GOOD)
    for _ in range(3):
        turns.take_turn()
        os.kill(turns._process.pid, signal.SIGKILL)
        turns._process.join()
    failed = ended(turns, client, lost)
    assert (failed["state"], failed["error"][:23]) == ("failed", "3 processes died over i")
    assert "result" not in failed


def test_a_job_is_not_given_up_however_often_the_service_is_stopped(client, running, turns):
    job = asked(client, GOOD)
    for _ in range(MOST_ATTEMPTS + 1):
        stopped = running("whatif")
        stopped.take_turn()
        stopped.close()
    done = ended(turns, client, job)
    assert (done["state"], done["attempts"]) == ("done", 1)


def test_a_job_whose_process_the_machine_refuses_to_start_is_begun_again(client, turns, monkeypatch):
    def refuse(*_):
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    job = asked(client, GOOD)
    with monkeypatch.context() as machine:
        machine.setattr("multiprocessing.util.spawnv_passfds", refuse)
        with pytest.raises(BlockingIOError):
            turns.take_turn()
    turns._give_back()  # as the leases do by themselves after a while
    done = ended(turns, client, job)
    assert (done["state"], done["attempts"]) == ("done", 2)


def test_a_cancelled_job_is_not_begun_and_one_that_runs_leaves_no_result(client, service, turns):
    waiting = asked(client, GOOD)
    assert client.delete(f"/v1/whatif/{waiting}").status_code == 204
    turns.take_turn()
    assert (shown(client, waiting)["state"], turns._process) == ("cancelled", None)
    running = asked(client, GOOD)
    turns.take_turn()
    assert client.delete(f"/v1/whatif/{running}").status_code == 204
    turns._process.join(60)
    assert shown(client, running)["state"] == "cancelled"
    assert service.whatifs.stored.result(running) is None


def test_as_many_run_at_once_as_the_settings_say_and_the_others_wait(client, running, turns):
    first, second = asked(client, GOOD), asked(client, GOOD)
    turns.take_turn()
    others = running("whatif")
    others.take_turn()
    assert others._process is None
    assert {shown(client, job)["state"] for job in (first, second)} == {"running", "queued"}
    assert ended(turns, client, first)["state"] == "done"
    assert ended(turns, client, second)["state"] == "done"


def test_more_than_may_wait_are_refused_until_one_of_them_is_cancelled_or_begun(client, turns):
    def refused():
        answer = client.post("/v1/whatif", json={"drafts": [GOOD], **TIME})
        assert problem_of(answer, 429)["type"].endswith("too-many-what-ifs")
        return answer.headers["Retry-After"]

    waiting = [asked(client, GOOD, key=f"key {number}") for number in range(3)]
    assert refused() == "30"
    assert asked(client, GOOD, key="key 0") == waiting[0]
    assert client.delete(f"/v1/whatif/{waiting[2]}").status_code == 204
    asked(client, GOOD)
    refused()
    turns.take_turn()
    asked(client, GOOD)
    refused()


def test_what_was_sent_and_tried_of_a_job_goes_once_it_has_ended_or_is_forgotten(client, service, gates):
    waiting, cancelled, forgotten = (asked(client, GOOD) for _ in range(3))
    assert client.delete(f"/v1/whatif/{cancelled}").status_code == 204
    for _ in range(2):
        assert client.delete(f"/v1/whatif/{forgotten}").status_code == 204
    for job in (waiting, cancelled, forgotten):
        folder_of(service.settings, job).mkdir(parents=True)
    gates.take_turn()
    assert [folder_of(service.settings, job).exists() for job in (waiting, cancelled, forgotten)] == [
        True,
        False,
        False,
    ]
    assert [service.simulation_jobs.request(job) is not None for job in (waiting, cancelled)] == [True, False]
    assert service._client.redis.zrange(service._keys.whatif_unended, 0, -1) == [waiting.encode()]


def test_a_sweep_tries_the_number_that_stands_too_and_says_which_it_is(client, turns):
    job = asked(client, {"name": "mine", "files": files(RULE)}, sweep="test/r1.prefer=2,3")
    drafts = ended(turns, client, job)["result"]["drafts"]
    assert [(item["name"], item.get("stands")) for item in drafts] == [
        ("test/r1.prefer=1.00", True),
        ("test/r1.prefer=2", None),
        ("test/r1.prefer=3", None),
    ]
    assert {"difference", "low", "high"} == set(drafts[1]["sure"]["cost_micros"])


def test_a_published_version_is_a_draft_and_a_time_without_decisions_fails(client, turns):
    version = client.get("/v1/policies/active").get_json()["version"]
    done = ended(turns, client, asked(client, {"version": version[:10]}))
    assert (done["result"]["drafts"][0]["name"], done["result"]["drafts"][0]["same_bytes"]) == (version[:12], 3)
    empty = ended(turns, client, asked(client, GOOD, to="2020-01-02T00:00:00Z"))
    assert (empty["state"], empty["error"][:37]) == ("failed", "no decision was made in this time; th")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"drafts": [{"name": "x"}]}, "drafts.0"),
        ({"drafts": [{"files": files(RULE)}]}, "drafts.0.name"),
        ({"drafts": [{"name": "x", "files": {"../x.yaml": "policy: x"}}]}, "drafts.0.files"),
        ({"drafts": [{"name": "x", "files": {"x_test.yaml": "tests: []"}}]}, "drafts.0.files"),
        ({"drafts": [GOOD, GOOD]}, "drafts"),
        ({"drafts": [GOOD, {**GOOD, "name": "y"}], "sweep": "test/r1.prefer=1"}, "sweep"),
        ({"drafts": [GOOD], "sweep": "nonsense"}, "sweep"),
        ({"drafts": [], "sweep": "test/r1.prefer=1"}, "sweep"),
        ({"drafts": [GOOD], "from": TIME["to"], "to": TIME["from"]}, "from"),
        ({}, "drafts"),
        ({"strike": ["parcels"]}, "strike"),
        ({"close": [{"node": "lion"}]}, "close"),
        ({"close": [{"node": "lyon", "from": TIME["to"], "to": TIME["from"]}]}, "close.0.from"),
        ({"cut_off": {"lyon": "17:00"}}, "cut_off"),
        ({"cut_off": {"lyon": "24:00"}}, "cut_off.lyon.value"),
        ({"volume": 1.3}, "volume"),
        ({"volume": 1.333, "way": "rolled_forward"}, "volume"),
        ({"volume": 0, "way": "rolled_forward"}, "volume"),
        ({"drafts": [GOOD], "way": "sideways"}, "way"),
        ({"drafts": [GOOD], "begin_again": "month"}, "begin_again"),
        ({"drafts": [GOOD], "begin_again": "year", "way": "rolled_forward"}, "begin_again"),
        ({"drafts": [GOOD], "orders": [order_json()], "begin_again": "day"}, "begin_again"),
        ({"drafts": [GOOD], "workers": 2}, "workers"),
        ({"drafts": [GOOD], "orders": []}, "orders"),
        ({"drafts": [GOOD], "orders": [order_json(), 5]}, "orders.1"),
        ({"drafts": [GOOD], "orders": [order_json(), order_json(("HAT", 1))]}, "orders.1.lines.0.sku"),
        ({"drafts": [GOOD], "orders": [order_json(id="A"), order_json(id="A")]}, "orders.1.id"),
        ({"drafts": [GOOD], "orders": [order_json()], "workers": 1}, "workers"),
        ({"drafts": [GOOD], "orders": [order_json()], "way": "one_step"}, "way"),
        ({"drafts": [GOOD], "orders": [order_json()], "from": TIME["from"]}, "from"),
        ({"network_file": {"files": {}}}, "network_file.files"),
        ({"network_file": {"files": {**FOLDER, "../x": ""}}}, "network_file.files"),
    ],
)
def test_what_can_not_be_tried_is_refused_with_the_field_at_fault(client, body, field):
    problem = problem_of(client.post("/v1/whatif", json=body), 422)
    assert set(fields_of(problem)) == {field}
    assert "--" not in problem["detail"]
    assert client.get("/v1/whatif").get_json() == {"whatifs": [], "next": None}


def test_mistakes_of_a_network_name_the_file_and_the_line_as_the_caller_knows_them(client):
    broken = {**FOLDER, "stock.csv": FOLDER["stock.csv"] + "lion,SHIRT,1,\n"}
    problem = problem_of(client.post("/v1/whatif", json={"network_file": {"files": broken}}), 422)
    (mistake,) = problem["errors"]
    assert mistake["field"] == "network_file.files"
    line = len(broken["stock.csv"].splitlines())
    assert mistake["message"] == f"stock.csv:{line}: node: no node goes by the id 'lion'"
    dollars = {**FOLDER, "network.yaml": FOLDER["network.yaml"].replace("currency: EUR", "currency: USD")}
    problem = problem_of(client.post("/v1/whatif", json={"network_file": {"name": "there", "files": dollars}}), 422)
    assert problem["detail"].startswith("network_file: there counts in USD, and the log in EUR")


def test_if_every_draft_has_mistakes_they_are_the_answer(client):
    problem = problem_of(client.post("/v1/whatif", json={"drafts": [BAD]}), 422)
    assert problem["type"].endswith("policy-invalid")
    assert client.get("/v1/whatif").get_json() == {"whatifs": [], "next": None}


def test_who_only_reads_policies_sees_what_ifs_and_begins_none(client, service, application):
    auditor = client_of(service, application.around(service), role="auditor")
    assert auditor.get("/v1/whatif").status_code == 200
    assert auditor.post("/v1/whatif", json={"drafts": [GOOD]}).status_code == 403
