"""The command line on an embedded server of the test's own."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.support.forked_cli import Command, Done, Run

HEXAGONE = Path("examples/hexagone")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    """`run("load", "DIR")`: the command in an installation of its own, with facts and policies loaded."""
    data = tmp_path_factory.mktemp("installation")

    def pointsman(*words: object, network: str = "shop") -> Done:
        return command(*words, POINTSMAN_DATA=data, POINTSMAN_NETWORK=network, COLUMNS=120)

    with open_server(Settings(data=data)):  # kept from ending with each command, which takes time
        assert pointsman("load", HEXAGONE).returncode == 0
        assert pointsman("policy", "publish", "policies", "--activate", "--note", "to start with").returncode == 0
        yield pointsman


@pytest.fixture
def order(tmp_path: Path) -> Callable[..., Path]:
    """The example's order in a file, with some of it changed."""

    def changed(**changes: object) -> Path:
        path = tmp_path / "order.json"
        path.write_text(json.dumps(json.loads((HEXAGONE / "order.json").read_text()) | changes))
        return path

    return changed


def test_a_dry_run_says_what_would_ship_and_holds_nothing(run: Run) -> None:
    done = run("decide", HEXAGONE / "order.json", "--dry-run")
    assert done.returncode == 0
    assert "Order W-900001 (web, standard): filled" in done.stdout
    assert "nothing was held" in done.stdout
    assert json.loads(run("ledger", "check", "--json").stdout)["held"] == 0


def test_a_decision_is_held_logged_and_shown_again(run: Run) -> None:
    made = json.loads(run("decide", HEXAGONE / "order.json", "--json").stdout)
    shown = run("show", made["id"], "--json")
    assert json.loads(shown.stdout) == made
    audit = json.loads(run("ledger", "check", "--json").stdout)
    assert (audit["clean"], audit["held"]) == (True, 3)
    assert made["id"] in run("show", made["id"]).stdout


def test_a_batch_prints_what_became_of_each_order_by_its_line(run: Run, tmp_path: Path) -> None:
    lines = (HEXAGONE / "orders.ndjson").read_text().splitlines()[:3]
    ids = [json.loads(line)["id"] for line in lines]
    path = tmp_path / "orders.ndjson"
    path.write_text("\n".join([lines[0], "", "{", lines[0], *lines[1:], ""]))
    done = run("batch", path, "--key", "monday")
    assert done.returncode == 1
    assert [line.partition(", decision ")[0] for line in done.stdout.splitlines()] == [
        f"{path}:{number}: order {name}: filled" for number, name in zip((1, 5, 6), ids, strict=True)
    ]
    assert [line for line in done.stderr.splitlines() if line.startswith(str(path))] == [
        f"{path}:3: order ?: this is no JSON: unexpected end of data: line 1 column 2 (char 1)",
        f"{path}:4: order {ids[0]}: id: order '{ids[0]}' is in the batch before; send each order once",
    ]
    assert done.stderr.endswith("2 orders of 5 not decided\n")
    path.write_text("\n".join(lines))
    again = run("batch", path, "--key", "monday", "--json")
    *answers, end = map(json.loads, again.stdout.splitlines())
    assert (again.returncode, [(item["number"], item["order"], item["status"]) for item in answers]) == (
        0,
        [(number, name, 200) for number, name in enumerate(ids, start=1)],
    )
    assert answers[0]["decision"]["id"] in done.stdout
    assert end == {"orders": 3, "joint": None, "stopped": None}


def test_the_facts_of_a_decision_are_shown_to_who_asks_and_are_whole_in_the_log(run: Run) -> None:
    made = json.loads(run("decide", HEXAGONE / "order.json", "--facts", "--json").stdout)
    facts = made["facts"]["document"]
    assert json.loads(run("show", made["id"], "--facts", "--json").stdout) == made
    assert "document" not in json.loads(run("show", made["id"], "--json").stdout)["facts"]
    (logged,) = (
        entry
        for entry in map(json.loads, run("ledger", "log", "--kind", "decided", "--json").stdout.splitlines())
        if entry["id"] == made["id"]
    )
    assert logged["body"] == made
    shown = run("show", made["id"], "--facts").stdout
    stock, excluded = facts["stock"]["TXT-0059"], facts["excluded"][0]
    row = stock["nodes"].index("wh-lille")
    kept = f"{stock['on_hand'][row]} on hand, {stock['held'][row]} held, {stock['floor'][row]} kept back"
    assert f"  stock of TXT-0059, before its own hold:\n     {stock['nodes'][0]}: " in shown
    assert f"     wh-lille: {kept}\n" in shown
    head = f"  excluded unless needed for line {', '.join(excluded['lines'])} ({excluded['rules'][0]}):\n"
    service, nodes = next(iter(excluded["nodes"].items()))
    assert f"{head}     by {service} from {', '.join(nodes)}\n" in shown
    assert "stock of" not in run("show", made["id"]).stdout


