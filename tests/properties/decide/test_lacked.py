"""What others took of what an order lacks is found alike, whether or not it is decided a second time for that."""

import contextlib

import hypothesis.strategies as st
import pytest
from hypothesis import event, given

from engine.decide.decision import NOTHING_LEFT
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.impact.outranked import Taking, Takings, by_second_decision, lacked
from engine.decide.matching.matcher import Matcher
from tests.properties.decide.test_joint import ORDERS, ROOMS, RULES, STOCK, after, decided_in_turn, facts_of
from tests.support.examples import examples
from tests.support.facts import NOW, order, policies

pytestmark = pytest.mark.slow


@examples(130)
@given(ORDERS, STOCK, ROOMS, st.frozensets(st.sampled_from(RULES), max_size=4))
def test_an_order_lacks_nothing_where_nobody_took_its_units_or_its_last_shipments(drawn, stock, rooms, rules):
    orders = [
        order(*lines, id=f"W-{number}", channel=channel, tags=tags, place=place)
        for number, (lines, channel, tags, place) in enumerate(drawn)
    ]
    with contextlib.closing(Matcher(policies(*sorted(rules)))) as matcher:
        facts, takings = facts_of(stock, rooms), Takings()
        for item in orders:
            (decision,) = decided_in_turn([(item, NOTHING_LEFT)], facts, matcher)
            found = lacked(decision, facts, matcher, NOW, takings)
            if decision.unfilled:
                columns = SnapshotColumns(facts, matcher, NOW)
                expected = by_second_decision(decision, columns, matcher, NOW, takings)
                event(f"lacks: {bool(expected)}, as {sorted({its.took for its in expected})}")
                assert found == expected
            takings.add(Taking.of(decision, item.id, decision.priority))
            facts = after(facts, decision)
