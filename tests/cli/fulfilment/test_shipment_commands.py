"""`pointsman shipment`, `manifest` and `order addressee` on the command line."""

import json

import pytest

from tests.support.order_json import order_json
from tests.support.packing_folder import ZOE, load_packing_folder

pytestmark = pytest.mark.slow


@pytest.fixture
def run(command, tmp_path):
    def pointsman(*words, **more):
        return command(*words, POINTSMAN_DATA=tmp_path / "data", POINTSMAN_USER="eve", COLUMNS=160, **more)

    (tmp_path / "zoe.json").write_text(json.dumps(ZOE), "utf-8")
    (tmp_path / "order.json").write_text(json.dumps(order_json(("SHIRT", 3), id="O-1")), "utf-8")
    load_packing_folder(pointsman, tmp_path)
    return pointsman


@pytest.fixture
def shipment(run, tmp_path):
    decided = run("decide", tmp_path / "order.json", "--json")
    assert decided.returncode == 0, decided.stderr
    return f"{json.loads(decided.stdout)['id']}/0"


def test_a_shipment_is_packed_shown_printed_and_handed_over(run, shipment, tmp_path):
    said = run("order", "addressee", "O-1", "--file", tmp_path / "zoe.json")
    assert said.stdout.splitlines() == ["Zoë Müller", "7 bis, passage Secret", "75011 Paris", "FR"]
    refused = run("shipment", "pack", shipment, "--parcel", "1=2")
    assert refused.returncode == 1
    assert "line 1: 1 of SHIRT are in no parcel" in refused.stderr
    packed = run(
        "shipment", "pack", shipment, "--parcel", "1=2", "--weight", "2.5 kg", "--size", "400x300x200", "--partial"
    )
    assert packed.returncode == 0, packed.stderr
    assert f"still to be packed: 1 SHIRT (pointsman shipment pack {shipment})" in packed.stdout
    whole = json.loads(run("shipment", "pack", shipment, "--json").stdout)
    assert whole["packings"][0]["parcels"][0]["weight_g"] == 2_500
    assert whole["packings"][0]["parcels"][0]["size_mm"] == {"length": 400, "width": 300, "height": 200}
    sscc = whole["packings"][1]["parcels"][0]["sscc"]
    assert sscc in run("shipment", "show", shipment).stdout

    label = run("shipment", "label", shipment, "--parcel", "2", "--output", tmp_path / "l.pdf")
    assert label.stdout == f"written to {tmp_path / 'l.pdf'}\n"
    assert (tmp_path / "l.pdf").read_bytes().startswith(b"%PDF-")
    assert run("shipment", "label", shipment, "--format", "zpl", "--output", tmp_path / "l.zpl").returncode == 0
    assert b"^XA" in (tmp_path / "l.zpl").read_bytes()
    assert run("shipment", "note", shipment, "--output", tmp_path / "n.pdf").returncode == 0
    assert run("shipment", "note", shipment, "--lang", "en", "--output", tmp_path / "e.pdf").returncode == 0
    assert (tmp_path / "n.pdf").read_bytes() != (tmp_path / "e.pdf").read_bytes()

    carrier, node = whole["packings"][0]["carrier"], whole["node"]
    assert shipment in run("shipment", "list", "--node", node).stdout
    closed = run("manifest", "close", "--node", node, "--carrier", carrier)
    assert closed.returncode == 0, closed.stderr
    (_, name, *_) = closed.stdout.replace(":", "").split()
    assert run("manifest", "show", name).stdout == closed.stdout
    assert run("manifest", "print", name, "--output", tmp_path / "m.pdf").returncode == 0
    assert (tmp_path / "m.pdf").read_bytes().startswith(b"%PDF-")
    assert run("shipment", "list").stdout == "nothing is packed that was not handed over\n"
    assert "has left" in run("shipment", "cancel", shipment).stderr
    assert run("ledger", "check").returncode == 0
    log = run("ledger", "log")
    assert log.returncode == 0, log.stderr
    number = shipment.rpartition("/")[2]
    assert f"shipment {number} of order O-1, packing 2: " in log.stdout
    assert f"2 packings from {node} to {carrier}" in log.stdout


