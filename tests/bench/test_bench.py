"""A brief run of the bench: whether it works and compares fairly, not how fast anything is."""

import functools
import io
import json

import pytest
from rich.console import Console

from api.http.app import create_app
from engine.service import Pointsman
from engine.settings import Settings
from tests.bench import archive, choice, large_orders, option_sets, returned_units, rulebook, tables
from tests.bench.__main__ import PARTS, main, measure
from tests.bench.console.measure import pages_of
from tests.bench.console.networks import AT, EVERYWHERE, large_inventory
from tests.bench.console.networks import large_orders as orders_of_a_large_network
from tests.bench.example_network import directory
from tests.bench.highs import allowed, choose_by_highs
from tests.bench.matching import AnswersDiffer, meant, verify
from tests.bench.option_sets import OPTIONS
from tests.bench.peers.handwritten import Handwritten
from tests.bench.peers.installed import ENGINES, installed, load
from tests.bench.peers.ours import Ours

pytestmark = pytest.mark.slow

FEW = 4
HEADINGS = {
    "matching": "Matching 20 options",
    "choosing": "Choosing",
    "choosing_large": "Large orders beside the best that HiGHS finds in 2 s",
    "deciding": "Deciding 30 orders",
    "trying": "A what-if of 30 orders",
    "activating": "Until a policy set decides",
    "checking": "Checking policies",
    "rule_tables": "Rules in a table",
    "ledgering": "The ledger with 1,000 positions",
    "serving": "HTTP: ours answers",
    "crowding": "A crowded service",
    "returning": "Where returned units go",
    "moving": "Transfers: 2 articles",
    "labelling": "Drawing 12 labels",
    "looking_ahead": "Look-ahead: 1 instances of 300 orders",
    "connecting": "Reading 200 rows",
    "browsing": "Pages of the console",
}
"""What stands above the table of each part."""


@pytest.fixture(scope="module")
def sets():
    return option_sets.option_sets(option_sets.inventory(), FEW)


@functools.cache
def report(part):
    """What a brief run reports of the part, once its table was shown, too."""
    measured = measure(brief=True, only=[part])
    console = Console(width=160, file=io.StringIO())
    tables.show(measured, console)
    shown = console.file.getvalue()
    assert HEADINGS[part] in shown
    assert "load average" in shown
    return json.loads(json.dumps(tables.record(measured)))[part]


def answers(peer, sets):
    return [peer.fired(peer.match(peer.shape(options))) for options in sets]


@pytest.mark.parametrize("count", rulebook.COUNTS)
@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_in_each_form_answers_as_ours_does(engine, count, sets):
    conditions = rulebook.conditions(count)
    forms = load(engine)
    if isinstance(forms, str):
        pytest.skip(forms)
    ours = Ours(conditions)
    expected = answers(ours, sets)
    ours.close()
    assert all(answers(form(conditions), sets) == expected for form in forms)


@pytest.mark.parametrize("count", rulebook.COUNTS)
def test_hand_written_python_and_ours_answer_as_the_reference_does(count, sets):
    conditions = rulebook.conditions(count)
    ours = Ours(conditions)
    for peer in (ours, ours, Handwritten(conditions)):
        verify(peer, sets, [meant(conditions, options) for options in sets])
    ours.close()


def test_an_engine_that_answers_otherwise_stops_the_bench(sets):
    conditions = rulebook.conditions(12)
    expected = [meant(conditions, options) for options in sets]
    otherwise = dict(zip(conditions, reversed(conditions.values()), strict=True))
    with pytest.raises(AnswersDiffer, match="hand-written Python"):
        verify(Handwritten(otherwise), sets, expected)


def test_rules_fire_on_some_options_and_not_on_others(sets):
    answered = answers(Handwritten(rulebook.conditions(30)), sets)
    fired = [rules for options in answered for rules in options]
    assert len(fired) == FEW * OPTIONS
    assert set.union(*fired) > set.intersection(*fired)


def test_matching_reports_every_engine_that_is_installed_at_every_number_of_rules():
    classes, missing = installed()
    rows = report("matching")["rows"]
    engines = {Ours.engine, *(peer.engine for peer in classes)}
    assert {(row["rules"], row["engine"]) for row in rows} == {(n, name) for n in rulebook.COUNTS for name in engines}
    assert report("matching")["missing"].keys() == missing.keys()
    assert report("matching")["growth"] > 0


