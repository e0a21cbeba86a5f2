"""Who has a paper printed once more on the command line stands in the access log."""

import json
import shutil

import pytest

from tests.support.forked_cli import SMALL
from tests.support.free_port import free_port
from tests.support.order_json import order_json

ADDRESS = '    address: {company: Maison Exemple, lines: [1 rue du Port], postcode: "69002", town: Lyon}\n'
ZOE = {"name": "Zoë", "lines": ["7 bis, passage Secret"], "postcode": "75011", "town": "Paris", "country": "FR"}


@pytest.fixture
def run(command, tmp_path):
    def pointsman(*words, **more):
        done = command(*words, POINTSMAN_DATA=tmp_path / "data", POINTSMAN_USER="eve", COLUMNS=160, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    folder = tmp_path / "folder"
    shutil.copytree(SMALL, folder)
    file = folder / "network.yaml"
    text = file.read_text("utf-8")
    printers = f'    printers: {{label: "socket://127.0.0.1:{free_port()}"}}\n'
    for name in ("lyon", "paris", "lille"):
        text = text.replace(f"  - id: {name}\n", f"  - id: {name}\n{ADDRESS}{printers}", 1)
    file.write_text(f'parcels: {{gs1_prefix: "7654322"}}\n{text}', "utf-8")
    (tmp_path / "zoe.json").write_text(json.dumps(ZOE), "utf-8")
    (tmp_path / "order.json").write_text(json.dumps(order_json(("SHIRT", 1), id="O-1")), "utf-8")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "none.yaml").write_text("policy: none\nrules: []\n", "utf-8")
    pointsman("load", folder)
    pointsman("policy", "publish", tmp_path / "policies", "--activate")
    return pointsman


def test_who_prints_again_or_retries_is_in_the_access_log(run, tmp_path):
    decision = json.loads(run("decide", tmp_path / "order.json", "--json"))["id"]
    run("shipment", "pack", f"{decision}/0", "--addressee", tmp_path / "zoe.json")
    again = ("print", "again", "label", f"{decision}/0/1", "--op", "once-more")
    for _ in range(2):
        assert f"once-more: label of {decision}/0/1" in run(*again)
    run("print", "retry", "once-more")
    accesses = json.loads(run("audit", "accesses", "--json", "--by", "eve"))["accesses"]
    assert [(item["what"], item["id"], item["order"]) for item in accesses if item["what"].startswith("print")] == [
        ("print retry", decision, "O-1"),
        ("print again", decision, "O-1"),
    ]


def test_who_retries_the_label_of_a_cancelled_return_is_in_the_access_log(run, tmp_path):
    decision = json.loads(run("decide", tmp_path / "order.json", "--json"))["id"]
    run("order", "addressee", "O-1", "--file", tmp_path / "zoe.json")
    run("hold", "confirm", decision)
    run("return", "open", "O-1", "--line", "1=1", "--reason", "wrong_size")
    run("return", "label", "O-1-R1", "--output", tmp_path / "r.pdf", "--print", "lyon")
    (job,) = json.loads(run("print", "list", "--json"))["jobs"]
    run("return", "cancel", "O-1-R1")
    assert "return label of O-1-R1" in run("print", "retry", job["id"])
    accesses = json.loads(run("audit", "accesses", "--json", "--by", "eve"))["accesses"]
    assert ("print retry", "O-1-R1", "O-1") in [(item["what"], item["id"], item["order"]) for item in accesses]
