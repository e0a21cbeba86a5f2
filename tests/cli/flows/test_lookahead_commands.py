"""`pointsman lookahead` learns prices from the log, publishes them, and shows them, in English and French."""

import datetime
import functools
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from engine.store.stock import Count, Stamp
from tests.conftest import activate
from tests.support.facts import EURO, LILLE, LYON, MARSEILLE, PARIS, inventory, node, order, policy_file, service
from tests.support.forked_cli import Command, Run

DAY, ORDER_DAYS = 86_400, 10
ORDER = {
    "id": "LA-1",
    "channel": "web",
    "delivery": "standard",
    "placed_at": datetime.datetime.now(tz=datetime.UTC).isoformat(),
    "destination": {"country": "FR", "latitude": 45.748, "longitude": 4.847},
    "lines": [{"sku": "A", "quantity": 1}],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    """On each of ten days, an order of A came from Lille and one from Marseille; Paris has ten left, Lyon 100."""
    data = tmp_path_factory.mktemp("installation")
    now = int(time.time()) - ORDER_DAYS * DAY
    with open_server(Settings(data=data)):
        with Pointsman(Settings(data=data), clock=lambda: now) as past:
            by_distance = service(base=5 * EURO, per_km=10_000)
            stock = {"A": {"lyon": 500, "paris": 500}, "B": {"lyon": 1}}
            past.load(inventory([node("lyon", LYON), node("paris", PARIS)], stock, services=[by_distance]))
            activate(past)
            for _ in range(ORDER_DAYS):
                for place in (LILLE, MARSEILLE):
                    past.holds.confirm(past.decide(order(("A", 1), place=place, placed_at=now)).record.id)
                now += DAY
            for name, units in (("lyon", 100), ("paris", 10)):
                stamp = Stamp(kind="t", number=past.micros)
                past.stock.set_count(Count(node=name, sku="A", on_hand=units, stamp=stamp))
        yield functools.partial(command, POINTSMAN_DATA=data, COLUMNS=120, POINTSMAN_USER="Ada")


def test_before_prices_are_learnt_it_is_said_how(run: Run) -> None:
    shown = run("lookahead", "show")
    assert shown.returncode == 1
    assert "no look-ahead prices were learnt yet; learn some (pointsman lookahead learn)" in shown.stderr
    french = run("lookahead", "show", "--lang", "fr").stderr
    assert "aucun prix anticipé n'a encore été appris" in french


def test_a_dry_run_says_what_would_be_learnt_and_publishes_nothing(run: Run) -> None:
    tried = run("lookahead", "learn", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    first, *rest = tried.stdout.splitlines()
    assert first.startswith("learnt from 20 orders, ")
    assert rest[-1] == "nothing was published: this is a dry run"
    row = next(line for line in rest if "paris" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][:4] == ["A", "paris", "3.55 EUR", "paris"]
    assert run("lookahead", "show").returncode == 1


def test_learnt_prices_are_published_by_whoever_learnt_them_and_shown(run: Run) -> None:
    learnt = json.loads(run("lookahead", "learn", "--json").stdout)
    assert (learnt["published"], learnt["orders"], learnt["regions"], learnt["solved"]) == (True, 20, 2, 1)
    assert learnt["head"]["learnt_by"] == "Ada"
    table = learnt["head"]["table"]
    shown = run("lookahead", "show")
    assert f"table {table[:12]}: 1 price of 1 SKU" in shown.stdout
    assert "in force: used until " in shown.stdout
    of_sku = json.loads(run("lookahead", "show", "A", "--json").stdout)
    assert (of_sku["sku"], list(of_sku["nodes"]), of_sku["head"]["too_old"]) == ("A", ["paris"], False)
    price = of_sku["nodes"]["paris"]
    assert (price["price_micros"], price["region"]) == (3_547_000, "paris")
    assert learnt["dearest"] == [{**price, "sku": "A", "node": "paris"}]
    assert "B has no price anywhere" in run("lookahead", "show", "B").stdout
    mistyped = run("lookahead", "show", "TXT-O059")
    assert (mistyped.returncode, mistyped.stdout) == (1, "")
    assert "no product goes by the SKU 'TXT-O059'" in mistyped.stderr
    french = run("lookahead", "show", "A", "--lang", "fr").stdout
    assert "en vigueur\N{NO-BREAK SPACE}: utilisée jusqu'au " in french
    (entry,) = run("ledger", "log", "--kind", "lookahead_published").stdout.splitlines()
    assert "  1 price of 1 SKU, learnt " in entry
    assert " by Ada from the orders of " in entry
    assert str(int(time.time()))[:6] not in entry, "no seconds since 1970"


def test_it_is_said_what_prices_would_have_brought_and_how_much_was_possible(run: Run) -> None:
    """Decided again with enough in both places, they change nothing: each ships from the nearest, as it would have."""
    run("lookahead", "learn")
    made = json.loads(run("lookahead", "compare", "--json").stdout)
    assert (made["orders"], made["left_out"], made["baseline_table"]) == (20, 0, None)
    assert made["baseline"]["units_shipped"] == made["achieved"]["units_shipped"] == 20
    hindsight = made["hindsight"]
    assert (hindsight["orders"], hindsight["networks"]) == (20, 1)
    assert hindsight["bound_micros"] <= hindsight["baseline_micros"] == made["baseline"]["cost_micros"]
    printed = run("lookahead", "compare", "--no-bound").stdout
    assert "of 20 orders ship otherwise with the prices" in printed
    assert "had all orders been known" not in printed


def test_rules_that_keep_units_are_explained_with_what_more_of_them_would_cost(run: Run, tmp_path: Path) -> None:
    rules = ("when: {node.id: lyon}, then: {keep: 2}", "when: {node.id: paris}, then: {keep: 1}", "then: {prefer: 1}")
    (tmp_path / "policy.yaml").write_bytes(policy_file(*rules)["test.yaml"])
    run("lookahead", "learn")
    explained = run("policy", "explain", tmp_path, "--costs")
    learnt, *lines = explained.stdout.splitlines()
    assert learnt.startswith("by the look-ahead prices of table ")
    assert " by Ada from the orders of " in learnt
    assert [line for line in lines if line.startswith("test/")] == ["test/r2", "test/r1"], "the dearest first"
    assert "5 units more at each of 1 position would cost at least " in explained.stdout
    assert "dearest: A at paris" in explained.stdout
    costs = json.loads(run("policy", "explain", tmp_path, "--costs", "--json").stdout)["costs"]
    assert (costs["units"], [rule["positions"] for rule in costs["rules"]]) == (5, [0, 1])
    (tmp_path / "policy.yaml").write_bytes(policy_file(rules[-1])["test.yaml"])
    assert run("policy", "explain", tmp_path, "--costs").stdout.endswith("no rule keeps or protects units\n")


def test_a_decision_names_the_table_whose_prices_counted_also_by_its_order(run: Run, tmp_path: Path) -> None:
    table = json.loads(run("lookahead", "learn", "--json").stdout)["head"]["table"]
    (tmp_path / "policy.yaml").write_bytes(policy_file("then: {lookahead: on}")["test.yaml"])
    (tmp_path / "order.json").write_text(json.dumps(ORDER))
    assert run("policy", "publish", tmp_path, "--activate").returncode == 0
    decided = run("decide", tmp_path / "order.json")
    assert decided.returncode == 0, decided.stderr
    named = f"look-ahead prices: table {table[:12]}, learnt "
    for command in ("explain", "calculation"):
        shown = run(command, ORDER["id"])
        assert named in shown.stdout, shown.stderr
        assert json.loads(run(command, ORDER["id"], "--json").stdout)["lookahead_table"] == table
    missing = run("calculation", "LA-2")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "LA-2" in missing.stderr
