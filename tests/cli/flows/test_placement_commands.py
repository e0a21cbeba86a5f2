"""`pointsman return place` says where a unit would go, and changes nothing."""

import functools
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

BOTH = "{nodes: [lyon, paris]}"
LANES = f"transfers: {{lanes: [{{from: {BOTH}, to: {BOTH}, mode: van, per_unit: 1.00, takes: 24 h}}]}}\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    """On tests/data/small, with a lane between Lyon and Paris and a margin; Paris has no shirt left."""
    data = tmp_path_factory.mktemp("installation")
    folder = data / "folder"
    shutil.copytree(SMALL, folder)
    network, products, stock = (folder / name for name in ("network.yaml", "products.csv", "stock.csv"))
    network.write_text(network.read_text("utf-8") + LANES, "utf-8")
    header, shirt, *others = products.read_text("utf-8").splitlines()
    rows = [f"{header},unit_margin", f"{shirt},10.00", *(f"{row}," for row in others if row)]
    products.write_text("\n".join([*rows, ""]), "utf-8")
    stock.write_text(
        stock.read_text("utf-8").replace("lyon,SHIRT,10,", "lyon,SHIRT,90,").replace("paris,SHIRT,4,", "paris,SHIRT,0,")
    )
    with open_server(Settings(data=data)):
        with Pointsman(Settings(data=data)) as service:
            service.load(load_inventory(folder))
            activate(service, "when: {return.reason: defective}, then: {disposition: destroy}")
        yield functools.partial(command, POINTSMAN_DATA=data, COLUMNS=120)


def test_it_says_what_becomes_of_a_unit_and_where_it_would_go(run: Run) -> None:
    said = run("return", "place", "SHIRT", "lyon", "--grade", "as_new")
    assert said.returncode == 0, said.stderr
    first, second, *_ = said.stdout.splitlines()
    assert first.startswith("No rule says what becomes of the unit. Units of grade as_new may be sold as they are")
    assert second.startswith("It goes from lyon to paris. The chance that it sells there within 14 days is ")


def test_reason_days_and_units_are_asked_about(run: Run) -> None:
    said = run("return", "place", "SHIRT", "lyon", "--reason", "defective", "--days", "3", "--grade", "worn").stdout
    assert said == 'By the rules, the returned unit is destroyed. The rule is test/r1 ("a reason").\n'
    units = json.loads(run("return", "place", "SHIRT", "lyon", "--grade", "as_new", "--units", "3", "--json").stdout)[
        "units"
    ]
    assert [unit["places"][0]["there"] for unit in units] == [0, 1, 2]


def test_it_speaks_french(run: Run) -> None:
    said = run("return", "place", "SHIRT", "lyon", "--grade", "as_new", POINTSMAN_LANG="fr").stdout
    assert said.splitlines()[1].startswith("Elle va de lyon à paris.")
    assert "Dire où irait une unité" in run("return", "place", "--help", POINTSMAN_LANG="fr").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["GONE", "lyon"], "sku: no product goes by the SKU 'GONE'"),
        (["SHIRT", "lyons"], "node: no node goes by the id 'lyons'; did you mean 'lyon'?"),
        (["SHIRT", "lyon", "--grade", "new"], "grade: the network has no grade 'new'"),
        (["SHIRT", "lyon", "--units", "some"], "--units: 'some' is no number of units"),
        (["SHIRT", "lyon", "--units", "51"], "quantity: at most 50 units are placed at a time"),
    ],
)
def test_what_is_not_there_is_told(run: Run, words: list[str], message: str) -> None:
    refused = run("return", "place", *words)
    assert refused.returncode == 1
    assert message in refused.stderr


def test_nothing_changes(run: Run) -> None:
    before = run("ledger", "log", "--json").stdout
    run("return", "place", "SHIRT", "lyon", "--grade", "as_new")
    assert run("ledger", "log", "--json").stdout == before
