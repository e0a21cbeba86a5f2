"""Goods on order in the folder of a network: loaded, promised or estimated, and shown."""

import datetime
import functools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.support.forked_cli import SMALL, Command, Run

COMES = (datetime.datetime.now(tz=datetime.UTC) + datetime.timedelta(days=30)).date().isoformat()
"""The commands go by the real clock."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tests/data/small, with seven SHIRT that come to Lyon, and three LAMP of receipts.csv."""
    folder = tmp_path_factory.mktemp("folder")
    for path in SMALL.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    header, *lines = (folder / "stock.csv").read_text("utf-8").splitlines()
    columns = header.split(",")
    rows = [dict(zip(columns, line.split(","), strict=True)) for line in lines]
    for row in rows:
        row |= {"incoming": "", "incoming_at": ""}
        if (row["node"], row["sku"]) == ("lyon", "SHIRT"):
            row |= {"incoming": "7", "incoming_at": COMES}
    text = [",".join([*columns, "incoming", "incoming_at"]), *(",".join(row.values()) for row in rows)]
    (folder / "stock.csv").write_text("\n".join(text) + "\n", "utf-8")
    (folder / "receipts.csv").write_text(
        "id,source,node,sku,quantity,expected_at,status,sequence\n"
        f"PO-7,purchase_order,lyon,LAMP,3,{COMES}T08:00:00Z,planned,1\n",
        "utf-8",
    )
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command, folder: Path) -> Iterator[Run]:
    data = tmp_path_factory.mktemp("installation")
    run = functools.partial(command, POINTSMAN_DATA=data, COLUMNS=160)
    with open_server(Settings(data=data)):
        result = run("load", folder)
        assert (result.returncode, result.stderr) == (0, ""), result.stdout
        yield run


def test_what_is_on_order_is_loaded_with_the_network_and_once(run: Run, folder: Path) -> None:
    run("load", folder)
    listed = json.loads(run("inbound", "list", "--json").stdout)["receipts"]
    assert [(item["id"], item["node"], item["sku"], item["to_come"]) for item in listed] == [
        ("stock.csv lyon SHIRT", "lyon", "SHIRT", 7),
        ("PO-7", "lyon", "LAMP", 3),
    ]


def test_an_order_that_waits_is_shown_when_the_goods_might_come(run: Run, tmp_path: Path) -> None:
    (tmp_path / "none.yaml").write_text("policy: none\nrules: []\n", "utf-8")
    run("policy", "publish", tmp_path, "--activate", "--note", "test")
    order = {
        "id": "W-1",
        "channel": "web",
        "delivery": "standard",
        "placed_at": datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"),
        "destination": {"country": "FR", "latitude": 48.85, "longitude": 2.35},
        "lines": [{"sku": "SHIRT", "quantity": 500}],
    }
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order), "utf-8")
    result = run("decide", path, "--dry-run")
    shown = result.stdout
    assert result.returncode == 0, result.stderr
    assert "estimate: 7 of what comes (stock.csv lyon SHIRT, expected " in shown, shown
    rule = "policy: p\nrules:\n  - {id: r, because: why, then: {promise_from: confirmed}}\n"
    (tmp_path / "none.yaml").write_text(rule.replace("policy: p", "policy: none"), "utf-8")
    run("policy", "publish", tmp_path, "--activate", "--note", "test")
    shown = run("decide", path, "--dry-run").stdout
    assert "x SHIRT of receipt stock.csv lyon SHIRT, expected " in shown
    cart = {key: value for key, value in order.items() if key not in {"id", "placed_at", "delivery"}}
    path.write_text(json.dumps(cart | {"lines": [{"sku": "SHIRT", "quantity": 23}]}), "utf-8")
    result = run("quote", path)
    shown = result.stdout
    assert "     7 x SHIRT of receipt stock.csv lyon SHIRT, expected " in shown, result
    (tmp_path / "none.yaml").write_text("policy: none\nrules: []\n", "utf-8")
    run("policy", "publish", tmp_path, "--activate", "--note", "test")
    assert "     estimate: 7 of what comes (stock.csv lyon SHIRT, expected " in run("quote", path).stdout
    (tmp_path / "none.yaml").write_text(rule.replace("policy: p", "policy: none"), "utf-8")
    run("policy", "publish", tmp_path, "--activate", "--note", "test")
    path.write_text(json.dumps(order | {"lines": [{"sku": "SHIRT", "quantity": 23}]}), "utf-8")
    assert run("decide", path).returncode == 0
    shown = run("order", "show", "W-1")
    assert "      still to come: 7 x SHIRT, by receipt stock.csv lyon SHIRT, expected " in shown.stdout, shown
    assert "      à venir\xa0: 7 x SHIRT, par la réception " in run("order", "show", "W-1", "--lang", "fr").stdout
    shipments = json.loads(run("order", "show", "W-1", "--json").stdout)["shipments"]
    awaited = [item for shipment in shipments for item in shipment.get("awaited", [])]
    assert [(item["sku"], item["units"], item["receipt"]) for item in awaited] == [("SHIRT", 7, "stock.csv lyon SHIRT")]


