"""`pointsman inbound` takes over, receives and shows what is to come in."""

import functools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.support.forked_cli import SMALL, Command, Run

COLUMNS = "id,source,node,sku,quantity,expected_at,status,sequence"
PO_1 = "PO-1,purchase_order,lyon,SHIRT,10,2090-12-01T06:00:00Z,confirmed,1"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    data = tmp_path_factory.mktemp("installation")
    with open_server(Settings(data=data)):
        run = functools.partial(command, POINTSMAN_DATA=data, COLUMNS=160)
        assert run("load", str(SMALL)).returncode == 0
        rules = data / "policies"
        rules.mkdir()
        (rules / "none.yaml").write_text("policy: none\nrules: []\n", "utf-8")
        assert run("policy", "publish", str(rules), "--activate").returncode == 0
        yield run


@pytest.fixture
def imported(installation: Run, tmp_path: Path) -> Iterator[Run]:
    """A file with PO-1 was imported."""
    path = tmp_path / "inbound.csv"
    path.write_text(f"{COLUMNS}\n{PO_1}\n", "utf-8")
    assert installation("inbound", "import", str(path)).returncode == 0
    return installation


def test_a_file_is_taken_over_once(imported: Run, tmp_path: Path) -> None:
    path = tmp_path / "inbound.ndjson"
    line = dict(zip(COLUMNS.split(","), PO_1.split(","), strict=True)) | {"quantity": 10, "sequence": 1}
    path.write_text("".join(json.dumps(line | {"id": name}) + "\n" for name in ("PO-1", "PO-2")), "utf-8")
    summary = json.loads(imported("inbound", "import", str(path), "--json").stdout)
    assert summary == {
        "receipts": 2,
        "created": 1,
        "changed": 0,
        "same": 1,
        "older": 0,
        "refused": 0,
        "refusals": [],
    }


def test_nothing_of_a_file_with_a_mistake_is_taken_over(imported: Run, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    changes = (("PO-1", "PO-7"), ("SHIRT", "GONE"), ("10", "ten"), ("lyon", "rome"))
    rows = [PO_1.replace(*change) for change in changes]
    path.write_text("\n".join([COLUMNS, *rows]), "utf-8")
    run = imported("inbound", "import", str(path))
    assert run.returncode == 1
    assert f"{path}:3" in run.stderr
    assert "no product goes by the SKU 'GONE'" in run.stderr
    assert f"{path}:4" in run.stderr
    assert "no node goes by the id 'rome'" in run.stderr
    assert imported("inbound", "show", "PO-7").returncode == 1


def test_a_message_that_contradicts_what_is_known_is_refused_alone(imported: Run, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("\n".join([COLUMNS, PO_1.replace(",10,", ",11,"), PO_1.replace("PO-1", "PO-8")]), "utf-8")
    run = imported("inbound", "import", str(path))
    assert run.returncode == 1
    assert "1  new" in run.stdout
    assert "1  refused" in run.stdout
    assert f"{path}:2: 'PO-1': another message about it came before with the same sequence" in run.stderr


def test_what_is_to_come_is_listed_shown_and_received(imported: Run) -> None:
    listed = imported("inbound", "list", "--node", "lyon")
    assert listed.returncode == 0, listed.stderr
    assert "PO-1" in listed.stdout
    assert "confirmed" in listed.stdout
    assert imported("inbound", "late").stdout == "nothing is late\n"
    assert imported("inbound", "list", "--node", "paris").stdout == "nothing is to come\n"
    assert json.loads(imported("inbound", "show", "PO-1", "--json").stdout)["to_come"] == 10
    assert "incoming" in imported("stock", "show", "SHIRT").stdout
    over = imported("inbound", "receive", "PO-1", "12")
    assert (over.returncode, "say so with 'over' (--over)" in " ".join(over.stderr.split())) == (1, True)
    part = imported("inbound", "receive", "PO-1", "4", "--op", "truck")
    assert part.stdout == "confirmed: 4 of 10 are there, 6 are still to come\n"
    assert imported("inbound", "receive", "PO-1", "4", "--op", "truck").stdout == part.stdout
    last = imported("inbound", "receive", "PO-1", "5", "--last", "--json")
    assert json.loads(last.stdout)["receipt"]["status"] == "received"
    french = imported("inbound", "show", "PO-1", POINTSMAN_LANG="fr")
    assert "annoncées" in french.stdout, french.stderr
    assert "reçue " in french.stdout
    assert "PO-1" in imported("ledger", "log", "--kind", "received").stdout


def test_nothing_of_it_is_cut_on_a_narrow_terminal(imported: Run) -> None:
    for language in ("en", "fr"):
        listed = imported("inbound", "show", "PO-1", COLUMNS=80, POINTSMAN_LANG=language).stdout
        assert all(len(line) <= 80 for line in listed.splitlines())
        assert "…" not in listed
        assert [listed.count(f"│ {name} ") for name in ("PO-1", "SHIRT", "lyon")] == [listed.count("┡"), 1, 1]


def test_a_list_that_ends_early_says_how_to_go_on_and_closed_receipts_are_found_by_status(
    installation: Run, tmp_path: Path
) -> None:
    path = tmp_path / "three.csv"
    rows = [PO_1.replace("PO-1", f"A-{number}").replace("12-01", f"11-0{number}") for number in (1, 2, 3)]
    path.write_text("\n".join([COLUMNS, *rows]), "utf-8")
    assert installation("inbound", "import", str(path)).returncode == 0
    first = installation("inbound", "list", "--sku", "SHIRT", "--limit", "2")
    place = f"{json.loads(installation('inbound', 'list', '--limit', '2', '--json').stdout)['next']}"
    assert first.stderr == f"... and perhaps more; go on with --after {place}\n"
    assert [first.stdout.count(name) for name in ("A-1", "A-2", "A-3")] == [1, 1, 0]
    following = installation("inbound", "list", "--limit", "1", "--after", place, "--json")
    assert [item["id"] for item in json.loads(following.stdout)["receipts"]] == ["A-3"]
    assert installation("inbound", "list", "--status", "cancelled").stdout == "no receipts\n"
    refused = installation("inbound", "list", "--after", "there")
    assert (refused.returncode, "this is no 'next' of a page before" in refused.stderr) == (2, True)