def test_ours_and_highs_choose_equally_well_and_every_size_is_reported_beside_highs():
    for kind in ("agreement", "weighed_agreement", "agreement_on_everything", "capped_agreement"):
        figures = report("choosing")[kind]
        assert figures["equal"] == figures["instances"] > 0, kind
        assert figures["wrong"] == 0, kind
    sizes = report("choosing")["sizes"]
    assert len(sizes) == len(choice.LINES) * len(choice.OPTIONS)
    assert all(row["highs"] > row["solving"] > 0 for row in [*report("choosing")["sides"], *sizes])


def test_large_orders_are_never_worse_than_what_highs_finds_in_its_time():
    rows = report("choosing_large")["rows"]
    assert len(rows) == len(large_orders.KINDS) + 1
    for row in rows:
        assert not row["is_wrong"], row
        assert (row["more_unfilled"] or 0) >= 0, row
        assert (row["more_unless_needed"] or 0) >= 0, row
        assert row["money"] is None or row["money"] >= 0.99, row


def test_highs_is_cut_off_where_its_time_is_over_and_what_it_found_by_then_is_allowed():
    problem = large_orders.scarce(0, lines=20, nodes=100)
    cut = choose_by_highs(problem, seconds=0)
    assert (cut.is_ended, cut.units) == (False, {})
    assert allowed(problem, choose_by_highs(problem, seconds=0.1).units)


def test_deciding_reports_a_rate_and_where_the_time_goes_as_json_of_the_parts_asked_for(capsys, monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)  # that of the bench would end the tests
    main(["--brief", "--json", "--only", "deciding"], standalone_mode=False)
    figures = json.loads(capsys.readouterr().out)
    deciding = figures["deciding"]
    assert (deciding["orders"], deciding["per_second"] > 0) == (30, True)
    parts = list(deciding["parts"])
    assert (parts[0], parts[-1]) == ("snapshot", "commit")
    assert {part for part in PARTS if figures[part] is not None} == {"deciding"}


def test_a_whatif_reports_its_share_of_the_time_of_deciding():
    assert report("trying")["orders"] == 30
    assert all(share > 0 for share in report("trying")["shares"].values())
    assert report("trying")["variants_beside_one"] > 0


def test_activating_reports_every_step_by_number_of_rules():
    assert {int(count) for count in report("activating")["steps"]} == {30, 1_000}
    for steps in report("activating")["steps"].values():
        before = ["check", "make the matcher", "publish", "activate", "first decision", "next decision"]
        assert list(steps) == [*before, "start another worker", "its first decision"]
        assert min(steps.values()) > 0


def test_the_floor_answers_as_many_bytes_as_ours_and_batches_are_set_against_orders_one_by_one():
    served = report("serving")
    assert served["bytes_floor"] == pytest.approx(served["bytes_ours"], rel=0.01)
    (single,), (batched,) = served["loads"][0]["ours"]["rates"], served["batches"]["rates"]
    assert served["batch_ratio"] == pytest.approx(batched / single)


def test_requests_are_timed_over_8_and_16_connections():
    served = report("serving")
    assert [level["connections"] for level in served["loads"]] == [8, 16]
    for level, share, tail in zip(served["loads"], served["shares"], served["tails"], strict=True):
        ours, floor = level["ours"], level["floor"]
        assert share == pytest.approx(ours["rates"][0] / floor["rates"][0])
        assert tail == pytest.approx(ours["p99"] / ours["median"])
        assert all(0 < app["median"] <= app["p99"] for app in (ours, floor))


def test_a_crowded_service_is_set_against_a_quiet_one():
    figures = report("crowding")
    assert set(figures["probe_ratios"]) == {"the service's port", "the port for probes"}
    assert all(port["quiet_median"][0] > 0 and port["loaded_p99"][0] > 0 for port in figures["ports"])
    assert figures["probes"] > 0
    assert figures["rate_share"] == pytest.approx(figures["crowded"][0] / figures["alone"][0])


def test_rules_in_tables_report_how_long_they_take_to_check_and_to_match():
    rows = report("rule_tables")["rows"]
    assert [(row["rules"], row["hit_policy"]) for row in rows] == [
        (rules, hit_policy) for rules in (30, 60) for hit_policy in ("unique", "first")
    ]
    assert all(number > 0 for number in report("rule_tables")["growth"])


def test_checking_reports_how_long_the_rule_book_takes():
    (row,) = report("checking")["rows"]
    assert row["rules"] == 30
    assert row["seconds"] > 0


