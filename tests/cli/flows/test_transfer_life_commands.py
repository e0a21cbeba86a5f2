"""The life of a transfer on the command line."""

import functools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.support.facts import policy_file
from tests.support.forked_cli import SMALL, Command, Run
from tests.support.order_json import order_json

ENDS = "{nodes: [lyon, paris]}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    data = tmp_path_factory.mktemp("installation")
    folder, policies = data / "folder", data / "policies"
    shutil.copytree(SMALL, folder)
    file = folder / "network.yaml"
    lanes = f"transfers:\n  lanes:\n    - {{from: {ENDS}, to: {ENDS}, mode: truck, takes: 10 h}}\n"
    file.write_text(lanes + file.read_text("utf-8"), "utf-8")
    policies.mkdir()
    (policies / "test.yaml").write_bytes(policy_file()["test.yaml"])
    run = functools.partial(command, POINTSMAN_DATA=data, COLUMNS=160)
    with open_server(Settings(data=data)):
        assert run("load", folder).returncode == 0
        assert run("policy", "publish", policies, "--activate").returncode == 0
        yield run


def done(run: Run, *words: str) -> str:
    ran = run("transfer", *words)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def row(text: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if "SHIRT" in line]
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_a_transfer_goes_its_way_and_is_shown_at_each_step(run: Run) -> None:
    made = row(done(run, "create", "lyon", "paris", "--line", "SHIRT=6", "--id", "T-1", "--note", "sale"))
    assert made == ["T-1", "SHIRT", "lyon", "paris", "proposed", "", "6", "0", "0", "0"]
    assert row(done(run, "approve", "T-1"))[4] == "approved"
    assert row(done(run, "ship", "T-1", "--line", "SHIRT=5"))[6:] == ["6", "5", "0", "5"]
    assert row(done(run, "receive", "T-1", "--line", "SHIRT=2", "--op", "truck"))[6:] == ["6", "5", "2", "3"]
    assert row(done(run, "receive", "T-1", "--line", "SHIRT=2", "--op", "truck"))[6:] == ["6", "5", "2", "3"]
    assert row(done(run, "list", "--status", "shipped", "--to", "paris"))[0] == "T-1"
    assert json.loads(done(run, "receive", "T-1", "--line", "SHIRT=0", "--last", "--json"))["status"] == "received"
    assert row(done(run, "show", "T-1"))[4] == "received"
    assert "no transfers" in done(run, "list")
    assert json.loads(done(run, "list", "--status", "received", "--json"))["transfers"][0]["note"] == "sale"


def test_the_log_says_what_became_of_a_transfer(run: Run) -> None:
    done(run, "create", "lyon", "paris", "--line", "SHIRT=2", "--id", "T-8")
    done(run, "approve", "T-8")
    done(run, "ship", "T-8")
    done(run, "receive", "T-8")
    logged = run("ledger", "log")
    assert logged.returncode == 0, logged.stderr
    steps = [line for line in logged.stdout.splitlines() if "  T-8  " in line]
    kinds = ("transfer_proposed", "transfer_approved", "transfer_shipped", "transfer_received")
    assert [kind in line for kind, line in zip(kinds, steps, strict=True)] == [True] * 4
    assert all("transfer T-8 from lyon to paris: 2 x SHIRT" in line for line in steps)


def test_it_is_said_how_far_units_have_come_that_go_elsewhere(run: Run, tmp_path: Path) -> None:
    order = tmp_path / "order.json"
    order.write_text(json.dumps(order_json(("SHIRT", 2), id="O-7")), "utf-8")
    made = json.loads(run("decide", order, "--json").stdout)
    assert run("hold", "confirm", made["id"]).returncode == 0
    run("return", "open", "O-7", "--line", "1=2", "--reason", "wrong_size")
    run("return", "receive", "O-7-R1", "--node", "lyon", "--line", "1=2")
    run("return", "inspect", "O-7-R1", "--grade", "as_new")
    dispose = ("return", "dispose", "O-7-R1", "--disposition", "restock", "--place", "paris", "--because", "sold there")
    for way in ((*dispose, "--dry-run"), dispose, ("return", "show", "O-7-R1")):
        ran = run(*way)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "    on its way to paris" in ran.stdout.splitlines()
    assert run("inbound", "receive", "O-7-R1:1", "1").returncode == 0
    assert "    on its way to paris" in run("return", "show", "O-7-R1").stdout.splitlines()
    assert run("inbound", "receive", "O-7-R1:1", "1").returncode == 0
    shown = run("return", "show", "O-7-R1").stdout.splitlines()
    assert "    arrived at paris" in shown
    assert "    on its way to paris" not in shown


