"""Windows and what the nodes' clocks show: matched as the reference says, whether nodes share a clock or not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide import rule_facts
from engine.decide.matching.matcher import Matcher
from engine.model.wall_clock import WallClock
from rules.conditions import All, AnyOf, Compare, Not, Operator
from rules.syntax.windows import within
from rules.vocabulary import NODE_CLOCK, NOW_CLOCK, VOCABULARY, Stage
from rules.windows import DAY, WEEKDAYS, Window
from tests.properties.decide.peers_agree import by_reference, prefers
from tests.properties.decide.test_matching import judged_alike, merged
from tests.reference.rows import SHARED, rows_of
from tests.support.clocks import at
from tests.support.conditions import compare
from tests.support.examples import examples
from tests.support.facts import network

pytestmark = pytest.mark.slow

CLOCKS = [WallClock(zone) for zone in ("Europe/Paris", "America/New_York", "Asia/Kathmandu", "America/St_Johns")]
NETWORK = network([], time_zone="Europe/Paris")
NIGHT = at("2026-10-25 02:00")  # in Paris clocks go back at three
TODAY = NIGHT // 86_400 + 719_163
TIMES = st.integers(0, DAY // 30).map(lambda half_hours: half_hours * 30)
WINDOWS = st.one_of(
    st.builds(lambda minute: Window(start=TODAY * DAY + minute), TIMES),
    st.builds(lambda minute: Window(end=TODAY * DAY + minute), TIMES),
    st.builds(
        lambda days, edges: Window(weekdays=tuple(days), opens=edges[0], closes=edges[1]),
        st.lists(st.sampled_from(WEEKDAYS), max_size=3, unique=True),
        st.tuples(TIMES, TIMES).filter(lambda edges: edges[0] != edges[1]),
    ),
)
COMPARED = st.one_of(
    st.builds(within, st.sampled_from([NOW_CLOCK, NODE_CLOCK]), WINDOWS),
    st.builds(lambda day: compare("node.weekday", Operator.EQUALS, day), st.sampled_from(WEEKDAYS)),
    st.builds(lambda minute: compare("node.time", Operator.AT_LEAST, minute), TIMES),
    st.builds(lambda days: compare("node.date", Operator.LESS_THAN, TODAY + days), st.integers(-1, 1)),
    st.builds(
        lambda name: Compare(
            fact=VOCABULARY[f"node.{name}"], operator=Operator.SAME_AS, operands=(), other=VOCABULARY[f"now.{name}"]
        ),
        st.sampled_from(["date", "time", "weekday"]),
    ),
    st.builds(lambda day: compare("now.weekday", Operator.EQUALS, day), st.sampled_from(WEEKDAYS)),
)
CONDITIONS = st.one_of(
    COMPARED,
    COMPARED.map(lambda part: Not(part=part)),
    st.tuples(COMPARED, COMPARED).map(lambda parts: All(parts=parts)),
    st.tuples(COMPARED, COMPARED).map(lambda parts: AnyOf(parts=parts)),
)


@examples(20)
@given(
    conditions=st.lists(CONDITIONS, min_size=1, max_size=6),
    moments=st.lists(st.integers(-30, 30), min_size=1, max_size=4),
    clocks=st.lists(st.sampled_from(CLOCKS), min_size=1, max_size=4),
)
def test_options_are_judged_by_the_clocks_of_their_nodes(conditions, moments, clocks):
    policies = prefers(conditions)
    matcher = Matcher(policies)
    stage = matcher.stages[Stage.OPTION]
    for hours in moments:
        now = NIGHT + hours * 1_800
        shared = {group: {} for group in SHARED} | {"now": rule_facts.now_facts(NETWORK, now)}
        options = [judged_alike(rule_facts.node_clock_facts(clock, now)) for clock in clocks]
        alike = all(its[0] == options[0][0] for its in options)
        expected = [by_reference(policies, Stage.OPTION, merged(*shared.values(), *its))[0] for its in options]
        for is_shared in (False, True)[: 1 + alike]:
            rows = rows_of(options)
            given_groups = {**shared, "clock": options[0][0]} if is_shared else shared
            numbers = stage.judge_rows(given_groups, rows._replace(clocks=None) if is_shared else rows)
            assert [stage.table.judgements[number].fired for number in numbers] == expected
    assert matcher.incidents == 0
    matcher.close()