@pytest.mark.slow
def test_a_day_is_summed_up_and_not_decided_twice(run: Run, tmp_path: Path) -> None:
    orders = tmp_path / "orders.ndjson"
    orders.write_text("".join((HEXAGONE / "orders.ndjson").read_text().splitlines(keepends=True)[:40]))
    run("load", HEXAGONE, network="day")
    run("policy", "publish", "policies", "--activate", network="day")
    first = json.loads(run("route", orders, "--json", "--weigh", "10", network="day").stdout)
    assert first["orders"] == first["filled"] + first["partial"] + first["unfilled"] == 40
    assert (first["decided_before"], first["orders_weighed"]) == (0, 10)
    assert first["rules"]["green/carbon-counts"]["fired"] == 40
    audit = json.loads(run("ledger", "check", "--json", network="day").stdout)
    assert audit["clean"]
    assert audit["shipped"] == audit["held"] == first["units_shipped"]

    again = json.loads(run("route", orders, "--json", "--weigh", "3", network="day").stdout)
    assert (again["decided_before"], again["orders_weighed"]) == (40, 0)
    assert again["units_shipped"] == first["units_shipped"]
    assert json.loads(run("ledger", "check", "--json", network="day").stdout) == audit

    tables = run("route", orders, "--weigh", "3", network="day").stdout
    assert "decided before, not again" in tables
    assert "units shipped" in tables


def test_one_bad_order_of_a_file_is_named_by_its_line_and_nothing_is_routed(run: Run, tmp_path: Path) -> None:
    lines = (HEXAGONE / "orders.ndjson").read_text().splitlines(keepends=True)[:3]
    orders = tmp_path / "orders.ndjson"
    orders.write_text(lines[0] + lines[1].replace('"quantity":', '"quantity":-') + "{nonsense\n" + lines[2])
    before = run("ledger", "check").stdout
    done = run("route", orders)
    assert done.returncode == 1
    assert f"{orders}:2: lines.0.quantity: a quantity is a whole number" in done.stderr
    assert f"{orders}:3: this is no JSON" in done.stderr
    assert "nothing was changed" in done.stderr
    assert run("ledger", "check").stdout == before


def test_an_unknown_sku_in_a_file_of_orders_is_reported_before_any_is_routed(run: Run, tmp_path: Path) -> None:
    good = (HEXAGONE / "orders.ndjson").read_text().splitlines(keepends=True)[0]
    bad = json.loads(good) | {"id": "X-1", "lines": [{"sku": "NOPE", "quantity": 1}]}
    orders = tmp_path / "orders.ndjson"
    orders.write_text(good + json.dumps(bad) + "\n")
    before = run("ledger", "check").stdout
    done = run("route", orders)
    assert "order X-1: sku: no product goes by the SKU 'NOPE'" in done.stderr
    assert run("ledger", "check").stdout == before


def test_every_mistake_of_an_order_is_printed(run: Run, order: Callable[..., Path]) -> None:
    path = order(channel=None, lines=[{"sku": "TXT-0059", "quantity": 0}], colour="red")
    done = run("decide", path)
    assert done.returncode == 1
    assert f"{path}: channel: " in done.stderr
    assert f"{path}: lines.0.quantity: a quantity is a whole number" in done.stderr
    assert f"{path}: colour: Unknown field\n" in done.stderr
    assert "3 mistakes; nothing was changed" in done.stderr


def test_a_bad_policy_is_not_published_and_the_active_one_stays(run: Run, tmp_path: Path) -> None:
    history = run("policy", "history", "--json").stdout
    bad = tmp_path / "bad.yaml"
    bad.write_text("policy: bad\nrules:\n  - {id: r, because: x, when: {order.chanel: web}, then: {tier: 1}}\n")
    finding = "bad.yaml:3:32  unknown-fact  unknown fact 'order.chanel' (did you mean 'order.channel'?)"
    for words, stream in ((("check",), "stdout"), (("publish", "--activate"), "stderr")):
        done = run("policy", words[0], bad, *words[1:])
        assert done.returncode == 1
        assert finding in getattr(done, stream)
    assert run("policy", "history", "--json").stdout == history