def test_what_a_transfer_is_for_and_how_it_stands_is_shown_in_each_language(run: Run) -> None:
    done(run, "create", "lyon", "paris", "--line", "SHIRT=1", "--id", "T-5", "--note", "Christmas sale")
    assert "note: Christmas sale" in done(run, "show", "T-5").splitlines()
    french = run("--lang", "fr", "transfer", "show", "T-5").stdout
    assert row(french)[4] == "transfert proposé"
    assert "note\xa0: Christmas sale" in french.splitlines()
    done(run, "cancel", "T-5")


def test_a_list_that_ends_early_says_how_to_go_on(run: Run) -> None:
    for name in ("T-6", "T-7"):
        done(run, "create", "paris", "lyon", "--line", "SHIRT=1", "--id", name)
        done(run, "cancel", name)
    listed = ("list", "--status", "cancelled", "--from", "paris", "--limit", "1")
    first = run("transfer", *listed)
    page = json.loads(done(run, *listed, "--json"))
    assert f"go on with --after {page['next']}" in first.stderr
    assert row(first.stdout)[0] == page["transfers"][0]["id"]
    names = [page["transfers"][0]["id"]]
    while page["next"]:
        page = json.loads(done(run, *listed, "--after", page["next"], "--json"))
        names += [item["id"] for item in page["transfers"]]
    assert len(names) == len(set(names))
    assert {"T-6", "T-7"} <= set(names)
    last = run("transfer", *listed, "--after", "1:T")
    assert (last.returncode, "no transfers" in last.stdout, last.stderr) == (0, True, "")
    wrong = run("transfer", *listed, "--after", "next")
    assert (wrong.returncode, "this is no 'next' of a page before" in wrong.stderr) == (2, True)


def test_a_transfer_is_cancelled(run: Run) -> None:
    done(run, "create", "paris", "lyon", "--line", "SHIRT=1", "--id", "T-2")
    assert row(done(run, "cancel", "T-2"))[4] == "cancelled"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ship", "T-9"), "no transfer goes by the id 'T-9'"),
        (("create", "lyon", "lille", "--line", "SHIRT=1"), "no lane leads from 'lyon' to 'lille'"),
        (("create", "lyon", "paris", "--line", "SHIRT=999"), "can be moved"),
        (("create", "lyon", "paris", "--line", "SHIRT"), "NAME=UNITS"),
    ],
)
def test_what_is_wrong_is_told(run: Run, words: tuple[str, ...], message: str) -> None:
    ran = run("transfer", *words)
    assert ran.returncode == 1
    assert message in " ".join(ran.stderr.split())


def test_nothing_of_it_is_cut_on_a_narrow_terminal(run: Run) -> None:
    done(run, "create", "lyon", "paris", "--line", "SHIRT=1", "--id", "T-8-with-a-long-name-of-its-own")
    shown = run("transfer", "show", "T-8-with-a-long-name-of-its-own", COLUMNS=80).stdout
    assert all(len(line) <= 80 for line in shown.splitlines())
    names = ("T-8-with-a-long-name-of-its-own", "lyon", "paris", "proposed", "SHIRT")
    assert [shown.count(f"│ {name} ") for name in names] == [shown.count("┡"), 1, 1, 1, shown.count("┡")]


def test_french_is_spoken(run: Run) -> None:
    done(run, "create", "lyon", "paris", "--line", "SHIRT=1", "--id", "T-3")
    assert "à venir" in run("transfer", "show", "T-3", POINTSMAN_LANG="fr").stdout
    for words, message in (
        (("ship", "T-9"), "aucun transfert n'a l'id «\xa0T-9\xa0»"),
        (
            ("receive", "T-3"),
            "le transfert «\xa0T-3\xa0» est proposé, il ne peut donc pas être reçu\xa0; approuvez-le d'abord",
        ),
        (("create", "lyon", "paris", "--line", "SHIRT=999"), "999 de «\xa0SHIRT\xa0», et "),
        (("create", "lyon", "lille", "--line", "SHIRT=1"), "aucun trajet ne mène de «\xa0lyon\xa0» à «\xa0lille\xa0»"),
    ):
        assert message in run("transfer", *words, POINTSMAN_LANG="fr", COLUMNS=400).stderr
