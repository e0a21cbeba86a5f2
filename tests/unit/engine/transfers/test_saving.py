"""A proposal is stored in transfers that have no more lines than one may have."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.model.transfers import MOST_LINES
from engine.transfers.lane_table import LaneTable
from engine.transfers.proposal import propose
from engine.transfers.saving import in_parts
from tests.support.examples import examples
from tests.support.facts import EURO, NOW, network
from tests.unit.engine.transfers.test_proposal import NODES, PLENTY, lane

PROPOSED = propose(LaneTable(network(NODES, transfer_lanes=(lane(per_shipment=EURO),))), [PLENTY], now=NOW, days=14)


@examples(20)
@given(st.integers(1, 3 * MOST_LINES))
def test_the_parts_have_all_lines_once_and_pay_for_the_shipment_once(count):
    first = PROPOSED.transfers[0]
    lines = [replace(first.lines[0], units=number) for number in range(1, count + 1)]
    whole = replace(PROPOSED, transfers=[replace(first, lines=lines), *PROPOSED.transfers[1:]])
    parted = in_parts(whole)
    *parts, last = parted.transfers
    assert last == PROPOSED.transfers[-1]
    assert [line for part in parts for line in part.lines] == lines
    assert all(1 <= len(part.lines) <= MOST_LINES for part in parts)
    assert len(parts) == -(-count // MOST_LINES)
    assert {(part.origin, part.goal, part.takes) for part in parts} == {(first.origin, first.goal, first.takes)}
    assert [part.price for part in parts] == [EURO, *[0] * (len(parts) - 1)]
    assert parted.gain == whole.gain