def test_an_earlier_version_can_be_made_active_again_by_the_start_of_its_name(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("policy: p\nrules:\n  - {id: r, because: x, then: {carbon_price: 1.00}}\n")
    first = json.loads(run("policy", "history", "--json").stdout)[0]["version"]
    run("policy", "publish", tmp_path, "--activate", "--note", "a try")
    assert run("policy", "activate", first[:12], "--note", "back").returncode == 0
    history = json.loads(run("policy", "history", "--json").stdout)
    assert [(act["act"], act["note"]) for act in history[-2:]] == [("activated", "a try"), ("activated", "back")]
    assert history[-1]["version"] == first
    assert run("policy", "activate", "0000").stderr == "no published policy versions start with '0000'\n"


def test_without_facts_or_policies_the_next_command_is_named(run: Run) -> None:
    assert "pointsman load DIR" in run("decide", HEXAGONE / "order.json", network="empty").stderr
    run("load", HEXAGONE, network="empty")
    assert "pointsman policy publish" in run("decide", HEXAGONE / "order.json", network="empty").stderr


def test_reset_forgets_one_network_and_no_other(run: Run) -> None:
    run("load", HEXAGONE, network="gone")
    before = run("availability", "TXT-0059", "web", "--json").stdout
    assert "deleted" in run("reset", "gone", "--yes").stdout
    assert run("reset", "gone", "--yes").stdout.startswith("0 keys")
    assert run("availability", "TXT-0059", "web", "--json").stdout == before


def test_network_files_are_loaded_without_the_stock_beside_them(run: Run, tmp_path: Path) -> None:
    run("load", HEXAGONE, network="places")
    assert run("stock", "move", "st-lyon", "TXT-0059", "-1", "--op", "m1", network="places").returncode == 0
    stock = run("stock", "show", "TXT-0059", "--json", network="places").stdout
    written = (HEXAGONE / "network.yaml").read_text()
    (tmp_path / "network.yaml").write_text(written.replace('lines: ["Magasin de Lyon"]', 'lines: ["12 rue Mercière"]'))
    done = run("load", tmp_path, "--network-only", network="places")
    assert (done.returncode, done.stderr) == (0, "")
    assert "68 nodes, 8 services, 1 carrier: network " in done.stdout
    assert done.stdout.splitlines()[0].endswith("; products and stock stay")
    assert done.stdout.splitlines()[1:] == ["  nodes changed: st-lyon (address)"]
    assert run("stock", "show", "TXT-0059", "--json", network="places").stdout == stock
    again = run("load", tmp_path, "--network-only", network="places")
    assert again.stdout.endswith("as before; products and stock stay\n")
    (entry,) = run("ledger", "log", "--kind", "network_changed", "--json", network="places").stdout.splitlines()
    assert json.loads(entry)["by"]


def test_a_load_of_the_network_alone_says_what_it_changed_to_people_and_programs(run: Run, tmp_path: Path) -> None:
    written = Path("tests/data/small/network.yaml").read_text()
    run("load", "tests/data/small", network="told")
    before, lille = written[: written.index("  - id: lille")], written[written.index("  - id: lille") :]
    more = "".join(lille.replace("id: lille", f"id: nice-{number:02}").split("\n  - id:")[0] for number in range(12))
    (tmp_path / "network.yaml").write_text(before + more + lille)
    done = run("load", tmp_path, "--network-only", "--lang", "fr", network="told")
    assert done.returncode == 0, done.stderr
    named = ", ".join(f"nice-{number:02}" for number in range(10))
    assert done.stdout.splitlines()[1:] == [f"  lieux ajoutés\xa0: {named} et 2 de plus"]
    (tmp_path / "network.yaml").write_text(before + more + lille + "\nreserve_before: 1 d\n")
    done = run("load", tmp_path, "--network-only", "--json", network="told")
    said = json.loads(done.stdout)
    nothing = {"added": [], "changed": {}, "removed": []}
    assert (said["changed"], said["others"]) == (True, ["reserve_before"])
    assert (said["nodes"], said["services"], said["carriers"]) == (nothing, nothing, nothing)
    assert run("load", tmp_path, "--json", network="told").returncode == 2


def test_a_load_of_the_network_alone_that_is_about_counts_is_refused_and_nothing_changes(run: Run) -> None:
    done = run("load", HEXAGONE, "--network-only", "--counts")
    assert (done.returncode, "--counts is about stock" in done.stderr) == (2, True)


def test_a_place_that_the_network_file_lacks_is_named_with_what_to_do(run: Run, tmp_path: Path) -> None:
    network = Path("tests/data/small/network.yaml").read_text()
    run("load", "tests/data/small", network="three")
    (tmp_path / "network.yaml").write_text(network[: network.index("  - id: lille")])
    done = run("load", tmp_path, "--network-only", network="three")
    assert done.returncode == 1
    assert "network.yaml: nodes: node 'lille' is loaded and not in the file" in done.stderr
    in_french = run("load", tmp_path, "--network-only", "--lang", "fr", network="three")
    assert "le lieu «\xa0lille\xa0» est chargé et n'est pas dans le fichier" in in_french.stderr


def test_loading_twice_says_that_nothing_changed(run: Run) -> None:
    assert run("load", HEXAGONE).stdout.rstrip().endswith("as before")


def test_a_bad_setting_is_named(run: Run) -> None:
    done = run("ledger", "check", network="not a name")
    assert done.returncode == 1
    assert done.stderr.startswith("POINTSMAN_NETWORK is 'not a name'; it must be")


def test_options_of_route_that_do_not_go_together_are_refused(run):
    together = run("route", HEXAGONE / "orders.ndjson", "--together", "--weigh", "10")
    assert "--weigh is for orders that are decided one by one" in together.stderr
    assert "--wait goes with --together" in run("route", HEXAGONE / "orders.ndjson", "--wait").stderr
