"""Comparisons of two facts in matching: what is remembered for one value of a shared fact is not taken for another."""

import contextlib

from engine.decide.matching.matcher import Matcher
from engine.decide.promises.search import _periods
from rules.vocabulary import Stage
from tests.reference.rows import rows_of
from tests.support.facts import NOW, network, node, policies

MEASURED = {
    **dict.fromkeys(("stock.on_hand", "stock.held", "stock.available", "stock.incoming", "stock.rank"), 1),
    **dict.fromkeys(("route.distance", "route.arrives", "route.cost", "route.co2"), 1),
    **dict.fromkeys(("route.rank_distance", "route.rank_cost"), 1),
    "route.late": False,
}


def option(country):
    stock = {path: value for path, value in MEASURED.items() if path.startswith("stock.")}
    route = {path: value for path, value in MEASURED.items() if path.startswith("route.")}
    return {}, {"node.country": country, "node.load": 0}, stock, {}, route  # the clock first


def fired(matcher, rows, **order):
    shared = {"order": {f"order.{name}": value for name, value in order.items()}, "now": {}, "line": {}, "product": {}}
    stage = matcher.stages[Stage.OPTION]
    return [stage.table.judgements[number].fired for number in stage.judge_rows(shared, rows)]


def test_the_same_places_are_judged_for_one_country_and_for_another():
    rows, yes, no = rows_of([option("FR"), option("BE"), option(None)]), ("test/r1",), ()
    rule = "when: {node.country: {same_as: order.country}}, then: {tier: 1}"
    with contextlib.closing(Matcher(policies(rule))) as matcher:
        for _ in range(2):
            assert fired(matcher, rows, country="FR") == [yes, no, no]
            assert fired(matcher, rows, country="BE") == [no, yes, no]
            assert fired(matcher, rows) == [no, no, no]
        assert matcher.incidents == 0


def test_two_facts_that_all_places_share_settle_the_rule():
    rows, yes, no = rows_of([option("FR")]), ("test/r1",), ()
    rule = "when: {order.country: {same_as: order.region}}, then: {tier: 1}"
    with contextlib.closing(Matcher(policies(rule))) as matcher:
        for _ in range(2):
            assert fired(matcher, rows, country="FR", region="FR") == [yes]
            assert fired(matcher, rows, country="FR", region="BE") == [no]


def test_the_codes_of_the_moment_tell_what_another_fact_may_be_compared_with():
    rule = "when: {now.weekday: {same_as: node.attributes.busy_on}}, then: {keep: 1}"
    with contextlib.closing(Matcher(policies(rule))) as matcher:
        codes = matcher.stages[Stage.POSITION].codes
        assert codes({"now.weekday": "monday"}) == codes({"now.weekday": "monday"}) != codes({"now.weekday": "friday"})


def test_a_promise_that_is_compared_with_another_fact_is_tried_instant_by_instant():
    rule = "when: {order.promise_by: {same_as: order.placed_at}}, then: {priority: 9}"
    with contextlib.closing(Matcher(policies(rule))) as matcher:
        assert _periods([NOW, NOW + 60], matcher, network([node("lyon")])) == [[NOW], [NOW + 60]]
