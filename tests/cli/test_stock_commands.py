"""Stock and holds on the command line."""

import datetime
import json
import time
import zoneinfo
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.decide.order_record import timestamp
from tests.support.forked_cli import Command, Run, installed
from tests.support.shown_times import in_paris

ORDER = {
    "id": "W-1",
    "channel": "web",
    "placed_at": "2026-11-27T08:12:31Z",
    "destination": {"country": "FR", "latitude": 48.8534, "longitude": 2.3488},
    "lines": [{"sku": "SHIRT", "quantity": 15}],
}


POLICY = """
policy: app
rules:
  - {id: r1, because: a reason, when: {node.id: lyon}, then: {protect: {channel: app, units: 2}}}
  - {id: r2, because: a reason, when: {line.sku: LAMP}, then: {allocate: {channel: app, units: 3, per: week}}}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    """`run("stock", "show", "RARE")`, on tests/data/small and policies that protect two units for the app."""
    with installed(command, tmp_path_factory.mktemp("installation"), POLICY) as run:
        yield run


@pytest.fixture
def counts(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "counts.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def shown(run: Run, sku: str) -> dict[str, int]:
    nodes = json.loads(run("stock", "show", sku, "--json").stdout)["nodes"]
    return {item["node"]: item["on_hand"] for item in nodes}


def test_an_import_counts_the_positions_it_names_and_leaves_the_others(run: Run, counts: Callable[[str], Path]) -> None:
    now = int(time.time())
    rows = [
        "node,sku,on_hand,at,daily_sales",
        f"lyon,RARE,7,{timestamp(now + 2)},1.5",
        "paris,COAT,1,,",
        "lille,ÉTÉ 日本 ☂,0,,",
    ]
    text = "\n".join(rows)
    done = run("stock", "import", counts(text), "--json")
    assert json.loads(done.stdout) == {
        "positions": 3,
        "set": 3,
        "as_before": 0,
        "older_than_known": 0,
        "contradicting": 0,
        "counted_by_sequence": 0,
        "too_old": 0,
        "older": [],
    }
    assert (shown(run, "RARE"), shown(run, "COAT")) == ({"lyon": 7}, {"lille": 3, "paris": 1})
    earlier, soon = timestamp(now + 1), timestamp(now + 60)
    later = counts(f"node,sku,on_hand,at\nlyon,RARE,5,{earlier}\nparis,COAT,2,{soon}\n")
    imported = run("stock", "import", later)
    assert "1  set" in imported.stdout
    assert "1  older than known" in imported.stdout
    assert imported.stderr.endswith("older than known: RARE at lyon\n")
    assert json.loads(run("stock", "import", later, "--json").stdout)["older"] == [{"node": "lyon", "sku": "RARE"}]
    assert (shown(run, "RARE"), shown(run, "COAT")["paris"]) == ({"lyon": 7}, 2)


def test_a_count_from_a_time_still_to_come_is_a_mistake_and_nothing_counts(
    run: Run, counts: Callable[[str], Path]
) -> None:
    before = shown(run, "LAMP")
    path = counts("node,sku,on_hand,at\nlyon,LAMP,77,\nparis,LAMP,1,2199-01-01T00:00:00Z\n")
    done = run("stock", "import", path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{path}:3: at: 2199-01-01T00:00:00Z is more than 5 minutes ahead of the clock here")
    assert shown(run, "LAMP") == before


def test_every_mistake_of_an_import_is_printed_with_line_and_field_and_nothing_counts(
    run: Run, counts: Callable[[str], Path]
) -> None:
    before = shown(run, "LAMP")
    path = counts(
        "node,sku,on_hand,at\nlyon,LAMP,1,\nlyno,LAMP,2,\nlyon,LAMPE,3,\nlyon,LAMP,-1,\nlyon,LAMP,4,today\nlyon,LAMP,5,\n"
    )
    done = run("stock", "import", path)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"{path}:3: node: no node goes by the id 'lyno'",
        f"{path}:4: sku: no product goes by the SKU 'LAMPE'",
        f"{path}:5: on_hand: '-1' is below 0",
        f"{path}:6: at: write an instant as 2026-11-27T08:12:31Z",
        f"{path}:7: sku: 'LAMP' at 'lyon' stands here a second time",
        "5 mistakes; nothing was changed",
    ]
    assert shown(run, "LAMP") == before


def test_units_are_blocked_brought_back_to_sale_and_written_off(run: Run) -> None:
    def move(*words: str) -> str:
        return run("stock", "move", "lyon", "LAMP", *words).stdout

    at = timestamp(int(time.time()) + 2)
    blocked = json.loads(move("-2", "--blocked", "2", "--reason", "broken", "--op", "m1", "--at", at, "--json"))
    assert (blocked["result"], blocked["op"], blocked["blocked"]) == ("applied", "m1", 2)
    assert "blocked" in run("stock", "show", "LAMP").stdout
    assert move("2", "--blocked", "-2", "--op", "m2").endswith(" on hand, 0 blocked\n")
    assert move("2", "--blocked", "-2", "--op", "m2").startswith("seen: ")
    log = run("ledger", "log", "--kind", "moved").stdout
    assert f"-2, +2 blocked x LAMP at lyon, at {in_paris(at)}, op m1: broken" in log
    assert "+2, -2 blocked x LAMP at lyon, op m2" in log


def test_a_movement_with_a_mistake_says_what_it_is(run: Run) -> None:
    for words, message in (
        (["lyon", "LAMP", "2", "--blocked", "-1"], "blocked: as many units as come on hand are blocked no more"),
        (["lyon", "LAMP", "0", "--blocked", "-9"], "delta: units blocked: 0; fewer than none can't be left"),
        (["lyno", "LAMP", "1"], "node: no node goes by the id 'lyno'"),
    ):
        done = run("stock", "move", *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(message)


def test_stock_is_shown_for_people(run: Run) -> None:
    table = run("stock", "show", "LAMP").stdout
    assert "LAMP: 6 available" in table
    assert "free to app" in table
    assert "left to app per week" in table
    assert "3 of 3" in table
    assert run("stock", "show", "LAMPE").stderr == "no product goes by the SKU 'LAMPE'\n"


def test_availability_to_a_destination_is_read_as_over_http(run: Run) -> None:
    words = ("availability", "SHIRT", "web", "--json")
    anywhere, there = (
        json.loads(run(*words, *more).stdout) for more in ((), ("--country", "FR", "--postcode", "75001"))
    )
    assert anywhere["skus"][0]["free"] == there["skus"][0]["free"] > 0
    mistaken = run("availability", "SHIRT", "web", "--lat", "48.85")
    assert (mistaken.returncode, "longitude: give both latitude and longitude" in mistaken.stderr) == (1, True)


def test_availability_of_several_skus_names_those_that_nobody_knows(run: Run) -> None:
    shown = run("availability", "RARE", "LAMPE", "NONE", "web")
    assert (shown.returncode, shown.stderr) == (0, "no product goes by the SKU 'LAMPE'\n")
    assert "NONE on web: 0 free" in shown.stdout
    answer = json.loads(run("availability", "RARE", "LAMPE", "NONE", "web", "--json").stdout)
    assert ([item["sku"] for item in answer["skus"]], answer["unknown"]) == (["RARE", "NONE"], ["LAMPE"])
    none = run("availability", "LAMPE", "web")
    assert (none.returncode, none.stdout, none.stderr) == (1, "", "no product goes by the SKU 'LAMPE'\n")


def test_the_feed_prints_every_sku_and_since_a_cursor_what_changed(run: Run, counts: Callable[[str], Path]) -> None:
    first, *skus, last = map(json.loads, run("stock", "feed", "web").stdout.splitlines())
    assert (first["full"], len(skus), last["skus"], last["cursor"]) == (True, 6, 6, first["cursor"])
    run("stock", "import", counts("node,sku,on_hand\nparis,RARE,4\n"))
    _, changed, _ = run("stock", "feed", "web", "--since", first["cursor"], "--nodes").stdout.splitlines()
    free = json.loads(changed)
    assert (free["sku"], free["nodes"]["paris"]) == ("RARE", 4)
    left = run("stock", "feed", "web", "--since", first["cursor"], "--after", "SHIRT").stdout.splitlines()
    assert json.loads(left[1])["sku"] == "ÉTÉ 日本 ☂"
    for words in (("--since", "5"), ("--after", "SHIRT")):
        assert run("stock", "feed", "web", *words).returncode == 2


def test_units_are_held_as_long_as_asked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text(json.dumps(ORDER | {"lines": [{"sku": "LAMP", "quantity": 1}]}))
    made = json.loads(run("decide", tmp_path / "order.json", "--hold", "90 min", "--json").stdout)
    assert made["hold"]["requested_minutes"] == 90
    assert ", as the caller asked; decision" in run("show", made["id"]).stdout
    assert run("hold", "release", made["id"]).returncode == 0
    for length, message in (("until Monday", "is no amount; write for example 48 h"), ("91 d", "POINTSMAN_MAX_HOLD")):
        refused = run("decide", tmp_path / "order.json", "--hold", length)
        assert refused.returncode != 0
        assert message in refused.stderr


def restock(run: Run, counts: Callable[[str], Path]) -> None:
    """As many shirts on hand as the network begins with, whatever other tests took."""
    file = counts("node,sku,on_hand\nlyon,SHIRT,10\nlille,SHIRT,2\nparis,SHIRT,4\n")
    assert run("stock", "import", file).returncode == 0


def test_a_hold_is_listed_shown_extended_and_ended_by_shipment(
    run: Run, tmp_path: Path, counts: Callable[[str], Path]
) -> None:
    restock(run, counts)
    (tmp_path / "order.json").write_text(json.dumps({**ORDER, "id": "W-held"}))
    made = json.loads(run("decide", tmp_path / "order.json", "--json").stdout)
    name = made["id"]
    ways = [f"{shipment['node']}/{shipment['service']}" for shipment in made["shipments"]]
    assert len(ways) == 3
    listed = json.loads(run("hold", "list", "--sku", "SHIRT", "--json").stdout)["holds"]
    assert [(hold["decision"], hold["client"]) for hold in listed] == [(name, "cli")]
    assert name in run("hold", "list").stdout
    assert name in run("hold", "list", "--service", ways[0].partition("/")[2]).stdout
    assert run("hold", "list", "--service", "rocket").stdout == ""
    until = json.loads(run("hold", "extend", name, "--minutes", "10000", "--json").stdout)["expires_at"]
    assert until > made["hold"]["expires_at"]
    for words in (("--minutes", "120"), ("--until", timestamp(int(time.time()) + 60))):
        shorter = run("hold", "extend", name, *words)
        assert (shorter.returncode, f"held until {in_paris(until)}" in shorter.stdout) == (0, True)
        assert shorter.stderr == f"it lasts until {in_paris(until)} already: a hold is never made shorter\n"
    assert run("hold", "extend", name, "--until", until).stderr == ""
    day = datetime.datetime.fromisoformat(until).astimezone(zoneinfo.ZoneInfo("Europe/Paris")).date()
    longest = json.loads(run("hold", "extend", name, "--until", day, "--json").stdout)["expires_at"]
    assert datetime.datetime.fromisoformat(longest).astimezone(zoneinfo.ZoneInfo("Europe/Paris")) == datetime.datetime(
        day.year, day.month, day.day, tzinfo=zoneinfo.ZoneInfo("Europe/Paris")
    ) + datetime.timedelta(days=1)
    confirmed = run("hold", "confirm", name, "--shipment", ways[0], "--op", "one")
    assert f"{ways[0]} " in confirmed.stdout
    assert confirmed.stdout.count(": confirmed at ") == 1
    assert run("hold", "confirm", name, "--shipment", ways[0], "--op", "one").stdout == confirmed.stdout
    assert run("hold", "release", name).stdout.count(": released at ") == 2
    state = json.loads(run("hold", "show", name, "--json").stdout)
    assert sorted(shipment["state"] for shipment in state["shipments"]) == ["confirmed", "released", "released"]
    late = run("hold", "extend", name, "--minutes", "5")
    assert (late.returncode, late.stderr.startswith(f"the hold of decision {name} has ended: ")) == (1, True)
    wrong = run("hold", "confirm", name, "--shipment", "paris/rocket")
    assert wrong.stderr.startswith("--shipment: the decision has no shipment 'paris/rocket'; it has ")
    assert json.loads(run("ledger", "check", "--json").stdout)["clean"]


def test_of_many_older_counts_some_are_named(run: Run, counts: Callable[[str], Path]) -> None:
    rows = [(node, sku) for sku in ("SHIRT", "LAMP", "COAT", "ÉTÉ 日本 ☂") for node in ("lille", "lyon", "paris")]
    assert (
        run("stock", "import", counts("node,sku,on_hand\n" + "".join(f"{a},{b},3\n" for a, b in rows))).returncode == 0
    )
    old = counts("node,sku,on_hand,at\n" + "".join(f"{a},{b},4,2020-01-01T00:00:00Z\n" for a, b in rows))
    imported = run("stock", "import", old).stderr
    assert imported.endswith("ÉTÉ 日本 ☂ at lille ... and 2 more; --json has the first 1,000\n")
    assert len(json.loads(run("stock", "import", old, "--json").stdout)["older"]) == 12


@pytest.mark.slow
def test_units_leave_return_are_short_and_are_cancelled_by_line(
    run: Run, tmp_path: Path, counts: Callable[[str], Path]
) -> None:
    restock(run, counts)
    placed = {**ORDER, "id": "W-units", "lines": [{"sku": "SHIRT", "quantity": 5}]}
    file = tmp_path / "order.json"
    file.write_text(json.dumps(placed), encoding="utf-8")
    made = json.loads(run("decide", file, "--json").stdout)
    name, shipment = made["id"], made["shipments"][0]
    way = f"{shipment['node']}/{shipment['service']}"
    confirmed = run("hold", "confirm", name, "--shipment", way, "--line", "1=3")
    assert f"  {way} 2 x SHIRT: held; 3 x SHIRT: confirmed\n" in confirmed.stdout
    undone = run("hold", "undo", name, "--line", "SHIRT=3")
    assert f"  {way} 5 x SHIRT: held\n" in undone.stdout
    cancelled = run("order", "cancel", placed["id"], "--line", "1=2")
    assert cancelled.stdout.splitlines() == [
        f"order {placed['id']}: 2 of line 1 cancelled in all",
        f"  2 x SHIRT (line 1): held at {way} by decision {name}",
    ]
    assert json.loads(run("order", "cancel", placed["id"], "--line", "1=1", "--json").stdout)["cancelled"] == {"1": 3}
    short = run("reject", name, "--node", shipment["node"], "--reason", "other", "--confirmed", "1=1", "--json")
    assert json.loads(short.stdout)["order"]["lines"][0]["quantity"] == 1
    too_many = run("order", "cancel", placed["id"], "--line", "1=9")
    assert (too_many.returncode, "9 x '1' can't be cancelled" in too_many.stderr) == (1, True)
    assert run("order", "cancel", placed["id"], "--shipment", "parcel").returncode == 1
    log = run("ledger", "log", "--order", placed["id"]).stdout
    for words in (f"3 x SHIRT at {shipment['node']}", f"order {placed['id']}: 2 of line 1; held were 2 x SHIRT"):
        assert words in log
    assert run("ledger", "check").returncode == 0


def test_products_are_imported_and_stock_stays(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    file.write_text("sku,category,lifecycle,weight_g\nMUG,home,new,350\nCUP,home,core,200\n", encoding="utf-8")
    before = run("stock", "show", "SHIRT").stdout
    assert json.loads(run("products", "import", str(file), "--json").stdout) == {"new": 2, "changed": 0, "same": 0}
    assert "2  as before" in run("products", "import", str(file)).stdout
    assert run("stock", "show", "SHIRT").stdout == before
    file.write_text("sku,category,lifecycle,weight_g\nPAN,home,new,350\nPOT,home,old,200\n", encoding="utf-8")
    refused = run("products", "import", str(file))
    assert (refused.returncode, "products.csv:3: lifecycle: Must be one of" in refused.stderr) == (1, True)
    assert run("stock", "show", "PAN").returncode == 1