def test_labels_are_given_back_and_an_addressee_is_forgotten(run, shipment, tmp_path):
    run("shipment", "pack", shipment, "--addressee", tmp_path / "zoe.json")
    cancelled = run("shipment", "cancel", shipment, "--because", "wrong box")
    assert "\n    wrong box\n" in cancelled.stdout
    assert "nobody is known" in run("order", "addressee", "O-1", "--remove").stdout
    assert "has no addressee" in run("order", "addressee", "O-1").stderr
    assert "no addressee" in run("shipment", "pack", shipment).stderr


def test_a_return_gets_a_label_that_is_drawn_again_and_given_back(run, shipment, tmp_path):
    run("order", "addressee", "O-1", "--file", tmp_path / "zoe.json")
    run("hold", "confirm", shipment.partition("/")[0])
    opened = run("return", "open", "O-1", "--line", "1=2", "--reason", "wrong_size")
    assert opened.returncode == 0, opened.stderr
    first = run("return", "label", "O-1-R1", "--output", tmp_path / "r.pdf")
    assert first.stdout == f"written to {tmp_path / 'r.pdf'}\n", first.stderr
    run("return", "label", "O-1-R1", "--output", tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == (tmp_path / "r.pdf").read_bytes()
    for language, word in (("fr", b"RETOUR"), ("en", b"RETURN")):
        zpl = tmp_path / f"{language}.zpl"
        run("return", "label", "O-1-R1", "--format", "zpl", "--lang", language, "--output", zpl)
        assert word in zpl.read_bytes().upper()
    assert "  label to " in run("return", "show", "O-1-R1").stdout
    for option in ("--node", "--format", "--op"):
        refused = run("return", "label", "O-1-R1", "--give-back", option, "zpl")
        assert "no other option" in refused.stderr
    assert "has no label any more" in run("return", "label", "O-1-R1", "--give-back").stdout
    assert "  label to " not in run("return", "show", "O-1-R1").stdout
    assert "has no printer for a return_label" in run("return", "label", "O-1-R1", "--print", "lyon").stderr
    log = run("ledger", "log", "--lang", "fr").stdout
    assert "étiquette 1 du retour O-1-R1 de la commande O-1, vers " in log
    assert run("ledger", "check").returncode == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("shipment", "show", "nothing"), "is not DECISION/NUMBER"),
        (("shipment", "pack", "d/0", "--parcel", "1"), "NAME=UNITS"),
        (("shipment", "pack", "d/0", "--weight", "1 kg"), "write one for each --parcel"),
        (("shipment", "pack", "d/0", "--parcel", "1=1", "--weight", "heavy"), "--weight"),
        (("shipment", "pack", "d/0", "--parcel", "1=1", "--size", "10x10"), "LENGTHxWIDTHxHEIGHT"),
        (("manifest", "show", "m-0"), "no manifest goes by the id 'm-0'"),
    ],
)
def test_what_can_t_be_read_is_said(run, words, says):
    done = run(*words)
    assert done.returncode != 0
    assert says in done.stderr


def test_it_speaks_french(run, shipment, tmp_path):
    packed = run("--lang", "fr", "shipment", "pack", shipment, "--addressee", tmp_path / "zoe.json")
    assert "emballage 1, emballé" in packed.stdout, packed.stderr


def test_numbers_that_a_carrier_gave_already_come_with_the_packing(run, shipment, tmp_path):
    pack = ("shipment", "pack", shipment, "--addressee", tmp_path / "zoe.json", "--parcel", "1=1", "--parcel", "1=2")
    assert "'1' is no tracking number" in run(*pack, "--tracking", "1").stderr
    few = run("shipment", "pack", shipment, "--tracking", "N-1000", "--tracking", "N-1001")
    assert "write one for each --parcel, or none" in few.stderr
    packed = run(*pack, "--tracking", "N-1000", "--tracking", "N-1001", "--json")
    assert packed.returncode == 0, packed.stderr
    parcels = json.loads(packed.stdout)["packings"][0]["parcels"]
    assert [parcel["tracking_number"] for parcel in parcels] == ["N-1000", "N-1001"]
    assert run("shipment", "cancel", shipment).returncode == 0
    one = json.loads(run(*pack, "--tracking", "ALL-1234", "--json").stdout)
    assert [parcel["tracking_number"] for parcel in one["packings"][1]["parcels"]] == ["ALL-1234"] * 2
