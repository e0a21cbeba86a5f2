"""The stock of a SKU that was logged in columns is the one that was read position by position."""

from hypothesis import given
from hypothesis import strategies as st

from engine.decide.evaluation.positions import Stock
from engine.decide.shipping.ways import Ways
from engine.model.facts import StockPosition
from engine.model.position_columns import PositionColumns
from tests.support.examples import examples
from tests.support.facts import LYON, network, node, service

NODES = ("annecy", "dijon", "lyon", "nice")
WAYS = Ways(network([node(name, LYON) for name in NODES], [service()]))
POSITIONS = st.dictionaries(
    st.sampled_from(NODES),
    st.builds(StockPosition, st.integers(-5, 50), st.integers(0, 9), st.none() | st.integers(0, 9_000)),
)


@examples(30)
@given(POSITIONS)
def test_stock_of_columns_is_that_of_the_positions_in_whatever_order_they_stand(positions):
    on_hand, held = [item.on_hand for item in positions.values()], [item.held for item in positions.values()]
    paces = {name: item.pace for name, item in positions.items() if item.pace is not None}
    ours = Stock.of(PositionColumns(list(positions), on_hand, held, paces), WAYS)
    theirs = Stock.of(positions, WAYS)
    for column in ("node", "on_hand", "held", "available", "pace", "cover"):
        assert getattr(ours, column).tolist() == getattr(theirs, column).tolist()
    assert list(ours.positions) == list(theirs.positions)
    assert [ours.facts(row) for row in range(len(positions))] == [theirs.facts(row) for row in range(len(positions))]
