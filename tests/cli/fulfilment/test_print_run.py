"""`pointsman print run` says what could not be printed, and why."""

import json

import pytest

from tests.support.free_port import free_port
from tests.support.order_json import order_json
from tests.support.packing_folder import ZOE, load_packing_folder
from tests.support.print_servers import running_socket_printer


@pytest.fixture
def away():
    return f"socket://127.0.0.1:{free_port()}"


@pytest.fixture
def network(tmp_path):
    return tmp_path / "network" / "network.yaml"


@pytest.fixture
def run(command, tmp_path, away):
    def pointsman(*words, **more):
        return command(*words, POINTSMAN_DATA=tmp_path / "data", POINTSMAN_USER="eve", COLUMNS=160, **more)

    def with_printers(text):
        for name in ("lyon", "paris", "lille"):
            text = text.replace(f"  - id: {name}\n", f'  - id: {name}\n    printers: {{label: "{away}"}}\n', 1)
        return text

    (tmp_path / "zoe.json").write_text(json.dumps(ZOE), "utf-8")
    (tmp_path / "order.json").write_text(json.dumps(order_json(("SHIRT", 2), id="O-1")), "utf-8")
    load_packing_folder(pointsman, tmp_path, changed=with_printers)
    return pointsman


@pytest.fixture
def shipment(run, tmp_path):
    """One whose two labels wait."""
    decided = json.loads(run("decide", tmp_path / "order.json", "--json").stdout)
    (shipment,) = decided["shipments"]
    packed = run(
        "shipment",
        "pack",
        f"{decided['id']}/0",
        "--parcel",
        "1=1",
        "--parcel",
        "1=1",
        "--addressee",
        tmp_path / "zoe.json",
    )
    assert packed.returncode == 0, packed.stderr
    return shipment


def test_papers_that_still_wait_for_a_printer_are_told_and_fail_the_command(run, shipment, away, network):
    done = run("print", "run")
    assert (done.returncode, done.stdout) == (1, "printed: 0\n")
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"{away} at {shipment['node']}: 2 papers still to be printed: ")
    assert told.endswith("Connection refused")
    resting = run("print", "run", "--lang", "fr")
    assert (resting.returncode, resting.stdout) == (1, "imprimés\xa0: 0\n")
    assert resting.stderr.startswith(f"{away} à {shipment['node']}\xa0: 2 documents encore à imprimer\xa0: ")
    with running_socket_printer() as printer:
        network.write_text(network.read_text("utf-8").replace(away, printer.uri), "utf-8")
        assert run("load", network.parent, "--network-only").returncode == 0
        done = run("print", "run")
    assert (done.returncode, done.stdout, done.stderr) == (0, "printed: 2\n", "")


def test_papers_that_are_given_up_are_told_and_fail_the_command_that_once(run, shipment, away, network):
    network.write_text(network.read_text("utf-8").replace(f'    printers: {{label: "{away}"}}\n', ""), "utf-8")
    assert run("load", network.parent, "--network-only").returncode == 0
    done = run("print", "run")
    assert (done.returncode, done.stdout) == (1, "printed: 0\n")
    assert done.stderr.endswith("given up: 2 papers; see pointsman print list --state dead\n")
    assert run("print", "run").returncode == 0
