"""`pointsman demand` learns paces of sale from the log, and shows them."""

import functools
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.files.inventory_folder import load_inventory
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.forked_cli import SMALL, Command, Run

DAY, WINDOW = 86_400, 8


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    """On tests/data/small, of which one SHIRT was sold in Lyon on each day of the window."""
    data = tmp_path_factory.mktemp("installation")
    folder = data / "folder"
    shutil.copytree(SMALL, folder)
    file = folder / "network.yaml"
    file.write_text(f"demand: {{from: log, window: {WINDOW} d}}\n{file.read_text('utf-8')}", "utf-8")
    now = (int(time.time()) // DAY - WINDOW - 1) * DAY + 43_200
    with open_server(Settings(data=data)):
        with Pointsman(Settings(data=data), clock=lambda: now) as past:
            past.load(load_inventory(folder))
            activate(past)
            for day in range(WINDOW):
                now += DAY
                past.stock.move([Movement(op=str(day), node="lyon", sku="SHIRT", delta=-1, reason="sale")])
        yield functools.partial(command, POINTSMAN_DATA=data, COLUMNS=120)


def test_a_dry_run_says_what_would_be_learnt_and_stores_nothing(run: Run) -> None:
    tried = run("demand", "learn", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert f"learnt from {WINDOW} days, " in tried.stdout
    assert "this is a dry run" in tried.stdout
    assert json.loads(run("demand", "learn", "--dry-run", "--json").stdout)["network_version"] is None
    assert "2.500" in run("demand", "show", "SHIRT").stdout


def test_paces_are_learnt_from_the_log_and_shown_with_what_they_were_made_of(run: Run) -> None:
    learnt = run("demand", "learn")
    assert learnt.returncode == 0, learnt.stderr
    assert "stored: network " in learnt.stdout
    row = next(line for line in learnt.stdout.splitlines() if "SHIRT" in line and "lyon" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        *("SHIRT", "lyon", "2.500", "1.000", "mean", "8", "8"),
    ]
    shown = run("demand", "show", "SHIRT").stdout
    assert "2.500" in next(line for line in shown.splitlines() if "lyon" in line), "what stock.csv gave"
    (lyon,) = [
        item for item in json.loads(run("demand", "show", "SHIRT", "--json").stdout)["nodes"] if item["node"] == "lyon"
    ]
    assert (lyon["daily_sales"], lyon["learnt"]["units"]) == ("1.000", 8)
    assert "everything is as before" in run("demand", "learn").stdout
    *_, entry = (json.loads(line) for line in run("ledger", "log", "--json").stdout.splitlines())
    assert (entry["kind"], entry["through"], entry["body"]["window"]) == ("demand_learnt", "cli", WINDOW)


def test_french_is_spoken(run: Run) -> None:
    tried = run("demand", "learn", "--dry-run", POINTSMAN_LANG="fr")
    assert "essai" in tried.stdout, tried.stdout
    assert "vendus par jour" in run("demand", "show", "SHIRT", POINTSMAN_LANG="fr").stdout


def test_nothing_of_it_is_cut_on_a_narrow_terminal(run: Run) -> None:
    for language in ("en", "fr"):
        shown = run("demand", "show", "SHIRT", COLUMNS=80, POINTSMAN_LANG=language).stdout
        assert all(len(line) <= 80 for line in shown.splitlines())
        assert "…" not in shown
        assert shown.count("│ lyon ") == shown.count("┏") > 0


def test_what_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    refused = run("demand", "show", "GONE")
    assert (refused.returncode, "GONE" in refused.stderr) == (1, True)
