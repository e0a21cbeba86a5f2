"""The gates of policy versions as jobs of a service: asked for, run beside it, taken up again, cancelled."""

import os
import signal

import pytest

from api.records.policies import GateRecord
from api.whatif.job_folders import folder_of
from api.whatif.job_progress import JobProgress
from api.whatif.run import _run_gate
from engine.simulation.job import ENDED
from tests.http.whatif.conftest import RULE
from tests.support.openapi import mistakes_in
from tests.support.problem_json import problem_of
from tests.support.whatif_jobs import asked, files

GATE = "unfilled: {at_most: +0}\n"


def published(client, *rules, gate=GATE):
    answer = client.post("/v1/policies", json={"files": {**files(*rules), "gate.yaml": gate}})
    assert (answer.status_code, answer.get_json()["gate"]) == (201, "not_run"), answer.get_json()
    return answer.get_json()["version"]


def ask(client, version):
    answer = client.post(f"/v1/policies/{version}/gate")
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/v1/policies/{version}/gate")
    return of(client, version)


def of(client, version):
    answer = client.get(f"/v1/policies/{version[:8]}/gate")
    assert mistakes_in(client, GateRecord, answer.get_json()) == []
    return answer.get_json()


def ended(gates, client, version):
    for _ in range(5):
        gates.take_turn()
        if gates._process is not None:
            gates._process.join()
        if gates._stored.get(f"gate-{version}").state in ENDED:
            break
    gates.take_turn()
    return of(client, version)


def killed(gates):
    """While it runs."""
    gates.take_turn()
    os.kill(gates._process.pid, signal.SIGKILL)
    gates._process.join()


@pytest.fixture
def bad(client):
    """A version that ships nothing."""
    return published(client, "then: {exclude: true}")


def test_a_gate_is_pending_until_it_was_run_and_is_refused_before(client, service, gates, running, bad):
    first = service.versions.timeline().active
    problem = problem_of(client.post(f"/v1/policies/{bad}/activate", json={}), 409)
    assert problem["type"].endswith("gate-not-passed")
    pending = {"version": bad, "state": "not_run", "pending": True, "result": None}
    assert ask(client, bad) == ask(client, bad) == {**pending, "progress": {"done": 0, "about": 0}}
    assert client.get("/v1/whatif").get_json() == {"whatifs": [], "next": None}
    problem_of(client.get(f"/v1/whatif/gate-{bad}"), 404)
    gates.take_turn()
    others = running("gate")
    others.take_turn()
    assert others._process is None
    read = ended(gates, client, bad)
    assert (read["state"], read["pending"], read["result"]["against"]) == ("failed", False, first)
    assert "progress" not in read
    assert (read["result"]["bounds"][0]["difference"], read["result"]["run_by"]) == (3, "http")
    assert not folder_of(service.settings, f"gate-{bad}").exists()
    (change,) = [change for change in service.versions.history() if change.kind == "gate_run"]
    (entry,) = [entry for entry in service.entries(on_damaged=str) if entry.kind == "gate_run"]
    assert (change.who, entry.by, entry.through, entry.origin) == ("http", "http", "http", "127.0.0.1")
    assert problem_of(client.post(f"/v1/policies/{bad}/activate", json={"override_gate": True}), 422)
    overridden = client.post(f"/v1/policies/{bad}/activate", json={"override_gate": True, "note": "on purpose"})
    assert overridden.get_json()["active"] == bad
    assert client.post(f"/v1/policies/{bad}/gate").status_code == 200


def test_a_gate_whose_processes_die_is_run_again_and_after_three_it_is_not_judged(client, gates, bad):
    ask(client, bad)
    killed(gates)
    assert of(client, bad)["pending"]
    assert ended(gates, client, bad)["state"] == "failed"
    again = ask(client, bad)
    assert (again["state"], again["pending"], again["progress"]["done"]) == ("failed", True, 0)
    for _ in range(3):
        killed(gates)
    given_up = ended(gates, client, bad)
    assert (given_up["state"], given_up["pending"]) == ("not_judged", False)
    assert given_up["result"]["why"].startswith("3 processes died over it")
    problem = problem_of(client.post(f"/v1/policies/{bad}/activate", json={}), 409)
    assert "could not judge it: 3 processes died" in problem["detail"]


def test_a_gate_that_is_asked_for_anew_after_it_was_listed_is_run_as_of_the_instant_at_which_it_begins(
    client, service, gates, bad
):
    ask(client, bad)
    gates.take_turn()
    listed = gates._stored.get(f"gate-{bad}")
    assert client.delete(f"/v1/policies/{bad}/gate").status_code == 204
    gates._process.join()
    gates.take_turn()
    ask(client, bad)
    assert gates._begin(listed)
    begun = gates._stored.get(f"gate-{bad}")
    assert (begun.state, begun.started_at, begun.attempts) == ("running", service.now, 1)


def test_a_gate_is_cancelled_while_it_waits_and_while_it_runs_and_what_came_of_it_before_stays(client, gates, bad):
    ask(client, bad)
    assert client.delete(f"/v1/policies/{bad}/gate").status_code == 204
    gates.take_turn()
    assert gates._process is None
    assert of(client, bad) == {"version": bad, "state": "not_run", "pending": False, "result": None}
    problem_of(client.delete(f"/v1/policies/{bad}/gate"), 404)
    ask(client, bad)
    gates.take_turn()
    assert client.delete(f"/v1/policies/{bad}/gate").status_code == 204
    gates._process.join(60)
    assert not gates._process.is_alive()
    assert of(client, bad) == {"version": bad, "state": "not_run", "pending": False, "result": None}


def test_a_gate_that_is_cancelled_in_its_last_moment_keeps_nothing(client, service, bad):
    class CancelledMeanwhile(JobProgress):
        def add(self, more):
            assert client.delete(f"/v1/policies/{bad}/gate").status_code == 204
            super().add(more)

    ask(client, bad)
    stored, name = service.simulation_jobs, f"gate-{bad}"
    assert stored.take("gate", "turn")
    assert stored.take(name, "turn")
    assert stored.begin(stored.get(name), "turn", at=service.now)
    progress = CancelledMeanwhile(service, name, "turn", "gate")
    _run_gate(service, stored.get(name), progress)
    assert progress.done == 3
    assert of(client, bad) == {"version": bad, "state": "not_run", "pending": False, "result": None}
    assert stored.get(name).state == "cancelled"


def test_a_gate_does_not_wait_for_a_what_if_and_its_failed_run_is_not_judged(client, service, turns, gates, bad):
    asked(client, {"name": "mine", "files": files(RULE)})
    turns.take_turn()
    assert turns._process is not None
    folder = folder_of(service.settings, f"gate-{bad}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    ask(client, bad)
    read = ended(gates, client, bad)
    assert (read["state"], read["result"]["why"][:27]) == ("not_judged", "a checkpoint can't be kept ")
    folder.unlink()
    ask(client, bad)
    assert ended(gates, client, bad)["state"] == "failed"