def test_the_ledger_is_timed_beside_bare_commands():
    figures = report("ledgering")
    assert figures["positions"] == 1_000
    assert (
        min(figures["load"], figures["check"], figures["sealed"], figures["bytes_position"], figures["bytes_hold"]) > 0
    )
    assert all(
        figures[part]["share"] > 0 and figures[part]["share_of_work"] > 0
        for part in ("commit", "nothing", "synced", "snapshot")
    )


def test_ways_to_place_returned_units_meet_the_same_demand_and_returns():
    figures = report("returning")
    for rows in (figures["alike"], figures["own"]):
        assert len({(row["asked"], row["returned"]) for row in rows}) == 1
        by_way = {row["way"]: row for row in rows}
        assert by_way["stays where it came back"]["moves"] == 0 < by_way["Pointsman"]["moves"]
        assert all(row["lost"] > 0 and (row["cost"] > 0) is (row["moves"] > 0) for row in rows)


def test_where_lost_sales_count_alike_ours_loses_no_more_than_the_largest_shortfall_at_half_its_moves():
    inventory = option_sets.inventory()
    rows = returned_units.results(inventory, margin=returned_units.ALIKE, say=lambda _: None)
    by_way = {row.way: row for row in rows}
    ours, largest = by_way["Pointsman"], by_way["to the largest shortfall"]
    assert ours.lost <= largest.lost < by_way["stays where it came back"].lost
    assert 2 * ours.moves <= largest.moves


def test_every_part_is_run_briefly():
    assert set(HEADINGS) == set(PARTS)


def test_what_is_worth_moving_is_reported_beside_highs():
    figures = report("moving")
    assert [flow["nodes"] for flow in figures["flows"]] == [60, 300]
    assert all(ratio > 0 for ratio in figures["ratios"].values())
    assert figures["articles"] == 2
    assert figures["lines"] > 0


def test_labels_are_drawn_in_each_form():
    figures = report("labelling")
    assert [one["form"] for one in figures["drawings"]] == ["PDF", "ZPL, 8 dots a mm", "ZPL, 12 dots a mm"]
    assert all(min(one["median"], one["seconds"], one["size"]) > 0 for one in figures["drawings"])


def test_every_format_that_connectors_read_is_measured():
    formats = report("connecting")["formats"]
    assert [one["form"] for one in formats] == ["csv", "json", "ndjson", "xml", "xlsx", "fixed", "edifact", "x12"]
    assert all(one["size"] > 0 and one["grown"] >= 0 for one in formats)


def test_every_page_of_the_console_is_looked_at():
    with directory() as data, Pointsman(Settings(data=data, network="console")) as pointsman:
        rules = {rule.rule for rule in pages_of(create_app(pointsman))}
    (example,) = report("browsing")["networks"]
    assert {page["page"].partition(" ")[0] for page in example["pages"]} == rules
    assert all(page["process"] > 0 for page in example["pages"])


def test_a_large_network_has_as_many_nodes_and_articles_as_are_asked_for_and_its_orders_are_of_these():
    made = large_inventory(option_sets.inventory(), nodes=300, skus=2_000)
    assert (len(made.network.nodes), len(made.products), len(made.stock)) == (300, 2_000, 2_000)
    counts = [len(units) for units in made.stock.values()]
    assert (counts[:EVERYWHERE], max(counts[EVERYWHERE:])) == ([300] * EVERYWHERE, AT)
    orders = orders_of_a_large_network(option_sets.orders(option_sets.lines_of_the_day()[:20]), made)
    assert {sku for order in orders for sku in order.skus} <= set(made.products)


def test_look_ahead_saves_on_the_public_network_and_no_plan_costs_less_than_the_bound():
    (network,) = report("looking_ahead")["networks"]
    (saved,) = network["saved"]
    (percent,), (bound,) = saved["percent"], network["bound"]
    assert bound < percent < 0.5


def test_the_archive_that_is_searched_has_what_the_searches_look_for(tmp_path):
    made = archive.written(tmp_path, 450, a_day=100)
    assert [day.entries for day in made.days()] == [100, 100, 100, 100, 50]
    found = {name: count for name, count, _ in archive.measured(made)}
    assert found["the last 100"] == 100
    assert 0 < found["of a node, the last 100"] < 100
    assert found["of a caller whom none has"] == found["of a SKU that none has"] == 0
