"""`pointsman transfer propose` prints what is worth moving, as a table, CSV and JSON, and stores it with --save."""

import csv
import functools
import io
import json
import shutil
from collections.abc import Iterator

import pytest

from api.files.inventory_folder import load_inventory
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.conftest import activate
from tests.support.forked_cli import SMALL, Command, Run

LANES = """\
transfers:
  lanes:
    - {from: {nodes: [lyon]}, to: {nodes: [paris, lille]}, mode: truck, per_unit: 0.10, per_shipment: 2.00, takes: 1 d}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    """On tests/data/small with lanes from Lyon, and with a margin of SHIRT; far too many of it lie in Lyon. The network
    `stored` is the same.
    """
    data = tmp_path_factory.mktemp("installation")
    folder = data / "folder"
    shutil.copytree(SMALL, folder)
    network = folder / "network.yaml"
    network.write_text(network.read_text("utf-8") + LANES, "utf-8")
    head, *products = (folder / "products.csv").read_text("utf-8").splitlines()
    rows = [f"{head},unit_margin", *(f"{row},{'12.50' if row.startswith('SHIRT') else ''}" for row in products)]
    (folder / "products.csv").write_text("\n".join(rows), "utf-8")
    stock = (folder / "stock.csv").read_text("utf-8")
    (folder / "stock.csv").write_text(stock.replace("lyon,SHIRT,10,2.5", "lyon,SHIRT,90,2.5"), "utf-8")
    with open_server(Settings(data=data)):
        for name in ("main", "stored"):
            with Pointsman(Settings(data=data, network=name)) as service:
                service.load(load_inventory(folder))
                activate(service)
        yield functools.partial(command, POINTSMAN_DATA=data, COLUMNS=120)


def test_what_is_worth_moving_is_printed_as_a_table(run: Run) -> None:
    printed = run("transfer", "propose")
    assert printed.returncode == 0, printed.stderr
    row = next(line for line in printed.stdout.splitlines() if "SHIRT" in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells[:3] == ["lyon", "paris", "SHIRT"]
    assert cells[5].startswith("4 / 14.00 / ")
    assert cells[6].startswith("90 / 35.00 / ")
    assert "shipment" in printed.stdout
    assert "-2.00 EUR" in printed.stdout
    assert "1 transfer of 1 line gain " in printed.stdout
    assert "5 articles left out: they have no unit_margin in products.csv" in printed.stdout


def test_csv_and_json_say_the_same(run: Run) -> None:
    record = json.loads(run("transfer", "propose", "--json").stdout)
    (row,) = csv.DictReader(io.StringIO(run("transfer", "propose", "--csv").stdout))
    (transfer,) = record["transfers"]
    (line,) = transfer["lines"]
    assert (row["from"], row["to"], row["sku"], row["why"]) == ("lyon", "paris", "SHIRT", line["en"])
    assert (int(row["units"]), float(row["gain"])) == (line["units"], line["gain_micros"] / 1e6)
    assert (row["cost"], float(row["co2_kg"])) == (f"{line['units'] / 10:g}", line["co2_mg"] / 1e6)
    french = csv.DictReader(io.StringIO(run("transfer", "propose", "--csv", POINTSMAN_LANG="fr").stdout))
    assert next(french)["why"] == line["fr"]


def test_saved_transfers_are_not_proposed_again(run: Run) -> None:
    on_stored = functools.partial(run, POINTSMAN_NETWORK="stored")
    assert "1 transfer stored as proposed" in on_stored("transfer", "propose", "--save").stdout
    (stored,) = json.loads(on_stored("transfer", "list", "--json").stdout)["transfers"]
    (line,) = stored["lines"]
    shown = on_stored("transfer", "show", stored["id"]).stdout.splitlines()[-1]
    assert shown == f"SHIRT gains {line['gain_micros'] / 1e6:.2f} EUR: {line['why']}"
    assert "0 transfers of 0 lines gain 0.00 EUR over 14 days" in on_stored("transfer", "propose").stdout


def test_what_can_not_be_asked_for_is_said(run: Run) -> None:
    refused = run("transfer", "propose", "--to", "nice")
    assert (refused.returncode, "no node goes by the id 'nice'" in refused.stderr) == (1, True)
    both = run("transfer", "propose", "--csv", "--json")
    assert (both.returncode, "give one of --csv and --json" in both.stderr) == (2, True)


def test_several_processes_print_the_same(run: Run) -> None:
    one, two = (json.loads(run("transfer", "propose", "--json", *words).stdout) for words in ((), ("--processes", "2")))
    assert [item["lines"] for item in one["transfers"]] == [item["lines"] for item in two["transfers"]]


def test_nothing_of_it_is_cut_on_a_narrow_terminal(run: Run) -> None:
    for language in ("en", "fr"):
        printed = run("transfer", "propose", COLUMNS=80, POINTSMAN_LANG=language).stdout
        assert "…" not in printed
        tables = printed.count("┏")
        assert tables > 0
        for name in ("lyon", "SHIRT"):
            assert f"│ {name} " in printed
        assert printed.count("│ SHIRT ") == tables
        assert all(len(line) <= 80 for line in printed.splitlines() if line.startswith(("┏", "│", "┃")))
