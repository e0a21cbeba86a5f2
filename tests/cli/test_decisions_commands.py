"""`pointsman decisions`: as a table, and as files that programs read."""

import csv
import datetime
import io
import json
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
import pytest

from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json


@pytest.fixture(scope="module")
def run(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Three orders are decided, W-3 last."""
    folder = tmp_path_factory.mktemp("installation")
    policy = "policy: test\nrules:\n  - id: r1\n    because: Held\n    then: {hold: 1 h}\n"
    with installed(command, folder, policy, POINTSMAN_USER="Ada", COLUMNS=80) as run:
        for number in (1, 2, 3):
            path = folder / "order.json"
            path.write_text(json.dumps(order_json(id=f"W-{number}", channel=["web", "app"][number % 2])))
            assert run("decide", path).returncode == 0
        yield run


def test_decisions_are_a_table_that_fits_80_columns(run: Run) -> None:
    table = run("decisions", "--channel", "app").stdout
    assert [word for word in table.split() if word.startswith("W-")] == ["W-3", "W-1"]
    assert max(map(len, table.splitlines())) <= 80
    assert all(
        item["id"] in table for item in json.loads(run("decisions", "--channel", "app", "--json").stdout)["decisions"]
    )


def test_a_table_that_ends_early_says_how_to_go_on(run: Run) -> None:
    listed = run("decisions", "--limit", "1")
    after = listed.stderr.split("--after ")[1].strip()
    rest = json.loads(run("decisions", "--after", after, "--json").stdout)
    assert [item["order"] for item in rest["decisions"]] == ["W-2", "W-1"]


_COUNTS = {
    "decisions --json": lambda text: len(json.loads(text)["decisions"]),
    "replay --json": lambda text: json.loads(text)["decisions"],
    "calculation --csv -": lambda text: len({row["decision"] for row in csv.DictReader(io.StringIO(text))}),
    "ledger log --kind decided": lambda text: len(text.splitlines()),
    "policy idle --json --from 2020-01-01": lambda text: json.loads(text)["decisions"],
    "audit report --format json --from 2020-01-01": lambda text: json.loads(text)["decisions"],
}
"""How many decisions each of these commands found."""


@pytest.mark.parametrize("words", _COUNTS)
def test_a_date_that_ends_a_period_is_in_it_and_an_instant_is_not(run: Run, words: str) -> None:
    # some of them go by when it was logged, which may be a second later
    first = json.loads(run("decisions", "--json").stdout)["decisions"][-1]["decided_at"]
    day = datetime.datetime.fromisoformat(first).astimezone(zoneinfo.ZoneInfo("Europe/Paris")).date()
    ends = (day - datetime.timedelta(days=1), first, day + datetime.timedelta(days=1))
    assert [_COUNTS[words](run(*words.split(), "--to", end).stdout) for end in ends] == [0, 0, 3]
    assert _COUNTS[words](run(*words.split(), "--to", day).stdout) > 0


def test_the_instant_as_of_which_orders_were_decided_is_bounded_in_the_same_way(run: Run) -> None:
    first = json.loads(run("decisions", "--json").stdout)["decisions"][-1]["decided_at"]
    day = datetime.datetime.fromisoformat(first).astimezone(zoneinfo.ZoneInfo("Europe/Paris")).date()
    found = [json.loads(run("decisions", "--json", "--decided-to", end).stdout)["decisions"] for end in (first, day)]
    assert (found[0], bool(found[1])) == ([], True)


def test_no_spreadsheet_runs_the_id_of_an_order(command: Command, tmp_path: Path) -> None:
    formula = '=HYPERLINK("https://shop.example/")'
    policy = "policy: test\nrules:\n  - id: r1\n    because: Held\n    then: {hold: 1 h}\n"
    with installed(command, tmp_path, policy, POINTSMAN_USER="@Ada") as run:
        path = tmp_path / "order.json"
        path.write_text(json.dumps(order_json(id=formula)))
        made = json.loads(run("decide", path, "--json").stdout)
        run("reject", made["id"], "--node", made["shipments"][0]["node"], "--reason", "other")
        for words in ("decisions --format csv", "calculation --csv - --from 2020-01-01"):
            rows = list(csv.DictReader(io.StringIO(run(*words.split()).stdout)))
            assert {row["order"] for row in rows} == {f"'{formula}"}
        run("audit", "report", "--from", "2020-01-01", "--format", "csv", "--output", tmp_path / "csv")
        with (tmp_path / "csv" / "decided-again.csv").open(newline="") as file:
            (again,) = csv.DictReader(file)
        assert (again["order"], again["by"]) == (f"'{formula}", "'@Ada")
        assert json.loads(run("decisions", "--format", "ndjson").stdout.splitlines()[0])["order"] == formula


def test_every_format_has_the_same_decisions(run: Run, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in run("decisions", "--format", "ndjson").stdout.splitlines()]
    assert [item["order"] for item in lines] == ["W-3", "W-2", "W-1"]
    rows = list(csv.DictReader(io.StringIO(run("decisions", "--format", "csv").stdout)))
    assert [(row["order"], row["fired"], row["skus"]) for row in rows] == [
        (item["order"], " ".join(item["fired"]), " ".join(item["skus"])) for item in lines
    ]
    path = tmp_path / "decisions.parquet"
    assert run("decisions", "--format", "parquet", "--output", path).returncode == 0
    assert pyarrow.parquet.read_table(path).to_pylist() == lines


@pytest.mark.parametrize(("caller", "count"), [("cli", 3), ("Ada", 3), ("Eve", 0)])
def test_a_caller_is_who_asked_or_whose_hold_it_is(run: Run, caller: str, count: int) -> None:
    assert len(json.loads(run("decisions", "--caller", caller, "--json").stdout)["decisions"]) == count


def test_the_log_of_an_order_is_found_by_its_index(run: Run) -> None:
    (line,) = run("ledger", "log", "--order", "W-2").stdout.splitlines()
    assert "order W-2 filled" in line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--format", "parquet"), "--format parquet needs --output FILE"),
        (("--output", "x"), "--output goes with --format csv, ndjson or parquet"),
        (("--after", "x"), "this is no 'next' of a page before"),
        (("--policy", "xyz"), "write a policy version, or 4 letters or more of its start"),
    ],
)
def test_a_mistake_is_named(run: Run, words: tuple[str, ...], message: str) -> None:
    done = run("decisions", *words)
    assert (done.returncode, message in done.stderr) == (2, True)


@pytest.mark.parametrize("name", ["replay", "calculation"])
@pytest.mark.parametrize("words", [(), ("3f2b6c0e9d5a4f7f8e1d2c3b4a596877", "--to", "2026-11-27")])
def test_either_a_decision_or_a_period_is_named(run: Run, name: str, words: tuple[str, ...]) -> None:
    done = run(name, *words)
    assert (done.returncode, "name a decision, or say from when to when" in done.stderr) == (2, True)
