"""`pointsman decisions`: as a table, and as files that programs read."""

import csv
import io
import json
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