def test_what_was_to_come_by_now_is_late_and_said_to_an_order_that_waits(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    network, path = tmp_path / "network", tmp_path / "order.json"
    order = {
        "id": "W-2",
        "channel": "web",
        "delivery": "standard",
        "placed_at": "2026-09-07T08:00:00Z",
        "destination": {"country": "FR", "latitude": 48.85, "longitude": 2.35},
        "lines": [{"sku": "LAMP", "quantity": 500}],
    }
    path.write_text(json.dumps(order), "utf-8")
    network.mkdir()
    for file in folder.iterdir():
        (network / file.name).write_bytes(file.read_bytes())
    late = (folder / "receipts.csv").read_text("utf-8").replace(COMES, "2026-09-12").replace("PO-7", "PO-8")
    (network / "receipts.csv").write_text(late, "utf-8")
    loaded = run("load", network)
    assert (loaded.returncode, loaded.stderr) == (0, "")
    assert "1 receipt late" in loaded.stdout
    listed = json.loads(run("inbound", "late", "--json").stdout)["receipts"]
    assert [(item["id"], item["expected_at"]) for item in listed] == [("PO-8", "2026-09-12T08:00:00Z")]
    run("inbound", "receive", "PO-7", "0", "--last")
    shown = run("decide", path, "--dry-run").stdout
    assert "estimate: 3 of what was to come (PO-8, expected Sat 12 Sep 2026 " in shown


def test_a_message_of_its_own_about_a_receipt_that_is_past_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "receipts.csv").write_text(
        "id,source,node,sku,quantity,expected_at,status,sequence\n"
        "PO-9,purchase_order,lyon,LAMP,3,2026-09-12T08:00:00Z,planned,1\n",
        "utf-8",
    )
    refused = run("inbound", "import", tmp_path / "receipts.csv")
    assert "2026-09-12T08:00:00Z is past" in refused.stdout + refused.stderr
    assert "PO-9" not in run("inbound", "list", "--json").stdout


@pytest.mark.parametrize(
    ("columns", "said"),
    [("7,", "incoming_at: beside incoming it takes incoming_at"), (f",{COMES}", "incoming: beside incoming_at")],
)
def test_units_without_a_day_are_no_goods_on_order(
    run: Run, folder: Path, tmp_path: Path, columns: str, said: str
) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (folder / "stock.csv").read_text("utf-8").replace(f"7,{COMES}", columns)
    (tmp_path / "stock.csv").write_text(text, "utf-8")
    result = run("load", tmp_path)
    assert result.returncode == 1
    assert said in result.stdout + result.stderr


def _to_come(run: Run) -> list[tuple[str, int]]:
    listed = json.loads(run("inbound", "list", "--sku", "SHIRT", "--json").stdout)["receipts"]
    return [(item["id"], item["to_come"]) for item in listed]


def test_what_stock_csv_says_is_still_to_come_whatever_arrived_before(run: Run, folder: Path, tmp_path: Path) -> None:
    (network := tmp_path / "network").mkdir()
    for file in folder.iterdir():
        (network / file.name).write_bytes(file.read_bytes())

    def load(units: str) -> None:
        stock = (folder / "stock.csv").read_text("utf-8").replace(f",7,{COMES}", f",{units},{COMES}" if units else ",,")
        (network / "stock.csv").write_text(stock, "utf-8")
        result = run("load", network)
        assert (result.returncode, result.stderr) == (0, "")

    first = "stock.csv lyon SHIRT"
    load("10")
    assert _to_come(run) == [(first, 10)]
    run("inbound", "receive", first, "8")
    load("2")
    assert _to_come(run) == [(first, 2)]
    load("6")
    assert _to_come(run) == [(first, 6)]
    load("")
    assert _to_come(run) == []
    load("5")
    assert _to_come(run) == [(first, 5)]
    run("inbound", "receive", first, "5")
    assert _to_come(run) == []
    load("3")
    ((second, units),) = _to_come(run)
    assert (second.startswith(f"{first} 20"), units) == (True, 3)
    load("4")
    assert _to_come(run) == [(second, 4)]


def test_mistakes_in_what_is_to_come_stop_the_load(run: Run, folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    header = "id,source,node,sku,quantity,expected_at,status,sequence\n"
    (tmp_path / "receipts.csv").write_text(
        f"{header}PO-20,purchase_order,lyon,LAMPE,3,{COMES}T08:00:00Z,planned,1\n", "utf-8"
    )
    products = (tmp_path / "products.csv").read_text("utf-8")
    (tmp_path / "products.csv").write_text(products + products.splitlines()[1].replace("SHIRT", "NEW") + "\n", "utf-8")
    before = run("stock", "show", "NEW").stderr
    result = run("load", tmp_path)
    assert result.returncode == 1
    assert "receipts.csv:2: sku: no product goes by the SKU 'LAMPE'" in result.stderr
    assert run("stock", "show", "NEW").stderr == before != ""


def test_a_refused_receipt_fails_the_load(run: Run, folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    header = "id,source,node,sku,quantity,expected_at,status,sequence\n"
    for quantity, status in ((3, 0), (4, 1)):
        row = f"PO-21,purchase_order,lyon,LAMP,{quantity},{COMES}T08:00:00Z,planned,1\n"
        (tmp_path / "receipts.csv").write_text(header + row, "utf-8")
        result = run("load", tmp_path)
        assert result.returncode == status
    assert "receipts.csv:2: 'PO-21': another message about it came before with the same sequence" in result.stderr
    assert "network " in result.stdout
