"""Floors with allotments: what the columns say is what `Floor.of` says, no channel loses what is left of its own, and
the commit works out the same.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.decide.matching.judgement_table import Judgement, JudgementTable
from rules.effects import PositionOutcome
from rules.reserves import Allotment, Protection, Reserve, Tally, largest_allotments
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.examples import examples
from tests.support.facts import LYON, inventory, node, order

CHANNELS = ("app", "store", "web")
PERIODS = ("day", "week")
RESERVES = st.builds(Reserve, units=st.integers(0, 6)) | st.builds(Reserve, share=st.integers(0, 10_000))
ALLOTMENTS = st.builds(
    Allotment, channel=st.sampled_from(CHANNELS), units=st.integers(0, 9), per=st.sampled_from(PERIODS)
) | st.builds(
    Allotment,
    channel=st.sampled_from(CHANNELS),
    share=st.integers(0, 10_000),
    least=st.integers(0, 3),
    most=st.none() | st.integers(3, 9),
    per=st.sampled_from(PERIODS),
)
COVERS = RESERVES | st.builds(Reserve, units=st.integers(0, 3), cover=st.integers(1, 4))
COVER_ALLOTMENTS = ALLOTMENTS | st.builds(
    Allotment,
    channel=st.sampled_from(CHANNELS),
    cover=st.integers(1, 5),
    least=st.integers(0, 3),
    most=st.none() | st.integers(3, 9),
    per=st.sampled_from(PERIODS),
)


def outcomes_of(reserves, allotments):
    return st.builds(
        PositionOutcome,
        keep=reserves,
        protect=st.dictionaries(st.sampled_from(CHANNELS), reserves).map(
            lambda of: tuple(Protection(channel=channel, reserve=of[channel]) for channel in sorted(of))
        ),
        allocate=st.lists(allotments, max_size=4).map(largest_allotments),
        oversell=st.integers(0, 2),
    )


OUTCOMES = outcomes_of(RESERVES, ALLOTMENTS)
TAKEN = st.dictionaries(
    st.builds(Tally, st.sampled_from(CHANNELS), st.sampled_from(PERIODS)), st.integers(0, 9), max_size=6
)


@st.composite
def stocks(draw):
    """(on hand, held)."""
    on_hand = draw(st.integers(0, 30))
    return on_hand, draw(st.integers(0, on_hand))


@given(
    outcomes=st.lists(outcomes_of(COVERS, COVER_ALLOTMENTS), min_size=1, max_size=4),
    rows=st.lists(st.tuples(st.integers(0, 3), stocks(), TAKEN), min_size=1, max_size=6),
    channel=st.sampled_from([*CHANNELS, "other"]),
)
def test_the_columns_give_every_position_the_floor_of_its_rules(outcomes, rows, channel):
    table = JudgementTable()
    for number, outcome in enumerate(outcomes):
        table.number(Judgement(fired=(str(number),), silenced=(), outcome=outcome))
    numbers = np.array([number % len(outcomes) for number, _, _ in rows], dtype=np.int64)
    on_hand, held = (np.array([stock[part] for _, stock, _ in rows], dtype=np.int64) for part in (0, 1))
    tallies = {tally for _, _, taken in rows for tally in taken}
    columns = {tally: np.array([taken.get(tally, 0) for _, _, taken in rows], dtype=np.int64) for tally in tallies}
    floors = table.floors(channel, numbers, on_hand, held, columns, expected=lambda days: days * 2)
    assert floors.tolist() == [
        outcomes[number % len(outcomes)].floor(channel).in_units(lambda days: days * 2).of(stock[0], taken, stock[1])
        for number, stock, taken in rows
    ]


@given(outcome=OUTCOMES, stock=stocks(), taken=TAKEN, channel=st.sampled_from(CHANNELS))
def test_a_channel_may_take_what_is_left_of_its_allotments_as_far_as_it_is_there(outcome, stock, taken, channel):
    on_hand, held = stock
    floor = outcome.floor(channel)
    beyond = max(0, on_hand - held - outcome.keep.of(on_hand))
    free = max(0, on_hand - held - floor.of(on_hand, taken, held))
    assert free >= min(floor.own.left(on_hand, taken), beyond)


@given(outcome=OUTCOMES, stock=stocks(), taken=TAKEN)
def test_what_is_beyond_the_kept_is_some_channels_where_only_allotments_put_units_aside(outcome, stock, taken):
    on_hand, held = stock
    alone = PositionOutcome(keep=outcome.keep, allocate=outcome.allocate)
    free = [on_hand - held - alone.floor(channel).of(on_hand, taken, held) for channel in CHANNELS]
    assert (max(free) > 0) == (on_hand - held > outcome.keep.of(on_hand))


@given(outcome=OUTCOMES, stock=stocks(), taken=TAKEN, more=st.integers(0, 5), channel=st.sampled_from(CHANNELS))
def test_what_a_channel_takes_never_leaves_others_more(outcome, stock, taken, more, channel):
    on_hand, held = stock
    later = taken | {Tally(channel, per): taken.get(Tally(channel, per), 0) + more for per in PERIODS}
    for other in CHANNELS:
        floor = outcome.floor(other)
        before, after = (
            max(0, on_hand - units - floor.of(on_hand, count, units))
            for units, count in ((held, taken), (held + more, later))
        )
        assert after <= before


@pytest.mark.slow
@examples(15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    units=st.integers(5, 20),
    sizes=st.lists(st.tuples(st.sampled_from(CHANNELS), st.integers(0, 9), st.sampled_from(PERIODS)), max_size=3),
    keep=st.integers(0, 2),
    orders=st.lists(st.tuples(st.sampled_from(CHANNELS), st.integers(1, 7)), min_size=2, max_size=5),
)
def test_the_commit_works_out_the_floor_of_the_record(bare, units, sizes, keep, orders):
    """And what is counted is what the log says, which adds up to what each channel took."""
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": units}}))
    allotments = ", ".join(f"{{channel: {channel}, units: {size}, per: {per}}}" for channel, size, per in sizes)
    activate(bare, f"then: {{keep: {keep}{f', allocate: [{allotments}]' if sizes else ''}}}")
    made = [json_of(bare.decide(order(("A", count), channel=channel))) for channel, count in orders]
    stood = {entry.decision: entry.positions_before for entry in bare.entries(on_damaged=lambda _: None)}
    for record in made:
        if record["shipments"]:
            (position,) = stood[record["id"]]
            stock = record["stock"]["A"]["lyon"]
            assert position == (stock["on_hand"], stock["held"], stock["floor"])
    assert bare.check().drifts == ()
    for record in made:
        if record["shipments"]:
            bare.holds.release(record["id"])
    assert bare.check().drifts == ()
